"""Who asks: a program with the token of a person, or of an API account."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from django.http import HttpRequest

from bandeja.api import tokens
from bandeja.channels.models import Account, ChannelKey
from bandeja.conversations.actor import Actor
from bandeja.conversations.scope import Scope
from bandeja.people.models import Agent, Workspace


@dataclass(frozen=True, slots=True)
class Caller:
    """A program acting as `agent` within `scopes`, or speaking for the API account `account`. One of the two is None.

    `key` names the token: what is counted and remembered of it goes by that.
    """

    key: str
    workspace: Workspace
    agent: Agent | None = None
    account: Account | None = None
    scopes: Collection[str] = ()

    @property
    def scope(self) -> Scope:
        """The conversations in reach, as on screen; those of one account for its own token."""
        if self.account is not None:
            return Scope(self.workspace.pk, account_id=self.account.pk)
        return Scope.of(self.person)

    @property
    def by(self) -> Actor:
        """Whom a verb is told it is."""
        return Actor.api(self.account.pk) if self.account is not None else Actor.agent(self.person)

    @property
    def person(self) -> Agent:
        """Whom it acts as; ask only where the tokens of accounts are refused."""
        assert self.agent is not None  # noqa: S101 - `access.Token` lets only people's tokens come this far
        return self.agent

    @property
    def language(self) -> str:
        """What problems are told in, unless the request asks for another."""
        return (self.agent.language if self.agent else "") or self.workspace.language


def find(request: HttpRequest) -> Caller | None:
    """Whose token the request carries, if any that is in force."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text:
        return None
    if token := tokens.find(text):
        agent = token.agent
        return Caller(f"token-{token.pk}", agent.workspace, agent=agent, scopes=frozenset(token.scopes))
    return _of_account(text)


def _of_account(text: str) -> Caller | None:
    held = hashlib.sha256(text.encode(errors="replace")).hexdigest()
    connected = Account.objects.filter(channel=ChannelKey.API, token_hash=held, disconnected_at=None)
    account = connected.select_related("workspace").first()
    return Caller(f"account-{account.pk}", account.workspace, account=account) if account else None
