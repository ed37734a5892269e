"""What there is in the stand-in: apps, tokens, lines and people, and what they have said to each other."""

from __future__ import annotations

import hashlib
import secrets
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, TypeVar

from bandeja.standin.clock import Clock

Json = dict[str, Any]
DAY = 86_400.0
WINDOW = DAY
HUMAN_WINDOW = 7 * DAY

WHATSAPP, PAGE, INSTAGRAM = "whatsapp_business_account", "page", "instagram"


@dataclass(slots=True)
class Webhook:
    """Where an app hears of one kind of object, and of which of its fields."""

    callback: str
    fields: frozenset[str]


@dataclass(slots=True)
class Weather:
    """What goes wrong with an app's deliveries, on request.

    `batch` is how many items a delivery may hold; `delay` seconds pass before the first try; `early` delivers what
    follows from a send before the send is answered; `held` keeps everything back until it is lifted.
    """

    duplicates: bool = False
    shuffle: bool = False
    batch: int = 1
    delay: float = 0.0
    early: bool = False
    held: bool = False


@dataclass(slots=True)
class App:
    """An app at Meta. `instagram_secret` signs what it hears of Instagram when it is not empty."""

    id: str
    secret: str
    name: str
    instagram_secret: str = ""
    human_agent: bool = False
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    weather: Weather = field(default_factory=Weather)


@dataclass(slots=True)
class Token:
    """Who speaks: for which app, with which scopes, for which objects."""

    value: str
    kind: str
    app_id: str
    subjects: set[str]
    scopes: tuple[str, ...]
    issued_at: float
    expires_at: float | None = None
    dead: int = 0
    """The subcode it is refused with once it is revoked."""


@dataclass(slots=True)
class Subscription:
    """An app hears of a line; `fields` are the line's own choice (pages and profiles), `override` its own address."""

    fields: frozenset[str] = frozenset()
    override: str = ""


@dataclass(slots=True)
class Line:
    """One side that answers: a WhatsApp number, a Page or an Instagram account.

    `owner` is the id in `entry[].id`: the WhatsApp business account of a number, else the line's own.
    """

    kind: str
    id: str
    name: str
    owner: str
    subscriptions: dict[str, Subscription] = field(default_factory=dict)


@dataclass(slots=True)
class Waba:
    """A WhatsApp business account, with its templates and who is subscribed to it."""

    id: str
    name: str
    portfolio: str
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    templates: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Number(Line):
    """A WhatsApp number. `coexistence` tells that the phone app answers with it too."""

    display: str = ""
    coexistence: bool = False
    registered: bool = True
    quality: str = "GREEN"
    tier: str = "TIER_1K"
    rate: int = 80


@dataclass(slots=True)
class Page(Line):
    """A Facebook Page. `rate` is how many messages a second it may send."""

    profile: str = ""
    rate: int = 300


@dataclass(slots=True)
class Profile(Line):
    """An Instagram professional account. Its `id` is the one webhooks tell; `scoped` the one `me` calls `id`."""

    username: str = ""
    scoped: str = ""
    page: str = ""
    rate: int = 100


@dataclass(slots=True)
class Person:
    """Somebody who writes; each channel knows them by ids of its own.

    `known_as` are ids that were given rather than made, by the id of a line or a WhatsApp business account.
    `shows_phone` is false once they use a username alone. `generation` counts their numbers: a new one, a new BSUID.
    """

    id: str
    name: str
    phone: str = ""
    username: str = ""
    country: str = "CO"
    shows_phone: bool = True
    reachable: bool = True
    blocks: bool = False
    generation: int = 0
    known_as: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Said:
    """One message of a thread, from either side. `by` is `person`, `app` (the API) or `phone` (typed elsewhere)."""

    id: str
    by: str
    type: str
    node: Json
    at: float
    handle: str = ""
    app_id: str = ""
    reply_to: str = ""
    states: dict[str, float] = field(default_factory=dict)
    seen: bool = False
    unsent: bool = False
    edits: int = 0
    reactions: dict[str, str] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        return self.by != "person"


@dataclass(slots=True)
class Thread:
    """What one person and one line have said. `opened_at` is when the person last opened the line's window."""

    line: str
    person: str
    id: str
    said: dict[str, Said] = field(default_factory=dict)
    opened_at: float | None = None
    ad_at: float | None = None
    free_until: float | None = None
    allowance: float = 45.0
    spent_at: float = 0.0


@dataclass(slots=True)
class Media:
    """A file Meta keeps: one that was uploaded by `number`, or that a person sent to it."""

    id: str
    mime: str
    data: bytes
    line: str
    until: float
    name: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


Thing = TypeVar("Thing")


class Missing(LookupError):
    """The control API was asked for something that is not there; the message names it."""


class World:
    """Everything, in memory. `base` is the stand-in's own address, which links to files begin with."""

    def __init__(self, base: str, clock: Clock, latency: float = 0.0) -> None:
        self.base, self.clock, self.latency = base, clock, latency
        self.random = Random(28)  # noqa: S311  the same faults every time
        self.apps: dict[str, App] = {}
        self.tokens: dict[str, Token] = {}
        self.wabas: dict[str, Waba] = {}
        self.lines: dict[str, Line] = {}
        self.people: dict[str, Person] = {}
        self.threads: dict[tuple[str, str], Thread] = {}
        self.media: dict[str, Media] = {}
        self.links: dict[str, tuple[str, float]] = {}
        self.alerts: list[Json] = []
        self.paces: dict[str, deque[float]] = {}
        self._numbers: Iterator[int] = count(1)

    @property
    def now(self) -> float:
        return self.clock.now()

    def next_id(self, digits: int = 15) -> str:
        """A number no object has yet, as long as Meta's."""
        return f"{10 ** (digits - 1) + 6 * 10 ** (digits - 2) + next(self._numbers)}"

    def app(self, app_id: str) -> App:
        return _found(self.apps, app_id, "app")

    def line(self, line_id: str) -> Line:
        return _found(self.lines, line_id, "line")

    def person(self, person_id: str) -> Person:
        return _found(self.people, person_id, "person")

    def number(self, line_id: str) -> Number:
        line = self.line(line_id)
        if not isinstance(line, Number):
            raise Missing(f"{line_id} is no WhatsApp number.")
        return line

    def thread(self, line: Line, person: Person) -> Thread:
        """Theirs, made when there is none."""
        key = (line.id, person.id)
        if key not in self.threads:
            self.threads[key] = Thread(line.id, person.id, f"t_{self.next_id()}")
        return self.threads[key]

    def find_said(self, message_id: str, line: Line) -> tuple[Thread, Said] | None:
        """A message of this line, by its id."""
        for thread in self.threads.values():
            if thread.line == line.id and message_id in thread.said:
                return thread, thread.said[message_id]
        return None

    def keep(self, line: str, mime: str, data: bytes, *, days: float, name: str = "") -> Media:
        """Keep a file for so many days."""
        media = Media(self.next_id(16), mime, data, line, self.now + days * DAY, name)
        self.media[media.id] = media
        return media

    def link(self, media: Media, path: str, *, seconds: float) -> str:
        """An address of this file that is good for so many seconds."""
        key = secrets.token_urlsafe(18)
        self.links[key] = (media.id, self.now + seconds)
        return f"{self.base}{path}?mid={media.id}&ext={int(self.now + seconds)}&hash={key}"


def scoped_id(line: Line, person: Person) -> str:
    """How a Page or an Instagram account knows a person: the same for ever, and only there."""
    return person.known_as.get(line.id) or str(10**15 + int(_digest(line.id, person.id)[:12], 16))


def bsuid(waba: Waba, person: Person) -> str:
    """How a business portfolio knows a person; another once they have a new number."""
    made = f"{person.country}.{int(_digest(waba.portfolio, person.id, str(person.generation))[:14], 16)}"
    return made if person.generation else person.known_as.get(waba.id, made)


def _digest(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()


def _found(things: Mapping[str, Thing], key: str, noun: str) -> Thing:
    if key not in things:
        raise Missing(f"There is no {noun} {key!r}.")
    return things[key]
