"""The sweep: what it records, what holds it back, whose turn it is, and what it does with a row that fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from bandeja.channels.models import Account, MetaApp, Receipt
from bandeja.closing import rules, setbacks, sweep
from bandeja.closing.models import Setback
from bandeja.closing.tests.deeds import close_by_hand, closes_at, edit, store, swept
from bandeja.conversations import bell, lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Closure, Conversation, Event, EventKind, Message
from bandeja.conversations.scope import Scope
from bandeja.intake import drain
from tests.cast import Cast
from tests.clock import Clock
from tests.waiting import beside

MakeAccount = Callable[[str], Account]
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
MICRO = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def cast(noon: datetime, cast: Cast) -> Cast:
    """The cast, from noon on."""
    return cast


# What a closing by rule records


def test_a_closing_by_rule_is_one_closure_and_one_event_with_plain_values(cast: Cast, clock: Clock) -> None:
    """closing D1, D2, D5, C7: by the system, whoever owns it and whoever wrote the rule."""
    rule = cast.rule(amount=90, unit="minutes", name="Ventas", reason="Sin respuesta 🙁 \u202e")
    lia = cast.write("lia")
    cast.write("lia")
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    clock.advance(hours=7)
    done = sweep.sweep()
    closure = dict(Closure.objects.values().get())
    assert (done.closed, done.disarmed, done.moved, done.aside) == (1, 0, 0, [])
    assert closure == {
        "id": closure["id"], "workspace_id": cast.workspace.pk, "account_id": cast.chat.pk,
        "conversation_id": lia.pk, "cause": "rule", "reason": "Sin respuesta 🙁 \u202e", "actor_kind": "system",
        "actor_id": None, "armed_at": NOON, "deadline": NOON + 90 * MINUTE, "closed_at": NOON + 420 * MINUTE,
        "last_inbound_at": NOON, "owner_id": cast.bruno.pk, "unread": 2, "rule_id": rule.pk,
        "rule_name": "Ventas", "rule_amount": 90, "rule_unit": "minutes", "overtaken_at": None,
        "undone_at": None, "undone_by_id": None, "kept": None, "unheard": False,
    }  # fmt: skip
    event = Event.objects.get(kind=EventKind.CONVERSATION_CLOSED)
    assert (event.closure_id, event.actor_kind, event.actor_id) == (closure["id"], "system", None)
    lia.refresh_from_db()
    assert (lia.status, lia.owner_id, lia.armed_at, lia.look_at) == ("closed", cast.bruno.pk, None, None)


def test_history_outlives_the_rule(cast: Cast, clock: Clock) -> None:
    """closing D1, R9: the closure is plain values, not a link to a rule that may go."""
    rule = cast.rule(name="Ventas")
    cast.write("lia")
    clock.advance(minutes=1)
    swept()
    before = list(Closure.objects.values())
    edit(cast, rule, name="Otra", reason="Otra", amount=9)
    rules.delete(rule.pk, workspace=cast.workspace, by=cast.ana)
    assert list(Closure.objects.values()) == before
    assert before[0]["rule_name"] == "Ventas"


def test_unread_and_messages_are_the_same_before_and_after(cast: Cast, clock: Clock) -> None:
    """closing D3, D4, invariant 6: nothing is sent, nothing is read, answered or not."""
    cast.rule()
    lia, teo = cast.write("lia"), cast.write("teo")
    cast.write("lia", "¿Hola?")
    lifecycle.mark_read([teo.pk], scope=Scope.of(cast.ana))

    def seen() -> list[Any]:
        shown = ("pk", "unread", "last_message_text", "last_message_at", "last_inbound_at", "last_inbound_id")
        return [
            list(Message.objects.order_by("pk").values()),
            list(Conversation.objects.order_by("pk").values_list(*shown)),
        ]

    before = seen()
    clock.advance(minutes=1)
    assert swept() == [lia.pk, teo.pk]
    assert seen() == before


def test_after_downtime_what_is_overdue_closes_once_with_the_true_time(cast: Cast, clock: Clock) -> None:
    """closing C7"""
    cast.rule()
    many = [cast.write(f"c{n}") for n in range(3)]
    clock.advance(days=3)
    assert swept() == [each.pk for each in many]
    assert set(Closure.objects.values_list("deadline", "closed_at")) == {(NOON + MINUTE, clock.now())}
    assert swept() == []
    assert Closure.objects.count() == 3


def test_what_a_person_has_closed_is_not_closed_again(cast: Cast, clock: Clock) -> None:
    """closing D1, D6"""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(seconds=30)
    close_by_hand(cast, lia)
    clock.advance(minutes=1)
    assert swept() == []
    assert [closure.cause for closure in lia.closures.all()] == ["agent"]


def test_a_sweep_takes_the_instant_and_the_actor_it_is_given(cast: Cast) -> None:
    cast.rule()
    lia = cast.write("lia")
    sweep.sweep(at=NOON + MINUTE - MICRO)
    assert not Closure.objects.exists()
    sweep.sweep(at=NOON + MINUTE, by=Actor.agent(cast.ana))
    closure = lia.closures.get()
    assert (closure.closed_at, closure.actor_id) == (NOON + MINUTE, cast.ana.pk)


# What a message still waiting holds back


def test_a_message_stored_before_the_deadline_and_not_joined_keeps_it_open(cast: Cast, clock: Clock) -> None:
    """closing C8, invariant 9: however late it is joined, and then the clock runs from joining."""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(seconds=59)
    store(cast.chat)
    clock.advance(minutes=10)
    assert swept() == []
    drain.step()
    assert swept() == []
    assert closes_at(lia) == clock.now() + MINUTE


@pytest.mark.parametrize(("stored", "closes"), [(-1, False), (0, False), (1, True)])
def test_the_instant_decides_which_came_first(cast: Cast, clock: Clock, stored: int, closes: bool) -> None:
    """closing C8, invariant 9: a message received at the deadline wins, one received after it does not."""
    cast.rule()
    lia = cast.write("lia")
    clock.set(NOON + MINUTE + stored * MICRO)
    store(cast.chat)
    clock.set(NOON + 2 * MINUTE)
    assert swept() == [lia.pk] * closes


def test_what_waits_holds_back_later_deadlines_of_its_account_only(
    cast: Cast, carla: Cast, clock: Clock, another_account: MakeAccount
) -> None:
    """closing C8: it could concern anybody of that account, and nobody else."""
    second = another_account("Dos")
    cast.rule(cast.chat, second)
    carla.rule()
    early = cast.write("c1")
    clock.advance(seconds=30)
    late, other, theirs = cast.write("c2"), cast.write("c3", account=second), carla.write("c4")
    clock.set(NOON + MINUTE + SECOND)
    store(cast.chat, who="alguien")
    clock.set(NOON + 5 * MINUTE)
    assert swept() == sorted([early.pk, other.pk, theirs.pk])
    drain.step()
    assert swept() == [late.pk]


def test_what_waits_of_a_meta_app_holds_back_all_its_accounts_and_no_other(
    cast: Cast, clock: Clock, another_account: MakeAccount
) -> None:
    """closing C8: whose it is only parsing tells."""
    app = MetaApp.objects.create(workspace=cast.workspace, key="k", name="Ventas", app_id="1", secret="s")
    first, second = another_account("Uno"), another_account("Dos")
    Account.objects.filter(pk__in=[first.pk, second.pk]).update(app=app)
    cast.rule(cast.chat, first, second)
    mine = [cast.write("c1", account=account) for account in (first, second)]
    other = cast.write("c2")
    clock.advance(seconds=30)
    receipt = Receipt.objects.create(app_id=app.pk, channel="meta", body=b"{}")
    clock.advance(minutes=1)
    assert swept() == [other.pk]
    Receipt.objects.filter(pk=receipt.pk).update(processed_at=clock.now())
    assert swept() == sorted(each.pk for each in mine)


def test_what_waits_of_the_app_an_account_had_before_holds_it_back_too(
    cast: Cast, clock: Clock, another_account: MakeAccount
) -> None:
    """closing C8: connected by way of another app while what its contact wrote waits."""
    before, after = (
        MetaApp.objects.create(workspace=cast.workspace, key=name, name=name, app_id=name, secret="s")
        for name in ("1", "2")
    )
    account = another_account("Uno")
    Account.objects.filter(pk=account.pk).update(app=before)
    cast.rule(account)
    lia = cast.write("lia", account=account)
    clock.advance(seconds=30)
    receipt = Receipt.objects.create(app_id=before.pk, channel="meta", body=b"{}")
    Account.objects.filter(pk=account.pk).update(app=after)
    clock.advance(minutes=1)
    assert swept() == []
    Receipt.objects.filter(pk=receipt.pk).update(processed_at=clock.now())
    assert swept() == [lia.pk]


def test_a_delivery_in_its_back_off_still_holds_closings(cast: Cast, clock: Clock) -> None:
    """closing C8: it is not parked yet."""
    cast.rule()
    cast.write("lia")
    clock.advance(seconds=30)
    receipt = store(cast.chat)
    Receipt.objects.filter(pk=receipt.pk).update(failures=4, look_at=NOON + 30 * MINUTE)
    clock.advance(minutes=5)
    assert swept() == []


@pytest.mark.parametrize("gone", ["parked_at", "processed_at"])
def test_what_is_parked_or_joined_holds_nothing(cast: Cast, clock: Clock, gone: str) -> None:
    """closing C8"""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(seconds=30)
    receipt = store(cast.chat)
    clock.advance(minutes=5)
    assert swept() == []
    Receipt.objects.filter(pk=receipt.pk).update(**{gone: clock.now()})
    assert swept() == [lia.pk]


def test_a_parked_message_replayed_reopens_and_the_closing_was_overtaken(cast: Cast, clock: Clock) -> None:
    """closing C8, E1: the same thread opens, and only the closing that it proves wrong is marked."""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(seconds=10)
    close_by_hand(cast, lia)
    cast.write("lia")
    clock.set(NOON + 30 * SECOND)
    receipt = store(cast.chat, "¡Espera!")
    Receipt.objects.filter(pk=receipt.pk).update(parked_at=clock.now())
    clock.set(NOON + 2 * MINUTE)
    assert swept() == [lia.pk]
    clock.set(NOON + 3 * MINUTE)
    assert drain.replay([receipt.pk], cast.workspace.pk) == 1
    drain.step()
    assert list(lia.closures.order_by("pk").values_list("cause", "overtaken_at")) == [
        ("agent", None),
        ("rule", NOON + 3 * MINUTE),
    ]
    told = Event.objects.filter(kind=EventKind.CONVERSATION_OPENED).latest("pk").data
    assert (told["reopened"], told["overtaken"], told["cause"]) == (True, True, "rule")
    assert closes_at(lia) == NOON + 4 * MINUTE


def test_a_parked_message_received_after_the_closing_overtakes_nothing(cast: Cast, clock: Clock) -> None:
    """closing C8"""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(minutes=1)
    assert swept() == [lia.pk]
    clock.advance(seconds=1)
    receipt = store(cast.chat)
    Receipt.objects.filter(pk=receipt.pk).update(parked_at=clock.now())
    drain.replay([receipt.pk], cast.workspace.pk)
    drain.step()
    assert lia.closures.get().overtaken_at is None
    assert closes_at(lia) is not None


@pytest.mark.parametrize(
    ("closes", "by_hand", "received", "overtaken"),
    [
        (MINUTE, False, -1, True), (MINUTE, False, 0, True), (MINUTE, False, 1, False),
        (2 * MINUTE, False, -1, True), (2 * MINUTE, False, 0, False), (2 * MINUTE, False, 1, False),
        (30 * SECOND, True, -1, True), (30 * SECOND, True, 0, False), (30 * SECOND, True, 1, False),
    ],
)  # fmt: skip
def test_at_one_instant_a_message_comes_before_a_deadline_and_after_a_closing(
    cast: Cast, clock: Clock, closes: timedelta, by_hand: bool, received: int, overtaken: bool
) -> None:
    """closing C8: of a rule of a minute, in time and late, and by hand. It opens again all the same."""
    cast.rule()
    lia = cast.write("lia")
    clock.set(NOON + closes + received * MICRO)
    receipt = store(cast.chat)
    Receipt.objects.filter(pk=receipt.pk).update(parked_at=clock.now())
    clock.set(NOON + closes)
    if by_hand:
        close_by_hand(cast, lia)
    else:
        assert swept() == [lia.pk]
    clock.set(NOON + 3 * MINUTE)
    drain.replay([receipt.pk], cast.workspace.pk)
    drain.step()
    told = Event.objects.filter(kind=EventKind.CONVERSATION_OPENED).latest("pk").data
    assert (bool(lia.closures.get().overtaken_at), told["overtaken"]) == (overtaken, overtaken)
    lia.refresh_from_db()
    assert lia.status == "open"


# Turns


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The conversations each batch closed, in the order of the batches."""
    batches: list[list[int]] = []

    def note(workspaces: Any, ids: list[int]) -> None:
        batches.append(ids)
        bell.ring(workspaces, ids)

    monkeypatch.setattr(sweep, "ring", note)
    return batches


def test_a_workspace_with_many_due_does_not_hold_up_one_with_few(
    cast: Cast, carla: Cast, clock: Clock, turns: list[list[int]]
) -> None:
    """closing D6: workspaces take turns by batch."""
    cast.rule()
    carla.rule()
    for n in range(100):
        cast.write(f"c{n}")
    clock.advance(seconds=1)
    few = [carla.write(f"c{n}").pk for n in range(3)]
    clock.advance(minutes=1)
    done = sweep.sweep(batch=10)
    assert done.closed == 103
    (turn,) = [n for n, batch in enumerate(turns) if set(batch) & set(few)]
    assert sorted(turns[turn]) == few
    assert turn <= 1
    assert max(map(len, turns)) == 10


def test_the_oldest_of_a_workspace_close_first_whatever_their_account(
    cast: Cast, clock: Clock, another_account: MakeAccount, turns: list[list[int]]
) -> None:
    """closing D6: two accounts, interleaved, in batches of four."""
    second = another_account("Dos")
    cast.rule(cast.chat, second)
    due = []
    for n in range(20):
        due.append(cast.write(f"c{n}", account=(cast.chat, second)[n % 3 == 0]).pk)
        clock.advance(seconds=1)
    clock.advance(minutes=1)
    assert sweep.sweep(batch=4).closed == 20
    places = [[due.index(pk) for pk in batch] for batch in turns if batch]
    still_open = set(range(20))
    for batch in places:
        # Each batch begins with the oldest that is still open, whichever account it is of.
        assert min(batch) == min(still_open)
        still_open -= set(batch)


def test_a_pass_goes_on_until_nothing_is_due(cast: Cast, clock: Clock) -> None:
    """closing D6"""
    cast.rule()
    many = [cast.write(f"c{n}").pk for n in range(7)]
    clock.advance(minutes=1)
    assert swept(batch=1) == many


def test_a_void_clock_is_disarmed_and_not_read_again(cast: Cast, clock: Clock) -> None:
    """closing D6, C6: rows that may not close are not read on every pass."""
    rule = cast.rule()
    lia = cast.write("lia")
    clock.advance(minutes=1)
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    first, second = sweep.sweep(), sweep.sweep()
    assert (first.closed, first.disarmed, second.count, second.next_in) == (0, 1, 0, None)
    lia.refresh_from_db()
    assert (lia.status, lia.armed_at, lia.look_at) == ("open", None, None)


def test_a_lengthened_clock_is_looked_at_again_at_its_deadline(cast: Cast, clock: Clock) -> None:
    """closing D6, R8"""
    rule = cast.rule()
    lia = cast.write("lia")
    edit(cast, rule, amount=5)
    clock.advance(minutes=1)
    first, second = sweep.sweep(), sweep.sweep()
    assert (first.closed, first.moved, second.count, second.next_in) == (0, 1, 0, 240)
    lia.refresh_from_db()
    assert (lia.armed_at, lia.look_at) == (NOON, NOON + 5 * MINUTE)


def test_a_step_says_when_to_look_next(cast: Cast, clock: Clock) -> None:
    """closing C7: so that the loop sleeps until then and not longer."""
    cast.rule()
    assert sweep.step().next_in is None
    cast.write("lia")
    clock.advance(seconds=20)
    cast.write("teo")
    assert sweep.step().next_in == 40
    store(cast.chat)
    clock.set(NOON + 90 * SECOND)
    held = sweep.step()
    assert held.count == 0
    assert held.next_in is not None
    assert 0 < held.next_in <= 0.5


# A row that fails


@contextmanager
def poison(*conversations: Conversation, code: str = "P0001") -> Iterator[None]:
    """The closures of these cannot be written."""
    ids = ", ".join(str(each.pk) for each in conversations)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""create function refuse() returns trigger language plpgsql as $$
                begin
                    if new.conversation_id in ({ids}) then
                        raise exception 'poison %', new.conversation_id using errcode = '{code}';
                    end if;
                    return new;
                end $$;
                create trigger refuse before insert on closure for each row execute function refuse()"""
        )
        yield
        cursor.execute("drop trigger refuse on closure; drop function refuse()")


def test_a_row_that_fails_steps_aside_and_its_neighbours_close(cast: Cast, clock: Clock) -> None:
    """closing D6: it is visible, and closes once it is mended."""
    cast.rule()
    many = [cast.write(f"c{n}") for n in range(9)]
    bad = many[4]
    clock.advance(minutes=1)
    with poison(bad):
        done = sweep.sweep()
        assert (done.closed, done.aside) == (8, [bad.pk])
        setback = Setback.objects.get()
        assert (setback.conversation_id, setback.workspace_id) == (bad.pk, cast.workspace.pk)
        assert (setback.failures, setback.at) == (1, NOON + MINUTE)
        assert f"poison {bad.pk}" in setback.error
        bad.refresh_from_db()
        assert (bad.status, bad.armed_at, bad.look_at) == ("open", NOON, NOON + MINUTE + 30 * SECOND)
    clock.advance(seconds=29)
    assert swept() == []
    clock.advance(seconds=1)
    assert swept() == [bad.pk]
    assert not Setback.objects.exists()
    assert Counter(Closure.objects.values_list("conversation_id", flat=True)) == Counter(e.pk for e in many)
    assert bad.closures.get().deadline == NOON + MINUTE


def test_a_row_that_is_too_much_for_the_database_steps_aside_too(cast: Cast, clock: Clock) -> None:
    """closing D6: psycopg calls such an error operational, like those of a database that is down."""
    cast.rule()
    bad, good = cast.write("lia"), cast.write("teo")
    clock.advance(minutes=1)
    with poison(bad, code="54000"):
        done = sweep.sweep()
    assert (done.closed, done.aside) == (1, [bad.pk])
    good.refresh_from_db()
    assert good.status == "closed"


def test_a_row_that_goes_on_failing_is_looked_at_ever_less_often(cast: Cast, clock: Clock) -> None:
    """closing D6: half a minute, one, two … and an hour at the most; meanwhile a pass does not read it."""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(minutes=1)
    waits = []
    with poison(lia):
        for _ in range(10):
            assert sweep.sweep().aside == [lia.pk]
            assert sweep.sweep().count == 0
            lia.refresh_from_db()
            assert lia.look_at
            waits.append((lia.look_at - clock.now()).total_seconds())
            clock.set(lia.look_at)
    assert waits == [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]
    assert Setback.objects.get().failures == 10


def test_several_rows_that_fail_delay_no_other(cast: Cast, carla: Cast, clock: Clock) -> None:
    """closing D6: in whatever batch they are, and in every workspace."""
    cast.rule()
    carla.rule()
    many = [cast.write(f"c{n}") for n in range(12)] + [carla.write("lia")]
    clock.advance(minutes=1)
    bad = [many[0], many[1], many[6], many[11]]
    with poison(*bad):
        done = sweep.sweep(batch=3)
    assert sorted(done.aside) == [each.pk for each in bad]
    assert done.closed == 9
    assert set(Setback.objects.values_list("conversation_id", flat=True)) == {each.pk for each in bad}


def test_a_contact_who_writes_meanwhile_starts_the_clock_of_a_row_set_aside(cast: Cast, clock: Clock) -> None:
    """closing C3, D6: the back-off is not in the way of the true deadline, and the setback is past."""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(minutes=1)
    with poison(lia):
        sweep.sweep()
    teo = cast.write("teo")
    assert Setback.objects.exists()
    clock.advance(seconds=10)
    cast.write("lia")
    clock.advance(seconds=50)
    assert swept() == [teo.pk]
    assert not Setback.objects.exists()
    clock.advance(seconds=9)
    assert swept() == []
    clock.advance(seconds=1)
    assert swept() == [lia.pk]


def test_a_row_that_cannot_even_step_aside_does_not_keep_the_sweep_awake(
    cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is met again by the next pass, and the loop sleeps between them."""
    cast.rule()
    lia, teo = cast.write("lia"), cast.write("teo")
    clock.advance(minutes=1)
    monkeypatch.setattr(sweep, "step_aside", lambda *_: False)
    with poison(lia):
        done = sweep.sweep()
        assert (done.closed, done.aside, done.stuck) == (1, [], [lia.pk])
        again = sweep.step()
        assert (again.count, again.stuck) == (0, [lia.pk])
        assert again.next_in
    teo.refresh_from_db()
    assert teo.status == "closed"


@pytest.mark.django_db(transaction=True)
def test_who_writes_while_their_row_steps_aside_keeps_their_own_clock(cast: Cast, clock: Clock) -> None:
    """closing D6, C3: the row is judged again once it is held."""
    cast.rule()
    lia = cast.write("lia")
    until = clock.advance(minutes=1)
    stepped: list[bool] = []
    with ExitStack() as after, transaction.atomic():
        deadline = closes_at(cast.write("lia", "Sigo aquí"))
        refused = DatabaseError("refused")
        after.enter_context(beside(lambda: stepped.append(setbacks.step_aside(lia.pk, refused, until))))
    lia.refresh_from_db()
    assert (stepped, lia.look_at) == ([False], deadline)
    assert not Setback.objects.exists()


def test_who_wrote_after_the_failure_keeps_their_own_clock(cast: Cast, clock: Clock) -> None:
    """closing D6, C3: the row that failed was judged by an older clock; putting the new one off would be late."""
    cast.rule()
    lia = cast.write("lia")
    until = clock.advance(minutes=1)
    deadline = closes_at(cast.write("lia", "Sigo aquí"))
    setbacks.step_aside(lia.pk, DatabaseError("refused"), until)
    lia.refresh_from_db()
    assert lia.look_at == deadline
    assert not Setback.objects.exists()
