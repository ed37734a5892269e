"""The bell's list, what is done with it, the devices, and the page where people choose."""

from __future__ import annotations

import json

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bandeja.notifications import devices, digest, words
from bandeja.notifications.forms import DeviceForm, PreferenceForm
from bandeja.notifications.models import Device, Preference
from bandeja.notifications.told import SHOWN, preference, read, told, unread, unread_count
from bandeja.people.access import for_agents
from bandeja.people.clock import now_for
from bandeja.people.models import Agent

LARGEST = 2**63 - 1


@require_GET
@for_agents()
def bell(request: HttpRequest, agent: Agent) -> HttpResponse:
    """The latest of what they were told: what waits, then what they have seen."""
    waiting = list(unread(agent).select_related("conversation__contact", "conversation__account")[:SHOWN])
    seen = told(agent).exclude(pk__in=[each.pk for each in waiting]).select_related("conversation__contact")
    shown = [*waiting, *seen.select_related("conversation__account")[: SHOWN - len(waiting)]]
    actors = Agent.objects.filter(
        workspace_id=agent.workspace_id, pk__in=[each.actor_id for each in shown if each.actor_id]
    )
    names = {actor.pk: str(actor) for actor in actors}
    fresh = {each.pk for each in waiting}
    newest = max(waiting, key=lambda each: each.at, default=None)
    context = {
        "told": [(each, words.sentence(each, names), each.pk in fresh) for each in shown],
        "newest": newest,
        "said": words.announcement(newest) if newest else "",
        "count": str(len(waiting) or "") if len(waiting) < SHOWN else unread_count(agent),
        "preference": preference(agent),
        "now": now_for(agent),
    }
    return render(request, "notifications/told.html", context)


@require_POST
@for_agents()
def seen(request: HttpRequest, agent: Agent) -> HttpResponse:
    """What they were told of `conversation`, or all of it, is read."""
    named = request.POST.get("conversation", "")
    if named and not (named.isascii() and named.isdigit() and int(named[:20]) <= LARGEST):
        return HttpResponse(status=422)
    read(agent, [int(named)] if named else None)
    return _changed()


@require_http_methods(["POST", "DELETE"])
@for_agents()
def quiet(request: HttpRequest, agent: Agent) -> HttpResponse:
    """POST: do not disturb. DELETE: do."""
    Preference.objects.update_or_create(agent=agent, defaults={"quiet": request.method == "POST"})
    return _changed()


@require_http_methods(["POST", "DELETE"])
@for_agents()
def device(request: HttpRequest, agent: Agent) -> HttpResponse:
    """POST turns pushes on for the browser that asks; DELETE turns them off for the one at `endpoint`."""
    if request.method == "DELETE":
        devices.turn_off(agent, Device.objects.filter(endpoint=request.GET.get("endpoint", "").replace("\x00", "")))
        return HttpResponse(status=204)
    form = DeviceForm(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=422, content_type="text/plain; charset=utf-8")
    browser = request.headers.get("User-Agent", "")
    devices.turn_on(agent, **form.cleaned_data, user_agent=browser, key=request.session.session_key)
    return HttpResponse(status=201)


@require_POST
@for_agents()
def forget(request: HttpRequest, agent: Agent, device_id: int) -> HttpResponse:
    """One of their devices, from the list."""
    if not devices.turn_off(agent, Device.objects.filter(pk=device_id)):
        raise Http404
    messages.success(request, _("That device is told nothing any more."))
    return redirect("settings_notifications")


@require_http_methods(["GET", "POST"])
@for_agents()
def settings_page(request: HttpRequest, agent: Agent) -> HttpResponse:
    form = PreferenceForm(request.POST if request.method == "POST" else None, instance=preference(agent))
    if form.is_valid():
        digest.schedule(form.save(commit=False), agent.workspace)
        messages.success(request, _("Your choice was saved."))
        return redirect("settings_notifications")
    context = {
        "form": form,
        "devices": Device.objects.filter(agent=agent).order_by("-created_at"),
        "key": devices.signer().public,
        "has_mail": not settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"),
        "now": now_for(agent),
    }
    return render(request, "notifications/settings.html", context, status=422 if form.is_bound else 200)


def _changed() -> HttpResponse:
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"notified": {}})})
