"""Offering to include what is open without a clock: how many, having it done, how far it is, taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bandeja.closing import including
from bandeja.closing.included import how_many, tell
from bandeja.closing.models import Inclusion, Rule
from bandeja.people.access import for_agents
from bandeja.people.clock import now_for
from bandeja.people.models import Agent, Permission

SHOWN = 10
"""The most inclusions of a rule that are told of, the latest."""


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_CLOSING)
def inclusions(request: HttpRequest, agent: Agent, rule_id: int) -> HttpResponse:
    """GET: how many are open without a clock, and what was included. POST: have them included."""
    rule = get_object_or_404(Rule.objects.filter(workspace=agent.workspace), pk=rule_id)
    if request.method == "POST":
        _ask(request, agent, rule)
        return redirect("closing:inclusions", rule.pk)
    now = now_for(agent)
    found = including.of_rule(agent.workspace_id, rule.pk).select_related("agent", "undone_by")[:SHOWN]
    told = [tell(each, now) for each in found]
    is_under_way = any(each.inclusion.is_under_way for each in told)
    context = {"rule": rule, "told": told, "is_under_way": is_under_way, "now": now}
    if rule.active and not is_under_way:
        listed = rule.coverage.values_list("account_id", flat=True)
        context["how_many"] = how_many(agent.workspace, listed, rule.pk)
    return render(request, "closing/inclusions.html", context)


@require_GET
@for_agents(Permission.MANAGE_CLOSING)
def inclusion(request: HttpRequest, agent: Agent, inclusion_id: int) -> HttpResponse:
    """How far one is: what its place in a page asks for again."""
    return _told(request, agent, inclusion_id)


@require_POST
@for_agents(Permission.MANAGE_CLOSING)
def cancelling(request: HttpRequest, agent: Agent, inclusion_id: int) -> HttpResponse:
    """Stop it where it is."""
    including.cancel(_one(agent, inclusion_id))
    return _told(request, agent, inclusion_id)


@require_POST
@for_agents(Permission.MANAGE_CLOSING)
def undoing(request: HttpRequest, agent: Agent, inclusion_id: int) -> HttpResponse:
    """Take it back."""
    if not including.undo(_one(agent, inclusion_id), by=agent):
        messages.error(request, _("It is too late to undo that."))
    return _told(request, agent, inclusion_id)


def _ask(request: HttpRequest, agent: Agent, rule: Rule) -> None:
    try:
        including.ask(rule.pk, workspace=agent.workspace, by=agent)
    except including.NothingCovered:
        messages.error(request, _("The rule covers no account now, so no clock would run. Nothing was included."))
    except including.UnderWay:
        messages.error(request, _("Conversations are being included in this rule already."))
    except Rule.DoesNotExist:
        raise Http404 from None


def _one(agent: Agent, inclusion_id: int) -> Inclusion:
    found = Inclusion.objects.filter(workspace=agent.workspace).select_related("agent", "undone_by")
    return get_object_or_404(found, pk=inclusion_id)


def _told(request: HttpRequest, agent: Agent, inclusion_id: int) -> HttpResponse:
    found, now = _one(agent, inclusion_id), now_for(agent)
    if getattr(request, "htmx", False):
        return render(request, "closing/inclusion.html", {"told": tell(found, now), "now": now})
    if Rule.objects.filter(workspace=agent.workspace, pk=found.rule_id).exists():
        return redirect("closing:inclusions", found.rule_id)
    return redirect("closing:settings")
