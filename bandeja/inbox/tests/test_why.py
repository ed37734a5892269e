"""Why a conversation closes by itself, or does not, or did: the sentences, through their address."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bandeja.channels import accounts
from bandeja.channels.models import Health
from bandeja.closing import coverage, pauses, rules
from bandeja.closing.models import Setback
from bandeja.closing.tests.deeds import close_by_hand, edit, reopen, store, swept
from bandeja.conversations import contacts, lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Annotation, Conversation, Message
from bandeja.conversations.scope import Scope
from bandeja.inbox.tests.browser import Browser
from bandeja.intake import drain
from bandeja.people.models import Plan
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> None:
    clock.set(NOON)


def why(browser: Browser, conversation: Conversation) -> str:
    return browser.see(f"/inbox/{conversation.pk}/why")


def test_one_that_runs_tells_its_message_its_rule_and_its_end(cast: Cast, ana: Browser, clock: Clock) -> None:
    cast.rule(name="Ventas", amount=5, reason="Sin respuesta")
    clock.advance(seconds=10)
    lia = cast.write("Lía", "¿Siguen ahí?")
    told = why(ana, lia)
    assert "It closes by itself" in told
    assert "In 5:00 , if Lía does not write" in told
    assert "The rule “Ventas” began to cover Chat web." in told
    assert "Lía wrote: the clock started, and counts from here." in told
    assert "“¿Siguen ahí?”" in told
    assert "After 5 minutes without Lía writing, it closes with the reason “Sin respuesta”." in told
    assert "1 · Ana, " in told
    clock.advance(seconds=10)
    cast.write("Lía", "Bueno")
    told = why(ana, lia)
    assert "Lía wrote: the clock started. “¿Siguen ahí?”" in told
    assert "Lía wrote again: the clock started anew, and counts from here. “Bueno”" in told


def test_many_messages_are_counted_but_the_latest(cast: Cast, ana: Browser, clock: Clock) -> None:
    cast.rule(amount=5)
    for number in range(6):
        lia = cast.write("Lía", f"mensaje {number}")
        clock.advance(seconds=1)
    told = why(ana, lia)
    assert "Lía wrote 3 messages before that: each started the clock anew." in told
    assert "mensaje 2" not in told
    assert told.index("mensaje 3") < told.index("mensaje 4") < told.index("mensaje 5")


def test_a_message_that_was_taken_back_is_not_quoted(cast: Cast, ana: Browser) -> None:
    cast.rule(amount=5)
    lia = cast.write("Lía", "Mi clave es 1234")
    message = Message.objects.get()
    Annotation.objects.create(
        workspace_id=cast.workspace.pk, account_id=message.account_id, external_id="u1",
        target=message.external_id or "", kind="unsend", at=NOON,
    )  # fmt: skip
    assert "1234" not in why(ana, lia)


def test_a_time_kept_longer_by_an_earlier_one_says_so(cast: Cast, ana: Browser, clock: Clock) -> None:
    """closing R8"""
    rule = cast.rule(amount=2, unit="hours")
    lia = cast.write("Lía")
    clock.advance(seconds=1)
    edit(cast, rule, amount=1, unit="minutes")
    told = why(ana, lia)
    assert "The rule's time went from 2 hours to 1 minute. Running clocks keep the longer one." in told
    assert "In 1 h 59 min , if Lía does not write" in told
    assert "That of Ana, " in told
    assert "(version 2)" in told


def test_what_keeps_it_open_is_said(cast: Cast, ana: Browser, clock: Clock) -> None:
    """closing R5 to R7, R10, C6"""
    lia = cast.write("Lía")
    assert "No closing rule has Chat web." in why(ana, lia)
    clock.advance(seconds=1)
    rule = cast.rule(name="Ventas")
    told = why(ana, lia)
    assert "It does not close by itself" in told
    assert "Rules do not look back" in told
    clock.advance(seconds=1)
    cast.write("Lía")
    close_by_hand(cast, lia)
    clock.advance(seconds=1)
    reopen(cast, lia)
    assert "Ana opened it again. That starts no clock." in why(ana, lia)
    clock.advance(seconds=1)
    cast.write("Lía")
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    told = why(ana, lia)
    assert "Chat web is in the rule “Ventas”, which is off." in told
    assert "That clock is void: cover was interrupted since." in told
    accounts.disconnect(cast.chat)
    assert "Chat web was disconnected: no rule acts on it." in why(ana, lia)
    coverage.entitle(cast.workspace, plan=Plan.BASIC, addons=[])
    assert "The plan has no closing rules now" in why(ana, lia)


def test_a_blocked_contact_starts_no_clock(cast: Cast, ana: Browser, clock: Clock) -> None:
    """closing C4"""
    lia = cast.write("Lía")
    clock.advance(seconds=1)
    cast.rule()
    contacts.block(lia.contact_id, by=Actor.agent(cast.ana))
    assert "The contact is blocked: what they write starts no clock." in why(ana, lia)
    close_by_hand(cast, lia)
    assert "The contact is blocked: what they write opens nothing." in why(ana, lia)


def test_what_is_kept_open_promises_a_clock_only_where_one_will_start(cast: Cast, ana: Browser, clock: Clock) -> None:
    """closing C9"""
    lia = cast.write("Lía")
    lifecycle.keep([lia.pk], scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    assert "When that ends, no clock starts by itself." in why(ana, lia)
    clock.advance(seconds=1)
    cast.rule()
    assert "When that ends, no clock starts by itself." in why(ana, lia)
    clock.advance(seconds=1)
    cast.write("Lía")
    assert "When that ends, the clock starts anew with its whole time." in why(ana, lia)


def test_one_whose_time_is_over_says_what_it_waits_for(cast: Cast, ana: Browser, clock: Clock) -> None:
    """closing C8, D6"""
    cast.rule()
    lia = cast.write("Lía")
    clock.advance(seconds=59)
    store(cast.chat, "Espera")
    clock.advance(seconds=1)
    told = why(ana, lia)
    assert "Its time is over" in told
    assert "A delivery that came then waits to be read" in told
    drain.step()
    clock.advance(minutes=1)
    assert "It closes with the next pass" in why(ana, lia)
    Setback.objects.create(conversation_id=lia.pk, workspace_id=cast.workspace.pk, error="boom", at=NOON)
    told = why(ana, lia)
    assert "It could not be closed and stepped aside, 1 time so far." in told
    assert "boom" not in told


def test_a_message_read_too_late_says_from_when_it_counts(cast: Cast, ana: Browser, clock: Clock) -> None:
    """closing C1"""
    cast.rule()
    store(cast.chat, "Hola")
    clock.advance(minutes=5)
    drain.step()
    assert "was read only now, when its time was over" in why(ana, Conversation.objects.get())


def test_a_closed_one_says_how_it_closed_and_how_late(cast: Cast, ana: Browser, clock: Clock) -> None:
    cast.rule(name="Ventas", reason="Sin respuesta")
    lia = cast.write("Lía")
    clock.advance(seconds=60.25)
    assert swept() == [lia.pk]
    told = why(ana, lia)
    assert "It is closed" in told
    assert "Its time was over: 1 minute." in told
    assert "Closed by the rule “Ventas” after 1 minute without the contact writing · Sin respuesta" in told
    assert "It closed 0.25 s after its time was over." in told
    reopen(cast, lia)
    close_by_hand(cast, lia, reason="Ya está")
    assert "Ana closed it · Ya está" in why(ana, lia)


def test_it_is_told_to_whoever_may_see_the_conversation_and_to_nobody_else(
    cast: Cast, carla: Cast, ana: Browser, bruno: Browser
) -> None:
    lia = cast.write("Lía")
    address = f"/inbox/{lia.pk}/why"
    assert ana.get(address).status_code == 200
    assert ana.page(address).status_code == 200
    assert Browser(carla.ana).get(address).status_code == 404
    assert ana.post(address).status_code == 405
    Conversation.objects.filter(pk=lia.pk).update(owner=cast.ana)
    assert bruno.get(address).status_code == 404


def test_from_there_it_can_be_closed_now(cast: Cast, ana: Browser) -> None:
    cast.rule()
    lia = cast.write("Lía")
    html = ana.get(f"/inbox/{lia.pk}/why").content.decode()
    lia.refresh_from_db()
    assert f"/inbox/{lia.pk}/closure?seen={lia.last_inbound_id}" in html
    close_by_hand(cast, lia)
    assert "/closure" not in ana.get(f"/inbox/{lia.pk}/why").content.decode()


def test_one_that_is_kept_open_says_who_keeps_it_and_then_that_the_clock_started_anew(
    cast: Cast, ana: Browser, clock: Clock
) -> None:
    """closing C9"""
    cast.rule(amount=5)
    lia = cast.write("Lía")
    ana.post(f"/inbox/{lia.pk}/keeping", reason="Espera su pedido")
    told = why(ana, lia)
    assert "It is kept open" in told
    assert "Ana keeps it open · Espera su pedido" in told
    assert "Meanwhile no rule closes it." in told
    clock.advance(minutes=9)
    ana.delete(f"/inbox/{lia.pk}/keeping")
    told = why(ana, lia)
    assert "Ana lets it close again: the clock started anew, with its whole time." in told
    assert "In 5:00 , if Lía does not write" in told


def test_one_that_is_paused_says_who_paused_it_and_then_that_the_clock_started_anew(
    cast: Cast, ana: Browser, clock: Clock
) -> None:
    """closing H1 to H3"""
    cast.rule(amount=10)
    lia = cast.write("lia")
    pauses.pause(cast.workspace, by=cast.ana, why="Se cayó la línea")
    story = why(ana, lia)
    assert "Ana paused closing on all accounts: “Se cayó la línea”." in story
    assert "Its time is over then. While closing is paused it does not close." in story
    assert "If the pause ends before that, the clock goes on as it was." in story
    clock.advance(minutes=20)
    story = why(ana, lia)
    assert "Its time was over, and it was not closed." in story
    assert "When the pause ends, the clock starts anew with its whole time" in story
    pauses.resume(cast.workspace, by=cast.ana)
    story = why(ana, lia)
    assert "Ana had paused closing since" in story
    assert "By its end the time was over: the clock started anew, with its whole time." in story
    assert "After 10 minutes without lia writing, it closes" in story


def test_one_on_an_account_with_a_fault_says_so(cast: Cast, ana: Browser, clock: Clock) -> None:
    """closing H4"""
    cast.rule(amount=10)
    lia = cast.write("lia")
    Health.objects.create(account=cast.chat, is_subscribed=False)
    pauses.follow()
    assert "Chat web is disconnected by a fault: closing is paused on it while that lasts." in why(ana, lia)
    clock.advance(minutes=20)
    Health.objects.update(is_subscribed=True)
    pauses.follow()
    assert "Chat web was disconnected by a fault since" in why(ana, lia)
