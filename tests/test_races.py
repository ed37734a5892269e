"""Many writers and sweepers at once, on connections of their own: nobody is closed on, nothing happens twice.

The database's clock runs 1,500 times as fast, so that a rule of one minute lasts 40 ms and races are not rare. The
wrong sweeps at the end are what these checks exist for: they must be caught, or the checks prove nothing.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction

from bandeja.channels import accounts
from bandeja.channels.contract import Inbound
from bandeja.channels.models import ChannelKey, Receipt
from bandeja.closing import coverage, pauses, rules, sweep
from bandeja.closing.models import Coverage, Pause
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.events import publish
from bandeja.conversations.models import Cause, Closure, Conversation, Event, Message
from bandeja.conversations.scope import Scope
from bandeja.conversations.sql import statement
from bandeja.intake import drain
from bandeja.people.clock import database_now
from tests.cast import Cast, make_cast
from tests.clock import CLOCK

SECONDS = 20.0 if "BANDEJA_TEST_ALL" in os.environ else 3.0
STORE = statement("bandeja.intake", "store")
PEOPLE = 40

FAST_CLOCK = """
create or replace function bandeja_now() returns timestamptz language sql volatile as $$
    select timestamptz '{base}' + (clock_timestamp() - timestamptz '{base}') * 1500
$$
"""

WRONGS = {
    "closed before its time": """
        select count(*) from closure where cause = 'rule' and closed_at < armed_at + interval '1 minute'""",
    "closed on somebody who had written in time": """
        select count(*) from closure join message using (conversation_id)
        where closure.cause = 'rule' and closure.overtaken_at is null and message.counts
          and message.received_at > closure.armed_at and message.received_at <= closure.deadline""",
    "closed twice for one clock": """
        select count(*) from (
            select from closure where cause = 'rule' group by conversation_id, armed_at having count(*) > 1
        ) as twice""",
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
    "unread that is not what was joined": """
        select count(*) from conversation
        where unread <> (select count(*) from message where conversation_id = conversation.id and counts)""",
}


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Cast]:
    """A workspace with a rule of one minute, in a database whose minute lasts 40 ms."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        cursor.execute(FAST_CLOCK.format(base=cursor.fetchone()[0].isoformat()))
    cast = make_cast("Tienda", "ana@tienda.example", "bruno@tienda.example")
    cast.chat = accounts.connect(cast.workspace, ChannelKey.API, name="API")
    cast.rule(amount=1, unit="minutes")
    yield cast
    with connection.cursor() as cursor:
        cursor.execute(CLOCK)


class Crowd:
    """Threads that each repeat one thing until the time is over; the first error of any is raised at the end."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.until = time.monotonic() + seconds
        self.errors: list[Exception] = []
        self.threads: list[threading.Thread] = []

    def add(self, act: Callable[[], object], times: int = 1) -> None:
        self.threads += [threading.Thread(target=self._repeat, args=(act,)) for _ in range(times)]

    def run(self) -> None:
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def _repeat(self, act: Callable[[], object]) -> None:
        try:
            while time.monotonic() < self.until and not self.errors:
                act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test waiting for the thread raises it
            self.errors.append(error)
        finally:
            connections.close_all()


def wrongs() -> dict[str, int]:
    """What went wrong, and how often."""
    found = {}
    with connection.cursor() as cursor:
        for what, query in WRONGS.items():
            cursor.execute(query)
            found[what] = cursor.fetchone()[0]
    return {what: count for what, count in found.items() if count}


def store(shop: Cast, external_id: str, who: str) -> None:
    """Stores a delivery with the door's own statement."""
    body = json.dumps({"external_id": external_id, "contact": {"id": who}, "text": "¿?"}).encode()
    source: dict[str, Any] = {"account_ids": [shop.chat.pk], "app_ids": [None], "channels": ["api"]}
    with connection.cursor() as cursor:
        cursor.execute(STORE, {**source, "bodies": [body], "headers": "[{}]"})


def contact_writes_over_http(shop: Cast, numbers: Numbers) -> Callable[[], None]:
    """Stores, for somebody to drain later."""

    def write() -> None:
        store(shop, f"http-{next(numbers)}", f"c{random.randrange(PEOPLE)}")
        time.sleep(random.random() * 0.02)

    return write


def contact_writes_at_once(shop: Cast, numbers: Numbers) -> Callable[[], None]:
    """Joins directly, and now and then holds the transaction a while before it commits."""

    def write() -> None:
        inbound = Inbound(shop.chat.pk, f"now-{next(numbers)}", ("contact", f"c{random.randrange(PEOPLE)}"), text="!")
        with transaction.atomic():
            lifecycle.receive([inbound], clock=coverage.clock)
            if random.random() < 0.3:
                time.sleep(random.random() * 0.006)
        time.sleep(random.random() * 0.02)

    return write


def team_works(shop: Cast) -> Callable[[], None]:
    scope, by = Scope.of(shop.ana), Actor.agent(shop.ana)

    def work() -> None:
        ids = list(Conversation.objects.values_list("pk", flat=True))
        if ids:
            chosen = random.sample(ids, min(3, len(ids)))
            what = random.randrange(5)
            if what == 0:
                lifecycle.close(chosen, scope=scope, reason="A mano", cause=Cause.BULK, by=by)
            elif what == 1:
                lifecycle.reopen(chosen, scope=scope, by=by)
            elif what == 2:
                lifecycle.assign(chosen, random.choice([shop.bruno.pk, None]), scope=scope, by=by)
            else:
                lifecycle.reply(chosen[0], "Ya te cuento", scope=scope, by=by)
        time.sleep(random.random() * 0.05)

    return work


def swept() -> None:
    sweep.sweep()
    time.sleep(0.002)


def drained() -> None:
    if not drain.step(limit=random.choice([1, 5, 500])):
        time.sleep(0.002)


class Numbers:
    """Counts up, whoever asks."""

    def __init__(self) -> None:
        self.lock, self.number = threading.Lock(), 0

    def __iter__(self) -> Numbers:
        return self

    def __next__(self) -> int:
        with self.lock:
            self.number += 1
            return self.number


def finish(shop: Cast) -> None:
    """Joins what still waits, and lets every clock run out."""
    while drain.step():
        pass
    time.sleep(0.1)
    sweep.sweep()


def test_two_drains_join_what_one_person_wrote_in_its_order(shop: Cast) -> None:
    for number in range(400):
        store(shop, f"m{number}", f"c{number % 3}")
    crowd = Crowd()
    crowd.add(lambda: drain.step(limit=7), times=drain.DRAINS)
    crowd.run()
    while drain.step():
        pass

    order = [int(str(key)[1:]) for key in Message.objects.order_by("pk").values_list("external_id", flat=True)]
    assert len(order) == 400
    for who in range(3):
        said = [number for number in order if number % 3 == who]
        assert said == sorted(said)


def test_writers_sweepers_drains_and_the_team_at_once_wrong_nobody(shop: Cast) -> None:
    numbers = Numbers()
    crowd = Crowd()
    crowd.add(contact_writes_over_http(shop, numbers), 3)
    crowd.add(contact_writes_at_once(shop, numbers), 2)
    crowd.add(team_works(shop))
    crowd.add(drained, 2)
    crowd.add(swept, 2)
    crowd.add(publish)
    crowd.run()
    finish(shop)
    assert wrongs() == {}
    assert Closure.objects.filter(cause=Cause.RULE).count() > 50, "too quiet to prove anything"
    assert Message.objects.filter(counts=True).count() == numbers.number
    assert not Receipt.objects.filter(processed_at=None).exists()
    assert not Conversation.objects.filter(armed_at__isnull=False).exists(), "something due was never closed"


def test_events_are_numbered_in_the_order_they_were_committed(shop: Cast) -> None:
    """A reader that keeps the last number it saw misses none, whatever commits meanwhile."""
    numbers = Numbers()
    read: list[int | None] = []

    def follow() -> None:
        publish()
        after = read[-1] if read else 0
        fresh = Event.objects.filter(number__gt=after).order_by("number").values_list("number", flat=True)
        read.extend(fresh)

    crowd = Crowd(SECONDS / 2)
    crowd.add(contact_writes_at_once(shop, numbers), 4)
    crowd.add(publish, 2)
    crowd.add(follow)
    crowd.run()
    while publish():
        pass
    follow()
    assert read == list(Event.objects.order_by("number").values_list("number", flat=True))
    assert len(read) == Event.objects.count() > 20


def test_once_a_rule_is_off_nothing_closes_by_it_until_it_is_on_again(shop: Cast) -> None:
    rule = shop.workspace.rules.get()
    numbers = Numbers()
    silences: list[tuple[datetime, datetime]] = []

    def switch() -> None:
        rules.switch_off(rule.pk, workspace=shop.workspace, by=shop.ana)
        off = database_now()
        time.sleep(0.05)
        on = database_now()
        rules.switch_on(rule.pk, workspace=shop.workspace, by=shop.ana)
        silences.append((off, on))
        time.sleep(0.12)

    crowd = Crowd()
    crowd.add(contact_writes_at_once(shop, numbers), 3)
    crowd.add(switch)
    crowd.add(swept, 2)
    crowd.run()
    by_rule = Closure.objects.filter(cause=Cause.RULE)
    assert by_rule.count() > 20
    assert len(silences) > 5
    for off, on in silences:
        assert not by_rule.filter(closed_at__gt=off, closed_at__lt=on).exists()
        assert not by_rule.filter(armed_at__lt=on, closed_at__gt=on).exists(), "an older clock came back"
    assert wrongs() == {}


def test_while_closing_is_paused_nothing_closes_and_what_ran_out_starts_anew(shop: Cast) -> None:
    """closing H2, H3: no closing in a pause, and after it none by a deadline that it withheld."""
    numbers = Numbers()
    silences: list[tuple[datetime, datetime]] = []

    def pause() -> None:
        pauses.pause(shop.workspace, by=shop.ana, why="Avería")
        off = database_now()
        time.sleep(random.random() * 0.1)
        silences.append((off, database_now()))
        pauses.resume(shop.workspace, by=shop.ana)
        time.sleep(random.random() * 0.2)

    def follow() -> None:
        pauses.step()
        time.sleep(0.02)

    crowd = Crowd()
    crowd.add(contact_writes_at_once(shop, numbers), 2)
    crowd.add(contact_writes_over_http(shop, numbers), 2)
    crowd.add(team_works(shop))
    crowd.add(pause)
    crowd.add(drained)
    crowd.add(swept, 2)
    crowd.add(follow)
    crowd.run()
    finish(shop)
    by_rule = Closure.objects.filter(cause=Cause.RULE)
    assert by_rule.count() > 20
    assert len(silences) > 5
    for off, on in silences:
        assert not by_rule.filter(closed_at__gt=off, closed_at__lt=on).exists()
    for each in Pause.objects.all():
        assert not by_rule.filter(closed_at__gt=each.since, deadline__lte=each.until).exists(), "a wave"
    assert wrongs() == {}
    assert not Conversation.objects.filter(armed_at__isnull=False).exists(), "something due was never closed"


def test_the_account_disconnected_or_the_plan_gone_closes_nothing(shop: Cast) -> None:
    numbers = Numbers()
    silences: list[tuple[datetime, datetime]] = []

    def interrupt() -> None:
        by_account = random.random() < 0.5
        if by_account:
            accounts.disconnect(shop.chat)
        else:
            coverage.entitle(shop.workspace, plan="basic", addons=[])
        off = database_now()
        time.sleep(0.05)
        silences.append((off, database_now()))
        if by_account:
            accounts.connect(shop.workspace, ChannelKey.API, name="API", external_id=shop.chat.external_id)
        else:
            coverage.entitle(shop.workspace, plan="pro", addons=["inbox"])
        time.sleep(0.12)

    crowd = Crowd()
    crowd.add(contact_writes_at_once(shop, numbers), 3)
    crowd.add(interrupt)
    crowd.add(swept, 2)
    crowd.run()
    assert Closure.objects.filter(cause=Cause.RULE).count() > 20
    for off, on in silences:
        assert not Closure.objects.filter(cause=Cause.RULE, closed_at__gt=off, closed_at__lt=on).exists()


def test_two_rules_saved_at_once_never_share_an_account(shop: Cast) -> None:
    rules.delete(shop.workspace.rules.get().pk, workspace=shop.workspace, by=shop.ana)
    others = [accounts.connect(shop.workspace, ChannelKey.API, name=f"Línea {n}") for n in range(4)]
    refused = Numbers()

    def save() -> None:
        chosen = random.sample(others, 2)
        mine = list(shop.workspace.rules.values_list("pk", flat=True))
        draft = rules.Draft(f"R{random.random()}", 1, "minutes", "x", [account.pk for account in chosen])
        try:
            saved = rules.save(shop.workspace, draft, by=shop.ana)
        except rules.Taken:
            next(refused)
            if mine:
                rules.delete(random.choice(mine), workspace=shop.workspace, by=shop.ana)
        else:
            assert saved.pk

    crowd = Crowd(SECONDS / 2)
    crowd.add(save, 4)
    crowd.run()
    active = list(Coverage.objects.exclude(covered_since=None).values_list("account_id", flat=True))
    assert len(active) == len(set(active))
    assert refused.number > 5


def test_a_delivery_in_flight_is_waited_for(shop: Cast) -> None:
    """Stored before the deadline but not yet committed when the sweep comes: it still wins (closing C8).

    A busy machine may not manage to store within the 40 ms: then it proves nothing, and is told again.
    """
    for attempt in range(20):
        closed, in_time = _swept_beside_a_slow_store(shop, f"lia{attempt}")
        if in_time:
            assert not closed
            return
    raise AssertionError("the machine never stored within the time of the rule")


def _swept_beside_a_slow_store(shop: Cast, who: str) -> tuple[bool, bool]:
    """Whether a sweep closed it that came while a delivery was being stored, and whether that was stored in time."""
    conversation = shop.write(who)
    stored, order = threading.Event(), []

    def store_slowly() -> None:
        with transaction.atomic():
            store(shop, f"slow-{who}", who)
            stored.set()
            time.sleep(0.15)
            order.append("stored")
        connections.close_all()

    writer = threading.Thread(target=store_slowly)
    writer.start()
    stored.wait(5)
    time.sleep(0.06)
    sweep.sweep()
    order.append("swept")
    writer.join()
    assert order == ["stored", "swept"]
    conversation.refresh_from_db()
    closed, received_at = conversation.closures.exists(), Receipt.objects.latest("pk").received_at
    drain.step()
    assert conversation.last_inbound_at is not None
    return closed, received_at <= conversation.last_inbound_at + timedelta(minutes=1)


def test_the_sweep_one_would_write_first_is_caught(shop: Cast) -> None:
    """Select the ids, then update by id, without looking again: it closes on people who have just written."""
    due = "select id, armed_at, look_at from conversation where look_at <= bandeja_now() order by look_at limit 50"

    def sweep_wrongly() -> None:
        with connection.cursor() as cursor:
            cursor.execute(due)
            rows = cursor.fetchall()
            time.sleep(0.003)
            for pk, armed_at, look_at in rows:
                cursor.execute(
                    """insert into closure (workspace_id, account_id, conversation_id, cause, reason, actor_kind,
                                            armed_at, deadline, closed_at)
                       select workspace_id, account_id, id, 'rule', 'x', 'system', %s, %s, bandeja_now()
                       from conversation where id = %s""",
                    [armed_at, look_at, pk],
                )
            cursor.execute(
                """update conversation
                   set status = 'closed', closed_at = bandeja_now(), armed_at = null, look_at = null
                   where id = any(%s)""",
                [[row[0] for row in rows]],
            )
        time.sleep(0.002)

    numbers, found = Numbers(), dict[str, int]()
    expected = {"closed on somebody who had written in time", "closed twice for one clock"}
    for _ in range(5):  # one round may be too quiet for both
        crowd = Crowd(SECONDS / 2)
        crowd.add(contact_writes_at_once(shop, numbers), 4)
        crowd.add(sweep_wrongly, 2)
        crowd.run()
        found = wrongs()
        if expected <= found.keys():
            break
    assert expected <= found.keys()
