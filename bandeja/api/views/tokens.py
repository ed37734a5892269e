"""The tokens of the API: everybody has their own; who manages people sees all, and may revoke them."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import BooleanField, ExpressionWrapper
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from bandeja.api import tokens as verbs
from bandeja.api.forms import TokenForm
from bandeja.api.models import Scope, Token
from bandeja.people.access import for_agents
from bandeja.people.clock import database_now
from bandeja.people.models import Agent
from bandeja.web.asking import Question, answered, ask

SHOWN_ONCE = "api_token"


@require_GET
@for_agents()
def tokens(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Those in force, the newest first; one that was just made, with its text."""
    is_here = ExpressionWrapper(verbs.is_here(), BooleanField())
    found = verbs.seen_by(agent).filter(revoked_at=None).annotate(is_here=is_here).order_by("-pk")
    context = {
        "tokens": [(each, _scopes(each), each.is_here and verbs.is_still_lent(each)) for each in found],
        "made": request.session.pop(SHOWN_ONCE, None),
        "now": database_now(),
    }
    return render(request, "api/tokens.html", context)


@require_http_methods(["GET", "POST"])
@for_agents(confirmed=True)
def new(request: HttpRequest, agent: Agent) -> HttpResponse:
    """GET asks what it is for; POST makes it, to be shown on the next page and never again."""
    form = TokenForm(request.POST if request.method == "POST" else None, by=agent)
    if not form.is_valid():
        return render(request, "api/token_new.html", {"form": form}, status=422 if form.is_bound else 200)
    made, text = verbs.make(by=agent, **form.asked(database_now()))
    request.session[SHOWN_ONCE] = {"name": made.name, "text": text}
    messages.success(request, _("“%(token)s” is there now.") % {"token": made})
    return redirect("settings_tokens")


@require_http_methods(["GET", "POST"])
@for_agents()
def revocation(request: HttpRequest, agent: Agent, token_id: int) -> HttpResponse:
    """GET asks whether it is meant; POST revokes it."""
    mine = get_object_or_404(verbs.seen_by(agent).filter(revoked_at=None), pk=token_id)
    back = reverse("settings_tokens")
    if request.method == "POST":
        verbs.revoke(mine, by=agent)
        return answered(request, back, _("“%(token)s” works no more.") % {"token": mine})
    text = _("Programs that use it are refused from now on. What they did stays.")
    title = _("Revoke the token “%(token)s”?") % {"token": mine}
    return ask(request, Question(title, _("Revoke the token"), back, text=text, danger=True))


def _scopes(token: Token) -> list[str]:
    return [str(scope.label) for scope in Scope if scope in token.scopes]
