"""An agent's own page: name, language, password."""

from __future__ import annotations

from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from bandeja.people import members, sessions
from bandeja.people.access import for_agents
from bandeja.people.forms import AwayForm, PasswordForm, ProfileForm
from bandeja.people.models import Agent, Presence


@require_http_methods(["GET", "POST"])
@for_agents()
def profile(request: HttpRequest, agent: Agent) -> HttpResponse:
    form = ProfileForm(request.POST or None, agent=agent)
    if not form.is_valid():
        return _page(request, agent, form, PasswordForm(agent=agent))
    Agent.objects.filter(pk=agent.pk).update(**form.cleaned_data)
    with override(form.cleaned_data["language"] or agent.workspace.language):
        messages.success(request, _("Your profile was saved."))
    return redirect("settings_profile")


@sensitive_post_parameters()
@require_POST
@for_agents()
def password(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Change one's password; other sessions end, this one goes on."""
    # It says whether the old one is right, and that is all that is asked before what is sensitive.
    limited: HttpResponse | None = consume_or_429(request, action="change_password", user=agent)
    if limited is not None:
        return limited
    form = PasswordForm(request.POST, agent=agent)
    if not form.is_valid():
        return _page(request, agent, ProfileForm(agent=agent), form)
    here = request.session.session_key
    members.change_password(agent, form.cleaned_data["new"], here=here)
    update_session_auth_hash(request, agent)
    sessions.rename(here, request.session.session_key)
    messages.success(request, _("Your password was changed. Your other sessions ended."))
    return redirect("settings_profile")


def _page(request: HttpRequest, agent: Agent, form: ProfileForm, password_form: PasswordForm) -> HttpResponse:
    refused = form.is_bound or password_form.is_bound
    away = Presence.objects.filter(agent=agent).first()
    away_form = AwayForm(initial={"reply": away.reply if away else ""})
    context = {"form": form, "password_form": password_form, "away_form": away_form, "agent": agent}
    return render(request, "people/profile.html", context, status=422 if refused else 200)
