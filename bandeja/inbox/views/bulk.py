"""What is done to many conversations at once, chosen in the list or all that match: close, transfer, tag, mark."""

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
from bandeja.inbox.bulks import shown
from bandeja.inbox.forms import BulkCloseForm, BulkOwnerForm, BulkTagsForm, ChosenForm, reasons
from bandeja.inbox.found import COUNTED, count
from bandeja.inbox.ways import WAYS
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
    return _begin(agent, Verb.CLOSE, form, reason=cleaned["reason"], to=cleaned["owner"])


@page("POST")
def owner(request: PartRequest, agent: Agent) -> HttpResponse:
    """Give the chosen ones to somebody, or to nobody."""
    form = BulkOwnerForm(request.POST, agent=agent)
    if not form.is_valid():
        return changed([], toast=_("That person cannot have them: they are no longer active here."))
    return _begin(agent, Verb.ASSIGN, form, to=form.to)


@page("GET", "POST", "DELETE")
def tags(request: PartRequest, agent: Agent) -> HttpResponse:
    """GET asks which; POST puts them on the chosen ones; DELETE takes them off."""
    if request.method == "GET":
        form = BulkTagsForm(agent=agent, initial=request.GET.dict())
        return render(request, "inbox/bulk_tags.html", {"form": form, **_how_many(agent, request.GET.dict())})
    sent = request.POST if request.method == "POST" else request.GET
    form = BulkTagsForm(sent, agent=agent)
    if not form.is_valid():
        return render(request, "inbox/bulk_tags.html", {"form": form, **_how_many(agent, sent.dict())}, status=422)
    verb = Verb.TAG if request.method == "POST" else Verb.UNTAG
    return _begin(agent, verb, form, tags=[tag.pk for tag in form.cleaned_data["tags"]])


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


@page("GET")
def bulks(request: PartRequest, agent: Agent) -> HttpResponse:
    """What became of this person's, as it stands at the head of the list."""
    return render(request, "inbox/bulks.html", {"bulks": shown(agent)})


@page("DELETE")
def bulk(request: PartRequest, agent: Agent, bulk_id: int) -> HttpResponse:
    """Stop it where it is."""
    asking.cancel(_mine(agent, bulk_id))
    return changed([], also=("bulks",))


@page("POST")
def undoing(request: PartRequest, agent: Agent, bulk_id: int) -> HttpResponse:
    """Take back what it did."""
    undone = asking.undo(_mine(agent, bulk_id), ways=WAYS)
    return _answer(undone) if undone else changed([], toast=_("It is too late to undo that."), also=("bulks",))


@page("DELETE")
def notice(request: PartRequest, agent: Agent, bulk_id: int) -> HttpResponse:
    """How it ended has been read."""
    Bulk.objects.filter(pk=_mine(agent, bulk_id).pk).update(read_at=database_now())
    return changed([], also=("bulks",))


def _mine(agent: Agent, bulk_id: int) -> Bulk:
    return get_object_or_404(agent.bulks, pk=bulk_id)


def _begin(
    agent: Agent, verb: Verb, form: ChosenForm, *, left: Sequence[int] | str = (), **asked: Any
) -> HttpResponse:
    return _answer(asking.begin(agent, verb, form.chosen(), ways=WAYS, **asked), left)


def _answer(begun: Bulk, left: Sequence[int] | str = ()) -> HttpResponse:
    """What became of it stands at the head of the list, where it stays until it is read."""
    batch = Batch.objects.filter(bulk=begun, position=0).first() if begun.ended_at else None
    ids = [each["id"] for each in batch.before or ()] if batch else []
    return changed(ids, left=left, also=("unpick", "bulks"))


def _freeze(request: PartRequest, agent: Agent) -> HttpResponse:
    chosen = {**request.GET.dict(), "seen_at": database_now().isoformat()}
    return _ask_why(request, agent, BulkCloseForm(agent=agent, initial=chosen), chosen)


def _ask_why(request: PartRequest, agent: Agent, form: BulkCloseForm, chosen: dict[str, Any]) -> HttpResponse:
    context = {"form": form, "reasons": reasons(agent.workspace_id), **_how_many(agent, chosen)}
    return render(request, "inbox/close.html", context, status=422 if form.is_bound else 200)


def _how_many(agent: Agent, chosen: dict[str, Any]) -> dict[str, Any]:
    """How many were chosen, for grammar and as it is said."""
    ids = [word for word in str(chosen.get("ids", "")).split(",") if word]
    many = count(agent, chosen.get("query", "")) if chosen.get("every") else len(ids)
    return {"count": many, "shown": _number(many)}


def _number(n: int) -> str:
    return f"{COUNTED}+" if n > COUNTED else number_format(n, force_grouping=True)
