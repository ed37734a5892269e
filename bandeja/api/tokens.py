"""The verbs of tokens: made for a person, shown once, used, revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from bandeja.api.models import Scope, Token
from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.guard import guarded, reach_of
from bandeja.people.models import Action, Agent, AuditEntry, BandejaNow, Permission, Subject

PREFIX = "bdj_"
"""What tells a person's token from an account's, and tells whoever finds one in a log what it is."""
TOKEN_BYTES = 32
USED_EVERY = timedelta(minutes=1)
"""`last_used_at` is no more exact than this, so that a request rarely costs a write."""


class Beyond(Exception):
    """Whoever asks may not act as that person: their role allows more, or it is not theirs to give."""


def make(
    agent: Agent,
    *,
    name: str,
    scopes: Collection[str],
    by: Agent,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """A token by which a program acts as `agent`, and its text, which nobody can show again. Raises Beyond."""
    text = f"{PREFIX}{secrets.token_urlsafe(TOKEN_BYTES)}"
    # One at a time with whoever changes what either of them may do.
    with guarded(agent.workspace_id):
        by, agent = (Agent.objects.select_related("role", "workspace").get(pk=each.pk) for each in (by, agent))
        if not may_act_as(by, agent):
            raise Beyond("Nobody lends what they do not have.")
        token = Token.objects.create(
            workspace_id=agent.workspace_id, agent=agent, made_by=by, name=name, token_hash=_hash(text),
            ending=text[-4:], scopes=sorted({Scope(each).value for each in scopes}), expires_at=expires_at,
        )  # fmt: skip
        _record(token, Action.CREATED, by)
    return token, text


def revoke(token: Token, *, by: Agent) -> bool:
    """From the next request on it opens nothing. Answers whether it was in force."""
    with transaction.atomic():
        revoked = Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=database_now())
        if revoked:
            _record(token, Action.DELETED, by)
    return bool(revoked)


def find(text: str) -> Token | None:
    """The token in force with this text, its person at hand; notes that it is used."""
    if not text.startswith(PREFIX):
        return None
    found = Token.objects.filter(in_force(), token_hash=_hash(text)).annotate(now=BandejaNow())
    token = found.select_related("agent__role", "agent__workspace", "made_by__role").first()
    if token is None or not is_still_lent(token):
        return None
    _use(token, token.now)
    return token


def in_force() -> Q:
    """What a token that opens something is, but for `is_still_lent`."""
    alive = Q(expires_at=None) | Q(expires_at__gt=BandejaNow())
    return alive & Q(revoked_at=None) & is_here()


def is_here() -> Q:
    """Whether its person works here, and neither they nor its maker were out since: who comes back makes new ones."""
    either = Q(subject_id=OuterRef("agent_id")) | Q(subject_id=OuterRef("made_by_id"))
    out = AuditEntry.objects.filter(
        either, workspace_id=OuterRef("workspace_id"), subject=Subject.PERSON, action=Action.DEACTIVATED,
        at__gt=OuterRef("created_at"),
    )  # fmt: skip
    return Q(~Exists(out), agent__is_active=True)


def is_still_lent(token: Token) -> bool:
    """Whether who made it for somebody else could still do so: they are here, and may what that person may.

    So nobody's program gets what its person is given later, nor outlives who lent it.
    """
    maker = token.made_by
    return maker is None or maker.pk == token.agent_id or may_act_as(maker, token.agent)


def seen_by(agent: Agent) -> QuerySet[Token]:
    """Those this person may see and revoke: their own, or all of the workspace for who manages people."""
    tokens = Token.objects.filter(workspace_id=agent.workspace_id).select_related("agent__role", "made_by__role")
    return tokens if agent.may(Permission.MANAGE_PEOPLE) else tokens.filter(agent=agent)


def may_act_as(by: Agent, agent: Agent) -> bool:
    """Whether `by` may have a program act as `agent`: as themselves, or as whom they could make themselves."""
    if by.workspace_id != agent.workspace_id or not agent.is_active or not by.is_active:
        return False
    return by.pk == agent.pk or (by.may(Permission.MANAGE_PEOPLE) and reach_of(agent) <= set(by.role.permissions))


def _use(token: Token, now: datetime) -> None:
    if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
        unsaid = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_EVERY)
        Token.objects.filter(unsaid, pk=token.pk).update(last_used_at=now)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _record(token: Token, action: Action, by: Agent) -> None:
    told = {
        "name": token.name,
        "person": str(token.agent),
        "scopes": token.scopes,
        "expires_at": token.expires_at.isoformat() if token.expires_at else "",
    }
    said: dict[str, Any] = {"after": told} if action == Action.CREATED else {"before": told}
    audit.record(
        Subject.TOKEN, token, action, workspace_id=token.workspace_id, name=token.name, by=by, **said
    )  # fmt: skip
