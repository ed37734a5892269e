"""Through the Graph stand-in: we are down for an hour; deliveries come twice, shuffled, batched, out of order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bandeja.channels.meta import health
from bandeja.channels.models import ChannelKey
from bandeja.conversations import lifecycle
from bandeja.conversations.models import Cause, Conversation, Direction, Event, Status
from bandeja.intake import backfill
from tests.story import CHANNELS, PAGES, Story

pytestmark = pytest.mark.django_db(transaction=True)

WHATSAPP = ChannelKey.WHATSAPP


# An hour's outage


def test_whatsapp_delivers_again_what_we_missed(story: Story) -> None:
    """For seven days (meta.md A2); it counts from when we received it (closing C1)."""
    conversation = story.written(WHATSAPP, text="Antes")
    story.goes_down()
    story.later(minutes=1)
    wrote_at = story.clock.now()
    story.says(WHATSAPP, text="Durante")
    story.later(hours=3)
    story.comes_back()
    back_at = story.later(hours=7)
    story.comes_in()

    conversation.refresh_from_db()
    missed = story.told(conversation)[-1]
    assert [each.text for each in story.told(conversation)] == ["Antes", "Durante"]
    assert (missed.received_at, conversation.last_inbound_at) == (back_at, back_at)
    assert missed.provider_at
    assert abs(missed.provider_at - wrote_at) < timedelta(seconds=2)


@pytest.mark.parametrize("channel", PAGES)
def test_what_a_page_missed_is_fetched_and_counts_as_received_then(story: Story, channel: ChannelKey) -> None:
    """Meta unsubscribes it after an hour (meta.md 0.2): the check-up mends it, and backfill joins (closing C5)."""
    story.cast.rule(story.account(channel), amount=30)
    conversation = story.written(channel, text="Antes")
    answer = story.answers(conversation, "Sí")
    story.settled(answer)
    _out_for_two_hours(story, channel, "Durante", "Y también")

    fetched_at = story.clock.now()
    assert backfill.step() == 1
    conversation.refresh_from_db()
    assert [each.text for each in story.told(conversation)] == ["Antes", "Durante", "Y también"]
    assert [each.received_at for each in story.told(conversation)[1:]] == [fetched_at, fetched_at]
    assert (conversation.unread, conversation.armed_at) == (3, fetched_at)
    assert [each.text for each in story.told(conversation, Direction.OUT)] == ["Sí"]
    assert story.health(channel).missed_since is None

    assert backfill.step() == 0
    story.later(minutes=1)
    story.written(channel, text="Después")
    conversation.refresh_from_db()
    assert conversation.unread == 4


@pytest.mark.parametrize("channel", PAGES)
def test_a_stranger_who_wrote_during_the_outage_is_not_lost(story: Story, channel: ChannelKey) -> None:
    _out_for_two_hours(story, channel, "¿Están?", who="rui.nogueira")
    backfill.step()
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.unread) == (Status.OPEN, 1)
    assert conversation.contact.name in {"Rui Nogueira", "rui.bike"}  # Instagram tells the username
    assert story.answers(conversation, "Aquí estamos").state == "accepted"
    assert [each["text"] for each in story.arrived(channel, "rui.nogueira")] == ["Aquí estamos"]


@pytest.mark.parametrize("channel", PAGES)
def test_what_is_backfilled_opens_what_was_closed_once(story: Story, channel: ChannelKey) -> None:
    """closing E1: one opening, however many messages."""
    conversation = story.written(channel)
    lifecycle.close([conversation.pk], reason="Vendido", cause=Cause.AGENT, **story.by_ana)
    _out_for_two_hours(story, channel, "Otra cosa", "¿Tienen cascos?")
    backfill.step()
    conversation.refresh_from_db()
    assert conversation.status == Status.OPEN
    assert Event.objects.filter(conversation=conversation, kind="conversation_opened").count() == 2


@pytest.mark.parametrize("channel", PAGES)
def test_a_picture_sent_during_the_outage_is_fetched_too(story: Story, channel: ChannelKey) -> None:
    story.written(channel)
    _out_for_two_hours(story, channel)
    story.goes_down()
    story.says(channel, "image")
    _fall(story)
    backfill.step()
    story.fetches()
    conversation = Conversation.objects.get()
    picture = story.told(conversation)[-1].attachments.get()
    assert (picture.state, picture.mime) == ("stored", "image/jpeg")


# Deliveries as they come


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_twice_shuffled_and_batched_anew_nothing_is_there_twice(
    story: Story, channel: ChannelKey, batch: int
) -> None:
    """At least once, in any order, in any batches (meta.md A2, E5; closing C5)."""
    conversation = story.written(channel, text="0")
    story.answers(conversation, "Sí")
    story.standin.weather(story.app.app_id, duplicates=True, shuffle=True, batch=batch, held=True)
    texts = [str(number) for number in range(1, 13)]
    for text in texts:
        story.later(seconds=2)
        latest = story.says(channel, text=text)
    story.says(channel, "reaction", target=latest, emoji="❤")
    story.standin.read(story.line(channel), story.person())
    story.standin.weather(story.app.app_id, held=False)
    story.comes_in()

    conversation.refresh_from_db()
    assert [each.text for each in story.told(conversation)] == ["0", *texts]
    assert conversation.unread == 13
    (sent,) = story.told(conversation, Direction.OUT)
    assert (sent.text, sent.state) == ("Sí", "read")
    assert Event.objects.filter(conversation=conversation, kind="message_received").count() == 13
    assert Event.objects.filter(conversation=conversation, kind="message_sent").count() == 1


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_follows_from_a_send_may_come_before_its_answer(story: Story, channel: ChannelKey) -> None:
    """The echo, or the status, before Graph's answer (meta.md B): one message all the same."""
    conversation = story.written(channel)
    story.standin.weather(story.app.app_id, early=True)
    told = story.answers(conversation, "Sí")
    assert story.settled(told).state in {"accepted", "delivered"}
    assert [each.text for each in story.told(conversation, Direction.OUT)] == ["Sí"]


def test_statuses_only_rise_whatever_their_order(story: Story) -> None:
    """meta.md D: a read message went back to sent."""
    conversation = story.written(WHATSAPP)
    story.standin.weather(story.app.app_id, shuffle=True, held=True)
    sent = [story.answers(conversation, str(number)) for number in range(6)]
    story.standin.settle()
    story.standin.read(story.line(WHATSAPP), story.person())
    story.standin.weather(story.app.app_id, held=False)
    assert {story.settled(each).state for each in sent} == {"read"}


def test_read_is_believed_without_delivered(story: Story) -> None:
    """meta.md A4."""
    conversation = story.written(WHATSAPP)
    story.standin.person(id=story.person(), reachable=False)
    sent = story.answers(conversation, "Sí")
    assert story.settled(sent).state == "sent"
    story.standin.read(story.line(WHATSAPP), story.person())
    assert story.settled(sent).state == "read"


def _out_for_two_hours(story: Story, channel: ChannelKey, *texts: str, who: str = "lia.rendon") -> None:
    """We are down while somebody writes, long enough for Meta to give up; then the check-up finds it out."""
    story.goes_down()
    for text in texts or ("¿Hola?",):
        story.later(minutes=1)
        story.says(channel, text=text, who=who)
    _fall(story)
    assert {alert["what"] for alert in story.standin.state()["alerts"]} == {"failing", "unsubscribed"}
    found = story.health(channel)
    assert (found.is_subscribed, found.missed_since is not None) == (True, True)


def _fall(story: Story) -> None:
    story.later(hours=2)
    story.comes_back()
    health.step()
