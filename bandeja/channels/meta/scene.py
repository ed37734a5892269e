"""Who an event of Messenger or Instagram is between, and what is the same in all that it may say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bandeja.channels.contract import Annotation, Delivery, Identity, Inbound, Kind, Notice
from bandeja.channels.meta.reasons import NO_PERSON, UNKNOWN_LINE
from bandeja.channels.meta.values import flag, known, moment, node, plain
from bandeja.channels.reading import Item, Misunderstood, Understood

Said = Understood | tuple[Understood, ...]

NO_ONE = ("", "0")
"""The entry's id in tests from the dashboard, which name the account as the recipient only."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one of the two differs: its key, the kind of its people's ids, and fields that are known and left out."""

    channel: str
    identity: str
    left_out: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scene:
    """Who an event is between, and when: `ours` tells that our side did it. `contact` is blank if nobody is named."""

    dialect: Dialect
    account_id: int
    us: str
    contact: str
    ours: bool
    at: datetime | None
    received_at: datetime
    event: Item

    @property
    def identity(self) -> Identity:
        if not self.contact:
            raise Misunderstood(NO_PERSON)
        return self.dialect.identity, self.contact

    def notice(self, topic: str, body: Item) -> Notice:
        return Notice(self.dialect.channel, "line", self.us, topic, plain(body))


def scene_of(dialect: Dialect, delivery: Delivery, own: str, event: Item) -> Scene:
    sender, recipient = _id(event, "sender"), _id(event, "recipient")
    us = recipient if own in NO_ONE else own
    account_id = delivery.lines.get((dialect.channel, us))
    if account_id is None:
        raise Misunderstood(UNKNOWN_LINE)
    ours = sender == us or (recipient != us and flag(node(event, "message").get("is_echo")))
    at = moment(event.get("timestamp"), delivery.received_at)
    contact = recipient if ours else sender
    return Scene(dialect, account_id, us, contact, ours, at, delivery.received_at, event)


def _id(event: Item, side: str) -> str:
    """Some edits on Instagram name their writer inside only."""
    person = event.get(side)
    if not isinstance(person, dict) and side == "sender":
        person = node(node(event, "message_edit"), "from")
    return known(person.get("id")) if isinstance(person, dict) else ""


def inbound(scene: Scene, external_id: str, kind: Kind, text: str, **more: Any) -> Inbound:
    echo = more.setdefault("echo", scene.ours)
    more.setdefault("opens_window", kind.counts and not echo)
    return Inbound(
        account_id=scene.account_id,
        external_id=external_id,
        identity=scene.identity,
        kind=kind,
        text=text,
        provider_at=scene.at,
        received_at=scene.received_at,
        **more,
    )


def annotation(
    scene: Scene, external_id: str, target: str, kind: Kind, text: str = "", *, opens_window: bool = False
) -> Annotation:
    return Annotation(
        account_id=scene.account_id,
        external_id=external_id,
        target=target,
        kind=kind,
        identity=scene.identity,
        text=text,
        by_us=scene.ours,
        at=scene.at,
        received_at=scene.received_at,
        opens_window=opens_window and not scene.ours,
    )
