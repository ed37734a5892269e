"""Fuzzing the readers of every channel; `bin/bench fuzz` runs it for minutes."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from time import process_time
from typing import Any

from bandeja.channels.contract import Delivery, Parsed
from bandeja.channels.meta.tests import events
from bandeja.channels.meta.tests.mangle import spoil
from bandeja.channels.meta.tests.reading import LINES, NOON, meta
from bandeja.channels.meta.tests.soundness import faults
from bandeja.channels.registry import CHANNELS
from bandeja.channels.whatsapp.tests import payloads

SLOW = 0.5
"""Seconds of this process's time that no body of a few kilobytes may take."""
ACCOUNT = 7

Parse = Callable[[Delivery], Parsed]


class Fuzz:
    """Spoils one delivery at a time, of any channel, and looks at what its reader makes of it."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.readers: dict[str, Parse] = {"meta": meta.parse}
        for name, channel in CHANNELS.items():
            self.readers[name] = channel.parse
        self.times: list[float] = []
        self.findings: list[str] = []

    def one(self) -> None:
        random = self._random
        name = random.choice(["meta", "meta", "meta", *self.readers])
        body = spoil(random, _sound(random, name), random.choice((1, 1, 2, 3, 5, 10)))
        raw = _garbled(random, json.dumps(body, ensure_ascii=random.random() < 0.9).encode(errors="surrogatepass"))
        self.findings += [f"{name}: {finding[:500]}\n    {raw[:4_000]!r}" for finding in self._look(name, raw)]

    def _look(self, name: str, raw: bytes) -> list[str]:
        delivery = Delivery(ACCOUNT, raw, {"sender": "v"}, NOON, LINES)
        begun = process_time()
        try:
            parsed = self.readers[name](delivery)
        except Exception as error:  # noqa: BLE001  # what it is looking for
            return [f"raised {error!r}"]
        self.times.append(process_time() - begun)
        found = faults(parsed, [ACCOUNT, *LINES.values()], NOON)
        if self.times[-1] > SLOW:
            found.append(f"took {self.times[-1]:.2f} s")
        if self.readers[name](delivery) != parsed:
            found.append("a second pass said otherwise")
        return found


def _sound(random: Random, name: str) -> Any:
    """A delivery as the channel sends it, of up to eight items."""
    size = random.choice((1, 1, 2, 8))
    if name == "api":
        contact = {"id": "c-1", "name": "Lía", "email": "lia@example.com", "phone": "+57 300 123 4567"}
        item = {
            "external_id": "1",
            "contact": contact,
            "text": "Hola",
            "kind": "image",
            "sent_at": "2026-11-03T09:15Z",
        }
        return [item] * size
    if name == "webchat":
        return [{"id": "1", "text": "Hola", "name": "Lía", "page": "https://example.com/a"}] * size
    if random.random() < 0.5:
        return _of_whatsapp(random, size)
    items = random.choice(
        (events.MESSAGES, events.ECHOES, events.OTHERS, events.ANNOTATIONS, events.REACHED, events.NOTICES)
    )
    under = random.choice(("messaging", "messaging", "standby", "changes"))
    chosen = [random.choice(list(items.values())) for _ in range(size)]
    if under == "changes":
        chosen = [{"field": "messages", "value": item} for item in chosen]
    return events.body(random.choice(("page", "instagram")), *chosen, under=under)


def _of_whatsapp(random: Random, size: int) -> Any:
    field, name, items = random.choice(WHATSAPP)
    chosen = [random.choice(list(items.values())) for _ in range(size)]
    lists = {name: chosen, "contacts": [payloads.CONTACT]}
    if random.random() < 0.3:
        lists["errors"] = [payloads.FAILURE]
    return payloads.body({"field": field, "value": payloads.value(**lists)})


def _garbled(random: Random, raw: bytes) -> bytes:
    """Most often the bytes as they are; else some of them cut, changed or doubled."""
    if random.random() < 0.8 or not raw:
        return raw
    at, end = sorted((random.randrange(len(raw)), random.randrange(len(raw))))
    return random.choice(
        (
            raw[:at],
            raw[:at] + raw[end:],
            raw[:at] + random.randbytes(random.randrange(1, 5)) + raw[at:],
            raw[:at] + raw[at:end] * 2 + raw[end:],
            raw.replace(b'"', b'"\\u0000', random.randrange(1, 9)),
            raw.replace(b'":"', b'":"\\ud83d', random.randrange(1, 9)),
            raw.replace(b'":"', b'":1e999,"x":"', 1),
        )
    )


MESSAGING = [events.MESSAGES, events.ECHOES, events.OTHERS, events.ANNOTATIONS, events.REACHED, events.NOTICES]
WHATSAPP = [
    ("messages", "messages", payloads.MESSAGES),
    ("messages", "messages", payloads.ANNOTATIONS),
    ("messages", "messages", payloads.SYSTEMS),
    ("messages", "statuses", payloads.STATUSES | payloads.FORMER_STATUSES),
    ("smb_message_echoes", "message_echoes", payloads.ECHOES | payloads.ECHOED_ANNOTATIONS),
    ("calls", "calls", payloads.CALLS),
    ("history", "history", {"chats": payloads.HISTORY, "refused": payloads.HISTORY_REFUSED}),
    ("history", "messages", payloads.MESSAGES),
    ("user_id_update", "user_id_update", payloads.USER_ID_UPDATES),
    ("smb_app_state_sync", "state_sync", {"contact": {"type": "contact", "contact": {"full_name": "Lía"}}}),
    ("account_update", "value", payloads.NOTICES),
]
