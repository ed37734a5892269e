"""Closings: each as it was, and counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, QuerySet
from ninja import Router, Schema

from bandeja.api.access import ApiRequest, Token
from bandeja.api.conversations import READS
from bandeja.api.models import Scope
from bandeja.api.shapes import ClosureOut, ClosurePage
from bandeja.api.types import Cursor, Id, Instant, Limit, Text, whole_cursor
from bandeja.conversations.models import Cause, Closure, Conversation
from bandeja.people.models import Permission

router = Router(tags=["closings"])

COUNTS = Token(Scope.READ_CONVERSATIONS, Permission.SEE_REPORTS)


class By(StrEnum):
    """What closings are counted by."""

    CAUSE = "cause"
    REASON = "reason"
    RULE = "rule"
    ACCOUNT = "account"
    OWNER = "owner"


COLUMNS: Mapping[By, str] = {
    By.CAUSE: "cause",
    By.REASON: "reason",
    By.RULE: "rule_name",
    By.ACCOUNT: "account_id",
    By.OWNER: "owner_id",
}


class CountOut(Schema):
    """How many closings have this cause, reason, rule, account or owner; blank is none."""

    value: str
    closings: int


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
    request: ApiRequest, by: By = By.CAUSE, since: Instant | None = None, until: Instant | None = None
) -> list[CountOut]:
    """How many closings there were by one of their sides, the most first, 500 lines at the most.

    Left out are those that a message proved wrong afterwards (closing C8) and those taken back (closing U5).
    """
    column = COLUMNS[by]
    found = _between(_closures(request), since, until).filter(overtaken_at=None, undone_at=None)
    counted = found.order_by().values_list(column).annotate(closings=Count("pk")).order_by("-closings", column)[:500]
    return [CountOut(value="" if value is None else str(value), closings=n) for value, n in counted]


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
