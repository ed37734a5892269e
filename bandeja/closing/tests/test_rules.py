"""The verbs of closing rules. What a sweep makes of them is proved beside the sweep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from bandeja.channels import accounts
from bandeja.channels.models import Account, ChannelKey
from bandeja.closing import coverage, rules
from bandeja.closing.deadline import deadline
from bandeja.closing.models import Coverage, Rule, RuleTime
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Closure, Conversation, Status
from bandeja.conversations.scope import Scope
from bandeja.people.models import AuditEntry, Subject, Workspace
from tests.cast import Cast
from tests.clock import Clock

MakeAccount = Callable[[str], Account]
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def cast(noon: datetime, cast: Cast) -> Cast:
    """The cast, from noon on."""
    return cast


def draft(*chosen: Account, **changes: Any) -> rules.Draft:
    values: dict[str, Any] = {"name": "Ventas", "amount": 1, "unit": "hours", "reason": "Sin respuesta"}
    return rules.Draft(**{**values, "account_ids": [account.pk for account in chosen], **changes})


def covered_since(account: Account) -> datetime | None:
    return Coverage.objects.get(account=account).covered_since


def deadline_of(conversation: Conversation) -> datetime | None:
    conversation.refresh_from_db()
    cover = coverage.clock([conversation.account_id]).get(conversation.account_id)
    return deadline(conversation.armed_at, cover)


def state_of(conversation: Conversation) -> dict[str, Any]:
    return dict(Conversation.objects.filter(pk=conversation.pk).values().get())


def lose_the_plan(cast: Cast) -> None:
    coverage.entitle(cast.workspace, plan="basic", addons=[])


def regain_the_plan(cast: Cast) -> None:
    coverage.entitle(cast.workspace, plan="pro", addons=["inbox"])


# R1: what a rule is


def test_a_rule_is_saved_as_typed(cast: Cast) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat, amount=90, unit="minutes"), by=cast.ana)
    rule.refresh_from_db()
    assert (rule.name, rule.amount, rule.unit, rule.reason) == ("Ventas", 90, "minutes", "Sin respuesta")
    assert (rule.active, rule.version, rule.saved_at, rule.seconds) == (True, 1, NOON, 5_400)
    assert covered_since(cast.chat) == NOON


@pytest.mark.parametrize(("amount", "unit"), [(1, "minutes"), (525_600, "minutes"), (8_760, "hours"), (365, "days")])
def test_the_shortest_and_the_longest_time_are_saved(cast: Cast, amount: int, unit: str) -> None:
    assert rules.save(cast.workspace, draft(cast.chat, amount=amount, unit=unit), by=cast.ana).amount == amount


@pytest.mark.parametrize(
    ("amount", "unit", "most"),
    [
        (0, "days", "365"),
        (-1, "hours", "8"),
        (525_601, "minutes", "525"),
        (366, "days", "365"),
        (10**30, "days", "365"),
    ],
)
def test_a_time_out_of_bounds_is_refused_naming_them(cast: Cast, amount: int, unit: str, most: str) -> None:
    with pytest.raises(rules.Invalid) as refused:
        rules.save(cast.workspace, draft(cast.chat, amount=amount, unit=unit), by=cast.ana)
    assert set(refused.value.errors) == {"amount"}
    assert most in refused.value.errors["amount"]
    assert not Rule.objects.exists()


def test_an_unknown_unit_is_refused(cast: Cast) -> None:
    with pytest.raises(rules.Invalid) as refused:
        rules.save(cast.workspace, draft(cast.chat, unit="weeks"), by=cast.ana)
    assert set(refused.value.errors) == {"amount"}


def test_reason_and_name_are_trimmed(cast: Cast) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat, name="  Ventas\t", reason="\n Adiós  "), by=cast.ana)
    assert (rule.name, rule.reason) == ("Ventas", "Adiós")


@pytest.mark.parametrize("reason", ["", "   ", "\u00a0\t\n", "\u200b\u2060", "x" * 201, "a\0b", "\ud800"])
def test_a_reason_that_says_nothing_or_too_much_is_refused(cast: Cast, reason: str) -> None:
    with pytest.raises(rules.Invalid) as refused:
        rules.save(cast.workspace, draft(cast.chat, reason=reason), by=cast.ana)
    assert set(refused.value.errors) == {"reason"}


def test_a_reason_of_two_hundred_characters_is_saved(cast: Cast) -> None:
    reason = "ñ" * 199 + "🙂"
    rules.save(cast.workspace, draft(cast.chat, reason=f" {reason} "), by=cast.ana)
    assert Rule.objects.get().reason == reason


@pytest.mark.parametrize("name", ["x" * 81, "\u200b", "a\0b"])
def test_a_name_that_cannot_be_read_or_kept_is_refused(cast: Cast, name: str) -> None:
    with pytest.raises(rules.Invalid) as refused:
        rules.save(cast.workspace, draft(cast.chat, name=name), by=cast.ana)
    assert set(refused.value.errors) == {"name"}


def test_everything_wrong_is_told_at_once(cast: Cast) -> None:
    with pytest.raises(rules.Invalid) as refused:
        rules.save(cast.workspace, draft(amount=0, reason=" ", name="x" * 81), by=cast.ana)
    assert set(refused.value.errors) == {"name", "amount", "account_ids", "reason"}


def test_a_blank_name_becomes_the_next_free_one(cast: Cast, another_account: MakeAccount) -> None:
    first = rules.save(cast.workspace, draft(cast.chat, name=""), by=cast.ana)
    second = rules.save(cast.workspace, draft(another_account("Dos"), name="  "), by=cast.ana)
    assert first.name.endswith(" 1")
    assert second.name.endswith(" 2")
    rules.delete(first.pk, workspace=cast.workspace, by=cast.ana)
    assert rules.save(cast.workspace, draft(another_account("Tres"), name=""), by=cast.ana).name == first.name


def test_a_name_is_used_once_whatever_its_case(cast: Cast, another_account: MakeAccount) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat, name="Atención"), by=cast.ana)
    with pytest.raises(rules.NameTaken):
        rules.save(cast.workspace, draft(another_account("Dos"), name="ATENCIÓN"), by=cast.ana)
    assert rules.save(cast.workspace, draft(cast.chat, name="atención"), by=cast.ana, rule_id=rule.pk).pk == rule.pk


def test_another_workspace_may_use_the_name(cast: Cast, carla: Cast) -> None:
    rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    assert rules.save(carla.workspace, draft(carla.chat), by=carla.ana).name == "Ventas"


def test_an_account_of_another_workspace_is_refused(cast: Cast, carla: Cast) -> None:
    with pytest.raises(rules.Invalid) as refused:
        rules.save(cast.workspace, draft(cast.chat, carla.chat), by=cast.ana)
    assert set(refused.value.errors) == {"account_ids"}


def test_a_rule_of_another_workspace_is_not_there(cast: Cast, carla: Cast) -> None:
    theirs = rules.save(carla.workspace, draft(carla.chat), by=carla.ana)
    mine: dict[str, Any] = {"workspace": cast.workspace, "by": cast.ana}
    with pytest.raises(Rule.DoesNotExist):
        rules.save(cast.workspace, draft(cast.chat), by=cast.ana, rule_id=theirs.pk)
    with pytest.raises(Rule.DoesNotExist):
        rules.switch_off(theirs.pk, **mine)
    with pytest.raises(Rule.DoesNotExist):
        rules.switch_on(theirs.pk, **mine)
    assert rules.delete(theirs.pk, **mine) is False
    theirs.refresh_from_db()
    assert theirs.active


# R2, R3: many rules, each account in one active rule at most


def test_a_taken_account_is_refused_naming_its_rule(cast: Cast, another_account: MakeAccount) -> None:
    free = another_account("Libre")
    rules.save(cast.workspace, draft(cast.chat, name="Primera"), by=cast.ana)
    with pytest.raises(rules.Taken) as refused:
        rules.save(cast.workspace, draft(cast.chat, free, name="Segunda"), by=cast.ana)
    assert refused.value.holders == [(cast.chat, "Primera")]
    assert not Rule.objects.filter(name="Segunda").exists()
    assert not Coverage.objects.filter(account=free).exists()


def test_two_accounts_of_one_channel_may_have_two_rules(cast: Cast, another_account: MakeAccount) -> None:
    other = another_account("Otra línea")
    rules.save(cast.workspace, draft(cast.chat, name="Una", amount=1), by=cast.ana)
    rules.save(cast.workspace, draft(other, name="Dos", amount=2), by=cast.ana)
    covers = coverage.clock([cast.chat.pk, other.pk])
    assert (covers[cast.chat.pk].seconds, covers[other.pk].seconds) == (3_600, 7_200)


def test_a_rule_saved_as_off_may_list_a_taken_account(cast: Cast) -> None:
    rules.save(cast.workspace, draft(cast.chat, name="Activa"), by=cast.ana)
    rest = rules.save(cast.workspace, draft(cast.chat, name="Apagada", active=False), by=cast.ana)
    assert coverage.clock([cast.chat.pk])[cast.chat.pk].rule_name == "Activa"
    assert rest.coverage.get().covered_since is None


def test_switching_on_is_refused_while_another_active_rule_holds_an_account(cast: Cast) -> None:
    first = rules.save(cast.workspace, draft(cast.chat, name="Primera"), by=cast.ana)
    rules.switch_off(first.pk, workspace=cast.workspace, by=cast.ana)
    rules.save(cast.workspace, draft(cast.chat, name="Segunda"), by=cast.ana)
    with pytest.raises(rules.Taken) as refused:
        rules.switch_on(first.pk, workspace=cast.workspace, by=cast.ana)
    assert refused.value.holders == [(cast.chat, "Segunda")]
    first.refresh_from_db()
    assert not first.active


def test_the_database_itself_refuses_an_account_in_two_active_rules(cast: Cast) -> None:
    rules.save(cast.workspace, draft(cast.chat, name="Una"), by=cast.ana)
    rest = rules.save(cast.workspace, draft(cast.chat, name="Dos", active=False), by=cast.ana)
    with pytest.raises(IntegrityError, match="coverage_one_active_rule"), transaction.atomic():
        rest.coverage.update(covered_since=NOON)


# R4: versions and the audit trail


def test_a_stale_save_is_refused_with_the_rule_as_it_is(cast: Cast) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    again = draft(cast.chat, reason="De Bruno")
    rules.save(cast.workspace, again, by=cast.bruno, rule_id=rule.pk, version=1)
    with pytest.raises(rules.Stale) as refused:
        rules.save(cast.workspace, draft(cast.chat, reason="De Ana"), by=cast.ana, rule_id=rule.pk, version=1)
    assert (refused.value.current.reason, refused.value.current.version) == ("De Bruno", 2)
    assert Rule.objects.get().reason == "De Bruno"


def test_a_switch_makes_older_forms_stale(cast: Cast) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.bruno, version=1)
    with pytest.raises(rules.Stale):
        rules.save(cast.workspace, draft(cast.chat), by=cast.ana, rule_id=rule.pk, version=1)
    with pytest.raises(rules.Stale):
        rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana, version=1)
    assert rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana, version=2)


def test_without_a_version_the_save_is_not_compared(cast: Cast) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    rules.save(cast.workspace, draft(cast.chat, amount=2), by=cast.ana, rule_id=rule.pk)
    assert rules.save(cast.workspace, draft(cast.chat, amount=3), by=None, rule_id=rule.pk).version == 3


def test_every_change_is_in_the_audit_trail(cast: Cast, clock: Clock, another_account: MakeAccount) -> None:
    other = another_account("Otra")
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    clock.advance(hours=1)
    rules.save(cast.workspace, draft(other, amount=2), by=cast.bruno, rule_id=rule.pk)
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)
    rules.delete(rule.pk, workspace=cast.workspace, by=None)
    made, saved, off, on, gone = AuditEntry.objects.filter(
        workspace_id=cast.workspace.pk, subject=Subject.RULE
    ).order_by("pk")
    assert made.after
    assert saved.after
    assert (made.before, made.agent_id, made.at) == (None, cast.ana.pk, NOON)
    assert made.after["accounts"] == [{"id": cast.chat.pk, "name": "Chat web"}]
    assert (saved.before, saved.agent_id, saved.at) == (made.after, cast.bruno.pk, NOON + HOUR)
    assert (saved.after["amount"], saved.after["accounts"][0]["name"]) == (2, "Otra")
    assert (off.before, off.after) == (saved.after, {**saved.after, "active": False})
    assert (on.before, on.after) == (off.after, saved.after)
    assert (gone.before, gone.after, gone.agent_id) == (on.after, None, None)


def test_a_save_that_changes_nothing_leaves_no_trace(cast: Cast, clock: Clock) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    clock.advance(hours=1)
    same = rules.save(cast.workspace, draft(cast.chat), by=cast.ana, rule_id=rule.pk)
    assert (same.version, same.saved_at) == (1, NOON)
    assert AuditEntry.objects.filter(subject=Subject.RULE).count() == 1
    assert rule.times.count() == 1


# R5: the plan


def test_without_the_plan_saving_and_switching_on_are_refused(cast: Cast) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat, active=False), by=cast.ana)
    lose_the_plan(cast)
    with pytest.raises(rules.NotEntitled):
        rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    with pytest.raises(rules.NotEntitled):
        rules.save(cast.workspace, draft(cast.chat), by=cast.ana, rule_id=rule.pk)
    with pytest.raises(rules.NotEntitled):
        rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)
    assert Rule.objects.get().version == 1


def test_the_plan_is_read_anew_and_not_from_what_the_caller_holds(cast: Cast) -> None:
    held = Workspace.objects.get(pk=cast.workspace.pk)
    lose_the_plan(cast)
    with pytest.raises(rules.NotEntitled):
        rules.save(held, draft(cast.chat), by=cast.ana)


def test_without_the_plan_switching_off_and_deleting_work(cast: Cast) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    lose_the_plan(cast)
    assert rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    assert rules.delete(rule.pk, workspace=cast.workspace, by=cast.ana)


def test_a_plan_that_returns_is_a_new_start(cast: Cast, clock: Clock) -> None:
    rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    lia = cast.write("lia")
    assert deadline_of(lia) == NOON + HOUR
    clock.advance(minutes=1)
    lose_the_plan(cast)
    assert deadline_of(lia) is None
    clock.advance(minutes=1)
    regain_the_plan(cast)
    assert deadline_of(lia) is None
    assert Rule.objects.get().active
    clock.advance(minutes=1)
    assert deadline_of(cast.write("lia")) == NOON + 3 * MINUTE + HOUR


@pytest.mark.parametrize(("plan", "addons"), [("basic", ["inbox"]), ("pro", []), ("basic", [])])
def test_pro_and_the_inbox_addon_are_both_needed(cast: Cast, plan: str, addons: list[str]) -> None:
    coverage.entitle(cast.workspace, plan=plan, addons=addons)
    with pytest.raises(rules.NotEntitled):
        rules.save(cast.workspace, draft(cast.chat), by=cast.ana)


# R6: at once, and never backwards


def test_saving_closes_and_arms_nothing(cast: Cast, clock: Clock) -> None:
    quiet = cast.write("lia")
    clock.advance(days=365)
    before = state_of(quiet)
    rule = rules.save(cast.workspace, draft(cast.chat, amount=1, unit="minutes"), by=cast.ana)
    rules.save(cast.workspace, draft(cast.chat, amount=2, unit="minutes"), by=cast.ana, rule_id=rule.pk)
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)
    assert state_of(quiet) == before
    assert (before["status"], before["armed_at"]) == (Status.OPEN, None)
    assert not Closure.objects.exists()


def test_a_message_received_before_the_save_arms_nothing_when_joined_after_it(cast: Cast, clock: Clock) -> None:
    clock.advance(seconds=1)
    rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    assert deadline_of(cast.write("lia", received_at=NOON)) is None
    assert deadline_of(cast.write("sol", received_at=NOON + timedelta(seconds=1))) is not None


# R7: off, deleted, removed; and the new start


def test_switching_off_voids_running_clocks_for_ever(cast: Cast, clock: Clock) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    lia = cast.write("lia")
    clock.advance(minutes=1)
    assert rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana) is True
    assert deadline_of(lia) is None
    assert rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana) is True
    assert deadline_of(lia) is None
    assert covered_since(cast.chat) == NOON + MINUTE


def test_a_save_may_switch_off_and_on_too(cast: Cast, clock: Clock) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    rules.save(cast.workspace, draft(cast.chat, active=False), by=cast.ana, rule_id=rule.pk)
    assert covered_since(cast.chat) is None
    clock.advance(minutes=1)
    rules.save(cast.workspace, draft(cast.chat), by=cast.ana, rule_id=rule.pk)
    assert covered_since(cast.chat) == NOON + MINUTE


def test_switching_to_what_it_is_already_does_nothing(cast: Cast) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    assert rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana) is False
    assert rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana) is True
    assert rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana) is False
    assert (Rule.objects.get().version, AuditEntry.objects.filter(subject=Subject.RULE).count()) == (2, 2)


def test_saving_keeps_the_cover_of_accounts_that_stay(cast: Cast, clock: Clock, another_account: MakeAccount) -> None:
    new, leaving = another_account("Nueva"), another_account("Saliente")
    rule = rules.save(cast.workspace, draft(cast.chat, leaving), by=cast.ana)
    lia, sol = cast.write("lia"), cast.write("sol", account=leaving)
    clock.advance(minutes=1)
    rules.save(cast.workspace, draft(cast.chat, new), by=cast.ana, rule_id=rule.pk)
    assert (covered_since(cast.chat), covered_since(new)) == (NOON, NOON + MINUTE)
    assert not Coverage.objects.filter(account=leaving).exists()
    assert (deadline_of(lia), deadline_of(sol)) == (NOON + HOUR, None)


def test_an_account_removed_and_added_again_starts_anew(
    cast: Cast, clock: Clock, another_account: MakeAccount
) -> None:
    stays = another_account("Se queda")
    rule = rules.save(cast.workspace, draft(cast.chat, stays), by=cast.ana)
    lia = cast.write("lia")
    rules.save(cast.workspace, draft(stays), by=cast.ana, rule_id=rule.pk)
    clock.advance(minutes=1)
    rules.save(cast.workspace, draft(cast.chat, stays), by=cast.ana, rule_id=rule.pk)
    assert deadline_of(lia) is None
    assert covered_since(cast.chat) == NOON + MINUTE


def test_moving_an_account_to_another_rule_is_a_new_start(
    cast: Cast, clock: Clock, another_account: MakeAccount
) -> None:
    stays = another_account("Se queda")
    first = rules.save(cast.workspace, draft(cast.chat, stays, name="Primera"), by=cast.ana)
    lia = cast.write("lia")
    clock.advance(minutes=1)
    rules.save(cast.workspace, draft(stays, name="Primera"), by=cast.ana, rule_id=first.pk)
    second = rules.save(cast.workspace, draft(cast.chat, name="Segunda", amount=2), by=cast.ana)
    assert deadline_of(lia) is None
    assert Coverage.objects.get(account=cast.chat).rule == second
    assert deadline_of(cast.write("lia")) == NOON + MINUTE + 2 * HOUR


def test_deleting_voids_running_clocks_and_keeps_what_was_closed(cast: Cast) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    lia, sol = cast.write("lia"), cast.write("sol")
    lifecycle.close([sol.pk], scope=Scope.of(cast.ana), reason="Listo", cause=Cause.AGENT, by=Actor.agent(cast.ana))
    assert rules.delete(rule.pk, workspace=cast.workspace, by=cast.ana) is True
    assert deadline_of(lia) is None
    assert not RuleTime.objects.exists()
    assert not Coverage.objects.exists()
    assert Closure.objects.get().reason == "Listo"
    assert rules.delete(rule.pk, workspace=cast.workspace, by=cast.ana) is False


# R8, R9: editing


def test_lengthening_the_time_protects_running_clocks_at_once(cast: Cast, clock: Clock) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    lia = cast.write("lia")
    clock.advance(minutes=1)
    rules.save(cast.workspace, draft(cast.chat, amount=5), by=cast.ana, rule_id=rule.pk)
    assert deadline_of(lia) == NOON + 5 * HOUR


def test_shortening_the_time_brings_no_running_clock_forward(cast: Cast, clock: Clock) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    lia = cast.write("lia")
    clock.advance(minutes=1)
    rules.save(cast.workspace, draft(cast.chat, amount=1, unit="minutes"), by=cast.ana, rule_id=rule.pk)
    assert deadline_of(lia) == NOON + HOUR
    assert deadline_of(cast.write("sol")) == NOON + 2 * MINUTE


def test_the_history_of_times_grows_by_one_row_a_change(cast: Cast, clock: Clock) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat, amount=1, unit="hours"), by=cast.ana)
    clock.advance(minutes=1)
    rules.save(cast.workspace, draft(cast.chat, amount=60, unit="minutes"), by=cast.ana, rule_id=rule.pk)
    clock.advance(minutes=1)
    rules.save(cast.workspace, draft(cast.chat, amount=2, unit="hours"), by=cast.ana, rule_id=rule.pk)
    history = rule.times.order_by("since").values_list("seconds", "since", "until")
    assert list(history) == [(3_600, NOON, NOON + 2 * MINUTE), (7_200, NOON + 2 * MINUTE, None)]


def test_a_time_changed_while_the_rule_is_off_is_in_force_when_it_is_on_again(cast: Cast, clock: Clock) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat, amount=5), by=cast.ana)
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    clock.advance(minutes=1)
    rules.save(cast.workspace, draft(cast.chat, amount=1, active=False), by=cast.ana, rule_id=rule.pk)
    clock.advance(minutes=1)
    rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)
    assert deadline_of(cast.write("lia")) == NOON + 2 * MINUTE + HOUR


def test_editing_only_the_reason_touches_no_clock(cast: Cast, clock: Clock) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    lia = cast.write("lia")
    before = state_of(lia), list(RuleTime.objects.values()), covered_since(cast.chat)
    clock.advance(minutes=1)
    rules.save(cast.workspace, draft(cast.chat, reason="Otro motivo"), by=cast.ana, rule_id=rule.pk)
    assert (state_of(lia), list(RuleTime.objects.values()), covered_since(cast.chat)) == before
    assert coverage.clock([cast.chat.pk])[cast.chat.pk].reason == "Otro motivo"


# R10: accounts that come and go


def test_a_disconnected_account_stays_listed_and_its_return_is_a_new_start(cast: Cast, clock: Clock) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    lia = cast.write("lia")
    clock.advance(minutes=1)
    accounts.disconnect(cast.chat)
    assert (deadline_of(lia), rule.coverage.get().account) == (None, cast.chat)
    clock.advance(minutes=1)
    accounts.connect(cast.workspace, ChannelKey.WEBCHAT, name="Chat web", external_id=cast.chat.external_id)
    assert deadline_of(lia) is None
    assert deadline_of(cast.write("lia")) == NOON + 2 * MINUTE + HOUR


def test_saving_a_rule_with_a_disconnected_account_keeps_it(cast: Cast) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    accounts.disconnect(cast.chat)
    rules.save(cast.workspace, draft(cast.chat, amount=2), by=cast.ana, rule_id=rule.pk)
    assert rule.coverage.get().covered_since == NOON
    assert coverage.clock([cast.chat.pk]) == {}


def test_a_newly_connected_account_joins_no_rule(cast: Cast, another_account: MakeAccount) -> None:
    rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    assert not Coverage.objects.filter(account=another_account("Nueva")).exists()


# Two at once


def at_once(*verbs: Callable[[], object]) -> list[Exception]:
    """Do these in threads of their own, let go together; answers what was refused."""
    refused: list[Exception] = []
    barrier = Barrier(len(verbs))

    def run(verb: Callable[[], object]) -> None:
        try:
            barrier.wait()
            verb()
        except Exception as error:  # noqa: BLE001 the assertion is on what was refused
            refused.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_saves_over_one_account_one_is_refused_naming_the_other(cast: Cast) -> None:
    refused = at_once(
        *(
            lambda name=name: rules.save(cast.workspace, draft(cast.chat, name=name), by=cast.ana)
            for name in ("Una", "Dos", "Tres")
        )
    )
    (kept,) = Rule.objects.all()
    assert [type(error) for error in refused] == [rules.Taken, rules.Taken]
    assert all(isinstance(e, rules.Taken) and e.holders == [(cast.chat, kept.name)] for e in refused)


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_saves_of_one_name_one_is_refused(cast: Cast, another_account: MakeAccount) -> None:
    other = another_account("Otra")
    refused = at_once(
        lambda: rules.save(cast.workspace, draft(cast.chat), by=cast.ana),
        lambda: rules.save(cast.workspace, draft(other), by=cast.bruno),
    )
    assert [type(error) for error in refused] == [rules.NameTaken]


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_saves_of_one_version_one_is_stale(cast: Cast) -> None:
    rule = rules.save(cast.workspace, draft(cast.chat), by=cast.ana)
    refused = at_once(
        *(
            lambda hours=hours: rules.save(
                cast.workspace, draft(cast.chat, amount=hours), by=cast.ana, rule_id=rule.pk, version=1
            )
            for hours in (2, 3)
        )
    )
    assert [type(error) for error in refused] == [rules.Stale]
    assert rule.times.filter(until=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_rules_that_swap_accounts_at_once_do_not_wait_in_a_circle(cast: Cast, another_account: MakeAccount) -> None:
    other = another_account("Otra")
    first = rules.save(cast.workspace, draft(cast.chat, name="Una"), by=cast.ana)
    second = rules.save(cast.workspace, draft(other, name="Dos"), by=cast.ana)
    refused = at_once(
        lambda: rules.save(cast.workspace, draft(other, name="Una"), by=cast.ana, rule_id=first.pk),
        lambda: rules.save(cast.workspace, draft(cast.chat, name="Dos"), by=cast.ana, rule_id=second.pk),
        lambda: accounts.disconnect(cast.chat),
        lambda: coverage.entitle(cast.workspace, plan="pro", addons=["inbox"]),
    )
    assert [type(error) for error in refused] == [rules.Taken, rules.Taken]
