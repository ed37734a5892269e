"""The post: webhooks signed and delivered at least once, tried again as Meta does, in any weather asked for."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

import httpx

from bandeja.standin import errors
from bandeja.standin.clock import Agenda
from bandeja.standin.world import DAY, INSTAGRAM, WHATSAPP, App, Json, Line, Number, Subscription, Weather, World

PATIENCE = 5.0  # seconds of ours that a callback may take
WHATSAPP_PAUSES = (0, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, DAY)
WHATSAPP_GIVES_UP = 7 * DAY
PAGE_PAUSES = (0, 5, 30, 120, 300, 600, 900)
PAGE_ALERTS, PAGE_GIVES_UP = 900.0, 3600.0
REMEMBERED = 2000


@dataclass(slots=True, eq=False)
class Parcel:
    """One update on its way to one app. `slot` is where in an entry it lies: changes, messaging or standby."""

    app: App
    object: str
    owner: str
    slot: str
    item: Json
    callback: str
    line: str
    since: float
    due: float
    tries: int = 0


@dataclass(slots=True)
class Delivery:
    """One try to deliver; `status` is 0 when nobody answered."""

    at: float
    app: str
    url: str
    status: int
    body: str
    signature: str


@dataclass
class Post:
    """Delivers what happens to whoever subscribed to it."""

    world: World
    agenda: Agenda
    client: httpx.AsyncClient
    waiting: list[Parcel] = field(default_factory=list)
    delivered: list[Delivery] = field(default_factory=list)
    failing: dict[tuple[str, str], float] = field(default_factory=dict)

    async def send(
        self,
        line: Line,
        item: Json,
        *,
        name: str,
        slot: str = "changes",
        at: float | None = None,
        early: bool = False,
    ) -> None:
        """Tell whoever subscribed to the field `name` of this line; `early` ones do not wait where that is asked."""
        for app, callback in self._subscribed(line, name):
            now = self.world.now
            due = max(at or now, now) + app.weather.delay
            parcel = Parcel(app, line.kind, line.owner, slot, item, callback, line.id, now, due)
            if early and app.weather.early:
                await self._deliver([parcel])
            else:
                self._queue(parcel)

    def lift(self) -> None:
        """Weather has changed: what was held may go."""
        self.agenda.add(self.world.now, self.round)

    async def round(self) -> None:
        """Deliver all that is due and not held back."""
        now = self.world.now
        going = [parcel for parcel in self.waiting if parcel.due <= now and not parcel.app.weather.held]
        self.waiting = [parcel for parcel in self.waiting if parcel not in going]
        for batch in self._batches(going):
            await self._deliver(batch)

    async def verify(self, callback: str, verify_token: str) -> None:
        """The handshake before an address is believed. Raises GraphError 2200 when it does not answer as it must."""
        challenge = str(self.world.random.randrange(10**9, 10**10))
        asked = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
        joint = "&" if "?" in callback else "?"
        try:
            reply = await self.client.get(f"{callback}{joint}{urlencode(asked)}", timeout=PATIENCE)
        except httpx.HTTPError as error:
            raise _unverified(f"The URL couldn't be reached: {error}") from error
        if reply.status_code != 200:
            raise _unverified(f"HTTP Status Code = {reply.status_code}; HTTP Message = {reply.reason_phrase}")
        if reply.text != challenge:
            raise _unverified("The URL didn't answer with the challenge")

    def _subscribed(self, line: Line, name: str) -> Iterator[tuple[App, str]]:
        """The apps that hear this of this line, and where."""
        for app_id, subscription in self._subscriptions(line).items():
            app = self.world.apps.get(app_id)
            webhook = app.webhooks.get(line.kind) if app else None
            if not app or not webhook or name not in webhook.fields:
                continue
            # A profile heard through its Page is subscribed for all that the app asks of Instagram.
            through_page = line.kind == INSTAGRAM and app_id not in line.subscriptions
            if line.kind == WHATSAPP or through_page or name in subscription.fields:
                yield app, self._override(line, app_id, subscription) or webhook.callback

    def _subscriptions(self, line: Line) -> dict[str, Subscription]:
        """A number's are its business account's; a profile that is linked to a Page has the Page's as well."""
        if isinstance(line, Number):
            return self.world.wabas[line.owner].subscriptions
        page = self.world.lines.get(getattr(line, "page", ""))
        return {**(page.subscriptions if page else {}), **line.subscriptions}

    def _override(self, line: Line, app_id: str, subscription: Subscription) -> str:
        own = line.subscriptions.get(app_id) if line.kind == WHATSAPP else None
        return (own.override if own else "") or subscription.override

    def _queue(self, parcel: Parcel) -> None:
        self.waiting.append(parcel)
        self.agenda.add(parcel.due, self.round)

    def _batches(self, parcels: list[Parcel]) -> Iterator[list[Parcel]]:
        """As many to a delivery as the weather says, of one app, object and address each."""
        key = _address
        for _, group in groupby(sorted(parcels, key=key), key):
            some = list(group)
            weather = some[0].app.weather
            if weather.duplicates:
                some = [parcel for parcel in some for _ in range(2)]
            if weather.shuffle:
                self.world.random.shuffle(some)
            yield from _chunks(some, weather)

    async def _deliver(self, parcels: list[Parcel]) -> None:
        app, callback = parcels[0].app, parcels[0].callback
        body = written(self._envelope(parcels))
        secret = app.instagram_secret if parcels[0].object == INSTAGRAM and app.instagram_secret else app.secret
        signature = sign(secret, body)
        headers = {
            "content-type": "application/json",
            "x-hub-signature-256": signature,
            "user-agent": "facebookexternalua",
        }
        try:
            reply = await self.client.post(callback, content=body, headers=headers, timeout=PATIENCE)
            status = reply.status_code
        except httpx.HTTPError:
            status = 0
        self.delivered.append(Delivery(self.world.now, app.id, callback, status, body.decode(), signature))
        del self.delivered[:-REMEMBERED]
        self._settle(parcels, arrived=status == 200)

    def _settle(self, parcels: list[Parcel], *, arrived: bool) -> None:
        for parcel in {id(parcel): parcel for parcel in parcels}.values():
            if arrived:
                self.failing.pop((parcel.app.id, parcel.line), None)
            elif parcel.object == WHATSAPP:
                self._retry_for_days(parcel)
            else:
                self._retry_for_an_hour(parcel)

    def _retry_for_days(self, parcel: Parcel) -> None:
        pause = WHATSAPP_PAUSES[min(parcel.tries, len(WHATSAPP_PAUSES) - 1)]
        parcel.tries += 1
        parcel.due = self.world.now + pause
        if parcel.due <= parcel.since + WHATSAPP_GIVES_UP:
            self._queue(parcel)
        else:
            self._alert(parcel, "dropped")

    def _retry_for_an_hour(self, parcel: Parcel) -> None:
        """Alerted at 15 minutes, unsubscribed at an hour of nothing but failures; what waits is lost."""
        now, key = self.world.now, (parcel.app.id, parcel.line)
        since = self.failing.setdefault(key, now)
        if now >= since + PAGE_GIVES_UP:
            self._unsubscribe(parcel)
            return
        if now >= since + PAGE_ALERTS:
            self._alert(parcel, "failing")
        pause = PAGE_PAUSES[min(parcel.tries, len(PAGE_PAUSES) - 1)]
        parcel.tries += 1
        parcel.due = min(now + pause, since + PAGE_GIVES_UP)
        self._queue(parcel)

    def _unsubscribe(self, parcel: Parcel) -> None:
        line = self.world.lines.get(parcel.line)
        if line:
            line.subscriptions.pop(parcel.app.id, None)
            page = self.world.lines.get(getattr(line, "page", ""))
            if page:
                page.subscriptions.pop(parcel.app.id, None)
        lost = [each for each in self.waiting if (each.app.id, each.line) == (parcel.app.id, parcel.line)]
        self.waiting = [each for each in self.waiting if each not in lost]
        self.failing.pop((parcel.app.id, parcel.line), None)
        self._alert(parcel, "unsubscribed")

    def _alert(self, parcel: Parcel, what: str) -> None:
        alert = {"app": parcel.app.id, "line": parcel.line, "what": what}
        if (
            not any(told["what"] == what and told["line"] == parcel.line for told in self.world.alerts)
            or what == "dropped"
        ):
            self.world.alerts.append({**alert, "at": self.world.now})

    def _envelope(self, parcels: Sequence[Parcel]) -> Json:
        """One body, its items spread over entries as Meta may: each in its own, or those of an owner together."""
        together = len(parcels) > 1 and self.world.random.random() < 0.5
        entries: list[Json] = []
        for parcel in parcels:
            before = entries[-1] if entries else None
            if together and before and before["id"] == parcel.owner and parcel.slot in before:
                _join(before[parcel.slot], parcel.item)
            else:
                time = {} if parcel.object == WHATSAPP else {"time": int(self.world.now * 1000)}
                entries.append({"id": parcel.owner, **time, parcel.slot: [_copy(parcel.item)]})
        return {"object": parcels[0].object, "entry": entries}


def _join(items: list[Json], item: Json) -> None:
    """Add an item; messages and statuses of one number share a value."""
    last = items[-1].get("value", {})
    value = item.get("value", {})
    mergeable = item.get("field") == items[-1].get("field") == "messages" and "metadata" in value
    if not mergeable or last.get("metadata") != value["metadata"]:
        items.append(_copy(item))
        return
    for name in ("contacts", "messages", "statuses", "errors"):
        if name in value:
            known = last.setdefault(name, [])
            known.extend(each for each in value[name] if name != "contacts" or each not in known)


def written(body: Json) -> bytes:
    """The bytes as Meta writes them: everything but ASCII escaped, and slashes too."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def sign(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _chunks(parcels: list[Parcel], weather: Weather) -> Iterable[list[Parcel]]:
    size = max(1, min(weather.batch, 1000))  # Meta: up to 1000 updates in one delivery
    return (parcels[start : start + size] for start in range(0, len(parcels), size))


def _address(parcel: Parcel) -> tuple[str, str, str]:
    return parcel.app.id, parcel.object, parcel.callback


def _copy(item: Json) -> Any:
    return json.loads(json.dumps(item))


def _unverified(why: str) -> errors.GraphError:
    return errors.GraphError(2200, f"(#2200) Callback verification failed with the following errors: {why}")
