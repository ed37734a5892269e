"""The contact beside a conversation: what is known, what two people write at once, blocking, merging, erasing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bandeja.channels.models import Account
from bandeja.conversations import contacts, fields, lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.identities import Double, suggest_merges
from bandeja.conversations.models import Contact, ContactField, ContactNote, Conversation, Erasure, FileState
from bandeja.conversations.scope import Scope
from bandeja.inbox.tests.browser import Browser, told, words
from tests.cast import Cast


@pytest.fixture
def lia(cast: Cast) -> Conversation:
    return cast.write("lia")


def form(conversation: Conversation, **typed: str) -> dict[str, str]:
    """What the form of a contact says when it is opened now, and what was typed in it since."""
    opened = contacts.details(Contact.objects.get(pk=conversation.contact_id))
    return {**opened, **{f"seen-{key}": value for key, value in opened.items()}, **typed}


def said(response: Any) -> str:
    return words(response.content.decode())


def test_what_is_known_is_edited_and_shown(cast: Cast, bruno: Browser, lia: Conversation) -> None:
    path = f"/inbox/{lia.pk}/contact"
    answer = bruno.post(path, **form(lia, name="Lía Restrepo", email="lia@correo.example", phone="+57 300 555"))
    assert (answer.status_code, told(answer)) == (204, "Saved.")
    seen = bruno.see(f"/inbox/{lia.pk}")
    for each in ("Lía Restrepo", "lia@correo.example", "+57 300 555"):
        assert each in seen


def test_who_saves_second_reads_beside_the_field_what_the_first_wrote(
    cast: Cast, ana: Browser, bruno: Browser, lia: Conversation
) -> None:
    path, opened = f"/inbox/{lia.pk}/contact", form(lia)
    assert ana.post(path, **{**opened, "name": "Lía, la de Ana"}).status_code == 204
    refused = bruno.post(path, **{**opened, "name": "Lía, la de Bruno", "phone": "300"})
    assert refused.status_code == 422
    assert "Somebody wrote “Lía, la de Ana” here meanwhile." in said(refused)
    assert Contact.objects.get().phone == ""
    html = refused.content.decode()
    assert 'name="seen-name" value="Lía, la de Ana"' in html
    again = {**opened, "seen-name": "Lía, la de Ana", "name": "Lía, la de Bruno", "phone": "300"}
    assert bruno.post(path, **again).status_code == 204
    assert (Contact.objects.get().name, Contact.objects.get().phone) == ("Lía, la de Bruno", "300")


@pytest.mark.parametrize(
    ("kind", "good", "shown", "bad"),
    [
        ("text", "M", "M", "x" * 501),
        ("number", "12,5", "12.5", "doce"),
        ("number", "007", "7", "NaN"),
        ("date", "1994-02-28", "Feb. 28, 1994", "1994-02-31"),
        ("choice", "Cali", "Cali", "Lima"),
    ],
)
def test_each_kind_of_field_takes_what_it_is_for(
    cast: Cast, ana: Browser, lia: Conversation, kind: str, good: str, shown: str, bad: str
) -> None:
    field = fields.make(cast.workspace.pk, "Dato", kind, ["Cali", "Cúcuta"])
    path = f"/inbox/{lia.pk}/contact"
    assert ana.post(path, **form(lia, **{str(field.pk): bad})).status_code == 422
    assert ana.post(path, **form(lia, **{str(field.pk): good})).status_code == 204
    assert f"Dato {shown}" in ana.see(f"/inbox/{lia.pk}")


def test_what_was_chosen_once_stays_when_it_is_no_choice_any_more(
    cast: Cast, ana: Browser, lia: Conversation
) -> None:
    field = fields.make(cast.workspace.pk, "Ciudad", "choice", ["Cali"])
    contacts.edit(lia.contact_id, {str(field.pk): "Cali"}, seen={})
    fields.change(field, "Ciudad", ["Cúcuta"])
    assert ana.post(f"/inbox/{lia.pk}/contact", **form(lia, name="Lía")).status_code == 204
    assert contacts.details(lia.contact)[str(field.pk)] == "Cali"


def test_a_bad_e_mail_is_refused_beside_its_field(cast: Cast, ana: Browser, lia: Conversation) -> None:
    answer = ana.post(f"/inbox/{lia.pk}/contact", **form(lia, email="no es uno"))
    assert answer.status_code == 422
    assert "Write an e-mail such as" in said(answer)


def test_notes_are_everybodys_to_read_and_their_authors_to_take_away(
    cast: Cast, ana: Browser, bruno: Browser, lia: Conversation
) -> None:
    path = f"/inbox/{lia.pk}/contact/notes"
    assert ana.post(path, text="\u200b").status_code == 422
    assert ana.post(path, text="Prefiere la tarde").status_code == 204
    assert "Prefiere la tarde" in bruno.see(f"/inbox/{lia.pk}")
    note = ContactNote.objects.get()
    assert bruno.delete(f"{path}/{note.pk}").status_code == 404
    assert ana.delete(f"{path}/{note.pk}").status_code == 204
    assert not ContactNote.objects.exists()


def test_blocking_is_told_in_the_thread_and_can_be_taken_back(cast: Cast, bruno: Browser, lia: Conversation) -> None:
    answer = bruno.post(f"/inbox/{lia.pk}/contact/block")
    assert json.loads(answer["HX-Trigger"])["toast"]["undo"]["method"] == "DELETE"
    assert "Bruno blocked lia" in bruno.see(f"/inbox/{lia.pk}")
    assert "Blocked" in bruno.see(f"/inbox/{lia.pk}")
    bruno.delete(f"/inbox/{lia.pk}/contact/block")
    assert "Bruno let lia in again" in bruno.see(f"/inbox/{lia.pk}")
    assert Contact.objects.get().blocked_at is None


def test_a_suggestion_leads_to_what_merging_would_do_and_then_does_it(
    cast: Cast, ana: Browser, lia: Conversation
) -> None:
    double = cast.write("lía 2", email="lia@otra.example")
    contacts.edit(lia.contact_id, {"email": "lia@correo.example"}, seen={})
    suggest_merges([Double(cast.workspace.pk, lia.contact_id, double.contact_id, "x")])
    path = f"/inbox/{lia.pk}/contact/others/{double.pk}"
    assert path in ana.get(f"/inbox/{lia.pk}").content.decode()
    preview = ana.see(path)
    assert "Their two conversations on Chat web become one" in preview
    assert "lia@otra.example" in preview
    answer = ana.post(path, **{"detail-name": "ours", "detail-email": "theirs", "detail-9x": "theirs"})
    assert told(answer) == "They are one contact now."
    assert json.loads(answer["HX-Trigger"])["left"] == {"c": [double.pk]}
    assert Contact.objects.get().email == "lia@otra.example"
    assert "Ana merged lía 2 into this contact · not kept: lia@correo.example" in ana.see(f"/inbox/{lia.pk}")
    assert ana.get(f"/inbox/{double.pk}").status_code == 404


def test_the_other_one_is_found_by_name_among_those_one_sees(cast: Cast, bruno: Browser, lia: Conversation) -> None:
    cast.write("Lía Restrepo")
    hidden = cast.write("Lía Secreta")
    Conversation.objects.filter(pk=hidden.pk).update(owner=cast.ana)
    found = bruno.see(f"/inbox/{lia.pk}/contact/others", q="lia")
    assert "Lía Restrepo" in found
    assert "Secreta" not in found
    assert "Nobody" in bruno.see(f"/inbox/{lia.pk}/contact/others", q="nadie")


def test_who_does_not_see_all_of_both_is_told_so_and_merges_nothing(
    cast: Cast, bruno: Browser, lia: Conversation, another_account: Callable[[str], Account]
) -> None:
    double = cast.write("lía 2")
    hidden = cast.write("lia3", account=another_account("Otra"))
    Conversation.objects.filter(pk=hidden.pk).update(contact=double.contact, owner=cast.ana)
    path = f"/inbox/{lia.pk}/contact/others/{double.pk}"
    assert "not yours to see" in bruno.see(path)
    assert "Otra" not in bruno.see(path)
    assert bruno.post(path).status_code == 422
    assert Contact.objects.filter(pk=double.contact_id).exists()


def test_one_blocked_and_one_not_are_not_merged(cast: Cast, ana: Browser, lia: Conversation) -> None:
    double = cast.write("lía 2")
    contacts.block(double.contact_id, by=Actor.agent(cast.ana))
    answer = ana.post(f"/inbox/{lia.pk}/contact/others/{double.pk}")
    assert answer.status_code == 422
    assert "One of the two is blocked" in said(answer)


def test_export_hands_out_all_of_it_and_only_to_who_may(
    cast: Cast, ana: Browser, bruno: Browser, lia: Conversation
) -> None:
    field = fields.make(cast.workspace.pk, "Talla", "text")
    contacts.edit(lia.contact_id, {str(field.pk): "M"}, seen={})
    contacts.note(lia.contact, "Prefiere la “tarde”", by=Actor.agent(cast.ana))
    cast.write("lia", "¿Y en azul?")
    message = lia.messages.first()
    assert message
    message.attachments.create(
        workspace_id=cast.workspace.pk, account_id=cast.chat.pk, conversation_id=lia.pk, kind="image",
        name="foto.png", state=FileState.STORED, file="x",
    )  # fmt: skip
    lifecycle.keep([lia.pk], reason="Espera su pedido", scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    path = f"/inbox/{lia.pk}/contact/document"
    assert bruno.get(path).status_code == 403
    response = ana.get(path)
    assert "attachment" in response["Content-Disposition"]
    document = json.loads(response.content)
    assert document["contact"]["fields"] == {"Talla": "M"}
    assert document["contact"]["notes"][0]["text"] == "Prefiere la “tarde”"
    assert [each["text"] for each in document["conversations"][0]["messages"]] == ["Hola", "¿Y en azul?"]
    assert document["files"][0]["name"] == "foto.png"
    assert document["conversations"][0]["kept_open"]["reason"] == "Espera su pedido"


def test_erasing_asks_first_and_leaves_nothing_but_that_it_was_done(
    cast: Cast, ana: Browser, bruno: Browser, lia: Conversation
) -> None:
    path = f"/inbox/{lia.pk}/contact/erasure"
    assert bruno.get(path).status_code == bruno.post(path).status_code == 403
    assert "Erase lia?" in ana.see(path)
    answer = ana.post(path)
    assert json.loads(answer["HX-Trigger"])["left"] == {"c": [lia.pk]}
    assert ana.get(f"/inbox/{lia.pk}").status_code == 404
    assert ana.post(path).status_code == 404
    assert Erasure.objects.get().agent_id == cast.ana.pk


NOUNS = ["contact", "contact/notes", "contact/block", "contact/document", "contact/erasure", "contact/others"]


@pytest.mark.parametrize("noun", NOUNS)
def test_a_contact_one_sees_no_conversation_of_is_not_there(
    cast: Cast, carla: Cast, bruno: Browser, ana: Browser, lia: Conversation, noun: str
) -> None:
    Conversation.objects.filter(pk=lia.pk).update(owner=cast.ana)
    theirs = carla.write("otra")
    for browser, pk in ((bruno, lia.pk), (ana, theirs.pk)):
        for ask in (browser.get, browser.post, browser.delete):
            assert ask(f"/inbox/{pk}/{noun}").status_code in {404, 405}
    for path in (f"{lia.pk}/contact/others/{theirs.pk}", f"{lia.pk}/contact/others/{lia.pk}"):
        assert ana.get(f"/inbox/{path}").status_code == 404
        assert ana.post(f"/inbox/{path}").status_code == 404


def test_a_reply_to_what_was_merged_away_meanwhile_is_told_to_be_gone(
    cast: Cast, ana: Browser, lia: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bandeja.conversations import lifecycle

    def gone(*_args: Any, **_more: Any) -> None:
        raise Conversation.DoesNotExist

    monkeypatch.setattr(lifecycle, "reply", gone)
    assert ana.post(f"/inbox/{lia.pk}/messages", text="Hola").status_code == 404


def test_settings_make_change_and_delete_fields(cast: Cast, carla: Cast, ana: Browser, bruno: Browser) -> None:
    assert "No fields of your own yet" in ana.see("/settings/fields")
    ana.post("/settings/fields/new", name="Ciudad", kind="choice", choices="Cali\n\nCúcuta\nCali")
    field = ContactField.objects.get()
    assert (field.kind, field.choices) == ("choice", ["Cali", "Cúcuta"])
    ana.post(f"/settings/fields/{field.pk}", name="Dónde", choices="Lima")
    field.refresh_from_db()
    assert (field.name, field.kind, field.choices) == ("Dónde", "choice", ["Lima"])
    ana.post(f"/settings/fields/{field.pk}/deletion")
    assert not ContactField.objects.exists()
    theirs = fields.make(carla.workspace.pk, "Ajeno", "text")
    assert ana.get(f"/settings/fields/{theirs.pk}").status_code == 404
    assert bruno.get("/settings/fields").status_code == 403


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"name": "talla", "kind": "text"}, "Another field has this name."),
        ({"name": "\u200b", "kind": "text"}, "A field needs a name one can see."),
        ({"name": "Ciudad", "kind": "choice", "choices": " \n "}, "Write what there is to choose from"),
        ({"name": "Ciudad", "kind": "choice", "choices": "\n".join(map(str, range(101)))}, "Up to 100 choices fit."),
        ({"name": "Ciudad", "kind": "colour"}, "Choose one of the list"),
    ],
)
def test_settings_refuse_a_field_beside_what_is_wrong(
    cast: Cast, ana: Browser, typed: dict[str, str], why: str
) -> None:
    fields.make(cast.workspace.pk, "Talla", "text")
    answer = ana.post("/settings/fields/new", **typed)
    assert answer.status_code == 422
    assert why in said(answer)


def test_there_are_not_more_fields_than_fit_a_form(cast: Cast, ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "MOST", 0)
    answer = ana.post("/settings/fields/new", name="Talla", kind="text")
    assert "There are 0 fields already." in said(answer)
