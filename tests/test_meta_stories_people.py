"""Through the Graph stand-in: who people are on a channel, the phone app beside us, what is done to messages."""

from __future__ import annotations

import pytest

from bandeja.channels.models import ChannelKey
from bandeja.conversations import lifecycle
from bandeja.conversations.models import (
    ActorKind,
    Annotation,
    Attachment,
    Cause,
    Contact,
    Conversation,
    Direction,
    FileState,
    Identity,
    MergeSuggestion,
    Status,
)
from tests.story import CHANNELS, PAGES, Story

pytestmark = pytest.mark.django_db(transaction=True)

WHATSAPP, INSTAGRAM = ChannelKey.WHATSAPP, ChannelKey.INSTAGRAM


# Who they are (meta.md E6)


def test_somebody_without_a_number_is_answered_by_their_id(story: Story) -> None:
    """meta.md 0.4: username-only people were dropped elsewhere."""
    conversation = story.written(WHATSAPP, who="ximena.prado")
    assert (conversation.contact.name, conversation.contact.phone) == ("Ximena Prado", "")
    sent = story.answers(conversation, "Hola, Ximena")
    body = story.tried(WHATSAPP)[0]["body"]
    assert ("to" in body, body["recipient"].startswith("MX.")) == (False, True)
    assert story.settled(sent).state == "delivered"
    assert [each["text"] for each in story.arrived(WHATSAPP, "ximena.prado")] == ["Hola, Ximena"]


def test_somebody_who_hides_their_number_stays_the_same_contact(story: Story) -> None:
    conversation = story.written(WHATSAPP)
    story.standin.person(id=story.person(), shows_phone=False)
    assert story.written(WHATSAPP) == conversation
    assert story.settled(story.answers(conversation, "Hola")).state == "delivered"
    assert "recipient" in story.tried(WHATSAPP)[0]["body"]


def test_somebody_with_a_new_number_stays_the_same_contact(story: Story) -> None:
    """The system message and `user_id_update` add the new identity; nothing is written by them (closing C4)."""
    conversation = story.written(WHATSAPP)
    story.standin.person(id=story.person(), phone="573119998877")
    story.comes_in()
    conversation.refresh_from_db()
    assert conversation.unread == 1
    assert story.written(WHATSAPP) == conversation
    assert Contact.objects.count() == 1
    assert not MergeSuggestion.objects.exists()
    assert story.settled(story.answers(conversation, "¿Nuevo número?")).state == "delivered"
    assert story.tried(WHATSAPP)[0]["body"]["to"] == "573119998877"


def test_who_has_a_new_number_is_answered_there_before_they_write(story: Story) -> None:
    conversation = story.written(WHATSAPP)
    story.standin.person(id=story.person(), phone="573119998877")
    story.comes_in()
    assert story.settled(story.answers(conversation, "¿Nuevo número?")).state == "delivered"


@pytest.mark.parametrize(
    ("one", "other"),
    [("551187654321", "5511987654321"), ("5215512345678", "525512345678"), ("5491123456789", "541123456789")],
)
def test_two_forms_of_one_number_make_no_second_contact(story: Story, one: str, other: str) -> None:
    """Brazil's ninth digit, Mexico's 1, Argentina's 9, where no id tells (meta.md E6)."""
    number = story.line(WHATSAPP)
    for place, phone in enumerate((one, other)):
        item = {
            "from": phone,
            "id": f"wamid.{place}",
            "timestamp": "1790000000",
            "type": "text",
            "text": {"body": "Oi"},
        }
        value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number}, "messages": [item]}
        story.standin.notice(number, "messages", value)
        story.comes_in()
    assert (Contact.objects.count(), Conversation.objects.get().unread) == (1, 2)
    assert set(Identity.objects.values_list("value", flat=True)) == {one, other}
    assert Conversation.objects.get().address == f"wa_id:{other}"


def test_an_answer_goes_to_the_number_that_meta_told(story: Story) -> None:
    """Never to one we made up of it (meta.md E6): Rui's has no ninth digit there."""
    conversation = story.written(WHATSAPP, who="rui.nogueira")
    assert story.settled(story.answers(conversation, "Oi")).state == "delivered"
    assert story.tried(WHATSAPP)[0]["body"]["to"] == "551187654321"


def test_one_person_is_a_contact_of_each_channel(story: Story) -> None:
    """No channel's id says who somebody is on another; nothing is merged by itself."""
    for channel in CHANNELS:
        story.written(channel)
    assert Conversation.objects.count() == Contact.objects.count() == 3


# The phone app beside us


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_typed_elsewhere_is_ours_and_moves_no_clock(story: Story, channel: ChannelKey) -> None:
    """closing C2; meta.md D: echoes were taken for the customer's own words."""
    story.cast.rule(story.account(channel), amount=30)
    conversation = story.written(channel)
    clock = (conversation.unread, conversation.armed_at, conversation.look_at)
    story.later(minutes=5)
    story.standin.echo(story.line(channel), story.person(), text="Sí, desde el celular")
    story.comes_in()
    conversation.refresh_from_db()
    (said,) = story.told(conversation, Direction.OUT)
    assert (said.text, said.author_kind) == ("Sí, desde el celular", ActorKind.APP)
    assert (conversation.unread, conversation.armed_at, conversation.look_at) == clock


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_typed_elsewhere_opens_nothing(story: Story, channel: ChannelKey) -> None:
    """closing E2."""
    conversation = story.written(channel)
    lifecycle.close([conversation.pk], reason="Vendido", cause=Cause.AGENT, **story.by_ana)
    story.standin.echo(story.line(channel), story.person(), text="Gracias por tu compra")
    story.comes_in()
    conversation.refresh_from_db()
    assert conversation.status == Status.CLOSED
    assert len(story.told(conversation, Direction.OUT)) == 1


def test_the_phones_history_is_history(story: Story) -> None:
    """It opens nothing, adds no unread and arms nothing (closing C5), in whatever order its chunks come."""
    story.cast.rule(story.account(WHATSAPP), amount=30)
    ours = "57601794" + f"{story.cast.workspace.pk:04}"
    at = int(story.standin.clock()) - 40 * 86_400
    chunks = [
        {
            "metadata": {"phase": 0, "chunk_order": order, "progress": 50},
            "threads": [
                {
                    "id": "573001234567",
                    "messages": [
                        _past("573001234567", f"wamid.h{order}a", at + order * 60, "¿Tienen cascos?"),
                        _past(ours, f"wamid.h{order}b", at + order * 60 + 30, "Sí", to="573001234567"),
                    ],
                }
            ],
        }
        for order in (2, 1)
    ]
    story.standin.history(story.line(WHATSAPP), chunks)
    story.comes_in()
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.unread, conversation.armed_at) == (Status.CLOSED, 0, None)
    assert [each.direction for each in conversation.messages.order_by("at", "id")] == ["in", "out", "in", "out"]

    story.standin.history(story.line(WHATSAPP), chunks)
    assert story.written(WHATSAPP, text="Hola de nuevo") == conversation
    conversation.refresh_from_db()
    assert (conversation.status, conversation.unread, conversation.messages.count()) == (Status.OPEN, 1, 5)


# What is done to messages (closing C4)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_reaction_is_kept_on_its_message_and_taken_back(story: Story, channel: ChannelKey) -> None:
    conversation = story.written(channel)
    sent = story.settled(story.answers(conversation, "Sí"))
    assert sent.external_id
    for emoji in ("❤", ""):
        story.later(seconds=5)
        story.says(channel, "reaction", target=sent.external_id, emoji=emoji)
        story.comes_in()
    told = Annotation.objects.filter(kind="reaction", target=sent.external_id).order_by("at")
    assert [each.text for each in told] == ["❤", ""]
    _nothing_counted(conversation)


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_edit_and_an_unsending_are_kept_on_their_message(story: Story, channel: ChannelKey) -> None:
    conversation = story.written(channel, text="Quiero la azul")
    (said,) = story.told(conversation)
    story.says(channel, "edit", target=said.external_id, text="Quiero la roja")
    story.says(channel, "unsend", target=said.external_id)
    story.comes_in()
    told = Annotation.objects.filter(target=said.external_id).order_by("id")
    assert {(each.kind, each.text) for each in told} == {("edit", "Quiero la roja"), ("unsend", "")}
    assert [each.text for each in story.told(conversation)] == ["Quiero la azul"]
    _nothing_counted(conversation)


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_unsending_that_comes_before_its_message_waits_for_it(story: Story, channel: ChannelKey) -> None:
    """meta.md E5."""
    said = story.says(channel)
    story.says(channel, "unsend", target=said)
    story.standin.settle()
    story.callback.told.reverse()
    story.comes_in()
    assert Conversation.objects.get().messages.get().external_id == said
    assert Annotation.objects.get().target == said


@pytest.mark.parametrize("channel", PAGES)
def test_a_story_mention_is_written_by_them_and_its_picture_is_only_referred_to(
    story: Story, channel: ChannelKey
) -> None:
    """closing C4; a story is not ours to keep."""
    conversation = story.written(channel, "story_mention")
    assert (conversation.status, conversation.unread) == (Status.OPEN, 1)
    assert Attachment.objects.get().state == FileState.REFERRED
    assert story.answers(conversation, "¡Gracias por la mención!").state == "accepted"


def test_an_answer_to_a_story_tells_which(story: Story) -> None:
    conversation = story.written(INSTAGRAM, "story_reply", text="¡Qué linda!")
    (said,) = story.told(conversation)
    assert (said.kind, said.text, conversation.unread) == ("story_reply", "¡Qué linda!", 1)
    assert said.data["story"]["id"]


def _nothing_counted(conversation: Conversation) -> None:
    before = (conversation.unread, conversation.last_inbound_at, conversation.messages.filter(counts=True).count())
    conversation.refresh_from_db()
    assert before == (conversation.unread, conversation.last_inbound_at, 1)


def _past(sender: str, wamid: str, at: int, text: str, **more: str) -> dict[str, object]:
    said = {"from": sender, **more, "id": wamid, "timestamp": str(at), "type": "text", "text": {"body": text}}
    return {**said, "history_context": {"status": "READ"}}
