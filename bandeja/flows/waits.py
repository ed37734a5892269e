"""What a flow waits for: each wait is a row with its due time, and nothing runs meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.closing.models import SECONDS_PER_UNIT, Unit
from bandeja.closing.spans import span
from bandeja.flows import hours
from bandeja.flows.known import Known
from bandeja.flows.moment import Moment
from bandeja.flows.registry import Wait, enter


@enter("wait", gettext_lazy("Wait"), needs=("amount",))
@dataclass(frozen=True)
class WaitFor(Wait):
    amount: int = 1
    unit: str = "hours"

    def until(self, moment: Moment) -> datetime:
        return moment.at + timedelta(seconds=self.amount * SECONDS_PER_UNIT[Unit(self.unit)])

    def says(self, known: Known) -> str:
        return span(self.amount, self.unit)


@enter("wait_until", gettext_lazy("Wait until a time"), icon="clock", needs=("clock",))
@dataclass(frozen=True)
class WaitUntil(Wait):
    """The next time clocks of the workspace show it."""

    clock: str = "09:00"

    def until(self, moment: Moment) -> datetime:
        return hours.next_at(self.clock, moment.at, moment.workspace.time_zone)

    def says(self, known: Known) -> str:
        return _("until %(time)s, %(zone)s") % {"time": self.clock, "zone": known.workspace.time_zone}

    def faults(self, known: Known) -> Mapping[str, str]:
        try:
            hours.clock(self.clock)
        except hours.Unclear:
            return {"clock": _("Write a time like 09:00.")}
        return {}


@enter(
    "wait_reply",
    gettext_lazy("Wait until the contact answers"),
    icon="message-circle-question-mark",
    needs=("amount",),
)
@dataclass(frozen=True)
class WaitReply(WaitFor):
    """Yes as soon as they answer, no once the time is over."""

    parts = True
    amount: int = 1
    unit: str = "days"

    def says(self, known: Known) -> str:
        return _("at most %(time)s") % {"time": span(self.amount, self.unit)}
