"""What the server takes to answer each part of the inbox, with a million conversations and ten million messages.

Requests go through Django as a browser's do, each with other names and numbers; the time is from the request to the
last byte of the answer, in one process that collects its garbage as the web process does. `value` is the worst p99 of
all but the search through messages, which has a bar of its own; `floors.blank` is the p99 of a part of the page that
shows no conversation.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from time import perf_counter
from typing import Any

from bench.harness import Asked, install, tell
from bench.result import Percentiles, Result
from bench.talk import FIRST, LAST, RARE, REASONS, data

ROWS = 1_000_000
TIMES = 200
"""Requests of each kind, or as many as were answered in so long."""
PATIENCE = 60.0
WARM = 5
SLOW = ("texts",)
"""What has a bar of its own: it looks for as long as it may."""

Make = Callable[[], tuple[str, dict[str, Any]]]


def measure(asked: Asked) -> Result:
    rows = asked.rows or ROWS
    with install(asked, data(rows)):
        from bandeja.asgi import spare_the_collector

        screens = Screens(rows, asked.seconds or PATIENCE)
        spare_the_collector()
        times = {kind: screens.ask(kind, make) for kind, make in screens.kinds().items()}
        largest = screens.largest
    told = {kind: Percentiles.of(each) for kind, each in times.items()}
    usual = [kind for kind in told if kind not in {"blank", *SLOW}]
    config = {
        "conversations": rows,
        "messages": rows * 10,
        "times": {kind: len(each) for kind, each in times.items()},
        "p99": {kind: each.p99 for kind, each in told.items()},
        "p50": {kind: each.p50 for kind, each in told.items()},
        "max": {kind: each.max for kind, each in told.items()},
        "slowest": max(usual, key=lambda kind: told[kind].p99),
        "largest_thread_bytes": largest,
    }
    everything = Percentiles.of([time for kind in usual for time in times[kind]])
    worst = max(told[kind].p99 for kind in usual)
    return Result("screens", "s", worst, {"blank": told["blank"].p99}, everything, config)


class Screens:
    """An administrator and a seller with their browsers, and what they ask for."""

    def __init__(self, rows: int, seconds: float) -> None:
        from django.test import Client

        from bandeja.channels.models import Account
        from bandeja.conversations.models import Conversation, Tag
        from bandeja.people.models import Agent

        self._rows, self._seconds, self.largest = rows, seconds, 0
        self._agents = list(Agent.objects.order_by("pk"))
        self._accounts = list(Account.objects.values_list("pk", flat=True))
        self._tags = list(Tag.objects.values_list("pk", flat=True))
        self._first: int = Conversation.objects.order_by("pk").values_list("pk", flat=True)[0]
        self._browsers = {}
        for who, agent in (("admin", self._agents[0]), ("seller", self._agents[1])):
            self._browsers[who] = Client(headers={"HX-Request": "true", "Host": "localhost"})
            self._browsers[who].force_login(agent)

    def kinds(self) -> Mapping[str, Make]:
        """Everything that is asked for, by name."""
        return dict(self._kinds())

    def _kinds(self) -> Iterator[tuple[str, Make]]:
        pick = random.choice
        filters: dict[str, Callable[[], dict[str, Any]]] = {
            "list": dict,
            "unread": lambda: {"tab": "unread"},
            "closed": lambda: {"state": "closed"},
            "all": lambda: {"state": "all"},
            "days": lambda: {"days": pick((1, 3, 7, 30, 90)), "state": pick(("", "closed", "all"))},
            "mine": lambda: {"owner": "mine"},
            "nobody": lambda: {"owner": "nobody", "state": pick(("", "all"))},
            "owner": lambda: {"owner": pick(self._agents).pk, "tab": pick(("", "unread"))},
            "channel": lambda: {"channel": pick(("api", "webchat", "whatsapp"))},
            "account": lambda: {"account": pick(self._accounts), "state": pick(("", "closed", "all"))},
            "tag": lambda: {"tag": pick(self._tags), "state": pick(("", "all"))},
            "reason": lambda: {"reason": pick((*REASONS, RARE))},
            "cause": lambda: {"cause": pick(("agent", "bulk", "rule", "flow", "api"))},
            "soon": lambda: {"soon": 1},
            "several": lambda: {"cause": "bulk", "account": pick(self._accounts), "owner": pick(self._agents).pk},
            "people": lambda: {"q": f"{pick(FIRST)} {pick(LAST)}"},
            "people, one word": lambda: {"q": pick((*FIRST, *LAST))},
            "people, two letters": lambda: {"q": pick(FIRST)[:2]},
            "people, number": lambda: {"q": f"300 {random.randrange(self._rows):07}"},
            "people, nobody": lambda: {"q": f"xylo{random.randrange(10**6)}"},
        }
        yield "blank", lambda: ("/inbox", {})
        for name, query in filters.items():
            yield name, lambda query=query: ("/inbox/list", query())  # type: ignore[misc]  # bound as it is made
        yield "next page", lambda: ("/inbox/list", {"before": self._cursor(), "state": "all"})
        yield "held", lambda: ("/inbox/list/held", {"ids": self._some(), "top": self._cursor()})
        yield "views", lambda: ("/inbox/views", {})
        yield "filters", lambda: ("/inbox/filters", {})
        yield "thread", lambda: (f"/inbox/{self._one()}", {})
        yield (
            "texts",
            lambda: ("/inbox/list/texts", {"q": pick(("bicicleta", "precio", "envio hoy", "xylophon", RARE))}),
        )

    def ask(self, kind: str, make: Make) -> list[float]:
        """How long each request took, of the administrator's and the seller's in turn."""
        taken: list[float] = []
        for number in range(WARM + TIMES):
            if sum(taken) > self._seconds and len(taken) > 2 * WARM:
                break
            who = "admin" if number % 2 else "seller"
            path, query = make()
            begun = perf_counter()
            answer = self._browsers[who].get(path, query)
            taken.append(perf_counter() - begun)
            allowed = {200, 404} if kind == "thread" else {200}  # a seller does not see every thread
            if answer.status_code not in allowed:
                raise AssertionError(f"{path} {query} answered {answer.status_code}")
            if kind == "thread":
                self.largest = max(self.largest, len(answer.content))
        tell(f"{kind}: p99 {Percentiles.of(taken[WARM:]).p99 * 1000:.1f} ms")
        return taken[WARM:]

    def _one(self) -> int:
        return self._first + random.randrange(self._rows)

    def _some(self) -> str:
        return ",".join(str(self._one()) for _ in range(40))

    def _cursor(self) -> str:
        from bandeja.conversations.models import Conversation

        at = Conversation.objects.values_list("last_message_at", flat=True).get(pk=self._one())
        return f"{int(at.timestamp() * 1_000_000)}_{self._first}"
