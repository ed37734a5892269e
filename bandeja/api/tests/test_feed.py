"""What happened, told once each and in order, whatever is committed meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from bandeja.api.tests.programs import Program
from bandeja.conversations import events, lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Event
from bandeja.conversations.scope import Scope
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def numbers() -> list[int]:
    """All that were given out."""
    return [number for number in Event.objects.values_list("number", flat=True) if number is not None]


def test_what_happened_is_told_by_number(cast: Cast) -> None:
    written, program = cast.write(), Program(cast.ana)
    scope, by = Scope(cast.workspace.pk), Actor.agent(cast.ana)
    lifecycle.close([written.pk], scope=scope, reason="Listo", cause=Cause.AGENT, by=by)
    assert program.get("/events") == {"items": [], "next": 0, "more": False}
    events.publish()
    page = program.get("/events")
    kinds = [each["kind"] for each in page["items"]]
    assert sorted(kinds) == ["conversation_closed", "conversation_opened", "message_received"]
    assert sum(each["closure_id"] is not None for each in page["items"]) == 1
    assert page["next"] == page["items"][-1]["number"]
    assert program.get(f"/events?after={page['next']}") == {"items": [], "next": page["next"], "more": False}


def test_pages_follow_each_other(cast: Cast) -> None:
    for number in range(3):
        cast.write(f"c{number}")
    events.publish()
    program, seen, after, more = Program(cast.ana), list[int](), 0, True
    while more:
        page = program.get(f"/events?after={after}&limit=2")
        seen += [each["number"] for each in page["items"]]
        after, more = page["next"], page["more"]
    assert seen == sorted(numbers())


def test_another_workspace_is_passed_over(cast: Cast, carla: Cast) -> None:
    carla.write()
    events.publish()
    program = Program(cast.ana)
    last = max(numbers())
    assert program.get("/events") == {"items": [], "next": last, "more": False}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_skipped_or_repeated_whatever_commits_meanwhile(cast: Cast) -> None:
    conversations = [cast.write(f"c{number}").pk for number in range(4)]
    written = threading.Event()
    program, seen = Program(cast.ana), list[int]()

    def mark(pk: int) -> None:
        """Transactions that commit in another order than they wrote in."""
        for turn in range(15):
            with transaction.atomic():
                lifecycle.reply(pk, f"{turn}", scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
                with connection.cursor() as cursor:
                    cursor.execute("select pg_sleep(%s)", [0.001 * ((pk + turn) % 5)])

    def publish() -> None:
        while not written.is_set() or events.publish(limit=7):
            events.publish(limit=7)

    def read() -> None:
        after, done = 0, False
        while not done:
            done = finished.is_set()
            page = program.get(f"/events?after={after}&limit=5")
            seen.extend(each["number"] for each in page["items"])
            after, done = page["next"], done and not page["items"]

    finished = threading.Event()
    writers = [run(mark, pk) for pk in conversations]
    publishers = [run(publish) for _number in range(2)]
    reader = run(read)
    for thread in writers:
        thread.join()
    written.set()
    for thread in publishers:
        thread.join()
    finished.set()
    reader.join()
    assert seen == sorted(numbers())
    assert len(seen) == len(set(seen)) >= 60


def run(act: Callable[..., None], *given: int) -> threading.Thread:
    def acted() -> None:
        try:
            act(*given)
        finally:
            connection.close()

    thread = threading.Thread(target=acted)
    thread.start()
    return thread
