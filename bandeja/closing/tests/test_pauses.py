"""Pausing: nothing closes while it lasts, nothing at the instant it ends, and everybody is told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from bandeja.channels import accounts as account_verbs
from bandeja.channels import gate
from bandeja.channels.models import Account, Health
from bandeja.closing import coverage, pauses, rules, sweep
from bandeja.closing.models import Pause, Setback
from bandeja.closing.standing import Standing, stands
from bandeja.closing.tests.deeds import close_by_hand, closes_at, edit, reopen, store, swept
from bandeja.closing.why import explain
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Closure, Conversation
from bandeja.conversations.scope import Scope
from bandeja.intake import drain
from bandeja.people.models import Action, AuditEntry
from tests.cast import Cast
from tests.clock import Clock
from tests.waiting import beside

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
MICRO = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def cast(noon: datetime, cast: Cast) -> Cast:
    """The cast, from noon on."""
    return cast


def pause(cast: Cast, why: str = "Se cayó la línea") -> Pause:
    made, is_new = pauses.pause(cast.workspace, by=cast.ana, why=why)
    assert is_new
    return made


def resume(cast: Cast) -> None:
    assert pauses.resume(cast.workspace, by=cast.ana)


def fault(account: Account, *, is_there: bool = True) -> None:
    """The account's token is refused, or works again; the worker notices."""
    Health.objects.update_or_create(account=account, defaults={"has_valid_token": not is_there})
    pauses.follow()


# What a pause does


def test_while_it_is_paused_nothing_closes_and_nothing_is_read(cast: Cast, clock: Clock) -> None:
    """closing H2: not even the heads of the accounts."""
    cast.rule()
    lia = cast.write("lia")
    pause(cast)
    clock.advance(hours=9)
    assert sweep.sweep() == sweep.Swept()
    lia.refresh_from_db()
    assert (lia.status, lia.armed_at, lia.look_at) == ("open", NOON, NOON + MINUTE)


def test_what_ran_out_meanwhile_starts_anew_when_it_ends(cast: Cast, clock: Clock) -> None:
    """closing H3: with the whole time, however long it was paused."""
    cast.rule(amount=10)
    lia = cast.write("lia")
    pause(cast)
    ended = clock.advance(days=2)
    resume(cast)
    assert closes_at(lia) == ended + 10 * MINUTE
    assert swept() == []
    assert closes_at(lia) == ended + 10 * MINUTE
    lia.refresh_from_db()
    assert (lia.armed_at, lia.look_at) == (ended, ended + 10 * MINUTE)
    clock.set(ended + 10 * MINUTE - MICRO)
    assert swept() == []
    clock.set(ended + 10 * MINUTE)
    assert swept() == [lia.pk]
    closure = Closure.objects.get()
    assert (closure.armed_at, closure.deadline) == (ended, ended + 10 * MINUTE)


def test_what_has_not_run_out_by_then_goes_on_as_it_was(cast: Cast, clock: Clock) -> None:
    """closing H3: a pause puts off only what it withheld."""
    cast.rule(amount=10)
    lia = cast.write("lia")
    pause(cast)
    clock.advance(minutes=9)
    resume(cast)
    clock.advance(minutes=1)
    assert swept() == [lia.pk]


def test_what_runs_out_at_the_very_end_starts_anew(cast: Cast, clock: Clock) -> None:
    """closing H2: nothing closes at the instant it ends."""
    cast.rule(amount=10)
    lia = cast.write("lia")
    pause(cast)
    clock.advance(minutes=10)
    resume(cast)
    assert swept() == []
    assert closes_at(lia) == NOON + 20 * MINUTE


def test_what_was_due_before_the_pause_and_not_closed_starts_anew_too(cast: Cast, clock: Clock) -> None:
    """closing H3: whoever pauses because a backlog is about to close gets no wave when it ends."""
    cast.rule(amount=1)
    lias = [cast.write(f"c{n}").pk for n in range(20)]
    clock.advance(hours=3)
    pause(cast)
    ended = clock.advance(hours=1)
    resume(cast)
    assert swept() == []
    clock.set(ended + MINUTE)
    assert swept() == lias


def test_after_a_long_stop_of_the_worker_the_end_of_the_pause_still_counts(cast: Cast, clock: Clock) -> None:
    """closing H3: worked out when the row is looked at, however late."""
    cast.rule(amount=10)
    lia, teo = cast.write("lia"), cast.write("teo")
    pause(cast)
    ended = clock.advance(hours=1)
    resume(cast)
    clock.advance(minutes=5)
    cast.write("teo")
    clock.advance(minutes=6)
    assert swept() == [lia.pk]
    closure = Closure.objects.get()
    assert (closure.armed_at, closure.deadline) == (ended, ended + 10 * MINUTE)
    assert closes_at(teo) == ended + 15 * MINUTE


def test_whoever_writes_meanwhile_has_an_ordinary_clock(cast: Cast, clock: Clock) -> None:
    """closing H3: which starts anew only if it runs out before the end too."""
    cast.rule(amount=10)
    lia, teo = cast.write("lia"), cast.write("teo")
    pause(cast)
    clock.advance(minutes=30)
    cast.write("lia")
    clock.advance(minutes=25)
    written = clock.now()
    cast.write("teo")
    ended = clock.advance(minutes=5)
    resume(cast)
    assert closes_at(lia) == ended + 10 * MINUTE
    assert closes_at(teo) == written + 10 * MINUTE


def test_what_was_received_before_the_end_and_read_after_does_not_bring_it_forward(cast: Cast, clock: Clock) -> None:
    """closing H3, C8: looked at before or after the message is joined, the deadline is the same."""
    cast.rule(amount=10)
    lia, teo = cast.write("lia"), cast.write("teo")
    pause(cast)
    clock.advance(minutes=58)
    store(cast.chat, who="lia", id="tarde")
    ended = clock.advance(minutes=2)
    resume(cast)
    assert closes_at(lia) == ended + 10 * MINUTE
    drain.step()
    assert closes_at(lia) == closes_at(teo) == ended + 10 * MINUTE
    swept()
    assert closes_at(lia) == closes_at(teo) == ended + 10 * MINUTE


def test_a_sweep_that_dies_half_way_has_put_nothing_off_and_the_next_one_does(cast: Cast, clock: Clock) -> None:
    """closing H3, D6: what is told is the same all along."""
    cast.rule(amount=10)
    lia = cast.write("lia")
    pause(cast)
    ended = clock.advance(hours=1)
    resume(cast)
    with transaction.atomic():
        assert sweep.sweep().moved == 1
        assert closes_at(lia) == ended + 10 * MINUTE
        transaction.set_rollback(True)
    lia.refresh_from_db()
    assert (lia.armed_at, closes_at(lia)) == (NOON, ended + 10 * MINUTE)
    assert (sweep.sweep().moved, sweep.sweep().moved) == (1, 0)
    lia.refresh_from_db()
    assert (lia.armed_at, closes_at(lia)) == (ended, ended + 10 * MINUTE)


def test_pausing_and_resuming_write_no_conversation(cast: Cast, clock: Clock) -> None:
    """closing H2"""
    cast.rule()
    cast.write("lia")
    clock.advance(hours=1)
    before = list(Conversation.objects.values())
    pause(cast)
    clock.advance(hours=1)
    resume(cast)
    assert list(Conversation.objects.values()) == before


def test_closing_by_hand_goes_on_and_a_contact_opens_again(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=10)
    lia = cast.write("lia")
    pause(cast)
    assert close_by_hand(cast, lia) == [lia.pk]
    written = clock.advance(hours=1)
    cast.write("lia")
    clock.advance(minutes=5)
    resume(cast)
    assert closes_at(lia) == written + 10 * MINUTE


# Pauses beside what else moves a clock


def test_a_longer_time_that_is_saved_meanwhile_carries_a_clock_beyond_the_pause(cast: Cast, clock: Clock) -> None:
    """closing R8, H3: judged by the times of then, so that what is saved after the end brings nothing forward."""
    rule = cast.rule(amount=10)
    lia = cast.write("lia")
    pause(cast)
    clock.advance(minutes=30)
    edit(cast, rule, amount=3, unit="hours")
    ended = clock.advance(minutes=30)
    resume(cast)
    assert closes_at(lia) == NOON + 3 * HOUR
    teo = cast.write("teo")
    clock.advance(seconds=1)
    edit(cast, rule, amount=5, unit="minutes")
    assert closes_at(lia) == NOON + 3 * HOUR
    assert closes_at(teo) == ended + 3 * HOUR


def test_a_longer_time_that_is_saved_after_the_end_brings_nothing_forward(cast: Cast, clock: Clock) -> None:
    """closing R8, H3: whether or not the sweep had looked at it by then."""
    rule = cast.rule(amount=10)
    lia, teo = cast.write("lia"), cast.write("teo")
    pause(cast)
    ended = clock.advance(hours=1)
    resume(cast)
    clock.advance(seconds=1)
    sweep.sweep(batch=1)
    Conversation.objects.filter(pk=teo.pk).update(armed_at=NOON, look_at=NOON + 10 * MINUTE)
    edit(cast, rule, amount=65)
    assert closes_at(lia) == closes_at(teo) == ended + 65 * MINUTE


def test_what_is_released_meanwhile_has_the_whole_time_from_the_end(cast: Cast, clock: Clock) -> None:
    """closing C9, H3"""
    cast.rule(amount=10)
    lia, teo = cast.write("lia"), cast.write("teo")
    by: dict[str, Any] = {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}
    lifecycle.keep([lia.pk, teo.pk], **by)
    pause(cast)
    clock.advance(minutes=30)
    lifecycle.release([lia.pk], clock=coverage.clock, **by)
    ended = clock.advance(minutes=30)
    resume(cast)
    assert (closes_at(lia), closes_at(teo)) == (ended + 10 * MINUTE, None)
    assert swept() == []
    released = clock.advance(minutes=1)
    lifecycle.release([teo.pk], clock=coverage.clock, **by)
    assert closes_at(teo) == released + 10 * MINUTE


def test_what_stepped_aside_starts_anew_like_the_rest(cast: Cast, clock: Clock) -> None:
    """closing D6, H3: and is no failure any more."""
    cast.rule(amount=1)
    lia = cast.write("lia")
    clock.advance(minutes=1)
    Setback.objects.create(conversation_id=lia.pk, workspace_id=cast.workspace.pk, error="boom", at=clock.now())
    Conversation.objects.filter(pk=lia.pk).update(look_at=clock.now() + 30 * MINUTE)
    pause(cast)
    ended = clock.advance(hours=1)
    resume(cast)
    assert closes_at(lia) == ended + MINUTE
    assert swept() == []
    assert not Setback.objects.exists()
    clock.advance(minutes=1)
    assert swept() == [lia.pk]


def test_a_gap_in_cover_voids_what_is_paused(cast: Cast, clock: Clock) -> None:
    """closing R7: a pause carries no clock over it."""
    rule = cast.rule(amount=10)
    lia = cast.write("lia")
    pause(cast)
    clock.advance(minutes=20)
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    clock.advance(minutes=20)
    rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)
    clock.advance(minutes=20)
    resume(cast)
    assert closes_at(lia) is None
    assert swept() == []
    lia.refresh_from_db()
    assert lia.armed_at is None


def test_an_agents_opening_during_a_pause_starts_no_clock(cast: Cast, clock: Clock) -> None:
    """closing C6"""
    cast.rule(amount=10)
    lia = cast.write("lia")
    pause(cast)
    close_by_hand(cast, lia)
    reopen(cast, lia)
    clock.advance(hours=1)
    resume(cast)
    assert closes_at(lia) is None
    clock.advance(hours=1)
    assert swept() == []


def test_a_second_pause_puts_off_what_the_first_had_put_off(cast: Cast, clock: Clock) -> None:
    """closing H3: looked at in between or not."""
    cast.rule(amount=10)
    lia, teo = cast.write("lia"), cast.write("teo")
    for _ in range(2):
        pause(cast)
        ended = clock.advance(minutes=15)
        resume(cast)
        sweep.sweep(batch=1)
        Conversation.objects.filter(pk=teo.pk).update(armed_at=NOON, look_at=NOON + 10 * MINUTE)
        assert closes_at(lia) == closes_at(teo) == ended + 10 * MINUTE
        clock.advance(minutes=1)


@pytest.mark.parametrize("fault_first", [True, False])
def test_of_pauses_that_overlap_the_last_end_counts(cast: Cast, clock: Clock, fault_first: bool) -> None:
    """closing H3: what ends while another lasts is no end."""
    cast.rule(amount=30)
    lia = cast.write("lia")
    fault(cast.chat) if fault_first else pause(cast)
    clock.advance(minutes=20)
    pause(cast) if fault_first else fault(cast.chat)
    clock.advance(minutes=20)
    fault(cast.chat, is_there=False) if fault_first else resume(cast)
    assert (closes_at(lia), swept()) == (None, [])
    ended = clock.advance(minutes=20)
    resume(cast) if fault_first else fault(cast.chat, is_there=False)
    assert closes_at(lia) == stands(lia).deadline == ended + 30 * MINUTE
    assert swept() == []
    clock.set(ended + 30 * MINUTE)
    assert swept() == [lia.pk]


# The verbs


def test_twice_is_once(cast: Cast, clock: Clock) -> None:
    """closing H1: the first one's reason stays, and a second resuming does nothing."""
    first = pause(cast, "Se cayó la línea")
    clock.advance(minutes=1)
    assert pauses.pause(cast.workspace, by=cast.bruno, why="Otra") == (first, False)
    clock.advance(minutes=1)
    resume(cast)
    clock.advance(minutes=1)
    assert not pauses.resume(cast.workspace, by=cast.bruno)
    only = Pause.objects.get()
    assert (only.since, only.until, only.why, only.agent_id) == (
        NOON,
        NOON + 2 * MINUTE,
        "Se cayó la línea",
        cast.ana.pk,
    )
    told = AuditEntry.objects.filter(subject="workspace").order_by("pk").values_list("action", "agent_id", "after")
    assert list(told) == [
        (Action.CLOSING_PAUSED, cast.ana.pk, {"why": "Se cayó la línea"}),
        (Action.CLOSING_RESUMED, cast.ana.pk, {"why": "Se cayó la línea"}),
    ]


@pytest.mark.parametrize("why", ["", "  ", "\u200b\u200d", "\x00", "x" * 201])
def test_whoever_pauses_says_why(cast: Cast, why: str) -> None:
    """closing H1"""
    with pytest.raises(pauses.NoReason):
        pauses.pause(cast.workspace, by=cast.ana, why=why)
    assert not Pause.objects.exists()


def test_another_workspace_goes_on(cast: Cast, carla: Cast, clock: Clock) -> None:
    cast.rule()
    carla.rule()
    cast.write("lia")
    teo = carla.write("teo")
    pause(cast)
    clock.advance(minutes=1)
    assert swept() == [teo.pk]
    assert not pauses.resume(carla.workspace, by=carla.ana)


def test_a_pause_of_one_account_leaves_the_others(
    cast: Cast, another_account: Callable[[str], Account], clock: Clock
) -> None:
    """closing H4"""
    other = another_account("Otra")
    cast.rule(cast.chat, other)
    lia, teo = cast.write("lia"), cast.write("teo", account=other)
    fault(cast.chat)
    clock.advance(minutes=1)
    assert swept() == [teo.pk]
    assert stands(lia).standing == Standing.PAUSED


@pytest.mark.django_db(transaction=True)
def test_a_pause_waits_for_a_batch_under_way_and_after_it_nothing_closes(cast: Cast, clock: Clock) -> None:
    """closing H2: it passes the gates of all accounts alone, and is stamped behind them."""
    cast.rule()
    cast.write("lia")
    with ExitStack() as after, transaction.atomic():
        gate.enter([cast.chat.pk])
        after.enter_context(beside(lambda: pause(cast)))
        assert not Pause.objects.exists()
    assert Pause.objects.exists()
    clock.advance(minutes=1)
    assert swept() == []


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_read_its_heads_before_the_pause_closes_nothing_after_it(cast: Cast, clock: Clock) -> None:
    """closing H2: what it decides by, it reads behind the gate."""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(minutes=1)
    ran: list[int] = []
    with ExitStack() as after, transaction.atomic():
        gate.enter_alone([cast.chat.pk])
        after.enter_context(beside(lambda: ran.append(sweep.sweep(at=NOON + HOUR).closed)))
        Pause.objects.create(workspace=cast.workspace, why="Avería", since=NOON + MINUTE)
    lia.refresh_from_db()
    assert (ran, lia.status) == ([0], "open")


# Faults


def test_a_fault_pauses_closing_while_it_lasts(cast: Cast, clock: Clock) -> None:
    """closing H4, R10: it is no loss of cover."""
    cast.rule(amount=10)
    lia = cast.write("lia")
    began = clock.advance(minutes=5)
    fault(cast.chat)
    clock.advance(minutes=10)
    assert pauses.follow() == 0
    assert swept() == []
    found = explain(lia)
    assert (found.standing, found.stands.deadline, found.stands.runs_out) == (
        Standing.PAUSED,
        None,
        NOON + 10 * MINUTE,
    )
    assert [each.since for each in found.pauses] == [began]
    ended = clock.advance(minutes=1)
    fault(cast.chat, is_there=False)
    assert closes_at(lia) == ended + 10 * MINUTE
    assert pauses.follow() == 0
    assert Pause.objects.get().until == ended


@pytest.mark.parametrize(
    ("health", "is_paused"),
    [
        ({"has_valid_token": False}, True),
        ({"has_valid_token": True, "is_subscribed": False}, True),
        ({"has_valid_token": True, "is_subscribed": True}, False),
        # It may not send, but what contacts write comes: their silence is one.
        ({"has_valid_token": True, "error": {"fault": "account"}}, False),
        ({"has_valid_token": True, "error": {"fault": "token", "code": 10}}, False),
        # A message was refused: the check-up that follows at once tells which it is.
        ({"error": {"fault": "token", "code": 190}}, False),
        ({"error": {"fault": "transient"}}, False),
        ({"has_valid_token": None, "is_subscribed": None}, False),
    ],
)
def test_what_counts_as_a_fault(cast: Cast, health: dict[str, object], is_paused: bool) -> None:
    """closing H4"""
    Health.objects.create(account=cast.chat, **health)
    pauses.follow()
    assert Pause.objects.filter(account=cast.chat, until=None).exists() is is_paused


def test_faults_pause_nothing_where_the_workspace_does_not_heed_them(cast: Cast, clock: Clock) -> None:
    """closing H4: and who heeds them no more ends what they paused."""
    cast.rule(amount=10)
    lia = cast.write("lia")
    fault(cast.chat)
    clock.advance(minutes=20)
    assert pauses.heed(cast.workspace, faults=False, by=cast.ana)
    assert not pauses.heed(cast.workspace, faults=False, by=cast.ana)
    ended = clock.now()
    assert pauses.follow() == 1
    assert closes_at(lia) == ended + 10 * MINUTE
    entry = AuditEntry.objects.get(action=Action.CHANGED, subject="workspace")
    assert (entry.before, entry.after) == ({"heeds_faults": True}, {"heeds_faults": False})


def test_an_account_that_is_disconnected_by_hand_is_not_paused(cast: Cast, clock: Clock) -> None:
    """closing R10, H4: its clocks are void."""
    cast.rule(amount=10)
    lia = cast.write("lia")
    fault(cast.chat)
    clock.advance(minutes=1)
    account_verbs.disconnect(cast.chat)
    assert pauses.follow() == 1
    assert not Pause.objects.filter(until=None).exists()
    assert stands(lia).standing == Standing.DISCONNECTED


def test_what_was_missed_is_fetched_before_closing_goes_on(cast: Cast, clock: Clock) -> None:
    """closing H4: a page that is subscribed again stays paused until then, for an hour at the most."""
    cast.rule(amount=10)
    lia = cast.write("lia")
    fault(cast.chat)
    Health.objects.update(missed_since=NOON)
    clock.advance(minutes=30)
    fault(cast.chat, is_there=False)
    assert Pause.objects.get().mended_at == NOON + 30 * MINUTE
    assert pauses.follow() == 0
    clock.advance(minutes=20)
    Health.objects.update(missed_since=None)
    assert pauses.follow() == 1
    assert closes_at(lia) == NOON + 60 * MINUTE


def test_a_page_of_which_nothing_can_be_fetched_is_not_paused_for_ever(cast: Cast, clock: Clock) -> None:
    """closing H4"""
    fault(cast.chat)
    Health.objects.update(missed_since=NOON)
    fault(cast.chat, is_there=False)
    clock.advance(minutes=59)
    assert pauses.follow() == 0
    fault(cast.chat)
    assert Pause.objects.get().mended_at is None
    mended = clock.advance(minutes=1)
    fault(cast.chat, is_there=False)
    clock.set(mended + pauses.CATCH_UP)
    assert pauses.follow() == 1
    assert not Pause.objects.filter(until=None).exists()
    assert pauses.follow() == 0


def test_what_is_found_lost_and_mended_at_once_pauses_until_it_is_fetched(cast: Cast, clock: Clock) -> None:
    """closing H4: a check-up that finds no subscription mostly mends it then and there."""
    cast.rule(amount=10)
    lia = cast.write("lia")
    found = clock.advance(minutes=9)
    Health.objects.update_or_create(
        account=cast.chat,
        defaults={"has_valid_token": True, "is_subscribed": True, "missed_since": NOON, "lost_at": found},
    )
    assert pauses.follow() == 1
    assert Pause.objects.get().mended_at == found
    clock.advance(minutes=5)
    assert swept() == []
    Health.objects.update(missed_since=None)
    assert pauses.follow() == 1
    assert closes_at(lia) == NOON + 24 * MINUTE


def test_what_cannot_be_fetched_pauses_once_for_each_loss(cast: Cast, clock: Clock) -> None:
    """closing H4"""
    lost = {"is_subscribed": True, "missed_since": NOON}
    Health.objects.update_or_create(account=cast.chat, defaults={**lost, "lost_at": NOON})
    assert pauses.follow() == 1
    clock.set(NOON + pauses.CATCH_UP)
    assert [pauses.follow(), pauses.follow()] == [1, 0]
    clock.advance(minutes=1)
    assert pauses.follow() == 0
    Health.objects.update(lost_at=clock.now())
    assert pauses.follow() == 1
    assert Pause.objects.filter(until=None).count() == 1


# Forgetting


def test_a_pause_is_settled_once_every_clock_it_withheld_was_looked_at(cast: Cast, clock: Clock) -> None:
    """It costs nothing from then on; what is told stays the same."""
    cast.rule(amount=20, unit="days")
    lia = cast.write("lia")
    pause(cast)
    ended = clock.advance(days=21)
    resume(cast)
    clock.advance(days=9)
    pauses.step()
    assert not Pause.objects.get().settled
    assert swept() == []
    pauses.step()
    assert Pause.objects.get().settled
    assert coverage.clock([cast.chat.pk])[cast.chat.pk].ends == []
    assert closes_at(lia) == stands(lia).deadline == ended + timedelta(days=20)
    assert [start.counts_from for start in explain(lia).starts] == [NOON, ended]


# The screen


@pytest.fixture
def ana(cast: Cast, client: Client) -> Client:
    client.force_login(cast.ana)
    return client


def test_the_page_pauses_and_resumes(cast: Cast, ana: Client) -> None:
    """closing H1: with a banner where the rules are, and what they cover."""
    page = ana.get("/settings/closing/pause")
    assert (page.status_code, b'name="why"' in page.content) == (200, True)
    answer = ana.post("/settings/closing/pause", {"why": "  Se cayó la <b>línea</b> "})
    assert answer["Location"] == "/settings/closing"
    lasting = Pause.objects.get()
    assert (lasting.why, lasting.agent_id, lasting.agent_name) == ("Se cayó la <b>línea</b>", cast.ana.pk, "Ana")
    for path in ("/settings/closing", "/settings/closing/coverage", "/settings/closing/pause"):
        shown = ana.get(path).content.decode()
        assert "Se cayó la &lt;b&gt;línea&lt;/b&gt;" in shown
        assert 'action="/settings/closing/resumption"' in shown
    again = ana.post("/settings/closing/pause", {"why": "Otra"}, follow=True).content.decode()
    assert "Se cayó la" in again
    assert ana.post("/settings/closing/resumption")["Location"] == "/settings/closing"
    assert not Pause.objects.filter(until=None).exists()
    assert ana.post("/settings/closing/resumption")["Location"] == "/settings/closing"
    assert b"resumption" not in ana.get("/settings/closing").content


def test_whoever_may_not_mend_accounts_is_not_sent_to_them(cast: Cast, ana: Client, client: Client) -> None:
    """closing H4: its rule is theirs to manage, the account is not."""
    fault(cast.chat)
    link = f'href="/settings/accounts/{cast.chat.pk}"'
    assert link in ana.get("/settings/closing").content.decode()
    client.force_login(cast.bruno)
    shown = client.get("/settings/closing").content.decode()
    assert (link in shown, str(cast.chat) in shown) == (False, True)


@pytest.mark.parametrize("why", ["", " ", "\u200b", "x" * 201])
def test_without_a_reason_nothing_is_paused(ana: Client, why: str) -> None:
    """closing H1: it is refused beside the field."""
    refused = ana.post("/settings/closing/pause", {"why": why})
    assert refused.status_code == 422
    assert b'class="error"' in refused.content
    assert not Pause.objects.exists()


def test_faults_are_heeded_or_not(cast: Cast, ana: Client) -> None:
    """closing H4"""
    assert b"checked" in ana.get("/settings/closing/pause").content
    ana.post("/settings/closing/faults", {})
    cast.workspace.refresh_from_db()
    assert not cast.workspace.heeds_faults
    assert b"checked" not in ana.get("/settings/closing/pause").content
    ana.post("/settings/closing/faults", {"faults": "on"})
    cast.workspace.refresh_from_db()
    assert cast.workspace.heeds_faults


@pytest.mark.parametrize("path", ["pause", "resumption", "faults"])
def test_only_who_may_manage_closing_pauses_it(cast: Cast, client: Client, path: str) -> None:
    """closing R4, H1"""
    cast.bruno.role.permissions = []
    cast.bruno.role.save()
    client.force_login(cast.bruno)
    assert client.post(f"/settings/closing/{path}", {"why": "Avería"}).status_code == 403
    assert not Pause.objects.exists()


def test_the_banner_names_accounts_with_a_fault(cast: Cast, ana: Client) -> None:
    fault(cast.chat)
    for path in ("/settings/closing", "/settings/closing/coverage"):
        shown = ana.get(path).content.decode()
        assert f'href="/settings/accounts/{cast.chat.pk}"' in shown
        assert "resumption" not in shown


def test_the_audit_log_and_the_latest_changes_tell_it(cast: Cast, ana: Client) -> None:
    """closing R4, H1"""
    pause(cast, "Se cayó la línea")
    resume(cast)
    for path in ("/settings/closing", "/settings/audit"):
        shown = ana.get(path).content.decode()
        assert shown.count("Se cayó la línea") >= 2


def test_a_thread_shows_that_closing_is_paused(cast: Cast, ana: Client, clock: Clock) -> None:
    """closing H2: no countdown, in the thread, the list and the panel."""
    cast.rule(amount=10)
    lia = cast.write("lia")
    clock.advance(minutes=9)
    pause(cast)
    thread, rows = (ana.get(path).content.decode() for path in (f"/inbox/{lia.pk}", "/inbox"))
    assert "El cierre está en pausa" in thread
    for shown in (thread, rows):
        assert 'role="timer"' not in shown
        assert "data-quarter" not in shown
    assert f'href="/inbox/{lia.pk}' not in ana.get("/inbox?soon=1").content.decode()
    why = ana.get(f"/inbox/{lia.pk}/why").content.decode()
    assert "Se cayó la línea" in why
    resume(cast)
    assert 'role="timer"' in ana.get(f"/inbox/{lia.pk}").content.decode()
