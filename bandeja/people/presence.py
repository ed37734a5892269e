"""Whether people are there: what they chose, or what their idleness says; one expression in the database decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, CharField, DateTimeField, F, Q, QuerySet, Value, When

from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.models import Action, Agent, BandejaNow, Presence, State, Subject, Workspace

CHOSEN = ~Q(presence__state=State.ONLINE)
IDLE = Q(presence__seen_at__lt=BandejaNow() - F("workspace__idle_after"))

STATE = Case(
    When(presence=None, then=Value(State.AWAY.value)),
    When(CHOSEN, then=F("presence__state")),
    When(IDLE, then=F("workspace__idle_state")),
    default=Value(State.ONLINE.value),
    output_field=CharField(),
)
"""The `State` of an agent; whoever never came in is away."""

AWAY_SINCE = Case(
    When(presence=None, then=F("created_at")),
    When(CHOSEN, then=F("presence__chosen_at")),
    When(IDLE, then=F("presence__seen_at") + F("workspace__idle_after")),
    output_field=DateTimeField(),
)
"""When the state of an agent who is not online began; null for who is."""


def with_state(agents: QuerySet[Agent]) -> QuerySet[Agent]:
    """The same, each with their `state` (a `State`)."""
    return agents.annotate(state=STATE)


def receivers(workspace_id: int) -> QuerySet[Agent]:
    """Those of a workspace who may be given what comes in: active, and not away."""
    active = Agent.objects.filter(workspace_id=workspace_id, is_active=True)
    return active.annotate(state=STATE).exclude(state=State.AWAY)


def choose(agent: Agent, state: State) -> None:
    """Say that one is there, or not; it stands until one chooses again. The same again goes on as it was."""
    seen(agent)
    Presence.objects.filter(agent=agent).exclude(state=state).update(state=state, chosen_at=database_now())


def seen(agent: Agent) -> None:
    """They did something just now."""
    if not Presence.objects.filter(agent=agent).update(seen_at=database_now()):
        _come_in(agent)


def answer_with(agent: Agent, reply: str) -> None:
    """What contacts are answered while one is away; blank is nothing."""
    if not Presence.objects.filter(agent=agent).update(reply=reply):
        _come_in(agent, reply=reply)


def judge(workspace_id: int, *, idle_after: timedelta | None, idle_state: str, by: Agent | None) -> bool:
    """Say after how long whoever does nothing counts as what; answers whether that changed."""
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update(no_key=True).get(pk=workspace_id)
        before = snapshot(workspace)
        workspace.idle_after, workspace.idle_state = idle_after, idle_state
        workspace.save(update_fields=["idle_after", "idle_state"])
        return audit.record(
            Subject.WORKSPACE,
            workspace,
            Action.CHANGED,
            workspace_id=workspace.pk,
            name=workspace.name,
            by=by,
            before=before,
            after=snapshot(workspace),
        )


def snapshot(workspace: Workspace) -> dict[str, Any]:
    """How the workspace judges idleness, as the audit log keeps it; minutes, null for never."""
    after = workspace.idle_after
    return {"idle_minutes": after // timedelta(minutes=1) if after else None, "idle_state": workspace.idle_state}


def _come_in(agent: Agent, **said: Any) -> None:
    """Two pages of one person may be the first at once."""
    Presence.objects.bulk_create([Presence(agent=agent, **said)], ignore_conflicts=True)


def state_of(agent: Agent) -> State:
    """Whether somebody is there, by now."""
    return State(Agent.objects.filter(pk=agent.pk).annotate(state=STATE).values_list("state", flat=True).get())
