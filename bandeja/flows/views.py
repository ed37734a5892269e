"""The flows of a workspace: the list, what starts from a sample, switching, publishing, deleting, trying out."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bandeja.flows import flows as verbs
from bandeja.flows.definition import parse
from bandeja.flows.forms import NameForm, TrialForm
from bandeja.flows.models import Flow, State
from bandeja.flows.samples import SAMPLES
from bandeja.flows.trial import rehearse
from bandeja.people.access import for_agents
from bandeja.people.models import Agent, Permission
from bandeja.web.asking import Question, answered, ask

MANAGES = for_agents(Permission.MANAGE_FLOWS)


@require_http_methods(["GET", "POST"])
@MANAGES
def flows(request: HttpRequest, agent: Agent) -> HttpResponse:
    """GET: all of them, and the samples. POST: a new one from a `sample`."""
    if request.method == "POST":
        return _make(request, agent)
    parked = Count("runs", filter=Q(runs__state=State.PARKED))
    mine = Flow.objects.filter(workspace=agent.workspace).select_related("version").annotate(parked=parked)
    return render(request, "flows/flows.html", {"flows": mine.order_by("name"), "samples": SAMPLES})


@require_http_methods(["GET", "POST"])
@MANAGES
def name(request: HttpRequest, agent: Agent, flow_id: int) -> HttpResponse:
    """Call a flow something else."""
    flow = mine_or_404(agent, flow_id)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": flow.name})
    back = reverse("flows:flow", args=[flow.pk])
    if form.is_valid() and _renamed(flow, form, agent):
        return answered(request, back, _("“%(flow)s” was saved.") % {"flow": flow.name})
    return ask(request, Question(_("Name of the flow"), _("Save"), back, form=form))


@require_POST
@MANAGES
def publication(request: HttpRequest, agent: Agent, flow_id: int) -> HttpResponse:
    """What is drafted is what runs from now on."""
    flow = mine_or_404(agent, flow_id)
    try:
        version = verbs.publish(flow, by=agent)
    except verbs.Unfit:
        messages.error(request, _("Something is missing: see the steps in red."))
    else:
        told = {"flow": flow.name, "number": version.number}
        messages.success(request, _("Version %(number)s of “%(flow)s” was published.") % told)
    return redirect("flows:flow", flow.pk)


@require_POST
@MANAGES
def activity(request: HttpRequest, agent: Agent, flow_id: int) -> HttpResponse:
    """On, with `on`, or off."""
    flow, on = mine_or_404(agent, flow_id), bool(request.POST.get("on"))
    try:
        verbs.switch(flow, on=on, by=agent)
    except verbs.Unfit:
        messages.error(request, _("Publish it first: then it can be turned on."))
    else:
        told = _("“%(flow)s” is on, from now on.") if on else _("“%(flow)s” is off, and what it was doing ends.")
        messages.success(request, told % {"flow": flow.name})
    if request.POST.get("back") == "flows":
        return redirect("flows:flows")
    return redirect("flows:flow", flow.pk)


@require_http_methods(["GET", "POST"])
@MANAGES
def deletion(request: HttpRequest, agent: Agent, flow_id: int) -> HttpResponse:
    """GET asks whether it is meant; POST forgets it."""
    flow = mine_or_404(agent, flow_id)
    if request.method == "POST":
        verbs.delete(flow, by=agent)
        return answered(request, reverse("flows:flows"), _("“%(flow)s” was deleted.") % {"flow": flow.name})
    text = _("What it is doing ends, and the log of what it did goes. What it did to conversations stays.")
    title = _("Delete the flow “%(flow)s”?") % {"flow": flow.name}
    back = reverse("flows:flow", args=[flow.pk])
    return ask(request, Question(title, _("Delete the flow"), back, text=text, danger=True))


@require_GET
@MANAGES
def trial(request: HttpRequest, agent: Agent, flow_id: int) -> HttpResponse:
    """The way the draft would take in a conversation now; nothing is done."""
    flow = mine_or_404(agent, flow_id)
    form = TrialForm(request.GET if "conversation" in request.GET else None, agent=agent)
    lines = None
    if form.is_valid():
        asked = form.cleaned_data
        lines = rehearse(flow, parse(flow.draft), asked["conversation"], answers=asked["answers"])
    return render(request, "flows/trial.html", {"flow": flow, "form": form, "lines": lines})


def mine_or_404(agent: Agent, flow_id: int) -> Flow:
    """A flow of the agent's workspace; another's is not there."""
    return get_object_or_404(
        Flow.objects.select_related("version", "workspace"), workspace=agent.workspace, pk=flow_id
    )


def _make(request: HttpRequest, agent: Agent) -> HttpResponse:
    sample = SAMPLES.get(request.POST.get("sample", ""))
    if sample is None:
        raise Http404
    try:
        flow = verbs.make(agent.workspace, _unused(agent, str(sample.name)), sample.draft(), by=agent)
    except (verbs.TooMany, verbs.NameTaken):
        messages.error(request, _("There are as many flows as there may be. Delete one first."))
        return redirect("flows:flows")
    return redirect("flows:flow", flow.pk)


def _unused(agent: Agent, called: str) -> str:
    """That name, or with a number where there is one of that name."""
    taken = {
        each.casefold() for each in Flow.objects.filter(workspace=agent.workspace).values_list("name", flat=True)
    }
    numbered = (called if number == 1 else f"{called} {number}" for number in range(1, len(taken) + 2))
    return next(each for each in numbered if each.casefold() not in taken)


def _renamed(flow: Flow, form: NameForm, agent: Agent) -> bool:
    try:
        verbs.rename(flow, form.cleaned_data["name"], by=agent)
    except verbs.NameTaken:
        form.add_error("name", _("Another flow has this name."))
    except verbs.BlankName:
        form.add_error("name", _("A flow needs a name one can see."))
    return form.is_valid()
