"""What the page of a report shows: the few numbers that matter, the plots, and the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.utils.translation import gettext as _

from bandeja.closing.words import counted, percent
from bandeja.conversations.models import Cause
from bandeja.reports import plots, tables
from bandeja.reports.counting import Side, Tally
from bandeja.reports.names import Names
from bandeja.reports.outcomes import Outcome, Part
from bandeja.reports.report import Report


@dataclass(frozen=True, slots=True)
class Fact:
    """What it is, how much, and beside it smaller what more is to be said of it."""

    what: str
    much: str
    beside: str = ""


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What became of a rule's closings; `id` is where it is there still."""

    id: int | None
    name: str
    count: int
    facts: Sequence[Fact]

    @property
    def closings(self) -> str:
        return counted(self.count)


@dataclass(frozen=True)
class Page:
    """A report of these days, the first to the last."""

    report: Report
    names: Names
    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    @property
    def facts(self) -> list[Fact]:
        """On top. What is of closings by inactivity is so of all of them, whatever rule closed."""
        total, inactive = self.report.total, self._inactive
        told = [Fact(_("Closings"), counted(total.closings))]
        if total.by_others and total.by_rule:
            part = percent(total.by_rule / total.closings)
            told.append(Fact(_("By inactivity"), counted(total.by_rule), part))
        if total.by_rule:
            told += [
                _part(_("The contact wrote again within the day"), inactive.back_in_a_day),
                _part(_("Nobody of yours had answered"), inactive.unanswered),
                _late(_("99 of 100 closed within"), inactive.latest),
            ]
        return told

    @property
    def rules(self) -> list[RuleFacts]:
        """The rules that closed, each with what became of its closings."""
        lines = self.report.sides[Side.RULE].shown
        found = self.report.outcomes.rules
        return [
            RuleFacts(
                line.id if line.id in self.names.rules else None, self.names.rule(line), line.closings,
                _became(found.get(line.id or 0, Outcome())),
            )
            for line in lines
        ]  # fmt: skip

    @property
    def rules_left_out(self) -> int:
        return self.report.sides[Side.RULE].left_out

    @cached_property
    def by_day(self) -> plots.Plot:
        days = self.report.spread.days
        return plots.plot([(tables.day_name(day), days.get(day, Tally())) for day in self.days])

    @cached_property
    def by_hour(self) -> plots.Plot:
        hours = self.report.spread.hours
        return plots.plot([(tables.hour_name(hour), hours.get(hour, Tally())) for hour in range(24)])

    @property
    def of_causes(self) -> tables.Table:
        return tables.of_causes(self.report, self.names)

    @property
    def of_reasons(self) -> tables.Table:
        return tables.of_reasons(self.report, self.names)

    @property
    def of_accounts(self) -> tables.Table:
        return tables.of_accounts(self.report, self.names)

    @property
    def of_owners(self) -> tables.Table:
        return tables.of_owners(self.report, self.names)

    @property
    def sampled(self) -> str:
        """That not every closing was looked at one by one, where that is so."""
        outcomes = self.report.outcomes
        if not outcomes.is_sampled:
            return ""
        return _(
            "There are many closings. Who wrote again, who was not answered, silence and punctuality are told of one "
            "in %(every)s of them, taken evenly."
        ) % {"every": counted(outcomes.every)}

    @property
    def _inactive(self) -> Outcome:
        return self.report.outcomes.causes.get(Cause.RULE, Outcome())


def _became(outcome: Outcome) -> list[Fact]:
    return [
        _part(_("Written again within 1 hour"), outcome.back_in_an_hour),
        _part(_("Written again within 1 day"), outcome.back_in_a_day),
        _part(_("Written again within 7 days"), outcome.back_in_a_week),
        _part(_("Not answered"), outcome.unanswered),
        Fact(_("Median silence"), tables.silence(outcome.silence).shown),
        _late(_("Half closed within"), outcome.late),
        _late(_("99 of 100 closed within"), outcome.latest),
    ]


def _late(what: str, length: timedelta | None) -> Fact:
    return Fact(what, tables.delay(length).shown, _("of their time") if length is not None else "")


def _part(what: str, part: Part) -> Fact:
    """The share first: it is what one compares."""
    if part.share is None:
        return Fact(what, tables.NOTHING)
    of = _("%(count)s of %(of)s") % {"count": counted(part.count), "of": counted(part.of)}
    return Fact(what, percent(part.share), of)
