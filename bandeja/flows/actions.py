"""What a flow may do to a conversation and its contact, by the house's own verbs; sending is in `sendings.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.conversations import calling, contacts, lifecycle, tags
from bandeja.conversations.lifecycle import To
from bandeja.conversations.models import Cause, Contact, ContactField, ContactKind, FieldKind, MergeSuggestion
from bandeja.flows import assigning
from bandeja.flows.filling import fill
from bandeja.flows.known import Known
from bandeja.flows.models import Outcome
from bandeja.flows.moment import Moment
from bandeja.flows.registry import Action, Done, enter
from bandeja.people.models import Agent, Workspace

GONE = Done(Outcome.SKIPPED, "gone")
ALREADY = Done(Outcome.SKIPPED, "already")


@enter("assign", gettext_lazy("Assign"), icon="user-round-check", needs=("to",))
@dataclass(frozen=True)
class Assign(Action):
    """To a person, the contact's owner, nobody, a team, or one of a team in turn or with the fewest open."""

    to: str = "person"
    agent: int | None = None
    team: int | None = None

    def act(self, moment: Moment) -> Done:
        to = assigning.target(moment, self.to, self.agent, self.team)
        if to is None:
            return Done(Outcome.SKIPPED, "nobody")
        return hand_over(moment, to)

    def says(self, known: Known) -> str:
        return assigning.told(known, self.to, self.agent, self.team)

    def faults(self, known: Known) -> Mapping[str, str]:
        return assigning.faults(self.to, self.agent, self.team)


@enter("transfer", gettext_lazy("Transfer"), icon="arrow-right-left")
@dataclass(frozen=True)
class Transfer(Action):
    """To a person or a team, with a note in the conversation, unread for whoever gets it."""

    agent: int | None = None
    team: int | None = None
    note: str = ""

    def act(self, moment: Moment) -> Done:
        return hand_over(moment, To(self.agent, self.team), fill(self.note, moment), unread=True)

    def says(self, known: Known) -> str:
        return " · ".join(filter(None, [assigning.holder(known, self.agent, self.team), self.note[:80]]))

    def faults(self, known: Known) -> Mapping[str, str]:
        return {} if self.agent or self.team else {"agent": _("Choose a person or a team.")}


@enter("tag", gettext_lazy("Put tags on"), icon="tag", needs=("tags",))
@dataclass(frozen=True)
class PutTags(Action):
    tags: tuple[int, ...] = ()

    def act(self, moment: Moment) -> Done:
        put = tags.tag([moment.conversation.pk], self.tags, scope=moment.scope, by=moment.by, at=moment.at)
        return Done() if put else ALREADY

    def says(self, known: Known) -> str:
        return known.names("tags", self.tags)


@enter("untag", gettext_lazy("Take tags off"), icon="x", needs=("tags",))
@dataclass(frozen=True)
class TakeTags(Action):
    tags: tuple[int, ...] = ()

    def act(self, moment: Moment) -> Done:
        return Done() if tags.untag([moment.conversation.pk], self.tags, scope=moment.scope) else ALREADY

    def says(self, known: Known) -> str:
        return known.names("tags", self.tags)


@enter("set_field", gettext_lazy("Write in a field of the contact"), icon="pencil", needs=("field",))
@dataclass(frozen=True)
class SetField(Action):
    """A blank value takes away what was known."""

    field: str = ""
    value: str = ""

    def act(self, moment: Moment) -> Done:
        value = fill(self.value, moment).strip()
        if not self._takes(moment.workspace, value):
            return Done(Outcome.SKIPPED, "unfit")
        seen = contacts.details(moment.contact)
        return Done() if contacts.edit(moment.contact.pk, {self.field: value}, seen=seen) else ALREADY

    def says(self, known: Known) -> str:
        return f"{known.name('fields', self.field)} = {self.value or '–'}"

    def faults(self, known: Known) -> Mapping[str, str]:
        if "{{" in self.value or self._takes(known.workspace, self.value.strip()):
            return {}
        return {"value": _("The field does not take that.")}

    def _takes(self, workspace: Workspace, value: str) -> bool:
        if not value or self.field in {"name", "phone"}:
            return True
        if self.field == "email":
            return _is_email(value)
        found = ContactField.objects.filter(workspace=workspace, pk=int(self.field or 0)).first()
        return found is None or _fits(found, value)


@enter("make_contact", gettext_lazy("Make or link the contact"), icon="user-round-plus")
@dataclass(frozen=True)
class MakeContact(Action):
    """A lead becomes a contact; others with the same e-mail or phone are suggested, and people decide."""

    def act(self, moment: Moment) -> Done:
        same = _same(moment.contact)
        pairs = [sorted((moment.contact.pk, other)) for other in same]
        MergeSuggestion.objects.bulk_create(
            [
                MergeSuggestion(workspace=moment.workspace, first_id=first, second_id=second, because="flow")
                for first, second in pairs
            ],
            ignore_conflicts=True,
        )
        seen = contacts.details(moment.contact)
        changed = contacts.edit(moment.contact.pk, {"kind": ContactKind.CONTACT.value}, seen=seen)
        return Done() if changed or pairs else ALREADY

    def says(self, known: Known) -> str:
        return _("a lead becomes a contact; whoever has the same e-mail or phone is suggested for merging")


@enter("note", gettext_lazy("Write a note"), icon="sticky-note", needs=("text",))
@dataclass(frozen=True)
class WriteNote(Action):
    text: str = ""

    def act(self, moment: Moment) -> Done:
        write_note(moment, fill(self.text, moment))
        return Done()

    def says(self, known: Known) -> str:
        return self.text[:140]


@enter("close", gettext_lazy("Close the conversation"), icon="circle-check", needs=("reason",))
@dataclass(frozen=True)
class Close(Action):
    """With a reason, always (closing D2); its cause is the flow."""

    reason: str = ""

    def act(self, moment: Moment) -> Done:
        closed = lifecycle.close(
            [moment.conversation.pk],
            scope=moment.scope,
            reason=self.reason,
            cause=Cause.FLOW,
            by=moment.by,
            at=moment.at,
        )
        return Done() if closed.closed else ALREADY

    def says(self, known: Known) -> str:
        return _("with the reason “%(reason)s”") % {"reason": self.reason}


@enter("notify", gettext_lazy("Notify a person"), icon="bell", needs=("agents",))
@dataclass(frozen=True)
class Notify(Action):
    agents: tuple[int, ...] = ()
    note: str = ""

    def act(self, moment: Moment) -> Done:
        here = Agent.objects.filter(workspace=moment.workspace, is_active=True, pk__in=self.agents)
        told = list(here.order_by("pk").values_list("pk", flat=True))
        if not told:
            return GONE
        text = fill(self.note, moment)
        calling.call(moment.conversation.pk, told, text, scope=moment.scope, by=moment.by, at=moment.at)
        return Done()

    def says(self, known: Known) -> str:
        return " · ".join(filter(None, [known.names("agents", self.agents), self.note[:80]]))


@enter("stop", gettext_lazy("End here"), icon="circle-stop")
@dataclass(frozen=True)
class Stop(Action):
    def act(self, moment: Moment) -> Done:
        return Done()


def hand_over(moment: Moment, to: To, note: str = "", *, unread: bool = False) -> Done:
    """Give the conversation away; whoever is no longer here is told of as gone."""
    try:
        with transaction.atomic():
            given = lifecycle.transfer(
                [moment.conversation.pk], to, scope=moment.scope, by=moment.by, at=moment.at, note=note, unread=unread
            )
    except lifecycle.UnknownOwner:
        return GONE
    if given.ownerless:
        return Done(Outcome.SKIPPED, "nobody")
    return Done() if given.changed or note else ALREADY


def write_note(moment: Moment, text: str, key: UUID | None = None) -> None:
    """A note of the flow's in the thread, once for this step; `key` where the step itself is still to be done."""
    if text.strip():
        lifecycle.reply(
            moment.conversation.pk,
            text,
            scope=moment.scope,
            by=moment.by,
            at=moment.at,
            note=True,
            client_id=key or moment.key,
        )


def _same(contact: Contact) -> list[int]:
    """Contacts with the same e-mail or phone, a few at the most."""
    others = Contact.objects.filter(workspace=contact.workspace_id).exclude(pk=contact.pk)
    found: set[int] = set()
    if contact.email:
        found |= set(others.filter(email__iexact=contact.email).values_list("pk", flat=True)[:5])
    if contact.phone:
        found |= set(others.filter(phone=contact.phone).values_list("pk", flat=True)[:5])
    return sorted(found)


def _is_email(value: str) -> bool:
    try:
        validate_email(value)
    except ValidationError:
        return False
    return True


def _fits(field: ContactField, value: str) -> bool:
    try:
        if field.kind == FieldKind.NUMBER:
            return isfinite(float(value))
        if field.kind == FieldKind.DATE:
            date.fromisoformat(value)
    except ValueError:
        return False
    return field.kind != FieldKind.CHOICE or value in field.choices
