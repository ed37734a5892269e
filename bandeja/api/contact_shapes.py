"""Contacts as they go in and out, field by field."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, StringConstraints

from bandeja.api.types import NO_NUL, BodyFlag, BodyId, Sent, as_sent
from bandeja.conversations.contacts import NOTE_LENGTH
from bandeja.conversations.models import Contact, ContactKind, ContactNote


class IdentityOut(Schema):
    """How an account knows a contact."""

    account_id: int
    kind: str
    value: str


class NoteOut(Schema):
    """What somebody wrote down about a contact."""

    id: int
    text: str
    at: datetime
    author: str

    @classmethod
    def of(cls, note: ContactNote) -> NoteOut:
        return cls(id=note.pk, text=note.text, at=note.at, author=str(note.author) if note.author else "")


class ContactOut(Schema):
    """A contact. `kind` is `lead` or `contact`; what a blocked one writes is kept and counts for nothing."""

    id: int
    name: str
    email: str
    phone: str
    kind: str
    blocked: bool
    created_at: datetime

    @classmethod
    def of(cls, contact: Contact) -> ContactOut:
        return cls(**_own(contact))


class ContactDetail(ContactOut):
    """With what the workspace's own fields say, by the field's id, and how accounts know them."""

    fields: dict[str, str]
    identities: list[IdentityOut]

    @classmethod
    def whole(cls, contact: Contact) -> ContactDetail:
        values = contact.values.order_by("field_id").values_list("field_id", "value")
        return cls(
            **_own(contact),
            fields={str(field_id): value for field_id, value in values},
            identities=[
                IdentityOut(account_id=each.account_id, kind=each.kind, value=each.value)
                for each in contact.identities.order_by("pk")
            ],
        )


def _own(contact: Contact) -> dict[str, Any]:
    same = {name: getattr(contact, name) for name in ("name", "email", "phone", "kind", "created_at")}
    return {"id": contact.pk, "blocked": contact.blocked_at is not None, **same}


class ContactPage(Schema):
    """The newest first; `next` is the cursor of the following page, null on the last."""

    items: list[ContactOut]
    next: str | None


FieldValue = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]


class ContactIn(Sent):
    """What is different now; what is left out stays. A blank text means that it is not known.

    `fields` are the workspace's own, by their id.
    """

    name: Annotated[str, StringConstraints(max_length=120, pattern=NO_NUL)] | None = None
    email: Annotated[str, StringConstraints(max_length=254, pattern=NO_NUL)] | None = None
    phone: Annotated[str, StringConstraints(max_length=50, pattern=NO_NUL)] | None = None
    kind: ContactKind | None = None
    fields: dict[Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")], FieldValue] = Field(
        {}, max_length=50
    )


class ContactNoteIn(Sent):
    """Something to keep in mind about a contact, whatever the conversation."""

    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NOTE_LENGTH), as_sent(NOTE_LENGTH)
    ]


class MergeIn(Sent):
    """The contact that becomes part of this one. Of the details named in `theirs`, its own are kept: `name`, `email`,
    `phone`, or the id of a field.
    """

    other_id: BodyId
    theirs: list[Annotated[str, StringConstraints(pattern=r"^(name|email|phone|[1-9][0-9]{0,17})$")]] = Field(
        [], max_length=60
    )


class MergedOut(Schema):
    """The contact that stays; its conversations; and of those that went, into which each did."""

    contact: ContactDetail
    conversations: list[int]
    absorbed: dict[str, int]


class BlockOut(Schema):
    """Whether the contact is blocked."""

    blocked: BodyFlag


class ErasedOut(Schema):
    """What was erased, in numbers: nothing else of it is kept."""

    contact_id: int
    at: datetime
    conversations: int
    messages: int
    files: int
