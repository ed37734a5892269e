"""A pytest plugin: the cast of every story. Ana administers, Bruno sells, Carla works elsewhere, Lía writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bandeja.channels.models import Account
    from bandeja.closing.models import Rule
    from bandeja.conversations.models import Conversation
    from bandeja.people.models import Agent, Workspace

_numbers: Iterator[int] = count(1)


@dataclass
class Cast:
    """One workspace with people and a web-chat account, and short ways of making things happen in it."""

    workspace: Workspace
    ana: Agent
    bruno: Agent
    chat: Account
    external_ids: Iterator[int] = field(default_factory=lambda: _numbers)

    def write(
        self,
        who: str = "lia",
        text: str = "Hola",
        *,
        account: Account | None = None,
        received_at: datetime | None = None,
        at: datetime | None = None,
        **more: Any,
    ) -> Conversation:
        """A contact writes, and it is joined at once; answers their conversation."""
        from bandeja.channels.contract import Inbound
        from bandeja.closing import coverage
        from bandeja.conversations import lifecycle
        from bandeja.conversations.models import Conversation

        account = account or self.chat
        more = {"external_id": f"m{next(self.external_ids)}", "name": who, "identity": ("visitor", who), **more}
        inbound = Inbound(
            account_id=account.pk,
            text=text,
            received_at=received_at,
            **more,
        )
        lifecycle.receive([inbound], clock=coverage.clock, at=at)
        return Conversation.objects.get(
            account=account, contact__identities__account=account, contact__identities__value=who
        )

    def rule(
        self,
        *accounts: Account,
        amount: int = 1,
        unit: str = "minutes",
        reason: str = "Sin respuesta del contacto",
        at: datetime | None = None,
        name: str = "",
    ) -> Rule:
        """A closing rule on these accounts, on the web chat when none is named."""
        from bandeja.closing import rules

        draft = rules.Draft(
            name=name or f"Regla {next(_numbers)}",
            amount=amount,
            unit=unit,
            reason=reason,
            account_ids=[account.pk for account in accounts or (self.chat,)],
        )
        return rules.save(self.workspace, draft, by=self.ana, at=at)


def make_cast(name: str, *emails: str) -> Cast:
    """A workspace of that name with an administrator and a seller."""
    from bandeja.channels import accounts
    from bandeja.channels.models import ChannelKey
    from bandeja.people import links

    workspace = links.make_workspace(name)
    ana = links.make_agent(workspace, emails[0], role="admin", name=emails[0].split("@")[0].title())
    bruno = links.make_agent(workspace, emails[1], role="seller", name=emails[1].split("@")[0].title())
    return Cast(workspace, ana, bruno, accounts.connect(workspace, ChannelKey.WEBCHAT, name="Chat web"))


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast("Tienda", "ana@tienda.example", "bruno@tienda.example")


@pytest.fixture
def carla(db: None) -> Cast:
    """Another workspace, Carla's, of which nothing may ever be reached from the first."""
    return make_cast("Otra", "carla@otra.example", "otro@otra.example")


@pytest.fixture
def another_account(cast: Cast) -> Callable[[str], Account]:
    from bandeja.channels import accounts
    from bandeja.channels.models import ChannelKey

    return lambda name: accounts.connect(cast.workspace, ChannelKey.WEBCHAT, name=name)
