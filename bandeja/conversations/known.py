"""The contact behind each inbound item: found by what the channel calls them, or made (meta.md E6)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, TextField, Value, When
from django.utils.translation import gettext_noop

from bandeja.channels.contract import NAMELESS, Inbound, Renaming
from bandeja.conversations.identities import Double, suggest_merges
from bandeja.conversations.models import Contact, Identity
from bandeja.conversations.sql import as_json, run, statement

IDENTITIES = statement("bandeja.conversations", "identities")
CONTACTS = statement("bandeja.conversations", "contacts")

RENAMED = gettext_noop("The channel says that this number now belongs to the other contact.")
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


def contacts(
    items: Sequence[Inbound], workspaces: Mapping[int, int], renamings: Iterable[Renaming] = ()
) -> dict[Key, Known]:
    """The contact behind each item, by its key; those nobody knows yet are made.

    A contact is looked for by their other ids first, then by the one they wrote from, then by other forms of their
    number where only one contact has one. Who does nothing that makes a conversation is not made, and left out.
    Before that those of whom the channel says so are known by what it calls them now as well.
    """
    renamings, people = list(renamings), _people(items)
    names = {name for item in people.values() for name in (*_names(item), *_variants(item))}
    known = _known(names | {name for renaming in renamings for name in (_before(renaming), *_after(renaming))})
    new, doubles = _renamed(renamings, known, workspaces)
    first = _first_names(people.values())
    also = _strangers_renamed(renamings, first, known)
    owners = {each: _find(item, known) or known.get(first[each]) for each, item in people.items()}
    owned = {first[each]: owner for each, owner in owners.items() if owner}
    owners |= {each: owned.get(first[each]) for each, owner in owners.items() if owner is None}
    strangers = {first[key(item)]: item for item in items if makes(item) and owners[key(item)] is None}
    for each, owner in owners.items():
        if owner:
            doubles += _doubles(owner, people[each], known, workspaces)
        if owner or first[each] in strangers:
            named = owner.contact_id if owner else first[each]
            new |= {name: named for name in _names(people[each]) if name not in known}
    new |= {name: owned[first[name]].contact_id for name in also if first[name] in owned}
    new |= {name: first[name] for name in also if first[name] in strangers}
    _write(new, strangers, workspaces)
    known |= _known(strangers)
    suggest_merges(doubles)
    found = {each: owner for each in people if (owner := owners[each] or known.get(first[each]))}
    # Once nothing is left to make, and in one order, so that two batches never wait for each other in a circle.
    for each in sorted(found, key=lambda each: found[each].contact_id):
        _fill_in(found[each], people[each])
    return found


def _before(renaming: Renaming) -> Key:
    return (renaming.account_id, *renaming.before)


def _after(renaming: Renaming) -> list[Key]:
    return [(renaming.account_id, *name) for name in renaming.after]


def _renamed(
    renamings: Iterable[Renaming], known: dict[Key, Known], workspaces: Mapping[int, int]
) -> tuple[dict[Key, int | Key], list[Double]]:
    """The names that known contacts have from here on, which are `known` then; and those that are another's already.

    What tells of nobody we know, nor of who first writes in the same batch, does nothing: there is nobody to rename.
    """
    new: dict[Key, int | Key] = {}
    doubles = []
    for renaming in _one_after_the_other(renamings, known):
        owner = known[_before(renaming)]
        for name in _after(renaming):
            if known.setdefault(name, owner) is owner:
                new[name] = owner.contact_id
            else:
                workspace_id = workspaces[renaming.account_id]
                doubles.append(Double(workspace_id, owner.contact_id, known[name].contact_id, RENAMED))
    return new, doubles


def _one_after_the_other(renamings: Iterable[Renaming], of: Container[Key]) -> Iterator[Renaming]:
    """Those of who is in `of`, or comes to be there by one that was answered before: whichever was said first."""
    waiting = list(renamings)
    while told := [each for each in waiting if _before(each) in of]:
        waiting = [each for each in waiting if _before(each) not in of]
        yield from told


def _strangers_renamed(renamings: Iterable[Renaming], first: dict[Key, Key], known: Mapping[Key, Known]) -> list[Key]:
    """Make one in `first` what a stranger of this batch is called and what they are called from here on: the latter.

    Whichever was said first: Meta keeps no order within a delivery.
    """
    also = []
    for renaming in _one_after_the_other((each for each in renamings if _before(each) not in known), first):
        before = _before(renaming)
        for name in _after(renaming):
            if name not in known:
                other = first.get(name, name)
                first |= {each: first[before] for each, one in first.items() if one == other}
                first[name] = first[before]
                also.append(name)
    return also


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
    if not asked:
        return {}
    with run(CONTACTS, {"items": as_json(asked)}) as cursor:
        return {
            (account_id, kind, value): Known(contact_id, conversation_id, blocked, profile)
            for account_id, kind, value, contact_id, conversation_id, blocked, *profile in cursor.fetchall()
        }


def _doubles(owner: Known, item: Inbound, known: Mapping[Key, Known], workspaces: Mapping[int, int]) -> list[Double]:
    """The other contacts that are known by one of this contact's names."""
    others = {known[name].contact_id for name in _names(item) if name in known} - {owner.contact_id}
    return [Double(workspaces[item.account_id], owner.contact_id, other, TWO_IDS) for other in others]


def _write(new: dict[Key, int | Key], strangers: Mapping[Key, Inbound], workspaces: Mapping[int, int]) -> None:
    """Write down new names: of known contacts, by their id, and of strangers, by the name that makes them."""
    new |= {first: first for first in strangers}
    if not new:
        return
    numbers = {first: number for number, first in enumerate(strangers)}
    rows = []
    for name, owner in new.items():
        account_id, kind, value = name
        row = {"account_id": account_id, "workspace_id": workspaces[account_id], "kind": kind, "value": value}
        if isinstance(owner, int):
            rows.append({**row, "contact_id": owner})
        else:
            profile = _profile(name, strangers[name]) if name == owner else {}
            rows.append({**row, "stranger": numbers[owner], **profile})
    with run(IDENTITIES, {"items": as_json(rows)}) as cursor:
        orphans = cursor.fetchall()
    if orphans:
        _adopt({contact_id: list(strangers)[number] for number, contact_id in orphans})


def _profile(name: Key, item: Inbound) -> dict[str, Any]:
    _, kind, _ = name
    asks = kind in NAMELESS and not item.name
    return {"is_first": True, "name": item.name, "email": item.email, "phone": item.phone, "asks": asks}


def _adopt(firsts: Mapping[int, Key]) -> None:
    """Who was made by somebody else meanwhile has the other names we knew them by as well."""
    known = _known(firsts.values())
    for contact_id, first in firsts.items():
        Identity.objects.filter(contact_id=contact_id).update(contact_id=known[first].contact_id)


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
