"""What was set aside: deliveries, or items of them, that could not be taken in. They hold up nobody (closing C8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from bandeja.channels.models import Account, MetaApp, Receipt
from bandeja.channels.reading import clean
from bandeja.intake import drain
from bandeja.people.access import for_agents
from bandeja.people.models import Agent, Permission

PAGE = 50
EXCERPT = 800
MOST_ITEMS = 20


@dataclass(frozen=True, slots=True)
class Parked:
    """One delivery as an administrator reads it: whole when nothing of it was taken in."""

    id: int
    source: Account | MetaApp
    received_at: datetime
    whole: bool
    error: str
    items: Sequence[tuple[str, str]]
    more_items: int
    excerpt: str

    @classmethod
    def of(cls, receipt: Receipt, source: Account | MetaApp) -> Parked:
        bad = receipt.bad_items or []
        items = [(_(item["reason"]), str(item["item"])) for item in bad[:MOST_ITEMS]]
        body = bytes(receipt.body[: EXCERPT + 1])
        excerpt = clean(body[:EXCERPT].decode(errors="replace")) + ("…" if len(body) > EXCERPT else "")
        whole = receipt.processed_at is None
        more = max(0, len(bad) - MOST_ITEMS)
        return cls(receipt.pk, source, receipt.received_at, whole, _(receipt.error), items, more, excerpt)


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_ACCOUNTS)
def parked(request: HttpRequest, agent: Agent) -> HttpResponse:
    """GET: the latest, newest first. POST: those named `receipt` are drained again, or deleted if `verb` says so."""
    if request.method == "POST":
        return _discard(request, agent) if request.POST.get("verb") == "discard" else _replay(request, agent)
    accounts = {account.pk: account for account in Account.objects.filter(workspace=agent.workspace)}
    apps = {app.pk: app for app in MetaApp.objects.filter(workspace=agent.workspace)}
    receipts = _receipts(list(accounts), list(apps))
    page = receipts.order_by("-parked_at", "-pk")[:PAGE]
    context = {
        "parked": [Parked.of(receipt, _source(receipt, accounts, apps)) for receipt in page],
        "count": receipts.count(),
    }
    return render(request, "settings/parked.html", context)


def _named(request: HttpRequest) -> list[int]:
    return [int(key) for key in request.POST.getlist("receipt") if key.isascii() and key.isdigit() and len(key) < 19]


def _discard(request: HttpRequest, agent: Agent) -> HttpResponse:
    discarded = drain.discard(_named(request), agent.workspace_id)
    told = ngettext("%(n)d delivery was discarded.", "%(n)d deliveries were discarded.", discarded)
    messages.success(request, told % {"n": discarded})
    return redirect("settings_parked")


def _replay(request: HttpRequest, agent: Agent) -> HttpResponse:
    replayed = drain.replay(_named(request), agent.workspace_id)
    told = ngettext(
        "%(n)d delivery is being read again. What cannot be taken in comes back here.",
        "%(n)d deliveries are being read again. What cannot be taken in comes back here.",
        replayed,
    )
    messages.success(request, told % {"n": replayed})
    return redirect("settings_parked")


def _receipts(account_ids: list[int], app_ids: list[int]) -> QuerySet[Receipt]:
    mine = Q(account_id__in=account_ids) | Q(app_id__in=app_ids)
    return Receipt.objects.filter(mine, parked_at__isnull=False)


def _source(receipt: Receipt, accounts: Mapping[int, Account], apps: Mapping[int, MetaApp]) -> Account | MetaApp:
    if receipt.account_id is not None:
        return accounts[receipt.account_id]
    assert receipt.app_id is not None, "a receipt has an account or an app"  # noqa: S101  as said
    return apps[receipt.app_id]
