"""What we began and nobody answered: closed by a rule that says so, after our last message (closing N1 to N5)."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from bandeja.api.tests.programs import Program
from bandeja.channels import gate
from bandeja.channels.contract import Inbound
from bandeja.closing import coverage, pauses, preview, rules, standing, sweep, warnings, withholding
from bandeja.closing.courtesy import Before, Courtesy
from bandeja.closing.deadline import Stretch
from bandeja.closing.models import Rule, Since, Unit
from bandeja.closing.options import Options
from bandeja.closing.tests.deeds import close_by_hand, closes_at, edit, reopen, swept
from bandeja.closing.why import explain
from bandeja.conversations import lifecycle, tags
from bandeja.conversations.actor import FLOW, SYSTEM, Actor
from bandeja.conversations.merge import merge
from bandeja.conversations.models import Cause, Closure, Conversation, EventKind, Message
from bandeja.conversations.scope import Scope
from bandeja.inbox import explained, soon
from bandeja.outbox.record import _take_back_answer
from bandeja.webhooks.models import WebhookMessage
from bandeja.webhooks.tests.stories import dispatched, make_webhook
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
THREE: dict[str, Any] = {"unheard_amount": 3, "unheard_unit": "minutes"}


@pytest.fixture(autouse=True)
def stopped(clock: Clock) -> None:
    """Time passes only where a story says so."""
    clock.advance(seconds=0)


def ruled(cast: Cast, **options: Any) -> Rule:
    """A rule of one minute on the web chat, and of three for what nobody answered, where nothing else is said."""
    draft = rules.Draft(
        "Ventas", 1, "minutes", "Sin respuesta", [cast.chat.pk], options=Options(**(options or THREE))
    )
    return rules.save(cast.workspace, draft, by=cast.ana)


def begin(cast: Cast, who: str = "lia") -> Conversation:
    """Somebody of ours writes in the channel's own app, to somebody new or not; answers the conversation."""
    return cast.write(who, "¿Seguimos?", echo=True)


def say(cast: Cast, conversation: Conversation, by: Actor | None = None) -> None:
    lifecycle.reply(conversation.pk, "Buenas", scope=Scope(cast.workspace.pk), by=by or Actor.agent(cast.ana))


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def test_it_closes_so_long_after_our_last_message_with_the_rules_reason(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    begun = begin(cast)
    wrote_at = clock.now()
    assert closes_at(begun) == wrote_at + 3 * MINUTE
    clock.advance(seconds=179)
    assert swept() == []
    clock.advance(seconds=1)
    assert swept() == [begun.pk]
    closure = Closure.objects.get()
    assert (closure.cause, closure.reason, closure.rule_amount, closure.rule_unit) == (
        Cause.RULE, "Sin respuesta", 3, "minutes",
    )  # fmt: skip
    assert (closure.unheard, closure.armed_at, closure.deadline) == (True, wrote_at, wrote_at + 3 * MINUTE)


def test_programs_are_told_which_clock_it_was_that_ran_out(cast: Cast, clock: Clock) -> None:
    """closing N5: by API and by webhook; the rule's time is the one that closed it."""
    ruled(cast)
    make_webhook(cast.ana, "https://crm.example.com/bandeja", [EventKind.CONVERSATION_CLOSED])
    mia = cast.write("mia")
    clock.advance(minutes=1)
    assert swept() == [mia.pk]
    lia = begin(cast)
    clock.advance(minutes=3)
    assert swept() == [lia.pk]
    dispatched()
    program = Program(cast.ana)
    listed = {each["conversation_id"]: each["unheard"] for each in program.get("/closures")["items"]}
    assert listed == {lia.pk: True, mia.pk: False}
    assert program.get(f"/conversations/{lia.pk}")["closure"]["unheard"] is True
    told = [json.loads(body)["data"]["closure"] for body in WebhookMessage.objects.values_list("body", flat=True)]
    assert {(each["unheard"], each["rule"]["amount"]) for each in told} == {(True, 3), (False, 1)}


@pytest.mark.parametrize("by", [None, FLOW, Actor.api(1)])
def test_each_further_message_of_ours_moves_it_whoever_writes_it(cast: Cast, clock: Clock, by: Actor | None) -> None:
    ruled(cast)
    begun = begin(cast)
    clock.advance(seconds=100)
    say(cast, begun, by)
    assert closes_at(begun) == clock.now() + 3 * MINUTE
    clock.advance(seconds=100)
    assert swept() == []
    clock.advance(seconds=80)
    assert swept() == [begun.pk]


def test_what_the_system_itself_says_moves_nothing(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    begun = begin(cast)
    due = closes_at(begun)
    clock.advance(seconds=100)
    say(cast, begun, SYSTEM)
    assert closes_at(begun) == due


def test_an_echo_of_what_closing_said_never_brings_it_forward(cast: Cast, clock: Clock) -> None:
    """It was kept open and released, and a warning's echo came before the channel's answer."""
    ruled(cast)
    begun = begin(cast)
    by: dict[str, Any] = {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}
    lifecycle.keep([begun.pk], **by)
    clock.advance(days=1)
    lifecycle.release([begun.pk], clock=coverage.clock, **by)
    due = closes_at(begun)
    assert due is not None
    clock.advance(seconds=100)
    say(cast, begun, SYSTEM)
    warned = Message.objects.latest("pk")
    begin(cast)
    Message.objects.latest("pk").delete()
    _take_back_answer(begun.pk, warned.pk)
    later = closes_at(begun)
    assert later is not None
    assert later >= due
    assert swept() == []


def test_what_is_sent_once_more_counts_anew_whatever_its_echo_does(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    begun = begin(cast)
    say(cast, begun, FLOW)
    failed = Message.objects.latest("pk")
    Message.objects.filter(pk=failed.pk).update(state="failed")
    clock.advance(seconds=170)
    lifecycle.send_again(failed.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    begin(cast)
    Message.objects.latest("pk").delete()
    _take_back_answer(begun.pk, failed.pk)
    assert closes_at(begun) == clock.now() + 3 * MINUTE


def test_an_echo_alone_of_what_closing_said_starts_no_clock(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    conversation = cast.write()
    close_by_hand(cast, conversation)
    reopen(cast, conversation)
    clock.advance(seconds=1)
    say(cast, conversation, SYSTEM)
    said = Message.objects.latest("pk")
    begin(cast)
    Message.objects.latest("pk").delete()
    _take_back_answer(conversation.pk, said.pk)
    assert (fresh(conversation).armed_at, fresh(conversation).unheard_at) == (None, None)


def test_their_message_ends_it_and_the_rules_own_time_counts(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    begun = begin(cast)
    clock.advance(seconds=170)
    cast.write()
    assert closes_at(begun) == clock.now() + MINUTE
    say(cast, begun)
    assert closes_at(begun) == clock.now() + MINUTE, "ours moved their clock"
    clock.advance(seconds=60)
    assert swept() == [begun.pk]
    assert not Closure.objects.get().unheard


def test_a_rule_that_does_not_say_so_closes_none_of_them(cast: Cast, clock: Clock) -> None:
    cast.rule()
    begun = begin(cast)
    assert closes_at(begun) is None
    assert swept() == []
    assert fresh(begun).armed_at is None
    clock.advance(days=3)
    assert swept() == []


def test_turned_on_it_counts_only_for_what_we_write_from_then_on(cast: Cast, clock: Clock) -> None:
    rule = cast.rule()
    begun = begin(cast)
    clock.advance(seconds=10)
    edit(cast, rule, options=Options(**THREE))
    assert closes_at(begun) is None
    clock.advance(days=1)
    assert swept() == []
    say(cast, begun)
    assert closes_at(begun) == clock.now() + 3 * MINUTE


def test_turned_off_and_on_again_is_a_new_start(cast: Cast, clock: Clock) -> None:
    rule = ruled(cast)
    begun = begin(cast)
    clock.advance(seconds=10)
    edit(cast, rule)
    assert closes_at(begun) is None
    clock.advance(seconds=10)
    edit(cast, rule, options=Options(**THREE))
    assert closes_at(begun) is None
    clock.advance(days=1)
    assert swept() == []


def test_the_longest_time_in_force_since_our_message_counts(cast: Cast, clock: Clock) -> None:
    rule = ruled(cast)
    begun = begin(cast)
    wrote_at = clock.now()
    clock.advance(seconds=10)
    edit(cast, rule, options=Options(unheard_amount=1, unheard_unit="minutes"))
    assert closes_at(begun) == wrote_at + 3 * MINUTE
    clock.advance(seconds=10)
    say(cast, begun)
    assert closes_at(begun) == clock.now() + MINUTE


def test_opened_by_hand_it_has_no_clock_until_we_write(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    conversation = cast.write()
    close_by_hand(cast, conversation)
    clock.advance(seconds=10)
    reopen(cast, conversation)
    clock.advance(days=1)
    assert swept() == []
    say(cast, conversation)
    assert closes_at(conversation) == clock.now() + 3 * MINUTE


def test_writing_in_what_is_closed_begins_it(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    conversation = cast.write()
    close_by_hand(cast, conversation)
    clock.advance(seconds=10)
    say(cast, conversation)
    assert closes_at(conversation) == clock.now() + 3 * MINUTE


def test_what_the_contact_opened_is_never_one_of_them(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    begun = begin(cast)
    clock.advance(minutes=3)
    swept()
    clock.advance(seconds=1)
    cast.write()
    edit(cast, Rule.objects.get(), options=Options(**THREE, since="either"))
    say(cast, begun)
    assert fresh(begun).unheard_at is None


def test_whoever_never_wrote_waits_for_nothing(cast: Cast, clock: Clock) -> None:
    ruled(cast, **THREE, waiting="tell")
    begun = begin(cast)
    assert closes_at(begun) == clock.now() + 3 * MINUTE
    say(cast, begun, FLOW)
    clock.advance(minutes=3)
    assert swept() == [begun.pk]


def test_what_the_rule_spares_is_left_open_and_starts_anew_after(cast: Cast, clock: Clock) -> None:
    tag = tags.make(cast.workspace.pk, "vip")
    ruled(cast, **THREE, exempt_tags=[tag.pk])
    begun = begin(cast)
    tags.tag([begun.pk], [tag.pk], scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    clock.advance(minutes=3)
    assert swept() == []
    assert fresh(begun).withheld_for == "exempt"
    tags.untag([begun.pk], [tag.pk], scope=Scope(cast.workspace.pk))
    clock.advance(seconds=5)
    assert withholding.judge([(begun.pk, cast.chat.pk)]) == 1
    assert closes_at(begun) == clock.now() + 3 * MINUTE


def test_kept_open_it_starts_anew_when_that_ends(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    begun = begin(cast)
    ana: dict[str, Any] = {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}
    lifecycle.keep([begun.pk], **ana)
    say(cast, begun)
    clock.advance(days=1)
    assert swept() == []
    lifecycle.release([begun.pk], **ana, clock=coverage.clock)
    assert closes_at(begun) == clock.now() + 3 * MINUTE


def test_a_pause_puts_it_off(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    begun = begin(cast)
    clock.advance(seconds=10)
    pauses.pause(cast.workspace, by=cast.ana, why="Caída")
    clock.advance(minutes=10)
    assert swept() == []
    pauses.resume(cast.workspace, by=cast.ana)
    assert closes_at(begun) == clock.now() + 3 * MINUTE


def test_what_they_wrote_in_time_wins_though_it_waits_to_be_read(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    begun = begin(cast)
    clock.advance(seconds=100)
    written_at = clock.now()
    clock.advance(seconds=200)
    cast.write(received_at=written_at)
    assert closes_at(begun) == clock.now() + MINUTE
    assert swept() == []


def test_a_late_echo_counts_from_when_it_is_read(cast: Cast, clock: Clock) -> None:
    """Our own backlog closes nothing at once (closing N2)."""
    ruled(cast)
    stored_at = clock.now()
    clock.advance(hours=2)
    begun = cast.write("lia", "¿Seguimos?", echo=True, received_at=stored_at)
    assert closes_at(begun) == clock.now() + 3 * MINUTE
    assert swept() == []


def test_merged_with_one_whose_contact_wrote_it_is_none_of_them(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    theirs = cast.write("teo")
    clock.advance(seconds=10)
    begun = begin(cast)
    merge(theirs.contact_id, begun.contact_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    [left] = Conversation.objects.all()
    assert left.unheard_at is None
    assert closes_at(left) == clock.now() + 50 * MINUTE / 60


def test_merged_with_one_whose_contact_wrote_since_it_is_none_of_them(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    begun = begin(cast)
    clock.advance(seconds=10)
    theirs = cast.write("teo")
    close_by_hand(cast, theirs)
    merge(theirs.contact_id, begun.contact_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    [left] = Conversation.objects.all()
    assert (left.status, left.unheard_at, left.armed_at) == ("open", None, None)
    clock.advance(minutes=5)
    assert swept() == []


@pytest.mark.parametrize("is_on", [True, False])
def test_included_it_counts_as_if_they_had_written(cast: Cast, clock: Clock, is_on: bool) -> None:
    """Where it was merged with one whose contact had written long ago."""
    long_ago = cast.write("teo")
    close_by_hand(cast, long_ago)
    clock.advance(seconds=10)
    begun = begin(cast)
    clock.advance(seconds=10)
    merge(long_ago.contact_id, begun.contact_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    [left] = Conversation.objects.all()
    rule = ruled(cast) if is_on else ruled(cast, since=Since.CONTACT)
    swept()
    covers = coverage.clock([cast.chat.pk])
    included = lifecycle.include([left.pk], covers=covers)
    assert list(included.ids) == [left.pk]
    assert fresh(left).unheard_at is None
    assert closes_at(left) == clock.now() + MINUTE, rule


def test_an_inclusion_that_is_taken_back_leaves_what_we_began_anew(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    lia = cast.write()
    close_by_hand(cast, lia)
    Conversation.objects.filter(pk=lia.pk).update(included_at=clock.now())
    included_at = clock.now()
    clock.advance(seconds=10)
    say(cast, lia)
    assert closes_at(lia) == clock.now() + 3 * MINUTE
    assert lifecycle.exclude([lia.pk], included_at, 0, covers=coverage.clock([cast.chat.pk])) == []
    assert closes_at(lia) == clock.now() + 3 * MINUTE


def test_a_warning_that_is_not_shorter_than_its_time_is_not_said(cast: Cast, clock: Clock) -> None:
    """A rule of a day warns 40 minutes before; what nobody answered closes after 30 (closing N5)."""
    draft = rules.Draft(
        "Ventas", 1, "days", "Sin respuesta", [cast.chat.pk],
        options=Options(unheard_amount=30, unheard_unit="minutes"),
        courtesy=Courtesy((Before(40, Unit.MINUTES), Before(10, Unit.MINUTES)), {"es": "Cierra en {{time}}"}),
    )  # fmt: skip
    rules.save(cast.workspace, draft, by=cast.ana)
    begun = begin(cast)
    clock.advance(seconds=1)
    warnings.step()
    assert not Message.objects.filter(author_kind="system").exists()
    clock.advance(minutes=20)
    warnings.step()
    assert Message.objects.filter(conversation=begun, author_kind="system").count() == 1


def test_two_that_nobody_answered_are_one_that_nobody_answered(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    first = begin(cast, "teo")
    clock.advance(seconds=10)
    second = begin(cast)
    merge(first.contact_id, second.contact_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    assert closes_at(Conversation.objects.get()) == clock.now() + 3 * MINUTE


def test_writing_passes_no_gate(cast: Cast) -> None:
    """Whoever answers never waits for somebody who saves a rule."""
    ruled(cast)
    begun = begin(cast)
    with (
        CaptureQueriesContext(
            connection,
        ) as asked,
        transaction.atomic(),
    ):
        say(cast, begun)
    assert not [each["sql"] for each in asked.captured_queries if "advisory" in each["sql"]]


def test_the_preview_leaves_them_out(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    begin(cast)
    clock.advance(minutes=10)
    assert len(swept()) == 1
    scope, options = Scope.of(cast.ana), Options(**THREE)
    told = preview.look_back(cast.workspace, [cast.chat.pk], Stretch(60), scope=scope, options=options)
    assert told.closings == 0


def test_people_are_told_that_it_counts_from_our_message(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    begun = begin(cast)
    why = explain(fresh(begun))
    assert why.standing == standing.Standing.RUNS
    assert [start.counts_from for start in why.starts] == [clock.now()]
    with override("en"):
        told = explained.tell(why)
    said = " ".join(step.text for step in told.steps) + told.ends
    assert "We wrote, and lia has not written since it was opened: the clock counts from here." in said
    assert "After 3 minutes without lia answering our last message" in said
    assert "Each message of ours starts it anew." in said
    clock.advance(minutes=3)
    swept()
    with override("en"):
        steps = " ".join(step.text for step in explained.tell(explain(fresh(begun))).steps)
    assert "nobody answered for 3 minutes after our last message" in steps


def test_why_names_our_message_though_its_row_is_a_moment_younger(cast: Cast, clock: Clock) -> None:
    """An echo is joined at an instant that was read before its row was written."""
    ruled(cast)
    begun = begin(cast)
    Message.objects.filter(conversation=begun).update(created_at=clock.now() + timedelta(milliseconds=27))
    [start] = explain(fresh(begun)).starts
    assert (start.message, start.is_ours) == (Message.objects.get(), True)


def test_its_chip_shows_in_the_last_quarter_of_its_own_time(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    begun = begin(cast)
    sweep.sweep()

    def near(at: datetime) -> bool:
        return Conversation.objects.filter(soon.near(coverage.clocks(cast.workspace.pk), at), pk=begun.pk).exists()

    assert not near(clock.now() + timedelta(seconds=130))
    assert near(clock.now() + timedelta(seconds=136))


def test_taken_back_it_goes_on_where_it_still_has_time(cast: Cast, clock: Clock) -> None:
    """Undone as when an agent opens it, it waits for our next message (closing U3)."""
    ruled(cast)
    begun = begin(cast)
    clock.advance(minutes=3)
    swept()
    tell = coverage.deadlines([cast.chat.pk])
    closure, row = Closure.objects.get(), fresh(begun)
    assert closure.armed_at is not None
    assert row.unheard_at == closure.armed_at
    assert tell(cast.chat.pk, closure.armed_at, None, row.unheard_at) == (closure.armed_at, closure.deadline)


# On screen and for programs


def card(**changes: Any) -> dict[str, Any]:
    said = {"active": "on", "name": "Ventas", "reason": "Sin respuesta", "amount": "90", "unit": "minutes"}
    return {**said, "unheard_amount": "3", "unheard_unit": "days", **changes}


def test_the_card_saves_it_and_says_what_it_does(cast: Cast, client: Client) -> None:
    client.force_login(cast.ana)
    assert client.post("/settings/closing/rules", card(account_ids=str(cast.chat.pk))).status_code == 302
    rule = Rule.objects.get()
    assert (rule.unheard_amount, rule.unheard_unit, rule.times.get().unheard_seconds) == (3, "days", 3 * 86_400)
    page = client.get("/settings/closing", headers={"accept-language": "en"}).content.decode()
    assert 'name="unheard_amount" value="3"' in page


@pytest.mark.parametrize("amount", ["0", "1.5", "-1", "366", "tres"])
def test_a_time_that_is_none_is_refused_beside_it(cast: Cast, client: Client, amount: str) -> None:
    client.force_login(cast.ana)
    said = client.post("/settings/closing/rules", card(account_ids=str(cast.chat.pk), unheard_amount=amount))
    assert said.status_code == 422
    assert "unheard_amount_error" in said.content.decode()
    assert not Rule.objects.exists()


def test_left_blank_it_is_off(cast: Cast, client: Client) -> None:
    client.force_login(cast.ana)
    client.post("/settings/closing/rules", card(account_ids=str(cast.chat.pk), unheard_amount=" "))
    rule = Rule.objects.get()
    assert (rule.unheard_amount, rule.unheard_unit) == (None, "")


def test_history_begins_nothing(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    told = Inbound(cast.chat.pk, "h1", ("visitor", "lia"), text="Hola", echo=True, history=True)
    lifecycle.receive([told], clock=coverage.clock)
    assert Conversation.objects.get().unheard_at is None


# Together with the sweep


@pytest.mark.django_db(transaction=True)
def test_a_message_of_ours_in_the_middle_of_a_sweep_is_seen_or_waited_for(cast: Cast, clock: Clock) -> None:
    """Whichever locks the conversation first, the other sees what it did."""
    clock.reset()
    ruled(cast)
    begun = begin(cast)
    long_ago = "2026-01-01T00:00Z"
    Conversation.objects.update(armed_at=long_ago, look_at=long_ago, unheard_at=long_ago)
    Rule.objects.get().coverage.update(covered_since="2025-01-01T00:00Z")
    with connection.cursor() as cursor:
        cursor.execute("update account set connected_at = '2025-01-01'")
        cursor.execute("update workspace set entitled_since = '2025-01-01'")

    def sweeps() -> None:
        sweep.sweep()
        connection.close()

    with transaction.atomic():
        say(cast, begun)
        thread = threading.Thread(target=sweeps)
        thread.start()
        thread.join(0.5)
        assert fresh(begun).status == "open"
    thread.join(20)
    sweep.sweep()
    assert fresh(begun).status == "open", "it closed though we had just written"
    assert (closes_at(begun) or clock.now()) > clock.now()


@pytest.mark.django_db(transaction=True)
def test_saving_a_rule_holds_nobody_up_who_writes(cast: Cast, clock: Clock) -> None:
    clock.reset()
    rule = ruled(cast)
    begun = begin(cast)
    done: list[bool] = []

    def writes() -> None:
        say(cast, begun)
        done.append(True)
        connection.close()

    with transaction.atomic():
        gate.enter_alone([cast.chat.pk])
        edit(cast, rule, reason="Otra")
        thread = threading.Thread(target=writes)
        thread.start()
        thread.join(20)
        assert done == [True]
