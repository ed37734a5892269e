"""Including what is open without a clock (closing I1 to I4): what it concerns, when that closes, taking it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from bandeja.channels import accounts
from bandeja.channels.models import Account, ChannelKey
from bandeja.closing import coverage, including, inclusions, rules, standing
from bandeja.closing.models import Inclusion, InclusionBatch, Rule, Stage
from bandeja.closing.standing import Standing
from bandeja.closing.tests.deeds import close_by_hand, closes_at, edit, reopen, store, swept
from bandeja.closing.why import explain
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.merge import merge
from bandeja.conversations.models import Conversation, Event
from bandeja.conversations.scope import Scope
from bandeja.intake import drain
from bandeja.people.models import Action, Agent, AuditEntry, Role
from tests.cast import Cast
from tests.clock import Clock

MakeAccount = Callable[[str], Account]
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> None:
    clock.set(NOON)


def after(**spans: float) -> datetime:
    return NOON + timedelta(**spans)


def ask(cast: Cast, rule: Rule, by: Agent | None = None) -> Inclusion:
    return including.ask(rule.pk, workspace=cast.workspace, by=by or cast.ana)


def carry_out() -> int:
    turns = 0
    while inclusions.step():
        turns += 1
    return turns


def include(cast: Cast, rule: Rule) -> Inclusion:
    """All of it, at once."""
    asked = ask(cast, rule)
    carry_out()
    return fresh(asked)


def take_back(asked: Inclusion, by: Agent | None = None) -> Inclusion:
    assert asked.agent
    assert including.undo(asked, by=by or asked.agent)
    carry_out()
    return fresh(asked)


def fresh(asked: Inclusion) -> Inclusion:
    return Inclusion.objects.get(pk=asked.pk)


def counts(asked: Inclusion) -> dict[str, int]:
    names = ("total", "included", "uncovered", "passed", "excluded", "kept")
    kept = fresh(asked)
    return {name: getattr(kept, name) for name in names if getattr(kept, name)}


def armed(conversation: Conversation) -> datetime | None:
    conversation.refresh_from_db()
    assert (conversation.armed_at is None) == (conversation.look_at is None)
    return conversation.armed_at


def small_batches(monkeypatch: pytest.MonkeyPatch, size: int = 1) -> None:
    monkeypatch.setattr(inclusions, "BATCH", size)


def test_what_was_quiet_before_the_rule_closes_after_the_whole_time_from_being_included(
    cast: Cast, clock: Clock
) -> None:
    """closing I1"""
    lia, teo = cast.write("lia"), cast.write("teo")
    clock.advance(days=300)
    rule = cast.rule(amount=24, unit="hours")
    assert (armed(lia), closes_at(lia)) == (None, None)
    at = clock.advance(minutes=5)
    asked = include(cast, rule)
    assert (asked.stage, asked.halted, counts(asked)) == (Stage.ENDED, "", {"total": 2, "included": 2})
    assert [armed(lia), armed(teo)] == [at, at]
    assert closes_at(lia) == at + timedelta(hours=24)
    assert swept() == []
    clock.set(at + timedelta(hours=24) - timedelta(seconds=1))
    assert swept() == []
    clock.advance(seconds=1)
    assert swept() == sorted([lia.pk, teo.pk])


def test_saving_a_rule_includes_nothing_by_itself(cast: Cast, clock: Clock) -> None:
    """closing R6"""
    lia = cast.write("lia")
    clock.advance(hours=1)
    rule = cast.rule()
    edit(cast, rule, amount=2)
    assert carry_out() == 0
    clock.advance(days=1)
    assert swept() == []
    assert armed(lia) is None


def test_only_what_is_open_without_a_clock_and_not_opened_by_hand_is_included(cast: Cast, clock: Clock) -> None:
    """closing I1"""
    quiet, closed, reopened, kept = (cast.write(who) for who in ("quiet", "closed", "reopened", "kept"))
    close_by_hand(cast, closed, reopened)
    clock.advance(minutes=1)
    reopen(cast, reopened)
    lifecycle.keep([kept.pk], scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    clock.advance(hours=1)
    rule = cast.rule(amount=1, unit="hours")
    clock.advance(minutes=1)
    running = cast.write("running")
    clock.advance(minutes=1)
    assert including.count(cast.workspace, [cast.chat.pk], rule.pk) == {cast.chat.pk: 1}
    asked = include(cast, rule)
    assert counts(asked) == {"total": 1, "included": 1}
    assert [armed(each) is None for each in (quiet, closed, reopened, kept)] == [False, True, True, True]
    assert closes_at(running) == after(hours=2, minutes=2)


def test_one_opened_by_hand_is_included_once_its_contact_has_written_again(cast: Cast, clock: Clock) -> None:
    lia = cast.write("lia")
    close_by_hand(cast, lia)
    clock.advance(minutes=1)
    reopen(cast, lia)
    clock.advance(minutes=1)
    cast.write("lia", "¿Siguen ahí?")
    clock.advance(minutes=1)
    assert counts(include(cast, cast.rule())) == {"total": 1, "included": 1}


def test_who_never_wrote_is_not_included(cast: Cast) -> None:
    lia = cast.write("lia")
    Conversation.objects.filter(pk=lia.pk).update(last_inbound_at=None, last_inbound_id=None)
    assert counts(include(cast, cast.rule())) == {}
    assert armed(lia) is None


def test_a_void_clock_is_included_as_none_at_all(cast: Cast, clock: Clock) -> None:
    """closing R7: off and on again is a new start, and what ran before is void until somebody includes it."""
    rule = cast.rule(amount=1, unit="hours")
    lia = cast.write("lia")
    clock.advance(minutes=1)
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    clock.advance(minutes=1)
    rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)
    at = clock.advance(minutes=1)
    assert closes_at(lia) is None
    assert including.count(cast.workspace, [cast.chat.pk], rule.pk) == {cast.chat.pk: 1}
    include(cast, rule)
    assert closes_at(lia) == at + HOUR


def test_the_count_before_a_rule_covers_is_what_will_be_without_a_clock(
    cast: Cast, clock: Clock, another_account: MakeAccount
) -> None:
    """closing I2: shown first. A clock of another rule is void once this one has the account."""
    other = another_account("Otro chat")
    cast.rule(other, name="Otra")
    cast.write("lia")
    cast.write("teo", account=other)
    asked = including.count(cast.workspace, [cast.chat.pk, other.pk], None)
    assert asked == {cast.chat.pk: 1, other.pk: 1}
    accounts.disconnect(other)
    assert including.count(cast.workspace, [cast.chat.pk, other.pk], None) == {cast.chat.pk: 1}


def test_nothing_is_written_into_the_thread_and_the_audit_log_tells(cast: Cast, clock: Clock) -> None:
    cast.write("lia")
    clock.advance(minutes=1)
    rule = cast.rule(name="Ventas")
    events = Event.objects.count()
    asked = include(cast, rule)
    assert Event.objects.count() == events
    told = AuditEntry.objects.get(action=Action.CLOSING_INCLUDED)
    assert (told.agent_id, told.after) == (cast.ana.pk, {"rule": "Ventas", "included": 1})
    take_back(asked, by=cast.bruno)
    told = AuditEntry.objects.get(action=Action.INCLUSION_UNDONE)
    assert (told.agent_id, told.after) == (cast.bruno.pk, {"rule": "Ventas", "excluded": 1})


def test_what_is_frozen_is_what_was_there_when_it_was_asked_for(cast: Cast, clock: Clock) -> None:
    """closing I2: who comes into being after, by history say, was not counted."""
    cast.write("lia")
    clock.advance(minutes=1)
    rule = cast.rule()
    asked = ask(cast, rule)
    clock.advance(minutes=1)
    sol = cast.write("sol")
    Conversation.objects.filter(pk=sol.pk).update(armed_at=None, look_at=None)
    carry_out()
    assert counts(asked) == {"total": 1, "included": 1}
    assert armed(sol) is None


# Where cover ends meanwhile


@pytest.fixture
def halfway(cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> tuple[Rule, Inclusion, list[Conversation]]:
    """Three, a batch each, of which the first is included."""
    small_batches(monkeypatch)
    found = [cast.write(who) for who in ("lia", "teo", "sol")]
    clock.advance(minutes=1)
    rule = cast.rule(amount=1, unit="hours")
    asked = ask(cast, rule)
    assert inclusions.step()
    assert inclusions.step()
    clock.advance(minutes=1)
    return rule, asked, found


Halfway = tuple[Rule, Inclusion, list[Conversation]]


def test_a_rule_switched_off_or_deleted_or_a_plan_lost_ends_it_there(cast: Cast, halfway: Halfway) -> None:
    """closing I3"""
    rule, asked, found = halfway
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    carry_out()
    assert (fresh(asked).stage, fresh(asked).halted) == (Stage.ENDED, "off")
    assert counts(asked) == {"total": 3, "included": 1}
    assert [armed(each) is None for each in found] == [False, True, True]
    assert closes_at(found[0]) is None


def test_a_deleted_rule_ends_it(cast: Cast, halfway: Halfway) -> None:
    rule, asked, _ = halfway
    rules.delete(rule.pk, workspace=cast.workspace, by=cast.ana)
    carry_out()
    assert (fresh(asked).halted, counts(asked)) == ("deleted", {"total": 3, "included": 1})


def test_a_lost_plan_ends_it(cast: Cast, halfway: Halfway) -> None:
    _, asked, _ = halfway
    coverage.entitle(cast.workspace, plan="basic", addons=[])
    carry_out()
    assert (fresh(asked).halted, counts(asked)) == ("no_plan", {"total": 3, "included": 1})


def test_off_and_on_again_is_a_new_start_that_nobody_asked_to_include(
    cast: Cast, clock: Clock, halfway: Halfway
) -> None:
    """closing I3: cover had a gap since it was asked for."""
    rule, asked, found = halfway
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    clock.advance(minutes=1)
    rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)
    carry_out()
    assert counts(asked) == {"total": 3, "included": 1, "uncovered": 2}
    assert [closes_at(each) for each in found] == [None, None, None]


def test_an_account_that_moves_or_is_disconnected_is_left_out_and_told(
    cast: Cast, clock: Clock, another_account: MakeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """closing I3"""
    small_batches(monkeypatch, 2)
    other, third = another_account("Otro chat"), another_account("Tercero")
    here, moves, goes = cast.write("lia"), cast.write("teo", account=other), cast.write("sol", account=third)
    clock.advance(minutes=1)
    rule = cast.rule(cast.chat, other, third)
    asked = ask(cast, rule)
    inclusions.step()
    clock.advance(minutes=1)
    edit(cast, rule, cast.chat, third)
    cast.rule(other, name="Otra")
    accounts.disconnect(third)
    carry_out()
    assert counts(asked) == {"total": 3, "included": 1, "uncovered": 2}
    assert [armed(each) is None for each in (here, moves, goes)] == [False, True, True]


def test_an_edited_time_counts_from_then_on(cast: Cast, clock: Clock, halfway: Halfway) -> None:
    """closing R8: what was included before has the longest since, the rest the new one."""
    rule, _, found = halfway
    edit(cast, rule, amount=30, unit="minutes")
    clock.advance(seconds=1)
    carry_out()
    assert [closes_at(each) for each in found] == [
        after(minutes=61), after(minutes=32, seconds=1), after(minutes=32, seconds=1)
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["deactivated", "role"])
def test_whoever_may_no_longer_stops_it(cast: Cast, halfway: Halfway, how: str) -> None:
    """closing I2: asked again for each batch."""
    _, asked, _ = halfway
    if how == "deactivated":
        Agent.objects.filter(pk=cast.ana.pk).update(is_active=False)
    else:
        role = Role.objects.create(workspace=cast.workspace, name="Solo mira", permissions=["see_all"])
        Agent.objects.filter(pk=cast.ana.pk).update(role=role)
    carry_out()
    assert (fresh(asked).halted, counts(asked)) == ("left", {"total": 3, "included": 1})


def test_it_may_be_cancelled_once_and_what_was_done_stands(cast: Cast, halfway: Halfway) -> None:
    _, asked, found = halfway
    assert including.cancel(asked)
    assert not including.cancel(asked)
    assert carry_out() == 0
    assert (fresh(asked).halted, counts(asked)) == ("cancelled", {"total": 3, "included": 1})
    assert counts(take_back(asked)) == {"total": 3, "included": 1, "excluded": 1}
    assert armed(found[0]) is None


def test_what_happened_meanwhile_to_each_is_heeded(cast: Cast, clock: Clock, halfway: Halfway) -> None:
    """Closed, kept open, or written in since it was found: passed over."""
    _, asked, found = halfway
    close_by_hand(cast, found[1])
    cast.write("sol", "Hola otra vez")
    wrote_at = clock.now()
    clock.advance(minutes=1)
    carry_out()
    assert counts(asked) == {"total": 3, "included": 1, "passed": 2}
    assert (armed(found[1]), armed(found[2])) == (None, wrote_at)


def test_a_batch_that_fails_ends_it_and_holds_up_nobody(
    cast: Cast, carla: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lia, other = cast.write("lia"), carla.write("otra")
    clock.advance(minutes=1)
    asked = ask(cast, cast.rule())
    theirs = including.ask(carla.rule().pk, workspace=carla.workspace, by=carla.ana)
    inclusions.step()
    inclusions.step()
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute(f"alter table conversation add constraint broken check (id <> {lia.pk} or armed_at is null)")
    carry_out()
    assert (fresh(asked).stage, fresh(asked).halted) == (Stage.ENDED, "failed")
    assert (fresh(theirs).halted, armed(other) is None) == ("", False)
    assert armed(lia) is None


def test_inclusions_take_turns(cast: Cast, carla: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)
    for number in range(4):
        cast.write(f"c{number}")
    carla.write("una")
    clock.advance(minutes=1)
    large = ask(cast, cast.rule())
    clock.advance(seconds=1)
    small = including.ask(carla.rule().pk, workspace=carla.workspace, by=carla.ana)
    for _ in range(4):
        inclusions.step()
        clock.advance(seconds=1)
    assert (fresh(small).stage, fresh(large).included) == (Stage.ENDED, 1)


# Asking


def test_a_second_one_waits_for_the_first_to_be_over(cast: Cast, clock: Clock) -> None:
    cast.write("lia")
    clock.advance(minutes=1)
    rule = cast.rule()
    ask(cast, rule)
    with pytest.raises(including.UnderWay):
        ask(cast, rule)
    carry_out()
    assert counts(include(cast, rule)) == {}


def test_a_rule_that_covers_nothing_includes_nothing(cast: Cast, carla: Cast) -> None:
    rule = cast.rule()
    with pytest.raises(Rule.DoesNotExist):
        including.ask(rule.pk, workspace=carla.workspace, by=carla.ana)
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    with pytest.raises(including.NothingCovered):
        ask(cast, rule)


# What moves such a clock


def test_a_contact_who_writes_has_an_ordinary_clock_from_then(cast: Cast, clock: Clock) -> None:
    lia = cast.write("lia")
    clock.advance(minutes=1)
    asked = include(cast, cast.rule(amount=1, unit="hours"))
    at = clock.advance(minutes=10)
    cast.write("lia", "¿Y mi pedido?")
    assert closes_at(lia) == at + HOUR
    assert counts(take_back(asked)) == {"total": 1, "included": 1, "kept": 1}
    assert closes_at(lia) == at + HOUR


def test_a_message_received_before_and_read_after_does_not_put_the_clock_back(cast: Cast, clock: Clock) -> None:
    """closing C5; and it is theirs from then on, so that taking it back leaves it."""
    lia = cast.write("lia")
    clock.advance(minutes=1)
    rule = cast.rule(amount=1, unit="hours")
    clock.advance(minutes=1)
    store(cast.chat, "Hola de nuevo")
    at = clock.advance(minutes=1)
    asked = include(cast, rule)
    clock.advance(minutes=1)
    drain.step()
    assert armed(lia) == at
    assert [start.is_included for start in explain(lia).starts] == [True]
    assert counts(take_back(asked)) == {"total": 1, "included": 1, "kept": 1}
    assert closes_at(lia) == at + HOUR


def test_what_the_team_does_moves_no_clock_and_opening_by_hand_ends_it(cast: Cast, clock: Clock) -> None:
    lia = cast.write("lia")
    clock.advance(minutes=1)
    include(cast, cast.rule(amount=1, unit="hours"))
    due = closes_at(lia)
    clock.advance(minutes=1)
    lifecycle.reply(lia.pk, "Aquí seguimos", scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    assert closes_at(lia) == due
    close_by_hand(cast, lia)
    reopen(cast, lia)
    clock.advance(days=1)
    assert swept() == []


def test_kept_open_and_released_it_has_its_whole_time_again(cast: Cast, clock: Clock) -> None:
    """closing C9: what was withheld starts anew."""
    lia = cast.write("lia")
    clock.advance(minutes=1)
    include(cast, cast.rule(amount=1, unit="hours"))
    lifecycle.keep([lia.pk], scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    clock.advance(days=2)
    assert (swept(), armed(lia)) == ([], None)
    assert standing.stands(lia).starts_when_released
    at = clock.now()
    lifecycle.release([lia.pk], scope=Scope.of(cast.ana), by=Actor.agent(cast.ana), clock=coverage.clock)
    assert closes_at(lia) == at + HOUR
    assert [bool(start.release) for start in explain(lia).starts] == [True]


def test_merged_with_another_the_clock_runs_on(cast: Cast, clock: Clock, another_account: MakeAccount) -> None:
    """closing E3"""
    lia, same = cast.write("lia"), cast.write("lia2")
    close_by_hand(cast, same)
    at = clock.advance(minutes=1)
    asked = include(cast, cast.rule(amount=1, unit="hours"))
    merge(same.contact_id, lia.contact_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    one = Conversation.objects.get()
    assert closes_at(one) == at + HOUR
    clock.advance(minutes=1)
    take_back(asked)
    assert fresh(asked).stage == Stage.UNDONE


# Taking it back


def test_taking_it_back_disarms_exactly_those(cast: Cast, clock: Clock) -> None:
    """closing I4"""
    found = [cast.write(who) for who in ("lia", "teo", "sol", "paz")]
    clock.advance(minutes=1)
    rule = cast.rule(amount=1, unit="hours")
    clock.advance(minutes=1)
    ordinary = cast.write("noa")
    asked = include(cast, rule)
    clock.advance(minutes=1)
    cast.write("teo", "Hola")
    close_by_hand(cast, found[2])
    undone = take_back(asked, by=cast.bruno)
    assert (undone.stage, undone.halted, undone.undone_by) == (Stage.UNDONE, "", cast.bruno)
    assert counts(asked) == {"total": 4, "included": 4, "excluded": 2, "kept": 2}
    assert [armed(each) is None for each in (*found, ordinary)] == [True, False, True, True, False]
    assert standing.stands(found[0]).standing == Standing.OLDER
    clock.advance(days=1)
    assert swept() == sorted([found[1].pk, ordinary.pk])


def test_what_is_kept_open_meanwhile_has_no_clock_after_it_either(cast: Cast, clock: Clock) -> None:
    lia, teo = cast.write("lia"), cast.write("teo")
    clock.advance(minutes=1)
    asked = include(cast, cast.rule(amount=1, unit="hours"))
    scope, by = Scope.of(cast.ana), Actor.agent(cast.ana)
    lifecycle.keep([lia.pk, teo.pk], scope=scope, by=by)
    clock.advance(minutes=1)
    lifecycle.release([teo.pk], scope=scope, by=by, clock=coverage.clock)
    assert counts(take_back(asked)) == {"total": 2, "included": 2, "excluded": 2}
    lifecycle.release([lia.pk], scope=scope, by=by, clock=coverage.clock)
    assert (armed(lia), armed(teo)) == (None, None)


def test_one_included_again_by_another_is_left_to_that(cast: Cast, clock: Clock) -> None:
    lia = cast.write("lia")
    clock.advance(minutes=1)
    rule = cast.rule(amount=1, unit="hours")
    first = include(cast, rule)
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    clock.advance(minutes=1)
    rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)
    at = clock.advance(minutes=1)
    include(cast, rule)
    assert counts(take_back(first)) == {"total": 1, "included": 1, "kept": 1}
    assert closes_at(lia) == at + HOUR


def test_it_may_be_taken_back_once_and_for_seven_days(cast: Cast, clock: Clock) -> None:
    cast.write("lia")
    clock.advance(minutes=1)
    asked = include(cast, cast.rule(amount=30, unit="days"))
    clock.advance(days=7)
    assert not including.undo(asked, by=cast.ana)
    clock.set(after(days=7))
    assert including.undo(asked, by=cast.ana)
    assert not including.undo(asked, by=cast.ana)
    carry_out()
    assert not including.undo(asked, by=cast.ana)


def test_taking_back_survives_being_stopped_half_way(
    cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    found = [cast.write(who) for who in ("lia", "teo")]
    clock.advance(minutes=1)
    asked = include(cast, cast.rule())
    including.undo(asked, by=cast.ana)
    inclusions.step()
    assert including.cancel(asked)
    assert (fresh(asked).stage, fresh(asked).halted) == (Stage.UNDONE, "cancelled")
    assert [armed(each) is None for each in found] == [True, False]


def test_which_were_included_is_forgotten_when_it_is_too_late_and_who_did_is_not(cast: Cast, clock: Clock) -> None:
    lia = cast.write("lia")
    clock.advance(minutes=1)
    include(cast, cast.rule(amount=30, unit="days", name="Ventas"))
    assert inclusions.prune() == 0
    clock.advance(days=8)
    assert inclusions.prune() == 1
    assert inclusions.prune() == 0
    assert InclusionBatch.objects.get().ids == []
    (start,) = explain(lia).starts
    assert start.inclusion
    assert (start.inclusion.agent, start.inclusion.rule_name) == (cast.ana, "Ventas")


# What is told


def test_how_it_stands_says_who_included_it(cast: Cast, clock: Clock) -> None:
    """closing I1, invariant 11"""
    lia = cast.write("lia")
    clock.advance(minutes=1)
    rule = cast.rule(amount=1, unit="hours")
    before = standing.groups(cast.workspace.pk)
    assert [(each.standing, each.count, each.includable) for each in before] == [(Standing.OLDER, 1, 1)]
    include(cast, rule)
    why = explain(lia)
    assert (why.standing, why.stands.deadline) == (Standing.RUNS, after(minutes=61))
    (start,) = why.starts
    assert start.inclusion
    assert (start.counts_from, start.inclusion.agent) == (after(minutes=1), cast.ana)
    assert not start.inclusion.with_save


def test_an_account_of_another_channel_is_included_alike(cast: Cast, clock: Clock) -> None:
    line = accounts.connect(cast.workspace, ChannelKey.API, name="Línea")
    lia = cast.write("lia", account=line)
    clock.advance(minutes=1)
    include(cast, cast.rule(line, amount=1, unit="hours"))
    assert closes_at(lia) == after(minutes=61)
