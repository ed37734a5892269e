"""What runs did, as people read it: of a flow, of a conversation, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.flows import programs, words
from bandeja.flows.known import Known
from bandeja.flows.models import Flow, Outcome, Run, State, Taken
from bandeja.flows.registry import STEPS
from bandeja.people.models import Agent, Workspace

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    icon: str
    says: str
    outcome: str
    tone: str
    why: str
    at: datetime
    taken: Taken


@dataclass(frozen=True, slots=True)
class Told:
    """A run with its steps, in order."""

    run: Run
    why: str
    lines: list[Line]


TONES = {Outcome.SENT: "ok", Outcome.DONE: "ok", Outcome.HELD: "warn", Outcome.FAILED: "danger"}


def tell(runs: Iterable[Run], workspace: Workspace) -> list[Told]:
    """These runs with what they did."""
    found, known = list(runs), Known(workspace)
    taken = Taken.objects.filter(run__in=found).order_by("run_id", "number")
    lines: dict[int, list[Line]] = {run.pk: [] for run in found}
    versions = {run.pk: run.version_id for run in found}
    for each in taken:
        lines[each.run_id].append(_line(each, versions[each.run_id], known))
    return [Told(run, words.why(run.why), lines[run.pk]) for run in found]


def seen_by(agent: Agent) -> QuerySet[Run]:
    """Those of the conversations that the person may see; what is only watched for has not begun."""
    visible = Scope.of(agent).filter(Conversation.objects.all())
    found = Run.objects.filter(workspace_id=agent.workspace_id, conversation__in=visible)
    return found.exclude(state=State.WATCHING).select_related("flow", "version", "conversation__contact")


def names(run_ids: Iterable[int]) -> Mapping[int, str]:
    """Which flow each of these runs is of, by its name."""
    return dict(Flow.objects.filter(runs__in=list(run_ids)).values_list("runs", "name"))


def _line(taken: Taken, version_id: int, known: Known) -> Line:
    way = programs.of(version_id).ways.get(taken.step)
    kind = STEPS[taken.kind]
    says = way.does.says(known) if way else ""
    label = str(Outcome(taken.outcome).label)
    tone = TONES.get(Outcome(taken.outcome), "")
    return Line(str(kind.label), kind.icon, says, label, tone, words.why(taken.why), taken.at, taken)
