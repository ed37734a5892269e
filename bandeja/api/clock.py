"""The clock of a conversation: when it closes by itself, or why it does not, or did."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from ninja import Router, Schema

from bandeja.api.access import ApiRequest, Token, conversation_or_404
from bandeja.api.models import Scope
from bandeja.closing.standing import Standing
from bandeja.closing.why import explain
from bandeja.inbox import explained

router = Router(tags=["conversations"])

READS = Token(Scope.READ_CONVERSATIONS, accounts=True)


class MomentOut(Schema):
    """One thing that happened, or holds now where `at` is null; `message_id` is the message it is about."""

    at: datetime | None
    text: str
    message_id: int | None


class ClockOut(Schema):
    """`standing` says how it stands with closing rules; `closes_at` and `armed_at` are only of a clock that runs, and
    `closes_at` is null where the rule would leave it open as things stand.

    `rule_id` covers its account since `covered_since`, null where nothing does. `verdict`, `story` and `ends` tell
    why, in the caller's language.
    """

    standing: Standing
    closes_at: datetime | None
    armed_at: datetime | None
    rule_id: int | None
    covered_since: datetime | None
    last_inbound_at: datetime | None
    verdict: str
    story: list[MomentOut]
    ends: str


@router.get("/{int:conversation_id}/clock", response=ClockOut, auth=READS)
def clock(request: ApiRequest, conversation_id: int) -> ClockOut:
    """When it closes by itself if the contact stays silent, and by which message and rule; or why it does not."""
    why = explain(conversation_or_404(request, conversation_id))
    found = why.stands
    with timezone.override(ZoneInfo(request.auth.workspace.time_zone)):  # the sentences say times of day
        told = explained.tell(why)
    steps = [
        MomentOut(at=step.at, text=step.text, message_id=step.message.pk if step.message else None)
        for step in told.steps
    ]
    return ClockOut(
        standing=found.standing,
        closes_at=found.closes_at,
        armed_at=found.armed_at if found.deadline else None,
        rule_id=found.rule_id,
        covered_since=found.begins,
        last_inbound_at=found.last_inbound_at,
        verdict=told.verdict,
        story=steps,
        ends=told.ends,
    )
