"""Reply, assign, close, reopen, mark: what each does, what it leaves alone, and whom it may reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError

from bandeja.channels import accounts
from bandeja.channels.models import ChannelKey
from bandeja.conversations import bell, lifecycle
from bandeja.conversations.actor import FLOW, SYSTEM, Actor
from bandeja.conversations.models import (
    ActorKind,
    Cause,
    Closure,
    Conversation,
    Direction,
    Event,
    EventKind,
    Message,
    Status,
)
from bandeja.conversations.scope import Scope
from bandeja.people import links
from bandeja.people.models import Agent
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CLOCK = ("armed_at", "look_at", "last_inbound_at", "last_inbound_id")


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def cast(noon: datetime, cast: Cast) -> Cast:
    """The cast, from noon on."""
    return cast


@pytest.fixture
def by_ana(cast: Cast) -> dict[str, Any]:
    """What every verb is told when Ana does it."""
    return {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}


def close(*conversations: Conversation, reason: str = "Resuelto", **more: Any) -> lifecycle.Closed:
    return lifecycle.close([each.pk for each in conversations], reason=reason, **{"cause": Cause.AGENT, **more})


def row(conversation: Conversation) -> dict[str, Any]:
    return dict(Conversation.objects.filter(pk=conversation.pk).values().get())


def status(conversation: Conversation) -> str:
    return str(row(conversation)["status"])


def kinds(conversation: Conversation) -> list[str]:
    return list(conversation.events.order_by("pk").values_list("kind", flat=True))


# What we do never moves the clock

Deed = Callable[[Conversation, Cast, dict[str, Any]], object]
DEEDS: dict[str, Deed] = {
    "a reply": lambda c, _, by: lifecycle.reply(c.pk, "Buenas", **by),
    "a note": lambda c, _, by: lifecycle.reply(c.pk, "Ojo", note=True, **by),
    "a reply of the API": lambda c, _, by: lifecycle.reply(
        c.pk, "Hola", scope=by["scope"], by=Actor.api(c.account_id)
    ),
    "a reply of the API that reopens": lambda c, _, by: lifecycle.reply(
        c.pk, "Hola", scope=by["scope"], by=Actor.api(c.account_id), reopen=True
    ),
    "a flow's message": lambda c, _, by: lifecycle.reply(c.pk, "Hola", scope=by["scope"], by=FLOW),
    "an automatic message": lambda c, _, by: lifecycle.reply(c.pk, "Hola", scope=by["scope"], by=SYSTEM),
    "an assignment": lambda c, cast, by: lifecycle.assign([c.pk], cast.bruno.pk, **by),
    "reading": lambda c, _, by: lifecycle.mark_read([c.pk], scope=by["scope"]),
    "marking unread": lambda c, _, by: lifecycle.mark_unread([c.pk], scope=by["scope"]),
    "reopening what is open": lambda c, _, by: lifecycle.reopen([c.pk], **by),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_nothing_we_do_moves_a_running_clock(cast: Cast, clock: Clock, by_ana: dict[str, Any], deed: str) -> None:
    """closing C2, C4, invariant 2"""
    cast.rule()
    lia = cast.write("lia")
    before = row(lia)
    clock.advance(seconds=30)
    DEEDS[deed](lia, cast, by_ana)
    after = row(lia)
    assert [after[name] for name in CLOCK] == [before[name] for name in CLOCK]
    assert after["armed_at"] == NOON


@pytest.mark.parametrize("deed", DEEDS)
def test_nothing_we_do_starts_a_clock(cast: Cast, clock: Clock, by_ana: dict[str, Any], deed: str) -> None:
    """closing C2, E2: whether it was closed or open without a clock."""
    lia, teo = cast.write("lia"), cast.write("teo")
    close(lia, **by_ana)
    cast.rule()
    for each in (lia, teo):
        DEEDS[deed](each, cast, by_ana)
        assert row(each)["armed_at"] is row(each)["look_at"] is None


# Reply


def test_a_reply_is_written_and_told(cast: Cast, clock: Clock, by_ana: dict[str, Any]) -> None:
    lia = cast.write("lia")
    clock.advance(seconds=5)
    replied = lifecycle.reply(lia.pk, "  ¿En qué te ayudo?\n", **by_ana)
    message = Message.objects.get(pk=replied.message.pk)
    assert (replied.written, message.text, message.direction) == (True, "¿En qué te ayudo?", Direction.OUT)
    assert (message.author_id, message.author_kind, message.at) == (cast.ana.pk, ActorKind.AGENT, NOON + 5 * SECOND)
    after = row(lia)
    assert (after["last_message_text"], after["last_message_direction"]) == ("¿En qué te ayudo?", "out")
    assert (after["unread"], kinds(lia)[-1]) == (1, EventKind.MESSAGE_SENT)


def test_a_note_is_not_the_last_message(cast: Cast, by_ana: dict[str, Any]) -> None:
    lia = cast.write("lia", "Hola")
    lifecycle.reply(lia.pk, "Es la prima de Teo", note=True, **by_ana)
    assert row(lia)["last_message_text"] == "Hola"
    assert lia.messages.get(direction=Direction.NOTE).text == "Es la prima de Teo"


AGENT, API, MACHINES = "agent", "api", ("flow", "system")


@pytest.mark.parametrize(
    ("who", "more", "opens"),
    [
        (AGENT, {}, True),
        (AGENT, {"reopen": False}, False),
        (AGENT, {"note": True}, False),
        (AGENT, {"note": True, "reopen": True}, False),
        (API, {}, False),
        (API, {"reopen": False}, False),
        (API, {"reopen": True}, True),
        ("flow", {}, False),
        ("system", {}, False),
    ],
)
def test_who_opens_a_closed_conversation_by_writing(
    cast: Cast, by_ana: dict[str, Any], who: str, more: dict[str, Any], opens: bool
) -> None:
    """closing E2, invariant 7: it is reopened by whoever wrote, never "opened by message received"."""
    lia = cast.write("lia")
    close(lia, **by_ana)
    actors = {AGENT: by_ana["by"], API: Actor.api(lia.account_id), "flow": FLOW, "system": SYSTEM}
    lifecycle.reply(lia.pk, "Seguimos", scope=by_ana["scope"], by=actors[who], **more)
    assert status(lia) == (Status.OPEN if opens else Status.CLOSED)
    reopened = lia.events.filter(kind=EventKind.CONVERSATION_REOPENED)
    assert list(reopened.values_list("actor_kind", "actor_id")) == [(actors[who].kind, actors[who].id)] * opens
    assert kinds(lia).count(EventKind.CONVERSATION_OPENED) == 1


def test_the_same_client_id_writes_once_in_a_conversation(cast: Cast, by_ana: dict[str, Any]) -> None:
    lia, teo = cast.write("lia"), cast.write("teo")
    key = uuid4()
    first = lifecycle.reply(lia.pk, "Hola", client_id=key, **by_ana)
    close(lia, **by_ana)
    again = lifecycle.reply(lia.pk, "Hola", client_id=key, **by_ana)
    assert (again.message, again.written, status(lia)) == (first.message, False, Status.CLOSED)
    assert lifecycle.reply(teo.pk, "Hola", client_id=key, **by_ana).written


BLANK = ["", "   ", "\n\t\u00a0\u3000", "\0", " \0 \0"]


@pytest.mark.parametrize("text", BLANK)
def test_a_blank_text_is_refused(cast: Cast, by_ana: dict[str, Any], text: str) -> None:
    lia = cast.write("lia")
    close(lia, **by_ana)
    with pytest.raises(ValueError, match="needs a text"):
        lifecycle.reply(lia.pk, text, **by_ana)
    assert status(lia) == Status.CLOSED


UNSTORABLE = [
    ("a\0b", "ab"),
    ("\0Hola\0", "Hola"),
    ("Hola \ud83d mundo", "Hola  mundo"),
    ("\udfff\ud800x", "x"),
    ("🏳️‍🌈 مرحبا \u202e \ufffe \U0010ffff", "🏳️‍🌈 مرحبا \u202e \ufffe \U0010ffff"),
]
"""Texts, and what is kept of each: PostgreSQL stores neither NULs nor lone surrogates."""


@pytest.mark.parametrize(("text", "kept"), UNSTORABLE)
def test_of_a_text_all_that_can_be_stored_is_kept(cast: Cast, by_ana: dict[str, Any], text: str, kept: str) -> None:
    lia = cast.write("lia")
    assert lifecycle.reply(lia.pk, text, **by_ana).message.text == kept
    close(lia, reason=text, **by_ana)
    assert lia.closures.get().reason == kept


# Close


def test_a_closing_is_one_closure_and_one_event_with_plain_values(
    cast: Cast, clock: Clock, by_ana: dict[str, Any]
) -> None:
    """closing D1, D5, invariant 6"""
    cast.rule()
    lia = cast.write("lia")
    lifecycle.assign([lia.pk], cast.bruno.pk, **by_ana)
    clock.advance(seconds=30)
    outcome = close(lia, reason="  No le interesa ", **by_ana)
    closure = dict(Closure.objects.values().get())
    event = Event.objects.get(kind=EventKind.CONVERSATION_CLOSED)
    assert outcome == lifecycle.Closed([lia.pk], [], [], [])
    assert closure == {
        "id": closure["id"], "workspace_id": cast.workspace.pk, "account_id": cast.chat.pk,
        "conversation_id": lia.pk, "cause": "agent", "reason": "No le interesa", "actor_kind": "agent",
        "actor_id": cast.ana.pk, "armed_at": NOON, "deadline": None, "closed_at": NOON + 30 * SECOND,
        "last_inbound_at": NOON, "owner_id": cast.bruno.pk, "unread": 1, "rule_id": None, "rule_name": "",
        "rule_amount": None, "rule_unit": "", "overtaken_at": None,
        "undone_at": None, "undone_by_id": None, "kept": None, "unheard": False,
    }  # fmt: skip
    assert (event.closure_id, event.actor_id, event.at) == (closure["id"], cast.ana.pk, NOON + 30 * SECOND)
    after = row(lia)
    assert (after["status"], after["closed_at"]) == (Status.CLOSED, NOON + 30 * SECOND)
    assert (after["armed_at"], after["look_at"], after["owner_id"]) == (None, None, cast.bruno.pk)


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_closes_by_the_same_verb(cast: Cast, by_ana: dict[str, Any], cause: Cause) -> None:
    """closing D1"""
    lia = cast.write("lia")
    assert close(lia, cause=cause, **by_ana).closed == [lia.pk]
    assert lia.closures.get().cause == cause


@pytest.mark.parametrize("reason", [*BLANK, "\u200b", " \u2060\ufeff "])
@pytest.mark.parametrize("cause", Cause)
def test_without_a_reason_nothing_closes_whatever_the_cause(
    cast: Cast, by_ana: dict[str, Any], reason: str, cause: Cause
) -> None:
    """closing D2, invariant 6"""
    lia = cast.write("lia")
    with pytest.raises(lifecycle.BlankReason):
        close(lia, reason=reason, cause=cause, **by_ana)
    assert status(lia) == Status.OPEN


def test_closing_leaves_unread_and_messages_as_they_were(cast: Cast, by_ana: dict[str, Any]) -> None:
    """closing D3: and closes what nobody has answered."""
    lia, teo = cast.write("lia"), cast.write("teo")
    cast.write("lia", "¿Hay alguien?")
    lifecycle.reply(teo.pk, "Hola", **by_ana)
    lifecycle.mark_read([teo.pk], scope=by_ana["scope"])

    def seen() -> list[Any]:
        messages = list(Message.objects.order_by("pk").values())
        return [messages, [(row(each)["unread"], row(each)["last_message_text"]) for each in (lia, teo)]]

    before = seen()
    assert close(lia, teo, **by_ana).closed == [lia.pk, teo.pk]
    assert seen() == before
    assert before[1] == [(2, "¿Hay alguien?"), (0, "Hola")]


def test_what_was_written_after_the_last_message_seen_keeps_it_open(cast: Cast, by_ana: dict[str, Any]) -> None:
    """closing D1: a message dated earlier that arrived later was not seen either."""
    lia = cast.write("lia", external_id="m1")
    seen = lifecycle.reply(lia.pk, "Hola", **by_ana).message.pk
    assert close(lia, seen=seen - 1, **by_ana).newer == []
    lifecycle.reopen([lia.pk], **by_ana)
    cast.write("lia", external_id="m2", provider_at=NOON - 60 * SECOND)
    assert close(lia, seen=seen, **by_ana) == lifecycle.Closed([], [lia.pk], [], [])
    assert status(lia) == Status.OPEN
    assert close(lia, seen=lia.messages.latest("pk").pk, **by_ana).closed == [lia.pk]


@pytest.mark.parametrize(("written", "closes"), [(-1, True), (0, True), (1, False)])
def test_a_bulk_skips_what_was_written_after_it_was_confirmed(
    cast: Cast, by_ana: dict[str, Any], written: int, closes: bool
) -> None:
    """closing D1: and closes the rest."""
    lia, teo = cast.write("lia", received_at=NOON + written * SECOND), cast.write("teo")
    outcome = close(lia, teo, cause=Cause.BULK, confirmed_at=NOON, **by_ana)
    assert (lia.pk in outcome.closed, outcome.newer) == (closes, [] if closes else [lia.pk])
    assert teo.pk in outcome.closed


def test_what_does_not_count_does_not_keep_it_open(cast: Cast, by_ana: dict[str, Any]) -> None:
    """closing C4, D1: a note or a reply after the click is no news from the contact."""
    lia = cast.write("lia")
    seen = lia.messages.get().pk
    lifecycle.reply(lia.pk, "Hola", at=NOON + SECOND, **by_ana)
    assert close(lia, seen=seen, confirmed_at=NOON, **by_ana).closed == [lia.pk]


def test_a_conversation_is_transferred_while_it_closes(cast: Cast, by_ana: dict[str, Any]) -> None:
    """closing D8, D1: the closure keeps the owner it had then; what did not close keeps its owner."""
    lia, teo = cast.write("lia"), cast.write("teo", received_at=NOON + SECOND)
    close(lia, teo, confirmed_at=NOON, transfer_to=cast.bruno.pk, **by_ana)
    assert (row(lia)["owner_id"], lia.closures.get().owner_id) == (cast.bruno.pk, None)
    assert kinds(lia)[-2:] == [EventKind.CONVERSATION_CLOSED, EventKind.CONVERSATION_ASSIGNED]
    assert (row(teo)["owner_id"], status(teo)) == (None, Status.OPEN)


def strangers(cast: Cast, carla: Cast) -> list[int]:
    """People who cannot own a conversation of this workspace."""
    gone = links.make_agent(cast.workspace, "gone@tienda.example")
    Agent.objects.filter(pk=gone.pk).update(is_active=False)
    return [carla.ana.pk, gone.pk, 2**62]


def test_nobody_but_an_active_member_becomes_the_owner(cast: Cast, carla: Cast, by_ana: dict[str, Any]) -> None:
    """closing D8: refused before anything is closed."""
    lia = cast.write("lia")
    for owner in strangers(cast, carla):
        with pytest.raises(lifecycle.UnknownOwner):
            close(lia, transfer_to=owner, **by_ana)
        with pytest.raises(lifecycle.UnknownOwner):
            lifecycle.assign([lia.pk], owner, **by_ana)
    assert (status(lia), row(lia)["owner_id"]) == (Status.OPEN, None)


def test_a_large_set_goes_in_batches_and_is_told_whole(
    cast: Cast, by_ana: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """closing D1"""
    monkeypatch.setattr(lifecycle, "BATCH", 3)
    many = [cast.write(f"c{n}") for n in range(8)]
    close(many[1], **by_ana)
    cast.write("c5", received_at=NOON + SECOND)
    outcome = close(*many, confirmed_at=NOON, cause=Cause.BULK, **by_ana)
    ids = [each.pk for each in many]
    assert outcome == lifecycle.Closed([*ids[:1], *ids[2:5], *ids[6:]], [ids[5]], [ids[1]], [])


def test_a_batch_that_fails_leaves_the_batches_before_it_closed(
    cast: Cast, by_ana: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """closing D1: each batch is one transaction, closed with its closures and events or not at all."""
    monkeypatch.setattr(lifecycle, "BATCH", 2)
    many = [cast.write(f"c{n}") for n in range(5)]

    def ring(workspaces: Any, ids: list[int]) -> None:
        if many[3].pk in ids:
            raise DatabaseError("the bell broke")
        bell.ring(workspaces, ids)

    monkeypatch.setattr(lifecycle, "ring", ring)
    with pytest.raises(DatabaseError, match="bell"):
        close(*many, **by_ana)
    assert [status(each) for each in many] == ["closed", "closed", "open", "open", "open"]
    assert Closure.objects.count() == Event.objects.filter(kind=EventKind.CONVERSATION_CLOSED).count() == 2


def test_permission_is_asked_again_for_each_batch(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """closing D1: what a seller may no longer see by then is not closed."""
    monkeypatch.setattr(lifecycle, "BATCH", 1)
    lia, teo = cast.write("lia"), cast.write("teo")

    def ring(workspaces: Any, ids: list[int]) -> None:
        Conversation.objects.filter(pk=teo.pk).update(owner=cast.ana)

    monkeypatch.setattr(lifecycle, "ring", ring)
    outcome = close(lia, teo, cause=Cause.BULK, scope=Scope.of(cast.bruno), by=Actor.agent(cast.bruno))
    assert outcome == lifecycle.Closed([lia.pk], [], [], [teo.pk])


# Twice is once


def test_every_verb_done_again_does_nothing_and_says_so(cast: Cast, clock: Clock, by_ana: dict[str, Any]) -> None:
    """closing D1"""
    lia = cast.write("lia")
    ids, scope = [lia.pk], by_ana["scope"]
    twice: list[tuple[str, Callable[[], object], object]] = [
        ("read", lambda: lifecycle.mark_read(ids, scope=scope), []),
        ("unread", lambda: lifecycle.mark_unread(ids, scope=scope), []),
        ("assign", lambda: lifecycle.assign(ids, cast.bruno.pk, **by_ana), []),
        ("close", lambda: close(lia, **by_ana), lifecycle.Closed([], [], ids, [])),
        ("reopen", lambda: lifecycle.reopen(ids, **by_ana), []),
        ("to nobody", lambda: lifecycle.assign(ids, None, **by_ana), []),
    ]
    for name, verb, nothing in twice:
        clock.advance(seconds=1)
        assert verb() != nothing, name
        before, events = row(lia), Event.objects.count()
        clock.advance(seconds=1)
        assert verb() == nothing, name
        assert (row(lia), Event.objects.count()) == (before, events), name


def test_an_id_given_twice_is_closed_once(
    cast: Cast, by_ana: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "BATCH", 2)
    lia = cast.write("lia")
    assert close(lia, lia, lia, **by_ana) == lifecycle.Closed([lia.pk], [], [lia.pk], [])
    assert Closure.objects.count() == 1


def test_marking_unread_leaves_a_higher_counter_alone(cast: Cast) -> None:
    """closing D3"""
    lia, scope = cast.write("lia"), Scope.of(cast.ana)
    cast.write("lia")
    assert lifecycle.mark_unread([lia.pk], scope=scope) == []
    assert row(lia)["unread"] == 2
    lifecycle.mark_read([lia.pk], scope=scope)
    lifecycle.mark_unread([lia.pk], scope=scope)
    assert row(lia)["unread"] == 1


# Whom it may reach

Verb = Callable[[list[int], dict[str, Any], Cast], object]


def _reply(ids: list[int], by: dict[str, Any]) -> list[int]:
    try:
        lifecycle.reply(ids[0], "Hola", **by)
    except Conversation.DoesNotExist:
        return []
    return ids


def _close(ids: list[int], by: dict[str, Any]) -> list[int]:
    outcome = lifecycle.close(ids, reason="Resuelto", cause=Cause.AGENT, **by)
    assert sorted([*outcome.closed, *outcome.unavailable]) == ids
    return outcome.closed


VERBS: dict[str, Verb] = {
    "reply": lambda ids, by, _: _reply(ids, by),
    "assign": lambda ids, by, cast: lifecycle.assign(ids, cast.ana.pk, **by),
    "close": lambda ids, by, _: _close(ids, by),
    "mark_read": lambda ids, by, _: lifecycle.mark_read(ids, scope=by["scope"]),
}


def reached(verb: str, conversation: Conversation, by: dict[str, Any], cast: Cast) -> bool:
    before, messages = row(conversation), Message.objects.count()
    answer = VERBS[verb]([conversation.pk], by, cast)
    acted = (row(conversation), Message.objects.count()) != (before, messages)
    assert answer == [conversation.pk] * acted
    return acted


@pytest.mark.parametrize("verb", VERBS)
def test_another_workspace_is_never_reached(cast: Cast, carla: Cast, verb: str) -> None:
    theirs = carla.write("lia")
    close_it: dict[str, Any] = {"scope": Scope.of(carla.ana), "by": Actor.agent(carla.ana)}
    for agent in (cast.ana, cast.bruno):
        by = {"scope": Scope.of(agent), "by": Actor.agent(agent)}
        assert not reached(verb, theirs, by, cast)
    close(theirs, **close_it)
    assert lifecycle.reopen([theirs.pk], scope=Scope.of(cast.ana), by=Actor.agent(cast.ana)) == []
    assert reached(verb, cast.write("lia"), {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}, cast)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("owner", "mine"), [("bruno", True), (None, True), ("ana", False)])
def test_a_seller_reaches_their_own_and_the_unassigned(cast: Cast, verb: str, owner: str | None, mine: bool) -> None:
    lia = cast.write("lia")
    owner_id = getattr(cast, owner).pk if owner else None
    lifecycle.assign([lia.pk], owner_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    by = {"scope": Scope.of(cast.bruno), "by": Actor.agent(cast.bruno)}
    assert reached(verb, lia, by, cast) is mine


def test_a_seller_without_the_unassigned_reaches_only_their_own(cast: Cast) -> None:
    cast.bruno.role.permissions = []
    scope, lia = Scope.of(cast.bruno), cast.write("lia")
    assert not scope.filter(Conversation.objects.all()).exists()
    assert lifecycle.mark_read([lia.pk], scope=scope) == []
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=Scope.of(cast.ana), by=SYSTEM)
    assert scope.filter(Conversation.objects.all()).get() == lia
    assert lifecycle.mark_read([lia.pk], scope=scope) == [lia.pk]


@pytest.mark.parametrize("verb", VERBS)
def test_a_program_reaches_only_its_account(cast: Cast, verb: str) -> None:
    crm = accounts.connect(cast.workspace, ChannelKey.API, name="CRM")
    by = {"scope": Scope(cast.workspace.pk, account_id=crm.pk), "by": Actor.api(crm.pk)}
    assert not reached(verb, cast.write("lia"), by, cast)
    assert reached(verb, cast.write("lia", account=crm), by, cast)


def test_what_is_out_of_reach_is_told_like_what_does_not_exist(cast: Cast, carla: Cast) -> None:
    """closing D1: partial success is told, and the neighbours close."""
    mine, anas, theirs = cast.write("lia"), cast.write("teo"), carla.write("lia")
    lifecycle.assign([anas.pk], cast.ana.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    nobody = 2**62
    ids = [mine.pk, anas.pk, theirs.pk, nobody]
    by: dict[str, Any] = {"scope": Scope.of(cast.bruno), "by": Actor.agent(cast.bruno)}
    outcome = lifecycle.close(ids, reason="Resuelto", cause=Cause.BULK, **by)
    assert outcome == lifecycle.Closed([mine.pk], [], [], [anas.pk, theirs.pk, nobody])


# Reopen


def test_an_agent_reopens_by_hand(cast: Cast, clock: Clock, by_ana: dict[str, Any]) -> None:
    """closing E2: not the start event "opened by message received", and no clock."""
    cast.rule()
    lia, teo = cast.write("lia"), cast.write("teo")
    close(lia, **by_ana)
    clock.advance(minutes=5)
    assert lifecycle.reopen([lia.pk, teo.pk], **by_ana) == [lia.pk]
    after = row(lia)
    assert (after["status"], after["closed_at"], after["armed_at"]) == (Status.OPEN, None, None)
    assert after["opened_at"] == after["agent_opened_at"] == NOON + 300 * SECOND
    assert kinds(lia)[-1] == EventKind.CONVERSATION_REOPENED
    assert kinds(lia).count(EventKind.CONVERSATION_OPENED) == 1
    assert lia.closures.count() == 1
