"""What a report is asked about: a time, and perhaps one account, rule or cause."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bandeja.conversations.models import Cause

WITHIN = {
    "since": "closed_at >= %(since)s",
    "until": "closed_at < %(until)s",
    "account": "account_id = %(account)s",
    "rule": "rule_id = %(rule)s",
    "cause": "cause = %(cause)s",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Closings from `since` on and before `until`; None is no bound and no filter.

    What a message proved wrong afterwards (closing C8) is in no report.
    """

    since: datetime | None = None
    until: datetime | None = None
    account: int | None = None
    rule: int | None = None
    cause: Cause | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether it is of some closings of its time only."""
        return (self.account, self.rule, self.cause) != (None, None, None)

    @property
    def widened(self) -> Asked:
        """The same time without filters."""
        return replace(self, account=None, rule=None, cause=None)

    def params(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in WITHIN}

    def fill(self, statement: str) -> str:
        """A named statement, with the condition on closures in its place: what is not asked for costs nothing."""
        asked = [text for name, text in WITHIN.items() if getattr(self, name) is not None]
        return statement.replace("{asked}", " and ".join([ALWAYS, *asked]))


ALWAYS = "workspace_id = %(workspace)s and overtaken_at is null and undone_at is null"
