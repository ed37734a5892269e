"""What is done to many conversations at once, chosen in the list: close, transfer, mark."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bandeja.conversations import lifecycle
from bandeja.conversations.lifecycle import Closed
from bandeja.conversations.models import Cause
from bandeja.conversations.scope import Scope
from bandeja.inbox.access import PartRequest, acting, page
from bandeja.inbox.answers import changed, partly
from bandeja.inbox.forms import BulkCloseForm, ChosenForm, OwnerForm, reasons
from bandeja.people.clock import database_now
from bandeja.people.models import Agent

UNDOABLE = 200
"""The most closings that are opened again by one press: their ids travel in an address."""


@page("GET", "POST", "DELETE")
def closures(request: PartRequest, agent: Agent) -> HttpResponse:
    """GET asks why, and freezes what was chosen and when; POST closes; DELETE opens again what was just closed."""
    if request.method == "DELETE":
        return _reopen(request, agent)
    if request.method == "GET":
        return _freeze(request, agent)
    form = BulkCloseForm(request.POST, agent=agent)
    if not form.is_valid():
        return _ask_why(request, agent, form, request.POST.get("ids", ""))
    return _told(request, _close(agent, form.cleaned_data))


@page("POST")
def owner(request: PartRequest, agent: Agent) -> HttpResponse:
    """Give the chosen ones to somebody, or to nobody."""
    form = OwnerForm(request.POST, agent=agent)
    if not form.is_valid() or not form.cleaned_data["ids"]:
        return changed([], toast=_("That person cannot have them: they are no longer active here."))
    ids = lifecycle.transfer(form.cleaned_data["ids"], form.to, **acting(agent)).changed
    said = ngettext("%(n)d conversation changed hands.", "%(n)d conversations changed hands.", len(ids))
    return changed(ids, toast=said % {"n": len(ids)})


@page("POST", "DELETE")
def unread(request: PartRequest, agent: Agent) -> HttpResponse:
    """POST marks the chosen ones unread; DELETE marks them read."""
    form = ChosenForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        return HttpResponse(status=422)
    scope = Scope.of(agent)
    if request.method == "DELETE":
        return changed(lifecycle.mark_read(form.cleaned_data["ids"], scope=scope))
    ids = form.cleaned_data["ids"]
    lifecycle.mark_unread(ids, scope=scope)
    return changed(ids, left=ids)


def _freeze(request: PartRequest, agent: Agent) -> HttpResponse:
    ids = request.GET.get("ids", "")
    initial = {"ids": ids, "confirmed_at": database_now().isoformat()}
    return _ask_why(request, agent, BulkCloseForm(agent=agent, initial=initial), ids)


def _ask_why(request: PartRequest, agent: Agent, form: BulkCloseForm, ids: str) -> HttpResponse:
    count = len([word for word in ids.split(",") if word])
    context = {"form": form, "count": count, "reasons": reasons(agent.workspace_id)}
    return render(request, "inbox/close.html", context, status=422 if form.is_bound else 200)


def _close(agent: Agent, cleaned: dict[str, Any]) -> Closed:
    """A batch at a time, each by what the person may do by then (closing D1)."""
    outcome = Closed([], [], [], [])
    for start in range(0, len(cleaned["ids"]), lifecycle.BATCH):
        _add(outcome, _close_batch(agent, cleaned["ids"][start : start + lifecycle.BATCH], cleaned))
    return outcome


def _close_batch(agent: Agent, ids: list[int], cleaned: dict[str, Any]) -> Closed:
    still = Agent.objects.filter(pk=agent.pk, is_active=True).first()
    if still is None:
        return Closed([], [], [], ids)
    return lifecycle.close(
        ids,
        reason=cleaned["reason"],
        cause=Cause.BULK,
        confirmed_at=cleaned["confirmed_at"],
        transfer_to=cleaned["owner"],
        **acting(still),
    )


def _add(outcome: Closed, more: Closed) -> None:
    outcome.closed.extend(more.closed)
    outcome.newer.extend(more.newer)
    outcome.already.extend(more.already)
    outcome.unavailable.extend(more.unavailable)
    outcome.kept.extend(more.kept)


def _reopen(request: PartRequest, agent: Agent) -> HttpResponse:
    form = ChosenForm(request.GET)
    if not form.is_valid():
        return HttpResponse(status=422)
    ids = lifecycle.reopen(form.cleaned_data["ids"], **acting(agent))
    said = ngettext("%(n)d conversation is open again.", "%(n)d conversations are open again.", len(ids))
    return changed(ids, toast=said % {"n": len(ids)})


def _told(request: PartRequest, outcome: Closed) -> HttpResponse:
    """All closed is a toast with the way back; anything else is said where it is read, and stays."""
    closed = outcome.closed
    said = ngettext("%(n)d conversation closed.", "%(n)d conversations closed.", len(closed)) % {"n": len(closed)}
    if outcome.newer or outcome.already or outcome.unavailable or outcome.kept:
        return partly(render(request, "inbox/outcome.html", {"closed": said, "outcome": outcome}), closed)
    ids = ",".join(map(str, closed))
    undo = {"method": "DELETE", "url": "/inbox/closures", "values": {"ids": ids}}
    return changed(closed, toast=said, undo=undo if len(closed) <= UNDOABLE else None)
