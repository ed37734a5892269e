"""Quick replies: kept, shared or one's own, found by a word, and filled in for whoever they go to."""

from __future__ import annotations

from typing import Any

import pytest

from bandeja.conversations.models import Contact
from bandeja.inbox.settings.tests.test_accounts import as_, text
from bandeja.people.models import Agent
from bandeja.quickreplies import finding, variables
from bandeja.quickreplies.models import QuickReply
from tests.cast import Cast

pytestmark = pytest.mark.django_db

NEW = "/settings/replies/new"
HOURS = {"word": "horario", "text": "Hola {{contact.first_name}}, abrimos de 9 a 6.", "shared": "on"}


def keep(cast: Cast, word: str, said: str = "Hola", agent: Agent | None = None) -> QuickReply:
    return QuickReply.objects.create(workspace=cast.workspace, word=word, text=said, agent=agent)


# ---- kept


def test_an_administrator_shares_one_and_everybody_finds_it(cast: Cast) -> None:
    assert as_(cast.ana).post(NEW, HOURS)["location"] == "/settings/replies"
    reply = QuickReply.objects.get()
    assert (reply.workspace, reply.agent, reply.word) == (cast.workspace, None, "horario")
    assert "/horario" in text(as_(cast.bruno), "/settings/replies")
    assert finding.found(cast.bruno, "hor") == [reply]


def test_a_seller_keeps_their_own_and_nobody_else_sees_it(cast: Cast) -> None:
    as_(cast.bruno).post(NEW, HOURS)
    reply = QuickReply.objects.get()
    assert reply.agent == cast.bruno
    assert "/horario" not in text(as_(cast.ana), "/settings/replies")
    assert as_(cast.ana).get(f"/settings/replies/{reply.pk}").status_code == 404


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"word": ""}, "word", "required"),
        ({"word": "dos palabras"}, "word", "One word"),
        ({"word": "a/b"}, "word", "One word"),
        ({"word": "x" * 41}, "word", "at most 40"),
        ({"text": " "}, "text", "required"),
        ({"text": "\u200b"}, "text", "Write something first."),
        ({"text": "x" * 4_097}, "text", "at most 4096"),
        ({"text": "Hola {{contact.nombre}} {{x}}"}, "text", "{{contact.nombre}}, {{x}}"),
        ({"word": "HORA"}, "word", "already"),
    ],
)
def test_what_cannot_be_kept_is_refused_beside_the_field(
    cast: Cast, typed: dict[str, str], field: str, said: str
) -> None:
    keep(cast, "hora")
    answer = as_(cast.ana).post(NEW, {**HOURS, **typed})
    assert answer.status_code == 422
    assert said in " ".join(answer.context["form"].errors[field])
    assert QuickReply.objects.count() == 1


def test_one_has_a_word_of_ones_own_beside_the_shared_one(cast: Cast) -> None:
    shared = keep(cast, "hora", "Abrimos a las 9")
    answer = as_(cast.ana).post(NEW, {"word": "/Hora", "text": "Yo abro a las 8"})
    assert answer.status_code == 302
    own = QuickReply.objects.get(agent=cast.ana)
    assert own.word == "Hora"
    assert finding.found(cast.ana, "hora") == [own, shared]
    assert finding.found(cast.bruno, "hora") == [shared]


def test_one_is_changed_and_removed(cast: Cast) -> None:
    reply, browser = keep(cast, "hora"), as_(cast.ana)
    address = f"/settings/replies/{reply.pk}"
    browser.post(address, {**HOURS, "word": "hora"})
    reply.refresh_from_db()
    assert reply.text == HOURS["text"]
    assert browser.get(f"{address}/deletion").status_code == 405
    browser.post(f"{address}/deletion")
    assert not QuickReply.objects.exists()


def test_a_seller_does_not_change_what_is_shared(cast: Cast) -> None:
    address = f"/settings/replies/{keep(cast, 'hora').pk}"
    for way in (address, f"{address}/deletion"):
        assert as_(cast.bruno).post(way, HOURS).status_code == 404
    assert QuickReply.objects.get().text == "Hola"


def test_those_of_another_workspace_are_not_there(cast: Cast, carla: Cast) -> None:
    address = f"/settings/replies/{keep(cast, 'hora').pk}"
    assert as_(carla.ana).post(address, HOURS).status_code == 404
    assert finding.found(carla.ana, "hora") == []


def test_there_are_only_so_many(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bandeja.quickreplies.forms.MOST", 1)
    keep(cast, "hora")
    assert "Remove some first." in as_(cast.ana).post(NEW, HOURS).content.decode()


# ---- found


def test_words_that_begin_so_come_first_then_what_holds_it_whatever_its_accents(cast: Cast) -> None:
    for word, said in (("banco", "La cuenta"), ("envío", "x"), ("reenviar", "x"), ("pago", "Por envío"), ("z", "x")):
        keep(cast, word, said)
    assert [each.word for each in finding.found(cast.ana, "ENVI")] == ["envío", "reenviar", "pago"]
    assert len(finding.found(cast.ana, "")) == 5


# ---- filled in


@pytest.mark.parametrize(
    ("said", "filled"),
    [
        ("Hola {{contact.first_name}}, soy {{agent.name}}.", "Hola Lía, soy Ana Ruiz."),
        ("{{ contact.name }}: {{contact.phone}}", "Lía Restrepo: +57 1"),
        ("Hola {{contact.email}}, ¿qué tal?", "Hola, ¿qué tal?"),
        ("A\n{{contact.email}}B", "A\nB"),
        ("{{contact}} {{x}} {{ }} {{", "{{contact}} {{x}} {{ }} {{"),
        ("", ""),
    ],
)
def test_what_is_known_is_put_in_and_what_is_not_leaves_no_gap(said: str, filled: str) -> None:
    contact = Contact(name="Lía Restrepo", phone="+57 1", email="")
    assert variables.fill(said, contact, Agent(name="Ana Ruiz")) == filled


def test_a_contact_known_by_a_number_is_not_called_by_it() -> None:
    said = variables.fill("Hola {{contact.first_name}}.", Contact(name="+57 300 1"), Agent(name="Ana"))
    assert said == "Hola."


def test_what_is_put_in_is_not_read_again() -> None:
    assert variables.fill("{{contact.name}}", Contact(name="{{agent.name}}"), Agent(name="Ana")) == "{{agent.name}}"


# ---- suggested


def suggest(agent: Agent, conversation: int, what: str = "replies", **query: Any) -> str:
    answer = as_(agent).get(f"/inbox/{conversation}/{what}", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_composer_is_given_them_filled_in_and_escaped(cast: Cast) -> None:
    lia = cast.write("<b>Lía")
    keep(cast, "hora", 'Hola {{contact.name}} "ya"')
    found = suggest(cast.ana, lia.pk, q="ho")
    assert 'data-puts="Hola &lt;b&gt;Lía &quot;ya&quot;"' in found
    assert "<b>L" not in found


def test_people_are_suggested_for_a_note(cast: Cast) -> None:
    lia = cast.write("Lía")
    assert 'data-puts="@Bruno "' in suggest(cast.ana, lia.pk, "people", q="bru")
    assert "data-puts" not in suggest(cast.ana, lia.pk, "people", q="nadie")


@pytest.mark.parametrize("what", ["replies", "people"])
def test_nothing_is_suggested_in_a_conversation_of_another_workspace(cast: Cast, carla: Cast, what: str) -> None:
    lia = cast.write("Lía")
    assert as_(carla.ana).get(f"/inbox/{lia.pk}/{what}").status_code == 404


def test_a_note_from_the_composer_tells_whom_it_names_once(cast: Cast) -> None:
    lia = cast.write("Lía")
    note = {"text": "@Bruno ¿la llamas?", "note": "1", "client_id": "7d444840-9dc0-11d1-b245-5ffdce74fad2"}
    for _ in range(2):
        as_(cast.ana).post(f"/inbox/{lia.pk}/messages", note)
    assert cast.bruno.mentions.count() == 1
    as_(cast.bruno).get(f"/inbox/{lia.pk}", {"unseen": "1"})
    assert cast.bruno.mentions.get().seen_at is None
    as_(cast.bruno).get(f"/inbox/{lia.pk}")
    assert cast.bruno.mentions.get().seen_at is not None


def test_a_reply_names_nobody(cast: Cast) -> None:
    lia = cast.write("Lía")
    as_(cast.ana).post(f"/inbox/{lia.pk}/messages", {"text": "@Bruno"})
    assert not cast.bruno.mentions.exists()
