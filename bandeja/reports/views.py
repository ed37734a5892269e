"""The report of closings on a page, and its tables as CSV, for whoever may see reports."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bandeja.closing.looking import Busy, TooMuch
from bandeja.people.access import for_agents
from bandeja.people.clock import now_for
from bandeja.people.models import Agent, Permission
from bandeja.reports.forms import PERIODS, ReportForm
from bandeja.reports.names import Names
from bandeja.reports.page import Page
from bandeja.reports.report import SHOWN, report
from bandeja.reports.tables import TABLES, table
from bandeja.web.tables import streamed

KEPT = 100_000
"""The most lines of a table that is kept."""


@require_GET
@for_agents(Permission.SEE_REPORTS)
def closings(request: HttpRequest, agent: Agent) -> HttpResponse:
    """What was closed in some days, how and why, and what became of it."""
    form = _form(request, agent)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        return _page(request, form, _seen(agent, form, most=SHOWN))
    except (TooMuch, Busy) as problem:
        return _page(request, form, problem=_told(problem), status=503)


@require_GET
@for_agents(Permission.SEE_REPORTS)
def kept(request: HttpRequest, agent: Agent) -> HttpResponseBase:
    """One of its tables, whole, as CSV; what cannot be counted now is told in a sentence."""
    form, key = _form(request, agent), request.GET.get("table", "")
    if key not in TABLES or not form.is_valid():
        raise Http404
    try:
        page = _seen(agent, form, most=KEPT)
    except (TooMuch, Busy) as problem:
        return HttpResponse(_told(problem), content_type="text/plain; charset=utf-8", status=503)
    found = table(key, page.report, page.names, page.days)
    name = f"closings-by-{key}-{form.first}-{form.last}.csv"
    return streamed(name, [found.of, *found.heads], found.kept())


def _form(request: HttpRequest, agent: Agent) -> ReportForm:
    return ReportForm(request.GET, workspace=agent.workspace, now=now_for(agent))


def _seen(agent: Agent, form: ReportForm, *, most: int) -> Page:
    found = report(agent.workspace, form.asked, now=now_for(agent), most=most)
    return Page(found, Names.of(agent.workspace), form.first, form.last)


def _page(
    request: HttpRequest, form: ReportForm, page: Page | None = None, *, problem: str = "", status: int = 200
) -> HttpResponse:
    """The links to the periods that are offered keep the filters that are `chosen`; `query` is all that is asked."""
    chosen = {name: request.GET[name] for name in ("account", "rule", "cause") if request.GET.get(name)}
    context = {
        "form": form, "page": page, "problem": problem, "periods": PERIODS, "chosen": chosen,
        "period": form.period if form.is_valid() else None, "query": request.GET.urlencode(),
    }  # fmt: skip
    return render(request, "reports/closings.html", context, status=status)


def _told(problem: Exception) -> str:
    if isinstance(problem, TooMuch):
        return _("There are more closings here than can be counted in a few seconds. Choose fewer days.")
    return _("Somebody of your team is counting at this moment. Try again in a few seconds.")
