"""Taking back what rules, flows and bulk actions closed (closing U1 to U6), by the verb and the row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from bandeja.bulk import asking, carrying
from bandeja.bulk.asking import Closed
from bandeja.bulk.models import CLOSINGS_FOR, Batch, Bulk, Verb
from bandeja.bulk.tests.doing import begin, carry_out, counts, fresh, small_batches, statuses, step, undo
from bandeja.closing import coverage, rules, withholding
from bandeja.closing.models import Rule
from bandeja.closing.options import Options
from bandeja.closing.tests.deeds import closes_at, edit, swept
from bandeja.conversations import contacts, lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.lifecycle import To
from bandeja.conversations.models import ActorKind, Cause, Closure, Conversation, Event
from bandeja.conversations.scope import Scope
from bandeja.flows.models import Flow, Run, Version
from bandeja.inbox.ways import WAYS
from bandeja.people.models import Agent, AuditEntry, Team
from tests.cast import Cast
from tests.clock import Clock

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def take_back(agent: Agent, rule: Rule, since: datetime, until: datetime, **more: Any) -> Bulk:
    """All that the rule closed in that time."""
    return asking.undo_closings(agent, Closed(rule.name, since, until, rule_id=rule.pk, **more), ways=WAYS)


def as_ana(cast: Cast) -> dict[str, Any]:
    return {"scope": Scope(cast.workspace.pk), "by": Actor.agent(cast.ana)}


class Shop:
    """A rule of a minute that has closed what three contacts wrote in, a while ago."""

    def __init__(self, cast: Cast, clock: Clock) -> None:
        self.cast, self.clock = cast, clock
        self.began = clock.set(datetime.fromisoformat("2027-03-01T12:00:00+00:00"))
        self.rule = cast.rule(name="Sin respuesta")
        self.chosen = [cast.write(who) for who in ("lia", "vera", "zoe")]
        clock.advance(minutes=5)
        self.closed = swept()
        clock.advance(minutes=1)

    def take_back(self, agent: Agent | None = None) -> Bulk:
        return take_back(agent or self.cast.ana, self.rule, self.began, self.clock.now())


@pytest.fixture
def shop(cast: Cast, clock: Clock) -> Shop:
    return Shop(cast, clock)


def test_what_a_rule_closed_opens_again_as_it_was(shop: Shop) -> None:
    lia, vera, _zoe = shop.chosen
    lifecycle.mark_read([lia.pk], scope=Scope(shop.cast.workspace.pk))
    assert statuses(shop.chosen) == ["closed"] * 3
    taken = shop.take_back()
    assert (counts(taken), taken.ended_at is not None) == ({"done": 3}, True)
    assert statuses(shop.chosen) == ["open"] * 3
    assert [fresh(each).unread for each in shop.chosen] == [1, 1, 1]
    assert [fresh(each).last_inbound_id for each in (lia, vera)] == [lia.last_inbound_id, vera.last_inbound_id]
    told = Event.objects.filter(kind="conversation_reopened").values_list("actor_id", "data").distinct()
    assert list(told) == [(shop.cast.ana.pk, {"undone": True})]


def test_the_closings_stay_and_say_who_took_them_back_and_when(shop: Shop) -> None:
    shop.take_back()
    closures = Closure.objects.values_list("cause", "undone_by_id", "undone_at").distinct()
    assert list(closures) == [("rule", shop.cast.ana.pk, shop.clock.now())]
    entry = AuditEntry.objects.latest("id")
    assert (entry.subject, entry.action, entry.name) == ("rule", "closings_undone", "Sin respuesta")
    assert entry.after == {"since": shop.began.isoformat(), "until": shop.clock.now().isoformat()}


def test_a_clock_that_ran_out_does_not_come_back_and_nothing_closes(shop: Shop) -> None:
    """No instant wave, ever: its deadline lies behind, so it is open without a clock."""
    shop.take_back()
    for each in map(fresh, shop.chosen):
        assert (each.armed_at, each.look_at, each.agent_opened_at) == (None, None, shop.clock.now())
    assert swept() == []
    shop.clock.advance(days=30)
    assert swept() == []


def test_what_is_taken_back_starts_its_clock_with_the_next_message(shop: Shop) -> None:
    shop.take_back()
    shop.clock.advance(minutes=1)
    lia = shop.cast.write("lia")
    assert (lia.armed_at, closes_at(lia)) == (shop.clock.now(), shop.clock.now() + MINUTE)


def test_a_clock_comes_back_where_the_longer_time_lies_ahead(shop: Shop) -> None:
    """The mistake this is for: 1 minute was typed, 24 hours were meant. It is mended, and the closings taken back."""
    edit(shop.cast, shop.rule, amount=24, unit="hours")
    before = [fresh(each).opened_at for each in shop.chosen]
    shop.take_back()
    for each, opened_at in zip(map(fresh, shop.chosen), before, strict=True):
        assert (each.armed_at, each.look_at) == (shop.began, shop.began + 24 * HOUR)
        assert (each.opened_at, each.agent_opened_at) == (opened_at, None)
    assert swept() == []
    shop.clock.set(shop.began + 24 * HOUR)
    assert swept() == sorted(shop.closed)


def test_no_clock_comes_back_whose_cover_was_interrupted(shop: Shop) -> None:
    edit(shop.cast, shop.rule, amount=24, unit="hours")
    rules.switch_off(shop.rule.pk, workspace=shop.cast.workspace, by=shop.cast.ana)
    shop.clock.advance(seconds=1)
    rules.switch_on(shop.rule.pk, workspace=shop.cast.workspace, by=shop.cast.ana)
    shop.take_back()
    assert {(each.armed_at, each.status) for each in map(fresh, shop.chosen)} == {(None, "open")}


def test_closings_of_a_rule_that_is_off_or_gone_are_taken_back_all_the_same(shop: Shop) -> None:
    rules.switch_off(shop.rule.pk, workspace=shop.cast.workspace, by=shop.cast.ana)
    rules.delete(shop.rule.pk, workspace=shop.cast.workspace, by=shop.cast.ana)
    assert counts(shop.take_back()) == {"done": 3}
    assert {each.armed_at for each in map(fresh, shop.chosen)} == {None}


def reply(cast: Cast, conversation: Conversation, by: Actor, **more: Any) -> None:
    lifecycle.reply(conversation.pk, "Hola", scope=Scope(cast.workspace.pk), by=by, **more)


TOUCHES: dict[str, tuple[Callable[[Cast, Conversation], Any], dict[str, int]]] = {
    "the contact wrote": (lambda cast, _each: cast.write("lia", text="¿Siguen ahí?"), {"newer": 1}),
    "somebody answered": (lambda cast, each: reply(cast, each, Actor.agent(cast.ana)), {"newer": 1}),
    "somebody left a note": (lambda cast, each: reply(cast, each, Actor.agent(cast.bruno), note=True), {"newer": 1}),
    "a program wrote": (lambda cast, each: reply(cast, each, Actor.api(each.account_id)), {"newer": 1}),
    "it was given away": (
        lambda cast, each: lifecycle.assign([each.pk], cast.bruno.pk, **as_ana(cast)), {"changed": 1}
    ),
    "it was opened": (lambda cast, each: lifecycle.reopen([each.pk], **as_ana(cast)), {"changed": 1}),
    "it was opened and closed": (
        lambda cast, each: (
            lifecycle.reopen([each.pk], **as_ana(cast)),
            lifecycle.close([each.pk], reason="Listo", cause=Cause.AGENT, **as_ana(cast)),
        ),
        {"changed": 1},
    ),
    "the contact was blocked": (
        lambda cast, each: contacts.block(each.contact_id, by=Actor.agent(cast.ana)),
        {"changed": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TOUCHES)
def test_what_somebody_wrote_in_or_touched_since_stays_as_it_is(what: str, shop: Shop) -> None:
    touch, left = TOUCHES[what]
    lia = shop.chosen[0]
    touch(shop.cast, fresh(lia))
    shop.clock.advance(seconds=1)
    before = fresh(lia)
    assert counts(shop.take_back()) == {"done": 2, **left}
    after = fresh(lia)
    assert (after.status, after.owner_id, after.armed_at) == (before.status, before.owner_id, before.armed_at)
    assert Closure.objects.filter(conversation=lia).exclude(undone_at=None).count() == 0


def test_what_a_flow_wrote_by_itself_keeps_nothing_closed(shop: Shop) -> None:
    """A flow that thanks for the talk wherever it ends would otherwise make taking back useless."""
    reply(shop.cast, shop.chosen[0], Actor(ActorKind.FLOW, 1))
    reply(shop.cast, shop.chosen[1], Actor(ActorKind.FLOW, 1), note=True)
    assert counts(shop.take_back()) == {"done": 3}


def test_a_tag_or_a_mark_is_no_touch(shop: Shop) -> None:
    from bandeja.conversations import tags

    ids = [each.pk for each in shop.chosen]
    tag = tags.make(shop.cast.workspace.pk, "Rojo")
    tags.tag(ids, [tag.pk], scope=Scope(shop.cast.workspace.pk))
    lifecycle.mark_read(ids, scope=Scope(shop.cast.workspace.pk))
    assert counts(shop.take_back()) == {"done": 3}


def test_only_the_latest_closing_of_a_conversation_is_taken_back(shop: Shop) -> None:
    """Closed, written in, closed again by the same rule: one conversation, whose earlier closing stays as it was."""
    shop.cast.write("lia")
    shop.clock.advance(minutes=2)
    assert swept() == [shop.chosen[0].pk]
    shop.clock.advance(minutes=1)
    taken = shop.take_back()
    assert (counts(taken), Bulk.objects.get(pk=taken.pk).total) == ({"done": 3}, 3)
    undone = Closure.objects.filter(conversation=shop.chosen[0]).order_by("pk").values_list("undone_at", flat=True)
    assert [bool(at) for at in undone] == [False, True]


def test_only_what_was_closed_in_that_time_is_taken_back(shop: Shop) -> None:
    later = shop.clock.now()
    mateo = shop.cast.write("mateo")
    shop.clock.advance(minutes=2)
    assert swept() == [mateo.pk]
    shop.clock.advance(seconds=1)
    assert counts(take_back(shop.cast.ana, shop.rule, later, shop.clock.now())) == {"done": 1}
    assert statuses([*shop.chosen, mateo]) == ["closed"] * 3 + ["open"]


def test_what_closes_after_the_confirmation_is_not_meant(shop: Shop) -> None:
    until = shop.clock.now()
    mateo = shop.cast.write("mateo")
    shop.clock.advance(minutes=2)
    assert swept() == [mateo.pk]
    assert counts(take_back(shop.cast.ana, shop.rule, shop.began, until)) == {"done": 3}
    assert fresh(mateo).status == "closed"


def test_twice_is_once(shop: Shop) -> None:
    assert counts(shop.take_back()) == {"done": 3}
    again = shop.take_back()
    assert (counts(again), Bulk.objects.get(pk=again.pk).total) == ({}, 0)
    assert Event.objects.filter(kind="conversation_reopened").count() == 3


def test_two_who_ask_at_once_open_each_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)
    first, second = shop.take_back(), shop.take_back(shop.cast.bruno)
    assert (first.ended_at, second.ended_at) == (None, None)
    step(), step()  # both are written down before either goes on
    carry_out()
    done = [counts(each) for each in (first, second)]
    assert sum(each.get("done", 0) for each in done) == 3
    assert sum(sum(each.values()) for each in done) == 6
    assert set().union(*done) == {"done", "already"}
    assert Event.objects.filter(kind="conversation_reopened").count() == 3


def test_it_may_be_taken_back_for_seven_days(shop: Shop) -> None:
    shop.clock.advance(days=7)
    assert counts(shop.take_back()) == {}
    assert statuses(shop.chosen) == ["closed"] * 3
    assert shop.take_back().since == shop.clock.now() - CLOSINGS_FOR


def test_another_workspace_has_none_of_them(shop: Shop, carla: Cast) -> None:
    taken = take_back(carla.ana, shop.rule, shop.began, shop.clock.now())
    assert (Bulk.objects.get(pk=taken.pk).total, statuses(shop.chosen)) == (0, ["closed"] * 3)


def test_a_seller_takes_back_what_they_may_see_and_the_rest_is_counted(shop: Shop, cast: Cast) -> None:
    mateo = cast.write("mateo")
    lifecycle.assign([mateo.pk], cast.ana.pk, **as_ana(cast))
    shop.clock.advance(minutes=2)
    swept()
    shop.clock.advance(seconds=1)
    assert counts(shop.take_back(cast.bruno)) == {"done": 3, "unavailable": 1}
    assert statuses([mateo]) == ["closed"]


def test_who_may_manage_closing_no_more_stops_where_they_are(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)
    taken = shop.take_back(shop.cast.bruno)
    step()
    step()
    role = shop.cast.bruno.role
    role.permissions = ["see_unassigned"]
    role.save()
    carry_out()
    kept = Bulk.objects.get(pk=taken.pk)
    assert (kept.done, kept.left_over, kept.halted) == (2, 1, "not_allowed")


def test_who_takes_back_anothers_bulk_closing_and_may_no_more_stops_where_they_are(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    closed = begin(cast.bruno, Verb.CLOSE, [cast.write(f"c{number}") for number in range(3)])
    carry_out()
    taken = asking.undo(Bulk.objects.get(pk=closed.pk), ways=WAYS, by=cast.ana)
    assert taken is not None
    step()
    role = cast.ana.role
    role.permissions = ["manage_closing", "see_unassigned"]
    role.save()
    carry_out()
    assert Bulk.objects.get(pk=taken.pk).halted == "not_allowed"


@pytest.mark.parametrize("by_flow", [False, True])
def test_what_was_withheld_is_withheld_again_until_somebody_answers(cast: Cast, clock: Clock, by_flow: bool) -> None:
    """closing U3, G4"""
    began = clock.set(datetime.fromisoformat("2027-03-01T12:00:00+00:00"))
    draft = rules.Draft("Ventas", 5, "minutes", "Sin respuesta", [cast.chat.pk], options=Options(waiting="tell"))
    rules.save(cast.workspace, draft, by=cast.ana)
    lia = cast.write("lia")
    withheld_at = clock.advance(minutes=5)
    assert swept() == []
    clock.advance(minutes=1)
    if by_flow:
        run = run_of(cast, lia)
        by = Actor(ActorKind.FLOW, run.pk)
        lifecycle.close([lia.pk], scope=Scope(cast.workspace.pk), reason="Fin", cause=Cause.FLOW, by=by)
        clock.advance(minutes=1)
        asking.undo_closings(cast.ana, Closed("Fin", began, clock.now(), flow_id=run.flow_id), ways=WAYS)
    else:
        assert undo(begin(cast.ana, Verb.CLOSE, [lia]))
    carry_out()
    again = fresh(lia)
    assert (again.status, again.withheld_at, again.withheld_for) == ("open", withheld_at, "waiting")
    assert withholding.Rounds().step() == 0
    lifecycle.reply(lia.pk, "Buenas", **as_ana(cast))
    answered = clock.advance(seconds=1)
    assert withholding.Rounds().step() == 1
    assert closes_at(lia) == answered + 5 * MINUTE


def test_two_who_take_back_one_bulk_closing_at_once_do_it_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second has read, before it waited for the first, that nobody had."""
    closed = begin(cast.ana, Verb.CLOSE, [cast.write("lia")])
    assert undo(closed)
    monkeypatch.setattr(Bulk, "may_be_undone", lambda *_: True)
    assert undo(closed) is None


def test_many_are_taken_back_by_the_worker_and_may_be_stopped(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)
    taken = shop.take_back()
    assert (taken.frozen_at, taken.ended_at) == (None, None)
    step()
    assert Bulk.objects.get(pk=taken.pk).total == 3
    step()
    assert asking.cancel(taken)
    carry_out()
    assert (counts(taken), sorted(statuses(shop.chosen))) == ({"done": 2}, ["closed", "open", "open"])


def test_killed_half_way_it_goes_on_and_does_nothing_twice(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)
    taken = shop.take_back()
    step()
    save, broken = Bulk.save, [True]

    def die(self: Bulk, **more: Any) -> None:
        if broken and broken.pop():
            raise DatabaseError("the connection is gone")
        save(self, **more)

    monkeypatch.setattr(Bulk, "save", die)
    monkeypatch.setattr(carrying, "is_outage", lambda _error: True)
    with pytest.raises(DatabaseError):
        step()
    assert (counts(taken), statuses(shop.chosen)) == ({}, ["closed"] * 3)
    carry_out()
    assert counts(taken) == {"done": 3}
    assert Event.objects.filter(kind="conversation_reopened").count() == 3


def test_a_rule_switched_off_meanwhile_leaves_the_rest_without_a_clock(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    edit(shop.cast, shop.rule, amount=24, unit="hours")
    shop.take_back()
    step()
    step()
    rules.switch_off(shop.rule.pk, workspace=shop.cast.workspace, by=shop.cast.ana)
    carry_out()
    clocks = Conversation.objects.order_by("pk").values_list("status", "look_at")
    assert list(clocks) == [("open", shop.began + 24 * HOUR)] * 2 + [("open", None)]
    shop.clock.advance(days=2)
    assert swept() == []


def test_a_message_before_its_batch_keeps_its_own_clock(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch, 1)
    shop.take_back()
    step()
    shop.clock.advance(seconds=5)
    shop.cast.write("zoe")
    carry_out()
    zoe = fresh(shop.chosen[2])
    assert (zoe.status, zoe.armed_at, zoe.unread) == ("open", shop.clock.now(), 2)


def test_a_message_that_is_read_late_marks_the_closing_overtaken_after_it_was_undone(shop: Shop) -> None:
    shop.take_back()
    shop.cast.write("lia", received_at=shop.began + timedelta(seconds=30))
    closure = Closure.objects.get(conversation=shop.chosen[0])
    assert closure.undone_at
    assert closure.overtaken_at
    assert fresh(shop.chosen[0]).armed_at is None  # it was received before Ana opened it: closing C6


def test_a_conversation_merged_since_is_left_alone(shop: Shop) -> None:
    from bandeja.conversations import merge

    lia, vera = (fresh(each) for each in shop.chosen[:2])
    merge.merge(lia.contact_id, vera.contact_id, scope=Scope(shop.cast.workspace.pk), by=Actor.agent(shop.cast.ana))
    left = counts(shop.take_back())
    assert left == {"done": 1, "changed": 1}


# Bulk actions and flows


def test_a_bulk_closing_is_taken_back_for_seven_days_with_its_clocks(cast: Cast, clock: Clock) -> None:
    began = clock.set(datetime.fromisoformat("2027-03-01T12:00:00+00:00"))
    cast.rule(amount=10, unit="days")
    chosen = [cast.write("lia"), cast.write("vera")]
    clock.advance(minutes=1)
    bulk = begin(cast.ana, Verb.CLOSE, chosen)
    clock.advance(days=6)
    carrying.prune()
    taken = undo(bulk)
    assert taken
    assert counts(taken) == {"done": 2}
    for each in map(fresh, chosen):
        assert (each.status, each.armed_at, each.look_at) == ("open", began, began + timedelta(days=10))
    assert Closure.objects.filter(undone_at=None).count() == 0
    clock.advance(days=2)
    carrying.prune()
    assert not Batch.objects.exists()


def test_a_bulk_closing_that_gave_away_gives_back_after_days(cast: Cast, clock: Clock) -> None:
    clock.set(clock.now())
    team = Team.objects.create(workspace=cast.workspace, name="Ventas")
    owned, free = cast.write("lia"), cast.write("vera")
    lifecycle.transfer([owned.pk], To(cast.bruno.pk, team.pk), **as_ana(cast))
    clock.advance(minutes=1)
    bulk = begin(cast.ana, Verb.CLOSE, [owned, free], to=To(cast.ana.pk))
    clock.advance(days=2)
    taken = undo(bulk)
    assert taken
    assert counts(taken) == {"done": 2}
    assert [(fresh(each).owner, fresh(each).team_id) for each in (owned, free)] == [
        (cast.bruno, team.pk),
        (None, None),
    ]


def run_of(cast: Cast, conversation: Conversation) -> Run:
    """A run of the one flow there is, in this conversation."""
    flow = cast.workspace.flows.first() or Flow.objects.create(workspace=cast.workspace, name="Despedida", draft={})
    version = flow.versions.first() or Version.objects.create(
        flow=flow, number=1, definition={}, start={}, event_kind="conversation_opened"
    )
    return Run.objects.create(
        workspace_id=cast.workspace.pk, flow=flow, version=version, conversation=conversation,
        event_number=conversation.pk,
    )  # fmt: skip


def test_what_a_flow_closed_is_taken_back_and_kept_open_again(cast: Cast, clock: Clock) -> None:
    began = clock.set(datetime.fromisoformat("2027-03-01T12:00:00+00:00"))
    cast.rule(amount=1, unit="days")
    chosen = [cast.write("lia"), cast.write("vera")]
    until = began + timedelta(days=3)
    lifecycle.keep([chosen[0].pk], until=until, reason="Espera su pedido", **as_ana(cast))
    clock.advance(minutes=1)
    for each in chosen:
        by = Actor(ActorKind.FLOW, run_of(cast, each).pk)
        lifecycle.close([each.pk], scope=Scope(cast.workspace.pk), reason="Fin", cause=Cause.FLOW, by=by)
    clock.advance(minutes=1)
    flow = cast.workspace.flows.get()
    closed = Closed(flow.name, began, clock.now(), flow_id=flow.pk)
    assert counts(asking.undo_closings(cast.ana, closed, ways=WAYS)) == {"done": 2}
    kept, free = map(fresh, chosen)
    assert (kept.kept_at, kept.kept_until, kept.kept_reason, kept.armed_at) == (
        began,
        until,
        "Espera su pedido",
        None,
    )
    assert (free.kept_at, free.look_at) == (None, began + timedelta(days=1))
    clock.set(until)
    lifecycle.release_due(coverage.clock)
    assert fresh(kept).look_at == until + timedelta(days=1)


def test_who_may_not_manage_flows_takes_back_nothing_of_one(cast: Cast, clock: Clock) -> None:
    clock.set(clock.now())
    lia = cast.write("lia")
    run = run_of(cast, lia)
    lifecycle.close(
        [lia.pk], scope=Scope(cast.workspace.pk), reason="Fin", cause=Cause.FLOW, by=Actor(ActorKind.FLOW, run.pk)
    )
    closed = Closed("Despedida", clock.now() - HOUR, clock.advance(minutes=1), flow_id=run.flow_id)
    taken = asking.undo_closings(cast.bruno, closed, ways=WAYS)
    assert (Bulk.objects.get(pk=taken.pk).halted, fresh(lia).status) == ("not_allowed", "closed")
