"""Parsing: events of the realistic mix of Meta's, from raw bodies with one event each, in a second of this process's
own time; it touches nothing but the processor, so that busy neighbours need not disturb it.

Messages are 40 %, statuses 55 %, and everything else 5 %. Floor `decode`: the same bodies decoded and no more.
"""

import json
import os
from random import Random
from time import process_time
from typing import Any

import msgspec

from bench.harness import Asked, alternate
from bench.result import Percentiles, Result

EVENTS = 50_000
ROUNDS = 3


def measure(asked: Asked) -> Result:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bandeja.settings")
    bench = Parsing(asked.rows or EVENTS)
    rates = alternate({"value": bench.parse, "decode": bench.decode}, rounds=ROUNDS)
    config = {"events": len(bench.bodies), "bytes": sum(map(len, bench.bodies)) // len(bench.bodies)}
    return Result("parse", "events/s", rates.pop("value"), rates, Percentiles.of(bench.times), config)


class Parsing:
    """The same bodies each time."""

    def __init__(self, count: int) -> None:
        from bandeja.channels.meta.tests.reading import parse_bytes

        self._parse = parse_bytes
        random = Random(1)
        self.bodies = [json.dumps(_body(random, number)).encode() for number in range(count)]
        self.times: list[float] = []

    def parse(self) -> float:
        begun = last = process_time()
        for body in self.bodies:
            if self._parse(body).bad:
                raise AssertionError(f"not understood: {body!r}")
            self.times.append(process_time() - last)
            last = process_time()
        return len(self.bodies) / (last - begun)

    def decode(self) -> float:
        begun = process_time()
        for body in self.bodies:
            msgspec.json.decode(body)
        return len(self.bodies) / (process_time() - begun)


def _body(random: Random, number: int) -> Any:
    from bandeja.channels.meta.tests import events
    from bandeja.channels.whatsapp.tests import payloads

    wamid, chance = f"wamid.HBgMNTczMDAxMjM0NTY3FQIAEhgUM0E{number:030d}", random.random()
    if chance < 0.55:
        status = payloads.STATUSES[random.choice(("sent", "delivered", "read"))]
        return payloads.body(payloads.change(statuses=[{**status, "id": wamid}]))
    if chance < 0.85:
        text = {**payloads.MESSAGES["text"], "id": wamid}
        return payloads.body(payloads.change(contacts=[payloads.CONTACT], messages=[text]))
    if chance < 0.95:
        return events.body("page", events.message(f"m_{number:060d}", text="Hola, ¿tienen la talla 38 en azul?"))
    rest = [*events.OTHERS.values(), *events.REACHED.values(), *events.ANNOTATIONS.values()]
    return events.body("instagram", random.choice(rest))
