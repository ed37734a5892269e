"""Two contacts become one, because somebody said so: never by itself, and not to be undone.

It is one transaction. It passes the gates of all their accounts alone: nothing is received and nothing closes there
meanwhile, so that no message finds its contact or its conversation gone. Then everything is locked in the one order:
identities, contacts, conversations, messages, outgoing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignObjectRel, Model, QuerySet

from bandeja.channels import gate
from bandeja.conversations import tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.bell import ring
from bandeja.conversations.contacts import OWN, PROFILE, conversations_of, details, hold_fields
from bandeja.conversations.identities import first_address
from bandeja.conversations.models import (
    Contact,
    ContactKind,
    Conversation,
    Event,
    EventKind,
    Identity,
    Message,
    Outgoing,
    Status,
)
from bandeja.conversations.scope import Scope
from bandeja.conversations.sql import statement
from bandeja.people.clock import database_now

ABSORB = statement("bandeja.conversations", "absorb")
MERGE = statement("bandeja.conversations", "merge")


class OutOfReach(Exception):
    """Some of their conversations lie outside what the person may see: merging would show them, or take them away."""


class OneBlocked(Exception):
    """One of them is blocked and the other is not: whoever merges says first which it shall be."""


class Sending(Exception):
    """In two conversations that would be one a message is being sent; in a moment it is not."""


class Changed(Exception):
    """They have other accounts by now than when it began: somebody merged one of them at this moment."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The conversations of the one that stays, and which of them took in another: `{that went: that stays}`."""

    conversations: Sequence[int]
    absorbed: Mapping[int, int]


def merge(
    stays: int, goes: int, *, scope: Scope, by: Actor, theirs: Collection[str] = (), at: datetime | None = None
) -> Merged:
    """Make the contact `goes` part of the contact `stays`.

    Where both have a conversation on one account they become one (closing E1). `theirs` are the details, called as
    in `contacts.Details`, that are taken from the one that goes; where the one that stays has none they always are.
    Raises OutOfReach, OneBlocked, Sending, Changed, and Contact.DoesNotExist where there are no two of the workspace.
    """
    if stays == goes:
        raise Contact.DoesNotExist("A contact is no other than itself.")
    ids = sorted((stays, goes))
    with transaction.atomic():
        kept, gone, conversations = _hold(ids, scope)
        if stays > goes:
            kept, gone = gone, kept
        _require(kept, gone, conversations, scope)
        pairs = _pairs(kept, conversations)
        _hold_messages(pairs)
        not_kept = _not_kept(kept, gone, theirs)
        at = at or database_now()
        absorbed = _write(kept, gone, pairs, theirs, at)
        after = conversations_of(kept)
        _tell(kept, gone, conversations, absorbed, not_kept, by, at)
        _tell_woken(conversations, absorbed, by, at)
        ring([scope.workspace_id], sorted({*after, *absorbed}), gone=list(absorbed))
    return Merged(after, absorbed)


def _hold(ids: Sequence[int], scope: Scope) -> tuple[Contact, Contact, list[Conversation]]:
    """Both contacts in order of id and all their conversations, locked behind the gates of their accounts."""
    accounts = _accounts(ids)
    gate.enter_alone(accounts)
    list(Identity.objects.select_for_update().filter(contact_id__in=ids).order_by("pk").values_list("pk"))
    both = Contact.objects.filter(workspace_id=scope.workspace_id, pk__in=ids)
    # Not their keys: who holds a conversation and has changed it twice asks for those of its contact at the commit.
    held = list(both.select_for_update(no_key=True).order_by("pk"))
    if len(held) < 2:
        raise Contact.DoesNotExist("There are no two such contacts in this workspace.")
    if not _accounts(ids) <= accounts:
        raise Changed("One of them has another account by now.")
    hold_fields(scope.workspace_id)
    theirs = Conversation.objects.filter(contact_id__in=ids)
    return held[0], held[1], list(theirs.select_for_update().order_by("pk"))


def _accounts(ids: Sequence[int]) -> set[int]:
    known = Identity.objects.filter(contact_id__in=ids).values_list("account_id", flat=True)
    spoken = Conversation.objects.filter(contact_id__in=ids).values_list("account_id", flat=True)
    return {*known, *spoken}


def _require(kept: Contact, gone: Contact, conversations: Sequence[Conversation], scope: Scope) -> None:
    ids = [conversation.pk for conversation in conversations]
    if scope.filter(Conversation.objects.filter(pk__in=ids)).count() < len(ids):
        raise OutOfReach("Some of their conversations are out of reach.")
    if (kept.blocked_at is None) != (gone.blocked_at is None):
        raise OneBlocked("One of the two is blocked.")


def _pairs(kept: Contact, conversations: Sequence[Conversation]) -> list[tuple[int, int]]:
    """The conversations that go, each with the one on the same account that stays."""
    stays = {each.account_id: each.pk for each in conversations if each.contact_id == kept.pk}
    return [
        (each.pk, stays[each.account_id])
        for each in conversations
        if each.contact_id != kept.pk and each.account_id in stays
    ]


def _hold_messages(pairs: Sequence[tuple[int, int]]) -> None:
    """Lock what moves, in the order everybody locks it in: of all pairs at once. Raises Sending."""
    going = [goes for goes, _ in pairs]
    _lock(Message.objects.filter(conversation_id__in=going))
    both = {each for pair in pairs for each in pair}
    waiting = Outgoing.objects.select_for_update().filter(conversation_id__in=both)
    sending = {each.conversation_id for each in waiting.order_by("message_id") if each.sending_at}
    if any(sending.issuperset(pair) for pair in pairs):
        raise Sending("A message is being sent in both.")
    told = Event.objects.filter(conversation_id__in=going)
    _lock(told.exclude(kind__in=[EventKind.MESSAGE_RECEIVED, EventKind.MESSAGE_SENT]))
    _lock(told.filter(number=None))
    tags.hold(going)


def _lock(rows: QuerySet[Message] | QuerySet[Event]) -> None:
    for _ in rows.order_by("pk").select_for_update(of=("self",)).values_list("pk").iterator(chunk_size=2_000):
        pass


def _not_kept(kept: Contact, gone: Contact, theirs: Collection[str]) -> list[str]:
    """What one of them says that the other says otherwise, and that nothing will say any more but the marker."""
    ours, others = details(kept), details(gone)
    both = [key for key in ours if key != "kind" and ours[key] and others.get(key) and ours[key] != others[key]]
    return [ours[key] if key in theirs else others[key] for key in both]


def _write(
    kept: Contact, gone: Contact, pairs: Sequence[tuple[int, int]], theirs: Collection[str], at: datetime
) -> dict[int, int]:  # fmt: skip
    # Where nobody has written yet: afterwards their names are no longer told apart.
    silent = Conversation.objects.filter(contact__in=[kept, gone], address="")
    silent.update(address=first_address(account="account", contact="contact"))
    with connection.cursor() as cursor:
        for goes, stays in pairs:
            _carry(Conversation, goes, stays)
            cursor.execute(ABSORB, {"stays": stays, "goes": goes, "at": at})
        _carry(Contact, gone.pk, kept.pk)
        fields = [int(key) for key in theirs if key not in OWN]
        cursor.execute(MERGE, {"stays": kept.pk, "goes": gone.pk, "theirs": fields})
    taken = {key: getattr(gone, key) for key in PROFILE if key in theirs or not getattr(kept, key)}
    # Whom somebody took for more than a lead is more than a lead.
    kind = ContactKind.CONTACT if ContactKind.CONTACT in {kept.kind, gone.kind} else ContactKind.LEAD
    created_at = min(kept.created_at, gone.created_at)
    Contact.objects.filter(pk=kept.pk).update(**taken, kind=kind, created_at=created_at)
    return dict(pairs)


def _carry(pointed_at: type[Conversation | Contact], goes: int, stays: int) -> None:
    """What other folders keep of it becomes the other's, unless they keep the same of that already."""
    for relation in pointed_at._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel):
            continue
        keeper: type[Model] = relation.related_model
        if keeper._meta.app_label == "conversations":
            continue
        rows: QuerySet[Model] = QuerySet(keeper).filter(**{relation.field.name: goes})
        if not _moved(rows, relation.field.name, stays):
            # Some keep the same already; the others' are theirs, and go over.
            for pk in list(rows.order_by("pk").values_list("pk", flat=True)):
                _moved(rows.filter(pk=pk), relation.field.name, stays)
            rows.delete()


def _moved(rows: QuerySet[Model], field: str, stays: int) -> bool:
    try:
        with transaction.atomic():
            rows.update(**{field: stays})
    except IntegrityError:
        return False
    return True


def _tell(
    kept: Contact, gone: Contact, before: Sequence[Conversation], absorbed: Mapping[int, int],
    not_kept: Sequence[str], by: Actor, at: datetime,
) -> None:  # fmt: skip
    """A marker in each conversation of the one that stays; where two became one it says which, and how they were."""
    was = {each.pk: each for each in before}
    took = {stays: goes for goes, stays in absorbed.items()}
    Event.objects.bulk_create(
        Event(
            workspace_id=kept.workspace_id,
            conversation_id=pk,
            kind=EventKind.CONTACT_MERGED,
            at=at,
            actor_kind=by.kind,
            actor_id=by.id,
            data={
                "contact": gone.pk,
                "name": str(gone),
                "conversation": took.get(pk),
                "not_kept": not_kept,
                "both_open": pk in took and was[pk].status == was[took[pk]].status == Status.OPEN,
            },
        )
        for pk in conversations_of(kept)
    )


def _tell_woken(before: Sequence[Conversation], absorbed: Mapping[int, int], by: Actor, at: datetime) -> None:
    """A marker where one of two was snoozed and what they became is in sight (closing S4)."""
    was = {each.pk: each for each in before}
    in_sight = Conversation.objects.filter(pk__in=absorbed.values(), snoozed_at=None)
    took = {stays: goes for goes, stays in absorbed.items()}
    Event.objects.bulk_create(
        Event(
            workspace_id=each.workspace_id,
            conversation_id=each.pk,
            kind=EventKind.CONVERSATION_WOKEN,
            at=at,
            actor_kind=by.kind,
            actor_id=by.id,
            data={"by": one.kept_by_id},
        )
        for each in in_sight.order_by("pk")
        for one in (was[each.pk], was[took[each.pk]])
        if one.snoozed_at
    )
