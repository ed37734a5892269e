"""Short ways of making flows and of letting them run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from bandeja.conversations import events
from bandeja.conversations.models import Conversation, Message
from bandeja.flows import advance, dispatch, flows, programs
from bandeja.flows.models import Flow, Run, Taken
from bandeja.people import presence
from tests.cast import Cast
from tests.clock import Clock

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def unread() -> None:
    """Another database was read before this one, and its versions may have had the same ids."""
    programs.of.cache_clear()
    programs.definition.cache_clear()


def step(id_: str, kind: str, yes: Sequence[Json] = (), no: Sequence[Json] = (), **told: Any) -> Json:
    """A step as it is stored."""
    sides = {"yes": list(yes), "no": list(no)} if yes or no else {}
    return {"id": id_, "kind": kind, "told": told, **sides}


def start(kind: str = "conversation_opened", **told: Any) -> Json:
    return {"kind": kind, "told": told}


class Engine:
    """Flows of one workspace, and the loops, by hand."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast

    def flow(self, begins: Json, *steps: Json, name: str = "", on: bool = True) -> Flow:
        number = Flow.objects.count() + 1
        draft = {"start": begins, "steps": list(steps)}
        flow = flows.make(self.cast.workspace, name or f"Flujo {number}", draft, by=self.cast.ana)
        flows.publish(flow, by=self.cast.ana)
        events.publish()
        if on:
            flows.switch(flow, on=True, by=self.cast.ana)
        return Flow.objects.get(pk=flow.pk)

    def dispatch(self) -> int:
        events.publish()
        return dispatch.step()

    def run(self) -> int:
        """Everything that is due now, and what that leads to; answers how many steps."""
        count = 0
        for _round in range(200):
            found = self.dispatch() + (taken := advance.step().count)
            count += taken
            if not found:
                return count
        raise AssertionError("it never ends")

    def log(self, conversation: Conversation) -> list[str]:
        """What runs did here: `tag done`, `wait waiting`."""
        taken = Taken.objects.filter(run__conversation=conversation).order_by("run_id", "number")
        return [f"{each.kind} {each.outcome}" for each in taken]

    def sent(self, conversation: Conversation) -> list[str]:
        said = Message.objects.filter(conversation=conversation, author_kind="flow", direction="out")
        return list(said.order_by("pk").values_list("text", flat=True))

    def notes(self, conversation: Conversation) -> list[str]:
        said = Message.objects.filter(conversation=conversation, author_kind="flow", direction="note")
        return list(said.order_by("pk").values_list("text", flat=True))

    def states(self, conversation: Conversation) -> list[str]:
        return list(Run.objects.filter(conversation=conversation).order_by("pk").values_list("state", flat=True))


@pytest.fixture
def engine(cast: Cast) -> Engine:
    for agent in (cast.ana, cast.bruno):
        presence.seen(agent)
    return Engine(cast)


MakeStep = Callable[..., Json]

__all__ = ["Clock", "Engine", "Json", "start", "step"]
