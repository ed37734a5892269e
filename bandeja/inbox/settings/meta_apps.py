"""Meta apps: added and checked, what to paste at Meta, and whether it delivers."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from bandeja.channels.instagram.connect import FIELDS as INSTAGRAM_FIELDS
from bandeja.channels.messenger.connect import FIELDS as PAGE_FIELDS
from bandeja.channels.meta import apps
from bandeja.channels.models import MetaApp
from bandeja.inbox.settings.meta_forms import AppForm, SecretsForm
from bandeja.inbox.settings.refusals import SECRET, NotAgreed, is_about_the_id, sentence
from bandeja.people.access import for_agents
from bandeja.people.clock import now_for
from bandeja.people.models import Agent, Permission

ELSEWHERE = gettext_lazy("Another workspace of this installation has this app. An app is one workspace's.")
WHATSAPP_FIELDS = (
    "messages",
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "account_update",
    "phone_number_quality_update",
    "user_id_update",
    "user_preferences",
    "calls",
    "smb_message_echoes",
    "smb_app_state_sync",
    "history",
)
"""What is read of the object "WhatsApp Business Account": its fields are ticked by hand, unlike those of a page."""
OBJECTS = (
    ("whatsapp", "WhatsApp Business Account", WHATSAPP_FIELDS),
    ("messenger", "Page", PAGE_FIELDS),
    ("instagram", "Instagram", INSTAGRAM_FIELDS),
)
PRIVATE = (".local", ".localhost", ".internal", ".test", ".lan", ".home.arpa")


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_ACCOUNTS)
def new(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Add an app, or give one that is here its new secrets, once Meta has confirmed them."""
    form = AppForm(request.POST or None)
    app = _keep(form, agent, app_id=form.cleaned_data["app_id"]) if form.is_valid() else None
    if app is None:
        return render(request, "settings/app_new.html", {"form": form}, status=422 if form.is_bound else 200)
    messages.success(request, _("“%(app)s” was added. Now tell Meta where to deliver.") % {"app": app})
    return redirect("settings_app", app.pk)


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_ACCOUNTS)
def app(request: HttpRequest, agent: Agent, app_id: int) -> HttpResponse:
    """What to paste at Meta, whether it delivers, and a place for new secrets."""
    mine = get_object_or_404(MetaApp, workspace=agent.workspace, pk=app_id)
    form = SecretsForm(request.POST or None)
    if form.is_valid() and _keep(form, agent, app_id=mine.app_id, known=mine):
        messages.success(request, _("The new secrets of “%(app)s” are in use.") % {"app": mine})
        return redirect("settings_app", mine.pk)
    context = {
        "app": mine,
        "form": form,
        "callback": f"{settings.PUBLIC_URL.geturl()}/hooks/meta/{mine.key}",
        "is_public": is_public(settings.PUBLIC_URL),
        "objects": OBJECTS,
        "accounts": mine.accounts.filter(disconnected_at=None).order_by("channel", "name", "pk"),
        "now": now_for(agent),
    }
    return render(request, "settings/app.html", context, status=422 if form.is_bound else 200)


@require_POST
@for_agents(Permission.MANAGE_ACCOUNTS)
def removal(request: HttpRequest, agent: Agent, app_id: int) -> HttpResponse:
    """Forget an app that no account is connected through any more."""
    mine = get_object_or_404(MetaApp, workspace=agent.workspace, pk=app_id)
    try:
        apps.remove(mine, by=agent)
    except apps.InUse:
        told = _("“%(app)s” was not removed: an account is connected through it, or a delivery is still being read.")
        messages.error(request, told % {"app": mine})
        return redirect("settings_app", mine.pk)
    messages.success(request, _("“%(app)s” was removed.") % {"app": mine})
    return redirect("settings_accounts")


def is_public(url: SplitResult) -> bool:
    """Whether Meta could deliver there: https, at a name or address that more than this network knows."""
    host = url.hostname or ""
    try:
        reached = ipaddress.ip_address(host).is_global
    except ValueError:
        reached = "." in host and not host.endswith(PRIVATE)
    return url.scheme == "https" and reached


def _keep(form: Form, agent: Agent, *, app_id: str, known: MetaApp | None = None) -> MetaApp | None:
    """The app as kept; None where Meta, or another workspace, does not agree: the form says why."""
    secret = form.cleaned_data["secret"] or (known.secret if known else "")
    try:
        return apps.keep(
            agent.workspace,
            app_id=app_id,
            secret=secret,
            instagram_secret=form.cleaned_data["instagram_secret"],
            graph_url=known.graph_url if known else "",
            by=agent,
        )
    except apps.AppElsewhere:
        form.add_error("app_id", ELSEWHERE)
    except NotAgreed as error:
        form.add_error(_place(form, error), sentence(error, secret, SECRET))
    return None


def _place(form: Form, error: Exception) -> str:
    return "app_id" if "app_id" in form.fields and is_about_the_id(error) else "secret"
