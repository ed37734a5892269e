"""The editor of a flow: plain pages, each a question with a form, and a dialog where there is htmx."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bandeja.flows import editing
from bandeja.flows import flows as verbs
from bandeja.flows.cards import sheet
from bandeja.flows.definition import Malformed, parse, told
from bandeja.flows.editing import Draft, NoSuchStep
from bandeja.flows.forms import ToldForm
from bandeja.flows.known import Known
from bandeja.flows.models import Flow
from bandeja.flows.registry import STARTS, STEPS, Start, Step
from bandeja.flows.views import MANAGES, mine_or_404
from bandeja.people.models import Agent
from bandeja.web.asking import Question, answered, ask

GROUPS = ("actions", "decisions", "waits")


@require_GET
@MANAGES
def flow(request: HttpRequest, agent: Agent, flow_id: int) -> HttpResponse:
    """The draft, with what is wrong beside each step."""
    mine = mine_or_404(agent, flow_id)
    drafted = sheet(parse(mine.draft), Known(agent.workspace, agent))
    is_published = mine.version is not None and mine.version.definition == mine.draft
    context = {"flow": mine, "sheet": drafted, "is_published": is_published}
    at = {"at": request.GET.get("step", ""), "by": request.GET.get("by", "")}
    return render(request, "flows/flow.html", context | at)


@require_GET
@MANAGES
def starts(request: HttpRequest, agent: Agent, flow_id: int) -> HttpResponse:
    """What a flow may start by."""
    mine = mine_or_404(agent, flow_id)
    address = reverse("flows:start", args=[mine.pk, "-"])
    return _choose(request, mine, _("What starts it?"), [("", STARTS.values())], address)


@require_http_methods(["GET", "POST"])
@MANAGES
def start(request: HttpRequest, agent: Agent, flow_id: int, kind: str) -> HttpResponse:
    """GET asks what else there is to tell of this start; POST keeps it."""
    mine = mine_or_404(agent, flow_id)
    made = _kind(STARTS, kind)
    present = parse(mine.draft).start
    form = _form(request, mine, agent, made, present if present.kind == kind else None)
    if form.is_valid():
        return _keep(request, mine, {**mine.draft, "start": told(form.made)}, form.cleaned_data["revision"])
    return _ask(request, mine, form, made)


@require_GET
@MANAGES
def kinds(request: HttpRequest, agent: Agent, flow_id: int, place: str) -> HttpResponse:
    """What a new step may do."""
    mine = mine_or_404(agent, flow_id)
    titles = {"actions": _("Do something"), "decisions": _("Decide"), "waits": _("Wait")}
    offered = [(titles[group], [each for each in STEPS.values() if each.group == group]) for group in GROUPS]
    return _choose(request, mine, _("Add a step"), offered, reverse("flows:new", args=[mine.pk, place, "-"]))


@require_http_methods(["GET", "POST"])
@MANAGES
def new(request: HttpRequest, agent: Agent, flow_id: int, place: str, kind: str) -> HttpResponse:
    """GET asks what there is to tell of the step; POST adds it."""
    mine = mine_or_404(agent, flow_id)
    made = _kind(STEPS, kind)
    form = _form(request, mine, agent, made)
    if not form.is_valid():
        return _ask(request, mine, form, made)
    try:
        draft, id_ = editing.add(mine.draft, place, told(form.made), parts=made.parts)
    except NoSuchStep as error:
        raise Http404 from error
    return _keep(request, mine, draft, form.cleaned_data["revision"], id_)


@require_http_methods(["GET", "POST"])
@MANAGES
def step(request: HttpRequest, agent: Agent, flow_id: int, step_id: str) -> HttpResponse:
    """GET asks what to tell it; POST keeps that."""
    mine = mine_or_404(agent, flow_id)
    present = next((node.does for node in parse(mine.draft).nodes if node.id == step_id), None)
    if present is None:
        raise Http404
    form = _form(request, mine, agent, type(present), present)
    if form.is_valid():
        draft = editing.change(mine.draft, step_id, told(form.made))
        return _keep(request, mine, draft, form.cleaned_data["revision"], step_id)
    return _ask(request, mine, form, type(present))


@require_POST
@MANAGES
def moving(request: HttpRequest, agent: Agent, flow_id: int, step_id: str) -> HttpResponse:
    """One place up, with `up`, or down."""
    mine = mine_or_404(agent, flow_id)
    try:
        draft = editing.move(mine.draft, step_id, up=bool(request.POST.get("up")))
    except NoSuchStep as error:
        raise Http404 from error
    at = f"{step_id}&by={'up' if request.POST.get('up') else 'down'}"
    return _keep(request, mine, draft, mine.revision, at, said="")


@require_http_methods(["GET", "POST"])
@MANAGES
def deletion(request: HttpRequest, agent: Agent, flow_id: int, step_id: str) -> HttpResponse:
    """GET asks whether it is meant; POST takes the step out, with what stands in its branches."""
    mine = mine_or_404(agent, flow_id)
    try:
        draft = editing.delete(mine.draft, step_id)
    except NoSuchStep as error:
        raise Http404 from error
    if request.method == "POST":
        return _keep(request, mine, draft, mine.revision, said=_("The step was deleted."))
    text = _("What stands in its branches goes with it.")
    return ask(request, Question(_("Delete this step?"), _("Delete the step"), _back(mine), text=text, danger=True))


def _form(
    request: HttpRequest, mine: Flow, agent: Agent, kind: type[Start | Step], present: Start | Step | None = None
) -> ToldForm:
    data, known = request.POST if request.method == "POST" else None, Known(mine.workspace, agent)
    return ToldForm(data, kind=kind, known=known, revision=mine.revision, told=present)


def _keep(
    request: HttpRequest, mine: Flow, draft: Draft, revision: int, step_id: str = "", said: str | None = None
) -> HttpResponse:
    """Keep a changed draft and go back to the editor, at the step; unless somebody was faster, which is told."""
    try:
        verbs.save_draft(mine, draft, revision=revision)
    except verbs.Stale:
        messages.error(request, _("Somebody changed this flow meanwhile. Look at it, and try again."))
        return answered(request, _back(mine), "")
    except Malformed:
        messages.error(request, _("A flow has up to 60 steps, and up to 5 decisions within each other."))
        return answered(request, _back(mine), "")
    return answered(request, _back(mine, step_id), _("Saved in the draft.") if said is None else said)


def _choose(
    request: HttpRequest, mine: Flow, title: str, groups: list[tuple[str, Any]], address: str
) -> HttpResponse:
    part = bool(getattr(request, "htmx", False))
    context = {"flow": mine, "title": title, "groups": groups, "address": address.removesuffix("-")}
    return render(request, "flows/kinds.html" if part else "flows/kinds_page.html", context)


def _ask(request: HttpRequest, mine: Flow, form: ToldForm, kind: type[Start | Step]) -> HttpResponse:
    return ask(request, Question(str(kind.label), _("Save in the draft"), _back(mine), form=form))


def _kind(kinds: dict[str, Any], kind: str) -> type[Any]:
    if kind not in kinds:
        raise Http404
    found: type[Any] = kinds[kind]
    return found


def _back(mine: Flow, step_id: str = "") -> str:
    return reverse("flows:flow", args=[mine.pk]) + (f"?step={step_id}" if step_id else "")
