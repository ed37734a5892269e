"""The screen of pauses: pause closing and say why, resume it, and what faults of accounts do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from bandeja.channels.reading import is_visible
from bandeja.closing import grace, pauses
from bandeja.closing.models import REASON_LENGTH
from bandeja.people.access import for_agents
from bandeja.people.clock import now_for
from bandeja.people.models import Agent, Permission

SHOWN = 20
"""The most pauses that are listed, the latest."""


class PauseForm(forms.Form):
    """Why closing is paused."""

    why = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=REASON_LENGTH,
        help_text=gettext_lazy("It stands beside your name wherever people wonder why nothing closes."),
        error_messages={"required": gettext_lazy("Say why: whoever comes next must know when to resume.")},
    )

    def clean_why(self) -> str:
        why = str(self.cleaned_data["why"])
        if not is_visible(why):
            raise forms.ValidationError(self.fields["why"].error_messages["required"])
        return why


class FaultsForm(forms.Form):
    """Whether closing is paused on an account while a fault disconnects it."""

    faults = forms.BooleanField(
        required=False,
        label=gettext_lazy("Pause closing on an account while a fault disconnects it"),
        help_text=gettext_lazy(
            "When its token is refused or its deliveries do not come, whoever is silent may have written all the "
            "same. An account that somebody disconnects closes nothing either way."
        ),
    )


def told(agent: Agent) -> dict[str, Any]:
    """What the closing pages tell in their banners: the pauses that last, and that closings wait after an outage."""
    lasting = pauses.in_force(agent.workspace_id)
    return {
        "paused": next((each for each in lasting if each.account is None), None),
        "faulty": [each for each in lasting if each.account],
        "outage": grace.outage_now(),
    }


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_CLOSING)
def pause(request: HttpRequest, agent: Agent) -> HttpResponse:
    """GET: whether closing is paused, and asks why it should be. POST: pauses it."""
    form = PauseForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(request, agent, form)
    lasting, is_new = pauses.pause(agent.workspace, by=agent, why=form.cleaned_data["why"])
    if is_new:
        messages.success(request, _("Closing is paused: no rule closes anything until somebody resumes it."))
    else:
        messages.info(request, _("It was paused already: “%(why)s”.") % {"why": lasting.why})
    return redirect("closing:settings")


@require_POST
@for_agents(Permission.MANAGE_CLOSING)
def resumption(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Resumes closing; what ran out meanwhile starts anew."""
    if pauses.resume(agent.workspace, by=agent):
        messages.success(request, _("Closing goes on. Nothing closed at this instant."))
    else:
        messages.info(request, _("Closing was not paused any more."))
    return redirect("closing:settings")


@require_POST
@for_agents(Permission.MANAGE_CLOSING)
def faults(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Says whether faults of accounts pause closing."""
    form = FaultsForm(request.POST)
    heeded = form.is_valid() and form.cleaned_data["faults"]
    pauses.heed(agent.workspace, faults=heeded, by=agent)
    if heeded:
        messages.success(request, _("Saved. A fault of an account pauses closing on it."))
    else:
        messages.success(request, _("Saved. A fault of an account pauses nothing."))
    return redirect("closing:pause")


def _page(request: HttpRequest, agent: Agent, form: PauseForm) -> HttpResponse:
    context = {
        **told(agent),
        "form": form,
        "faults": FaultsForm(initial={"faults": agent.workspace.heeds_faults}),
        "latest": pauses.latest(agent.workspace_id, SHOWN),
        "now": now_for(agent),
    }
    return render(request, "closing/pause.html", context, status=422 if form.is_bound else 200)
