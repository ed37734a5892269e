"""Why a conversation closes by itself, or does not, or did: the story of its clock, as facts. Read-only.

How it stands is what `standing` says. The rest are the rows behind that: the messages that started its clock, the
rule as it was then, who opened it, its closing. Nothing here is worked out a second way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from bandeja.closing import grace, pauses
from bandeja.closing.deadline import Cover, Stretch
from bandeja.closing.marks import marks
from bandeja.closing.models import Inclusion, InclusionBatch, Pause, Rule, Setback
from bandeja.closing.standing import Standing, Stands, stands
from bandeja.closing.versions import Version, version
from bandeja.conversations.models import ActorKind, Closure, Conversation, Direction, Event, EventKind, Message

LOOKED_AT = 50
"""The most messages that are looked through for those that started the clock: the latest."""


@dataclass(frozen=True, slots=True)
class Start:
    """What started the clock, or started it anew: a message, that it was kept open (withheld) no more: `release`; the
    end of a pause by which its time was over; or that somebody included it: `inclusion`, or only `is_included` where
    nobody knows by now who did. `is_ours` where it is a message of ours, in what nobody answered (closing N2).

    `counts_from` is when it was received, or when it was read if its time was over by then (closing C1, C9, H3, I1).
    """

    counts_from: datetime
    message: Message | None = None
    release: Event | None = None
    pause: Pause | None = None
    inclusion: Inclusion | None = None
    is_included: bool = False
    is_ours: bool = False

    @property
    def is_late(self) -> bool:
        return self.message is not None and not self.is_ours and self.message.received_at != self.counts_from


@dataclass(frozen=True, slots=True)
class Change:
    """The rule's time changed while the clock ran: from so many seconds to so many."""

    at: datetime
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Why:
    """What there is to say of a conversation's clock. Only what applies to how it stands is there."""

    conversation: Conversation
    stands: Stands
    latest: Message | None = None
    """The last message of the contact that counts."""
    starts: Sequence[Start] = ()
    """What started its clock, in order: the last one is what it counts from."""
    changes: Sequence[Change] = ()
    version: Version | None = None
    off: Sequence[Rule] = ()
    opening: Event | None = None
    """Its latest opening by our side."""
    undone: Event | None = None
    """That a closing of its was taken back and its clock runs on."""
    keeping: Event | None = None
    """That it is kept open, or snoozed, as it was said last."""
    withholding: Event | None = None
    """That its closing was withheld."""
    closure: Closure | None = None
    setback: Setback | None = None
    pauses: Sequence[Pause] = ()
    """Those that last, and keep it from closing (closing H2)."""
    outage: grace.Outage | None = None
    """After which closings wait a while (closing H5)."""
    waits_since: datetime | None = None
    """A delivery received then waits to be read, and may be of this contact: it holds back the closing (C8)."""

    @property
    def standing(self) -> Standing:
        return self.stands.standing

    @property
    def late(self) -> timedelta | None:
        """How long after its deadline it was closed, if a rule closed it."""
        closure = self.closure
        return closure.closed_at - closure.deadline if closure and closure.deadline else None


def explain(conversation: Conversation) -> Why:
    """Why this conversation closes by itself, does not, or did. Raises Conversation.DoesNotExist when it is gone."""
    found = stands(conversation)
    why = Why(conversation, found, latest=_latest(conversation, found))
    if found.standing == Standing.CLOSED:
        return replace(why, closure=_closure(conversation))
    why = replace(why, opening=_opening(conversation, found), off=_off(conversation, found))
    if found.standing == Standing.KEPT:
        is_snoozed = conversation.snoozed_at is not None
        kind = EventKind.CONVERSATION_SNOOZED if is_snoozed else EventKind.CONVERSATION_KEPT
        why = replace(why, keeping=_last(conversation, kind))
    if found.withheld_at is not None:
        why = replace(why, withholding=_last(conversation, EventKind.CLOSING_WITHHELD))
    if found.rule_id is not None:
        why = replace(why, version=version(conversation.workspace_id, found))
    if found.standing in {Standing.RUNS, Standing.PAUSED}:
        theirs = list(pauses.of_conversation(conversation, found.begins or found.at))
        lasting = [each for each in theirs if each.until is None]
        starts = _starts(conversation, found, pauses.ended(theirs))
        why = replace(why, starts=starts, changes=_changes(found), pauses=lasting)
        why = replace(why, undone=_undone(conversation, found))
    return _delayed(why) if found.is_due else why


def _latest(conversation: Conversation, found: Stands) -> Message | None:
    """The message that was received last; none where one joined later had been received before it."""
    if found.last_inbound_at is None or conversation.last_inbound_id is None:
        return None
    last = conversation.messages.filter(pk=conversation.last_inbound_id, received_at=found.last_inbound_at)
    return last.first()


def _closure(conversation: Conversation) -> Closure | None:
    """The one that closed it; none if it came closed, with imported history."""
    conversation.refresh_from_db(fields=["closed_at"])
    if conversation.closed_at is None:
        return None
    closures = Closure.objects.filter(conversation=conversation, closed_at=conversation.closed_at)
    return closures.order_by("-pk").first()


def _opening(conversation: Conversation, found: Stands) -> Event | None:
    if found.agent_opened_at is None:
        return None
    opened = conversation.events.filter(kind=EventKind.CONVERSATION_REOPENED, at=found.agent_opened_at)
    return opened.order_by("-pk").first()


def _undone(conversation: Conversation, found: Stands) -> Event | None:
    """Its latest closing that was taken back since it was opened, for then nothing tells that it was closed."""
    taken_back = conversation.events.filter(
        kind=EventKind.CONVERSATION_REOPENED, at__gt=found.opened_at, data__undone=True
    )
    return taken_back.order_by("-at", "-pk").first()


def _off(conversation: Conversation, found: Stands) -> Sequence[Rule]:
    """The rules that list its account and are off."""
    if found.standing != Standing.RULE_OFF:
        return ()
    return list(Rule.objects.filter(coverage__account=conversation.account_id, active=False).order_by("name")[:5])


def _starts(conversation: Conversation, found: Stands, over: Sequence[Pause]) -> list[Start]:
    """What started the clock since it was last opened, kept open and covered; what it counts from is last.

    `over` are the pauses that are over, in order. The latest only: no more than there were among the last messages.
    """
    assert found.begins is not None  # noqa: S101  a clock that runs has cover
    assert found.armed_at is not None  # noqa: S101  it runs
    if found.unheard_at:
        return _said(conversation, found, over)
    since = max(found.begins, found.agent_opened_at or found.begins)
    counted = conversation.messages.filter(
        counts=True, received_at__gte=since, received_at__lte=found.armed_at, created_at__gte=found.opened_at
    )
    looked_at = list(counted.order_by("-at", "-pk")[:LOOKED_AT])
    by_hand = _released(conversation, found, since) or _included(conversation, found, since)
    starts = list(_rising(sorted(looked_at, key=lambda message: message.pk), found, by_hand, over))
    return starts[1:] if len(looked_at) == LOOKED_AT else starts


def _said(conversation: Conversation, found: Stands, over: Sequence[Pause]) -> list[Start]:
    """The same of what we began and nobody answered: our latest message, or what started the clock anew since."""
    assert found.unheard_at is not None  # noqa: S101  it is one of these
    ours = conversation.messages.filter(direction=Direction.OUT, imported=False)
    latest = ours.exclude(author_kind=ActorKind.SYSTEM).order_by("-created_at", "-pk").first()
    release = _release(conversation, found.unheard_at)
    start = Start(release.at, release=release) if release else Start(found.unheard_at, latest, is_ours=True)
    return [start, *_put_off(start.counts_from, deque(over), found.at, found)]


def _last(conversation: Conversation, kind: EventKind) -> Event | None:
    return conversation.events.filter(kind=kind).order_by("-at", "-pk").first()


def _released(conversation: Conversation, found: Stands, since: datetime) -> Start | None:
    """That it was kept open, or its closing withheld, no more, if that started the clock (closing C9, G2, G3)."""
    release = _release(conversation, max(since, found.opened_at))
    if release is None:
        return None
    was_included = found.included_at is not None and since <= found.included_at <= release.at
    if not was_included and not _written(conversation, since, release.at):
        return None
    return Start(release.at, release=release)


def _included(conversation: Conversation, found: Stands, since: datetime) -> Start | None:
    """That somebody included it, if that started the clock (closing I1)."""
    at = found.included_at
    if at is None or at < max(since, found.opened_at):
        return None
    batches = InclusionBatch.objects.filter(at=at, inclusion__workspace_id=conversation.workspace_id)
    batch = batches.select_related("inclusion__agent").first()
    return Start(at, inclusion=batch.inclusion if batch else None, is_included=True)


def _release(conversation: Conversation, since: datetime) -> Event | None:
    """The last time that it was kept open no more (closing C9), or withheld no more (closing G2, G3)."""
    kinds = (EventKind.CONVERSATION_RELEASED, EventKind.CONVERSATION_WOKEN, EventKind.CLOSING_RESUMED)
    return conversation.events.filter(kind__in=kinds, at__gte=since).order_by("-at", "-pk").first()


def _written(conversation: Conversation, since: datetime, until: datetime) -> bool:
    """Whether the contact wrote between the two, so that a release at the second started a clock (closing C9)."""
    counted = conversation.messages.filter(counts=True, received_at__gte=since, created_at__lte=until)
    return counted.exists()


def _rising(
    joined: Iterable[Message], found: Stands, by_hand: Start | None, over: Sequence[Pause]
) -> Iterator[Start]:
    """What each moved the clock on, in order: a message that comes late does not put it back (closing C5).

    While it was kept open nothing started a clock; its release did. What was included had none before. The end of a
    pause that withheld it started it anew.
    """
    counts_from: datetime | None = None
    if by_hand:
        counts_from = by_hand.counts_from
        yield by_hand
    waiting = deque(over)
    for message in joined:
        for start in _put_off(counts_from, waiting, message.created_at, found):
            counts_from = start.counts_from
            yield start
        moment = _counts_from(message, found, [each.until for each in over if each.until])
        if moment is None or (counts_from is not None and moment <= counts_from):
            continue
        counts_from = moment
        yield Start(min(moment, found.armed_at or moment), message)
    yield from _put_off(counts_from, waiting, found.at, found)


def _put_off(
    counts_from: datetime | None, waiting: deque[Pause], until: datetime, found: Stands
) -> Iterator[Start]:  # fmt: skip
    """The pauses of these that were over by then and put the clock off; none is looked at twice."""
    while waiting and waiting[0].until and waiting[0].until <= until:
        pause = waiting.popleft()
        assert pause.until is not None  # noqa: S101  it is over
        assert found.cover is not None  # noqa: S101  a clock that runs has cover
        cover = replace(found.cover, ends=[pause.until])
        if counts_from and cover.anew(counts_from, found.answered_at) > counts_from:
            counts_from = pause.until
            yield Start(counts_from, pause=pause)


def _counts_from(message: Message, found: Stands, ends: Sequence[datetime]) -> datetime | None:
    """From when this message made the clock count, by the rule that armed it: `Cover.arm`, with the times of then."""
    assert message.received_at is not None  # noqa: S101  what counts was received
    joined_at = message.created_at
    times = [found.times[0]]
    for before, stretch in pairwise(found.times):
        if before.until is not None and before.until <= joined_at:
            times.append(stretch)
    times[-1] = replace(times[-1], until=None)
    cover = _cover(found, times, [end for end in ends if end <= joined_at])
    armed = cover.arm(message.received_at, joined_at, answered_at=found.answered_at)
    return armed[0] if armed else None


def _cover(found: Stands, times: Sequence[Stretch], ends: Sequence[datetime]) -> Cover:
    assert found.rule_id is not None  # noqa: S101  a clock that runs has cover
    assert found.begins is not None  # noqa: S101  a clock that runs has cover
    return Cover(found.rule_id, "", 0, "", "", found.begins, times, ends=ends)


def _changes(found: Stands) -> list[Change]:
    """How the rule's time changed since the clock started, in order."""
    assert found.armed_at is not None  # noqa: S101  it runs
    changes = []
    for before, after in pairwise(found.cover.times if found.cover else ()):
        if before.until is not None and before.until > found.armed_at and before.seconds != after.seconds:
            changes.append(Change(before.until, before.seconds, after.seconds))
    return changes


def _delayed(why: Why) -> Why:
    """With what keeps it from closing, though its time is over."""
    setback = Setback.objects.filter(pk=why.conversation.pk).first()
    mark = marks([why.conversation.account_id]).get(why.conversation.account_id)
    deadline = why.stands.deadline
    holds = mark is not None and deadline is not None and mark <= deadline
    return replace(why, setback=setback, waits_since=mark if holds else None, outage=grace.outage_now())
