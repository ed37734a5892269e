"""How contacts are known: new names for known people, and two contacts that turn out to be one (meta.md E6)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_noop

from bandeja.channels.contract import Identity as Name
from bandeja.channels.contract import Renaming
from bandeja.conversations.models import Identity, MergeSuggestion

RENAMED = gettext_noop("The channel says that this number now belongs to the other contact.")


def rename(renamings: Iterable[Renaming]) -> None:
    """Let contacts be known by what the channel calls them now, beside what it called them before.

    Where that is another contact's already, the two are suggested for a merge: people decide. What tells of nobody we
    know does nothing. Where answers go is changed with what else a delivery changes (`touch.py`).
    """
    for renaming in renamings:
        with transaction.atomic():
            _rename(renaming)


def _rename(renaming: Renaming) -> None:
    known = _find(renaming.account_id, renaming.before)
    if known is None:
        return
    for kind, value in renaming.after:
        _tie(known, kind, value)


def _find(account_id: int, name: Name) -> Identity | None:
    kind, value = name
    return Identity.objects.filter(account_id=account_id, kind=kind, value=value).first()


def _tie(known: Identity, kind: str, value: str) -> None:
    other, _ = Identity.objects.get_or_create(
        account_id=known.account_id,
        kind=kind,
        value=value,
        defaults={"contact_id": known.contact_id, "workspace_id": known.workspace_id},
    )
    suggest_merge(known.workspace_id, known.contact_id, other.contact_id, RENAMED)


def suggest_merge(workspace_id: int, one: int, other: int, because: str) -> None:
    """Suggest that two contacts are one, once; `because` is a sentence, translated when shown."""
    if one == other:
        return
    first, second = sorted((one, other))
    MergeSuggestion.objects.get_or_create(
        first_id=first, second_id=second, defaults={"workspace_id": workspace_id, "because": because}
    )


def address_of(name: Name) -> str:
    """An identity as a conversation's `address` holds it."""
    return ":".join(name)
