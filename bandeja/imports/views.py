"""Contacts from a file, for whoever may import them: hand it over, say what is in it, look, and have it written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bandeja.conversations.models import ContactField
from bandeja.imports import reading, taking
from bandeja.imports.forms import ColumnsForm, FileForm
from bandeja.imports.models import Import, Outcome, Row, Stage
from bandeja.imports.words import reason
from bandeja.inbox.contact_form import shown
from bandeja.people.access import for_agents
from bandeja.people.clock import now_for
from bandeja.people.models import Agent, Permission
from bandeja.web.tables import table

FIRST = 10
"""Rows of a preview."""
TOLD = 100
"""Refused rows shown on the page; the rest is in their file."""
RECENT = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it would be read: what is said of the workspace's own fields with their names."""

    row: Row
    details: Sequence[tuple[str, str]]


@require_http_methods(["GET", "POST"])
@for_agents(Permission.IMPORT_CONTACTS)
def imports(request: HttpRequest, agent: Agent) -> HttpResponse:
    """GET: a place for a file, and the latest ones. POST: the file."""
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            return redirect("settings_import_columns", taking.take(agent, file.name or "", file.read()).pk)
        except reading.Unfit as error:
            form.add_error("file", _(str(error)))
    context = {"form": form, "imports": _mine(agent).defer("content").order_by("-pk")[:RECENT], "now": now_for(agent)}
    return render(request, "imports/imports.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@for_agents(Permission.IMPORT_CONTACTS)
def columns(request: HttpRequest, agent: Agent, import_id: int) -> HttpResponse:
    """GET shows what each column is taken for; POST says it, and has the file read."""
    found = get_object_or_404(_mine(agent).select_related("workspace"), pk=import_id)
    if found.stage not in {Stage.MATCHING, Stage.READY}:
        return redirect("settings_import", found.pk)
    form = ColumnsForm(request.POST if request.method == "POST" else None, of=found, fields=_fields(agent))
    if form.is_valid():
        try:
            taking.match(found.pk, form.columns, calling=form.calling_code, keeps=form.cleaned_data["keeps"])
        except taking.TooLate:
            messages.error(request, _("It was confirmed meanwhile."))
        return redirect("settings_import", found.pk)
    context = {"import": found, "form": form}
    return render(request, "imports/columns.html", context, status=422 if form.is_bound else 200)


@require_GET
@for_agents(Permission.IMPORT_CONTACTS)
def one(request: HttpRequest, agent: Agent, import_id: int) -> HttpResponse:
    """How far it is, what would come of it or what did, and the rows that were refused."""
    found = get_object_or_404(_mine(agent).defer("content"), pk=import_id)
    if found.stage == Stage.MATCHING:
        return redirect("settings_import_columns", found.pk)
    good = found.lines.exclude(outcome=Outcome.REFUSED).order_by("number")[:FIRST]
    context = {
        "import": found,
        "halted": _(found.halted) if found.halted else "",
        "lines": list(_lines(agent, good)) if found.stage == Stage.READY else [],
        "refused": [(row, reason(row.fault, row.said)) for row in _refused(found).defer("cells")[:TOLD]],
        "to_write": found.added + found.changed,
        "now": now_for(agent),
    }
    return render(request, "imports/import.html", context)


@require_POST
@for_agents(Permission.IMPORT_CONTACTS)
def writing(request: HttpRequest, agent: Agent, import_id: int) -> HttpResponse:
    """Have it written."""
    return _act(request, agent, import_id, lambda pk: taking.confirm(pk, agent))


@require_POST
@for_agents(Permission.IMPORT_CONTACTS)
def cancelling(request: HttpRequest, agent: Agent, import_id: int) -> HttpResponse:
    """Stop where it is."""
    return _act(request, agent, import_id, taking.cancel)


@require_GET
@for_agents(Permission.IMPORT_CONTACTS)
def refused(request: HttpRequest, agent: Agent, import_id: int) -> HttpResponse:
    """The rows that were refused, each as it came and with its reason: to be mended and handed over again."""
    found = get_object_or_404(_mine(agent).defer("content"), pk=import_id)
    headers = [*found.headers, _("Row"), _("What is wrong"), _("Where"), _("Value")]
    return table("refused.csv", headers, (_told(found, row) for row in _refused(found).iterator(chunk_size=500)))


def _told(found: Import, row: Row) -> list[str]:
    cells = [*row.cells, *[""] * len(found.headers)][: len(found.headers)]
    said = row.said if row.header or row.fault in {"cells", "several", "other_email", "other_phone"} else ""
    return [*cells, str(row.number), reason(row.fault, row.said), row.header, said]


def _act(request: HttpRequest, agent: Agent, import_id: int, act: Callable[[int], Import]) -> HttpResponse:
    found = get_object_or_404(_mine(agent).defer("content"), pk=import_id)
    try:
        act(found.pk)
    except taking.TooLate:
        messages.error(request, _("It is further than that already."))
    return redirect("settings_import", found.pk)


def _mine(agent: Agent) -> QuerySet[Import]:
    return Import.objects.filter(workspace_id=agent.workspace_id)


def _fields(agent: Agent) -> list[ContactField]:
    return list(ContactField.objects.filter(workspace_id=agent.workspace_id).order_by("pk"))


def _refused(found: Import) -> QuerySet[Row]:
    return found.lines.filter(outcome=Outcome.REFUSED).order_by("number")


def _lines(agent: Agent, rows: QuerySet[Row]) -> Iterator[Line]:
    fields = _fields(agent)
    for row in rows:
        told = [(each.name, shown(each, row.details[str(each.pk)])) for each in fields if str(each.pk) in row.details]
        yield Line(row, told)
