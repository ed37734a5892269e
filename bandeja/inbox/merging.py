"""What merging two contacts would do, told before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from bandeja.channels.models import ChannelKey
from bandeja.conversations import contacts
from bandeja.conversations.models import Contact, ContactField, Conversation, Status
from bandeja.conversations.scope import Scope
from bandeja.inbox.contact_form import ContactForm, shown
from bandeja.inbox.lookup import matching
from bandeja.inbox.rows import visible
from bandeja.people.models import Agent

FOUND = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """A detail of which both say something else: one of the two is kept."""

    key: str
    label: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Two conversations of one account that would be one."""

    stays: Conversation
    goes: Conversation

    @property
    def opens(self) -> bool:
        """Whether a closed one would be open."""
        return Status.OPEN in {self.stays.status, self.goes.status} and self.stays.status != self.goes.status

    @property
    def loses_owner(self) -> bool:
        """Whether somebody would no longer have theirs."""
        return self.goes.owner_id is not None and self.stays.owner_id not in {None, self.goes.owner_id}

    @property
    def is_webchat(self) -> bool:
        return self.stays.account.channel == ChannelKey.WEBCHAT


@dataclass(frozen=True, slots=True)
class Preview:
    """The contact that stays, the one that goes, what is chosen, and what becomes of their conversations."""

    stays: Contact
    goes: Contact
    choices: Sequence[Choice]
    joined: Sequence[Joined]
    moved: Sequence[Conversation]
    in_reach: bool

    @property
    def one_is_blocked(self) -> bool:
        return (self.stays.blocked_at is None) != (self.goes.blocked_at is None)

    @property
    def is_possible(self) -> bool:
        return self.in_reach and not self.one_is_blocked


def preview(agent: Agent, stays: Contact, goes: Contact) -> Preview:
    """What would become of two contacts of whom this person sees something."""
    ours, theirs = _conversations(stays), _conversations(goes)
    on = {conversation.account_id: conversation for conversation in ours}
    all_of_them = Conversation.objects.filter(contact_id__in=(stays.pk, goes.pk))
    return Preview(
        stays,
        goes,
        _choices(stays, goes),
        [Joined(on[each.account_id], each) for each in theirs if each.account_id in on],
        [each for each in theirs if each.account_id not in on],
        Scope.of(agent).filter(all_of_them).count() == len(ours) + len(theirs),
    )


def candidates(agent: Agent, conversation: Conversation, words: str) -> QuerySet[Conversation]:
    """Conversations of contacts who may be the same: one of each, by what is known of them."""
    found = visible(agent).filter(contact__in=matching(agent.workspace_id, words))
    latest = found.exclude(contact_id=conversation.contact_id).order_by("contact_id", "-last_message_at")
    return latest.distinct("contact_id")[:FOUND]


def _conversations(contact: Contact) -> list[Conversation]:
    theirs = Conversation.objects.filter(contact=contact).select_related("account", "owner")
    return list(theirs.order_by("-last_message_at"))


def _choices(stays: Contact, goes: Contact) -> list[Choice]:
    """Where both say something and not the same; of kinds the higher is kept without asking."""
    ours, theirs = contacts.details(stays), contacts.details(goes)
    fields = {str(field.pk): field for field in ContactField.objects.filter(workspace_id=stays.workspace_id)}
    both = [key for key in (*contacts.PROFILE, *fields) if ours.get(key) and theirs.get(key)]
    return [
        Choice(key, _label(key, fields), _shown(key, ours[key], fields), _shown(key, theirs[key], fields))
        for key in both
        if ours[key] != theirs[key]
    ]


def _label(key: str, fields: dict[str, ContactField]) -> str:
    return fields[key].name if key in fields else str(ContactForm.base_fields[key].label)


def _shown(key: str, value: str, fields: dict[str, ContactField]) -> str:
    return shown(fields[key], value) if key in fields else value
