"""Everything one stand-in holds: the world and its post, what was received, and what is arranged to go wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from bandeja.standin.mishaps import Mishap
from bandeja.standin.post import Post
from bandeja.standin.wire import Request
from bandeja.standin.world import Json, World


@dataclass(slots=True)
class Received:
    """One Graph call. `accepted` tells that it was done, whatever was answered; `status` is 0 when nothing was."""

    at: float
    method: str
    path: str
    query: dict[str, str]
    bearer: str
    body: Json = field(default_factory=dict)
    status: int = 0
    accepted: bool = False


@dataclass(slots=True)
class State:
    """What the control API and Graph calls share."""

    post: Post
    speed: float
    received: list[Received] = field(default_factory=list)
    mishaps: list[Mishap] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.post.world

    def next_mishap(self, request: Request) -> Mishap | None:
        """What was arranged for this call; it is used up by it."""
        found = next((each for each in self.mishaps if each.concerns(request)), None)
        if found:
            found.times -= 1
        return found

    def reset(self) -> None:
        """Forget everything, and set the clock right."""
        before = self.post
        before.agenda.clear()
        clock = before.world.clock
        clock.restart(self.speed)
        self.post = Post(World(before.world.base, clock, before.world.latency), before.agenda, before.client)
        self.received, self.mishaps = [], []
