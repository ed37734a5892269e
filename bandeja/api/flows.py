"""Flows: as the settings show them, published and turned on and off; and what their runs did, step by step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema

from bandeja.api.access import ApiRequest, Token, conversation_or_404
from bandeja.api.models import Scope
from bandeja.api.problems import Problem, unfit
from bandeja.api.types import Cursor, Limit, whole_cursor
from bandeja.flows import checking
from bandeja.flows import flows as verbs
from bandeja.flows.definition import parse
from bandeja.flows.known import Known
from bandeja.flows.models import Flow, Run, State
from bandeja.flows.story import Told, seen_by, tell
from bandeja.people.models import Permission

router = Router(tags=["flows"])
of_conversations = Router(tags=["flows"])
runs = Router(tags=["flows"])

READS = Token(Scope.READ_FLOWS, Permission.MANAGE_FLOWS)
WRITES = Token(Scope.WRITE_FLOWS, Permission.MANAGE_FLOWS)
READS_CONVERSATIONS = Token(Scope.READ_CONVERSATIONS)


class FlowOut(Schema):
    """What happens by itself. `version` is the number of what is published, null before.

    `revision` counts the changes of the draft; `drafted` says that it is another than what is published. `parked` is
    how many of its runs are held back.
    """

    id: int
    name: str
    active: bool
    version: int | None
    revision: int
    drafted: bool
    parked: int
    created_at: datetime

    @classmethod
    def of(cls, flow: Flow) -> FlowOut:
        return cls(**_own(flow))


class FaultOut(Schema):
    """What is wrong with a draft: with which step, or the `start`; with which field of it, or blank."""

    step: str
    field: str
    detail: str


class FlowDetail(FlowOut):
    """With the draft, what is published, and what is wrong with the draft: while anything is, it is not published."""

    draft: dict[str, Any]
    published: dict[str, Any] | None
    faults: list[FaultOut]


class RunFlow(Schema):
    """The flow of a run, in short."""

    id: int
    name: str


class StepOut(Schema):
    """A step that was taken. `outcome` is `done`, `sent`, `yes`, `no`, `waiting`, `skipped`, `held` or `failed`.

    `why` is a word, and `detail` its sentence.
    """

    step: str
    kind: str
    says: str
    outcome: str
    why: str
    detail: str
    at: datetime


class RunOut(Schema):
    """One execution of a flow in a conversation. `due_at` is when it goes on by itself.

    `state` is `running`, `waiting`, `done`, `stopped` or `parked`, which is held back until somebody decides.
    """

    id: int
    flow: RunFlow
    version: int
    conversation_id: int
    state: str
    why: str
    detail: str
    started_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    steps: list[StepOut]

    @classmethod
    def of(cls, told: Told) -> RunOut:
        run = told.run
        steps = [
            StepOut(
                step=line.taken.step, kind=line.taken.kind, says=line.says, outcome=line.taken.outcome,
                why=line.taken.why, detail=line.why, at=line.at,
            )
            for line in told.lines
        ]  # fmt: skip
        return cls(
            id=run.pk, flow=RunFlow(id=run.flow_id, name=run.flow.name), version=run.version.number,
            conversation_id=run.conversation_id, state=run.state, why=run.why, detail=told.why,
            started_at=run.started_at, due_at=run.due_at, ended_at=run.ended_at, steps=steps,
        )  # fmt: skip


class RunPage(Schema):
    """The latest first; `next` is the cursor of the following page, null on the last."""

    items: list[RunOut]
    next: str | None


@router.get("", response=list[FlowOut], auth=READS)
def flows(request: ApiRequest) -> list[FlowOut]:
    """All of them, by name."""
    return [FlowOut.of(flow) for flow in flows_of(request).order_by("name", "pk")]


@router.get("/{int:flow_id}", response=FlowDetail, auth=READS)
def flow(request: ApiRequest, flow_id: int) -> FlowDetail:
    """One flow: its draft, and what is published."""
    return detail(request, flow_id)


@router.post("/{int:flow_id}/publication", response=FlowDetail, auth=WRITES)
def publish(request: ApiRequest, flow_id: int) -> FlowDetail:
    """Publish the draft: what new runs do from now on. 422 says step by step what is wrong with it."""
    mine = get_object_or_404(flows_of(request), pk=flow_id)
    try:
        verbs.publish(mine, by=request.auth.person)
    except verbs.Unfit:
        wrong = detail(request, flow_id).faults
        raise unfit([(f"{each.step}.{each.field}".rstrip("."), each.detail) for each in wrong]) from None
    return detail(request, flow_id)


@router.put("/{int:flow_id}/activation", response=FlowDetail, auth=WRITES)
def switch_on(request: ApiRequest, flow_id: int) -> FlowDetail:
    """Turn it on: it starts with what happens from now on. 409 before it is published."""
    return _switched(request, flow_id, on=True)


@router.delete("/{int:flow_id}/activation", response=FlowDetail, auth=WRITES)
def switch_off(request: ApiRequest, flow_id: int) -> FlowDetail:
    """Turn it off: it starts no more, and what it was doing ends."""
    return _switched(request, flow_id, on=False)


@router.get("/{int:flow_id}/runs", response=RunPage, auth=READS)
def runs_of_flow(
    request: ApiRequest, flow_id: int, cursor: Cursor | None = None, limit: Limit = 50
) -> RunPage:  # fmt: skip
    """What it did, in the conversations you see."""
    mine = get_object_or_404(flows_of(request), pk=flow_id)
    return _page(request, seen_by(request.auth.person).filter(flow=mine), cursor, limit)


@of_conversations.get("/{int:conversation_id}/runs", response=RunPage, auth=READS_CONVERSATIONS)
def runs_of_conversation(
    request: ApiRequest, conversation_id: int, cursor: Cursor | None = None, limit: Limit = 50
) -> RunPage:
    """What flows did in a conversation."""
    found = conversation_or_404(request, conversation_id)
    return _page(request, seen_by(request.auth.person).filter(conversation=found), cursor, limit)


@runs.get("/{int:run_id}", response=RunOut, auth=READS)
def run(request: ApiRequest, run_id: int) -> RunOut:
    """One run, in a conversation you see."""
    return _told(request, run_id)


@runs.post("/{int:run_id}/going", response=RunOut, auth=WRITES)
def go_on(request: ApiRequest, run_id: int) -> RunOut:
    """Let one that is held back go on from where it is. Nothing happens to others."""
    verbs.go_on(_run(request, run_id))
    return _told(request, run_id)


@runs.post("/{int:run_id}/ending", response=RunOut, auth=WRITES)
def end(request: ApiRequest, run_id: int) -> RunOut:
    """End it where it is. Nothing happens to one that is over."""
    verbs.end(_run(request, run_id))
    return _told(request, run_id)


def _switched(request: ApiRequest, flow_id: int, *, on: bool) -> FlowDetail:
    mine = get_object_or_404(flows_of(request), pk=flow_id)
    try:
        verbs.switch(mine, on=on, by=request.auth.person)
    except verbs.Unfit:
        raise Problem(409, _("Publish it first: then it can be turned on.")) from None
    return detail(request, flow_id)


def flows_of(request: ApiRequest) -> QuerySet[Flow]:
    """Those of the caller's workspace, with what is told of them."""
    parked = Count("runs", filter=Q(runs__state=State.PARKED))
    return Flow.objects.filter(workspace=request.auth.workspace).select_related("version").annotate(parked=parked)


def _own(flow: Flow) -> dict[str, Any]:
    version = flow.version
    return {
        "id": flow.pk, "name": flow.name, "active": flow.active, "version": version and version.number,
        "revision": flow.revision, "drafted": version is None or version.definition != flow.draft,
        "parked": getattr(flow, "parked", 0), "created_at": flow.created_at,
    }  # fmt: skip


def detail(request: ApiRequest, flow_id: int) -> FlowDetail:
    """One flow of the workspace as it is now; 404 otherwise."""
    found = get_object_or_404(flows_of(request), pk=flow_id)
    wrong = checking.faults(parse(found.draft), Known(request.auth.workspace, request.auth.person))
    told = [
        FaultOut(step=step, field=field, detail=detail)
        for step, faults in wrong.items()
        for field, detail in faults.items()
    ]
    published = found.version.definition if found.version else None
    return FlowDetail(**_own(found), draft=found.draft, published=published, faults=told)


def _page(request: ApiRequest, found: QuerySet[Run], cursor: str | None, limit: int) -> RunPage:
    if (before := whole_cursor(cursor)) is not None:
        found = found.filter(pk__lt=before)
    page = list(found.order_by("-pk")[: limit + 1])
    items = [RunOut.of(told) for told in tell(page[:limit], request.auth.workspace)]
    return RunPage(items=items, next=str(items[-1].id) if len(page) > limit else None)


def _run(request: ApiRequest, run_id: int) -> Run:
    return get_object_or_404(seen_by(request.auth.person), pk=run_id)


def _told(request: ApiRequest, run_id: int) -> RunOut:
    return RunOut.of(tell([_run(request, run_id)], request.auth.workspace)[0])
