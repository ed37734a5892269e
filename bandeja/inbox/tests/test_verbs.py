"""What a person does to conversations, one or many: what it does to the row, and what they are told."""

from __future__ import annotations

import json
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest

from bandeja.channels import accounts, registry
from bandeja.channels.models import ChannelKey
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Closure, Conversation, Message
from bandeja.conversations.scope import Scope
from bandeja.inbox.tests.browser import Browser, told
from bandeja.people.clock import database_now
from tests.cast import Cast
from tests.lines import FakeSender


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def close(cast: Cast, conversation: Conversation) -> None:
    lifecycle.close(
        [conversation.pk], scope=Scope(cast.workspace.pk), reason="x", cause=Cause.AGENT, by=Actor.agent(cast.ana)
    )


VERBS = [("post", "messages"), ("post", "closure"), ("delete", "closure"), ("post", "owner"), ("post", "unread")]


@pytest.mark.parametrize(("method", "place"), [*VERBS, ("delete", "unread")])
def test_every_verb_on_another_workspaces_conversation_is_not_found(
    cast: Cast, carla: Cast, ana: Browser, method: str, place: str
) -> None:
    other = carla.write("Ajena")
    before = Conversation.objects.filter(pk=other.pk).values().get()
    answer = getattr(ana, method)(f"/inbox/{other.pk}/{place}", text="x", reason="x", owner="")
    assert answer.status_code == 404
    assert Conversation.objects.filter(pk=other.pk).values().get() == before
    assert not Message.objects.filter(conversation=other, direction="out").exists()


# ---- messages


def test_a_reply_is_written_in_the_persons_name(cast: Cast, bruno: Browser) -> None:
    conversation = cast.write("Lía")
    assert bruno.post(f"/inbox/{conversation.pk}/messages", text=" Con gusto ").status_code == 204
    message = Message.objects.get(conversation=conversation, direction="out")
    assert (message.text, message.author) == ("Con gusto", cast.bruno)


def test_the_same_sending_twice_writes_once(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    sending = {"text": "Hola", "client_id": str(uuid4())}
    for _ in range(2):
        assert ana.post(f"/inbox/{conversation.pk}/messages", **sending).status_code == 204
    assert Message.objects.filter(conversation=conversation, direction="out").count() == 1


def test_a_note_reaches_nobody_and_opens_nothing(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    close(cast, conversation)
    ana.post(f"/inbox/{conversation.pk}/messages", text="Ojo", note="1")
    assert Message.objects.get(conversation=conversation, text="Ojo").direction == "note"
    assert fresh(conversation).status == "closed"


def test_a_reply_opens_a_closed_conversation(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    close(cast, conversation)
    ana.post(f"/inbox/{conversation.pk}/messages", text="Una cosa más")
    assert fresh(conversation).status == "open"


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "Write something first."), (" \n ", "Write something first."), ("a" * 70_000, "up to 65536 characters")],
)
def test_a_text_that_cannot_be_sent_is_refused_with_why(cast: Cast, ana: Browser, text: str, why: str) -> None:
    conversation = cast.write("Lía")
    answer = ana.post(f"/inbox/{conversation.pk}/messages", text=text)
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert not Message.objects.filter(conversation=conversation, direction="out").exists()


def test_odd_texts_are_kept_as_they_are_or_refused_never_an_error(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    for text in ("\u202eal revés", "a\x00b", "👩‍👩‍👧" * 50, "<b>", "ﷺ\ud7ff"):
        assert ana.post(f"/inbox/{conversation.pk}/messages", text=text).status_code in {204, 422}
    assert ana.post(f"/inbox/{conversation.pk}/messages", text="x", client_id="x").status_code == 422


@pytest.mark.parametrize(
    ("has_templates", "why"),
    [(False, "This channel takes no more messages"), (True, "The time to write freely is over")],
)
def test_a_reply_that_comes_too_late_is_refused_with_why(
    cast: Cast, ana: Browser, monkeypatch: pytest.MonkeyPatch, has_templates: bool, why: str
) -> None:
    lia = cast.write("lia")
    monkeypatch.setitem(registry.SENDERS, "webchat", FakeSender(has_templates=has_templates))
    answer = ana.post(f"/inbox/{lia.pk}/messages", text="Hola")
    assert (answer.status_code, answer["Content-Type"]) == (422, "text/plain; charset=utf-8")
    assert answer.content.decode().startswith(why)
    assert not lia.messages.filter(text="Hola", direction="out").exists()


def test_without_scripts_a_reply_comes_back_to_the_thread(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    answer = ana._client.post(f"/inbox/{conversation.pk}/messages", {"text": "Hola"}, headers={"HX-Request": ""})
    assert answer["location"] == f"/inbox/{conversation.pk}"


def test_a_channel_with_a_window_takes_replies_within_it(cast: Cast, ana: Browser) -> None:
    phone = accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Ventas", external_id="57")
    conversation = cast.write("Lía", account=phone, opens_window=True)
    assert ana.post(f"/inbox/{conversation.pk}/messages", text="Hola").status_code == 204
    Conversation.objects.update(window_at=database_now() - timedelta(hours=24, seconds=1))
    assert ana.post(f"/inbox/{conversation.pk}/messages", text="Hola").status_code == 422


# ---- closing one


def test_closing_asks_for_a_reason_and_suggests_earlier_ones(cast: Cast, ana: Browser) -> None:
    first, second = cast.write("Mateo"), cast.write("Lía")
    ana.post(f"/inbox/{first.pk}/closure", reason="Venta cerrada")
    html = ana.get(f"/inbox/{second.pk}/closure", seen=7).content.decode()
    assert '<option value="Venta cerrada">' in html
    assert 'name="seen" value="7"' in html


def test_closing_works_and_offers_the_way_back(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    answer = ana.post(
        f"/inbox/{conversation.pk}/closure", reason=" Venta cerrada ", seen=conversation.last_inbound_id
    )
    closure = Closure.objects.get(conversation=conversation)
    assert (closure.reason, closure.cause, closure.actor_id) == ("Venta cerrada", "agent", cast.ana.pk)
    assert fresh(conversation).unread == 1
    events = json.loads(answer["HX-Trigger"])
    assert events["changed"] == {"c": [conversation.pk]}
    undo = events["toast"]["undo"]
    assert getattr(ana, undo["method"].lower())(undo["url"]).status_code == 204
    assert fresh(conversation).status == "open"


@pytest.mark.parametrize("reason", ["", "   ", "\u200b\u2060", "a" * 201, "\x00"])
def test_closing_without_a_good_reason_is_refused_beside_the_field(cast: Cast, ana: Browser, reason: str) -> None:
    conversation = cast.write("Lía")
    answer = ana.post(f"/inbox/{conversation.pk}/closure", reason=reason)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert fresh(conversation).status == "open"


def test_what_was_written_after_the_person_looked_keeps_it_open_and_is_told(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    cast.write("Lía", text="Espera")
    answer = ana.post(f"/inbox/{conversation.pk}/closure", reason="x", seen=conversation.last_inbound_id)
    assert told(answer) == "It stays open: Lía has just written."
    assert fresh(conversation).status == "open"


def test_closing_twice_closes_once(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    for said in ("Conversation closed.", "It was closed already: Ana closed it · x"):
        assert told(ana.post(f"/inbox/{conversation.pk}/closure", reason="x")) == said
    assert Closure.objects.filter(conversation=conversation).count() == 1


def test_a_late_undo_does_not_open_what_somebody_else_closed_meanwhile(
    cast: Cast, ana: Browser, bruno: Browser
) -> None:
    conversation = cast.write("Lía")
    answer = ana.post(f"/inbox/{conversation.pk}/closure", reason="x")
    undo = json.loads(answer["HX-Trigger"])["toast"]["undo"]
    bruno.delete(f"/inbox/{conversation.pk}/closure")
    assert told(ana.delete(undo["url"], **undo["values"])) == "It was open already."
    bruno.post(f"/inbox/{conversation.pk}/closure", reason="Venta perdida")
    said = "It stays closed, as somebody closed it again: Bruno closed it · Venta perdida"
    assert told(ana.delete(undo["url"], **undo["values"])) == said
    assert fresh(conversation).status == "closed"


def test_the_button_that_opens_says_which_closing_it_means(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    close(cast, conversation)
    page = ana.get(f"/inbox/{conversation.pk}").content.decode()
    address = unescape(page.split('hx-delete="')[1].split('"')[0])
    close_again = [fresh(conversation).closed_at]
    ana.delete(f"/inbox/{conversation.pk}/closure", closed="nonsense")
    close(cast, conversation)
    assert close_again != [fresh(conversation).closed_at]
    assert "stays closed" in told(ana.delete(address))
    assert told(ana.delete(f"/inbox/{conversation.pk}/closure")) == "It is open again."


def test_closing_can_give_it_to_another_owner(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    ana.post(f"/inbox/{conversation.pk}/closure", reason="x", owner=cast.bruno.pk)
    assert (fresh(conversation).status, fresh(conversation).owner) == ("closed", cast.bruno)


# ---- owner and unread


def test_a_conversation_changes_hands_and_back(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    answer = ana.post(f"/inbox/{conversation.pk}/owner", owner=cast.bruno.pk)
    assert told(answer) == "Now Bruno has it."
    assert fresh(conversation).owner == cast.bruno
    undo = json.loads(answer["HX-Trigger"])["toast"]["undo"]
    ana.post(undo["url"], **undo["values"])
    assert fresh(conversation).owner is None


def test_nobody_of_another_workspace_can_have_it(cast: Cast, carla: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    for owner in (carla.ana.pk, "x", 10**30):
        assert "cannot have it" in told(ana.post(f"/inbox/{conversation.pk}/owner", owner=owner))
    assert fresh(conversation).owner is None


def test_marking_unread_leaves_the_thread(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    ana.see(f"/inbox/{conversation.pk}")
    answer = ana.post(f"/inbox/{conversation.pk}/unread")
    assert fresh(conversation).unread == 1
    assert json.loads(answer["HX-Trigger"])["left"] == {"c": [conversation.pk]}
    ana.delete(f"/inbox/{conversation.pk}/unread")
    assert fresh(conversation).unread == 0
