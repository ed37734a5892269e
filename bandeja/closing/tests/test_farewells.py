"""What a contact is told once a rule has closed their conversation: at most once, and never before (closing W6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from bandeja.bulk import asking
from bandeja.channels import accounts, registry
from bandeja.channels.contract import Inbound
from bandeja.channels.models import Account, ChannelKey
from bandeja.closing import farewells, rules, sweep
from bandeja.closing.courtesy import Courtesy
from bandeja.closing.models import Farewell, Rule
from bandeja.closing.tests.deeds import close_by_hand, reopen, store, swept
from bandeja.closing.tests.test_warnings import noted, said, shop, together
from bandeja.conversations import contacts, events, lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.handle import handle_of
from bandeja.conversations.models import Cause, Conversation, EventKind
from bandeja.conversations.scope import Scope
from bandeja.flows.models import Run
from bandeja.inbox.ways import WAYS
from bandeja.intake import drain, own
from tests.cast import Cast
from tests.clock import Clock
from tests.lines import FakeSender

__all__ = ["shop"]

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BYE = {"es": "Cerramos por ahora. Escríbenos cuando quieras."}


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def cast(noon: datetime, cast: Cast) -> Cast:
    """The cast, from noon on."""
    return cast


def ruled(cast: Cast, account: Account | None = None, *, rule: Rule | None = None, **changes: Any) -> Rule:
    """A rule of one minute, on the web chat when nothing is named, that says good-bye."""
    values = {"courtesy": Courtesy(farewell=BYE), "reason": "Sin respuesta", **changes}
    draft = rules.Draft("Ventas", 1, "minutes", account_ids=[(account or cast.chat).pk], **values)
    return rules.save(cast.workspace, draft, by=cast.ana, rule_id=rule.pk if rule else None)


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def closed_by_rule(cast: Cast, clock: Clock, who: str = "lia", **more: Any) -> Conversation:
    conversation = cast.write(who, **more)
    clock.advance(minutes=1)
    assert conversation.pk in swept()
    return conversation


def test_a_contact_is_told_once_that_a_rule_closed_their_conversation(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    lia = closed_by_rule(cast, clock)
    before = (fresh(lia).closed_at, fresh(lia).unread, fresh(lia).owner_id)
    assert farewells.step() == 1
    assert said(lia) == [BYE["es"]]
    message = lia.messages.get(author_kind="system")
    assert (message.data["closing"], message.author_id) == ("farewell", None)
    assert (fresh(lia).closed_at, fresh(lia).unread, fresh(lia).owner_id) == before
    assert (fresh(lia).status, fresh(lia).armed_at, fresh(lia).answered_at) == ("closed", None, None)
    assert (farewells.step(), Farewell.objects.count()) == (0, 0)
    clock.advance(hours=1)
    assert (swept(), farewells.step(), len(said(lia))) == ([], 0, 1)


def test_a_rule_without_a_message_owes_none(cast: Cast, clock: Clock) -> None:
    ruled(cast, courtesy=Courtesy())
    lia = closed_by_rule(cast, clock)
    assert not Farewell.objects.exists()
    assert (farewells.step(), said(lia)) == (0, [])


@pytest.mark.parametrize("cause", [Cause.AGENT, Cause.BULK, Cause.API, Cause.FLOW])
def test_only_what_the_rule_closes_is_told(cast: Cast, cause: Cause) -> None:
    ruled(cast)
    lia = cast.write("lia")
    by = Actor.agent(cast.ana)
    lifecycle.close([lia.pk], scope=Scope.of(cast.ana), reason="Ya", cause=cause, by=by)
    assert (farewells.step(), said(lia)) == (0, [])


def test_whoever_answers_it_opens_the_conversation_as_always(cast: Cast, clock: Clock) -> None:
    """closing E1."""
    ruled(cast)
    lia = closed_by_rule(cast, clock)
    assert farewells.step() == 1
    clock.advance(seconds=5)
    cast.write("lia", "¡Gracias!")
    assert (fresh(lia).status, fresh(lia).armed_at) == ("open", clock.now())
    opened = lia.events.filter(kind=EventKind.CONVERSATION_OPENED).order_by("pk").last()
    assert opened is not None
    assert (opened.data["cause"], opened.data["reopened"]) == ("rule", True)


def test_it_starts_no_flow_and_opens_nothing_as_its_own_event_is_read(cast: Cast, clock: Clock) -> None:
    """closing E2, F3."""
    ruled(cast)
    lia = closed_by_rule(cast, clock)
    assert farewells.step() == 1
    events.publish()
    assert not Run.objects.exists()
    assert fresh(lia).status == "closed"


@pytest.mark.parametrize("how", ["written", "reopened", "blocked", "disconnected", "deleted", "silent", "late"])
def test_nobody_is_told_of_what_is_so_no_more(cast: Cast, clock: Clock, how: str) -> None:
    rule = ruled(cast)
    lia = closed_by_rule(cast, clock)
    if how == "written":
        cast.write("lia", "Espera")
    elif how == "reopened":
        reopen(cast, lia)
    elif how == "blocked":
        contacts.block(lia.contact_id, by=Actor.agent(cast.ana))
    elif how == "disconnected":
        accounts.disconnect(cast.chat)
    elif how == "deleted":
        rules.delete(rule.pk, workspace=cast.workspace, by=cast.ana)
    elif how == "silent":
        ruled(cast, rule=rule, courtesy=Courtesy())
    else:
        clock.advance(minutes=10, seconds=1)
    assert farewells.step() == 1
    assert (said(lia), noted(lia), Farewell.objects.count()) == ([], [], 0)


def test_a_message_that_waits_to_be_read_is_read_first(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    lia = closed_by_rule(cast, clock)
    store(cast.chat, "Espera")
    assert (farewells.step(), Farewell.objects.count()) == (0, 1)
    assert drain.step()
    assert (farewells.step(), said(lia), fresh(lia).status) == (1, [], "open")


def test_those_who_have_to_wait_hold_up_no_other_account(
    cast: Cast, another_account: Callable[[str], Account], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than a step tells."""
    monkeypatch.setattr(farewells, "BATCH", 2)
    other = another_account("Otra")
    draft = rules.Draft(
        "Ventas", 1, "minutes", "Sin respuesta", [cast.chat.pk, other.pk], courtesy=Courtesy(farewell=BYE)
    )
    rules.save(cast.workspace, draft, by=cast.ana)
    waits = [cast.write(who) for who in ("lia", "teo", "noa")]
    free = cast.write("zoe", account=other)
    clock.advance(minutes=1)
    assert len(swept()) == 4
    store(cast.chat, "Sigo aquí")
    assert farewells.step() == 1
    assert (said(free), [said(each) for each in waits]) == ([BYE["es"]], [[], [], []])


def test_closed_again_by_hand_meanwhile_it_is_not_told(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    lia = closed_by_rule(cast, clock)
    clock.advance(seconds=1)
    reopen(cast, lia)
    close_by_hand(cast, lia)
    assert (farewells.step(), said(lia)) == (1, [])


def test_where_the_window_is_closed_the_thread_says_that_nothing_was_sent(
    cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.SENDERS, "whatsapp", FakeSender())
    number = accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Uno", external_id="1", token="secreto")
    rule = ruled(cast, number)
    lia = closed_by_rule(cast, clock, account=number)
    Conversation.objects.filter(pk=lia.pk).update(window_at=clock.now() - timedelta(days=1))
    assert farewells.step() == 1
    assert said(lia) == []
    assert noted(lia) == [{"what": "farewell", "why": "window", "rule": rule.pk, "rule_name": "Ventas"}]
    assert (fresh(lia).status, farewells.step()) == ("closed", 0)


def test_its_echo_opens_nothing_answers_nobody_and_is_no_second_message(
    cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """closing C2, E2: the channel tells us of what we sent ourselves."""
    ruled(cast)
    lia = closed_by_rule(cast, clock)
    assert farewells.step() == 1
    message = lia.messages.get(author_kind="system")
    clock.advance(seconds=2)
    echoed: dict[str, Any] = {"echo": True, "handle": handle_of(message.pk), "external_id": "wamid.echo"}
    before = Conversation.objects.values().get(pk=lia.pk)
    heard = Inbound(account_id=cast.chat.pk, text=BYE["es"], identity=("visitor", "lia"), name="lia", **echoed)
    rest, ours = own.recognise([heard])
    assert (rest, [each.external_id for each in ours]) == ([], ["wamid.echo"])
    assert Conversation.objects.values().get(pk=lia.pk) == before


def test_an_echo_that_nobody_knows_for_ours_opens_nothing_either(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    lia = closed_by_rule(cast, clock)
    assert farewells.step() == 1
    clock.advance(seconds=2)
    cast.write("lia", BYE["es"], echo=True)
    assert (fresh(lia).status, fresh(lia).armed_at, fresh(lia).look_at) == ("closed", None, None)


def test_one_that_fails_delays_no_other_and_is_tried_while_it_is_of_use(
    cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruled(cast)
    lia, teo = cast.write("lia"), cast.write("teo")
    clock.advance(minutes=1)
    assert swept() == [lia.pk, teo.pk]
    reply = lifecycle.reply

    def failing(pk: int, *said: Any, **more: Any) -> Any:
        if pk == lia.pk:
            raise DatabaseError("broken")
        return reply(pk, *said, **more)

    with monkeypatch.context() as broken:
        broken.setattr(lifecycle, "reply", failing)
        assert farewells.step() == 1
        assert (said(lia), len(said(teo))) == ([], 1)
        assert farewells.step() == 0
    assert farewells.step() == 1
    assert len(said(lia)) == 1


def test_a_closing_that_is_rolled_back_is_told_to_nobody(
    cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ruled(cast)
    lia = cast.write("lia")
    clock.advance(minutes=1)

    class Killed(BaseException):
        pass

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(sweep, "ring", killed)
        with pytest.raises(Killed), transaction.atomic():
            sweep.sweep()
    assert (fresh(lia).status, Farewell.objects.count()) == ("open", 0)
    assert swept() == [lia.pk]
    assert farewells.step() == 1


def test_one_that_is_gone_is_owed_nothing(cast: Cast, clock: Clock) -> None:
    ruled(cast)
    lia = closed_by_rule(cast, clock)
    Conversation.objects.filter(pk=lia.pk).delete()
    assert (farewells.step(), Farewell.objects.count()) == (1, 0)


def test_four_workers_at_once_tell_each_once(shop: Cast) -> None:
    ruled(shop)
    theirs = [shop.write(f"c{n}") for n in range(12)]
    with connection.cursor() as cursor:
        for table, column in (("coverage", "covered_since"), ("account", "connected_at"),
                              ("workspace", "entitled_since")):  # fmt: skip
            cursor.execute(f"update {table} set {column} = {column} - interval '1 hour'")
        cursor.execute(
            "update conversation set armed_at = armed_at - interval '61 s', look_at = look_at - interval '61 s'"
        )
    assert sweep.sweep().closed == 12
    assert sum(together(*[farewells.step] * 4)) == 12
    assert [len(said(each)) for each in theirs] == [1] * 12


@pytest.mark.parametrize("is_open", [True, False])
def test_what_it_said_or_could_not_say_is_no_reason_not_to_take_the_closing_back(
    cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch, is_open: bool
) -> None:
    """closing U2."""
    monkeypatch.setitem(registry.SENDERS, "whatsapp", FakeSender())
    number = accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Uno", external_id="1", token="secreto")
    rule = ruled(cast, number)
    lia = closed_by_rule(cast, clock, account=number)
    Conversation.objects.filter(pk=lia.pk).update(window_at=NOON if is_open else None)
    clock.advance(seconds=1)
    assert farewells.step() == 1
    assert (bool(said(lia)), bool(noted(lia))) == (is_open, not is_open)
    clock.advance(seconds=1)
    asked = asking.Closed("Ventas", NOON, clock.now(), rule_id=rule.pk)
    undoing = asking.undo_closings(cast.ana, asked, ways=WAYS)
    assert (undoing.done, fresh(lia).status) == (1, "open")
