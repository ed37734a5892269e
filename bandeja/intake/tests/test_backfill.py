"""After an outage: what Meta did not deliver is fetched, counts as received now, and nothing is said twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread
from time import monotonic
from typing import Any

import pytest
from django.db import connection

from bandeja.channels import accounts
from bandeja.channels.conftest import meta
from bandeja.channels.meta.tests.answering import HTML, Fake
from bandeja.channels.models import Account, ChannelKey, Health, MetaApp
from bandeja.conversations.models import Conversation, Direction, Message
from bandeja.intake import backfill, drain
from tests.cast import Cast
from tests.clock import Clock

__all__ = ["meta"]

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
US, LIA = {"id": "1906", "name": "Tienda"}, {"id": "654", "name": "Lía"}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for Meta's two calls a second here."""
    monkeypatch.setattr("bandeja.channels.meta.backfill.CALLS", 10_000.0)
    monkeypatch.setattr(backfill, "_again_at", {})


@pytest.fixture
def page(cast: Cast, clock: Clock) -> Account:
    clock.set(NOON)
    app = MetaApp.objects.create(
        workspace=cast.workspace, key="k", name="App", app_id="555", secret="s", verify_token="v"
    )
    account = accounts.connect(
        cast.workspace, ChannelKey.MESSENGER, name="x", external_id="1906", app=app, config={}, token="t"
    )
    Health.objects.filter(account=account).update(missed_since=NOON, is_subscribed=True)
    clock.advance(hours=3)
    return account


def said(mid: str, minutes: int, text: str, *, ours: bool = False) -> dict[str, Any]:
    at = (NOON + timedelta(minutes=minutes)).isoformat()
    writer, reader = (US, LIA) if ours else (LIA, US)
    return {"id": mid, "created_time": at, "from": writer, "to": {"data": [reader]}, "message": text}


def conversation(*newest_first: dict[str, Any]) -> dict[str, Any]:
    return {"id": "t_1", "updated_time": newest_first[0]["created_time"], "messages": {"data": list(newest_first)}}


CONVERSATION = conversation(
    said("m3", 50, "¿Hola?"), said("m2", 20, "Ya vamos", ours=True), said("m1", 10, "¿Están abiertos?")
)


def test_what_was_missed_is_joined_and_counts_as_received_now(cast: Cast, page: Account, meta: Fake) -> None:
    """closing C5: a rule of one hour does not close at once what was written two hours ago."""
    cast.rule(page, amount=1, unit="hours", at=NOON)
    meta.on("GET /1906/conversations", {"data": [CONVERSATION]})
    assert backfill.step() == 1
    thread = Conversation.objects.get(account=page)
    told = thread.messages.order_by("provider_at").values_list("external_id", "direction", "text")
    assert list(told) == [
        ("m1", Direction.IN, "¿Están abiertos?"),
        ("m2", Direction.OUT, "Ya vamos"),
        ("m3", Direction.IN, "¿Hola?"),
    ]
    assert (thread.unread, thread.armed_at) == (2, NOON + timedelta(hours=3))
    assert Health.objects.get(account=page).missed_since is None
    assert backfill.step() == 0


def test_what_was_delivered_in_the_meantime_is_not_said_twice(page: Account, meta: Fake) -> None:
    meta.on("GET /1906/conversations", {"data": [CONVERSATION]})
    backfill.step()
    before = list(Conversation.objects.values())
    Health.objects.filter(account=page).update(missed_since=NOON)
    backfill.step()
    assert Message.objects.count() == 3
    assert list(Conversation.objects.values()) == before


def test_what_broke_off_is_fetched_again_and_what_came_is_kept(page: Account, meta: Fake) -> None:
    first = {"data": [CONVERSATION], "paging": {"next": "https://x/?after=MQ"}}
    meta.on("GET /1906/conversations", first, HTML)
    assert backfill.step() == 0
    assert Message.objects.count() == 3
    assert Health.objects.get(account=page).missed_since == NOON


def test_half_a_letter_in_what_meta_tells_is_left_out(page: Account, meta: Fake) -> None:
    """A name cut within an emoji: neither UTF-8 nor PostgreSQL can hold it."""
    written = said("m1", 10, "Hola \ud83d") | {"from": {**LIA, "name": "Lía \ud83d"}}
    meta.on("GET /1906/conversations", {"data": [conversation(written)]})
    assert backfill.step() == 1
    assert Message.objects.get().conversation.contact.name == "Lía"


def test_an_account_that_cannot_be_fetched_for_holds_up_no_other(
    cast: Cast, page: Account, meta: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = accounts.connect(
        cast.workspace, ChannelKey.MESSENGER, name="y", external_id="1907", app=page.app, token="t"
    )
    Health.objects.filter(account=other).update(missed_since=NOON + timedelta(minutes=1), is_subscribed=True)
    meta.on("GET /1906/conversations", {"data": [CONVERSATION]})
    meta.on("GET /1907/conversations", {"data": []})
    join = drain.join

    def broken(read: Any, locked: Any) -> None:
        join(read, locked)
        raise ValueError("our own mistake")

    monkeypatch.setattr(drain, "join", broken)
    assert backfill.step() == 1
    assert Message.objects.count() == 0
    assert list(Health.objects.filter(missed_since__isnull=False).values_list("account_id", flat=True)) == [page.pk]


def test_a_message_that_cannot_be_joined_costs_the_others_nothing_and_is_looked_for_in_an_hour(
    page: Account, meta: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    meta.on("GET /1906/conversations", {"data": [CONVERSATION]})
    join = drain.join

    def broken(read: Any, locked: Any) -> None:
        if any(each.external_id == "m1" for parsed in read for each in parsed.inbound):
            raise ValueError("our own mistake")
        join(read, locked)

    with monkeypatch.context() as mistaken:
        mistaken.setattr(drain, "join", broken)
        assert backfill.step() == 0
    assert set(Message.objects.values_list("external_id", flat=True)) == {"m2", "m3"}
    assert Health.objects.get(account=page).missed_since == NOON
    assert backfill.step() == 0, "not again at once"
    now = monotonic()
    monkeypatch.setattr(backfill, "monotonic", lambda: now + 3_601)
    assert backfill.step() == 1
    assert Message.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_fetch_for_the_same_account_at_once(page: Account, meta: Fake) -> None:
    done: list[int] = []

    def other() -> None:
        try:
            done.append(backfill.step())
        finally:
            connection.close()

    def meanwhile(request: Any) -> Any:
        del request
        thread = Thread(target=other)
        thread.start()
        thread.join()
        raise AssertionError("answered by the test only once")

    meta.on("GET /1906/conversations", meanwhile)
    assert backfill.step() == 0
    assert done == [0]
    assert len(meta.asked) == 1
    meta.on("GET /1906/conversations", {"data": []})
    assert backfill.step() == 1, "the failed one let go of it"
