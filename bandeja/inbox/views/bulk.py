"""What is done to many conversations at once, chosen in the list or all that match: close, transfer, mark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from bandeja.bulk import asking
from bandeja.bulk.models import Batch, Bulk, Verb
from bandeja.inbox.access import PartRequest, page
from bandeja.inbox.answers import MANY, changed
from bandeja.inbox.forms import BulkCloseForm, BulkOwnerForm, ChosenForm, reasons
from bandeja.inbox.found import COUNTED, count, found
from bandeja.people.clock import database_now
from bandeja.people.models import Agent


@page("GET", "POST")
def closures(request: PartRequest, agent: Agent) -> HttpResponse:
    """GET asks why, and keeps what was chosen and when; POST closes."""
    if request.method == "GET":
        return _freeze(request, agent)
    form = BulkCloseForm(request.POST, agent=agent)
    if not form.is_valid():
        return _ask_why(request, agent, form, request.POST.dict())
    cleaned = form.cleaned_data
    return _begin(agent, Verb.CLOSE, form, reason=cleaned["reason"], owner=cleaned["owner"])


@page("POST")
def owner(request: PartRequest, agent: Agent) -> HttpResponse:
    """Give the chosen ones to somebody, or to nobody."""
    form = BulkOwnerForm(request.POST, agent=agent)
    if not form.is_valid():
        return changed([], toast=_("That person cannot have them: they are no longer active here."))
    return _begin(agent, Verb.ASSIGN, form, owner=form.cleaned_data["owner"])


@page("POST", "DELETE")
def unread(request: PartRequest, agent: Agent) -> HttpResponse:
    """POST marks the chosen ones unread; DELETE marks them read."""
    form = ChosenForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        return HttpResponse(status=422)
    if request.method == "DELETE":
        return _begin(agent, Verb.READ, form)
    ids = form.cleaned_data["ids"]
    return _begin(agent, Verb.UNREAD, form, left=MANY if form.cleaned_data["every"] else ids)


@page("GET")
def selection(request: PartRequest, agent: Agent) -> HttpResponse:
    """How many match the filters, as the bar says it."""
    return HttpResponse(_number(count(agent, request.GET.urlencode())), content_type="text/plain; charset=utf-8")


@page("DELETE")
def bulk(request: PartRequest, agent: Agent, bulk_id: int) -> HttpResponse:  # noqa: ARG001
    """Stop it where it is."""
    asking.cancel(_mine(agent, bulk_id))
    return changed([])


@page("POST")
def undoing(request: PartRequest, agent: Agent, bulk_id: int) -> HttpResponse:  # noqa: ARG001
    """Take back what it did."""
    undone = asking.undo(_mine(agent, bulk_id), match=found)
    return _answer(undone) if undone else changed([], toast=_("It is too late to undo that."))


@page("DELETE")
def notice(request: PartRequest, agent: Agent, bulk_id: int) -> HttpResponse:  # noqa: ARG001
    """How it ended has been read."""
    Bulk.objects.filter(pk=_mine(agent, bulk_id).pk).update(read_at=database_now())
    return changed([])


def _mine(agent: Agent, bulk_id: int) -> Bulk:
    return get_object_or_404(agent.bulks, pk=bulk_id)


def _begin(
    agent: Agent, verb: Verb, form: ChosenForm | BulkCloseForm | BulkOwnerForm, *, reason: str = "",
    owner: Agent | None = None, left: Sequence[int] | str = (),
) -> HttpResponse:  # fmt: skip
    return _answer(asking.begin(agent, verb, form.chosen(), match=found, reason=reason, owner=owner), left)


def _answer(begun: Bulk, left: Sequence[int] | str = ()) -> HttpResponse:
    """What became of it stands at the head of the list, where it stays until it is read."""
    batch = Batch.objects.filter(bulk=begun, position=0).first() if begun.ended_at else None
    ids = [each["id"] for each in batch.before or ()] if batch else []
    return changed(ids, left=left)


def _freeze(request: PartRequest, agent: Agent) -> HttpResponse:
    chosen = {**request.GET.dict(), "seen_at": database_now().isoformat()}
    return _ask_why(request, agent, BulkCloseForm(agent=agent, initial=chosen), chosen)


def _ask_why(request: PartRequest, agent: Agent, form: BulkCloseForm, chosen: dict[str, Any]) -> HttpResponse:
    ids = [word for word in str(chosen.get("ids", "")).split(",") if word]
    many = count(agent, chosen.get("query", "")) if chosen.get("every") else len(ids)
    context = {"form": form, "count": many, "shown": _number(many), "reasons": reasons(agent.workspace_id)}
    return render(request, "inbox/close.html", context, status=422 if form.is_bound else 200)


def _number(n: int) -> str:
    return f"{COUNTED}+" if n > COUNTED else number_format(n, force_grouping=True)
