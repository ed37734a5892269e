"""What an inbound message does to a conversation, and what it does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bandeja.channels.contract import SILENT, Inbound, Kind
from bandeja.channels.models import Account
from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import (
    Cause,
    Closure,
    Contact,
    Conversation,
    Event,
    EventKind,
    Identity,
    Message,
    Status,
)
from bandeja.conversations.scope import Scope
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def cast(noon: datetime, cast: Cast) -> Cast:
    """The cast, from noon on."""
    return cast


def said(account: Account, external_id: str = "m", who: str = "lia", **more: Any) -> Inbound:
    return Inbound(account.pk, external_id, ("visitor", who), **{"text": "Hola", **more})


def receive(*batch: Inbound, at: datetime | None = None) -> lifecycle.Received:
    return lifecycle.receive(batch, clock=coverage.clock, at=at)


def close(cast: Cast, conversation: Conversation, reason: str = "Resuelto", cause: Cause = Cause.AGENT) -> None:
    by = Actor.agent(cast.ana)
    lifecycle.close([conversation.pk], scope=Scope.of(cast.ana), reason=reason, cause=cause, by=by)


def row(conversation: Conversation) -> dict[str, Any]:
    return dict(Conversation.objects.filter(pk=conversation.pk).values().get())


def told(kind: EventKind) -> list[Any]:
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("data", flat=True))


def everything() -> list[list[dict[str, Any]]]:
    """Every row a message could touch."""
    tables: list[Any] = [Contact, Identity, Conversation, Message, Closure, Event]
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_a_first_message_opens_a_conversation_unread(cast: Cast) -> None:
    """closing C1, C4, F1: one opened event, which says that nothing was closed before."""
    done = receive(said(cast.chat, name="Lía", provider_at=NOON - MINUTE))
    conversation, message = Conversation.objects.get(), Message.objects.get()
    assert (done.messages, done.conversations, done.reopened) == ([message.pk], [conversation.pk], 0)
    assert (conversation.status, conversation.unread, conversation.owner) == (Status.OPEN, 1, None)
    assert (conversation.last_inbound_at, conversation.last_inbound_id) == (NOON, message.pk)
    assert (message.received_at, message.at, message.provider_at) == (NOON, NOON - MINUTE, NOON - MINUTE)
    assert (conversation.contact.name, conversation.workspace_id) == ("Lía", cast.workspace.pk)
    assert told(EventKind.CONVERSATION_OPENED) == [{"reopened": False}]
    assert Event.objects.get(kind=EventKind.MESSAGE_RECEIVED).message_id == message.pk


def test_an_empty_batch_is_nothing(cast: Cast) -> None:
    assert receive() == lifecycle.Received([], [], 0)


# C4: what counts


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in SILENT])
def test_whatever_a_contact_writes_opens_and_is_unread(cast: Cast, kind: Kind) -> None:
    """closing C4"""
    cast.rule()
    lia = cast.write("lia")
    close(cast, lia)
    receive(said(cast.chat, kind=kind))
    after = row(lia)
    assert (after["status"], after["unread"], after["armed_at"]) == (Status.OPEN, 2, NOON)


def test_the_kinds_that_are_not_writing_are_those_of_the_contract() -> None:
    """closing C4"""
    names = "reaction edit unsend referral opt_in system call call_permission group history"
    assert {kind.value for kind in SILENT} == set(names.split())


@pytest.mark.parametrize("kind", sorted(SILENT))
def test_what_is_not_writing_creates_nothing(cast: Cast, kind: Kind) -> None:
    """closing C4"""
    done = receive(said(cast.chat, kind=kind))
    assert done == lifecycle.Received([], [], 0)
    assert not Conversation.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("kind", sorted(SILENT))
@pytest.mark.parametrize("closed", [False, True])
def test_what_is_not_writing_is_kept_and_moves_nothing(cast: Cast, clock: Clock, kind: Kind, closed: bool) -> None:
    """closing C4, C5: neither status, unread, clock nor the list's line."""
    cast.rule()
    lia = cast.write("lia", "Quiero una bici")
    if closed:
        close(cast, lia)
    before, events = row(lia), Event.objects.count()
    clock.advance(seconds=20)
    done = receive(said(cast.chat, kind=kind, text="👍"))
    assert row(lia) == before
    assert Event.objects.count() == events
    assert Message.objects.get(pk__in=done.messages).counts is False


def test_a_blocked_contact_s_messages_are_kept_and_count_for_nothing(cast: Cast) -> None:
    """closing C4"""
    cast.rule()
    lia = cast.write("lia")
    close(cast, lia)
    Contact.objects.update(blocked_at=NOON)
    before = row(lia)
    receive(said(cast.chat, text="¡Oigan!"))
    assert row(lia) == before
    assert lia.messages.filter(text="¡Oigan!", counts=False).exists()


# C5: twice, late, out of order


@pytest.mark.parametrize("closed", [False, True])
def test_a_duplicate_is_a_total_no_op(cast: Cast, clock: Clock, closed: bool) -> None:
    """closing C5: even with another text, another name and another date, even after a closing."""
    cast.rule()
    lia = cast.write("lia", external_id="m1")
    if closed:
        close(cast, lia)
    before = everything()
    clock.advance(seconds=30)
    done = receive(said(cast.chat, "m1", text="Otra cosa", email="lia@casa.example", provider_at=NOON + MINUTE))
    assert done == lifecycle.Received([], [], 0)
    assert everything() == before


def test_a_duplicate_in_one_batch_is_joined_once_and_the_first_is_kept(cast: Cast) -> None:
    """closing C5: at its place, whatever comes of it behind its neighbours."""
    receive(said(cast.chat, "m1", text="uno"), said(cast.chat, "m2"), said(cast.chat, "m1", text="dos"))
    assert [message.text for message in Message.objects.order_by("pk")] == ["uno", "Hola"]
    assert Conversation.objects.get().unread == 2


@pytest.mark.parametrize("together", [True, False])
def test_an_external_id_belongs_to_whoever_used_it_first(cast: Cast, together: bool) -> None:
    """closing C5: the other contact leaves no trace, neither in the same batch nor later."""
    mine, theirs = said(cast.chat, "m1"), said(cast.chat, "m1", who="teo")
    for batch in ([mine, theirs],) if together else ([mine], [theirs]):
        receive(*batch)
    assert Identity.objects.get().value == "lia"
    assert (Message.objects.count(), Conversation.objects.count()) == (1, 1)


def test_one_external_id_on_two_accounts_is_two_messages(
    cast: Cast, another_account: Callable[[str], Account]
) -> None:
    receive(said(cast.chat, "m1"), said(another_account("Dos"), "m1"))
    assert Message.objects.count() == 2


def test_a_message_dated_earlier_stands_at_its_place_and_counts_from_when_we_had_it(cast: Cast, clock: Clock) -> None:
    """closing C1, C5: a delivery two hours late is not closed on arrival."""
    cast.rule()
    lia = cast.write("lia", "segundo")
    clock.advance(seconds=30)
    cast.write("lia", "primero", provider_at=NOON - 120 * MINUTE)
    after = row(lia)
    assert [m.text for m in lia.messages.order_by("at")] == ["primero", "segundo"]
    assert after["last_message_text"] == "segundo"
    assert after["last_inbound_at"] == after["armed_at"] == NOON + MINUTE / 2


def test_the_clock_never_goes_back(cast: Cast, clock: Clock) -> None:
    """closing C5: joined after a later one, a message neither moves the clock nor the last inbound back."""
    cast.rule(amount=5)
    clock.advance(minutes=3)
    lia = cast.write("lia", received_at=NOON + 2 * MINUTE)
    before = row(lia)
    cast.write("lia", received_at=NOON + MINUTE)
    after = row(lia)
    kept = ("armed_at", "look_at", "last_inbound_at")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert after["unread"] == 2


def test_of_a_batch_the_latest_received_arms(cast: Cast) -> None:
    """closing C3"""
    cast.rule(amount=5, at=NOON - 9 * MINUTE)
    instants = [NOON - 3 * MINUTE, NOON - MINUTE, NOON - 2 * MINUTE]
    coverage.entitle(cast.workspace, plan="basic", addons=[])
    coverage.entitle(cast.workspace, plan="pro", addons=["inbox"], at=NOON - 9 * MINUTE)
    Account.objects.update(connected_at=NOON - 9 * MINUTE)
    receive(*(said(cast.chat, f"m{n}", received_at=at) for n, at in enumerate(instants)))
    lia = Conversation.objects.get()
    assert (lia.armed_at, lia.look_at, lia.unread) == (NOON - MINUTE, NOON + 4 * MINUTE, 3)


# E1: opening again


def test_writing_to_a_closed_conversation_opens_the_same_thread(cast: Cast, clock: Clock) -> None:
    """closing E1: earlier messages visible, owner kept, clock armed, unread added."""
    cast.rule()
    lia = cast.write("lia", "antes")
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    close(cast, lia)
    clock.advance(days=400)
    assert cast.write("lia", "después") == lia
    after = row(lia)
    assert [m.text for m in lia.messages.order_by("at")] == ["antes", "después"]
    assert (after["status"], after["closed_at"], after["owner_id"]) == (Status.OPEN, None, cast.bruno.pk)
    assert (after["unread"], after["armed_at"], after["opened_at"]) == (2, clock.now(), clock.now())


def test_a_reopening_without_cover_arms_nothing(cast: Cast) -> None:
    """closing E1"""
    lia = cast.write("lia")
    close(cast, lia)
    cast.write("lia")
    assert (row(lia)["status"], row(lia)["armed_at"]) == (Status.OPEN, None)


def test_one_opened_event_per_opening_however_many_messages(cast: Cast, clock: Clock) -> None:
    """closing E1, invariant 7: it carries the cause and reason of the closing before it."""
    lia = cast.write("lia")
    for cause, reason in ((Cause.AGENT, "Resuelto"), (Cause.BULK, "Campaña terminada")):
        clock.advance(minutes=1)
        close(cast, lia, reason, cause)
        clock.advance(minutes=1)
        done = receive(*(said(cast.chat, f"{cause}{n}") for n in range(3)))
        assert (len(done.messages), done.reopened) == (3, 1)
    opened = {"reopened": True, "overtaken": False}
    assert told(EventKind.CONVERSATION_OPENED) == [
        {"reopened": False},
        {**opened, "cause": "agent", "reason": "Resuelto"},
        {**opened, "cause": "bulk", "reason": "Campaña terminada"},
    ]
    assert len(told(EventKind.MESSAGE_RECEIVED)) == 7
    assert told(EventKind.CONVERSATION_REOPENED) == []


def test_many_first_messages_in_one_batch_open_one_conversation(cast: Cast) -> None:
    """closing E1: whoever is first in the batch, what counts names the opening."""
    receive(said(cast.chat, "a", kind=Kind.REACTION), said(cast.chat, "b"), said(cast.chat, "c"))
    assert told(EventKind.CONVERSATION_OPENED) == [{"reopened": False}]
    opened = Event.objects.get(kind=EventKind.CONVERSATION_OPENED)
    assert opened.message_id == Message.objects.get(external_id="b").pk
    assert (Conversation.objects.get().unread, Message.objects.count()) == (2, 3)


def test_one_conversation_for_ever_per_account_and_contact(
    cast: Cast, another_account: Callable[[str], Account]
) -> None:
    """closing E1"""
    other = another_account("Dos")
    for n in range(3):
        receive(*(said(account, f"m{n}{who}", who=who) for account in (cast.chat, other) for who in ("lia", "teo")))
    assert Conversation.objects.count() == 4
    assert set(Conversation.objects.values_list("unread", flat=True)) == {3}


def test_an_agent_s_conversation_that_the_contact_answers_is_not_opened_again(cast: Cast) -> None:
    """closing F1, invariant 7: a message to an open conversation is no opening."""
    lia = cast.write("lia")
    close(cast, lia)
    lifecycle.reply(lia.pk, "¿Sigues ahí?", scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    cast.write("lia")
    assert told(EventKind.CONVERSATION_OPENED) == [{"reopened": False}]
    assert len(told(EventKind.CONVERSATION_REOPENED)) == 1


# Who it is from, and where it goes


def test_what_a_contact_tells_of_themselves_fills_gaps_and_overwrites_nothing(cast: Cast) -> None:
    receive(said(cast.chat, "1", name="Lía"))
    receive(said(cast.chat, "2", name="Otra", email="lia@casa.example"))
    receive(said(cast.chat, "3", email="otra@casa.example", phone="+57 1"))
    contact = Contact.objects.get()
    assert (contact.name, contact.email, contact.phone) == ("Lía", "lia@casa.example", "+57 1")


def test_gaps_are_filled_in_the_order_of_the_contacts_once_all_are_made(cast: Cast) -> None:
    """Else two batches over the same people wait for each other in a circle, and PostgreSQL undoes one of them."""
    for who in ("zoe", "ana", "mia", "eva"):
        receive(said(cast.chat, who, who=who))
    with connection.cursor() as cursor:
        # Tables as small as these would be read in that order anyway; large ones are read as the batch asks.
        cursor.execute(
            "set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_seqscan = off"
        )
    with CaptureQueriesContext(connection) as queries:
        receive(*(said(cast.chat, f"m{who}", who=who, name=who) for who in ("mia", "zoe", "teo", "eva", "ana")))
    filled = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "contact"')]
    assert [who for sql in filled for who in ("ana", "eva", "mia", "teo", "zoe") if who in sql] == [
        "zoe", "ana", "mia", "eva"
    ]  # fmt: skip


def test_a_batch_of_two_workspaces_keeps_them_apart(cast: Cast, carla: Cast) -> None:
    receive(said(cast.chat, "m"), said(carla.chat, "m"))
    for each in (cast, carla):
        conversation = Conversation.objects.get(account=each.chat)
        owners = {conversation.workspace_id, conversation.contact.workspace_id}
        owners |= set(conversation.messages.values_list("workspace_id", flat=True))
        owners |= set(conversation.events.values_list("workspace_id", flat=True))
        assert owners == {each.workspace.pk}


def test_an_account_that_does_not_exist_undoes_the_whole_batch(cast: Cast) -> None:
    with pytest.raises(Account.DoesNotExist, match="2147483647"):
        receive(said(cast.chat), Inbound(2**31 - 1, "m", ("visitor", "lia")))
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "🏳️‍🌈👩‍👩‍👧‍👦" * 200,
        "مرحبا \u202e reversed \u2066",
        "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤a̴̲lgo",
        "\u0001\u007f\ufeff\ufffe\U0010ffff",
        "comillas \" \\ \\u0000 ' {} %s %(x)s\n\t\r",
        "x" * 65_536,
    ],
)
def test_a_text_is_kept_to_the_letter_and_the_list_shows_its_beginning(cast: Cast, text: str) -> None:
    lia = cast.write("lia", text)
    assert lia.messages.get().text == text
    assert row(lia)["last_message_text"] == text[:200]
