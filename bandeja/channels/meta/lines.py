"""Connecting and disconnecting what Meta has: a WhatsApp number, a page, an Instagram account."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from bandeja import environment
from bandeja.channels import accounts
from bandeja.channels.instagram import connect as instagram
from bandeja.channels.messenger import connect as messenger
from bandeja.channels.meta import faults, missed
from bandeja.channels.meta.found import Found
from bandeja.channels.meta.subscription import Subscription
from bandeja.channels.models import Account, ChannelKey, Credential, Health, MetaApp
from bandeja.channels.sending import HUMAN_AGENT, Fault, Line, NotReached, Refused, Unanswered
from bandeja.channels.whatsapp import connect as whatsapp
from bandeja.people.clock import database_now
from bandeja.people.models import Agent, Workspace

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Way:
    """How one of Meta's channels is asked about an account: what it is now, and what is delivered of it."""

    check: Callable[[Line], Found]
    subscription: Callable[[Line], Subscription]


WAYS: Mapping[str, Way] = {
    ChannelKey.WHATSAPP: Way(whatsapp.check, whatsapp.subscription),
    ChannelKey.MESSENGER: Way(messenger.check, messenger.subscription),
    ChannelKey.INSTAGRAM: Way(instagram.check, instagram.subscription),
}


class TooManyLines(Exception):
    """The workspace has as many WhatsApp numbers as an installation lets it have (BANDEJA_WHATSAPP_LINES)."""


def line(account: Account) -> Line:
    """The account as a sender sees it; select `credential` and `app` with it."""
    token = account.credential.token if hasattr(account, "credential") else ""
    graph_url = account.app.graph_url if account.app else ""
    return Line(account.pk, account.external_id, account.config, token, graph_url)


def connect(
    workspace: Workspace,
    app: MetaApp,
    found: Found,
    token: str,
    *,
    at: datetime | None = None,
    by: Agent | None = None,
) -> Account:
    """Connect what a token gave access to, or connect it again, and ask Meta for its deliveries.

    It is kept before it is subscribed to, so that nothing delivered is nobody's; where subscribing fails, the
    account's health says so and the check-up tries again. Raises TooManyLines and accounts.ConnectedElsewhere.
    """
    _note_missed(workspace, app, found, token.strip())
    with transaction.atomic():
        # One connection of a workspace after the other, so that two at once cannot both be the tenth.
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        if found.channel == ChannelKey.WHATSAPP and not _has_room(workspace, found):
            raise TooManyLines(f"This workspace already has {environment.WHATSAPP_LINES.value()} WhatsApp numbers.")
        account = accounts.connect(
            workspace,
            found.channel,
            name=found.name,
            external_id=found.external_id,
            app=app,
            config={**_kept(workspace, found), **found.config},
            token=token.strip(),
            at=at,
            by=by,
        )
        Health.objects.filter(account=account).update(
            has_valid_token=True, quality=found.quality, tier=found.tier, checked_at=database_now()
        )
    _subscribe(account)
    return account


def _note_missed(workspace: Workspace, app: MetaApp, found: Found, token: str) -> None:
    """Note what those who are connected already missed where their subscription was lost: it begins again in a
    moment, and then no check-up finds it so.

    Before the token is kept, so that no fault is over while this is not known.
    """
    if found.channel not in missed.BACKFILLED:
        return
    subscription = WAYS[found.channel].subscription(Line(0, found.external_id, found.config, token, app.graph_url))
    # Itself too where another app, or another login, brought its deliveries until now.
    itself = Account.objects.filter(workspace=workspace, channel=found.channel, external_id=found.external_id)
    expecting = {*itself.filter(disconnected_at=None), *_sharing(app, subscription.owner)}
    if expecting and _may_be_lost(subscription, app.app_id):
        missed.note(expecting, database_now())


def _may_be_lost(subscription: Subscription, app_id: str) -> bool:
    """Whether nothing is delivered any more; also where it is not told, for what is fetched is not said twice."""
    try:
        return subscription.lacking(app_id) is None
    except (Refused, NotReached, Unanswered) as error:
        log.warning("could not ask for a subscription", extra={"owner": subscription.owner, "error": str(error)})
        return True


def _subscribe(account: Account) -> None:
    """Ask Meta for the account's deliveries, and keep as its health whether it agreed: they bring those of all that
    share its subscription.
    """
    try:
        WAYS[account.channel].subscription(line(account)).begin()
    except (Refused, NotReached, Unanswered) as error:
        log.warning("could not subscribe", extra={"account_id": account.pk, "error": str(error)})
        fresh = {"is_subscribed": False, "error": not_subscribed(error), "error_at": database_now()}
        Health.objects.filter(account=account).update(**fresh)
    else:
        # In order of id, as whoever else writes of several accounts' health: nobody waits in a circle.
        for each in sharing(account):
            Health.objects.filter(account=each).update(is_subscribed=True)


def grant(account: Account, *, human_agent: bool) -> None:
    """Keep whether Meta granted the account's app the human agent tag."""
    learn(account.pk, {HUMAN_AGENT: human_agent})


def learn(account_id: int, config: Mapping[str, Any]) -> None:
    """Keep this of an account; everything else it is set to stays, and nothing is written where it is known."""
    account = Account.objects.filter(pk=account_id)
    if not account.exclude(config__contains=config).exists():
        return
    with transaction.atomic():
        held = account.select_for_update(no_key=True).get()
        account.update(config={**held.config, **config})


def forget(account_id: int, name: str) -> None:
    """Keep no more what was learnt of an account under this name."""
    account = Account.objects.filter(pk=account_id)
    with transaction.atomic():
        held = account.select_for_update(no_key=True).get()
        account.update(config={each: value for each, value in held.config.items() if each != name})


def sharing(account: Account) -> list[Account]:
    """The connected accounts of the subscription that this one's deliveries come by, in order of id.

    Numbers share their business account's, a page and its Instagram account that of the page.
    """
    return _sharing(account.app, WAYS[account.channel].subscription(line(account)).owner)


def _sharing(app: MetaApp | None, owner: str) -> list[Account]:
    connected = Account.objects.filter(app=app, disconnected_at=None).select_related("credential", "app")
    return [each for each in connected.order_by("pk") if WAYS[each.channel].subscription(line(each)).owner == owner]


def not_subscribed(error: Exception) -> dict[str, object]:
    """The error that an account's health keeps when its deliveries do not come; sending goes on all the same."""
    said = error.told() if isinstance(error, Refused) else {}
    details = said.get("details") or said.get("text") or ""
    return {**said, "fault": Fault.TRANSIENT.value, "text": faults.NOT_SUBSCRIBED, "details": details}


def disconnect(account: Account, *, at: datetime | None = None, by: Agent | None = None) -> bool:
    """Disconnect, whatever Meta says; then ask for no more deliveries, unless another account needs them.

    Its token is forgotten: who connects it again brings one. Answers whether it was connected.
    """
    was = accounts.disconnect(account, at=at, by=by)
    if was and account.channel in WAYS:
        held = Credential.objects.filter(account=account).first()
        _unsubscribe(account)
        if held:
            # Only the one we had: who connects it again meanwhile brings another.
            Credential.objects.filter(pk=account.pk, refreshed_at=held.refreshed_at).delete()
    return was


def _unsubscribe(account: Account) -> None:
    if any(other.pk != account.pk for other in sharing(account)):
        return
    try:
        WAYS[account.channel].subscription(line(account)).end()
    except (Refused, NotReached, Unanswered) as error:
        log.warning("could not unsubscribe", extra={"account_id": account.pk, "error": str(error)})


def _has_room(workspace: Workspace, found: Found) -> bool:
    lines = Account.objects.filter(workspace=workspace, channel=ChannelKey.WHATSAPP, disconnected_at=None)
    return lines.exclude(external_id=found.external_id).count() < environment.WHATSAPP_LINES.value()


def _kept(workspace: Workspace, found: Found) -> dict[str, object]:
    """What people have set on the account before, such as the human agent tag; Meta's own facts replace theirs.

    One that was disconnected may have been joined to Meta's platform again meanwhile: its phone app is asked anew.
    """
    known = Account.objects.filter(workspace=workspace, channel=found.channel, external_id=found.external_id).first()
    if known is None:
        return {}
    gone = set() if known.is_connected else {whatsapp.PHONE_APP}
    return {name: value for name, value in known.config.items() if name not in gone}
