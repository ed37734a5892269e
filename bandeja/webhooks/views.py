"""Settings › Webhooks: the list, one with its log, one delivery with its attempts, and what is done to them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bandeja.people.access import for_agents
from bandeja.people.clock import database_now
from bandeja.people.models import Agent, Permission
from bandeja.webhooks import endpoints, log
from bandeja.webhooks.forms import WebhookForm
from bandeja.webhooks.models import Delivery, Webhook

MAY = Permission.MANAGE_WEBHOOKS


@require_GET
@for_agents(MAY)
def webhooks(request: HttpRequest, agent: Agent) -> HttpResponse:
    """All of the workspace, and how each fares."""
    context = {"webhooks": endpoints.of_workspace(agent.workspace), "now": database_now()}
    return render(request, "webhooks/list.html", context)


@require_http_methods(["GET", "POST"])
@for_agents(MAY)
def new(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Add one; the answer shows its secret, this once."""
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            webhook, secret = endpoints.add(agent.workspace, **form.chosen, by=agent)
            return render(request, "webhooks/secret.html", {"webhook": webhook, "secret": secret, "is_new": True})
        except endpoints.TooMany:
            form.add_error(None, _("There are %(n)s webhooks already. Remove one first.") % {"n": endpoints.MOST})
    return render(request, "webhooks/form.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@for_agents(MAY)
def change(request: HttpRequest, agent: Agent, webhook_id: int) -> HttpResponse:
    """Change its name, its address, and what it is told of."""
    mine = _mine(agent, webhook_id)
    form = WebhookForm(request.POST if request.method == "POST" else None, webhook=mine)
    if form.is_valid():
        saved = endpoints.change(mine.pk, **form.chosen, by=agent)
        messages.success(request, _("“%(webhook)s” was saved.") % {"webhook": saved})
        return redirect("settings_webhook", mine.pk)
    context = {"form": form, "webhook": mine}
    return render(request, "webhooks/form.html", context, status=422 if form.is_bound else 200)


@require_GET
@for_agents(MAY)
def webhook(request: HttpRequest, agent: Agent, webhook_id: int) -> HttpResponse:
    """How it fares, and its log: `state` filters it, `before` is the last one of the page before."""
    mine = _mine(agent, webhook_id)
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    lines, older = log.page(mine, state=state, before=_number(before))
    context = {
        "webhook": mine,
        "lines": lines,
        "older": older,
        "state": state,
        "has_failed": endpoints.failed(mine).exists(),
        "now": database_now(),
    }
    return render(request, "webhooks/webhook.html", context)


@require_GET
@for_agents(MAY)
def delivery(request: HttpRequest, agent: Agent, webhook_id: int, message_id: int) -> HttpResponse:
    """What was sent, and what each attempt was answered."""
    mine = _mine(agent, webhook_id)
    row = get_object_or_404(Delivery, webhook=mine, message_id=message_id)
    line = log.line(row)
    context = {
        "webhook": mine,
        "line": line,
        "delivery": row,
        "body": log.body(message_id) if line else "",
        "attempts": log.attempts(row) if line else [],
        "now": database_now(),
    }
    return render(request, "webhooks/delivery.html", context)


@require_POST
@for_agents(MAY)
def test(request: HttpRequest, agent: Agent, webhook_id: int) -> HttpResponse:
    """Send a test, and show what becomes of it."""
    del request
    message_id = endpoints.test(_mine(agent, webhook_id))
    return redirect("settings_webhook_delivery", webhook_id, message_id)


@require_POST
@for_agents(MAY)
def again(request: HttpRequest, agent: Agent, webhook_id: int) -> HttpResponse:
    """Send all that has failed once more."""
    mine = _mine(agent, webhook_id)
    count = endpoints.again(mine.pk)
    told = ngettext("%(n)d delivery is sent again.", "%(n)d deliveries are sent again.", count) % {"n": count}
    messages.success(request, told)
    return redirect("settings_webhook", mine.pk)


@require_POST
@for_agents(MAY)
def delivery_again(request: HttpRequest, agent: Agent, webhook_id: int, message_id: int) -> HttpResponse:
    """Send this one once more, whatever became of it."""
    mine = _mine(agent, webhook_id)
    row = get_object_or_404(Delivery, webhook=mine, message_id=message_id)
    endpoints.again(mine.pk, message_id=row.message_id)
    messages.success(request, _("It is sent again."))
    return redirect("settings_webhook_delivery", mine.pk, message_id)


@require_POST
@for_agents(MAY)
def disabling(request: HttpRequest, agent: Agent, webhook_id: int) -> HttpResponse:
    """Tell it nothing for now."""
    mine = _mine(agent, webhook_id)
    endpoints.disable(mine.pk, by=agent)
    messages.success(request, _("“%(webhook)s” is told nothing until you enable it.") % {"webhook": mine})
    return redirect("settings_webhook", mine.pk)


@require_POST
@for_agents(MAY)
def enabling(request: HttpRequest, agent: Agent, webhook_id: int) -> HttpResponse:
    """Tell it again, beginning with what waits."""
    mine = _mine(agent, webhook_id)
    endpoints.enable(mine.pk, by=agent)
    messages.success(request, _("“%(webhook)s” is told again of what happens.") % {"webhook": mine})
    return redirect("settings_webhook", mine.pk)


@require_http_methods(["GET", "POST"])
@for_agents(MAY)
def rotation(request: HttpRequest, agent: Agent, webhook_id: int) -> HttpResponse:
    """GET asks whether it is meant; POST makes a new secret and shows it, this once."""
    mine = _mine(agent, webhook_id)
    if request.method == "POST":
        context = {"webhook": mine, "secret": endpoints.rotate(mine.pk, by=agent), "is_new": False}
        return render(request, "webhooks/secret.html", context)
    text = _("Deliveries are signed with both, the old one and the new one, for 24 hours.")
    return _ask(request, mine, _("Make a new secret?"), text, _("Make a new secret"))


@require_http_methods(["GET", "POST"])
@for_agents(MAY)
def removal(request: HttpRequest, agent: Agent, webhook_id: int) -> HttpResponse:
    """GET asks whether it is meant; POST forgets it and its log."""
    mine = _mine(agent, webhook_id)
    if request.method == "POST":
        endpoints.remove(mine.pk, by=agent)
        messages.success(request, _("“%(webhook)s” was removed.") % {"webhook": mine})
        return redirect("settings_webhooks")
    title = _("Remove the webhook “%(webhook)s”?") % {"webhook": mine}
    text = _("It is told nothing more, not even what waits, and its log goes.")
    return _ask(request, mine, title, text, _("Remove the webhook"), danger=True)


def _ask(
    request: HttpRequest, mine: Webhook, title: str, text: str, verb: str, *, danger: bool = False
) -> HttpResponse:
    back = reverse("settings_webhook", args=[mine.pk])
    question = {"title": title, "text": text, "verb": verb, "back": back, "danger": danger}
    return render(request, "web/ask_page.html", {"question": question})


def _mine(agent: Agent, webhook_id: int) -> Webhook:
    return get_object_or_404(endpoints.of_workspace(agent.workspace), pk=webhook_id)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
