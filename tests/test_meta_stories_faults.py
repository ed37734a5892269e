"""Through the Graph stand-in: what Meta refuses, slows down or leaves unanswered, and nothing lost or sent twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bandeja.channels import accounts
from bandeja.channels.meta import graph, health
from bandeja.channels.models import ChannelKey
from bandeja.conversations import lifecycle
from bandeja.conversations.models import Conversation, Direction, Outgoing
from tests.server import PATIENCE, address
from tests.story import CHANNELS, PAGES, Story

pytestmark = pytest.mark.django_db(transaction=True)

WHATSAPP, MESSENGER = ChannelKey.WHATSAPP, ChannelKey.MESSENGER


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A second is enough for Graph."""
    monkeypatch.setenv("BANDEJA_GRAPH_TIMEOUT", "1")
    _hang_up()
    yield
    _hang_up()


def _hang_up() -> None:
    """Forget the process's connections, and with them how long they wait."""
    graph.client().close()
    graph._client.cache_clear()


# The token


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_revoked_token_holds_the_account_and_loses_nothing(story: Story, channel: ChannelKey) -> None:
    """190 (meta.md A10, D): the account is held, people are told, and all goes out once there is a new token."""
    conversation, account = story.written(channel), story.account(channel)
    story.standin.revoke(account.credential.token)
    first, second = story.answers(conversation, "Uno"), story.answers(conversation, "Dos")
    assert [first.state, story.sent(second).state] == ["queued", "queued"]
    story.later(hours=1)
    story.sends()
    assert len(story.tried(channel)) == 1

    health.step()
    found = story.health(channel)
    assert (found.has_valid_token, found.error and found.error["code"]) == (False, 190)
    story.later(hours=2)
    story.sends()
    assert len(story.tried(channel)) == 1

    accounts.keep_token(account, story.new_token(channel))
    health.step()
    story.later(minutes=1)
    story.sends()
    assert [each["text"] for each in story.arrived(channel)] == ["Uno", "Dos"]
    assert story.health(channel).error is None


def test_a_revoked_token_holds_up_no_other_account(story: Story) -> None:
    one, other = story.written(WHATSAPP), story.written(MESSENGER)
    story.standin.revoke(story.account(WHATSAPP).credential.token)
    assert story.answers(one, "Hola").state == "queued"
    assert story.answers(other, "Hola").state == "accepted"


# Too fast


@pytest.mark.parametrize(
    ("channel", "code", "subcode"), [(WHATSAPP, 130429, None), *((each, 613, 2534040) for each in PAGES)]
)
def test_an_account_that_is_told_to_slow_down_waits_as_long_as_meta_says(
    story: Story, channel: ChannelKey, code: int, subcode: int | None
) -> None:
    """The headers name the pause (meta.md A8), and no other account waits with it."""
    conversation = story.written(channel)
    other_channel = next(each for each in CHANNELS if each != channel)
    other = story.written(other_channel)
    story.standin.mishap(
        "error", match=f"{story.line(channel)}/messages", code=code, subcode=subcode, seconds=30, minutes=4
    )
    sent = story.answers(conversation, "Hola")
    assert story.answers(other, "Hola").state == "accepted"
    story.later(minutes=3)
    assert (story.sent(sent).state, len(story.tried(channel))) == ("queued", 1)
    story.later(minutes=1, seconds=1)
    assert story.sent(sent).state == "accepted"
    assert len(story.arrived(channel)) == 1


def test_a_pair_that_is_told_to_slow_down_holds_up_nobody_else(story: Story) -> None:
    """131056 concerns one recipient (meta.md A8)."""
    lia, rui = story.written(WHATSAPP), story.written(WHATSAPP, who="rui.nogueira")
    story.standin.mishap("error", match="/messages", code=131056, seconds=6, minutes=0)
    slow = story.answers(lia, "Hola")
    assert slow.state == "queued"
    assert story.answers(rui, "Hola").state == "accepted"
    story.later(seconds=7)
    assert story.sent(slow).state == "accepted"


def test_forty_six_messages_to_one_person_all_arrive_in_order(story: Story) -> None:
    """Meta takes a burst of 45 and then one every six seconds (meta.md A8)."""
    conversation = story.written(WHATSAPP)
    texts = [str(number) for number in range(47)]
    for text in texts:
        lifecycle.reply(conversation.pk, text, **story.by_ana)
    for _ in range(20):
        story.sends()
        story.later(seconds=10)
    assert [each["text"] for each in story.arrived(WHATSAPP)] == texts


# No answer that tells


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("kind", ["html_after", "500_after", "reset_after", "timeout_after"])
def test_what_was_taken_without_an_answer_is_settled_by_what_meta_tells_and_never_sent_again(
    story: Story, channel: ChannelKey, kind: str, impatient: None
) -> None:
    """meta.md E7: unknown, until a status with our handle, or an echo, settles it."""
    conversation = story.written(channel)
    story.standin.mishap(kind, match=f"{story.line(channel)}/messages")
    sent = story.answers(conversation, "¿Te sirve?")
    assert sent.state == "unknown"
    assert story.settled(sent).state in {"accepted", "sent", "delivered"}
    story.later(hours=1)
    story.sends()
    assert (len(story.tried(channel)), len(story.arrived(channel))) == (1, 1)
    assert [each.text for each in story.told(conversation, Direction.OUT)] == ["¿Te sirve?"]


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("kind", ["html", "500", "reset", "timeout"])
def test_what_may_not_have_been_taken_stays_unknown_until_a_person_decides(
    story: Story, channel: ChannelKey, kind: str, impatient: None
) -> None:
    """It holds up nothing, and is sent again only when somebody says so (meta.md E7)."""
    conversation = story.written(channel)
    story.standin.mishap(kind, match=f"{story.line(channel)}/messages")
    lost = story.answers(conversation, "Uno")
    assert lost.state == "unknown"
    assert story.answers(conversation, "Dos").state == "accepted"
    story.later(hours=2)
    story.comes_in()
    assert story.sent(lost).state == "unknown"
    assert [each["text"] for each in story.arrived(channel)] == ["Dos"]

    lifecycle.send_again(lost.pk, **story.by_ana)
    assert story.sent(lost).state == "accepted"
    assert [each["text"] for each in story.arrived(channel)] == ["Dos", "Uno"]


def test_a_line_that_does_not_answer_holds_up_no_other(story: Story, impatient: None) -> None:
    slow, quick = story.written(WHATSAPP), story.written(MESSENGER)
    story.standin.mishap("timeout", match=f"{story.line(WHATSAPP)}/messages")
    first = lifecycle.reply(slow.pk, "Hola", **story.by_ana).message
    second = lifecycle.reply(quick.pk, "Hola", **story.by_ana).message
    until = time.monotonic() + 0.9
    while second.state != "accepted":
        assert time.monotonic() < until, "it waited for the other account"
        story.lane.step()
        second.refresh_from_db()
    first.refresh_from_db()
    assert first.state == "sending"
    assert story.sent(first).state == "unknown"


# The worker is killed


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_worker_killed_between_sent_and_recorded_never_sends_it_twice(story: Story, channel: ChannelKey) -> None:
    """kill -9 while Graph has the message and nobody has its answer (meta.md E7)."""
    conversation = story.written(channel)
    story.standin.mishap("timeout_after", match=f"{story.line(channel)}/messages")
    told = lifecycle.reply(conversation.pk, "¿Te sirve?", **story.by_ana).message
    _killed_once(lambda: any(call["accepted"] for call in story.tried(channel)))
    told.refresh_from_db()
    assert told.state == "sending"

    story.clock.reset()
    story.later(minutes=1)
    assert story.sent(told).state == "unknown"
    assert not Outgoing.objects.exists()
    assert story.settled(told).state in {"accepted", "sent", "delivered"}
    assert len(story.tried(channel)) == 1
    assert Conversation.objects.get().messages.count() == 2


def _killed_once(happened: Any) -> None:
    """A whole worker runs on the tests' database until it happened, and dies at once."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "bandeja", "worker"], env={**os.environ, "DATABASE_URL": address()}
    )
    try:
        until = time.monotonic() + PATIENCE
        while not happened():
            assert worker.poll() is None
            assert time.monotonic() < until, "the worker did not send"
            time.sleep(0.02)
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
