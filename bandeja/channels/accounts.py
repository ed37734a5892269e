"""Connecting and disconnecting accounts: with rule saves, the only writers of an account's row."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import IntegrityError, transaction

from bandeja.channels import gate
from bandeja.channels.models import Account, ChannelKey
from bandeja.people.clock import database_now
from bandeja.people.models import Workspace

TOKEN_BYTES = 32


class ConnectedElsewhere(Exception):
    """That line, page or profile is connected to another workspace."""


def connect(
    workspace: Workspace, channel: ChannelKey, *, name: str, external_id: str = "", at: datetime | None = None
) -> Account:
    """Connect an account, or one that was disconnected again with its history (closing R10).

    An empty `external_id` makes a new public key: what web chat and the API have. Connecting is always a new
    start: `connected_at` is stamped behind the account's gate. Raises ConnectedElsewhere.
    """
    external_id = external_id or f"{channel[:3]}_{secrets.token_urlsafe(12)}"
    try:
        with transaction.atomic():
            account, made = Account.objects.get_or_create(
                workspace=workspace,
                channel=channel,
                external_id=external_id,
                defaults={"name": name, "connected_at": at or database_now()},
            )
            if not made:
                _reconnect(account, name, at)
    except IntegrityError as error:
        # The database decides, for two workspaces may ask at once.
        raise ConnectedElsewhere(f"{external_id} is connected to another workspace.") from error
    account.refresh_from_db()
    return account


def disconnect(account: Account, *, at: datetime | None = None) -> bool:
    """Disconnect: it receives and closes nothing from here on, and keeps its history and its rule's list.

    Answers whether it was connected.
    """
    with transaction.atomic():
        gate.enter_alone([account.pk])
        return bool(
            Account.objects.filter(pk=account.pk, disconnected_at=None).update(disconnected_at=at or database_now())
        )


def new_token(account: Account) -> str:
    """Give an API account a new bearer token and forget the old one. Only its SHA-256 is kept: show it once."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    Account.objects.filter(pk=account.pk).update(token_hash=hashlib.sha256(token.encode()).hexdigest())
    return token


def _reconnect(account: Account, name: str, at: datetime | None) -> None:
    gate.enter_alone([account.pk])
    Account.objects.filter(pk=account.pk).exclude(disconnected_at=None).update(
        name=name, connected_at=at or database_now(), disconnected_at=None
    )
