"""What runs do, step by step: effects once, waits, limits, loops cut, what is held back and told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bandeja.channels import accounts
from bandeja.channels.models import ChannelKey, MetaApp, Template
from bandeja.conversations import contacts, events, fields, lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import (
    Cause,
    Closure,
    Conversation,
    Event,
    EventKind,
    MergeSuggestion,
    Tagging,
)
from bandeja.conversations.scope import Scope
from bandeja.flows import advance, flows
from bandeja.flows.models import Run, State, Taken
from bandeja.flows.tests.conftest import Engine, start, step
from bandeja.notifications import gather
from bandeja.notifications.models import Notification
from bandeja.people import presence
from bandeja.people.models import State as There
from bandeja.quickreplies.models import QuickReply
from tests.cast import Cast
from tests.clock import Clock

SAY = step("say", "send_text", text="Hola, {{contact.first_name}}")


@pytest.fixture
def noon(clock: Clock) -> Clock:
    """A Monday at noon; the clock stands still."""
    clock.set(clock.now().replace(year=2026, month=11, day=23, hour=12, minute=0, second=0, microsecond=0))
    return clock


def by_ana(cast: Cast) -> dict[str, Any]:
    return {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}


def now(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def test_every_action_does_what_it_says(cast: Cast, engine: Engine) -> None:
    vip, old = tags.make(cast.workspace.pk, "VIP"), tags.make(cast.workspace.pk, "Vieja")
    city = fields.make(cast.workspace.pk, "Ciudad", "text")
    reply = QuickReply.objects.create(workspace=cast.workspace, word="hora", text="De 9 a 18")
    flow = engine.flow(
        start(),
        SAY,
        step("b", "send_reply", reply=reply.pk),
        step("c", "tag", tags=[vip.pk]),
        step("d", "untag", tags=[old.pk]),
        step("e", "set_field", field=str(city.pk), value="Cali"),
        step("f", "make_contact"),
        step("g", "note", text="Ojo"),
        step("h", "assign", to="person", agent=cast.bruno.pk),
        step("i", "notify", agents=[cast.ana.pk], note="Mírala"),
        step("j", "close", reason="Resuelto por el flujo"),
        on=False,
    )
    lia = cast.write("Lía")
    tags.tag([lia.pk], [old.pk], **by_ana(cast))
    lifecycle.close([lia.pk], reason="x", cause=Cause.AGENT, **by_ana(cast))
    events.publish()
    gather.step()
    flows.switch(flow, on=True, by=cast.ana)
    cast.write("Lía")
    engine.run()
    gather.step()
    assert engine.sent(lia) == ["Hola, Lía", "De 9 a 18"]
    assert list(Tagging.objects.filter(conversation=lia).values_list("tag__name", flat=True)) == ["VIP"]
    assert contacts.details(now(lia).contact) | {"name": ""} == {
        "name": "", "email": "", "phone": "", "kind": "contact", str(city.pk): "Cali",
    }  # fmt: skip
    assert (engine.notes(lia), now(lia).owner, now(lia).status) == (["Ojo"], cast.bruno, "closed")
    closure = Closure.objects.filter(conversation=lia).latest("pk")
    run = Run.objects.get(flow=flow)
    assert (closure.cause, closure.reason, closure.actor_kind, closure.actor_id) == (
        "flow", "Resuelto por el flujo", "flow", run.pk,
    )  # fmt: skip
    assert Notification.objects.filter(agent=cast.ana, kind="called", conversation=lia).count() == 1
    assert (run.state, run.taken) == (State.DONE, 10)


def test_what_a_flow_sends_arms_and_opens_nothing(cast: Cast, engine: Engine) -> None:
    """closing F3, E2."""
    engine.flow(start("conversation_closed"), SAY)
    cast.rule()
    lia = cast.write("lia")
    lifecycle.close([lia.pk], reason="x", cause=Cause.AGENT, **by_ana(cast))
    engine.run()
    assert (engine.sent(lia), now(lia).status, now(lia).look_at) == (["Hola, lia"], "closed", None)


def test_branches_meet_again_below(cast: Cast, engine: Engine) -> None:
    engine.flow(
        start(),
        step("a", "if_owned", yes=[step("b", "note", text="sí")], no=[step("c", "note", text="no")]),
        step("d", "if_open", yes=[], no=[step("e", "note", text="nunca")]),
        step("f", "note", text="fin"),
    )
    lia = cast.write("lia")
    engine.run()
    assert engine.log(lia) == ["if_owned no", "note done", "if_open yes", "note done"]
    assert engine.notes(lia) == ["no", "fin"]


@pytest.mark.parametrize(
    ("kind", "told", "expected"),
    [
        ("if_channel", {"channels": ["webchat"]}, "yes"),
        ("if_channel", {"channels": ["whatsapp"]}, "no"),
        ("if_unread", {}, "yes"),
        ("if_answered", {}, "no"),
        ("if_contact", {}, "no"),
        ("if_text", {"words": "hola"}, "yes"),
        ("if_text", {"pattern": "^adi"}, "no"),
        ("if_field", {"field": "email", "value": ""}, "no"),
        ("if_field", {"field": "name", "value": "LIA"}, "yes"),
        ("if_hours", {"monday": "09:00-13:00"}, "yes"),
        ("if_hours", {"monday": "13:00-18:00"}, "no"),
        ("if_hours", {"monday": ""}, "no"),
        ("if_window", {}, "yes"),
        ("if_reason", {"reason": "x"}, "no"),
    ],
)
def test_decisions(cast: Cast, engine: Engine, noon: Clock, kind: str, told: Any, expected: str) -> None:
    engine.flow(start(), step("a", kind, **told))
    lia = cast.write("lia")
    engine.run()
    assert engine.log(lia) == [f"{kind} {expected}"]


def test_owner_tag_and_account_decide_too(cast: Cast, engine: Engine) -> None:
    vip = tags.make(cast.workspace.pk, "VIP")
    engine.flow(
        start("conversation_tagged"),
        step("a", "if_tagged", tags=[vip.pk]),
        step("b", "if_owner", agents=[cast.ana.pk]),
        step("c", "if_account", accounts=[cast.chat.pk]),
    )
    lia = cast.write("lia")
    tags.tag([lia.pk], [vip.pk], **by_ana(cast))
    engine.run()
    assert engine.log(lia) == ["if_tagged yes", "if_owner no", "if_account yes"]


def test_a_wait_is_a_row_and_ends_when_its_time_comes(cast: Cast, engine: Engine, noon: Clock) -> None:
    engine.flow(start(), step("a", "wait", amount=2, unit="hours"), SAY)
    lia = cast.write("lia")
    engine.run()
    run = Run.objects.get()
    assert (run.state, run.due_at, engine.sent(lia)) == ("waiting", noon.now() + timedelta(hours=2), [])
    assert advance.step().next_in == pytest.approx(7_200)
    noon.advance(hours=2)
    engine.run()
    assert (engine.sent(lia), engine.log(lia)) == (["Hola, lia"], ["wait waiting", "wait done", "send_text sent"])


def test_until_a_time_is_the_next_one_of_the_workspace(cast: Cast, engine: Engine, noon: Clock) -> None:
    engine.flow(start(), step("a", "wait_until", clock="09:00"))
    cast.write("lia")
    engine.run()
    assert Run.objects.get().due_at == noon.now() + timedelta(hours=21)


def answered(engine: Engine) -> None:
    engine.flow(
        start(),
        SAY,
        step("w", "wait_reply", amount=1, unit="hours", yes=[step("y", "note", text="sí")],
             no=[step("n", "note", text="no")]),
    )  # fmt: skip


def test_an_answer_wakes_the_run_that_waits_for_it(cast: Cast, engine: Engine, noon: Clock) -> None:
    answered(engine)
    lia = cast.write("lia")
    engine.run()
    assert engine.notes(lia) == []
    noon.advance(minutes=5)
    cast.write("lia")
    engine.run()
    assert engine.notes(lia) == ["sí"]


def test_no_answer_in_time_is_a_no(cast: Cast, engine: Engine, noon: Clock) -> None:
    answered(engine)
    lia = cast.write("lia")
    engine.run()
    noon.advance(hours=1)
    engine.run()
    cast.write("lia")
    engine.run()
    assert engine.notes(lia) == ["no"]


def test_an_answer_between_sending_and_waiting_counts(cast: Cast, engine: Engine, noon: Clock) -> None:
    answered(engine)
    lia = cast.write("lia")
    engine.dispatch()
    advance.step()
    assert engine.sent(lia) == ["Hola, lia"]
    cast.write("lia")
    engine.run()
    assert engine.notes(lia) == ["sí"]


def test_an_answer_that_was_joined_when_the_time_ran_out_counts(cast: Cast, engine: Engine, noon: Clock) -> None:
    """Whatever is published when: what the lock shows decides."""
    answered(engine)
    lia = cast.write("lia")
    engine.run()
    noon.advance(hours=1)
    cast.write("lia")
    advance.step()
    engine.run()
    assert engine.notes(lia) == ["sí"]


def test_a_run_stays_on_the_version_it_began_with(cast: Cast, engine: Engine, noon: Clock) -> None:
    flow = engine.flow(start(), step("a", "wait", amount=1, unit="hours"), step("b", "note", text="vieja"))
    lia = cast.write("lia")
    engine.run()
    flows.save_draft(flow, {"start": start(), "steps": [step("b", "note", text="nueva")]}, revision=flow.revision)
    flows.publish(flow, by=cast.ana)
    noa = cast.write("noa")
    noon.advance(hours=1)
    engine.run()
    assert (engine.notes(lia), engine.notes(noa)) == (["vieja"], ["nueva"])


def test_a_published_version_cannot_be_edited(cast: Cast, engine: Engine) -> None:
    from django.db import DatabaseError, transaction

    flow = engine.flow(start(), SAY)
    with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
        flow.versions.update(definition={})


def test_turned_off_it_ends_what_is_under_way(cast: Cast, engine: Engine, noon: Clock) -> None:
    flow = engine.flow(start(), step("a", "wait", amount=1, unit="days"), SAY)
    lia = cast.write("lia")
    engine.run()
    flows.switch(flow, on=False, by=cast.ana)
    engine.run()
    assert (engine.states(lia), Run.objects.get().why) == (["stopped"], "off")


def test_turned_off_and_on_again_it_sends_nothing_that_waited(cast: Cast, engine: Engine, noon: Clock) -> None:
    flow = engine.flow(start(), step("a", "wait", amount=1, unit="days"), SAY)
    lia = cast.write("lia")
    engine.run()
    for on in (False, True):
        flows.switch(flow, on=on, by=cast.ana)
    engine.run()
    noon.advance(days=2)
    engine.run()
    assert (engine.states(lia), engine.sent(lia)) == (["stopped"], [])


def test_a_blocked_contact_is_left_alone(cast: Cast, engine: Engine) -> None:
    engine.flow(start(), SAY)
    lia = cast.write("lia")
    engine.dispatch()
    contacts.block(lia.contact_id, by=Actor.agent(cast.ana))
    engine.run()
    assert (engine.sent(lia), engine.states(lia)) == ([], ["stopped"])


def test_what_was_deleted_is_passed_over_and_the_flow_goes_on(cast: Cast, engine: Engine) -> None:
    reply = QuickReply.objects.create(workspace=cast.workspace, word="hora", text="De 9 a 18")
    engine.flow(start(), step("a", "send_reply", reply=reply.pk), step("b", "note", text="fin"))
    reply.delete()
    lia = cast.write("lia")
    engine.run()
    assert engine.log(lia) == ["send_reply skipped", "note done"]


def test_it_goes_in_turn_and_to_nobody_when_nobody_receives(cast: Cast, engine: Engine) -> None:
    engine.flow(start(), step("a", "assign", to="in_turn"))
    everybody = [cast.write(f"c{number}") for number in range(3)]
    engine.run()
    assert [str(now(each).owner) for each in everybody] == ["Ana", "Bruno", "Ana"]
    for agent in (cast.ana, cast.bruno):
        presence.choose(agent, There.AWAY)
    late = cast.write("tarde")
    engine.run()
    assert (now(late).owner, engine.log(late)) == (None, ["assign skipped"])


def test_to_whoever_has_the_fewest_open(cast: Cast, engine: Engine) -> None:
    old = cast.write("vieja")
    lifecycle.assign([old.pk], cast.ana.pk, **by_ana(cast))
    engine.flow(start(), step("a", "assign", to="least_busy"))
    lia = cast.write("lia")
    engine.run()
    assert now(lia).owner == cast.bruno


def test_whoever_has_the_same_e_mail_is_suggested_and_not_merged(cast: Cast, engine: Engine) -> None:
    engine.flow(start("conversation_tagged"), step("a", "make_contact"))
    lia, noa = cast.write("lia"), cast.write("noa")
    for each in (lia, noa):
        contacts.edit(each.contact_id, {"email": "lia@correo.example"}, seen={})
    tags.tag([lia.pk], [tags.make(cast.workspace.pk, "VIP").pk], **by_ana(cast))
    engine.run()
    suggested = MergeSuggestion.objects.get()
    assert {suggested.first_id, suggested.second_id} == {lia.contact_id, noa.contact_id}


def test_a_flows_own_effect_does_not_start_it(cast: Cast, engine: Engine) -> None:
    """closing F3."""
    vip = tags.make(cast.workspace.pk, "VIP")
    engine.flow(start("conversation_tagged"), step("a", "untag", tags=[vip.pk]), step("b", "tag", tags=[vip.pk]))
    lia = cast.write("lia")
    tags.tag([lia.pk], [vip.pk], **by_ana(cast))
    engine.run()
    assert engine.states(lia) == ["done"]


def test_two_flows_do_not_set_each_other_off_for_ever(cast: Cast, engine: Engine) -> None:
    one, two = tags.make(cast.workspace.pk, "Uno"), tags.make(cast.workspace.pk, "Dos")
    engine.flow(start("conversation_tagged", tags=[one.pk]), step("a", "untag", tags=[one.pk]),
                step("b", "tag", tags=[two.pk]))  # fmt: skip
    engine.flow(start("conversation_tagged", tags=[two.pk]), step("a", "untag", tags=[two.pk]),
                step("b", "tag", tags=[one.pk]))  # fmt: skip
    lia = cast.write("lia")
    tags.tag([lia.pk], [one.pk], **by_ana(cast))
    engine.run()
    assert engine.states(lia) == ["done", "done"]


def test_the_sixth_message_in_an_hour_is_held_back_and_told(cast: Cast, engine: Engine, noon: Clock) -> None:
    engine.flow(start("message_received"), step("a", "send_text", text="Eco"))
    for _turn in range(7):
        lia = cast.write("lia")
        engine.run()
    assert (len(engine.sent(lia)), engine.states(lia)[5:]) == (5, ["parked", "stopped"])
    assert ["Flujo 1" in told for told in engine.notes(lia)] == [True]
    noon.advance(hours=1, seconds=1)
    flows.go_on(Run.objects.filter(state="parked")[0])
    engine.run()
    assert len(engine.sent(lia)) == 6


def test_the_fifty_first_step_in_an_hour_is_held_back(
    cast: Cast, engine: Engine, noon: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANDEJA_FLOW_STEPS", "4")
    engine.flow(start(), *(step(f"s{number}", "if_open") for number in range(6)))
    lia = cast.write("lia")
    engine.run()
    assert (len(engine.log(lia)), engine.states(lia)) == (4, ["parked"])


def test_a_closing_sends_once_a_day(cast: Cast, engine: Engine, noon: Clock) -> None:
    """closing F3."""
    engine.flow(start("conversation_closed"), step("a", "send_text", text="¿Cómo te fue?"))
    for _turn in range(2):
        lia = cast.write("lia")
        lifecycle.close([lia.pk], reason="x", cause=Cause.AGENT, **by_ana(cast))
        engine.run()
    assert (engine.sent(lia), engine.log(lia)) == (["¿Cómo te fue?"], ["send_text sent", "send_text held"])
    assert "¿Cómo te fue?" in engine.notes(lia)[0]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    from bandeja.flows.actions import WriteNote

    def fail(*_: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(WriteNote, "act", fail)


def test_a_step_that_fails_steps_aside_and_is_parked_after_a_few_times(
    cast: Cast, engine: Engine, noon: Clock, broken: None, caplog: pytest.LogCaptureFixture
) -> None:
    engine.flow(start(), step("a", "note", text="x"))
    lia = cast.write("lia")
    for _turn in range(8):
        engine.run()
        noon.advance(minutes=10)
    assert (engine.states(lia), Run.objects.get().why) == (["parked"], "failed")


def test_a_disconnected_account_holds_back(cast: Cast, engine: Engine) -> None:
    engine.flow(start(), SAY, step("b", "note", text="fin"))
    lia = cast.write("lia")
    engine.dispatch()
    accounts.disconnect(cast.chat)
    engine.run()
    assert (engine.sent(lia), engine.log(lia)) == ([], ["send_text held", "note done"])


def test_a_merged_conversations_run_goes_on_in_the_one_that_stays(
    cast: Cast, engine: Engine, noon: Clock, another_account: Any
) -> None:
    from bandeja.conversations.merge import merge

    engine.flow(start(), step("a", "wait", amount=1, unit="hours"), step("b", "note", text="fin"))
    lia, noa = cast.write("lia"), cast.write("noa")
    engine.run()
    merge(lia.contact_id, noa.contact_id, **by_ana(cast))
    noon.advance(hours=1)
    engine.run()
    assert engine.notes(lia) == ["fin", "fin"]


def test_an_erased_contacts_runs_are_no_more(cast: Cast, engine: Engine) -> None:
    from bandeja.conversations.erase import erase

    engine.flow(start(), step("a", "wait", amount=1, unit="hours"))
    lia = cast.write("lia")
    engine.run()
    erase(lia.contact_id, **by_ana(cast))
    assert (Run.objects.count(), Taken.objects.count()) == (0, 0)


def test_what_a_flow_did_is_told_as_the_flows(cast: Cast, engine: Engine) -> None:
    engine.flow(start(), step("a", "assign", to="person", agent=cast.bruno.pk), name="Bienvenida")
    lia = cast.write("lia")
    engine.run()
    event = Event.objects.get(conversation=lia, kind=EventKind.CONVERSATION_ASSIGNED)
    assert (event.actor_kind, event.actor_id) == ("flow", Run.objects.get().pk)


def test_old_runs_are_pruned_with_their_log(cast: Cast, engine: Engine, noon: Clock) -> None:
    from bandeja.flows import prune

    engine.flow(start(), SAY)
    lia = cast.write("lia")
    engine.run()
    assert prune.step() == 0
    noon.advance(days=400)
    assert (prune.step(), Taken.objects.count(), engine.sent(lia)) == (1, 0, ["Hola, lia"])


def test_a_great_many_closings_do_not_hold_up_who_writes_now(cast: Cast, engine: Engine) -> None:
    engine.flow(start("conversation_closed"), *(step(f"n{number}", "note", text="x") for number in range(3)))
    many = [cast.write(f"c{number}") for number in range(20)]
    lifecycle.close([each.pk for each in many], reason="x", cause=Cause.AGENT, **by_ana(cast))
    engine.flow(start(), SAY)
    engine.dispatch()
    advance.step(2)
    lia = cast.write("lia")
    engine.dispatch()
    advance.step(2)
    assert engine.sent(lia) == ["Hola, lia"]
    engine.run()
    assert [engine.log(each) for each in many] == [["note done"] * 3] * 20


def test_a_deleted_flow_takes_its_runs_along_without_reading_them(
    cast: Cast, engine: Engine, django_assert_max_num_queries: Any
) -> None:
    flow = engine.flow(start(), SAY)
    for number in range(30):
        cast.write(f"c{number}")
    engine.run()
    with django_assert_max_num_queries(20) as asked:
        flows.delete(flow, by=cast.ana)
    about_runs = [each["sql"] for each in asked.captured_queries if "flow_run" in each["sql"]]
    assert about_runs[0].startswith("delete"), "what is read after it is not there"
    assert (Run.objects.count(), Taken.objects.count()) == (0, 0)


@pytest.mark.parametrize("value", ["hola", "{{contact.name}}"])
def test_an_e_mail_that_is_none_is_not_written(cast: Cast, engine: Engine, value: str) -> None:
    draft = {"start": start(), "steps": [step("a", "set_field", field="email", value=value)]}
    flow = flows.make(cast.workspace, "Correo", draft, by=cast.ana)
    if "{{" not in value:
        with pytest.raises(flows.Unfit):
            flows.publish(flow, by=cast.ana)
        return
    flows.publish(flow, by=cast.ana)
    flows.switch(flow, on=True, by=cast.ana)
    lia = cast.write("lia")
    engine.run()
    assert (engine.log(lia), now(lia).contact.email) == (["set_field skipped"], "")


@pytest.mark.parametrize("value", ["nan", "inf", "doce"])
def test_what_is_no_number_is_not_published_for_a_number(cast: Cast, engine: Engine, value: str) -> None:
    field = fields.make(cast.workspace.pk, "Talla", "number")
    draft = {"start": start(), "steps": [step("a", "set_field", field=str(field.pk), value=value)]}
    with pytest.raises(flows.Unfit):
        flows.publish(flows.make(cast.workspace, "Talla", draft, by=cast.ana), by=cast.ana)


def test_blank_lines_between_the_values_of_a_template_are_none(cast: Cast, engine: Engine) -> None:
    app = MetaApp.objects.create(
        workspace=cast.workspace, key="k", name="App", app_id="1", secret="s", verify_token="v"
    )
    number = accounts.connect(
        cast.workspace, ChannelKey.WHATSAPP, name="Ventas", external_id="111", app=app, config={"waba": "9"}
    )
    Template.objects.create(
        app=app, line="9", external_id="t", name="pedido", language="es", status="APPROVED",
        components=[{"type": "BODY", "text": "Hola {{1}}, va para {{2}}"}],
    )  # fmt: skip
    engine.flow(start(), step("a", "send_template", template="pedido/es", values="{{contact.first_name}}\n\nCali\n"))
    lia = cast.write("Lía", account=number, external_id="wamid.1", opens_window=True)
    engine.run()
    assert engine.sent(lia) == ["Hola Lía, va para Cali"]
