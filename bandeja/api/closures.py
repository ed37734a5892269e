"""Closings: each as it was, and counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Router, Schema

from bandeja.api.access import ApiRequest, Token
from bandeja.api.conversations import READS
from bandeja.api.models import Scope
from bandeja.api.problems import Problem
from bandeja.api.shapes import ClosureOut, ClosurePage
from bandeja.api.types import Cursor, Id, Instant, Limit, Text, whole_cursor
from bandeja.closing.looking import Busy, TooMuch
from bandeja.conversations.models import Cause, Closure, Conversation
from bandeja.people.models import Permission
from bandeja.reports.asked import Asked
from bandeja.reports.counting import Line, Side, Tally
from bandeja.reports.outcomes import Outcome, Part
from bandeja.reports.report import outcomes_of, sides_of, spread_of

router = Router(tags=["closings"])

COUNTS = Token(Scope.READ_CONVERSATIONS, Permission.SEE_REPORTS)


LINES = 500
"""The most lines of a report."""


class By(StrEnum):
    """What closings are counted by; days and hours are those of the workspace's clocks."""

    CAUSE = "cause"
    REASON = "reason"
    RULE = "rule"
    ACCOUNT = "account"
    OWNER = "owner"
    DAY = "day"
    HOUR = "hour"


class CountOut(Schema):
    """How many closings have this cause, reason, rule, account or owner, or were on this day or in this hour.

    `value` is a rule's name, the number of an account or owner, blank for none, a day such as 2026-11-23, an hour
    from 0 to 23; `id` is of a rule, account or owner. `by_rule` of the closings were by a rule: they are nobody's.
    """

    id: int | None
    value: str
    closings: int
    by_rule: int


class PartOut(Schema):
    """So many of so many."""

    count: int
    of: int

    @classmethod
    def told(cls, part: Part) -> PartOut:
        return cls(count=part.count, of=part.of)


class OutcomeOut(Schema):
    """What became of the closings that were looked at; lengths are seconds, null where there was nothing.

    `unanswered` is of those whose contact had written. What follows `silence`, the median, is of closings by rules:
    how many the contact opened again, each of those that are as long ago, and how late half and 99 of 100 were.
    """

    closings: int
    unanswered: PartOut
    silence: float | None
    back_in_an_hour: PartOut
    back_in_a_day: PartOut
    back_in_a_week: PartOut
    late_median: float | None
    late_most: float | None

    @classmethod
    def told(cls, outcome: Outcome) -> OutcomeOut:
        return cls(
            closings=outcome.closings,
            unanswered=PartOut.told(outcome.unanswered),
            silence=_seconds(outcome.silence),
            back_in_an_hour=PartOut.told(outcome.back_in_an_hour),
            back_in_a_day=PartOut.told(outcome.back_in_a_day),
            back_in_a_week=PartOut.told(outcome.back_in_a_week),
            late_median=_seconds(outcome.late),
            late_most=_seconds(outcome.latest),
        )


class CauseOutcome(Schema):
    """Of the closings of a cause."""

    cause: str
    outcome: OutcomeOut


class RuleOutcome(Schema):
    """Of the closings of a rule."""

    rule_id: int
    outcome: OutcomeOut


class OutcomesOut(Schema):
    """All together, by cause and by rule. One in `every` closings was looked at, taken evenly: all of them when 1."""

    every: int
    total: OutcomeOut
    causes: list[CauseOutcome]
    rules: list[RuleOutcome]


@router.get("", response=ClosurePage, auth=READS)
def closures(
    request: ApiRequest,
    since: Instant | None = None,
    until: Instant | None = None,
    cause: Cause | None = None,
    reason: Text | None = None,
    account: Id | None = None,
    rule: Id | None = None,
    cursor: Cursor | None = None,
    limit: Limit = 50,
) -> ClosurePage:
    """Closings of the conversations you see, the latest written first; `since` and `until` bound `closed_at`."""
    asked = {"cause": cause, "reason": reason, "account_id": account, "rule_id": rule}
    found = _between(_closures(request), since, until)
    found = found.filter(**{name: value for name, value in asked.items() if value is not None})
    if (before := whole_cursor(cursor)) is not None:
        found = found.filter(pk__lt=before)
    page = list(found.order_by("-pk")[: limit + 1])
    items = [ClosureOut.of(each) for each in page[:limit]]
    return ClosurePage(items=items, next=str(items[-1].id) if len(page) > limit else None)


@router.get("/report", response=list[CountOut], auth=COUNTS)
def report(
    request: ApiRequest,
    by: By = By.CAUSE,
    since: Instant | None = None,
    until: Instant | None = None,
    cause: Cause | None = None,
    account: Id | None = None,
    rule: Id | None = None,
) -> list[CountOut]:
    """How many closings there were by one of their sides, the most first, 500 lines at most; days and hours in order.

    They are of everything in the workspace. Left out are those that a message proved wrong afterwards (closing C8)
    and those taken back (closing U5).
    """
    asked = Asked(since, until, account, rule, cause)
    with _counting():
        if by in {By.DAY, By.HOUR}:
            found = spread_of(request.auth.workspace, asked)
            tallies = found.days if by == By.DAY else found.hours
            return [_count(None, str(each), tally) for each, tally in sorted(tallies.items())]
        lines = sides_of(request.auth.workspace, asked, most=LINES)[Side(by)].shown
        named = by in {By.ACCOUNT, By.OWNER}
        return [_count(line.id, str(line.id or "") if named else line.value, line) for line in lines]


@router.get("/outcomes", response=OutcomesOut, auth=COUNTS)
def outcomes(
    request: ApiRequest,
    since: Instant | None = None,
    until: Instant | None = None,
    cause: Cause | None = None,
    account: Id | None = None,
    rule: Id | None = None,
) -> OutcomesOut:
    """What became of closings: who came back and how soon, who was not answered, how long silence was, how late."""
    with _counting():
        found = outcomes_of(request.auth.workspace, Asked(since, until, account, rule, cause))
    causes = [CauseOutcome(cause=key, outcome=OutcomeOut.told(each)) for key, each in sorted(found.causes.items())]
    rules = [RuleOutcome(rule_id=key, outcome=OutcomeOut.told(each)) for key, each in sorted(found.rules.items())]
    return OutcomesOut(every=found.every, total=OutcomeOut.told(found.total), causes=causes, rules=rules)


@contextmanager
def _counting() -> Iterator[None]:
    """Tells what is too much to be counted now."""
    try:
        yield
    except TooMuch:
        detail = _("There are more closings here than can be counted in a few seconds. Choose fewer days.")
        raise Problem(503, detail) from None
    except Busy:
        detail = _("Somebody of your team is counting at this moment. Try again in a few seconds.")
        raise Problem(503, detail, headers={"Retry-After": "2"}) from None


def _count(key: int | None, value: str, of: Line | Tally) -> CountOut:
    return CountOut(id=key, value=value, closings=of.closings, by_rule=of.by_rule)


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()


def _closures(request: ApiRequest) -> QuerySet[Closure]:
    """Those of the conversations in reach."""
    scope = request.auth.scope
    found = Closure.objects.filter(workspace_id=scope.workspace_id)
    if scope.owner_id is None and scope.account_id is None:
        return found
    return found.filter(conversation__in=scope.filter(Conversation.objects.all()).values("pk"))


def _between(found: QuerySet[Closure], since: datetime | None, until: datetime | None) -> QuerySet[Closure]:
    bounds: dict[str, Any] = {"closed_at__gte": since, "closed_at__lt": until}
    return found.filter(**{name: value for name, value in bounds.items() if value is not None})
