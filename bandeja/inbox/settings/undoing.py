"""Taking closings back: what closed of late, what would become of it, and how it goes (closing U1 to U6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bandeja.bulk import asking
from bandeja.bulk.asking import Closed
from bandeja.bulk.carrying import may
from bandeja.bulk.foreseeing import Foreseen, foresee, foresee_bulk
from bandeja.bulk.models import CLOSINGS_FOR, Bulk
from bandeja.closing.models import Rule
from bandeja.flows.models import Flow
from bandeja.inbox.bulks import tell
from bandeja.inbox.undoings import SHOWN, bulks, rule_name, sources, undoings
from bandeja.inbox.ways import WAYS
from bandeja.people.access import for_agents
from bandeja.people.clock import now_for
from bandeja.people.models import Agent
from bandeja.web import times

INSTANT = {"type": "datetime-local", "step": "1"}
SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": CLOSINGS_FOR}


class SinceForm(forms.Form):
    """Since when, or between which two instants, told in the workspace's time zone."""

    since = forms.ChoiceField(
        label=gettext_lazy("What it closed"),
        choices=[
            ("hour", gettext_lazy("in the last hour")),
            ("save", gettext_lazy("since the rule was last saved")),
            ("day", gettext_lazy("in the last 24 hours")),
            ("week", gettext_lazy("in the last 7 days")),
            ("exact", gettext_lazy("between two instants")),
        ],
    )
    start = forms.DateTimeField(label=gettext_lazy("From"), required=False, widget=forms.DateTimeInput(INSTANT))
    end = forms.DateTimeField(label=gettext_lazy("Until"), required=False, widget=forms.DateTimeInput(INSTANT))

    def __init__(self, data: QueryDict | dict[str, Any], *, saved_at: datetime | None) -> None:
        super().__init__(data)
        self.saved_at = saved_at
        if saved_at is None:
            since: Any = self.fields["since"]
            since.choices = [choice for choice in since.choices if choice[0] != "save"]

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        start, end = asked.get("start"), asked.get("end")
        if asked.get("since") == "exact" and not start and "start" not in self.errors:
            self.add_error("start", _("Say from when."))
        if start and end and end <= start:
            self.add_error("end", _("It must be later than the other."))
        return asked

    def span(self, now: datetime) -> dict[str, Any]:
        """From when until when, of a valid form, as `Closed` has it."""
        asked = self.cleaned_data
        if asked["since"] == "exact":
            return {"since": asked["start"], "until": asked["end"] or now}
        if asked["since"] == "save" and self.saved_at:
            return {"since": self.saved_at, "until": now}
        return {"since": now - SPANS[asked["since"]], "until": now}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be undone: its heading, the page to go back to, what closed, the form where there is a choice."""

    title: str
    back: str
    form: SinceForm | None = None
    closed: Closed | None = None
    bulk: Bulk | None = None

    def foreseen(self, agent: Agent) -> Foreseen | None:
        if self.bulk:
            return foresee_bulk(agent, self.bulk, ways=WAYS)
        return foresee(agent, self.closed, ways=WAYS) if self.closed else None


@require_GET
@for_agents()
def all_undoings(request: HttpRequest, agent: Agent) -> HttpResponse:
    """What closed of late, and the latest undoings."""
    now = now_for(agent)
    told = [tell(each, now) for each in undoings(agent)[:SHOWN]]
    return render(request, "settings/undoings.html", {"sources": sources(agent), "told": told, "now": now})


@require_http_methods(["GET", "POST"])
@for_agents()
def rule(request: HttpRequest, agent: Agent, rule_id: int) -> HttpResponse:
    """GET: what would become of what it closed. POST: takes it back."""
    name = rule_name(agent, rule_id)
    if name is None:
        raise Http404
    kept = Rule.objects.filter(workspace_id=agent.workspace_id, pk=rule_id).first()
    return _closings(
        request,
        agent,
        {"name": name, "rule_id": rule_id},
        title=_("Take back what the rule “%(name)s” closed") % {"name": name},
        saved_at=kept.saved_at if kept else None,
    )


@require_http_methods(["GET", "POST"])
@for_agents()
def flow(request: HttpRequest, agent: Agent, flow_id: int) -> HttpResponse:
    """The same of a flow's."""
    kept = get_object_or_404(Flow, workspace_id=agent.workspace_id, pk=flow_id)
    title = _("Take back what the flow “%(name)s” closed") % {"name": kept.name}
    return _closings(request, agent, {"name": kept.name, "flow_id": kept.pk}, title=title, saved_at=None)


@require_http_methods(["GET", "POST"])
@for_agents()
def bulk(request: HttpRequest, agent: Agent, bulk_id: int) -> HttpResponse:
    """The same of one bulk action."""
    found = get_object_or_404(bulks(agent), pk=bulk_id)
    if request.method == "POST":
        undoing = asking.undo(found, ways=WAYS, by=agent)
        if undoing is None:
            messages.error(request, _("It is too late to undo that."))
            return redirect("settings_undoings")
        return redirect("settings_undoing", undoing.pk)
    if not found.may_be_undone(now_for(agent)):
        raise Http404
    title = _("Take back the bulk closing “%(reason)s”") % {"reason": found.reason}
    return _ask(request, agent, Asked(title, reverse("settings_undoings"), bulk=found))


@require_GET
@for_agents()
def undoing(request: HttpRequest, agent: Agent, undoing_id: int) -> HttpResponse:
    """How one goes, and how it ended."""
    found = get_object_or_404(undoings(agent), pk=undoing_id)
    told = tell(found, now_for(agent))
    return render(request, "settings/undoing.html", {"told": told, "undoing": found})


@require_POST
@for_agents()
def cancelling(request: HttpRequest, agent: Agent, undoing_id: int) -> HttpResponse:
    """Stop it where it is."""
    found = get_object_or_404(undoings(agent), pk=undoing_id)
    asking.cancel(found)
    return redirect("settings_undoing", found.pk)


def _closings(
    request: HttpRequest, agent: Agent, of: dict[str, Any], *, title: str, saved_at: datetime | None
) -> HttpResponse:
    if not may(agent, rule_id=of.get("rule_id"), flow_id=of.get("flow_id")):
        raise PermissionDenied
    if request.method == "POST":
        return _begin(request, agent, of)
    now = now_for(agent)
    lately = saved_at if saved_at and saved_at > now - CLOSINGS_FOR else None
    asked = request.GET if "since" in request.GET else {"since": "week"}
    form = SinceForm(asked, saved_at=lately)
    closed = Closed(**of, **form.span(now)) if form.is_valid() else None
    return _ask(request, agent, Asked(title, reverse("settings_undoings"), form=form, closed=closed))


def _ask(request: HttpRequest, agent: Agent, asked: Asked) -> HttpResponse:
    refused = asked.form is not None and not asked.form.is_valid()
    context = {"asked": asked, "foreseen": None if refused else asked.foreseen(agent), "refused": refused}
    return render(request, "settings/undo.html", context, status=422 if refused else 200)


def _begin(request: HttpRequest, agent: Agent, of: dict[str, Any]) -> HttpResponse:
    """What was foreseen is what is taken back: of the instants that the page had, not of now."""
    since, until = (times.spelled(request.POST.get(name, "")) for name in ("since", "until"))
    if since is None or until is None or until <= since:
        messages.error(request, _("Look again at what would be taken back, and confirm it."))
        return redirect(request.path)
    undone = asking.undo_closings(agent, Closed(**of, since=since, until=until), ways=WAYS)
    return redirect("settings_undoing", undone.pk)
