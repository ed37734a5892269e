"""What a rule would have done, before there is one: its closings of the last 30 days, and how contacts come back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from bandeja.api.access import ApiRequest
from bandeja.api.models import Scope
from bandeja.api.problems import Problem, unfit
from bandeja.api.rules import READS, RuleOptions, called
from bandeja.api.types import BodyId, Sent
from bandeja.channels.models import Account
from bandeja.closing.coverage import is_entitled
from bandeja.closing.draft import Draft
from bandeja.closing.hindsight import Seen, look
from bandeja.closing.models import LONGEST, Unit
from bandeja.closing.preview import Line

router = Router(tags=["closing rules"])


class HindsightIn(Sent):
    """The time, accounts and options of a rule that may be had."""

    amount: Annotated[int, Field(strict=True, ge=1, le=LONGEST // 60)]
    unit: Unit
    account_ids: list[BodyId] = Field(min_length=1, max_length=1_000)
    options: RuleOptions | None = None

    def draft(self) -> Draft:
        options = self.options or RuleOptions()
        return Draft("", self.amount, self.unit, "", self.account_ids, options=options.asked())


class HindsightDay(Schema):
    """How many it would have closed on a day."""

    on: date
    closings: int


class HindsightLine(Schema):
    """One closing that would have been: the message it counts from, when, and when the contact wrote next, if they
    have. `answered` is whether a person of yours wrote in between.
    """

    conversation_id: int
    said_at: datetime
    closes_at: datetime
    back_at: datetime | None
    answered: bool

    @classmethod
    def of(cls, line: Line) -> HindsightLine:
        return cls(
            conversation_id=line.conversation.pk, said_at=line.said_at, closes_at=line.closes_at,
            back_at=line.back_at, answered=line.answered,
        )  # fmt: skip


class SuggestedOut(Schema):
    """A time, and the share of contacts who came back, 0 to 1, that would have found it closed."""

    amount: int
    unit: Unit
    late: float


class SilencesOut(Schema):
    """How long contacts took to write again, of `total` times: the share that would have found it closed with this
    time is `late`. `suggested` is a time that suits them, null where there are too few.
    """

    total: int
    late: float
    suggested: SuggestedOut | None


class HindsightOut(Schema):
    """What the rule would have closed between two instants, had it always been in force; `a_day` is what to expect.
    Where contacts wrote in very many conversations it is worked out from one in `every` of them.

    The totals are of all conversations. `latest` has up to 50 of those that the token's person sees, and none without
    the scope `conversations:read`. `silences` is null with a calendar: they are measured by the clock.
    """

    since: datetime
    until: datetime
    every: int
    closings: int
    conversations: int
    back_in_an_hour: int
    back_in_a_day: int
    unanswered: int
    a_day: float
    days: list[HindsightDay]
    latest: list[HindsightLine]
    silences: SilencesOut | None

    @classmethod
    def of(cls, seen: Seen, *, is_listed: bool) -> HindsightOut:
        said = seen.preview
        days = [HindsightDay(on=on, closings=count) for on, count in said.days]
        latest = [HindsightLine.of(line) for line in said.lines] if is_listed else []
        other: dict[str, Any] = {"days": days, "latest": latest}
        other["silences"] = None if seen.by_hours else _silences(seen)
        same = set(cls.model_fields) - set(other)
        return cls(**other, **{name: getattr(said, name) for name in same})


@router.post("/preview", response=HindsightOut, auth=READS)
def preview(request: ApiRequest, body: HindsightIn) -> HindsightOut:
    """What a rule would have closed in the last 30 days. It saves nothing. 503 where that takes too long to say, or
    somebody of the workspace is looking back.
    """
    if not is_entitled(request.auth.workspace):
        raise Problem(403, _("Your plan has no closing rules now."))
    try:
        found = look(request.auth.person, body.draft())
    except Account.DoesNotExist:
        said = _("One of these accounts is no longer here. Choose again.")
        raise unfit([("account_ids", said)]) from None
    if found.wrong:
        raise unfit(called(found.wrong))
    if found.seen is None:
        raise Problem(found.status, " ".join(found.problems))
    return HindsightOut.of(found.seen, is_listed=Scope.READ_CONVERSATIONS in request.auth.scopes)


def _silences(seen: Seen) -> SilencesOut:
    found, best = seen.silences, seen.silences.suggested if seen.silences.enough else None
    suggested = SuggestedOut(amount=best.amount, unit=Unit(best.unit), late=best.late) if best else None
    return SilencesOut(total=found.total, late=found.late(seen.seconds), suggested=suggested)
