"""Saved views: the menu that shows them, and making, changing and deleting one."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.channels.reading import is_visible
from bandeja.inbox import saved
from bandeja.inbox.access import PartRequest, page
from bandeja.inbox.answers import changed
from bandeja.inbox.filters import Asked, Filters
from bandeja.inbox.models import LONGEST_NAME, SavedView
from bandeja.inbox.rows import counts
from bandeja.people.clock import database_now
from bandeja.people.models import Agent

SHOWN = 100
PATIENCE = 0.06
"""Seconds that are counted for."""


class ViewForm(forms.Form):
    """How a view is called, and whether everybody has it."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("A view needs a name.")},
    )
    shared = forms.BooleanField(label=gettext_lazy("Share it with everybody in the workspace"), required=False)

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if not is_visible(name):
            raise forms.ValidationError(self.fields["name"].error_messages["required"], code="required")
        return name


@page("GET", "POST")
def views(request: PartRequest, agent: Agent) -> HttpResponse:
    """GET is the menu, with how many each shows; POST saves the filters of the address under a name."""
    asked = Filters.read(request.GET)
    if request.method == "GET":
        return render(request, "inbox/views.html", {"views": _counted(agent), "current": saved.canonical(asked)})
    form = ViewForm(request.POST)
    if form.is_valid():
        try:
            view = saved.keep(agent, asked, **form.cleaned_data)
        except saved.NameTaken:
            form.add_error("name", _taken())
        except saved.TooMany:
            form.add_error(None, _("You have saved %(most)s views. Delete one first.") % {"most": saved.MOST})
        else:
            return changed([], toast=_("View “%(name)s” saved.") % {"name": view.name})
    return _asking(request, form, asked, status=422)


@page("GET")
def new(request: PartRequest, agent: Agent) -> HttpResponse:
    """Asks how the view of these filters is to be called."""
    return _asking(request, ViewForm(), Filters.read(request.GET))


@page("GET", "POST", "DELETE")
def view(request: PartRequest, agent: Agent, view_id: int) -> HttpResponse:
    """GET asks how it is to be called, POST changes it, DELETE deletes it."""
    found = get_object_or_404(saved.changeable(agent), pk=view_id)
    if request.method == "DELETE":
        found.delete()
        return changed([], toast=_("View “%(name)s” deleted.") % {"name": found.name})
    if request.method == "GET":
        initial = {"name": found.name, "shared": found.shared}
        return _asking(request, ViewForm(initial=initial), saved.filters(found), found)
    form = ViewForm(request.POST)
    if form.is_valid():
        try:
            saved.change(found, **form.cleaned_data)
        except saved.NameTaken:
            form.add_error("name", _taken())
        else:
            return changed([], toast=_("View “%(name)s” saved.") % {"name": found.name})
    return _asking(request, form, saved.filters(found), found, status=422)


def _taken() -> str:
    return _("There is a view of that name already.")


def _asking(
    request: PartRequest, form: ViewForm, asked: Filters, found: SavedView | None = None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "view": found, "query": saved.canonical(asked)}
    return render(request, "inbox/view.html", context, status=status)


def _counted(agent: Agent) -> list[dict[str, Any]]:
    """Each view with how many it shows, for as many as can be counted before the menu would be waited for."""
    begun, now = perf_counter(), database_now()
    mine = set(saved.changeable(agent).values_list("pk", flat=True))
    counted = []
    for each in saved.of(agent)[:SHOWN]:
        soon = perf_counter() - begun < PATIENCE
        number = counts([Asked(agent, saved.filters(each), now)])[0] if soon else ""
        counted.append({"view": each, "count": number, "changes": each.pk in mine})
    return counted
