"""Which silences close a conversation, and which do not: the clock and the rules, told as stories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bandeja.channels import accounts
from bandeja.channels.contract import SILENT
from bandeja.channels.models import Account, ChannelKey
from bandeja.closing import coverage, rules
from bandeja.closing.models import Rule
from bandeja.closing.tests.deeds import close_by_hand, closes_at, edit, reopen, store, swept
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Contact
from bandeja.conversations.scope import Scope
from bandeja.intake import drain
from tests.cast import Cast
from tests.clock import Clock

MakeAccount = Callable[[str], Account]
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
MICRO = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def cast(noon: datetime, cast: Cast) -> Cast:
    """The cast, from noon on."""
    return cast


# The clock


def test_a_silent_contact_s_conversation_closes_at_the_deadline_and_not_before(cast: Cast, clock: Clock) -> None:
    """closing C1, C7"""
    cast.rule()
    lia = cast.write("lia")
    clock.set(NOON + MINUTE - MICRO)
    assert swept() == []
    clock.set(NOON + MINUTE)
    assert swept() == [lia.pk]
    assert lia.closures.get().closed_at == NOON + MINUTE


@pytest.mark.parametrize(
    ("amount", "unit", "span"),
    [(1, "minutes", MINUTE), (90, "minutes", 90 * MINUTE), (3, "hours", 3 * HOUR), (365, "days", 365 * 24 * HOUR)],
)
def test_every_unit_is_as_long_as_it_says(cast: Cast, clock: Clock, amount: int, unit: str, span: timedelta) -> None:
    """closing R1: a day is 24 hours."""
    cast.rule(amount=amount, unit=unit)
    lia = cast.write("lia")
    assert closes_at(lia) == NOON + span
    clock.set(NOON + span - SECOND)
    assert swept() == []
    clock.set(NOON + span)
    assert swept() == [lia.pk]


def test_a_message_before_the_deadline_starts_it_anew(cast: Cast, clock: Clock) -> None:
    """closing C3"""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(seconds=59)
    cast.write("lia")
    clock.advance(seconds=59)
    assert swept() == []
    clock.advance(seconds=1)
    assert swept() == [lia.pk]


@pytest.mark.parametrize("note", [False, True])
def test_a_reply_or_a_note_does_not_postpone_closing(cast: Cast, clock: Clock, note: bool) -> None:
    """closing C2, C4"""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(seconds=59)
    lifecycle.reply(lia.pk, "¿Sigues ahí?", note=note, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    clock.advance(seconds=1)
    assert swept() == [lia.pk]


@pytest.mark.parametrize("kind", sorted(SILENT))
def test_what_is_not_writing_does_not_postpone_closing(cast: Cast, clock: Clock, kind: str) -> None:
    """closing C4"""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(seconds=59)
    cast.write("lia", kind=kind)
    clock.advance(seconds=1)
    assert swept() == [lia.pk]


def test_a_blocked_contact_does_not_postpone_closing(cast: Cast, clock: Clock) -> None:
    """closing C4"""
    cast.rule()
    lia = cast.write("lia")
    Contact.objects.update(blocked_at=NOON)
    clock.advance(seconds=59)
    cast.write("lia")
    clock.advance(seconds=1)
    assert swept() == [lia.pk]


def test_a_delivery_two_hours_late_is_not_closed_on_arrival(cast: Cast, clock: Clock) -> None:
    """closing C1: what counts is when we received it, not the channel's date."""
    cast.rule()
    lia = cast.write("lia", provider_at=NOON - 2 * HOUR)
    assert swept() == []
    clock.advance(seconds=59)
    assert swept() == []
    assert closes_at(lia) == NOON + MINUTE


def test_a_duplicate_does_not_postpone_closing(cast: Cast, clock: Clock) -> None:
    """closing C5"""
    cast.rule()
    lia = cast.write("lia", external_id="m1")
    clock.advance(seconds=59)
    cast.write("lia", external_id="m1")
    clock.advance(seconds=1)
    assert swept() == [lia.pk]


def test_a_message_that_arrives_out_of_order_postpones_like_any_other(cast: Cast, clock: Clock) -> None:
    """closing C5"""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(seconds=59)
    cast.write("lia", provider_at=NOON - HOUR)
    clock.advance(seconds=59)
    assert swept() == []
    assert closes_at(lia) == NOON + 119 * SECOND


def test_our_own_backlog_is_counted_from_joining(cast: Cast, clock: Clock) -> None:
    """closing C1: down for an hour, nobody is closed on before they could be read."""
    cast.rule()
    store(cast.chat)
    clock.advance(hours=1)
    assert drain.step() == 1
    assert swept() == []
    clock.advance(seconds=59)
    assert swept() == []
    clock.advance(seconds=1)
    assert len(swept()) == 1


def test_a_backlog_within_its_time_is_counted_from_receipt(cast: Cast, clock: Clock) -> None:
    """closing C1"""
    cast.rule()
    store(cast.chat)
    clock.advance(seconds=59)
    drain.step()
    assert swept() == []
    clock.advance(seconds=1)
    assert len(swept()) == 1


def test_each_account_s_silence_is_its_own(cast: Cast, clock: Clock, another_account: MakeAccount) -> None:
    """closing R2, R3: two accounts of one channel, two rules; a third account has none."""
    second, third = another_account("Dos"), another_account("Tres")
    cast.rule(cast.chat, amount=1)
    cast.rule(second, amount=2)
    one, two, three = (cast.write("lia", account=account) for account in (cast.chat, second, third))
    clock.advance(minutes=1)
    assert swept() == [one.pk]
    clock.advance(minutes=1)
    assert swept() == [two.pk]
    clock.advance(days=400)
    assert swept() == []
    assert closes_at(three) is None


# Opening again


def test_a_reopened_conversation_is_not_closed_until_the_contact_writes(cast: Cast, clock: Clock) -> None:
    """closing C6: the trap is to close it again within a second, for its last message is old."""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(minutes=1)
    assert swept() == [lia.pk]
    reopen(cast, lia)
    clock.advance(days=30)
    assert swept() == []
    assert closes_at(lia) is None
    cast.write("lia")
    clock.advance(minutes=1)
    assert swept() == [lia.pk]


def test_a_conversation_reopened_by_writing_is_not_closed_until_the_contact_writes(cast: Cast, clock: Clock) -> None:
    """closing C6, E2"""
    cast.rule()
    lia = cast.write("lia")
    close_by_hand(cast, lia)
    lifecycle.reply(lia.pk, "Una cosa más", scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    clock.advance(days=30)
    assert swept() == []


def test_a_message_received_before_the_agent_opened_it_arms_nothing(cast: Cast, clock: Clock) -> None:
    """closing C6: it waited to be joined while the agent reopened."""
    cast.rule()
    lia = cast.write("lia", external_id="antes")
    close_by_hand(cast, lia)
    store(cast.chat)
    clock.advance(seconds=10)
    reopen(cast, lia)
    drain.step()
    assert lia.messages.count() == 2
    clock.advance(days=1)
    assert swept() == []


def test_a_contact_who_writes_again_starts_a_clock_anew(cast: Cast, clock: Clock) -> None:
    """closing E1: closed, opened by the contact, closed again: twice closed, in one thread."""
    cast.rule()
    for _ in range(2):
        lia = cast.write("lia")
        clock.advance(seconds=59)
        assert swept() == []
        clock.advance(seconds=1)
        assert swept() == [lia.pk]
    assert lia.closures.count() == 2


# Saving a rule is not retroactive


def test_a_new_rule_does_not_close_what_has_been_silent_for_a_year(cast: Cast, clock: Clock) -> None:
    """closing R6, invariant 3: open until its contact writes again."""
    lia = cast.write("lia")
    clock.advance(days=365)
    cast.rule()
    assert swept() == []
    clock.advance(days=365)
    assert swept() == []
    cast.write("lia")
    clock.advance(minutes=1)
    assert swept() == [lia.pk]


@pytest.mark.parametrize("change", ["save", "edit", "switch"])
def test_saving_editing_or_switching_on_closes_nothing_at_that_instant(
    cast: Cast, clock: Clock, another_account: MakeAccount, change: str
) -> None:
    """closing R6, invariant 3: whatever the data, due or not."""
    second = another_account("Dos")
    rule = cast.rule(second, amount=10)
    old = [cast.write(f"c{n}", account=account) for account in (cast.chat, second) for n in range(3)]
    clock.advance(minutes=9)
    match change:
        case "save":
            cast.rule(cast.chat)
        case "edit":
            edit(cast, rule, cast.chat, second, amount=1)
        case "switch":
            rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
            rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)
    assert swept() == []
    assert {closes_at(each) for each in old[:3]} == {None}


def test_a_message_received_at_the_very_instant_of_the_save_is_covered(cast: Cast, clock: Clock) -> None:
    """closing R6: at or after cover began."""
    cast.rule()
    lia = cast.write("lia", received_at=NOON)
    teo = cast.write("teo", received_at=NOON - MICRO)
    clock.advance(minutes=2)
    assert swept() == [lia.pk]
    assert closes_at(teo) is None


# Editing the time


@pytest.fixture
def rule(cast: Cast) -> Rule:
    """Two minutes, on the web chat."""
    return cast.rule(amount=2)


@pytest.mark.parametrize(
    ("edits", "old", "new"),
    [
        # (seconds after noon, minutes): what the clock armed at noon makes of them, and one armed after.
        ([(30, 5)], 300, 300),
        ([(30, 1)], 120, 60),
        ([(30, 5), (60, 1)], 300, 60),
        ([(30, 1), (60, 3)], 180, 180),
        ([(10, 1), (20, 4), (30, 1), (40, 3)], 240, 180),
        ([(10, 2), (20, 2)], 120, 120),
    ],
)
def test_a_running_clock_keeps_the_longest_time_in_force_since_it_was_armed(
    cast: Cast, clock: Clock, rule: Rule, edits: list[tuple[int, int]], old: int, new: int
) -> None:
    """closing R8, invariant 1: lengthened, shortened, and several edits while clocks run."""
    lia = cast.write("lia")
    for seconds, minutes in edits:
        clock.set(NOON + seconds * SECOND)
        edit(cast, rule, amount=minutes)
        assert swept() == []
    armed = clock.now() + SECOND
    clock.set(armed)
    teo = cast.write("teo")
    assert closes_at(lia) == NOON + old * SECOND
    assert closes_at(teo) == armed + new * SECOND
    for each, due in sorted([(lia, NOON + old * SECOND), (teo, armed + new * SECOND)], key=lambda pair: pair[1]):
        clock.set(due - SECOND)
        assert swept() == []
        clock.set(due)
        assert swept() == [each.pk]
        assert each.closures.get().deadline == due


def test_a_clock_due_at_the_moment_of_lengthening_is_protected(cast: Cast, clock: Clock, rule: Rule) -> None:
    """closing R8: due, not yet swept, and then the time is longer."""
    lia = cast.write("lia")
    clock.advance(minutes=2)
    edit(cast, rule, amount=3)
    assert swept() == []
    clock.advance(minutes=1)
    assert swept() == [lia.pk]


def test_editing_only_the_reason_closes_at_the_same_instant_with_the_new_one(
    cast: Cast, clock: Clock, rule: Rule
) -> None:
    """closing R9: and rewrites no history."""
    lia, teo = cast.write("lia"), cast.write("teo", received_at=NOON + SECOND)
    clock.advance(minutes=2)
    assert swept() == [lia.pk]
    edit(cast, rule, reason="No contestó")
    assert closes_at(teo) == NOON + 121 * SECOND
    clock.advance(seconds=1)
    assert swept() == [teo.pk]
    assert (lia.closures.get().reason, teo.closures.get().reason) == ("Sin respuesta del contacto", "No contestó")


# Gaps in cover

Gap = Callable[[Cast, Rule], object]


def _off(cast: Cast, rule: Rule) -> None:
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)


def _on(cast: Cast, rule: Rule) -> None:
    rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)


def _remove(cast: Cast, rule: Rule) -> None:
    other = accounts.connect(cast.workspace, ChannelKey.WEBCHAT, name="Otra")
    edit(cast, rule, other)


def _add(cast: Cast, rule: Rule) -> None:
    edit(cast, rule, cast.chat)


def _delete(cast: Cast, rule: Rule) -> None:
    assert rules.delete(rule.pk, workspace=cast.workspace, by=cast.ana)


def _same_again(cast: Cast, rule: Rule) -> None:
    cast.rule(amount=2)


def _disconnect(cast: Cast, rule: Rule) -> None:
    assert accounts.disconnect(cast.chat)


def _connect(cast: Cast, rule: Rule) -> None:
    accounts.connect(cast.workspace, ChannelKey.WEBCHAT, name="Chat web", external_id=cast.chat.external_id)


def _lapse(cast: Cast, rule: Rule) -> None:
    coverage.entitle(cast.workspace, plan="basic", addons=["inbox"])


def _return(cast: Cast, rule: Rule) -> None:
    coverage.entitle(cast.workspace, plan="pro", addons=["inbox"])


GAPS: dict[str, tuple[Gap, Gap]] = {
    "off and on": (_off, _on),
    "removed and added": (_remove, _add),
    "deleted and made again": (_delete, _same_again),
    "moved to another rule": (_remove, _same_again),
    "disconnected and connected": (_disconnect, _connect),
    "plan lapsed and returned": (_lapse, _return),
}


@pytest.mark.parametrize("gap", GAPS)
def test_while_cover_is_interrupted_nothing_closes(cast: Cast, clock: Clock, rule: Rule, gap: str) -> None:
    """closing R5, R7, R10, invariant 4: for running clocks too, at once, even due ones."""
    lia = cast.write("lia")
    clock.advance(minutes=2)
    GAPS[gap][0](cast, rule)
    assert closes_at(lia) is None
    assert swept() == []
    clock.advance(days=1)
    assert swept() == []


@pytest.mark.parametrize("swept_between", [True, False])
@pytest.mark.parametrize("gap", GAPS)
def test_a_gap_in_cover_voids_older_clocks_for_ever(
    cast: Cast, clock: Clock, rule: Rule, gap: str, swept_between: bool
) -> None:
    """closing R5, R7, R10: coming back is a new start, swept in between or not."""
    lia, teo = cast.write("lia"), cast.write("teo")
    clock.advance(seconds=30)
    GAPS[gap][0](cast, rule)
    clock.advance(seconds=1)
    if swept_between:
        swept()
    GAPS[gap][1](cast, rule)
    assert closes_at(lia) is None
    clock.advance(minutes=5)
    assert swept() == []
    cast.write("teo")
    clock.advance(minutes=2)
    assert swept() == [teo.pk]


@pytest.mark.parametrize("gap", GAPS)
def test_a_message_joined_in_a_gap_or_received_before_its_end_arms_nothing(
    cast: Cast, clock: Clock, rule: Rule, gap: str
) -> None:
    """closing R6, R7: and takes an older, void clock away."""
    lia = cast.write("lia")
    clock.advance(seconds=10)
    store(cast.chat, "antes del corte")
    clock.advance(seconds=10)
    GAPS[gap][0](cast, rule)
    clock.advance(seconds=10)
    GAPS[gap][1](cast, rule)
    clock.advance(seconds=10)
    drain.step()
    lia.refresh_from_db()
    assert (lia.messages.count(), lia.armed_at) == (2, None)


def test_continuous_cover_carries_the_clock_through_saves(
    cast: Cast, clock: Clock, rule: Rule, another_account: MakeAccount
) -> None:
    """closing R7: other accounts come and go, the name and reason change, and this one's clock runs on."""
    lia, other = cast.write("lia"), another_account("Dos")
    clock.advance(seconds=40)
    edit(cast, rule, cast.chat, other, name="Otra vez")
    clock.advance(seconds=40)
    edit(cast, rule, cast.chat, reason="Silencio")
    assert closes_at(lia) == NOON + 2 * MINUTE
    clock.advance(seconds=40)
    assert swept() == [lia.pk]


def test_connecting_what_is_connected_is_no_new_start(cast: Cast, clock: Clock, rule: Rule) -> None:
    """closing R10: a second click does not void clocks."""
    lia = cast.write("lia")
    clock.advance(minutes=1)
    _connect(cast, rule)
    clock.advance(minutes=1)
    assert swept() == [lia.pk]


def test_a_plan_that_stays_is_no_new_start(cast: Cast, clock: Clock, rule: Rule) -> None:
    """closing R5: another add-on beside it voids nothing."""
    lia = cast.write("lia")
    clock.advance(minutes=1)
    coverage.entitle(cast.workspace, plan="pro", addons=["inbox", "reports"])
    clock.advance(minutes=1)
    assert swept() == [lia.pk]


def test_one_workspace_s_gap_is_nobody_else_s(cast: Cast, carla: Cast, clock: Clock, rule: Rule) -> None:
    """closing R2, R5"""
    carla.rule(amount=2)
    cast.write("lia")
    theirs = carla.write("lia")
    _lapse(cast, rule)
    clock.advance(minutes=2)
    assert swept() == [theirs.pk]
