"""Accounts: which are connected, what closes on them, and how to put them to use."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bandeja.channels import accounts as verbs
from bandeja.channels.meta import lines as meta
from bandeja.channels.models import Account, ChannelKey, MetaApp
from bandeja.closing import coverage
from bandeja.closing.deadline import Cover
from bandeja.closing.models import Coverage
from bandeja.closing.spans import span
from bandeja.conversations.bell import ring_all
from bandeja.inbox.settings import health
from bandeja.inbox.settings.forms import MessagingForm, NameForm, WebChatForm
from bandeja.people.access import for_agents
from bandeja.people.clock import now_for
from bandeja.people.models import Agent, Permission

SHOWN_ONCE = "account_token"
MESSAGING = frozenset({ChannelKey.MESSENGER, ChannelKey.INSTAGRAM})
"""Channels where people may be granted more time to answer than machines."""


@dataclass(frozen=True, slots=True)
class Line:
    """An account in the list, with the rule that closes on it, or the one whose list it waits in."""

    account: Account
    cover: Cover | None
    waits_in: str
    trouble: str = ""

    @property
    def span(self) -> str:
        return span(self.cover.amount, self.cover.unit) if self.cover else ""


def sample_site(agent: Agent) -> str:
    """Where to play the visitor of the newest web chat; '' without one, or for who does not manage accounts."""
    if not agent.may(Permission.MANAGE_ACCOUNTS):
        return ""
    chats = Account.objects.filter(workspace=agent.workspace, channel=ChannelKey.WEBCHAT, disconnected_at=None)
    chat = chats.order_by("pk").last()
    return reverse("widget_sample", args=[chat.external_id]) if chat else ""


@require_GET
@for_agents()
def accounts(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Everybody sees the accounts; those who manage them find the verbs."""
    mine = Account.objects.filter(workspace=agent.workspace).order_by("disconnected_at", "channel", "name", "pk")
    context = {
        "lines": _lines(list(mine)),
        "manages": agent.may(Permission.MANAGE_ACCOUNTS),
        "apps": MetaApp.objects.filter(workspace=agent.workspace).order_by("name", "pk"),
    }
    return render(request, "settings/accounts.html", context)


@require_GET
@for_agents(Permission.MANAGE_ACCOUNTS)
def channels(request: HttpRequest, agent: Agent) -> HttpResponse:
    """What can be connected."""
    context = {"has_app": MetaApp.objects.filter(workspace=agent.workspace).exists()}
    return render(request, "settings/channels.html", context)


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_ACCOUNTS)
def new(request: HttpRequest, agent: Agent, channel: str) -> HttpResponse:
    """Connect a web chat or an API account, and land where it is put to use."""
    form = WebChatForm(request.POST or None) if channel == ChannelKey.WEBCHAT else NameForm(request.POST or None)
    if not form.is_valid():
        context = {"form": form, "channel": channel}
        return render(request, "settings/new.html", context, status=422 if form.is_bound else 200)
    account = verbs.connect(agent.workspace, ChannelKey(channel), name=form.cleaned_data["name"], by=agent)
    if isinstance(form, WebChatForm):
        form.appearance.save(account, account.name, by=agent)
    else:
        _keep_token(request, account, agent)
    messages.success(request, _("“%(account)s” is connected.") % {"account": account})
    return redirect("settings_account", account.pk)


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_ACCOUNTS)
def account(request: HttpRequest, agent: Agent, account_id: int) -> HttpResponse:
    """How to put an account to use, and what can be changed about it."""
    mine = _account(agent, account_id)
    form = _form(request, mine)
    if form.is_valid():
        _save(mine, form, agent)
        messages.success(request, _("“%(account)s” was saved.") % {"account": form.cleaned_data["name"]})
        return redirect("settings_account", mine.pk)
    context = {
        "account": mine,
        "form": form,
        "line": _lines([mine])[0],
        "url": settings.PUBLIC_URL.geturl(),
        "token": _take_token(request, mine),
        "reading": health.Reading.of(mine),
        "is_meta": mine.channel in meta.WAYS,
        "now": now_for(agent),
    }
    return render(request, "settings/account.html", context, status=422 if form.is_bound else 200)


@require_POST
@for_agents(Permission.MANAGE_ACCOUNTS)
def connection(request: HttpRequest, agent: Agent, account_id: int) -> HttpResponse:
    """Connect again (`connected=yes`; what is Meta's needs a token for it) or disconnect (closing R10)."""
    mine = _account(agent, account_id)
    if request.POST.get("connected") == "yes":
        if mine.channel in meta.WAYS:
            return redirect("settings_access", mine.pk) if mine.app_id else redirect(f"settings_new_{mine.channel}")
        _reconnect(request, mine, agent)
    elif meta.disconnect(mine, by=agent):
        told = _("“%(account)s” is disconnected. Nothing arrives on it, and no rule closes its conversations.")
        messages.success(request, told % {"account": mine})
    # Open threads show at once what their clocks are now.
    ring_all(mine.workspace_id)
    return redirect("settings_account", mine.pk)


@require_POST
@for_agents(Permission.MANAGE_ACCOUNTS, confirmed=True)
def token(request: HttpRequest, agent: Agent, account_id: int) -> HttpResponse:
    """Give an API account a new token; the old one ends."""
    mine = get_object_or_404(Account, workspace=agent.workspace, pk=account_id, channel=ChannelKey.API)
    _keep_token(request, mine, agent)
    return redirect("settings_account", mine.pk)


def _account(agent: Agent, account_id: int) -> Account:
    return get_object_or_404(Account, workspace=agent.workspace, pk=account_id)


def _form(request: HttpRequest, mine: Account) -> NameForm:
    if mine.channel == ChannelKey.WEBCHAT:
        return WebChatForm(request.POST or None, account=mine)
    if mine.channel in MESSAGING:
        return MessagingForm(request.POST or None, account=mine)
    return NameForm(request.POST or None, initial={"name": mine.name})


def _save(mine: Account, form: NameForm, by: Agent) -> None:
    if isinstance(form, WebChatForm):
        form.appearance.save(mine, form.cleaned_data["name"], by=by)
        return
    verbs.change(mine, name=form.cleaned_data["name"], by=by)
    if isinstance(form, MessagingForm):
        meta.grant(mine, human_agent=form.cleaned_data["human_agent"])
        # Open threads show at once until when one may write.
        ring_all(mine.workspace_id)


def _reconnect(request: HttpRequest, mine: Account, by: Agent) -> None:
    try:
        verbs.connect(mine.workspace, ChannelKey(mine.channel), name=mine.name, external_id=mine.external_id, by=by)
    except verbs.ConnectedElsewhere:
        messages.error(request, _("It is connected to another workspace of this install. Disconnect it there first."))
    else:
        told = _("“%(account)s” is connected again. Its rule, if it has one, counts from now.")
        messages.success(request, told % {"account": mine})


def _keep_token(request: HttpRequest, account: Account, by: Agent) -> None:
    """A new token, to be shown on the next page and never again."""
    request.session[SHOWN_ONCE] = [account.pk, verbs.new_token(account, by=by)]


def _take_token(request: HttpRequest, account: Account) -> str:
    account_id, token = request.session.pop(SHOWN_ONCE, (0, ""))
    return str(token) if account_id == account.pk else ""


def _lines(accounts: list[Account]) -> list[Line]:
    ids = [account.pk for account in accounts]
    covers = coverage.clock(ids)
    waiting = Coverage.objects.filter(account_id__in=ids, covered_since__isnull=False).select_related("rule")
    rules = {entry.account_id: entry.rule.name for entry in waiting}
    ill = {each.account_id: health.trouble(each.account, each) for each in health.ailing(ids)}
    return [
        Line(account, covers.get(account.pk), rules.get(account.pk, ""), ill.get(account.pk, ""))
        for account in accounts
    ]
