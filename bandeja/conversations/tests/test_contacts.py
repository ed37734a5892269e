"""Editing, noting, blocking: nobody's change is lost, and what is said twice happens once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bandeja.conversations import contacts, known
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Contact, ContactField, ContactNote, ContactValue, Conversation, Event
from tests.cast import Cast


@pytest.fixture
def lia(cast: Cast) -> Contact:
    return cast.write("lia").contact


@pytest.fixture
def size(cast: Cast) -> ContactField:
    return ContactField.objects.create(workspace=cast.workspace, name="Talla", kind="text")


def edit(
    contact: Contact, seen: dict[str, str] | None = None, also: dict[str, str] | None = None, **told: str
) -> list[str]:
    before = contacts.details(contact) if seen is None else seen
    return contacts.edit(contact.pk, {**before, **told, **(also or {})}, seen=before)


def test_what_was_changed_is_written_and_told(lia: Contact) -> None:
    assert edit(lia, name="Lía", email="lia@correo.example", kind="contact") == ["name", "email", "kind"]
    lia.refresh_from_db()
    assert (lia.name, lia.email, lia.kind, lia.phone) == ("Lía", "lia@correo.example", "contact", "")
    assert edit(lia, name="Lía") == []


def test_two_who_change_different_details_both_have_their_way(lia: Contact) -> None:
    opened = contacts.details(lia)
    edit(lia, opened, phone="+57 300 1")
    edit(lia, opened, email="lia@correo.example")
    lia.refresh_from_db()
    assert (lia.phone, lia.email) == ("+57 300 1", "lia@correo.example")


def test_the_second_to_change_the_same_is_told_what_the_first_wrote(lia: Contact, size: ContactField) -> None:
    opened = contacts.details(lia)
    edit(lia, opened, name="Lía Restrepo", also={str(size.pk): "M"})
    with pytest.raises(contacts.Conflict) as refused:
        edit(lia, opened, name="Lía R.", phone="1", also={str(size.pk): "L"})
    assert refused.value.theirs == {"name": "Lía Restrepo", str(size.pk): "M"}
    lia.refresh_from_db()
    assert (lia.name, lia.phone) == ("Lía Restrepo", "")


def test_who_writes_what_the_other_wrote_is_no_conflict(lia: Contact) -> None:
    opened = contacts.details(lia)
    edit(lia, opened, name="Lía")
    assert edit(lia, opened, name="Lía") == []


def test_fields_are_kept_changed_and_emptied(cast: Cast, carla: Cast, lia: Contact, size: ContactField) -> None:
    key = str(size.pk)
    theirs = ContactField.objects.create(workspace=carla.workspace, name="Ajeno", kind="text")
    assert edit(lia, also={key: "M", str(theirs.pk): "x", "blocked_at": "x"}) == [key]
    assert edit(lia, also={key: "L"}) == [key]
    assert contacts.details(lia)[key] == "L"
    assert edit(lia, also={key: ""}) == [key]
    assert not ContactValue.objects.exists()


def test_a_field_deleted_meanwhile_is_passed_over(lia: Contact, size: ContactField) -> None:
    opened, key = contacts.details(lia), str(size.pk)
    size.delete()
    assert contacts.edit(lia.pk, {**opened, key: "M", "phone": "1"}, seen=opened) == ["phone"]


def test_a_channel_never_writes_over_what_a_person_wrote_at_the_same_moment(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    lia = cast.write("lia", name="").contact

    def meanwhile(read: Callable[..., Any]) -> Callable[..., Any]:
        def then(*args: Any) -> Any:
            found = read(*args)
            Contact.objects.filter(pk=lia.pk).update(name="Lía, la del taller")
            return found

        return then

    monkeypatch.setattr(known, "_known", meanwhile(known._known))
    cast.write("lia", name="lia_2005", email="lia@correo.example")
    lia.refresh_from_db()
    assert (lia.name, lia.email) == ("Lía, la del taller", "lia@correo.example")


def test_a_note_is_written_down_whole_and_never_blank(cast: Cast, lia: Contact) -> None:
    by = Actor.agent(cast.ana)
    assert contacts.note(lia, "  Prefiere la tarde\r\nsiempre ", by=by).text == "Prefiere la tarde\nsiempre"
    for blank in ("", " \n", "\u200b"):
        with pytest.raises(contacts.BlankNote):
            contacts.note(lia, blank, by=by)
    assert ContactNote.objects.get().author == cast.ana


def test_what_a_blocked_contact_writes_is_kept_and_opens_nothing(cast: Cast, lia: Contact) -> None:
    by = Actor.agent(cast.ana)
    Conversation.objects.update(status="closed", closed_at=lia.created_at, unread=0)
    assert contacts.block(lia.pk, by=by)
    assert not contacts.block(lia.pk, by=by)
    chat = cast.write("lia", "¿Hola?")
    assert (chat.status, chat.unread, chat.messages.count()) == ("closed", 0, 2)
    assert contacts.unblock(lia.pk, by=by)
    assert not contacts.unblock(lia.pk, by=by)
    assert cast.write("lia", "¿Ya?").status == "open"
    told = [
        kind for kind in Event.objects.order_by("pk").values_list("kind", flat=True) if kind.startswith("contact")
    ]
    assert told == ["contact_blocked", "contact_unblocked"]
