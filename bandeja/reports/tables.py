"""The tables of a report, as they are read on the page and kept as CSV: lengths there are seconds, shares 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import formats
from django.utils.translation import gettext as _

from bandeja.closing.words import counted, percent
from bandeja.conversations.models import Cause
from bandeja.reports.counting import Line, Side, Tally
from bandeja.reports.names import Names
from bandeja.reports.outcomes import Outcome, Part
from bandeja.reports.report import Report
from bandeja.web import times

NOTHING = "–"
DAYS, HOURS = "day", "hour"
TABLES = (*(side.value for side in Side), DAYS, HOURS)


@dataclass(frozen=True, slots=True)
class Cell:
    """How it reads, and how a spreadsheet counts with it."""

    shown: str
    kept: str

    def __str__(self) -> str:
        return self.shown


@dataclass(frozen=True, slots=True)
class Row:
    """What is alike, the rest of its line, and what part of all its closings are (0 to 100)."""

    name: str
    cells: Sequence[Cell]
    part: float = 0.0


@dataclass(frozen=True, slots=True)
class Table:
    """`heads` are those of the cells, after the name's; `left_out` are lines that the page has no room for."""

    key: str
    of: str
    heads: Sequence[str]
    rows: Sequence[Row]
    left_out: int = 0

    def kept(self) -> list[list[str]]:
        """The rows for a spreadsheet."""
        return [[row.name, *(cell.kept for cell in row.cells)] for row in self.rows]


def table(key: str, report: Report, names: Names, days: Sequence[date]) -> Table:
    """One of TABLES."""
    if key == DAYS:
        return of_days(report, days)
    if key == HOURS:
        return of_hours(report)
    return SIDES[Side(key)](report, names)


def of_causes(report: Report, _names: Names) -> Table:
    heads = [_("Closings"), _("Part"), _("Not answered"), _("Median silence")]
    return _lines(report, Side.CAUSE, _("Cause"), heads, lambda line: str(Cause(line.value).label), lambda line: [
        number(line.closings), _of_all(report, line),
        *_found(report.outcomes.causes.get(line.value, Outcome())),
    ])  # fmt: skip


def of_reasons(report: Report, _names: Names) -> Table:
    heads = [_("Closings"), _("Part"), _("By inactivity")]
    return _lines(report, Side.REASON, _("Reason"), heads, lambda line: line.value, lambda line: [
        number(line.closings), _of_all(report, line), number(line.by_rule),
    ])  # fmt: skip


def of_rules(report: Report, names: Names) -> Table:
    heads = [
        _("Closings"), _("Written again within 1 hour"), _("Written again within 1 day"),
        _("Written again within 7 days"), _("Not answered"), _("Median silence"), _("Half closed within"),
        _("99 of 100 closed within"),
    ]  # fmt: skip
    return _lines(report, Side.RULE, _("Rule"), heads, names.rule, lambda line: [
        number(line.closings), *_became(report.outcomes.rules.get(line.id or 0, Outcome())),
    ])  # fmt: skip


def of_accounts(report: Report, names: Names) -> Table:
    heads = [_("Closings"), _("Part"), _("By inactivity"), _("By people and programs")]
    return _lines(report, Side.ACCOUNT, _("Account"), heads, names.account, lambda line: [
        number(line.closings), _of_all(report, line), number(line.by_rule), number(line.by_others),
    ])  # fmt: skip


def of_owners(report: Report, names: Names) -> Table:
    """Closings by inactivity stand apart: they are nobody's."""
    heads = [_("By people and programs"), _("By inactivity (nobody's)")]
    return _lines(report, Side.OWNER, _("Owner"), heads, names.owner, lambda line: [
        number(line.by_others), number(line.by_rule),
    ])  # fmt: skip


SIDES: Mapping[Side, Callable[[Report, Names], Table]] = {
    Side.CAUSE: of_causes, Side.REASON: of_reasons, Side.RULE: of_rules, Side.ACCOUNT: of_accounts,
    Side.OWNER: of_owners,
}  # fmt: skip


def of_days(report: Report, days: Sequence[date]) -> Table:
    """Every one of these days, closings or none."""
    tallies = [(day, report.spread.days.get(day, Tally())) for day in days]
    rows = [Row(day.isoformat(), _tallied(tally)) for day, tally in tallies]
    return Table(DAYS, _("Day"), _tally_heads(), rows)


def of_hours(report: Report) -> Table:
    """The 24 hours of the day."""
    rows = [Row(hour_name(hour), _tallied(report.spread.hours.get(hour, Tally()))) for hour in range(24)]
    return Table(HOURS, _("Hour"), _tally_heads(), rows)


def hour_name(hour: int) -> str:
    return f"{hour:02}:00"


def number(n: int) -> Cell:
    return Cell(counted(n), str(n))


def share(part: Part) -> Cell:
    return Cell(NOTHING, "") if part.share is None else Cell(percent(part.share), f"{part.share:.4f}")


def silence(length: timedelta | None) -> Cell:
    return _length(length, times.calm)


def delay(length: timedelta | None) -> Cell:
    return _length(length, times.delay)


def day_name(day: date) -> str:
    return formats.date_format(day, "MONTH_DAY_FORMAT")


def _length(length: timedelta | None, said: Callable[[timedelta], str]) -> Cell:
    return Cell(NOTHING, "") if length is None else Cell(said(length), f"{length.total_seconds():.3f}")


def _lines(
    report: Report, side: Side, of: str, heads: Sequence[str], name: Callable[[Line], str],
    cells: Callable[[Line], Sequence[Cell]],
) -> Table:  # fmt: skip
    lines = report.sides[side]
    rows = [Row(name(line), cells(line), _part(report, line)) for line in lines.shown]
    return Table(side.value, of, heads, rows, lines.left_out)


def _part(report: Report, line: Line) -> float:
    return 100 * line.closings / report.total.closings


def _of_all(report: Report, line: Line) -> Cell:
    return share(Part(line.closings, report.total.closings))


def _found(outcome: Outcome) -> list[Cell]:
    return [share(outcome.unanswered), silence(outcome.silence)]


def _became(outcome: Outcome) -> list[Cell]:
    back = (outcome.back_in_an_hour, outcome.back_in_a_day, outcome.back_in_a_week)
    return [*map(share, back), *_found(outcome), delay(outcome.late), delay(outcome.latest)]


def _tally_heads() -> list[str]:
    return [_("Closings"), _("By inactivity"), _("By people and programs")]


def _tallied(tally: Tally) -> list[Cell]:
    return [number(tally.closings), number(tally.by_rule), number(tally.by_others)]
