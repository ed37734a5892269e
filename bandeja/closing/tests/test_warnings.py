"""Warnings before a rule closes: who is told, when, once, and when nobody is (closing W1 to W5)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from bandeja.channels import accounts, registry
from bandeja.channels.models import Account, ChannelKey
from bandeja.closing import pauses, rules, warnings
from bandeja.closing.courtesy import Before, Courtesy
from bandeja.closing.models import Rule, Sweeping, Unit, Warned
from bandeja.closing.options import Options
from bandeja.closing.tests.deeds import close_by_hand, closes_at, store, swept
from bandeja.conversations import contacts, lifecycle, tags
from bandeja.conversations.actor import FLOW, Actor
from bandeja.conversations.models import Conversation, Direction, Event, EventKind, Message
from bandeja.conversations.scope import Scope
from bandeja.intake import drain
from bandeja.people.models import Workspace
from tests.cast import Cast, make_cast
from tests.clock import Clock
from tests.lines import FakeSender

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HALF_HOUR = Before(30, Unit.MINUTES)
ASKS = {"es": "¿Seguimos? Cerraremos en {{tiempo}}."}


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def cast(noon: datetime, cast: Cast) -> Cast:
    """The cast, from noon on."""
    return cast


def ruled(
    cast: Cast, *before: Before, account: Account | None = None, rule: Rule | None = None, amount: int = 2,
    texts: dict[str, str] = ASKS, **options: Any,
) -> Rule:  # fmt: skip
    """A rule of two hours, on the web chat when nothing is named, that warns half an hour before its end."""
    courtesy = Courtesy(before or (HALF_HOUR,), texts)
    draft = rules.Draft(
        "Ventas", amount, "hours", "Sin respuesta", [(account or cast.chat).pk], options=Options(**options),
        courtesy=courtesy,
    )  # fmt: skip
    return rules.save(cast.workspace, draft, by=cast.ana, rule_id=rule.pk if rule else None)


def warned() -> int:
    """Warn until nobody is left to; answers how often."""
    done = 0
    while count := warnings.step().warned:
        done += count
    return done


def said(conversation: Conversation) -> list[str]:
    """What the system wrote in it, in order."""
    return list(conversation.messages.filter(author_kind="system").order_by("pk").values_list("text", flat=True))


def noted(conversation: Conversation) -> list[dict[str, Any]]:
    return list(conversation.events.filter(kind=EventKind.MESSAGE_WITHHELD).values_list("data", flat=True))


@pytest.fixture
def number(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Account:
    """A WhatsApp number, whose channel lets us write freely for a day."""
    monkeypatch.setitem(registry.SENDERS, "whatsapp", FakeSender())
    return accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Ventas", external_id="111", token="secreto")


# When, and what


def test_a_contact_is_warned_with_the_time_that_is_left(cast: Cast, clock: Clock) -> None:
    rule = ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 90 * MINUTE - timedelta(microseconds=1))
    assert warned() == 0
    clock.set(NOON + 90 * MINUTE)
    assert warned() == 1
    message = lia.messages.get(direction=Direction.OUT)
    assert message.text == "¿Seguimos? Cerraremos en 30 minutos."
    assert (message.author_kind, message.author_id, message.data["closing"]) == ("system", None, "warning")
    assert warned() == 0
    clock.set(NOON + 120 * MINUTE)
    assert swept() == [lia.pk]
    assert lia.closures.get().rule_id == rule.pk


def test_a_warning_moves_no_clock_reads_nothing_and_answers_nobody(cast: Cast, clock: Clock) -> None:
    """closing C2, D3, G1: also where the rule counts answers, for a machine gives none."""
    ruled(cast, since="either", waiting="close")
    lia = cast.write("lia")
    before = Conversation.objects.values("armed_at", "look_at", "unread", "status", "answered_at").get(pk=lia.pk)
    clock.set(NOON + 95 * MINUTE)
    assert warned() == 1
    after = Conversation.objects.values("armed_at", "look_at", "unread", "status", "answered_at").get(pk=lia.pk)
    assert after == before
    assert closes_at(lia) == NOON + 120 * MINUTE


def test_nobody_is_warned_by_a_rule_that_does_not_say_so(cast: Cast, clock: Clock) -> None:
    cast.rule()
    lia = cast.write("lia")
    clock.advance(seconds=50)
    assert warned() == 0
    assert said(lia) == []


@pytest.mark.parametrize(("late", "told"), [(0, "30 minutos"), (7, "23 minutos"), (15, "15 minutos"), (16, "")])
def test_a_late_worker_tells_the_time_that_is_left_and_no_stale_warning(
    cast: Cast, clock: Clock, late: int, told: str
) -> None:
    """closing W4: with less than half of the announced time left nobody is warned."""
    ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + (90 + late) * MINUTE)
    assert warned() == bool(told)
    assert said(lia) == ([f"¿Seguimos? Cerraremos en {told}."] if told else [])


def test_nobody_is_warned_of_what_is_due_already(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 120 * MINUTE)
    assert warned() == 0
    clock.advance(hours=5)
    assert warned() == 0
    assert said(lia) == []


def test_two_warnings_go_out_each_in_its_turn(cast: Cast, clock: Clock) -> None:
    ruled(cast, Before(1, Unit.HOURS), Before(10, Unit.MINUTES))
    lia = cast.write("lia")
    for minutes in range(121):
        clock.set(NOON + minutes * MINUTE)
        warned()
    assert [text.partition(" en ")[2] for text in said(lia)] == ["1 hora.", "10 minutos."]


def test_of_two_that_came_due_while_no_worker_ran_the_last_goes_out(cast: Cast, clock: Clock) -> None:
    ruled(cast, Before(40, Unit.MINUTES), Before(30, Unit.MINUTES))
    lia = cast.write("lia")
    clock.set(NOON + 95 * MINUTE)
    assert warned() == 1
    assert said(lia) == ["¿Seguimos? Cerraremos en 25 minutos."]


# What cancels it


def test_whoever_writes_before_it_is_not_warned_until_their_new_clock_says_so(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 89 * MINUTE)
    cast.write("lia", "Sigo aquí")
    clock.set(NOON + 90 * MINUTE)
    assert warned() == 0
    clock.set(NOON + (89 + 90) * MINUTE)
    assert warned() == 1
    assert len(said(lia)) == 1


def test_whoever_writes_after_it_is_warned_again_when_that_clock_runs_out(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 90 * MINUTE)
    assert warned() == 1
    clock.set(NOON + 100 * MINUTE)
    cast.write("lia", "Sí")
    assert warned() == 0
    clock.set(NOON + 190 * MINUTE)
    assert warned() == 1
    assert len(said(lia)) == 2


def test_a_message_that_waits_to_be_read_is_not_answered_with_a_warning(cast: Cast, clock: Clock) -> None:
    """closing W3, C8: whatever is stored and not read yet may be their own word."""
    ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 90 * MINUTE)
    store(cast.chat, "Sigo aquí")
    looked = warnings.step()
    assert (looked.count, looked.next_in) == (0, warnings.SOON)
    assert drain.step()
    assert warned() == 0
    assert said(lia) == []


def test_an_account_that_is_never_idle_holds_no_warning_back_for_long(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 90 * MINUTE)
    store(cast.chat, "Otra", who="teo", received_at=NOON + 90 * MINUTE + timedelta(seconds=11))
    clock.advance(seconds=11)
    assert warned() == 1
    assert said(lia) == ["¿Seguimos? Cerraremos en 30 minutos."]


def test_a_warning_that_comes_late_waits_for_what_was_received_meanwhile(cast: Cast, clock: Clock) -> None:
    """closing W3: a worker began again, and their answer was stored while none read it."""
    ruled(cast)
    lia = cast.write("lia")
    store(cast.chat, "Sigo aquí", received_at=NOON + 92 * MINUTE)
    clock.set(NOON + 94 * MINUTE)
    assert warned() == 0
    assert drain.step()
    assert (warned(), said(lia)) == (0, [])


def test_those_who_have_to_wait_hold_up_no_other_account(
    cast: Cast, number: Account, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """closing W3: more of them than a step warns."""
    monkeypatch.setattr(warnings, "BATCH", 2)
    draft = rules.Draft(
        "Ventas", 2, "hours", "Sin respuesta", [cast.chat.pk, number.pk], courtesy=Courtesy((HALF_HOUR,), ASKS)
    )
    rules.save(cast.workspace, draft, by=cast.ana)
    waits = [cast.write(who) for who in ("lia", "teo", "noa")]
    clock.advance(seconds=1)
    free = cast.write("zoe", account=number)
    Conversation.objects.filter(pk=free.pk).update(window_at=NOON, address="wa_id:zoe")
    clock.set(NOON + 91 * MINUTE)
    store(cast.chat, "Sigo aquí", received_at=NOON + 89 * MINUTE)
    assert warned() == 1
    assert free.messages.filter(author_kind="system").exists()
    assert not any(said(each) for each in waits)


@pytest.mark.parametrize("how", ["closed", "kept", "blocked", "tagged", "waiting"])
def test_what_would_not_close_is_not_warned_of(cast: Cast, clock: Clock, how: str) -> None:
    """closing W3: by hand, C9, G2, G3; and nobody is written to who is blocked."""
    tag = tags.make(cast.workspace.pk, "VIP")
    ruled(cast, exempt_tags=[tag.pk] if how == "tagged" else [], waiting="tell" if how == "waiting" else "close")
    lia = cast.write("lia")
    by: dict[str, Any] = {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}
    if how == "closed":
        close_by_hand(cast, lia)
    elif how == "kept":
        lifecycle.keep([lia.pk], **by)
    elif how == "blocked":
        contacts.block(lia.contact_id, by=by["by"])
    elif how == "tagged":
        tags.tag([lia.pk], [tag.pk], **by)
    clock.set(NOON + 95 * MINUTE)
    assert warned() == 0
    assert (said(lia), noted(lia)) == ([], [])


def test_nobody_is_warned_in_a_pause_and_its_end_is_a_new_clock(cast: Cast, clock: Clock) -> None:
    """closing H2, H3: what had run out by then starts anew, and is warned of anew."""
    ruled(cast)
    lia, teo = cast.write("lia"), cast.write("teo", received_at=NOON - MINUTE, at=NOON)
    clock.set(NOON + 90 * MINUTE)
    assert warned() == 1
    pauses.pause(cast.workspace, by=cast.ana, why="Se cayó la línea")
    clock.set(NOON + 95 * MINUTE)
    assert warned() == 0
    clock.set(NOON + 130 * MINUTE)
    pauses.resume(cast.workspace, by=cast.ana)
    assert warned() == 0
    clock.set(NOON + (130 + 90) * MINUTE)
    assert warned() == 1
    assert (len(said(lia)), said(teo)) == (2, [])


def test_after_an_outage_of_ours_nobody_is_warned_while_nothing_closes(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 90 * MINUTE)
    resumes_at = clock.now() + 5 * MINUTE
    Sweeping.objects.create(ran_at=clock.now(), stopped_at=NOON, resumes_at=resumes_at)
    looked = warnings.step()
    assert (looked.count, looked.next_in) == (0, 300)
    clock.set(resumes_at)
    assert warned() == 1
    assert said(lia) == ["¿Seguimos? Cerraremos en 25 minutos."]


def test_nobody_is_warned_before_the_sweep_has_seen_that_it_stood_still(cast: Cast, clock: Clock) -> None:
    """closing W4, H5: a worker that begins runs both at once."""
    ruled(cast)
    cast.write("lia")
    Sweeping.objects.create(ran_at=NOON)
    clock.set(NOON + 90 * MINUTE)
    assert warnings.step() == warnings.Looked(next_in=warnings.SOON)


@pytest.mark.parametrize("how", ["off", "deleted", "disconnected", "plan", "moved"])
def test_without_cover_nobody_is_warned(cast: Cast, clock: Clock, how: str) -> None:
    """closing R5, R7, R10."""
    rule = ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 80 * MINUTE)
    if how == "off":
        rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    elif how == "deleted":
        rules.delete(rule.pk, workspace=cast.workspace, by=cast.ana)
    elif how == "disconnected":
        accounts.disconnect(cast.chat)
    elif how == "plan":
        Workspace.objects.filter(pk=cast.workspace.pk).update(entitled_since=None)
    else:
        ruled(cast, account=accounts.connect(cast.workspace, ChannelKey.WEBCHAT, name="Otro"), rule=rule)
    clock.set(NOON + 95 * MINUTE)
    assert warned() == 0
    assert said(lia) == []


# Rules that change


def test_a_longer_time_puts_the_warning_off_and_one_that_was_sent_is_not_sent_again(cast: Cast, clock: Clock) -> None:
    """closing R8, W3: of one clock there is one, whenever it runs out by then."""
    rule = ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 80 * MINUTE)
    teo = cast.write("teo")
    clock.set(NOON + 90 * MINUTE)
    assert warned() == 1
    ruled(cast, rule=rule, amount=5)
    clock.set(NOON + (80 + 90) * MINUTE)
    assert warned() == 0
    for minutes in (270, 80 + 270):
        clock.set(NOON + minutes * MINUTE)
        warned()
    assert (len(said(lia)), said(teo)) == (1, ["¿Seguimos? Cerraremos en 30 minutos."])


def test_what_a_rule_says_by_then_is_what_is_sent(cast: Cast, clock: Clock) -> None:
    rule = ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 100 * MINUTE)
    ruled(cast, Before(15, Unit.MINUTES), rule=rule, texts={"es": "Nos vamos en {{ time }}"})
    assert warned() == 0
    clock.set(NOON + 105 * MINUTE)
    assert warned() == 1
    assert said(lia) == ["Nos vamos en 15 minutos"]


def test_a_second_warning_that_is_added_is_not_sent_right_after_the_first(cast: Cast, clock: Clock) -> None:
    rule = ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 90 * MINUTE)
    assert warned() == 1
    ruled(cast, Before(1, Unit.HOURS), HALF_HOUR, rule=rule)
    clock.set(NOON + 92 * MINUTE)
    assert warned() == 0
    assert len(said(lia)) == 1


def test_our_answer_is_a_new_start_where_the_rule_counts_it(cast: Cast, clock: Clock) -> None:
    """closing G1, W3: what was said of the time before is not true any more."""
    ruled(cast, since="either")
    lia = cast.write("lia")
    clock.set(NOON + 90 * MINUTE)
    assert warned() == 1
    clock.set(NOON + 100 * MINUTE)
    lifecycle.reply(lia.pk, "Voy", scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    lifecycle.reply(lia.pk, "Hola", scope=Scope.of(cast.ana), by=FLOW)
    clock.set(NOON + 110 * MINUTE)
    assert warned() == 0
    clock.set(NOON + 190 * MINUTE)
    assert warned() == 1


# The channel


def test_where_the_window_is_closed_nothing_is_sent_and_the_thread_says_so_once(
    cast: Cast, number: Account, clock: Clock
) -> None:
    rule = ruled(cast, Before(2, Unit.HOURS), HALF_HOUR, account=number, amount=30)
    lia = cast.write("lia", account=number)
    Conversation.objects.filter(pk=lia.pk).update(window_at=NOON, address="wa_id:lia")
    for hours in (28, 29.5, 29.6):
        clock.set(NOON + timedelta(hours=hours))
        warned()
    assert said(lia) == []
    assert noted(lia) == [{"what": "warning", "why": "window", "rule": rule.pk, "rule_name": "Ventas"}]
    clock.set(NOON + timedelta(hours=30))
    assert swept() == [lia.pk]


def test_within_the_window_it_is_queued_for_the_channel(cast: Cast, number: Account, clock: Clock) -> None:
    ruled(cast, account=number, texts={"es": "Cerramos en {{time}}"})
    lia = cast.write("lia", account=number)
    Conversation.objects.filter(pk=lia.pk).update(window_at=NOON, address="wa_id:lia")
    clock.set(NOON + 90 * MINUTE)
    assert warned() == 1
    messages = list(lia.messages.filter(direction=Direction.OUT).order_by("pk"))
    assert "".join(each.text for each in messages) == "Cerramos en 30 minutos"
    assert {each.state for each in messages} == {"queued"}


def test_a_web_chat_is_warned_in_its_own_language(cast: Cast, clock: Clock) -> None:
    Account.objects.filter(pk=cast.chat.pk).update(config={"language": "pt-br"})
    ruled(cast, texts={**ASKS, "pt-br": "Vamos encerrar em {{tempo}}."})
    lia = cast.write("lia")
    clock.set(NOON + 90 * MINUTE)
    assert warned() == 1
    assert said(lia) == ["Vamos encerrar em 30 minutos."]


def test_a_language_without_a_text_gets_the_workspaces(cast: Cast, clock: Clock) -> None:
    Account.objects.filter(pk=cast.chat.pk).update(config={"language": "en"})
    ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 90 * MINUTE)
    assert warned() == 1
    assert said(lia) == ["¿Seguimos? Cerraremos en 30 minutos."]


# Many at once, and whatever is killed


def test_each_workspace_warns_by_its_own_rules(cast: Cast, carla: Cast, clock: Clock) -> None:
    ruled(cast)
    lia, theirs = cast.write("lia"), carla.write("lia")
    clock.set(NOON + 90 * MINUTE)
    assert warned() == 1
    assert (len(said(lia)), said(theirs)) == (1, [])
    assert set(Event.objects.filter(actor_kind="system").values_list("workspace_id", flat=True)) == {
        cast.workspace.pk
    }


def test_one_that_fails_delays_no_other_and_is_tried_again(
    cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruled(cast)
    lia, teo = cast.write("lia"), cast.write("teo")
    clock.set(NOON + 90 * MINUTE)
    reply = lifecycle.reply

    def failing(pk: int, *said: Any, **more: Any) -> Any:
        if pk == lia.pk:
            raise DatabaseError("broken")
        return reply(pk, *said, **more)

    with monkeypatch.context() as broken:
        broken.setattr(lifecycle, "reply", failing)
        assert warned() == 1
    assert (said(lia), len(said(teo))) == ([], 1)
    assert not Warned.objects.filter(pk=lia.pk).exists()
    assert warned() == 1
    assert len(said(lia)) == 1


def test_what_is_killed_after_it_wrote_has_written_nothing(
    cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 90 * MINUTE)

    class Killed(BaseException):
        pass

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(warnings, "_write_down", killed)
        with pytest.raises(Killed), transaction.atomic():
            warnings.step()
    assert said(lia) == []
    assert warned() == 1
    assert len(said(lia)) == 1


def test_what_was_warned_of_is_forgotten_once_its_clock_runs_no_more(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    lia, teo = cast.write("lia"), cast.write("teo")
    clock.set(NOON + 90 * MINUTE)
    assert warned() == 2
    close_by_hand(cast, lia)
    clock.set(NOON + timedelta(days=9))
    assert warnings.prune() == 1
    assert list(Warned.objects.values_list("pk", flat=True)) == [teo.pk]
    Conversation.objects.filter(pk=teo.pk).delete()
    assert (warnings.prune(), Warned.objects.exists()) == (1, False)


def test_a_closing_that_is_taken_back_is_not_warned_of_again(cast: Cast, clock: Clock) -> None:
    """closing U3: its clock runs on as if it had never been closed."""
    ruled(cast)
    lia = cast.write("lia")
    clock.set(NOON + 90 * MINUTE)
    assert warned() == 1
    armed = Conversation.objects.values("armed_at", "look_at").get(pk=lia.pk)
    close_by_hand(cast, lia)
    Conversation.objects.filter(pk=lia.pk).update(status="open", closed_at=None, **armed)
    clock.set(NOON + 92 * MINUTE)
    assert warned() == 0


@pytest.fixture
def shop(transactional_db: None) -> Cast:
    """A workspace in a database that others see as well, at the time of day."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('bandeja.now', '', false)")
    return make_cast("Tienda", "ana@tienda.example", "bruno@tienda.example")


def together(*deeds: Any) -> list[Any]:
    """Do these at once, each on a connection of its own."""
    start, answers = threading.Barrier(len(deeds)), [None] * len(deeds)

    def do(position: int, deed: Any) -> None:
        try:
            start.wait(10)
            answers[position] = deed()
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def about_to_be_warned(shop: Cast, count: int) -> list[Conversation]:
    """Contacts whose half hour has just begun."""
    ruled(shop)
    theirs = [shop.write(f"c{n}") for n in range(count)]
    ago = "interval '91 minutes'"
    with connection.cursor() as cursor:
        cursor.execute(f"update coverage set covered_since = covered_since - {ago} * 2")
        cursor.execute(f"update account set connected_at = connected_at - {ago} * 2")
        cursor.execute(f"update workspace set entitled_since = entitled_since - {ago} * 2")
        cursor.execute(f"update conversation set armed_at = armed_at - {ago}, look_at = look_at - {ago}")
    return theirs


def test_four_workers_at_once_warn_each_once(shop: Cast) -> None:
    theirs = about_to_be_warned(shop, 12)
    assert sum(together(*[warned] * 4)) == 12
    assert [len(said(each)) for each in theirs] == [1] * 12
    assert warned() == 0


def test_whoever_writes_at_the_same_moment_is_warned_before_or_not_at_all(shop: Cast) -> None:
    """closing W3: the same row is locked by both; never after their word is joined."""
    theirs = about_to_be_warned(shop, 12)
    together(warned, *[lambda: [shop.write(f"c{n}", "Sigo aquí") for n in range(12)]])
    for each in theirs:
        messages = Message.objects.filter(conversation=each).order_by("pk")
        words = [(message.direction, message.author_kind) for message in messages]
        assert words in (
            [("in", "contact"), ("out", "system"), ("in", "contact")],
            [("in", "contact"), ("in", "contact")],
        )
    assert warned() == 0


def test_an_idle_step_says_when_the_next_may_be_due(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    assert warnings.step() == warnings.Looked()
    cast.write("lia")
    clock.advance(minutes=10)
    assert warnings.step() == warnings.Looked(next_in=80 * 60)
