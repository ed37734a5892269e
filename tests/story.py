"""A story with Meta in it: the shop's three lines live on the stand-in, and both clocks stand still until moved."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from bandeja.channels.models import Account, ChannelKey, Health, MetaApp, Receipt
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation, Direction, Message, Outgoing
from bandeja.conversations.parts import Upload
from bandeja.conversations.scope import Scope
from bandeja.demo import phones
from bandeja.intake import drain
from bandeja.media import fetch, uploads
from bandeja.outbox.lane import Lane
from bandeja.standin import files
from bandeja.standin.client import Control, Json
from tests.cast import Cast
from tests.clock import Clock
from tests.standin import Callback

PATIENCE = 20.0
CHANNELS = [ChannelKey.WHATSAPP, ChannelKey.MESSENGER, ChannelKey.INSTAGRAM]
PAGES = [ChannelKey.MESSENGER, ChannelKey.INSTAGRAM]
"""What Meta gives up on after an hour (meta.md A2)."""


@dataclass
class Story:
    """Ana's shop at Meta. `who` is one of the demo's people: Lía shows a number, Rui a Brazilian one, Ximena none."""

    cast: Cast
    app: MetaApp
    standin: Control
    callback: Callback
    clock: Clock
    lane: Lane

    def later(self, **span: float) -> datetime:
        """Time passes, for us and for Meta."""
        self.standin.advance(timedelta(**span).total_seconds())
        return self.clock.advance(**span)

    @property
    def by_ana(self) -> dict[str, Any]:
        """Within what, and by whom, Ana does something."""
        return {"scope": Scope.of(self.cast.ana), "by": Actor.agent(self.cast.ana)}

    def account(self, channel: ChannelKey) -> Account:
        return (
            Account.objects.select_related("credential", "app").filter(app=self.app, channel=channel).earliest("pk")
        )

    def line(self, channel: ChannelKey) -> str:
        return self.account(channel).external_id

    def health(self, channel: ChannelKey) -> Health:
        return Health.objects.get(account=self.account(channel))

    def person(self, who: str = "lia.rendon") -> str:
        """How the stand-in calls one of its people."""
        return phones.person_id(self.app, who)

    def says(self, channel: ChannelKey, kind: str = "text", *, who: str = "lia.rendon", **said: Any) -> str:
        """Somebody writes or does something; answers Meta's id of it. Nothing is drained yet."""
        if kind == "text":
            said.setdefault("text", "Hola")
        return self.standin.say(self.line(channel), self.person(who), kind, **said)

    def comes_in(self) -> None:
        """Whatever was delivered, and answered 200, is stored as the door does, and drained: all of it understood."""
        self.standin.settle()
        for told in self.callback.told:
            Receipt.objects.create(app_id=self.app.pk, channel="meta", body=told.body)
        self.callback.told.clear()
        while drain.step():
            pass
        assert not Receipt.objects.filter(processed_at=None).exists()
        assert not Receipt.objects.exclude(bad_items=None).exists()

    def goes_down(self) -> None:
        """Nobody answers the callback."""
        self.callback.status = 503

    def comes_back(self) -> None:
        """It answers again; what was tried meanwhile was never ours."""
        self.standin.settle()
        self.callback.told.clear()
        self.callback.status = 200

    def written(self, channel: ChannelKey, kind: str = "text", **said: Any) -> Conversation:
        """Somebody writes, and it is joined; answers the conversation it went to."""
        self.says(channel, kind, **said)
        self.comes_in()
        return Conversation.objects.filter(account=self.account(channel)).latest("last_inbound_id")

    def answers(self, conversation: Conversation, text: str = "", *, by: Actor | None = None, **more: Any) -> Message:
        """Ana answers, and the worker sends what is due."""
        given = self.by_ana | ({"by": by} if by else {}) | more
        return self.sent(lifecycle.reply(conversation.pk, text, **given).message)

    def sent(self, message: Message) -> Message:
        """The message after the worker has sent what is due."""
        self.sends()
        message.refresh_from_db()
        return message

    def sends(self) -> None:
        """The send loop runs until nothing is under way."""
        until = time.monotonic() + PATIENCE
        while self.lane.step().count or Outgoing.objects.filter(sending_at__isnull=False).exists():
            assert time.monotonic() < until, "a call did not come back"
            time.sleep(0.005)

    def settled(self, message: Message) -> Message:
        """The message after what Meta tells of it has come in."""
        self.comes_in()
        message.refresh_from_db()
        return message

    def tried(self, channel: ChannelKey) -> list[Json]:
        """The messages we asked Graph to send by this line, in order, whatever it answered."""
        calls = self.standin.received(f"{self.line(channel)}/messages")
        return [call for call in calls if call["method"] == "POST"]

    def arrived(self, channel: ChannelKey, who: str = "lia.rendon") -> list[Json]:
        """What the contact has got from us, as their phone shows it."""
        thread = self.standin.thread(self.line(channel), self.person(who))
        return [said for said in thread if said["ours"] and "failed" not in said["states"]]

    def told(self, conversation: Conversation, direction: Direction = Direction.IN) -> list[Message]:
        """The messages of a conversation, as they stand in the thread."""
        return list(conversation.messages.filter(direction=direction).order_by("at", "id"))

    def hands_over(self, channel: ChannelKey, sample: str = "image") -> Upload:
        """A file that Ana chooses for a message by this line, as the composer hands it over."""
        mime, name, make = files.SAMPLES[sample]
        given = SimpleUploadedFile(name, make(), mime)
        upload = uploads.hand_over(self.cast.ana, given, self.account(channel))
        token = str(uploads.told(upload)["token"])
        return Upload(**asdict(uploads.take(token, self.cast.ana)))

    def new_token(self, channel: ChannelKey) -> str:
        """What an administrator is given at Meta for the same line."""
        account = self.account(channel)
        said = {"id": account.external_id, "token": f"new-{channel}"}
        if channel == ChannelKey.WHATSAPP:
            return str(self.standin.number(self.app.app_id, waba=account.config["waba"], **said)["token"])
        make = self.standin.page if channel == ChannelKey.MESSENGER else self.standin.profile
        return str(make(self.app.app_id, **said)["token"])

    def fetches(self) -> None:
        """Every file that was told of is fetched."""
        lane = fetch.Lane()
        try:
            while lane.step().next_in is not None:
                pass
        finally:
            lane.close()


def stand_still(clock: Clock, standin: Control) -> None:
    """Both clocks stop at the same instant."""
    clock.set(datetime.fromtimestamp(standin.clock(set=clock.now().timestamp(), speed=0), UTC))
