"""History as a list of deeds that can be done by the real verbs, once as it was and again under a rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from bandeja.channels.contract import Kind
from bandeja.channels.models import Account
from bandeja.closing import sweep
from bandeja.closing.withholding import Rounds
from bandeja.conversations import lifecycle, merge
from bandeja.conversations.actor import FLOW, Actor
from bandeja.conversations.models import Cause, Closure, Conversation, Direction, Event, EventKind, Message
from bandeja.conversations.scope import Scope
from tests.cast import Cast
from tests.clock import Clock

Closing = tuple[str, datetime]
"""Who was closed on, and when."""


@dataclass(frozen=True, order=True)
class Deed:
    """Something that happened to the conversation of `who`, by its name; `other` is whom they are merged with."""

    at: datetime
    what: str
    who: str
    other: str = ""


class Shop:
    """Where history happens: an account of the cast, under the clock of the tests."""

    def __init__(self, cast: Cast, account: Account, clock: Clock) -> None:
        self.cast, self.account, self.clock = cast, account, clock
        self.scope, self.by = Scope.of(cast.ana), Actor.agent(cast.ana)

    def play(self, deeds: Iterable[Deed], until: datetime) -> None:
        """Do these in their order, and sweep whenever a clock runs out in between, up to `until`.

        After each deed, what is withheld is judged again, as the worker does.
        """
        for deed in sorted(deeds):
            self._pass_until(deed.at, stop_before=True)
            self.clock.set(deed.at)
            self._do(deed)
            Rounds().step()
        self._pass_until(until, stop_before=False)
        self.clock.set(until)

    def closings(self, after: datetime) -> list[Closing]:
        """What rules have closed since, in order; no preview tells of what nobody answered (closing N5)."""
        closed = Closure.objects.filter(account_id=self.account.pk, cause=Cause.RULE, closed_at__gt=after)
        closed = closed.filter(unheard=False)
        return sorted((self.name(each.conversation_id), each.closed_at) for each in closed)

    def deeds(self) -> list[Deed]:
        """What happened here that a rule had no part in, as it is written down by now."""
        said = Message.objects.filter(account=self.account).exclude(direction=Direction.NOTE)
        closed = Closure.objects.filter(account_id=self.account.pk, overtaken_at=None).exclude(cause=Cause.RULE)
        opened = Event.objects.filter(conversation__account=self.account, kind=EventKind.CONVERSATION_REOPENED)
        return [
            *(self._said(message) for message in said),
            *(Deed(each.closed_at, "close", self.name(each.conversation_id)) for each in closed),
            *(Deed(each.at, "reopen", self.name(each.conversation_id)) for each in opened),
        ]

    def _said(self, message: Message) -> Deed:
        who = self.name(message.conversation_id)
        if message.direction == Direction.OUT:
            return Deed(message.at, "flow" if message.author_kind == "flow" else "answer", who)
        assert message.received_at
        return Deed(message.received_at, "write" if message.counts else "react", who)

    def _pass_until(self, instant: datetime, *, stop_before: bool) -> None:
        """Sweep at each deadline on the way; what happens at the very instant comes before the sweep (C8)."""
        while (due := self._next_due()) and (due < instant or (due == instant and not stop_before)):
            self.clock.set(due)
            sweep.sweep()

    def _next_due(self) -> datetime | None:
        due: datetime | None = Conversation.objects.aggregate(due=Min("look_at"))["due"]
        return due

    def _do(self, deed: Deed) -> None:
        ids = self.ids(deed.who)
        if deed.what == "write" or (deed.what == "react" and ids):
            kind = Kind.TEXT if deed.what == "write" else Kind.REACTION
            self.cast.write(deed.who, account=self.account, kind=kind)
        elif deed.what == "close":
            lifecycle.close(ids, scope=self.scope, reason="Resuelto", cause=Cause.AGENT, by=self.by)
        elif deed.what == "reopen":
            lifecycle.reopen(ids, scope=self.scope, by=self.by)
        elif deed.what == "merge":
            self._merge(deed)
        else:
            by = FLOW if deed.what == "flow" else self.by
            for pk in ids:
                lifecycle.reply(pk, "Buenas", scope=self.scope, by=by)

    def _merge(self, deed: Deed) -> None:
        stays, goes = (self._contact(who) for who in (deed.who, deed.other))
        if stays and goes and stays != goes:
            merge.merge(stays, goes, scope=self.scope, by=self.by)

    def _contact(self, who: str) -> int | None:
        found = Conversation.objects.filter(account=self.account, contact__identities__value=who)
        return found.values_list("contact_id", flat=True).first()

    def ids(self, who: str) -> list[int]:
        """The conversations of the one who is called so."""
        found = Conversation.objects.filter(account=self.account, contact__identities__value=who)
        return list(found.values_list("pk", flat=True))

    def name(self, conversation_id: int) -> str:
        """What the one of a conversation is called first: merged ones have several names."""
        names = Conversation.objects.filter(pk=conversation_id).values_list("contact__identities__value", flat=True)
        return min(str(name) for name in names)
