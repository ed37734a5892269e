"""How a web chat looks on the site it lives on: what its account's `config` means."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from bandeja.channels import accounts
from bandeja.channels.models import Account
from bandeja.people.models import Agent

COLOUR = re.compile(r"#[0-9a-f]{6}")
GREETING_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Appearance:
    """`greeting` and `language` are empty for the widget's own greeting and the visitor's language."""

    greeting: str = ""
    colour: str = "#2f5bd7"
    language: str = ""

    @classmethod
    def of(cls, account: Account) -> Appearance:
        known = {name: account.config[name] for name in cls.__dataclass_fields__ if name in account.config}
        return cls(**known)

    def save(self, account: Account, name: str, *, by: Agent | None = None) -> None:
        """Keep it with the account, and its name."""
        accounts.change(account, name=name, config=asdict(self), by=by)
