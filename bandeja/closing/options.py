"""What a rule may be told beyond its time, accounts and reason: what it counts from and by, what it
leaves open, and when it closes what nobody answered.

The defaults are what a rule does that says nothing (closing G1 to G3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bandeja.closing.models import SECONDS_PER_UNIT, Rule, Since, Unit, Waiting


@dataclass(frozen=True, slots=True)
class Options:
    """A rule's options as plain values: ids are of its workspace."""

    since: str = Since.CONTACT
    waiting: str = Waiting.CLOSE
    waiting_agent: int | None = None
    waiting_team: int | None = None
    exempt_tags: Sequence[int] = ()
    exempt_owners: Sequence[int] = ()
    exempt_field: int | None = None
    exempt_value: str = ""
    calendar: int | None = None
    unheard_amount: int | None = None
    unheard_unit: str = ""

    @classmethod
    def of(cls, rule: Rule) -> Options:
        return cls(
            since=rule.since,
            waiting=rule.waiting,
            waiting_agent=rule.waiting_agent_id,
            waiting_team=rule.waiting_team_id,
            exempt_tags=tuple(rule.exempt_tags),
            exempt_owners=tuple(rule.exempt_owners),
            exempt_field=rule.exempt_field_id,
            exempt_value=rule.exempt_value,
            calendar=rule.calendar_id,
            unheard_amount=rule.unheard_amount,
            unheard_unit=rule.unheard_unit,
        )

    @property
    def counts_answers(self) -> bool:
        """Whether our answers start the time anew (closing G1)."""
        return self.since != Since.CONTACT

    @property
    def guards(self) -> bool:
        """Whether nobody is closed on who waits for an answer (closing G2). Our answer is waited for either way."""
        return self.waiting != Waiting.CLOSE or self.since == Since.ANSWER

    @property
    def exempts(self) -> bool:
        """Whether it spares anything (closing G3)."""
        return bool(self.exempt_tags or self.exempt_owners or self.exempt_field)

    @property
    def unheard_seconds(self) -> int | None:
        """Its time for what we began and nobody answered; None where it closes none of that (closing N2)."""
        return self.unheard_amount and self.unheard_amount * SECONDS_PER_UNIT[Unit(self.unheard_unit)]

    @property
    def is_plain(self) -> bool:
        """Whether it does what a rule does that says nothing."""
        return not (self.counts_answers or self.withholds)

    @property
    def withholds(self) -> bool:
        """Whether it may leave something open whose time is over."""
        return self.guards or self.exempts

    def columns(self) -> Mapping[str, Any]:
        """The same as a rule's row has it."""
        return {
            "since": self.since,
            "waiting": self.waiting,
            "waiting_agent_id": self.waiting_agent,
            "waiting_team_id": self.waiting_team,
            "exempt_tags": list(self.exempt_tags),
            "exempt_owners": list(self.exempt_owners),
            "exempt_field_id": self.exempt_field,
            "exempt_value": self.exempt_value,
            "calendar_id": self.calendar,
            "unheard_amount": self.unheard_amount,
            "unheard_unit": self.unheard_unit,
        }


NONE = Options()
