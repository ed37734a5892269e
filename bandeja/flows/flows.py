"""What people do to flows: make, change, publish, switch, delete; and to runs that are held back: go on, end."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from bandeja.channels.reading import is_visible, line
from bandeja.conversations.models import Event
from bandeja.flows import checking
from bandeja.flows.definition import dump, parse
from bandeja.flows.known import Known
from bandeja.flows.models import NAME_LENGTH, Flow, Run, State, Version
from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.models import Action, Agent, Subject, Workspace

MOST = 200
"""The most flows a workspace may have."""


class BlankName(ValueError):
    """A flow needs a name."""


class NameTaken(ValueError):
    """Another flow of the workspace has that name."""


class TooMany(ValueError):
    """The workspace has as many flows as it may."""


class Stale(ValueError):
    """Somebody changed the draft since it was opened."""


class Unfit(ValueError):
    """The draft cannot be published: something in it is missing or wrong."""


def make(workspace: Workspace, name: str, draft: dict[str, Any], *, by: Agent) -> Flow:
    """A new flow; it does nothing until it is published and on. Raises BlankName, NameTaken, TooMany, Malformed."""
    if Flow.objects.filter(workspace=workspace).count() >= MOST:
        raise TooMany(f"A workspace has up to {MOST} flows.")
    flow = Flow(workspace=workspace, name=_named(name), draft=dump(parse(draft)))
    with transaction.atomic():
        _save(flow)
        _record(flow, Action.CREATED, by)
    return flow


def rename(flow: Flow, name: str, *, by: Agent) -> None:
    """Raises BlankName, NameTaken."""
    before, flow.name = flow.name, _named(name)
    with transaction.atomic():
        _save(flow, "name")
        _record(flow, Action.CHANGED, by, before={"name": before}, after={"name": flow.name})


def save_draft(flow: Flow, draft: dict[str, Any], *, revision: int) -> Flow:
    """Keep a draft that was changed from `revision`; what runs is not touched. Raises Stale, Malformed."""
    kept = dump(parse(draft))
    mine = Flow.objects.filter(pk=flow.pk, revision=revision)
    if not mine.update(draft=kept, revision=revision + 1):
        raise Stale("Somebody changed this flow meanwhile.")
    flow.draft, flow.revision = kept, revision + 1
    return flow


def publish(flow: Flow, *, by: Agent) -> Version:
    """What the draft says is what new runs do from now on; those under way stay on theirs. Raises Unfit."""
    with transaction.atomic():
        held = Flow.objects.select_for_update(no_key=True).get(pk=flow.pk)
        definition = parse(held.draft)
        if checking.faults(definition, Known(held.workspace, by)):
            raise Unfit("Something in this flow is missing or wrong.")
        stored = dump(definition)
        latest = held.versions.aggregate(latest=Max("number"))["latest"] or 0
        version = Version.objects.create(
            flow=held,
            number=latest + 1,
            definition=stored,
            event_kind=definition.start.event_kind,
            start=stored["start"],
            published_at=database_now(),
            published_by=by,
        )
        Flow.objects.filter(pk=held.pk).update(version=version)
        _record(held, Action.PUBLISHED, by, after={"version": version.number})
    return version


def switch(flow: Flow, *, on: bool, by: Agent) -> bool:
    """On, from the events that come now; off, also for the runs under way. Answers whether it was otherwise.

    Raises Unfit when nothing was published yet.
    """
    with transaction.atomic():
        held = Flow.objects.select_for_update(no_key=True).get(pk=flow.pk)
        if on and held.version_id is None:
            raise Unfit("Publish the flow first.")
        if held.active == on:
            return False
        latest = Event.objects.aggregate(latest=Max("number"))["latest"] or 0
        Flow.objects.filter(pk=held.pk).update(active=on, after_number=latest)
        if not on:
            # At once: those that still waited when it is on again would go on as if their time had come.
            under_way = Run.objects.filter(flow=held, state__in=(State.WAITING, State.RUNNING))
            over = {"state": State.STOPPED, "why": "off", "ended_at": database_now()}
            under_way.update(**over, due_at=None, awaits_reply=False, calling=False)
            Run.objects.filter(flow=held, state=State.WATCHING).delete()
        _record(held, Action.CHANGED, by, before={"active": not on}, after={"active": on})
    return True


def delete(flow: Flow, *, by: Agent) -> None:
    """Forget a flow, its versions and its runs; what they did stays."""
    with transaction.atomic():
        held = Flow.objects.select_for_update(no_key=True).get(pk=flow.pk)
        _record(held, Action.DELETED, by)
        _forget_runs(held)
        Flow.objects.filter(pk=held.pk).update(version=None, active=False)
        held.delete()


def _forget_runs(flow: Flow) -> None:
    """By two statements: there may be a hundred thousand. The runs first: that waits for whoever takes a step of one,
    so that none is logged any more: its key is checked at the commit.
    """
    with connection.cursor() as cursor:
        cursor.execute("delete from flow_run where flow_id = %s returning id", [flow.pk])
        runs = [row[0] for row in cursor.fetchall()]
        cursor.execute("delete from flow_taken where run_id = any(%s)", [runs])


def go_on(run: Run) -> bool:
    """Let a run that is held back go on from where it is. Answers whether it was held back."""
    parked = Run.objects.filter(pk=run.pk, state=State.PARKED)
    return bool(parked.update(state=State.RUNNING, due_at=database_now(), why="", tries=0))


def end(run: Run) -> bool:
    """End a run that is not over. Answers whether it was not."""
    now = database_now()
    under_way = Run.objects.filter(pk=run.pk, ended_at=None)
    return bool(under_way.update(state=State.STOPPED, due_at=None, awaits_reply=False, why="person", ended_at=now))


def _named(name: str) -> str:
    said = line(name, NAME_LENGTH)
    if not is_visible(said):
        raise BlankName("A flow needs a name.")
    return said


def _save(flow: Flow, *columns: str) -> None:
    try:
        with transaction.atomic():
            flow.save(update_fields=columns or None)
    except IntegrityError as error:
        raise NameTaken(f"Another flow is called {flow.name}.") from error


def _record(flow: Flow, action: Action, by: Agent, **sides: Any) -> None:
    audit.record(Subject.FLOW, flow, action, workspace_id=flow.workspace_id, name=flow.name, by=by, **sides)
