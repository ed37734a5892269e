"""Through the Graph stand-in: two things at once, a second fault in the middle of a first, and the real door."""

from __future__ import annotations

import time

import pytest

from bandeja.channels import accounts
from bandeja.channels.meta import health
from bandeja.channels.models import Account, ChannelKey, Receipt
from bandeja.conversations import lifecycle
from bandeja.conversations.models import Conversation, Direction
from bandeja.demo import phones
from bandeja.intake import backfill
from tests.server import a_server
from tests.story import PAGES, PATIENCE, Story

pytestmark = pytest.mark.django_db(transaction=True)

WHATSAPP, MESSENGER, INSTAGRAM = ChannelKey.WHATSAPP, ChannelKey.MESSENGER, ChannelKey.INSTAGRAM


# An echo that knows no handle (meta.md E7)


def test_an_echo_settles_the_message_it_repeats_and_not_its_lost_twin(story: Story) -> None:
    """Instagram gives no handle back: of two with one text, the id in Graph's answer says which one went."""
    conversation = story.written(INSTAGRAM)
    story.standin.mishap("reset", match=f"{story.line(INSTAGRAM)}/messages")
    lost = story.answers(conversation, "Hola")
    assert lost.state == "unknown"
    story.later(seconds=5)
    twin = lifecycle.reply(conversation.pk, "Hola", **story.by_ana).message
    story.standin.weather(story.app.app_id, early=True)
    story.lane.step()
    until = time.monotonic() + PATIENCE
    while not story.callback.told:
        assert time.monotonic() < until, "it was not echoed"
    story.comes_in()
    twin = story.sent(twin)
    lost.refresh_from_db()
    assert (lost.state, twin.state) == ("unknown", "accepted")
    assert len(story.arrived(INSTAGRAM)) == 1


# A fault in the middle of another


@pytest.mark.parametrize("channel", PAGES)
def test_a_backfill_that_breaks_off_goes_on_the_next_time(story: Story, channel: ChannelKey) -> None:
    story.written(channel, text="Antes")
    story.goes_down()
    for who in ("lia.rendon", "rui.nogueira"):
        story.later(minutes=1)
        story.says(channel, text="Durante", who=who)
    story.later(hours=2)
    story.comes_back()
    health.step()
    story.standin.mishap("html", match="/conversations")
    assert backfill.step() == 0
    assert backfill.step() == 1
    assert sorted(Conversation.objects.values_list("unread", flat=True)) == [1, 2]


@pytest.mark.parametrize("channel", PAGES)
def test_what_was_missed_while_the_token_was_dead_is_fetched_with_the_new_one(
    story: Story, channel: ChannelKey
) -> None:
    conversation = story.written(channel, text="Antes")
    account = story.account(channel)
    story.standin.revoke(account.credential.token)
    story.goes_down()
    story.later(minutes=1)
    story.says(channel, text="Durante")
    story.later(hours=2)
    story.comes_back()
    health.step()
    assert backfill.step() == 0
    story.later(hours=1)

    accounts.keep_token(account, story.new_token(channel))
    health.step()
    assert backfill.step() == 1
    assert [each.text for each in story.told(conversation)] == ["Antes", "Durante"]


@pytest.mark.parametrize("channel", PAGES)
def test_an_answer_typed_elsewhere_during_the_outage_is_joined_as_ours(story: Story, channel: ChannelKey) -> None:
    """closing C2: it counts for nothing."""
    conversation = story.written(channel, text="Antes")
    story.goes_down()
    story.later(minutes=1)
    story.standin.echo(story.line(channel), story.person(), text="Desde el celular")
    story.later(hours=2)
    story.comes_back()
    health.step()
    backfill.step()
    conversation.refresh_from_db()
    assert [each.text for each in story.told(conversation, Direction.OUT)] == ["Desde el celular"]
    assert conversation.unread == 1


@pytest.mark.parametrize("channel", PAGES)
def test_an_unknown_answer_is_settled_by_what_backfill_finds(story: Story, channel: ChannelKey) -> None:
    """Its echo was lost with the outage: it must not be there twice (meta.md E7)."""
    conversation = story.written(channel)
    story.goes_down()
    story.later(minutes=1)
    story.standin.mishap("reset_after", match=f"{story.line(channel)}/messages")
    sent = story.answers(conversation, "¿Te sirve?")
    assert sent.state == "unknown"
    story.later(hours=2)
    story.comes_back()
    health.step()
    backfill.step()
    sent.refresh_from_db()
    assert sent.state == "accepted"
    assert [each.pk for each in story.told(conversation, Direction.OUT)] == [sent.pk]


# Instagram by its page


@pytest.fixture
def linked(story: Story) -> Account:
    """An Instagram account that is reached by the page it is linked to (meta.md A7)."""
    page = story.account(MESSENGER)
    made = story.standin.profile(
        story.app.app_id, id="17841400000000028", username="ruta28.outlet", page=page.external_id
    )
    config = {"login": "page", "page_id": page.external_id, "username": "ruta28.outlet"}
    return accounts.connect(
        story.cast.workspace,
        INSTAGRAM,
        name="@ruta28.outlet",
        external_id=str(made["id"]),
        app=story.app,
        config=config,
        token=page.credential.token,
    )


def test_an_instagram_account_is_written_to_and_answers_by_its_page(story: Story, linked: Account) -> None:
    story.standin.say(linked.external_id, story.person(), text="¿Abren hoy?")
    story.standin.say(linked.external_id, story.person(), "image")
    story.comes_in()
    conversation = Conversation.objects.get(account=linked)
    assert conversation.unread == 2
    assert story.answers(conversation, "Sí").state == "accepted"
    sent = story.answers(conversation, uploads=[story.hands_over(INSTAGRAM)])
    assert (sent.state, sent.error) == ("accepted", None)
    story.standin.read(linked.external_id, story.person())
    assert story.settled(sent).state == "read"
    thread = story.standin.thread(linked.external_id, story.person())
    assert len([each for each in thread if each["ours"]]) == len(story.told(conversation, Direction.OUT)) == 2


def test_what_an_instagram_account_missed_is_fetched_by_its_page(story: Story, linked: Account) -> None:
    story.goes_down()
    story.later(minutes=1)
    story.standin.say(linked.external_id, story.person(), text="¿Abren hoy?")
    story.later(hours=2)
    story.comes_back()
    health.step()
    backfill.step()
    conversation = Conversation.objects.get(account=linked)
    assert [each.text for each in story.told(conversation)] == ["¿Abren hoy?"]
    assert conversation.messages.get().received_at == story.clock.now()


# The real door


def test_the_door_takes_what_meta_signed_and_refuses_what_another_did(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """meta.md A2: a wrong signature is never a stored row, and Meta is not told that we have it."""
    with a_server() as web:
        monkeypatch.setenv("BANDEJA_PORT", str(web.port))
        phones.teach(story.app, story.standin)
        for channel in (WHATSAPP, *PAGES):
            story.says(channel, text="Año nuevo / ñandú")
        story.standin.settle()
        assert [each["status"] for each in story.standin.deliveries()] == [200, 200, 200]
        assert Receipt.objects.count() == 3
        story.standin.app(id=story.app.app_id, secret="of somebody else")
        story.says(WHATSAPP)
        story.standin.settle()
        assert story.standin.deliveries()[-1]["status"] == 403
        assert Receipt.objects.count() == 3
    story.comes_in()
    assert sorted(Conversation.objects.values_list("last_message_text", flat=True)) == ["Año nuevo / ñandú"] * 3
