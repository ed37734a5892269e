"""The kinds of starts and steps there are: each is a small class that enters itself here by its name.

A class is a frozen dataclass of what is told of it; `fields.py` says how each thing is asked for and what it may be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from bandeja.flows.models import Outcome

if TYPE_CHECKING:
    from bandeja.flows.known import Known
    from bandeja.flows.moment import Moment

STARTS: dict[str, type[Start]] = {}
STEPS: dict[str, type[Step]] = {}

K = TypeVar("K", bound="type[Start | Step]")


@dataclass(frozen=True)
class Told:
    """What starts and steps have in common: a name, a picture, what must be told, and a sentence."""

    kind: ClassVar[str]
    label: ClassVar[Any]
    icon: ClassVar[str] = "workflow"
    needs: ClassVar[tuple[str, ...]] = ()

    def says(self, known: Known) -> str:
        """What it does, as told; blank where its name says all."""
        del known
        return ""

    def faults(self, known: Known) -> Mapping[str, str]:
        """What is wrong with it besides what `fields.py` sees, by the name of the field."""
        del known
        return {}


@dataclass(frozen=True)
class Start(Told):
    """What makes runs. `event_kind` is the kind of event; the statement `start.sql` reads the rest."""

    event_kind: ClassVar[str]


@dataclass(frozen=True)
class Step(Told):
    """Something a flow does or decides. One that `parts` has a branch for yes and one for no."""

    parts: ClassVar[bool] = False
    group: ClassVar[str] = "actions"


@dataclass(frozen=True)
class Decision(Step):
    parts = True
    group = "decisions"
    icon = "split"

    def holds(self, moment: Moment) -> bool:
        """Whether it is so now; the conversation is locked."""
        raise NotImplementedError


@dataclass(frozen=True)
class Wait(Step):
    group = "waits"
    icon = "hourglass"

    def until(self, moment: Moment) -> datetime:
        """When the flow goes on."""
        raise NotImplementedError


@dataclass(frozen=True)
class Done:
    """What became of an action; `why` is a word of `words.WHY`. Parked holds the run there until a person decides."""

    outcome: Outcome = Outcome.DONE
    why: str = ""
    parked: bool = False


class Action(Step):
    """Something that is done once, in the transaction that moves its run on."""

    def hindrance(self, moment: Moment) -> Done | None:
        """Why it cannot be done now, None if it can; asked by whoever tries a flow out, too."""
        del moment
        return None

    def act(self, moment: Moment) -> Done:
        """Do it; the conversation is locked, and nothing has hindered it."""
        raise NotImplementedError


class Call(Action):
    """Something that takes a while and no transaction may be held for: `prepare` under the lock, `carry_out` without.

    That it is being tried is committed before: killed in between, it is not tried again, and told as unknown.
    """

    def prepare(self, moment: Moment) -> Any:
        """What is needed to carry it out."""
        raise NotImplementedError

    def carry_out(self, prepared: Any) -> Done:
        """Do it, touching no database."""
        raise NotImplementedError


def enter(kind: str, label: Any, *, icon: str = "", needs: tuple[str, ...] = ()) -> Callable[[K], K]:
    """Enters a class under the name it is stored by, which never changes; `needs` may not be blank."""

    def entered(made: K) -> K:
        made.kind, made.label, made.needs = kind, label, needs
        if icon:
            made.icon = icon
        (STARTS if issubclass(made, Start) else STEPS)[kind] = made  # type: ignore[assignment]  # one of the two, as its kind is
        return made

    return entered
