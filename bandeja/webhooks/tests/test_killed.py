"""kill -9 half-way, and many at once: every event arrives, under one id, and in order within its conversation."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from bandeja.conversations import events
from bandeja.conversations.models import EventKind
from bandeja.webhooks import dispatch
from bandeja.webhooks.lane import Lane
from bandeja.webhooks.models import Delivery
from bandeja.webhooks.outside import Answer, Failure
from bandeja.webhooks.tests.receiver import Receiver, Reply
from bandeja.webhooks.tests.stories import dispatched, later, make_webhook, publish, run, states
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
RECEIVED = [EventKind.MESSAGE_RECEIVED]

SENDING = """
import django
django.setup()
from bandeja.webhooks.lane import Lane
lane = Lane()
while True:
    lane.step()
"""
DISPATCHING = """
import django
django.setup()
from bandeja.webhooks import dispatch
while True:
    dispatch.step()
"""
DAWDLE = """
create function dawdle() returns trigger language plpgsql as
$$ begin perform pg_sleep(0.2); return new; end $$;
create trigger dawdle before insert on webhook_delivery for each row execute function dawdle()
"""


def worker(script: str) -> subprocess.Popen[bytes]:
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    told = {
        "DATABASE_URL": address,
        "BANDEJA_SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "bandeja.settings",
    }
    return subprocess.Popen([sys.executable, "-c", script], env={**os.environ, **told}, stdout=subprocess.PIPE)


def until(true: Callable[[], object]) -> None:
    for _ in range(3_000):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to that")


def kill(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_worker_killed_while_it_waits_for_the_answer_tells_it_once_more(cast: Cast, receiver: Receiver) -> None:
    webhook = make_webhook(cast.ana, receiver.url, RECEIVED)
    receiver.put(Reply(before=20), Reply())
    cast.write()
    dispatched()
    process = worker(SENDING)
    try:
        until(lambda: receiver.told)
    finally:
        kill(process)
    assert states(webhook) == ["waiting"]
    run(Lane())
    assert len(receiver.told) == 1, "the lease of the one that was killed holds"
    later(seconds=61)
    run(Lane())
    first, second = receiver.told
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert states(webhook) == ["delivered"]


def test_a_dispatcher_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(cast: Cast) -> None:
    webhook = make_webhook(cast.ana, "https://a.example", RECEIVED)
    for number in range(10):
        cast.write(f"lia{number}")
    publish()
    with connection.cursor() as cursor:
        cursor.execute(DAWDLE)
    process = worker(DISPATCHING)
    try:
        until(_is_dawdling)
    finally:
        kill(process)
        until(lambda: not _is_dawdling())
        with connection.cursor() as cursor:
            cursor.execute("drop function dawdle cascade")
    assert states(webhook) == []
    dispatched()
    assert states(webhook) == ["waiting"] * 10


def _is_dawdling() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from pg_stat_activity where wait_event = 'PgSleep')")
        return bool(cursor.fetchone()[0])


class Flaky:
    """Refuses now and then; remembers what it took, in order."""

    def __init__(self) -> None:
        self.taken: dict[tuple[str, int], list[int]] = defaultdict(list)
        self._lock = threading.Lock()
        self._random = random.Random(7)

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        del headers
        said = json.loads(body)["data"]
        with self._lock:
            if self._random.random() < 0.1:
                return Answer(422, failure=Failure.REFUSED)
            self.taken[url, said["conversation"]["id"]].append(said["number"])
            return Answer(200)


def test_many_at_once_keep_the_order_and_leave_nothing_behind(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bandeja.webhooks.lane.PAUSES", [timedelta(milliseconds=20)])
    hooks = [make_webhook(cast.ana, f"https://w{number}.example", RECEIVED) for number in range(3)]
    post = Flaky()
    stop = threading.Event()

    def repeat(step: Callable[[], object]) -> None:
        try:
            while not stop.is_set():
                step()
        finally:
            connection.close()

    steps = [
        events.publish,
        lambda: dispatch.step(3),
        lambda: dispatch.step(3),
        *(Lane(post=post).step for _ in "12"),
    ]
    threads = [threading.Thread(target=repeat, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    try:
        for number in range(60):
            cast.write(f"lia{number % 4}", text=str(number))
        until(lambda: Delivery.objects.filter(state="delivered").count() == 60 * len(hooks))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert Delivery.objects.count() == 60 * len(hooks)
    assert sum(map(len, post.taken.values())) == 60 * len(hooks), "none was killed, so none came twice"
    for numbers in post.taken.values():
        assert numbers == sorted(numbers)
