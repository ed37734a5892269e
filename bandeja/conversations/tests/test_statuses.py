"""What becomes of what we sent: states rise, in whatever order the channel tells them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from bandeja.channels.contract import State, Status, Watermark
from bandeja.conversations.handle import handle_of
from bandeja.conversations.models import Conversation, Message, Outgoing
from bandeja.conversations.statuses import settle
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


def sent(conversation: Conversation, external_id: str | None, state: State = State.ACCEPTED, **more: Any) -> Message:
    return Message.objects.create(
        workspace_id=conversation.workspace_id,
        account_id=conversation.account_id,
        conversation=conversation,
        direction="out",
        kind="text",
        text="Hola",
        author_kind="agent",
        external_id=external_id,
        state=state,
        **more,
    )


def told(message: Message, state: State, **more: Any) -> Status:
    return Status(message.account_id, message.external_id or "", state, at=NOON, **more)


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return message.state


@pytest.mark.parametrize("order", list(permutations([State.SENT, State.DELIVERED, State.READ])))
def test_a_state_only_rises(cast: Cast, order: tuple[State, ...]) -> None:
    message = sent(cast.write(), "wamid.1")
    for state in order:
        settle([told(message, state)])
    assert state_of(message) == "read"
    settle([told(message, state) for state in (*order, *order)])
    assert state_of(message) == "read"


def test_read_may_come_without_delivered(cast: Cast) -> None:
    """meta.md A4."""
    message = sent(cast.write(), "wamid.1")
    assert settle([told(message, State.READ)]) == [message.conversation_id]
    assert state_of(message) == "read"


def test_a_failure_is_kept_with_its_reason(cast: Cast) -> None:
    message = sent(cast.write(), "wamid.1")
    settle([told(message, State.FAILED, error={"code": 131047, "text": "Re-engagement message"})])
    assert state_of(message) == "failed"
    assert message.error == {"code": 131047, "text": "Re-engagement message"}


def test_a_failure_told_after_it_came_is_not_believed(cast: Cast) -> None:
    """meta.md E7."""
    message = sent(cast.write(), "wamid.1", State.DELIVERED)
    assert settle([told(message, State.FAILED, error={"code": 1})]) == []
    assert (state_of(message), message.error) == ("delivered", None)


def test_what_came_after_all_forgets_its_failure(cast: Cast) -> None:
    message = sent(cast.write(), "wamid.1", State.FAILED, error={"code": 1})
    settle([told(message, State.DELIVERED)])
    assert (state_of(message), message.error) == ("delivered", None)


def test_an_unanswered_send_is_settled_by_its_handle(cast: Cast) -> None:
    """meta.md E7: the answer was lost, the status tells its id; it is not sent again."""
    message = sent(cast.write(), None, State.UNKNOWN)
    Outgoing.objects.create(message=message, account_id=message.account_id, conversation_id=message.conversation_id)
    settle([Status(message.account_id, "wamid.9", State.SENT, handle=handle_of(message.pk))])
    assert (state_of(message), message.external_id) == ("sent", "wamid.9")
    assert not Outgoing.objects.exists()


def test_the_handle_of_another_program_is_not_ours(cast: Cast) -> None:
    message = sent(cast.write(), None, State.UNKNOWN)
    for handle in (f"b{message.pk}.0123456789abcdef", str(message.pk), "", "b.", handle_of(message.pk) + "0"):
        assert settle([Status(message.account_id, "wamid.9", State.SENT, handle=handle)]) == []
    assert state_of(message) == "unknown"


def test_a_handle_told_by_another_account_is_not_believed(cast: Cast, carla: Cast) -> None:
    message = sent(cast.write(), None, State.UNKNOWN)
    assert settle([Status(carla.chat.pk, "wamid.9", State.SENT, handle=handle_of(message.pk))]) == []


def test_a_failure_of_an_earlier_attempt_is_not_that_of_the_present_one(cast: Cast) -> None:
    message = sent(cast.write(), "wamid.2")
    first = Status(message.account_id, "wamid.1", State.FAILED, handle=handle_of(message.pk), error={"code": 1})
    assert settle([first]) == []
    assert state_of(message) == "accepted"


@pytest.mark.parametrize("news", [State.ACCEPTED, State.SENT, State.FAILED])
@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.UNKNOWN])
def test_what_is_told_again_of_a_failed_attempt_does_not_stop_the_next(cast: Cast, news: State, state: State) -> None:
    """Meta repeats itself; what a person sends again has the id of the attempt that failed until it has another."""
    message = sent(cast.write(), "wamid.1", state)
    Outgoing.objects.create(message=message, account_id=message.account_id, conversation_id=message.conversation_id)
    assert settle([told(message, news, handle=handle_of(message.pk))]) == []
    assert state_of(message) == state
    assert Outgoing.objects.filter(message=message).exists()


def test_what_came_after_all_is_not_sent_again(cast: Cast) -> None:
    message = sent(cast.write(), "wamid.1", State.QUEUED)
    Outgoing.objects.create(message=message, account_id=message.account_id, conversation_id=message.conversation_id)
    settle([told(message, State.DELIVERED)])
    assert state_of(message) == "delivered"
    assert not Outgoing.objects.exists()


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_an_unanswered_second_attempt_is_settled_by_its_handle_too(cast: Cast, state: State) -> None:
    message = sent(cast.write(), "wamid.1", state)
    settle([Status(message.account_id, "wamid.2", State.SENT, handle=handle_of(message.pk))])
    assert (state_of(message), message.external_id) == ("sent", "wamid.2")


def test_an_id_of_another_account_is_another_message(cast: Cast, carla: Cast) -> None:
    message = sent(cast.write(), "wamid.1")
    assert settle([Status(carla.chat.pk, "wamid.1", State.READ)]) == []
    assert state_of(message) == "accepted"


def test_what_we_never_sent_is_nothing_to_us(cast: Cast) -> None:
    lia = cast.write(external_id="theirs")
    assert settle([Status(cast.chat.pk, "theirs", State.READ), Status(cast.chat.pk, "", State.READ)]) == []
    assert Message.objects.get(conversation=lia).state == ""


def test_many_statuses_of_one_message_in_one_batch_are_one_state(cast: Cast) -> None:
    message = sent(cast.write(), "wamid.1")
    assert settle([told(message, state) for state in (State.READ, State.SENT, State.DELIVERED)]) == [
        message.conversation_id
    ]
    assert state_of(message) == "read"


def test_a_watermark_tells_of_everything_sent_up_to_it(cast: Cast) -> None:
    lia, pia = cast.write("lia"), cast.write("pia")
    early, late = sent(lia, "1", at=NOON - SECOND), sent(lia, "2", at=NOON + SECOND)
    other, failed = sent(pia, "3", at=NOON - SECOND), sent(lia, "4", State.PLAYED, at=NOON - SECOND)
    assert settle([], [Watermark(cast.chat.pk, ("visitor", "lia"), State.READ, NOON)]) == [lia.pk]
    assert [state_of(each) for each in (early, late, other, failed)] == ["read", "accepted", "accepted", "played"]


@pytest.mark.parametrize("state", [State.ACCEPTED, State.DELIVERED])
def test_a_watermark_that_comes_late_tells_nothing_of_what_left_after_it(cast: Cast, state: State) -> None:
    """However early it was written: it may have waited for its turn."""
    lia = cast.write("lia")
    waited = sent(lia, "1", state, at=NOON - SECOND, state_at=NOON + timedelta(minutes=1))
    at_once = sent(lia, "2", state, at=NOON - SECOND, state_at=NOON + SECOND)
    settle([], [Watermark(cast.chat.pk, ("visitor", "lia"), State.READ, NOON)])
    assert (state_of(waited), state_of(at_once)) == (state, "read")


def test_a_watermark_goes_by_the_channels_own_date(cast: Cast) -> None:
    """Our clock and theirs may differ; what the channel dated is compared with what the channel dates."""
    message = sent(cast.write("lia"), "1", at=NOON + SECOND, provider_at=NOON - SECOND)
    settle([], [Watermark(cast.chat.pk, ("visitor", "lia"), State.READ, NOON)])
    assert state_of(message) == "read"


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.UNKNOWN, State.FAILED])
@pytest.mark.parametrize("told", [State.DELIVERED, State.READ])
def test_a_watermark_tells_nothing_of_what_may_never_have_left(cast: Cast, state: State, told: State) -> None:
    """Nor takes it from what waits to be sent: it would never be."""
    lia = cast.write()
    message = sent(lia, None, state, at=NOON - SECOND)
    Outgoing.objects.create(message=message, account_id=lia.account_id, conversation_id=lia.pk)
    assert settle([], [Watermark(cast.chat.pk, ("visitor", "lia"), told, NOON)]) == []
    assert state_of(message) == state
    assert Outgoing.objects.filter(message=message).exists()


def test_it_moves_no_clock(cast: Cast) -> None:
    """closing C2."""
    cast.rule()
    lia = cast.write()
    before = Conversation.objects.values("armed_at", "look_at", "last_inbound_at", "unread", "status").get()
    message = sent(lia, "wamid.1")
    settle([told(message, State.READ)], [Watermark(cast.chat.pk, ("visitor", "lia"), State.PLAYED, NOON)])
    assert Conversation.objects.values(*before).get() == before


@pytest.mark.django_db(transaction=True)
def test_two_batches_of_statuses_in_opposite_order_never_wait_in_a_circle(cast: Cast) -> None:
    messages = [sent(cast.write("lia"), f"wamid.{number}") for number in range(40)]
    together = Barrier(2)
    failed: list[Exception] = []

    def tell(order: list[Message], state: State) -> None:
        try:
            together.wait(10)
            for _ in range(10):
                settle([told(message, state) for message in order])
        except Exception as error:  # noqa: BLE001  whatever it is, the assertion tells it
            failed.append(error)
        finally:
            connection.close()

    threads = [
        Thread(target=tell, args=(messages, State.DELIVERED)),
        Thread(target=tell, args=(messages[::-1], State.READ)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert {state_of(message) for message in messages} == {"read"}
