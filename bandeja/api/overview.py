"""What the rules cover, how punctual closing is, and what could not be closed: as the coverage page shows it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from bandeja.api.access import ApiRequest, Token, require_scope
from bandeja.api.models import Scope
from bandeja.api.problems import Problem
from bandeja.api.types import BodyId, Sent
from bandeja.closing import overview, punctuality
from bandeja.closing.setbacks import try_again
from bandeja.closing.standing import Standing
from bandeja.people.clock import database_now
from bandeja.people.models import Permission

router = Router(tags=["closing rules"])

READS = Token(Scope.READ_RULES, Permission.MANAGE_CLOSING)
RETRIES = Token(Scope.WRITE_RULES, Permission.MANAGE_ACCOUNTS)


class StandingCount(Schema):
    """How many stand so."""

    standing: Standing
    count: int


class CoveredOut(Schema):
    """An account and its open conversations: `running` have a clock, `soon` of these run out within 24 hours, `due`
    have run out. `without` has the others by what keeps them from having one; `includable` of them may be included in
    the rule that covers it, which is `rule_id`. `idle_rule_ids` list it and do not cover it.
    """

    account_id: int
    rule_id: int | None
    idle_rule_ids: list[int]
    running: int
    soon: int
    due: int
    includable: int
    without: list[StandingCount]

    @classmethod
    def of(cls, covered: overview.Covered) -> CoveredOut:
        return cls(
            account_id=covered.account.pk, rule_id=covered.rule.pk if covered.rule else None,
            idle_rule_ids=[rule.pk for rule in covered.idle], running=covered.running, soon=covered.ahead.soon,
            due=covered.ahead.due, includable=covered.includable,
            without=[StandingCount(standing=each.standing, count=each.count) for each in covered.without],
        )  # fmt: skip


class CoverageOut(Schema):
    """All accounts, whoever has the conversations. Of very many only the latest are counted: `is_bounded`."""

    accounts: list[CoveredOut]
    is_bounded: bool


class LagOut(Schema):
    """How long after their deadlines `count` were closed, in seconds: half within `median`, 99 of 100 within `most`.

    `in_time` were within a second; lengths are null where there were none. Of very many the latest: `is_bounded`.
    """

    count: int
    in_time: int
    median: float | None
    most: float | None
    worst: float | None
    is_bounded: bool

    @classmethod
    def of(cls, lag: punctuality.Lag) -> LagOut:
        lengths = {name: _seconds(getattr(lag, name)) for name in ("median", "most", "worst")}
        return cls(count=lag.count, in_time=lag.in_time, is_bounded=lag.is_bounded, **lengths)


class PunctualityOut(Schema):
    """Of the last 24 hours, and of the last 30 days."""

    day: LagOut
    month: LagOut


class SetbackOut(Schema):
    """A conversation that could not be closed so many times, what went wrong last, and when it is tried next."""

    conversation_id: int
    failures: int
    error: str
    at: datetime
    next_at: datetime | None


class RetryIn(Sent):
    """What is to be tried again at once."""

    conversation_ids: list[BodyId] = Field(min_length=1, max_length=1_000)


class RetryOut(Schema):
    """What is tried again: those of the conversations that had stepped aside."""

    conversation_ids: list[int]


@router.get("/coverage", response=CoverageOut, auth=READS)
def coverage(request: ApiRequest) -> CoverageOut:
    """What covers each account, and how its open conversations stand."""
    found = overview.overview(request.auth.person)
    return CoverageOut(accounts=[CoveredOut.of(each) for each in found.accounts], is_bounded=found.is_bounded)


@router.get("/punctuality", response=PunctualityOut, auth=READS)
def punctual(request: ApiRequest) -> PunctualityOut:
    """How late rules close. Takes the permission to manage accounts too."""
    _require_accounts(request)
    now, here = database_now(), request.auth.workspace.pk
    day, month = (punctuality.lag(here, since=now - span) for span in (overview.DAY, overview.MONTH))
    return PunctualityOut(day=LagOut.of(day), month=LagOut.of(month))


@router.get("/setbacks", response=list[SetbackOut], auth=READS)
def setbacks(request: ApiRequest) -> list[SetbackOut]:
    """The latest conversations that could not be closed. Takes the scope conversations:read and the permission to
    manage accounts too.
    """
    require_scope(request.auth, Scope.READ_CONVERSATIONS)
    _require_accounts(request)
    return [
        SetbackOut(
            conversation_id=each.conversation.pk, failures=each.setback.failures,
            error=_without_rows(each.setback.error), at=each.setback.at, next_at=each.next_at,
        )
        for each in punctuality.aside(request.auth.scope)
    ]  # fmt: skip


@router.post("/setbacks/retries", response=RetryOut, auth=RETRIES)
def retry(request: ApiRequest, body: RetryIn) -> RetryOut:
    """Try at once to close what stepped aside. What may not close is not closed by it."""
    caller = request.auth
    asked = try_again(body.conversation_ids, workspace=caller.workspace, scope=caller.scope, by=caller.person)
    return RetryOut(conversation_ids=asked)


def _without_rows(error: str) -> str:
    """PostgreSQL's detail of an error may say what is in a row, which is read by other addresses."""
    return error.partition("\nDETAIL")[0]


def _require_accounts(request: ApiRequest) -> None:
    if not request.auth.person.may(Permission.MANAGE_ACCOUNTS):
        raise Problem(403, _("The role of %(name)s does not allow it.") % {"name": request.auth.person})


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
