"""The contact behind each inbound item: found by what the channel calls them, or made (meta.md E6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, TextField, Value, When
from django.utils.translation import gettext_noop

from bandeja.channels.contract import NAMELESS, Inbound
from bandeja.conversations.identities import suggest_merge
from bandeja.conversations.models import Contact
from bandeja.conversations.sql import as_json, run, statement

IDENTITIES = statement("bandeja.conversations", "identities")
CONTACTS = statement("bandeja.conversations", "contacts")
TIES = statement("bandeja.conversations", "ties")

TWO_IDS = gettext_noop("A message came with an id of the one and an id of the other.")

Key = tuple[int, str, str]
"""Account, kind and value."""


@dataclass(frozen=True, slots=True)
class Known:
    """A contact, and the conversation they have on the account, None while there is none."""

    contact_id: int
    conversation_id: int | None
    blocked: bool
    profile: Sequence[str]
    """Name, e-mail address and telephone number, as they are known."""


def key(item: Inbound) -> Key:
    """How the channel knows whom this item is with."""
    return (item.account_id, *item.identity)


def contacts(items: Sequence[Inbound], workspaces: Mapping[int, int]) -> dict[Key, Known]:
    """The contact behind each item, by its key; those nobody knows yet are made.

    A contact is looked for by their other ids first, then by the one they wrote from, then by other forms of their
    number where only one contact has one. Who does nothing that makes a conversation is not made, and left out.
    """
    people = _people(items)
    known = _known({name for item in people.values() for name in (*_names(item), *_variants(item))})
    first = _first_names(people.values())
    strangers = {first[key(item)]: item for item in items if makes(item) and _find(item, known) is None}
    if strangers:
        with run(
            IDENTITIES, {"items": as_json([_profile(name, item, workspaces) for name, item in strangers.items()])}
        ):
            known |= _known(strangers)
    found = {
        each: contact for each, item in people.items() if (contact := _find(item, known) or known.get(first[each]))
    }
    _tie(found, people, known, workspaces)
    # Once nothing is left to make, and in one order, so that two batches never wait for each other in a circle.
    for each in sorted(found, key=lambda each: found[each].contact_id):
        _fill_in(found[each], people[each])
    return found


def _people(items: Iterable[Inbound]) -> dict[Key, Inbound]:
    """Of each contact the item that tells most of them, the latest of those."""
    people: dict[Key, Inbound] = {}
    for item in items:
        known = people.get(key(item))
        if known is None or (len(item.aliases), item.name != "") >= (len(known.aliases), known.name != ""):
            people[key(item)] = item
    return people


def makes(item: Inbound) -> bool:
    """Whether it makes a conversation where there is none: what counts does (closing C4), and what we said or had
    said elsewhere must not be lost.
    """
    return item.counts or item.echo or item.history


def _names(item: Inbound) -> list[Key]:
    """What the channel calls them, the most lasting first."""
    return [(item.account_id, *name) for name in (*item.aliases, item.identity)]


def _first_names(people: Iterable[Inbound]) -> dict[Key, Key]:
    """The name each is made by: one batch may speak of a stranger by one id here, and by two there."""
    first: dict[Key, Key] = {}
    for item in sorted(people, key=lambda item: -len(item.aliases)):
        for name in _names(item):
            first.setdefault(name, first.get(_names(item)[0], _names(item)[0]))
    return first


def _variants(item: Inbound) -> list[Key]:
    return [(item.account_id, *name) for name in item.variants]


def _find(item: Inbound, known: Mapping[Key, Known]) -> Known | None:
    for name in _names(item):
        if name in known:
            return known[name]
    others = {known[name].contact_id: known[name] for name in _variants(item) if name in known}
    return next(iter(others.values())) if len(others) == 1 else None


def _known(names: Iterable[Key]) -> dict[Key, Known]:
    asked = [{"account_id": account_id, "kind": kind, "value": value} for account_id, kind, value in names]
    with run(CONTACTS, {"items": as_json(asked)}) as cursor:
        return {
            (account_id, kind, value): Known(contact_id, conversation_id, blocked, profile)
            for account_id, kind, value, contact_id, conversation_id, blocked, *profile in cursor.fetchall()
        }


def _profile(name: Key, item: Inbound, workspaces: Mapping[int, int]) -> dict[str, Any]:
    account_id, kind, value = name
    return {
        "account_id": account_id,
        "workspace_id": workspaces[account_id],
        "kind": kind,
        "value": value,
        "name": item.name,
        "email": item.email,
        "phone": item.phone,
        "asks": kind in NAMELESS and not item.name,
    }


def _tie(
    found: Mapping[Key, Known],
    people: Mapping[Key, Inbound],
    known: Mapping[Key, Known],
    workspaces: Mapping[int, int],
) -> None:
    """Write down the names a contact was not known by; where one is another contact's, people decide."""
    new: dict[Key, int] = {}
    for each, contact in found.items():
        for name in _names(people[each]):
            if name not in known:
                new[name] = contact.contact_id
            elif known[name].contact_id != contact.contact_id:
                suggest_merge(workspaces[name[0]], contact.contact_id, known[name].contact_id, TWO_IDS)
    if new:
        _write_ties(new, workspaces)


def _write_ties(new: Mapping[Key, int], workspaces: Mapping[int, int]) -> None:
    rows = [
        {
            "account_id": account_id,
            "workspace_id": workspaces[account_id],
            "kind": kind,
            "value": value,
            "contact_id": contact_id,
        }
        for (account_id, kind, value), contact_id in new.items()
    ]
    with run(TIES, {"items": as_json(rows)}):
        pass


def _fill_in(contact: Known, item: Inbound) -> None:
    """Write down what the contact now says of themselves where we knew nothing; never over what is known."""
    told = {"name": item.name, "email": item.email, "phone": item.phone}
    news = {
        field: said for (field, said), known in zip(told.items(), contact.profile, strict=True) if said and not known
    }
    if news:
        # Only where it is blank still: somebody may have written it down since it was read.
        text = TextField()
        blank = {
            field: Case(When(**{field: ""}, then=Value(said)), default=F(field), output_field=text)
            for field, said in news.items()
        }
        Contact.objects.filter(pk=contact.contact_id).update(**blank)
