"""Conversations: found as on screen, handed over, marked, tagged, closed and opened again."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Query, Router
from ninja.responses import Status as Answer
from pydantic import Field

from bandeja.api.access import ApiRequest, Token, acting, conversation_or_404, reach
from bandeja.api.models import Scope
from bandeja.api.problems import Problem, unfit
from bandeja.api.shapes import (
    ClosureIn,
    ClosureOut,
    ConversationDetail,
    ConversationOut,
    ConversationPage,
    KeepingIn,
    OwnerIn,
    SnoozeIn,
)
from bandeja.api.types import (
    NO_NUL,
    REASON_LENGTH,
    Cursor,
    Days,
    Flag,
    Id,
    Key,
    Limit,
    Search,
    Sent,
    whole_cursor,
)
from bandeja.channels.models import ChannelKey
from bandeja.closing import coverage
from bandeja.closing.clocks import clocks
from bandeja.conversations import lifecycle
from bandeja.conversations import tags as tagging
from bandeja.conversations.models import Cause, Conversation, Status, Tag
from bandeja.conversations.tags import tags_of
from bandeja.inbox.filters import Asked, Filters
from bandeja.inbox.rows import walked
from bandeja.people.clock import database_now

router = Router(tags=["conversations"])

READS = Token(Scope.READ_CONVERSATIONS, accounts=True)
WRITES = Token(Scope.WRITE_CONVERSATIONS, accounts=True)
WRITES_ALONE = Token(Scope.WRITE_CONVERSATIONS)


class Wanted(Sent):
    """Which conversations: the filters of the list, called as there.

    `owner` is `mine`, `nobody`, a person's id or `team-` and a team's; `days` how long ago the last message may be;
    `reason` and `cause` are the latest closing's, so they choose closed ones; `soon` chooses whose clock is in its
    last quarter; `snoozed` those that are snoozed, which `status` open leaves out as the list does; `q` finds by
    name, e-mail or number.
    """

    status: Status | None = None
    unread: Flag = False
    owner: str = Field("", pattern=r"^(mine|nobody|[1-9][0-9]{0,17}|team-[1-9][0-9]{0,17})?$")
    days: Days | None = None
    channel: ChannelKey | None = None
    account: Id | None = None
    tag: Id | None = None
    reason: str = Field("", max_length=REASON_LENGTH, pattern=NO_NUL)
    cause: Cause | None = None
    soon: Flag = False
    waiting: Flag = False
    snoozed: Flag = False
    q: Search = ""

    @property
    def is_contradictory(self) -> bool:
        """Whether it asks for open ones that are closed."""
        closed = bool(self.reason or self.cause) or self.status == Status.CLOSED
        runs = self.soon or self.waiting
        return (closed and (runs or self.snoozed or self.status == Status.OPEN)) or (self.snoozed and runs)

    def filters(self) -> Filters:
        """The same, as the list reads its address."""
        closed = self.reason or self.cause or self.status == Status.CLOSED
        state = "closed" if closed else "open" if self.soon or self.waiting or self.status == Status.OPEN else "all"
        state = "snoozed" if self.snoozed else state
        said = {
            "tab": "unread" if self.unread else "",
            "state": state,
            "owner": self.owner,
            "days": self.days or "",
            "channel": self.channel or "",
            "account": self.account or "",
            "tag": self.tag or "",
            "reason": self.reason,
            "cause": self.cause or "",
            "soon": "1" if self.soon else "",
            "waiting": "1" if self.waiting else "",
            "q": self.q,
        }
        query = QueryDict(mutable=True)
        query.update({name: str(value) for name, value in said.items()})
        return Filters.read(query)


class Listed(Wanted):
    """Which of them, and which page."""

    contact: Key | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


@router.get("", response=ConversationPage, auth=READS)
def conversations(request: ApiRequest, asked: Query[Listed]) -> ConversationPage:
    """A page of conversations: pass `next` as `cursor` to go on.

    A person's token finds what the list of the inbox finds, in its order: the latest message first. `contact` is the
    external id of the contact. An account's token has `status` and `contact` only, and the newest conversation first.
    """
    if request.auth.account is not None:
        return _of_account(request, asked)
    if asked.is_contradictory or 0 in {asked.account, asked.tag}:
        return ConversationPage(items=[], next=None)
    if asked.contact:
        known = {"contact__identities__value": asked.contact}
        found = asked.filters().apply(reach(request).filter(**known), request.auth.person).distinct()
        return _page(found, asked)
    steps = walked(
        Asked(request.auth.person, asked.filters(), database_now()), before=asked.cursor or "", count=asked.limit
    )
    here = reach(request).in_bulk([step.pk for step in steps.found])
    items = shown([here[step.pk] for step in steps.found if step.pk in here])
    return ConversationPage(items=items, next=steps.next or None)


def _of_account(request: ApiRequest, asked: Listed) -> ConversationPage:
    found = reach(request)
    if asked.contact:
        known = {"contact__identities__account": request.auth.account, "contact__identities__value": asked.contact}
        found = found.filter(**known)
    if asked.status:
        found = found.filter(status=asked.status)
    return _page(found, asked)


def _page(found: QuerySet[Conversation], asked: Listed) -> ConversationPage:
    """The newest conversations first, by their ids."""
    if (before := whole_cursor(asked.cursor)) is not None:
        found = found.filter(pk__lt=before)
    page = list(found.order_by("-pk")[: asked.limit + 1])
    items = shown(page[: asked.limit])
    return ConversationPage(items=items, next=str(items[-1].id) if len(page) > asked.limit else None)


@router.get("/{int:conversation_id}", response=ConversationDetail, auth=READS)
def conversation(request: ApiRequest, conversation_id: int) -> ConversationDetail:
    """One conversation, with its latest closing."""
    return detail(request, conversation_id)


@router.put("/{int:conversation_id}/owner", response=ConversationDetail, auth=WRITES)
def owner(request: ApiRequest, conversation_id: int, body: OwnerIn) -> ConversationDetail:
    """Give it to an agent, a team, or nobody. 409 when it is no longer with whom `seen` says.

    Whoever gives away what they then see no more is answered with the conversation as it is now.
    """
    conversation_or_404(request, conversation_id)
    to = lifecycle.To(body.owner_id, body.team_id)
    seen = lifecycle.Holder(body.seen.owner_id, body.seen.team_id) if body.seen else None
    try:
        outcome = lifecycle.transfer([conversation_id], to, seen=seen, note=body.note, **acting(request))
    except lifecycle.UnknownOwner:
        field = "team_id" if body.owner_id is None else "owner_id"
        raise unfit([(field, _("There is no such person or team here."))]) from None
    if outcome.taken:
        said = _("Somebody else has given it away since. It was left as it is: read who has it first.")
        raise Problem(409, said)
    given = get_object_or_404(_described(), pk=conversation_id, workspace_id=request.auth.workspace.pk)
    return _detail(given)


@router.post(
    "/{int:conversation_id}/closure", response={200: ConversationDetail, 201: ConversationDetail}, auth=WRITES
)
def close(request: ApiRequest, conversation_id: int, body: ClosureIn) -> Answer[ConversationDetail]:
    """Close it: 201, or 200 when it was closed already. 409 when the contact has written since (closing D1)."""
    conversation_or_404(request, conversation_id)
    try:
        outcome = lifecycle.close([conversation_id], cause=Cause.API, **body.dict(), **acting(request))
    except lifecycle.BlankReason:
        raise unfit([("reason", _("A closing needs a reason."))]) from None
    if outcome.newer:
        raise Problem(409, _("The contact has written since. It was left open: read what they wrote first."))
    return Answer(201 if outcome.closed else 200, detail(request, conversation_id))


@router.delete("/{int:conversation_id}/closure", response=ConversationDetail, auth=WRITES)
def reopen(request: ApiRequest, conversation_id: int) -> ConversationDetail:
    """Open it again; that starts no clock (closing E2). Nothing happens to an open one."""
    conversation_or_404(request, conversation_id)
    lifecycle.reopen([conversation_id], **acting(request))
    return detail(request, conversation_id)


@router.get("/{int:conversation_id}/closures", response=list[ClosureOut], auth=READS)
def conversation_closures(request: ApiRequest, conversation_id: int) -> list[ClosureOut]:
    """Its latest closings, 100 at the most, the latest first."""
    found = conversation_or_404(request, conversation_id).closures.order_by("-closed_at", "-pk")[:100]
    return [ClosureOut.of(closure) for closure in found]


@router.put("/{int:conversation_id}/keeping", response=ConversationDetail, auth=WRITES)
def keep(request: ApiRequest, conversation_id: int, body: KeepingIn) -> ConversationDetail:
    """Keep it open: no rule closes it meanwhile (closing C9). 409 when it is closed."""
    conversation_or_404(request, conversation_id)
    try:
        lifecycle.keep([conversation_id], until=body.until, reason=body.reason, **acting(request))
    except lifecycle.NotAhead:
        raise unfit([("until", _("Choose a time from now on, within a year."))]) from None
    kept = detail(request, conversation_id)
    if kept.kept is None:
        raise Problem(409, _("It is closed, so there is nothing to keep open."))
    return kept


@router.delete("/{int:conversation_id}/keeping", response=ConversationDetail, auth=WRITES)
def release(request: ApiRequest, conversation_id: int) -> ConversationDetail:
    """Keep it open no more: its clock starts anew. Nothing happens to one that nobody keeps open."""
    conversation_or_404(request, conversation_id)
    lifecycle.release([conversation_id], clock=coverage.clock, **acting(request))
    return detail(request, conversation_id)


@router.put("/{int:conversation_id}/snooze", response=ConversationDetail, auth=WRITES)
def snooze(request: ApiRequest, conversation_id: int, body: SnoozeIn) -> ConversationDetail:
    """Snooze it: out of the list of open ones, and closed by no rule, until then or until its contact writes (closing
    S1). 409 when it is closed, or when the contact has written after what you have `seen`.
    """
    conversation_or_404(request, conversation_id)
    try:
        lifecycle.snooze([conversation_id], **body.dict(), **acting(request))
    except lifecycle.NotAhead:
        raise unfit([("until", _("Choose a time from now on, within a year."))]) from None
    snoozed = detail(request, conversation_id)
    if snoozed.status != Status.OPEN:
        raise Problem(409, _("It is closed, so there is nothing to snooze."))
    if snoozed.snoozed is None or conversation_or_404(request, conversation_id).wrote_after(body.seen):
        raise Problem(409, _("The contact has written since. It was not snoozed: read what they wrote first."))
    return snoozed


@router.delete("/{int:conversation_id}/snooze", response=ConversationDetail, auth=WRITES)
def wake(request: ApiRequest, conversation_id: int) -> ConversationDetail:
    """Bring it back: its clock starts anew. Nothing happens to one that is not snoozed."""
    conversation_or_404(request, conversation_id)
    lifecycle.wake([conversation_id], clock=coverage.clock, **acting(request))
    return detail(request, conversation_id)


@router.put("/{int:conversation_id}/unread", response=ConversationDetail, auth=WRITES_ALONE)
def mark_unread(request: ApiRequest, conversation_id: int) -> ConversationDetail:
    """Mark it unread."""
    conversation_or_404(request, conversation_id)
    lifecycle.mark_unread([conversation_id], scope=request.auth.scope)
    return detail(request, conversation_id)


@router.delete("/{int:conversation_id}/unread", response=ConversationDetail, auth=WRITES_ALONE)
def mark_read(request: ApiRequest, conversation_id: int) -> ConversationDetail:
    """Mark it read."""
    conversation_or_404(request, conversation_id)
    lifecycle.mark_read([conversation_id], scope=request.auth.scope)
    return detail(request, conversation_id)


@router.put("/{int:conversation_id}/tags/{int:tag_id}", response=ConversationDetail, auth=WRITES_ALONE)
def put_tag(request: ApiRequest, conversation_id: int, tag_id: int) -> ConversationDetail:
    """Put a tag on it."""
    tag = _tag(request, conversation_id, tag_id)
    tagging.tag([conversation_id], [tag.pk], scope=request.auth.scope)
    return detail(request, conversation_id)


@router.delete("/{int:conversation_id}/tags/{int:tag_id}", response=ConversationDetail, auth=WRITES_ALONE)
def take_tag_off(request: ApiRequest, conversation_id: int, tag_id: int) -> ConversationDetail:
    """Take a tag off it."""
    tag = _tag(request, conversation_id, tag_id)
    tagging.untag([conversation_id], [tag.pk], scope=request.auth.scope)
    return detail(request, conversation_id)


def detail(request: ApiRequest, conversation_id: int) -> ConversationDetail:
    """One conversation in reach as it is now; 404 otherwise."""
    return _detail(conversation_or_404(request, conversation_id))


def shown(page: Iterable[Conversation]) -> list[ConversationOut]:
    """These, each with its clock and its tags."""
    here = list(page)
    runs = clocks(here, coverage.clock(sorted({each.account_id for each in here})))
    tags = tags_of([each.pk for each in here])
    return [ConversationOut.of(each, runs.get(each.pk), tags.get(each.pk, ())) for each in here]


def _detail(found: Conversation) -> ConversationDetail:
    latest = found.closures.order_by("-closed_at", "-pk").first()
    [told] = shown([found])
    return ConversationDetail(**told.dict(), closure=ClosureOut.of(latest) if latest else None)


def _described() -> QuerySet[Conversation]:
    described = Conversation.objects.select_related("contact", "account", "owner", "team")
    return described.prefetch_related("contact__identities")


def _tag(request: ApiRequest, conversation_id: int, tag_id: int) -> Tag:
    conversation_or_404(request, conversation_id)
    return get_object_or_404(Tag, pk=tag_id, workspace_id=request.auth.workspace.pk)
