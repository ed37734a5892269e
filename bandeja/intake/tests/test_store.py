"""What "stored" means: durable before it is answered, stamped after the lock, through failures and restarts."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.db import connection

from bandeja.channels.models import Receipt
from bandeja.intake.door import Door
from bandeja.intake.tests.knocking import HELLO, Answer, a_door, a_visitor, address, at_the_door, knock, path_of
from bandeja.link import Connection, connect_to
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

STORES_IN_FLIGHT = 8301


@pytest.fixture
def beside() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Somebody else's connection."""
    with psycopg.connect(address(), autocommit=True) as other:
        yield other


def run_sql(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


async def write(door: Door, cast: Cast, body: bytes = HELLO) -> Answer:
    return await knock(door, path_of(cast.chat), body, token=a_visitor(cast.chat))


async def waits(answer: asyncio.Future[Any]) -> bool:
    """Whether it is still not there a moment later."""
    done, _ = await asyncio.wait([answer], timeout=0.2)
    return not done


def test_nothing_is_answered_before_the_commit(cast: Cast, beside: psycopg.Connection[Any]) -> None:
    async def story(door: Door) -> tuple[bool, Answer]:
        with beside.transaction():
            beside.execute("lock table receipt in exclusive mode")
            answer = asyncio.ensure_future(write(door, cast))
            waited = await waits(answer)
        return waited, await answer

    waited, answer = at_the_door(story)
    assert waited
    assert answer.status == 200


def test_it_is_stamped_only_once_the_lock_is_shared(cast: Cast, beside: psycopg.Connection[Any]) -> None:
    """A sweep that holds the lock alone reads afterwards: nothing may turn up with an earlier instant (C8)."""

    async def story(door: Door) -> datetime:
        with beside.transaction():
            beside.execute("select pg_advisory_xact_lock(%s)", [STORES_IN_FLIGHT])
            answer = asyncio.ensure_future(write(door, cast))
            assert await waits(answer)
            (swept_at,) = beside.execute("select bandeja_now()").fetchone() or (None,)
        assert (await answer).status == 200
        assert isinstance(swept_at, datetime)
        return swept_at

    swept_at = at_the_door(story)
    assert Receipt.objects.get().received_at > swept_at


@contextmanager
def stores_that_take_long() -> Iterator[None]:
    """Each waits, after it was stamped and before it commits, for whoever holds the lock 4242."""
    run_sql(
        "create function dawdle() returns trigger language plpgsql as "
        "$$ begin perform pg_advisory_xact_lock(4242); return new; end $$",
        "create trigger dawdle before insert on receipt for each row execute function dawdle()",
    )
    try:
        yield
    finally:
        run_sql("drop trigger dawdle on receipt", "drop function dawdle")


def test_a_sweep_waits_for_a_store_in_flight(cast: Cast, beside: psycopg.Connection[Any]) -> None:
    async def story(door: Door) -> None:
        async with await connect_to(address())() as sweep:
            beside.execute("select pg_advisory_lock(4242)")
            answer = asyncio.ensure_future(write(door, cast))
            assert await waits(answer)
            barrier = asyncio.ensure_future(sweep.execute("select pg_advisory_xact_lock(%s)", [STORES_IN_FLIGHT]))
            assert await waits(barrier)
            beside.execute("select pg_advisory_unlock(4242)")
            await barrier
            assert (await answer).status == 200

    with stores_that_take_long():
        at_the_door(story)


def test_those_who_come_together_share_a_commit(cast: Cast) -> None:
    async def story(door: Door) -> list[Answer]:
        await write(door, cast)
        return await asyncio.gather(*(write(door, cast) for _ in range(60)))

    assert {answer.status for answer in at_the_door(story)} == {200}
    with connection.cursor() as cursor:
        cursor.execute("select count(*), count(distinct xmin::text) from receipt")
        stored, commits = cursor.fetchone()
    assert stored == 61
    assert commits < 10


@contextmanager
def a_receipt_may_not_hold(word: str) -> Iterator[None]:
    run_sql(f"alter table receipt add constraint no_{word} check (position('{word}'::bytea in body) = 0)")
    try:
        yield
    finally:
        run_sql(f"alter table receipt drop constraint no_{word}")


def test_a_bad_row_does_not_cost_its_neighbours_theirs(cast: Cast) -> None:
    async def story(door: Door) -> list[Answer]:
        bodies = [HELLO] * 10 + [b'{"text": "poison"}'] + [HELLO] * 10
        return await asyncio.gather(*(write(door, cast, body) for body in bodies))

    with a_receipt_may_not_hold("poison"):
        answers = at_the_door(story)
    assert [answer.status for answer in answers] == [200] * 10 + [500] + [200] * 10
    assert answers[10].said["error"] == "not_stored"
    assert Receipt.objects.count() == 20


def test_when_it_cannot_be_stored_the_sender_hears_it_and_the_door_recovers(cast: Cast) -> None:
    async def story(door: Door) -> list[int]:
        before = (await write(door, cast)).status
        async with await connect_to(address())() as other:
            await other.execute("alter table receipt rename to receipt_away")
            meanwhile = (await write(door, cast)).status
            await other.execute("alter table receipt_away rename to receipt")
        return [before, meanwhile, (await write(door, cast)).status]

    assert at_the_door(story) == [200, 500, 200]


async def end_all_others(other: Connection) -> None:
    await other.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid() and application_name = 'the door'"
    )


def test_connections_that_were_cut_cost_nobody_a_message(cast: Cast) -> None:
    async def story() -> list[int]:
        async with a_door(connect_to(f"{address()} application_name='the door'")) as door:
            before = (await write(door, cast)).status
            async with await connect_to(address())() as other:
                await end_all_others(other)
            return [before, (await write(door, cast)).status]

    assert asyncio.run(story()) == [200, 200]
    assert Receipt.objects.count() == 2


def test_while_postgresql_is_away_senders_are_told_to_try_again(cast: Cast) -> None:
    away = True

    async def connect() -> Connection:
        if away:
            raise psycopg.OperationalError("connection refused")
        return await connect_to(address())()

    async def story() -> list[int]:
        nonlocal away
        async with a_door(connect) as door:
            meanwhile = (await write(door, cast)).status
            away = False
            return [meanwhile, (await write(door, cast)).status]

    assert asyncio.run(story()) == [500, 200]


def test_the_drain_hears_a_bell_after_the_commit_but_not_for_each(cast: Cast) -> None:
    async def story(door: Door) -> list[str]:
        async with await connect_to(address())() as drain:
            await drain.execute("listen bandeja_door")
            await asyncio.gather(*(write(door, cast) for _ in range(200)))
            return [bell.payload async for bell in drain.notifies(timeout=0.3)]

    assert 1 <= len(at_the_door(story)) <= 6


def test_what_waits_when_the_door_closes_is_stored(cast: Cast) -> None:
    async def story() -> Answer:
        async with a_door() as door:
            await write(door, cast)
            answer: Awaitable[Answer] = asyncio.ensure_future(write(door, cast))
            await asyncio.sleep(0)
        return await answer

    assert asyncio.run(story()).status == 200
    assert Receipt.objects.count() == 2
