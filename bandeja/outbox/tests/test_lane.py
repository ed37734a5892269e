"""The send lane: order, one at a time, and what each answer of a channel makes of a message and its account."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bandeja.channels import accounts
from bandeja.channels.contract import Inbound, Kind, Renaming, State, Status
from bandeja.channels.meta.advice import advice
from bandeja.channels.meta.values import known
from bandeja.channels.models import Account, ChannelKey, Credential, Health
from bandeja.channels.sending import Fault, File, NotReached, Outbound, Refused, Unanswered
from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import SYSTEM, Actor
from bandeja.conversations.handle import handle_of
from bandeja.conversations.models import (
    ActorKind,
    Attachment,
    Cause,
    Conversation,
    Direction,
    Event,
    EventKind,
    Message,
    Outgoing,
)
from bandeja.conversations.scope import Scope
from bandeja.conversations.statuses import settle
from bandeja.outbox.lane import PACED, PATIENCE, Lane
from bandeja.outbox.outcome import TRIES
from bandeja.outbox.tests.conftest import NOON, answered
from tests.cast import Cast
from tests.clock import Clock
from tests.lines import PNG, FakeSender

Say = Callable[..., Message]
Drive = Callable[[], None]
Contact = Callable[..., Conversation]
SECOND = timedelta(seconds=1)


def state(message: Message) -> str:
    return Message.objects.values_list("state", flat=True).get(pk=message.pk)


def why(message: Message) -> str:
    """The sentence that its agent reads."""
    return advice(Message.objects.get(pk=message.pk).error or {})


def failing(error: Exception, *, times: int = 1_000) -> Callable[[Outbound], str]:
    """A channel that fails so many times, and then takes everything."""
    left = [times]

    def answer(outbound: Outbound) -> str:
        left[0] -= 1
        if left[0] >= 0:
            raise error
        return f"wamid.{outbound.handle}"

    return answer


def test_what_is_written_is_sent(lia: Conversation, say: Say, drive: Drive, sender: FakeSender) -> None:
    first = say(lia, "¿En qué te ayudo?")
    assert state(first) == State.QUEUED
    drive()
    message = Message.objects.get(pk=first.pk)
    assert (message.state, message.external_id, message.error) == (State.ACCEPTED, message.external_id, None)
    assert message.external_id
    (outbound,) = sender.sent
    assert (outbound.text, outbound.to, outbound.handle) == (
        "¿En qué te ayudo?",
        ("wa_id", "lia"),
        handle_of(first.pk),
    )
    assert (outbound.line.token, outbound.line.external_id) == ("secreto", "111")
    assert (outbound.by_person, outbound.late, outbound.kind) == (True, False, Kind.TEXT)
    assert not Outgoing.objects.exists()


def test_it_counts_as_being_sent_before_the_channel_hears_of_it(
    lia: Conversation, say: Say, lane: Lane, sender: FakeSender
) -> None:
    go = threading.Event()
    sender.answer = lambda _: "wamid.1" if go.wait(10) else ""
    message = say(lia)
    lane.step()
    assert state(message) == State.SENDING
    assert Outgoing.objects.get().sending_at is not None
    go.set()
    answered(lane)
    lane.step()
    assert state(message) == State.ACCEPTED


def test_a_conversation_sends_in_order_and_one_at_a_time(
    lia: Conversation, contact: Contact, say: Say, lane: Lane, drive: Drive, sender: FakeSender
) -> None:
    teo = contact("teo")
    for number in range(4):
        say(lia, f"lía {number}")
        say(teo, f"teo {number}")
    lane.step()
    answered(lane)
    assert sorted(sender.texts) == ["lía 0", "teo 0"], "one of each conversation is under way"
    assert lane.step().count > 0
    drive()
    assert [text for text in sender.texts if text.startswith("lía")] == [f"lía {number}" for number in range(4)]
    assert [text for text in sender.texts if text.startswith("teo")] == [f"teo {number}" for number in range(4)]


def test_the_next_message_waits_for_the_one_that_is_put_off(
    lia: Conversation, contact: Contact, say: Say, drive: Drive, sender: FakeSender, clock: Clock
) -> None:
    teo = contact("teo")
    sender.answer = failing(Refused(Fault.TRANSIENT), times=1)
    say(lia, "1")
    drive()
    say(lia, "2")
    say(teo, "teo")
    drive()
    assert sender.texts == ["1", "teo"], "another conversation does not wait"
    clock.advance(seconds=1)
    drive()
    assert sender.texts == ["1", "teo", "1", "2"]


@pytest.mark.parametrize("fault", [Fault.WINDOW, Fault.TAG, Fault.RECIPIENT, Fault.CONTENT])
def test_what_cannot_be_sent_fails_with_its_reason_and_lets_the_next_go(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender, fault: Fault
) -> None:
    error = Refused(fault, code=131047, text="Re-engagement message", details="More than 24 hours\x00")
    sender.answer = failing(error, times=1)
    first, second = say(lia, "1"), say(lia, "2")
    drive()
    failed = Message.objects.get(pk=first.pk)
    told = {"code": 131047, "subcode": None, "text": "Re-engagement message", "details": "More than 24 hours"}
    assert (failed.state, failed.error) == (State.FAILED, {**told, "fault": fault})
    assert state(second) == State.ACCEPTED
    assert not Outgoing.objects.exists()


@pytest.mark.parametrize("error", [NotReached(), Refused(Fault.TRANSIENT), Refused(Fault.THROTTLED, pair=True)])
def test_what_surely_was_not_taken_is_sent_again_after_ever_longer_pauses(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender, clock: Clock, error: Exception
) -> None:
    sender.answer = failing(error, times=3)
    message = say(lia)
    for pause in (1, 4, 16):
        drive()
        drive()
        assert (state(message), Outgoing.objects.get().look_at) == (State.QUEUED, clock.now() + pause * SECOND)
        clock.advance(seconds=pause)
    drive()
    assert (state(message), len(sender.sent)) == (State.ACCEPTED, 4)


def test_a_channel_that_keeps_failing_on_its_side_is_not_asked_for_ever(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender, clock: Clock
) -> None:
    sender.answer = failing(Refused(Fault.TRANSIENT, code=131000))
    message = say(lia)
    for _ in range(TRIES + 3):
        drive()
        clock.advance(hours=1)
    assert (state(message), len(sender.sent)) == (State.FAILED, TRIES)


def test_a_pause_that_the_channel_names_is_kept(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender, clock: Clock
) -> None:
    sender.answer = failing(Refused(Fault.THROTTLED, wait=timedelta(minutes=5), pair=True), times=1)
    say(lia)
    drive()
    clock.advance(seconds=299)
    drive()
    assert len(sender.sent) == 1
    clock.advance(seconds=1)
    drive()
    assert len(sender.sent) == 2


def test_a_throttled_account_holds_all_of_its_messages_and_nobody_elses(
    cast: Cast, lia: Conversation, contact: Contact, say: Say, drive: Drive, sender: FakeSender, clock: Clock
) -> None:
    other = accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Soporte", external_id="222", token="otro")
    teo, eva = contact("teo"), contact("eva", other)
    sender.answer = failing(Refused(Fault.THROTTLED, wait=timedelta(seconds=30)), times=1)
    say(lia)
    drive()
    assert Health.objects.get(account=lia.account).held_until == NOON + 30 * SECOND
    held, free = say(teo), say(eva)
    drive()
    assert (state(held), state(free)) == (State.QUEUED, State.ACCEPTED)
    clock.advance(seconds=30)
    drive()
    assert state(held) == State.ACCEPTED


def test_a_refused_token_keeps_everything_until_there_is_a_new_one(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender, number: Account, clock: Clock
) -> None:
    sender.answer = failing(Refused(Fault.TOKEN, code=190, text="Session has expired"), times=1)
    message = say(lia)
    drive()
    health = Health.objects.get(account=number)
    assert (state(message), health.error_at) == (State.QUEUED, NOON)
    assert health.error is not None
    assert (health.error["code"], health.error["text"]) == (190, "Session has expired")
    clock.advance(days=1)
    drive()
    assert len(sender.sent) == 1
    accounts.keep_token(number, "nuevo")
    drive()
    assert (state(message), sender.sent[-1].line.token) == (State.ACCEPTED, "nuevo")


def test_a_refusal_of_the_old_token_is_not_held_against_the_new_one(
    lia: Conversation, say: Say, lane: Lane, drive: Drive, sender: FakeSender, number: Account, clock: Clock
) -> None:
    sender.answer = failing(Refused(Fault.TOKEN, code=190), times=1)
    say(lia)
    lane.step()
    answered(lane)
    clock.advance(seconds=1)
    accounts.keep_token(number, "nuevo")
    drive()
    assert Health.objects.get(account=number).error is None
    assert len(sender.sent) == 2


def test_an_account_that_may_not_send_fails_the_message_and_sends_nothing_more(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender, number: Account
) -> None:
    sender.answer = failing(Refused(Fault.ACCOUNT, code=131042, text="Payment"), times=1)
    first, second = say(lia, "1"), say(lia, "2")
    drive()
    assert (state(first), state(second)) == (State.FAILED, State.QUEUED)
    assert Health.objects.filter(account=number, error__code=131042).exists()
    Health.objects.filter(account=number).update(error=None)
    drive()
    assert state(second) == State.ACCEPTED


@pytest.mark.parametrize("answer", [Unanswered("Graph answered 502."), ZeroDivisionError("a mistake of ours")])
def test_an_unanswered_message_is_unknown_and_never_sent_again_by_itself(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender, clock: Clock, answer: Exception
) -> None:
    sender.answer = failing(answer, times=1)
    first, second = say(lia, "1"), say(lia, "2")
    drive()
    clock.advance(days=1)
    drive()
    assert (state(first), state(second), sender.texts) == (State.UNKNOWN, State.ACCEPTED, ["1", "2"])
    assert not Outgoing.objects.exists()


def test_what_is_sending_for_too_long_becomes_unknown_and_a_late_answer_still_settles_it(
    lia: Conversation, say: Say, lane: Lane, sender: FakeSender, clock: Clock
) -> None:
    go = threading.Event()
    sender.answer = lambda outbound: "wamid.tarde" if outbound.text != "1" or go.wait(10) else ""
    message = say(lia, "1")
    lane.step()
    clock.advance(seconds=PATIENCE.total_seconds())
    lane.step()
    assert state(message) == State.SENDING
    clock.advance(seconds=1)
    lane.step()
    assert (state(message), Outgoing.objects.count()) == (State.UNKNOWN, 0)
    go.set()
    answered(lane)
    lane.step()
    assert Message.objects.get(pk=message.pk).external_id == "wamid.tarde"
    assert state(message) == State.ACCEPTED


def test_a_late_refusal_lets_what_was_unknown_be_tried_again(
    lia: Conversation, say: Say, lane: Lane, drive: Drive, sender: FakeSender, clock: Clock
) -> None:
    go = threading.Event()

    def answer(outbound: Outbound) -> str:
        if len(sender.sent) == 1:
            go.wait(10)
            raise Refused(Fault.TRANSIENT)
        return "wamid.2"

    sender.answer = answer
    message = say(lia)
    lane.step()
    clock.advance(minutes=1)
    lane.step()
    go.set()
    answered(lane)
    lane.step()
    assert (state(message), Outgoing.objects.get().sending_at) == (State.QUEUED, None)
    clock.advance(minutes=1)
    drive()
    assert state(message) == State.ACCEPTED


def test_a_late_refusal_does_not_meddle_with_what_a_person_has_sent_again(
    lia: Conversation, say: Say, sender: FakeSender, clock: Clock, by_ana: dict[str, Any]
) -> None:
    first, second = threading.Event(), threading.Event()
    old, new = Lane(), Lane()

    def answer(outbound: Outbound) -> str:
        if len(sender.sent) == 1:
            first.wait(10)
            raise Refused(Fault.CONTENT)
        second.wait(10)
        return "wamid.2"

    sender.answer = answer
    message = say(lia)
    old.step()
    clock.advance(minutes=1)
    new.step()
    assert lifecycle.send_again(message.pk, **by_ana)
    new.step()
    first.set()
    answered(old)
    old.step()
    assert state(message) == State.SENDING
    second.set()
    answered(new)
    new.step()
    assert state(message) == State.ACCEPTED
    old.close()
    new.close()


def test_an_id_too_long_to_keep_is_the_one_that_its_status_names(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender
) -> None:
    """Whoever reads a status keeps such an id as its digest."""
    long = "wamid." + "x" * 600
    sender.answer = lambda _: long
    message = say(lia)
    drive()
    settle([Status(lia.account_id, known(long), State.READ)])
    assert state(message) == State.READ


def test_what_was_taken_without_an_id_of_it_is_taken(
    lia: Conversation, contact: Contact, say: Say, drive: Drive, sender: FakeSender
) -> None:
    sender.answer = lambda _: "\x00"
    messages = [say(lia), say(contact("teo"))]
    drive()
    assert [state(message) for message in messages] == [State.ACCEPTED] * 2
    assert not Message.objects.filter(external_id="").exists()


@pytest.mark.parametrize("told", [State.SENT, State.DELIVERED, State.READ, State.FAILED])
def test_a_status_that_came_before_the_answer_stays(
    lia: Conversation, say: Say, lane: Lane, told: State, sender: FakeSender
) -> None:
    sender.answer = lambda _: "wamid.1"
    message = say(lia)
    lane.step()
    answered(lane)
    Message.objects.filter(pk=message.pk).update(state=told)
    lane.step()
    assert (state(message), Message.objects.get(pk=message.pk).external_id) == (told, "wamid.1")
    assert not Outgoing.objects.exists()


def test_a_refusal_after_the_channel_told_of_delivery_changes_nothing(
    lia: Conversation, say: Say, lane: Lane, sender: FakeSender
) -> None:
    sender.answer = failing(Refused(Fault.TRANSIENT))
    message = say(lia)
    lane.step()
    answered(lane)
    Message.objects.filter(pk=message.pk).update(state=State.DELIVERED)
    lane.step()
    assert (state(message), Outgoing.objects.exists()) == (State.DELIVERED, False)


def test_what_turned_out_to_have_been_taken_is_not_sent_again(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender, clock: Clock
) -> None:
    sender.answer = failing(Refused(Fault.TRANSIENT), times=1)
    message = say(lia)
    drive()
    Message.objects.filter(pk=message.pk).update(state=State.SENT, external_id="wamid.1")
    clock.advance(minutes=1)
    drive()
    assert (state(message), len(sender.sent), Outgoing.objects.exists()) == (State.SENT, 1, False)


def test_an_echo_that_came_first_becomes_our_own_message(
    lia: Conversation, say: Say, lane: Lane, sender: FakeSender
) -> None:
    sender.answer = lambda _: "wamid.1"
    message = say(lia, "Hola")
    lane.step()
    answered(lane)
    shared = {"workspace_id": lia.workspace_id, "conversation": lia}
    echo = Message.objects.create(
        **shared, account_id=lia.account_id, direction=Direction.OUT, kind="text", text="Hola",
        external_id="wamid.1", author_kind=ActorKind.APP, state=State.READ,
    )  # fmt: skip
    told = {"kind": EventKind.MESSAGE_SENT, "actor_kind": ActorKind.APP, "message_id": echo.pk}
    Event.objects.create(**shared, **told)
    lane.step()
    ours = Message.objects.get(external_id="wamid.1")
    assert (ours.pk, ours.state, ours.author_kind) == (message.pk, State.READ, ActorKind.AGENT)
    assert not Event.objects.filter(message_id=echo.pk).exists()


def test_a_channel_that_gives_two_messages_one_id_loses_neither(
    lia: Conversation, contact: Contact, say: Say, lane: Lane, drive: Drive, sender: FakeSender, clock: Clock
) -> None:
    sender.answer = lambda _: "wamid.1"
    first = say(lia)
    drive()
    second = say(contact("teo"))
    drive()
    clock.advance(minutes=1)
    lane.step()
    assert (state(first), state(second)) == (State.ACCEPTED, State.UNKNOWN)


def connect_again(cast: Cast, clock: Clock) -> None:
    clock.advance(hours=1)
    accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Ventas", external_id="111", token="nuevo")


def test_a_disconnected_account_sends_nothing(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender, number: Account
) -> None:
    message = say(lia)
    accounts.disconnect(number)
    drive()
    assert (state(message), sender.sent) == (State.QUEUED, [])


def test_what_waited_while_its_account_was_disconnected_is_not_sent_late(
    cast: Cast,
    lia: Conversation,
    contact: Contact,
    say: Say,
    drive: Drive,
    sender: FakeSender,
    number: Account,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[int] = []
    monkeypatch.setattr("bandeja.outbox.lane.ring", lambda _, conversation_ids: rung.extend(conversation_ids))
    sender.answer = failing(Refused(Fault.TRANSIENT, wait=timedelta(hours=2)), times=1)
    put_off = say(contact("teo"), "put off")
    drive()
    waited = [say(lia, "1"), say(lia, "2")]
    clock.advance(minutes=1)
    accounts.disconnect(number)
    waited.append(say(lia, "3"))
    connect_again(cast, clock)
    fresh = say(lia, "4")
    drive()
    assert sender.texts == ["put off", "4"]
    assert [state(message) for message in [*waited, fresh]] == [*[State.FAILED] * 3, State.ACCEPTED]
    assert why(waited[0]).startswith("La cuenta se desconectó antes")
    assert (Message.objects.get(pk=waited[0].pk).state_at, set(rung)) == (clock.now(), {lia.pk})
    clock.advance(hours=2)
    drive()
    assert (state(put_off), sender.texts) == (State.FAILED, ["put off", "4"]), "whenever its turn comes"
    assert not Outgoing.objects.exists()


def test_what_was_to_be_read_until_an_instant_is_not_sent_after_it(
    cast: Cast, lia: Conversation, drive: Drive, sender: FakeSender, clock: Clock
) -> None:
    """closing W4: unless a person sends it again."""
    said = {"closing": "warning", "until": (NOON + timedelta(minutes=15)).isoformat()}
    by: dict[str, Any] = {"scope": Scope(cast.workspace.pk), "by": SYSTEM}
    in_time = lifecycle.reply(lia.pk, "30 minutos", data=said, **by).message
    drive()
    late = lifecycle.reply(lia.pk, "Aún", data=said, **by).message
    clock.advance(minutes=15)
    drive()
    assert (state(in_time), state(late), sender.texts) == (State.ACCEPTED, State.FAILED, ["30 minutos"])
    assert why(late).startswith("Esperó")
    clock.advance(seconds=1)
    assert lifecycle.send_again(late.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    drive()
    assert (state(late), sender.texts) == (State.ACCEPTED, ["30 minutos", "Aún"])


@pytest.mark.parametrize(
    ("what", "meanwhile"),
    [("warning", "writes"), ("warning", "closed"), ("farewell", "writes"), ("farewell", "open")],
)
def test_what_a_rule_says_and_waits_to_be_sent_is_not_once_it_is_true_no_more(
    cast: Cast, lia: Conversation, drive: Drive, sender: FakeSender, clock: Clock, what: str, meanwhile: str
) -> None:
    """closing W3, W6: the channel asked us to wait, and the contact did not."""
    if what == "farewell":
        lifecycle.close([lia.pk], scope=Scope(cast.workspace.pk), reason="Fin", cause=Cause.AGENT, by=SYSTEM)
    sender.answer = failing(Refused(Fault.TRANSIENT, wait=timedelta(minutes=5)), times=1)
    said = {"closing": what, "until": (NOON + timedelta(minutes=15)).isoformat()}
    message = lifecycle.reply(lia.pk, "Aún", data=said, scope=Scope(cast.workspace.pk), by=SYSTEM).message
    drive()
    clock.advance(minutes=5)
    if meanwhile == "closed":
        lifecycle.close([lia.pk], scope=Scope(cast.workspace.pk), reason="Fin", cause=Cause.AGENT, by=SYSTEM)
    elif meanwhile == "open":
        lifecycle.reopen([lia.pk], scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    else:
        Conversation.objects.filter(pk=lia.pk).update(last_inbound_at=clock.now())
    drive()
    assert (state(message), sender.texts) == (State.FAILED, ["Aún"]), "tried once, and refused"


def test_what_a_rule_says_is_tried_again_no_longer_than_it_is_true(
    cast: Cast, lia: Conversation, drive: Drive, sender: FakeSender, clock: Clock
) -> None:
    """closing W4"""
    sender.answer = failing(Refused(Fault.TRANSIENT, wait=timedelta(minutes=20)), times=1)
    said = {"closing": "warning", "until": (NOON + timedelta(minutes=15)).isoformat()}
    message = lifecycle.reply(lia.pk, "Aún", data=said, scope=Scope(cast.workspace.pk), by=SYSTEM).message
    clock.advance(minutes=14)
    drive()
    clock.advance(minutes=20)
    drive()
    assert (state(message), sender.texts) == (State.FAILED, ["Aún"]), "tried once, and refused"


def test_what_was_not_sent_late_goes_when_a_person_sends_it_again(
    cast: Cast,
    lia: Conversation,
    say: Say,
    drive: Drive,
    sender: FakeSender,
    number: Account,
    clock: Clock,
    by_ana: dict[str, Any],
) -> None:
    message = say(lia)
    accounts.disconnect(number)
    connect_again(cast, clock)
    drive()
    assert lifecycle.send_again(message.pk, **by_ana)
    drive()
    assert (state(message), len(sender.sent)) == (State.ACCEPTED, 1)


def test_what_waits_for_a_new_token_is_no_later_for_it(
    cast: Cast, lia: Conversation, say: Say, drive: Drive, sender: FakeSender, clock: Clock
) -> None:
    """Only a person disconnects; an account whose token was replaced was connected all the time."""
    message = say(lia)
    connect_again(cast, clock)
    drive()
    assert (state(message), len(sender.sent)) == (State.ACCEPTED, 1)


def test_one_slow_account_leaves_room_for_the_others(
    cast: Cast, contact: Contact, say: Say, lane: Lane, sender: FakeSender
) -> None:
    other = accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Soporte", external_id="222", token="otro")
    go = threading.Event()
    sender.answer = lambda outbound: outbound.handle if outbound.line.external_id == "222" or go.wait(10) else ""
    for number in range(20):
        say(contact(f"lenta {number}"))
    lane.step()
    lane.step()
    assert lane._busy.total() == 8
    eva = say(contact("eva", other))
    while state(eva) != State.ACCEPTED:
        lane.step()
    assert Message.objects.filter(state=State.SENDING).count() == 8
    go.set()


def test_an_account_keeps_to_the_pace_of_its_channel(
    lia: Conversation, contact: Contact, say: Say, lane: Lane, number: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bandeja.outbox.lane.monotonic", lambda: 100.0)
    Account.objects.filter(pk=number.pk).update(config={"coexistence": True})
    for each in range(30):
        say(contact(f"c{each}"))
    while lane.step().count:
        answered(lane)
    assert Message.objects.filter(state=State.ACCEPTED).count() == 20
    assert lane.step().next_in == PACED, "it goes on by itself"
    monkeypatch.setattr("bandeja.outbox.lane.monotonic", lambda: 100.5)
    while lane.step().count:
        answered(lane)
    assert Message.objects.filter(state=State.ACCEPTED).count() == 30


def test_who_has_never_written_is_answered_where_their_account_knows_them(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender
) -> None:
    Conversation.objects.filter(pk=lia.pk).update(address="")
    say(lia)
    drive()
    assert sender.sent[0].to == ("visitor", "lia")


PHONE, NEW_PHONE, OLD_BSUID = ("wa_id", "573001"), ("wa_id", "573117"), ("bsuid", "CO.1")


@pytest.mark.parametrize(
    ("called", "also", "renamed", "to"),
    [
        (PHONE, [OLD_BSUID, ("parent_bsuid", "CO.ENT.1")], [], PHONE),
        (PHONE, [OLD_BSUID], [("bsuid", "CO.2"), NEW_PHONE], NEW_PHONE),
        (OLD_BSUID, [("parent_bsuid", "CO.ENT.1")], [], OLD_BSUID),
        (OLD_BSUID, [("parent_bsuid", "CO.ENT.1")], [("bsuid", "CO.2")], ("bsuid", "CO.2")),
    ],
    ids=["number", "new number", "username", "new id"],
)
def test_who_has_never_written_is_written_to_by_their_number_and_else_by_their_id(
    number: Account, say: Say, drive: Drive, sender: FakeSender, called: Any, also: Any, renamed: Any, to: Any
) -> None:
    """What our side wrote in the app told both (meta.md E6): some templates may not go to an id (131062)."""
    echo = Inbound(number.pk, "wamid.1", called, text="Buenas", aliases=also, echo=True)
    lifecycle.receive([echo], clock=coverage.clock)
    lifecycle.receive([], clock=coverage.clock, renamings=[Renaming(number.pk, called, renamed)])
    thread = Conversation.objects.get(account=number)
    Conversation.objects.filter(pk=thread.pk).update(window_at=NOON)
    say(thread)
    drive()
    assert (thread.address, sender.sent[0].to) == ("", to)


def test_whom_nobody_knows_how_to_reach_is_not_written_to(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender
) -> None:
    Conversation.objects.filter(pk=lia.pk).update(address="")
    lia.contact.identities.all().delete()
    message = say(lia)
    drive()
    assert (state(message), sender.sent) == (State.FAILED, [])
    assert why(message).startswith("No sabemos a qué dirección")


def test_one_that_cannot_be_made_fails_alone(
    lia: Conversation, contact: Contact, say: Say, drive: Drive, sender: FakeSender
) -> None:
    broken, fine = say(lia), say(contact("teo"))
    Message.objects.filter(pk=broken.pk).update(kind="telegram")
    drive()
    assert (state(broken), state(fine), len(sender.sent)) == (State.FAILED, State.ACCEPTED, 1)
    assert why(broken).startswith("Este mensaje no se pudo poner")


def test_the_channel_is_told_when_its_window_closed_while_a_message_waited(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender, clock: Clock
) -> None:
    say(lia)
    clock.advance(days=2)
    drive()
    assert sender.sent[0].late


def test_what_a_machine_wrote_is_told_apart(cast: Cast, lia: Conversation, drive: Drive, sender: FakeSender) -> None:
    lifecycle.reply(lia.pk, "Te escribimos pronto", scope=Scope(cast.workspace.pk), by=SYSTEM)
    drive()
    assert not sender.sent[0].by_person


def test_answers_are_not_lost_when_the_database_is_away(
    lia: Conversation, say: Say, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = say(lia)
    lane.step()
    answered(lane)
    with monkeypatch.context() as away:
        away.setattr("bandeja.outbox.lane.record", lambda _: (_ for _ in ()).throw(ConnectionError()))
        with pytest.raises(ConnectionError):
            lane.step()
    lane.step()
    assert state(message) == State.ACCEPTED


def test_the_lane_tells_when_to_look_again(
    lia: Conversation, say: Say, lane: Lane, drive: Drive, sender: FakeSender
) -> None:
    assert lane.step().next_in is None
    sender.answer = failing(Refused(Fault.TRANSIENT, wait=timedelta(seconds=45)))
    say(lia)
    drive()
    assert lane.step().next_in == 45


# Files


@pytest.fixture
def picture(lia: Conversation, say: Say, settings: Any, tmp_path: Any) -> Message:
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "media": {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}}}
    (tmp_path / "foto").write_bytes(b"png")
    return say(lia, "Mira", uploads=[lifecycle.Upload("foto", Kind.IMAGE, PNG, "foto.png", 3)])


def test_a_file_is_handed_over_before_its_message_counts_as_being_sent(
    picture: Message, lane: Lane, drive: Drive, sender: FakeSender
) -> None:
    def upload(file: File) -> str:
        with file.open() as opened:
            return f"file.{opened.read().decode()}"

    sender.upload_answer = upload
    lane.step()
    assert state(picture) == State.QUEUED
    drive()
    (outbound,) = sender.sent
    assert outbound.file is not None
    assert (outbound.file.remote, outbound.text, outbound.kind) == ("file.png", "Mira", Kind.IMAGE)
    assert (state(picture), Attachment.objects.get().remote) == (State.ACCEPTED, "file.png")


def test_a_file_is_handed_over_once_however_often_its_message_is_tried(
    picture: Message, drive: Drive, sender: FakeSender, clock: Clock
) -> None:
    sender.answer = failing(NotReached(), times=2)
    for _ in range(3):
        drive()
        clock.advance(minutes=1)
    assert (state(picture), len(sender.sent), len(sender.uploaded)) == (State.ACCEPTED, 3, 1)


def test_a_channel_that_fetches_files_by_itself_is_given_their_address(picture: Message, sender: FakeSender) -> None:
    sender.upload_answer = lambda _: ""
    lane = Lane(link=lambda key: f"https://bandeja.example/{key}")
    while lane.step().count:
        answered(lane)
    lane.close()
    (outbound,) = sender.sent
    assert outbound.file is not None
    address = f"https://bandeja.example/{picture.attachments.get().pk}"
    assert (outbound.file.url, outbound.file.remote) == (address, "")


def test_a_file_that_is_gone_fails_its_message(picture: Message, drive: Drive, sender: FakeSender) -> None:
    sender.upload_answer = lambda _: (_ for _ in ()).throw(FileNotFoundError())
    drive()
    assert (state(picture), sender.sent) == (State.FAILED, [])
    name = picture.attachments.get().name
    assert why(picture).startswith(f"El archivo de este mensaje ({name}) ya no está")


def test_whoever_dies_while_handing_over_a_file_has_sent_nothing(
    picture: Message, lane: Lane, drive: Drive, sender: FakeSender, clock: Clock
) -> None:
    Outgoing.objects.update(sending_at=NOON)
    clock.advance(minutes=9)
    drive()
    assert sender.uploaded == []
    clock.advance(minutes=2)
    drive()
    assert state(picture) == State.ACCEPTED


def test_a_lane_that_is_closed_leaves_what_it_was_handing_over_to_the_next(
    picture: Message, lane: Lane, sender: FakeSender, clock: Clock
) -> None:
    closing = Lane()
    closing.step()
    closing.close()
    assert (state(picture), Outgoing.objects.get().sending_at, sender.sent) == (State.QUEUED, None, [])
    clock.advance(seconds=1)
    while lane.step().count:
        answered(lane)
    assert state(picture) == State.ACCEPTED


def test_a_token_that_was_never_kept_is_an_empty_one(
    lia: Conversation, say: Say, drive: Drive, sender: FakeSender
) -> None:
    Credential.objects.all().delete()
    say(lia)
    drive()
    assert sender.sent[0].line.token == ""
