"""Whose token it is: an API account's, which reaches the conversations of that account and no other."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja.security import HttpBearer

from bandeja.channels.models import Account, ChannelKey
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope


class Token(HttpBearer):
    """Authenticates the account; views find it as `request.auth`."""

    def authenticate(self, request: HttpRequest, token: str) -> Account | None:  # noqa: ARG002
        held = hashlib.sha256(token.encode(errors="replace")).hexdigest()
        return Account.objects.filter(channel=ChannelKey.API, token_hash=held, disconnected_at=None).first()


class AccountRequest(HttpRequest):
    """A request with the token of an account."""

    auth: Account


def scope(request: AccountRequest) -> Scope:
    return Scope(request.auth.workspace_id, account_id=request.auth.pk)


def acting(request: AccountRequest) -> dict[str, Any]:
    """Within what, and as whom, a verb is called."""
    return {"scope": scope(request), "by": Actor.api(request.auth.pk)}


def reach(request: AccountRequest) -> QuerySet[Conversation]:
    """The conversations this token reaches, with what is shown of them."""
    shown = Conversation.objects.select_related("contact", "owner", "team").prefetch_related("contact__identities")
    return scope(request).filter(shown)


def conversation_or_404(request: AccountRequest, conversation_id: int) -> Conversation:
    return get_object_or_404(reach(request), pk=conversation_id)
