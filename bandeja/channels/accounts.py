"""Connecting and disconnecting accounts: with rule saves, the only writers of an account's row."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from bandeja.channels import gate
from bandeja.channels.models import Account, ChannelKey, Connection, Credential, Health, MetaApp
from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.models import Action, Agent, Subject, Workspace

TOKEN_BYTES = 32


class ConnectedElsewhere(Exception):
    """That line, page or profile is connected to another workspace."""


def connect(
    workspace: Workspace,
    channel: ChannelKey,
    *,
    name: str,
    external_id: str = "",
    app: MetaApp | None = None,
    config: Mapping[str, Any] | None = None,
    token: str = "",
    at: datetime | None = None,
    by: Agent | None = None,
) -> Account:
    """Connect an account, or one that was disconnected again with its history (closing R10).

    An empty `external_id` makes a new public key: what web chat and the API have. A Meta account comes with its
    `app`, `config` and `token`, which replace what it had. Connecting is always a new start: `connected_at` is
    stamped behind the account's gate; one that is connected already only takes the new name, config and token.
    `by` is who does it, for the audit log; None is the operator, or the demo. Raises ConnectedElsewhere.
    """
    external_id = external_id or f"{channel[:3]}_{secrets.token_urlsafe(12)}"
    try:
        with transaction.atomic():
            account, made = Account.objects.get_or_create(
                workspace=workspace,
                channel=channel,
                external_id=external_id,
                defaults={"name": name, "connected_at": at or database_now(), "app": app, "config": config or {}},
            )
            if made:
                Connection.objects.create(account=account, since=account.connected_at)
            else:
                made = _reconnect(account, name, at)
                if app:
                    Account.objects.filter(pk=account.pk).update(name=name, app=app, config=config or {})
            if token:
                keep_token(account, token)
            _record(account, Action.CONNECTED if made else Action.TOKEN_RENEWED, by, name=name)
    except IntegrityError as error:
        # The database decides, for two workspaces may ask at once.
        raise ConnectedElsewhere(f"{external_id} is connected to another workspace.") from error
    account.refresh_from_db()
    return account


def disconnect(account: Account, *, at: datetime | None = None, by: Agent | None = None) -> bool:
    """Disconnect: it receives and closes nothing from here on, and keeps its history and its rule's list.

    Answers whether it was connected.
    """
    with transaction.atomic():
        gate.enter_alone([account.pk])
        at = at or database_now()
        Connection.objects.filter(account=account, until=None).update(until=at)
        was = bool(Account.objects.filter(pk=account.pk, disconnected_at=None).update(disconnected_at=at))
        if was:
            _record(account, Action.DISCONNECTED, by)
    return was


def change(account: Account, *, name: str, config: Mapping[str, Any] | None = None, by: Agent | None = None) -> bool:
    """Rename an account, and set what its `config` says; neither has a part in cover, so no gate is passed."""
    with transaction.atomic():
        before = Account.objects.get(pk=account.pk)
        after = {"name": name, "config": dict(before.config if config is None else config)}
        Account.objects.filter(pk=account.pk).update(**after)
        was = {"name": before.name, "config": before.config}
        return _record(account, Action.CHANGED, by, name=name, before=was, after=after)


def keep_token(account: Account, token: str, *, expires_at: datetime | None = None) -> None:
    """What we speak for the account with from here on; its health is asked for anew."""
    now = database_now()
    values = {"token": token, "expires_at": expires_at, "refreshed_at": now}
    Credential.objects.update_or_create(account=account, defaults=values)
    fresh = {"has_valid_token": None, "error": None, "error_at": None, "held_until": None, "look_at": now}
    Health.objects.update_or_create(account=account, defaults=fresh)


def new_token(account: Account, *, by: Agent | None = None) -> str:
    """Give an API account a new bearer token and forget the old one. Only its SHA-256 is kept: show it once."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        Account.objects.filter(pk=account.pk).update(token_hash=hashlib.sha256(token.encode()).hexdigest())
        _record(account, Action.TOKEN_RENEWED, by)
    return token


def _reconnect(account: Account, name: str, at: datetime | None) -> bool:
    gate.enter_alone([account.pk])
    at = at or database_now()
    gone = Account.objects.filter(pk=account.pk).exclude(disconnected_at=None)
    again = bool(gone.update(name=name, connected_at=at, disconnected_at=None))
    if again:
        Connection.objects.create(account=account, since=at)
    return again


def _record(account: Account, action: Action, by: Agent | None, *, name: str = "", **more: Any) -> bool:
    name = name or account.name
    return audit.record(Subject.ACCOUNT, account, action, workspace_id=account.workspace_id, name=name, by=by, **more)
