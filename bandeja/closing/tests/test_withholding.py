"""What a rule leaves open although its time is over: who waits for an answer, what it spares (closing G1 to G3)."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from bandeja.channels.contract import Inbound
from bandeja.closing import coverage, rules, standing, sweep
from bandeja.closing.clocks import clocks
from bandeja.closing.models import Rule
from bandeja.closing.options import Options
from bandeja.closing.tests.deeds import close_by_hand, edit, swept
from bandeja.closing.withholding import Rounds, waits
from bandeja.conversations import events, fields, lifecycle, tags
from bandeja.conversations.actor import FLOW, SYSTEM, Actor
from bandeja.conversations.merge import merge
from bandeja.conversations.models import ContactValue, Conversation, EventKind, Tag
from bandeja.conversations.scope import Scope
from bandeja.notifications import gather
from bandeja.notifications.models import Notification, Preference
from bandeja.outbox.record import _take_back_answer
from bandeja.people import teams
from bandeja.people.models import Agent, AuditEntry
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def ruled(cast: Cast, **options: Any) -> Rule:
    """A rule of one minute on the web chat, with these options."""
    draft = rules.Draft("Ventas", 1, "minutes", "Sin respuesta", [cast.chat.pk], options=Options(**options))
    return rules.save(cast.workspace, draft, by=cast.ana)


def answer(cast: Cast, conversation: Conversation, by: Actor | None = None) -> None:
    by = by or Actor.agent(cast.ana)
    lifecycle.reply(conversation.pk, "Buenas", scope=Scope(cast.workspace.pk), by=by)


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def due(conversation: Conversation) -> datetime | None:
    """When it closes by itself as people are shown it."""
    clock = clocks([fresh(conversation)], coverage.clock([conversation.account_id])).get(conversation.pk)
    return clock.until if clock else None


def judged() -> int:
    return Rounds().step()


# What the time counts from


def test_an_answer_moves_no_clock_unless_the_rule_says_so(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    began = clock.advance(seconds=1)
    lia = cast.write("lia")
    clock.advance(seconds=30)
    answer(cast, lia)
    assert due(lia) == began + MINUTE


def test_a_rule_may_count_from_the_last_message_of_either(cast: Cast, clock: Clock) -> None:
    ruled(cast, since="either")
    lia, teo = cast.write("lia"), cast.write("teo")
    clock.advance(seconds=50)
    answer(cast, lia)
    assert due(lia) == clock.now() + MINUTE
    clock.advance(seconds=10)
    assert swept() == [teo.pk]
    clock.advance(seconds=50)
    assert swept() == [lia.pk]


@pytest.mark.parametrize("machine", [FLOW, SYSTEM])
def test_what_a_machine_writes_is_no_answer(cast: Cast, clock: Clock, machine: Actor) -> None:
    ruled(cast, since="either", waiting="tell")
    lia = cast.write("lia")
    began = clock.now()
    clock.advance(seconds=30)
    answer(cast, lia, machine)
    assert fresh(lia).answered_at is None
    clock.set(began + MINUTE)
    assert swept() == []
    assert fresh(lia).withheld_for == "waiting"


def test_what_the_team_writes_in_the_channels_own_app_is_an_answer(cast: Cast, clock: Clock) -> None:
    ruled(cast, since="either", waiting="tell")
    lia = cast.write("lia")
    clock.advance(seconds=40)
    cast.write("lia", "Voy", echo=True)
    assert due(lia) == clock.now() + MINUTE


def test_a_longer_way_of_counting_protects_at_once_and_a_shorter_one_brings_nothing_forward(
    cast: Cast, clock: Clock
) -> None:
    """closing R8, for what the time counts from."""
    rule = ruled(cast)
    lia = cast.write("lia")
    clock.advance(seconds=50)
    answer(cast, lia)
    edit(cast, rule, options=Options(since="either"))
    assert due(lia) == clock.now() + MINUTE
    edit(cast, rule, options=Options())
    assert due(lia) == clock.now() + MINUTE


# Who waits for an answer


def test_whoever_waits_for_an_answer_is_not_closed_on(cast: Cast, clock: Clock) -> None:
    ruled(cast, waiting="tell")
    lia, teo = cast.write("lia"), cast.write("teo")
    answer(cast, teo)
    clock.advance(minutes=1)
    assert swept() == [teo.pk]
    left = fresh(lia)
    assert (left.status, left.withheld_at, left.armed_at, left.look_at) == ("open", clock.now(), None, None)
    assert lia.events.get(kind=EventKind.CLOSING_WITHHELD).data["why"] == "waiting"


def test_once_answered_its_clock_starts_anew_with_the_whole_time(cast: Cast, clock: Clock) -> None:
    ruled(cast, waiting="tell")
    lia = cast.write("lia")
    clock.advance(hours=3)
    assert swept() == []
    assert judged() == 0
    answer(cast, lia)
    assert judged() == 1
    assert due(lia) == clock.now() + MINUTE
    assert swept() == []
    clock.advance(minutes=1)
    assert swept() == [lia.pk]
    kinds = list(lia.events.order_by("pk").values_list("kind", flat=True))
    assert [kind for kind in kinds if kind.startswith("closing")] == ["closing_withheld", "closing_resumed"]


def test_whoever_writes_again_has_a_clock_of_their_own(cast: Cast, clock: Clock) -> None:
    ruled(cast, waiting="tell")
    lia = cast.write("lia")
    clock.advance(hours=3)
    assert swept() == []
    cast.write("lia", "¿Hola?")
    found = fresh(lia)
    assert (found.withheld_at, found.withheld_for, found.armed_at) == (None, "", clock.now())
    clock.advance(minutes=1)
    assert swept() == []
    assert fresh(lia).withheld_for == "waiting"


def test_its_owner_is_told_once_for_each_time(cast: Cast, clock: Clock) -> None:
    gather.step()
    ruled(cast, waiting="tell")
    lia = cast.write("lia")
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    clock.advance(minutes=1)
    swept()
    swept()
    events.publish()
    gather.step()
    told = Notification.objects.get(kind="waiting")
    assert (told.agent, told.conversation, told.count) == (cast.bruno, lia, 1)


def test_who_does_not_want_to_be_told_is_not(cast: Cast, clock: Clock) -> None:
    gather.step()
    ruled(cast, waiting="tell")
    Preference.objects.create(agent=cast.bruno, on_waiting=False)
    lia = cast.write("lia")
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    clock.advance(minutes=1)
    swept()
    events.publish()
    gather.step()
    assert not Notification.objects.filter(kind="waiting").exists()


@pytest.mark.parametrize("to", ["agent", "team", "nobody"])
def test_it_may_be_given_to_somebody_else_or_to_nobody(cast: Cast, clock: Clock, to: str) -> None:
    north = teams.save(cast.workspace, "Norte", members={cast.bruno.pk}, leaders=set(), by=None)
    named = {"agent": {"waiting_agent": cast.bruno.pk}, "team": {"waiting_team": north.pk}, "nobody": {}}[to]
    ruled(cast, waiting="give" if named else "free", **named)
    lia = cast.write("lia")
    lifecycle.assign([lia.pk], cast.ana.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    clock.advance(minutes=1)
    assert swept() == []
    has = fresh(lia)
    assert (has.owner_id, has.team_id) == {
        "agent": (cast.bruno.pk, None), "team": (None, north.pk), "nobody": (None, None)
    }[to]  # fmt: skip
    assert lia.events.filter(kind=EventKind.CONVERSATION_ASSIGNED).latest("pk").actor_kind == "system"


def test_whoever_left_is_given_nothing_and_it_stays_open(cast: Cast, clock: Clock) -> None:
    ruled(cast, waiting="give", waiting_agent=cast.bruno.pk)
    Agent.objects.filter(pk=cast.bruno.pk).update(is_active=False)
    lia = cast.write("lia")
    clock.advance(minutes=1)
    assert swept() == []
    assert (fresh(lia).owner_id, fresh(lia).withheld_for) == (None, "waiting")


def test_of_a_team_that_is_gone_nothing_is_taken_from_who_has_it(cast: Cast, clock: Clock) -> None:
    north = teams.save(cast.workspace, "Norte", members=set(), leaders=set(), by=None)
    ruled(cast, waiting="give", waiting_team=north.pk)
    lia = cast.write("lia")
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    teams.delete(north, by=cast.ana)
    clock.advance(minutes=1)
    assert swept() == []
    assert (fresh(lia).owner, fresh(lia).withheld_for) == (cast.bruno, "waiting")


@pytest.mark.parametrize("whom", [{}, {"waiting_agent": True, "waiting_team": True}])
def test_whom_it_is_given_to_is_one_person_or_one_team(cast: Cast, whom: dict[str, bool]) -> None:
    north = teams.save(cast.workspace, "Norte", members=set(), leaders=set(), by=None)
    ids = {"waiting_agent": cast.bruno.pk, "waiting_team": north.pk}
    with pytest.raises(rules.Invalid) as refused:
        ruled(cast, waiting="give", **{name: ids[name] for name in whom})
    assert set(refused.value.errors) == {"waiting_agent", *whom}


def test_an_answer_of_the_channels_app_that_comes_late_answers_only_what_was_before_it(
    cast: Cast, clock: Clock
) -> None:
    """By the channel's dates: the contact wrote after it, so they wait still."""
    ruled(cast, waiting="tell")
    nine = clock.advance(seconds=1)
    cast.write("lia", "Hola", provider_at=nine)
    lia = cast.write("lia", "¿Y bien?", provider_at=nine + timedelta(minutes=30))
    cast.write("lia", "Voy", echo=True, provider_at=nine + timedelta(minutes=10))
    assert fresh(lia).answered_at is None
    cast.write("lia", "Ya está", echo=True, provider_at=nine + timedelta(minutes=40))
    assert fresh(lia).answered_at is not None


@pytest.mark.parametrize("answered", [True, False])
def test_what_comes_in_one_delivery_is_answered_by_what_was_written_later(
    cast: Cast, clock: Clock, answered: bool
) -> None:
    ruled(cast, waiting="tell")
    now = clock.advance(hours=1)
    early, late = now - timedelta(minutes=20), now - timedelta(minutes=10)
    common: dict[str, Any] = {"account_id": cast.chat.pk, "identity": ("visitor", "lia"), "received_at": now}
    wrote = Inbound(external_id="1", text="Hola", provider_at=early if answered else late, **common)
    said = Inbound(external_id="2", text="Voy", provider_at=late if answered else early, echo=True, **common)
    lifecycle.receive([said, wrote], clock=coverage.clock)
    assert waits(Conversation.objects.get()) is not answered


def test_what_is_spared_no_more_while_it_waits_is_told_as_any_other_that_waits(cast: Cast, clock: Clock) -> None:
    lia = cast.write("lia")
    ruled(cast, waiting="give", waiting_agent=cast.bruno.pk, **spared(cast, "tag", lia))
    cast.write("lia")
    clock.advance(hours=1)
    swept()
    no_more(cast, "tag", lia)
    assert judged() == 0
    assert (fresh(lia).withheld_for, fresh(lia).owner) == ("waiting", cast.bruno)
    told = lia.events.filter(kind=EventKind.CLOSING_WITHHELD).order_by("pk")
    assert [event.data["why"] for event in told] == ["exempt", "waiting"]


def test_what_goes_on_being_withheld_is_not_locked(cast: Cast, clock: Clock, django_assert_num_queries: Any) -> None:
    """So that it keeps nobody waiting, however long it is withheld."""
    ruled(cast, waiting="tell")
    cast.write("lia")
    clock.advance(hours=1)
    swept()
    with django_assert_num_queries(1):  # which there are: whether they changed is asked by a statement of its own
        assert judged() == 0


def test_a_tag_that_was_deleted_keeps_nobody_from_saving(cast: Cast) -> None:
    vip = tags.make(cast.workspace.pk, "VIP").pk
    rule = ruled(cast, exempt_tags=[vip])
    Tag.objects.filter(pk=vip).delete()
    saved = edit(cast, rule, amount=5, options=Options(exempt_tags=[vip]))
    assert (saved.amount, saved.exempt_tags) == (5, [])


def test_counting_from_our_answer_waits_for_one(cast: Cast, clock: Clock) -> None:
    rule = ruled(cast, since="answer")
    assert rule.waiting == "tell"
    lia = cast.write("lia")
    clock.advance(days=2)
    assert swept() == []
    answer(cast, lia)
    judged()
    clock.advance(seconds=59)
    assert swept() == []
    clock.advance(seconds=1)
    assert swept() == [lia.pk]


# What a rule spares


def spared(cast: Cast, how: str, lia: Conversation) -> dict[str, Any]:
    """Options that spare Lía's conversation, and Lía's conversation as they name it."""
    if how == "tag":
        vip = tags.make(cast.workspace.pk, "VIP")
        tags.tag([lia.pk], [vip.pk], scope=Scope(cast.workspace.pk))
        return {"exempt_tags": [vip.pk]}
    if how == "owner":
        lifecycle.assign([lia.pk], cast.bruno.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
        return {"exempt_owners": [cast.bruno.pk]}
    field = fields.make(cast.workspace.pk, "Plan", "text")
    ContactValue.objects.create(contact_id=lia.contact_id, field=field, value="Oro")
    return {"exempt_field": field.pk, "exempt_value": "oro"}


def no_more(cast: Cast, how: str, lia: Conversation) -> None:
    scope = Scope(cast.workspace.pk)
    if how == "tag":
        tags.untag([lia.pk], list(lia.taggings.values_list("tag", flat=True)), scope=scope)
    elif how == "owner":
        lifecycle.assign([lia.pk], None, scope=scope, by=Actor.agent(cast.ana))
    else:
        ContactValue.objects.all().delete()


@pytest.mark.parametrize("how", ["tag", "owner", "field"])
def test_what_is_spared_stays_open_until_it_is_spared_no_more(cast: Cast, clock: Clock, how: str) -> None:
    lia = cast.write("lia")
    ruled(cast, **spared(cast, how, lia))
    cast.write("lia")
    teo = cast.write("teo")
    assert due(lia) is None
    clock.advance(hours=1)
    assert swept() == [teo.pk]
    assert fresh(lia).withheld_for == "exempt"
    assert judged() == 0
    no_more(cast, how, lia)
    assert judged() == 1
    assert swept() == []
    assert due(lia) == clock.now() + MINUTE
    clock.advance(minutes=1)
    assert swept() == [lia.pk]


def test_a_rule_that_spares_it_no_more_lets_its_clock_start_anew(cast: Cast, clock: Clock) -> None:
    lia = cast.write("lia")
    rule = ruled(cast, **spared(cast, "tag", lia))
    cast.write("lia")
    clock.advance(hours=1)
    swept()
    edit(cast, rule, options=Options(), amount=2)
    assert swept() == []
    assert judged() == 1
    assert due(lia) == clock.now() + 2 * MINUTE


def test_where_cover_was_interrupted_nothing_starts_anew(cast: Cast, clock: Clock) -> None:
    """closing R7: on again is a new start, for what was withheld too."""
    rule = ruled(cast, waiting="tell")
    lia = cast.write("lia")
    clock.advance(hours=1)
    swept()
    clock.advance(seconds=1)
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)
    answer(cast, lia)
    assert judged() == 1
    assert (fresh(lia).withheld_at, fresh(lia).armed_at) == (None, None)
    assert standing.stands(fresh(lia)).standing == "older"


# With what else happens to conversations


def test_closing_by_hand_ends_it(cast: Cast, clock: Clock) -> None:
    ruled(cast, waiting="tell")
    lia = cast.write("lia")
    clock.advance(hours=1)
    swept()
    close_by_hand(cast, lia)
    assert (fresh(lia).withheld_at, fresh(lia).withheld_for) == (None, "")


def test_keeping_it_open_ends_it_and_a_release_starts_the_clock(cast: Cast, clock: Clock) -> None:
    ruled(cast, waiting="tell")
    lia = cast.write("lia")
    clock.advance(hours=1)
    swept()
    scope, by = Scope(cast.workspace.pk), Actor.agent(cast.ana)
    lifecycle.keep([lia.pk], scope=scope, by=by)
    assert (fresh(lia).withheld_at, judged()) == (None, 0)
    lifecycle.release([lia.pk], scope=scope, by=by, clock=coverage.clock)
    assert fresh(lia).armed_at == clock.now()


def test_of_two_that_are_merged_the_one_stays_withheld_where_no_clock_runs(cast: Cast, clock: Clock) -> None:
    ruled(cast, waiting="tell")
    lia, other = cast.write("lia"), cast.write("lia2")
    clock.advance(hours=1)
    swept()
    merge(lia.contact_id, other.contact_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    left = Conversation.objects.get()
    assert (left.withheld_for, left.armed_at) == ("waiting", None)


def test_another_workspaces_tag_or_person_is_in_no_rule(cast: Cast, carla: Cast) -> None:
    tag = tags.make(carla.workspace.pk, "VIP")
    wrong = {
        "exempt_tags": [tag.pk], "exempt_owners": [carla.ana.pk], "waiting_agent": carla.ana.pk,
        "exempt_field": fields.make(carla.workspace.pk, "Plan", "text").pk,
    }  # fmt: skip
    for field, value in wrong.items():
        with pytest.raises(rules.Invalid) as refused:
            ruled(cast, **{"waiting": "give" if field == "waiting_agent" else "close", field: value})
        assert field in refused.value.errors


def test_a_flows_message_whose_echo_passed_for_a_persons_is_no_answer(cast: Cast, clock: Clock) -> None:
    lia = cast.write("lia")
    clock.advance(seconds=1)
    written = lifecycle.reply(lia.pk, "Hola", scope=Scope(cast.workspace.pk), by=FLOW).messages[0]
    cast.write("lia", "", echo=True)
    assert fresh(lia).answered_at is not None
    lia.messages.filter(author_kind="app").delete()
    _take_back_answer(lia.pk, written.pk)
    assert fresh(lia).answered_at is None


def test_what_cannot_be_judged_holds_up_nobody(cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    ruled(cast, waiting="tell")
    lia = cast.write("lia")
    clock.advance(hours=1)
    swept()
    answer(cast, lia)
    with monkeypatch.context() as patch:
        patch.setattr("bandeja.closing.withholding.RESUME", "select 1/0")
        assert judged() == 0
    assert judged() == 1


def test_all_of_many_are_judged_in_turn(cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bandeja.closing.withholding.BATCH", 2)
    ruled(cast, waiting="tell")
    many = [cast.write(f"c{number}") for number in range(5)]
    clock.advance(hours=1)
    swept()
    answer(cast, many[4])
    rounds = Rounds()
    assert [rounds.step() for _ in range(3)] == [0, 0, 1]
    assert rounds.after == 0


@pytest.mark.django_db(transaction=True)
def test_an_answer_in_the_middle_of_a_sweep_is_seen_or_waited_for(cast: Cast) -> None:
    """Whichever locks the conversation first, the other sees what it did."""
    ruled(cast, waiting="tell")
    lia = cast.write("lia")
    Conversation.objects.update(armed_at="2026-01-01T00:00Z", look_at="2026-01-01T00:00Z")
    Rule.objects.get().coverage.update(covered_since="2025-01-01T00:00Z")
    with connection.cursor() as cursor:
        cursor.execute("update account set connected_at = '2025-01-01'")
        cursor.execute("update workspace set entitled_since = '2025-01-01'")
    done: list[int] = []

    def sweeps() -> None:
        done.append(sweep.sweep().count)
        connection.close()

    with transaction.atomic():
        answer(cast, lia)
        thread = threading.Thread(target=sweeps)
        thread.start()
        thread.join(0.5)
        assert fresh(lia).status == "open"
    thread.join(20)
    sweep.sweep()
    assert fresh(lia).status == "closed"


# The screen and the log


def typed(cast: Cast, **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"active": "on", "name": "Ventas", "reason": "Sin respuesta", "amount": "2"}
    return {**fields, "unit": "hours", "account_ids": [str(cast.chat.pk)], **changes}


def test_a_card_says_and_saves_what_a_rule_leaves_open(cast: Cast, client: Client) -> None:
    Agent.objects.filter(pk=cast.ana.pk).update(language="en")
    client.force_login(cast.ana)
    vip = tags.make(cast.workspace.pk, "VIP")
    said = typed(cast, since="either", waiting="give", waiting_to=str(cast.bruno.pk), exempt_tags=[str(vip.pk)])
    summary = client.post("/settings/closing/summary", said).content.decode()
    assert "If neither the contact nor your team writes for <b>2 hours</b>" in summary
    assert "it stays open, and goes to Bruno." in summary
    assert "It leaves open conversations with the tag VIP." in summary
    assert client.post("/settings/closing/rules", said).status_code == 302
    rule = Rule.objects.get()
    assert (rule.since, rule.waiting, rule.waiting_agent, rule.exempt_tags) == (
        "either",
        "give",
        cast.bruno,
        [vip.pk],
    )
    page = client.get(f"/settings/closing/rules/{rule.pk}").content.decode()
    assert '<details class="rule-options" open>' in page
    assert '<option value="either" selected>' in page
    kept = AuditEntry.objects.get(subject="rule").after
    assert kept
    assert (kept["waiting_to"], kept["exempt_tags"]) == ("Bruno", ["VIP"])


def test_who_left_stays_named_on_the_card_until_somebody_takes_them_off(cast: Cast, client: Client) -> None:
    client.force_login(cast.ana)
    rule = ruled(cast, waiting="give", waiting_agent=cast.bruno.pk, exempt_owners=[cast.bruno.pk])
    Agent.objects.filter(pk=cast.bruno.pk).update(is_active=False)
    page = client.get(f"/settings/closing/rules/{rule.pk}").content.decode()
    assert f'<option value="{cast.bruno.pk}" selected>' in page
    assert f'name="exempt_owners" value="{cast.bruno.pk}" checked>' in page


@pytest.mark.parametrize("since", ["either", "answer"])
def test_a_change_of_what_the_time_counts_from_is_told_where_changes_are(
    cast: Cast, client: Client, since: str
) -> None:
    client.force_login(cast.ana)
    rule = ruled(cast)
    edit(cast, rule, options=Options(since=since))
    for address in ("/settings/closing", "/settings/audit"):
        assert client.get(address).status_code == 200


def test_a_field_that_must_say_nothing_is_refused_beside_it(cast: Cast, client: Client) -> None:
    client.force_login(cast.ana)
    field = fields.make(cast.workspace.pk, "Plan", "text")
    answer = client.post("/settings/closing/rules", typed(cast, exempt_field=str(field.pk), exempt_value=" "))
    assert answer.status_code == 422
    assert "aria-invalid" in answer.content.decode().split('name="exempt_value"')[1].split(">")[0]
    assert not Rule.objects.exists()


def test_what_we_have_not_answered_is_a_filter_of_the_list(cast: Cast, clock: Clock, client: Client) -> None:
    ruled(cast, waiting="tell")
    cast.write("lia")
    answer(cast, cast.write("teo"))
    clock.advance(minutes=1)
    swept()
    cast.write("sol")
    client.force_login(cast.ana)
    page = client.get("/inbox?waiting=1").content.decode()
    assert [name in page for name in (">lia<", ">teo<", ">sol<")] == [True, False, False]


@pytest.mark.parametrize("since", ["contact", "either"])
def test_what_closes_soon_is_what_has_a_chip(cast: Cast, clock: Clock, client: Client, since: str) -> None:
    lia, teo, sol, eva = (cast.write(name) for name in ("lia", "teo", "sol", "eva"))
    ruled(cast, since=since, waiting="tell", **spared(cast, "tag", eva))
    for name in ("lia", "teo", "sol", "eva"):
        cast.write(name)
    for each in (teo, eva):
        answer(cast, each)
    clock.advance(seconds=50)
    answer(cast, sol)
    client.force_login(cast.ana)
    page = client.get("/inbox?soon=1").content.decode()
    soon = {"contact": {teo.pk, sol.pk}, "either": {teo.pk}}[since]
    assert {each.pk for each in (lia, teo, sol, eva) if f'id="row-{each.pk}"' in page} == soon
