"""Bulk actions against everything else at once, on connections of their own: nobody who writes is closed on."""

from __future__ import annotations

import random
import threading
import time
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection, transaction

from bandeja.bulk import asking, carrying
from bandeja.bulk.asking import Chosen
from bandeja.bulk.models import Bulk, Verb
from bandeja.bulk.tests.doing import begin, carry_out, small_batches, step
from bandeja.channels.models import Account
from bandeja.closing import rules, sweep
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Closure, Conversation
from bandeja.conversations.scope import Scope
from bandeja.inbox.ways import WAYS
from bandeja.people.clock import database_now
from bandeja.people.models import Workspace
from tests.cast import Cast
from tests.test_races import Crowd

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 60
WRONGS = {
    "closed on somebody who wrote after the confirmation": """
        select count(*) from closure join bulk using (reason)
        where exists (
            select from message
            where message.conversation_id = closure.conversation_id and message.counts
              and message.received_at > bulk.confirmed_at and message.received_at < closure.closed_at
        )""",
    "a closing without its event": """
        select count(*) from closure where not exists (select from event where event.closure_id = closure.id)""",
    "openings and closings that do not alternate": """
        select count(*) from (
            select conversation.status,
                   count(*) filter (where kind in ('conversation_opened', 'conversation_reopened')) as opened,
                   count(*) filter (where kind = 'conversation_closed') as closed
            from conversation join event on event.conversation_id = conversation.id
            group by conversation.id
        ) as told where opened - closed <> case status when 'open' then 1 else 0 end""",
    "counts that are not what was decided on": """
        select count(*) from bulk where ended_at is not null and halted = ''
          and done + newer + already + changed + unavailable + failed <> total""",
    "closings taken back without an opening": """
        select abs((select count(*) from closure where undone_at is not null)
                   - (select count(*) from event where kind = 'conversation_reopened' and data ? 'undone'))""",
    "closed again by a clock that had no time left when it was taken back": """
        select count(*) from closure join event using (conversation_id)
        where closure.cause = 'rule' and event.data ? 'undone' and closure.closed_at > event.at
          and closure.deadline <= event.at""",
    "closings that are not counted": """
        select abs((select count(*) from closure where cause = 'bulk')
                   - (select coalesce(sum(done), 0) from bulk where verb = 'close'))""",
}


def wrongs() -> dict[str, int]:
    told = {}
    with connection.cursor() as cursor:
        for what, query in WRONGS.items():
            cursor.execute(query)
            told[what] = cursor.fetchone()[0]
    return {what: found for what, found in told.items() if found}


@pytest.fixture
def shop(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Sixty conversations, in batches of seven."""
    small_batches(monkeypatch, 7)
    for number in range(PEOPLE):
        cast.write(f"c{number}")
    return cast


def test_writers_bulks_undoings_and_workers_at_once_lose_nobody(shop: Cast) -> None:
    """Two people close all that match again and again while contacts write and somebody changes owners."""
    numbers = count()
    everyone = list(Conversation.objects.values_list("pk", flat=True))

    def write() -> None:
        shop.write(f"c{random.randrange(PEOPLE)}", text="¿?", external_id=f"race-{next(numbers)}")
        time.sleep(random.random() * 0.02)

    def close_all(agent: str) -> None:
        bulk = begin(getattr(shop, agent), Verb.CLOSE, "", reason=f"Limpieza {next(numbers)}")
        time.sleep(random.random() * 0.2)
        if random.random() < 0.3:
            asking.cancel(bulk)
        if random.random() < 0.5:
            asking.undo(bulk, ways=WAYS)

    def hand_over() -> None:
        ids = random.sample(everyone, 5)
        given = {"scope": Scope(shop.workspace.pk), "by": Actor.agent(shop.ana)}
        lifecycle.assign(ids, random.choice([None, shop.bruno.pk]), **given)  # type: ignore[arg-type]  # one set of arguments for several calls
        time.sleep(random.random() * 0.05)

    crowd = Crowd(3)
    crowd.add(write, times=2)
    crowd.add(lambda: close_all("ana"))
    crowd.add(lambda: close_all("bruno"))
    crowd.add(hand_over)
    crowd.add(_work_a_little, times=2)
    crowd.run()
    carry_out()
    assert wrongs() == {}
    assert Closure.objects.filter(cause="bulk").count() > PEOPLE
    assert not Bulk.objects.filter(ended_at=None).exists()


def test_a_rules_closings_are_taken_back_while_everything_else_goes_on(shop: Cast) -> None:
    """What a rule closes is taken back again and again, while contacts write, owners change and it is edited."""
    numbers = count()
    began = database_now() - timedelta(hours=1)
    Account.objects.filter(pk=shop.chat.pk).update(connected_at=began)
    Workspace.objects.filter(pk=shop.workspace.pk).update(entitled_since=began)
    rule = shop.rule(name="Ventas", at=began)
    everyone = list(Conversation.objects.values_list("pk", flat=True))

    def write() -> None:
        """Long enough ago for the rule's time to be over."""
        ago = database_now() - timedelta(minutes=2)
        shop.write(f"c{random.randrange(PEOPLE)}", external_id=f"undo-{next(numbers)}", received_at=ago, at=ago)
        time.sleep(random.random() * 0.02)

    def close() -> None:
        sweep.sweep()
        time.sleep(random.random() * 0.05)

    def take_back(agent: str) -> None:
        closed = asking.Closed("Ventas", began, database_now(), rule_id=rule.pk)
        undoing = asking.undo_closings(getattr(shop, agent), closed, ways=WAYS)
        time.sleep(random.random() * 0.1)
        if random.random() < 0.2:
            asking.cancel(undoing)

    def edit_the_rule() -> None:
        """Mostly its reason; longer, once something was taken back: its clocks have time again then."""
        was_seen = Closure.objects.filter(cause="rule").exclude(undone_at=None).exists()
        amount = 60 if was_seen and random.random() < 0.05 else 1
        draft = rules.Draft("Ventas", amount, "minutes", random.choice("xyz"), [shop.chat.pk])
        rules.save(shop.workspace, draft, by=shop.ana, rule_id=rule.pk)
        time.sleep(random.random() * 0.2)

    def hand_over() -> None:
        given = {"scope": Scope(shop.workspace.pk), "by": Actor.agent(shop.ana)}
        lifecycle.assign(random.sample(everyone, 3), random.choice([None, shop.bruno.pk]), **given)  # type: ignore[arg-type]  # one set of arguments for several calls
        time.sleep(random.random() * 0.1)

    crowd = Crowd(3)
    crowd.add(write, times=2)
    crowd.add(close)
    crowd.add(lambda: take_back("ana"))
    crowd.add(lambda: take_back("bruno"))
    crowd.add(edit_the_rule)
    crowd.add(hand_over)
    crowd.add(_work_a_little, times=2)
    crowd.run()
    carry_out()
    assert wrongs() == {}
    assert Closure.objects.filter(cause="rule").exclude(undone_at=None).exists()
    assert not Bulk.objects.filter(ended_at=None).exists()
    assert Bulk.objects.filter(halted="failed").count() == 0


def test_whoever_writes_while_taking_back_waits_for_their_row_is_left_alone(shop: Cast) -> None:
    """The seam: the message is joined, and not committed, when the batch comes to that conversation."""
    bulk = begin(shop.ana, Verb.CLOSE, "")
    carry_out()
    undoing = asking.undo(Bulk.objects.get(pk=bulk.pk), ways=WAYS)
    assert undoing is not None
    worker = threading.Thread(target=_one_step)
    with transaction.atomic():
        shop.write("c0", text="Espera")
        worker.start()
        _until_it_waits()
    worker.join()
    kept = Bulk.objects.get(pk=undoing.pk)
    assert (kept.newer, kept.done) == (1, 6)


def test_two_bulks_of_the_same_at_once_close_each_once(shop: Cast) -> None:
    first, second = (begin(agent, Verb.CLOSE, "") for agent in (shop.ana, shop.bruno))
    workers = [threading.Thread(target=_work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Closure.objects.count() == PEOPLE
    done = [Bulk.objects.get(pk=bulk.pk).done for bulk in (first, second)]
    assert sum(done) == PEOPLE
    assert wrongs() == {}


def _work_a_little() -> None:
    if not step():
        time.sleep(0.01)


def _work() -> None:
    try:
        idle = 0
        while idle < 20:
            idle = 0 if step() else idle + 1
            time.sleep(0.005)
    finally:
        connection.close()


def test_whoever_writes_while_the_batch_waits_for_their_row_stays_open(shop: Cast) -> None:
    """The seam: the message is joined, and not committed, when the batch comes to that conversation."""
    target = Conversation.objects.order_by("pk")[0]
    bulk = asking.begin(shop.ana, Verb.CLOSE, Chosen(query=""), ways=WAYS, reason="x")
    carrying.step(WAYS)  # frozen
    worker = threading.Thread(target=_one_step)
    with transaction.atomic():
        shop.write("c0", text="Espera")
        worker.start()
        _until_it_waits()
    worker.join()
    kept = Bulk.objects.get(pk=bulk.pk)
    assert (kept.newer, kept.done) == (1, 6)
    assert Conversation.objects.get(pk=target.pk).status == "open"


def _one_step() -> None:
    try:
        step()
    finally:
        connection.close()


def _until_it_waits() -> None:
    """Returns once somebody waits for a lock of ours."""
    until = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("select count(*) from pg_locks where not granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waited")
