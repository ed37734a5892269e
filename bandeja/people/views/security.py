"""An agent's own doors: how they sign in, where they are signed in, and how each session is ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from bandeja.people import devices, sessions
from bandeja.people.access import for_agents
from bandeja.people.clock import database_now
from bandeja.people.models import Agent


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere an agent is signed in; `is_here` is the session that asks."""

    pk: int
    name: str
    ip: str
    seen_at: datetime
    is_here: bool


@require_GET
@for_agents()
def security(request: HttpRequest, agent: Agent) -> HttpResponse:
    here = request.session.session_key
    places = [
        Place(each.pk, devices.name(each.user_agent), each.ip, each.last_seen_at, each.session_key == here)
        for each in sessions.of(agent)
    ]
    held = Authenticator.objects.filter(user=agent).order_by("pk")
    codes = next((each.wrap() for each in held if each.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        "places": sorted(places, key=lambda place: not place.is_here),
        "app": next((each for each in held if each.type == Authenticator.Type.TOTP), None),
        "passkeys": [each for each in held if each.type == Authenticator.Type.WEBAUTHN],
        "codes_left": len(codes.get_unused_codes()) if codes else None,
        "now": database_now(),
    }
    return render(request, "people/security.html", context)


@require_POST
@for_agents()
def end(request: HttpRequest, agent: Agent, session_id: int) -> HttpResponse:
    """End one of one's own sessions; its pages and streams are out at once."""
    if not sessions.end(agent, only=session_id):
        raise Http404
    messages.success(request, _("That session ended."))
    return redirect("settings_security")


@require_POST
@for_agents()
def end_others(request: HttpRequest, agent: Agent) -> HttpResponse:
    """End all of one's own sessions but this one."""
    ended = sessions.end(agent, but=request.session.session_key)
    told = ngettext("%(n)d other session ended.", "%(n)d other sessions ended.", ended) % {"n": ended}
    messages.success(request, told)
    return redirect("settings_security")
