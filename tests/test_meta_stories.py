"""Through the Graph stand-in, on each of Meta's channels: files both ways, templates, windows, tags."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from bandeja.channels.models import ChannelKey
from bandeja.conversations.actor import FLOW
from bandeja.conversations.models import Attachment, FileState, Status
from bandeja.conversations.window import WindowClosed
from bandeja.media.storage import storage
from tests.story import CHANNELS, PAGES, Story

pytestmark = pytest.mark.django_db(transaction=True)

TEMPLATE = {
    "template": {
        "name": "pedido_listo",
        "language": "es",
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Lía"}, {"type": "text", "text": "28"}]}
        ],
    }
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_picture_that_comes_in_is_fetched_and_made_small(story: Story, channel: ChannelKey) -> None:
    conversation = story.written(channel, "image")
    assert conversation.unread == 1

    story.fetches()
    file = Attachment.objects.get(conversation_id=conversation.pk)
    assert (file.state, file.mime, file.kind) == (FileState.STORED, "image/jpeg", "image")
    sent = next(said for said in story.standin.thread(story.line(channel), story.person()) if not said["ours"])
    with storage().open(file.file) as kept, storage().open(file.thumb) as thumb:
        assert kept.read() == story.standin.file(sent["file"])[1]
        assert thumb.read(12)[8:] == b"WEBP"


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_message_stands_when_its_file_is_lost(story: Story, channel: ChannelKey) -> None:
    """meta.md D: messages were lost because a download failed."""
    conversation = story.written(channel, "image")
    story.later(days=100)
    story.fetches()
    file = Attachment.objects.get(conversation_id=conversation.pk)
    assert file.state != FileState.STORED
    assert [each.kind for each in story.told(conversation)] == ["image"]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_picture_goes_out(story: Story, channel: ChannelKey, live_server: Any, settings: Any) -> None:
    """WhatsApp and the Page are handed the bytes; Instagram's own login fetches them from us (meta.md A7)."""
    settings.PUBLIC_URL = urlsplit(live_server.url)
    conversation = story.written(channel)
    upload = story.hands_over(channel)
    sent = story.answers(conversation, uploads=[upload])
    assert story.settled(sent).error is None
    assert sent.state in {"accepted", "sent", "delivered"}

    (said,) = story.arrived(channel)
    mime, data = story.standin.file(said["file"])
    with storage().open(upload.file) as file:
        assert (mime, data) == (upload.mime, file.read())
    uploaded = [
        call["path"] for call in story.standin.received() if call["path"].endswith(("/media", "_attachments"))
    ]
    assert len(uploaded) == (0 if channel == ChannelKey.INSTAGRAM else 1)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_free_answer_is_refused_before_sending_once_the_window_has_closed(
    story: Story, channel: ChannelKey
) -> None:
    conversation = story.written(channel)
    story.later(hours=23)
    assert story.answers(conversation, "Sí").state in {"accepted", "sent"}
    story.later(hours=2)
    with pytest.raises(WindowClosed) as closed:
        story.answers(conversation, "¿Sigues ahí?")
    assert closed.value.has_templates == (channel == ChannelKey.WHATSAPP)
    assert len(story.tried(channel)) == 1


def test_a_template_goes_out_after_the_window_has_closed(story: Story) -> None:
    conversation = story.written(ChannelKey.WHATSAPP)
    story.later(hours=30)
    sent = story.answers(conversation, "Hola Lía, tu pedido 28 está listo.", data=TEMPLATE)
    assert story.settled(sent).state == "delivered"
    (said,) = story.arrived(ChannelKey.WHATSAPP)
    assert "tu pedido 28 está listo" in said["text"]


def test_a_template_opens_no_window_and_an_answer_to_it_does(story: Story) -> None:
    conversation = story.written(ChannelKey.WHATSAPP)
    story.later(hours=30)
    story.answers(conversation, data=TEMPLATE)
    with pytest.raises(WindowClosed):
        story.answers(conversation, "¿Lo viste?")
    story.written(ChannelKey.WHATSAPP, text="Sí, voy")
    assert story.settled(story.answers(conversation, "Te esperamos")).state == "delivered"


def test_a_window_that_meta_alone_thinks_closed_fails_the_message_later(story: Story) -> None:
    """131047 comes by a status, after the message was accepted (meta.md A4); it is told, and not retried."""
    conversation = story.written(ChannelKey.WHATSAPP)
    _only_meta_closes(story, ChannelKey.WHATSAPP)
    sent = story.answers(conversation, "¿Tienes dudas?")
    assert sent.state == "accepted"
    assert story.settled(sent).state == "failed"
    assert sent.error
    assert sent.error["code"] == 131047
    story.later(hours=1)
    story.sends()
    assert len(story.tried(ChannelKey.WHATSAPP)) == 1


@pytest.mark.parametrize(("channel", "subcode"), [(ChannelKey.MESSENGER, 2018278), (ChannelKey.INSTAGRAM, 2534022)])
def test_a_window_that_meta_alone_thinks_closed_fails_the_message_at_once(
    story: Story, channel: ChannelKey, subcode: int
) -> None:
    conversation = story.written(channel)
    _only_meta_closes(story, channel)
    sent = story.answers(conversation, "¿Tienes dudas?")
    assert sent.state == "failed"
    assert sent.error
    assert (sent.error["fault"], sent.error["code"], sent.error["subcode"]) == ("window", 10, subcode)
    story.later(hours=1)
    story.sends()
    assert len(story.tried(channel)) == 1
    assert story.health(channel).error is None


@pytest.mark.parametrize("channel", PAGES)
def test_a_person_may_write_for_seven_days_where_meta_granted_it(story: Story, channel: ChannelKey) -> None:
    """meta.md A9: the human agent tag, for what people write themselves."""
    _is_granted(story, channel)
    conversation = story.written(channel)
    story.later(days=6)
    with pytest.raises(WindowClosed):
        story.answers(conversation, "¡Feliz cumpleaños!", by=FLOW)
    assert story.answers(conversation, "Ya llegó tu pedido").state == "accepted"
    assert [call["body"]["tag"] for call in story.tried(channel)] == ["HUMAN_AGENT"]

    story.later(days=2)
    with pytest.raises(WindowClosed):
        story.answers(conversation, "¿Vienes?")


@pytest.mark.parametrize("channel", PAGES)
def test_within_a_day_nobody_needs_the_tag(story: Story, channel: ChannelKey) -> None:
    _is_granted(story, channel)
    story.answers(story.written(channel), "Claro")
    assert "tag" not in story.tried(channel)[0]["body"]


@pytest.mark.parametrize("channel", PAGES)
def test_a_tag_that_meta_took_back_fails_the_message_with_its_reason(story: Story, channel: ChannelKey) -> None:
    """100/2018276 (meta.md A10)."""
    _is_granted(story, channel)
    conversation = story.written(channel)
    story.standin.app(id=story.app.app_id, human_agent=False)
    story.later(days=2)
    sent = story.answers(conversation, "Ya llegó")
    assert sent.state == "failed"
    assert sent.error
    assert sent.error["fault"] == "tag"


@pytest.mark.parametrize("channel", PAGES)
def test_a_reaction_opens_metas_window_and_nothing_of_ours(story: Story, channel: ChannelKey) -> None:
    """meta.md 0.7: two clocks; closing C4: a reaction counts for nothing."""
    first = story.says(channel)
    story.comes_in()
    story.later(hours=30)
    conversation = story.account(channel).conversations.get()
    story.says(channel, "reaction", target=first, emoji="❤")
    story.comes_in()
    before = (conversation.unread, conversation.last_inbound_at, conversation.armed_at)
    conversation.refresh_from_db()
    assert (conversation.unread, conversation.last_inbound_at, conversation.armed_at) == before
    assert conversation.status == Status.OPEN
    assert story.answers(conversation, "¡Gracias!").state == "accepted"


def _only_meta_closes(story: Story, channel: ChannelKey) -> None:
    """Rarely a message arrives and the answer is refused all the same (meta.md A9)."""
    long_ago = story.standin.clock() - 9 * 86_400
    story.standin.window(story.line(channel), story.person(), long_ago)


def _is_granted(story: Story, channel: ChannelKey) -> None:
    story.standin.app(id=story.app.app_id, human_agent=True)
    account = story.account(channel)
    account.config["human_agent"] = True
    account.save(update_fields=["config"])
