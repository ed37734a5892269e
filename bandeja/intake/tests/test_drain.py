"""Draining: what is understood is joined, what is not is set aside, and nobody suffers for a neighbour."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from bandeja.channels import accounts, registry
from bandeja.channels.contract import Delivery, Parsed
from bandeja.channels.models import Account, ChannelKey, Receipt
from bandeja.conversations.models import Conversation, Event, EventKind, Identity, Message
from bandeja.intake import drain
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
TENTH = timedelta(seconds=0.1)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def cast(noon: datetime, cast: Cast) -> Cast:
    """The cast, from noon on."""
    return cast


@pytest.fixture
def crm(cast: Cast) -> Account:
    """An API account: its program may send anything."""
    return accounts.connect(cast.workspace, ChannelKey.API, name="CRM")


def item(external_id: str = "m1", who: str = "lia", text: str = "Hola", **more: Any) -> dict[str, Any]:
    return {"external_id": external_id, "contact": {"id": who}, "text": text, **more}


def store(account: Account, *said: Any, raw: bytes | None = None, **more: Any) -> Receipt:
    """One delivery: an item, or a list of them, or raw bytes."""
    body = raw if raw is not None else json.dumps(said[0] if len(said) == 1 else said).encode()
    return Receipt.objects.create(account_id=account.pk, **{"channel": "api", "body": body, **more})


def drain_all(limit: int = drain.BATCH) -> int:
    done = 0
    while step := drain.step(limit):
        done += step
    return done


def texts() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("text", flat=True))


def after(receipt: Receipt) -> Receipt:
    receipt.refresh_from_db()
    return receipt


def reasons(receipt: Receipt) -> list[str]:
    return [bad["reason"] for bad in after(receipt).bad_items or []]


# What is understood


def test_a_delivery_becomes_a_message_received_when_it_was_stored(cast: Cast, crm: Account, clock: Clock) -> None:
    """closing C1, C8: and is marked processed with it."""
    receipt = store(crm, item(sent_at="2029-12-31T10:00:00Z"))
    clock.advance(seconds=30)
    assert drain_all() == 1
    message = Message.objects.get()
    assert (message.text, message.received_at) == ("Hola", NOON)
    assert message.provider_at == datetime(2029, 12, 31, 10, tzinfo=UTC)
    assert after(receipt).processed_at == NOON + timedelta(seconds=30)
    assert (receipt.parked_at, receipt.bad_items, receipt.failures, receipt.error) == (None, None, 0, "")


def test_a_visitor_s_delivery_is_joined_as_theirs(cast: Cast) -> None:
    store(cast.chat, {"id": "1", "text": "Hola"}, channel="webchat", headers={"sender": "v1"})
    assert drain_all() == 1
    assert (Identity.objects.get().value, texts()) == ("v1", ["Hola"])


def test_nothing_waiting_is_nothing_done(cast: Cast) -> None:
    assert drain.step() == 0


def test_the_oldest_are_joined_first_and_no_more_than_asked(cast: Cast, crm: Account) -> None:
    for n in range(5):
        store(crm, item(f"m{n}", text=str(n)))
    assert [drain.step(2) for _ in range(4)] == [2, 2, 1, 0]
    assert texts() == ["0", "1", "2", "3", "4"]


def test_a_thousand_items_of_one_delivery_are_joined(cast: Cast, crm: Account) -> None:
    """And those of one contact open one conversation."""
    store(crm, *(item(f"m{n}", f"c{n % 300}", str(n)) for n in range(1_000)))
    assert drain_all() == 1
    assert texts() == [str(n) for n in range(1_000)]
    assert sorted(Conversation.objects.values_list("unread", flat=True)) == [3] * 200 + [4] * 100
    assert Event.objects.filter(kind=EventKind.CONVERSATION_OPENED).count() == 300


def test_many_deliveries_of_one_batch_open_once(cast: Cast, crm: Account) -> None:
    """closing E1, C5: the same message delivered three times beside another."""
    for external_id in ("m1", "m1", "m2", "m1"):
        store(crm, item(external_id, text=external_id))
    assert drain_all() == 4
    assert texts() == ["m1", "m2"]
    assert (Conversation.objects.get().unread, Event.objects.count()) == (2, 3)
    assert not Receipt.objects.filter(processed_at=None).exists()


@pytest.mark.parametrize("one_body", [True, False])
def test_one_external_id_for_two_contacts_is_the_first_one_s(cast: Cast, crm: Account, one_body: bool) -> None:
    """closing C5"""
    mine, theirs = item("m1", "lia"), item("m1", "teo")
    for said in [(mine, theirs)] if one_body else [(mine,), (theirs,)]:
        store(crm, *said)
        drain_all()
    assert (Message.objects.count(), Identity.objects.get().value) == (1, "lia")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a\x00b\x00", "ab"),
        ("\ud83d Hola", "Hola"),
        ("🏳️‍🌈 مرحبا \u202e\u2066 \U0010ffff\ufffe", "🏳️‍🌈 مرحبا \u202e\u2066 \U0010ffff\ufffe"),
        ("' \" \\ %s %(x)s {} \\u0000", "' \" \\ %s %(x)s {} \\u0000"),
        ("x" * 70_000, "x" * 65_536),
    ],
)
def test_a_text_of_unicode_extremes_is_joined(cast: Cast, crm: Account, sent: str, kept: str) -> None:
    receipt = store(crm, item(text=sent))
    drain_all()
    assert texts() == [kept]
    assert after(receipt).parked_at is None


# What is not understood


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\0", b"\xff\xfe", b"{", b"null", b"1", b'"text"', b"[1, null, []]", b"{}", b"[" * 100_000,
        b'{"external_id": {}, "contact": {"id": "a"}, "text": "x"}',
        b'{"external_id": "1", "contact": "lia", "text": "x"}',
        b'{"external_id": "1", "contact": {"id": null}, "text": "x"}',
        b'{"external_id": "1", "contact": {"id": "a"}, "text": {"a": 1}}',
        b'{"external_id": "1", "contact": {"id": "a"}}',
        b'{"external_id": "a\\u0000b", "contact": {"id": "a"}, "text": "x"}',
        b'{"external_id": "\\ud800", "contact": {"id": "a"}, "text": "x"}',
        b'{"external_id": "' + b"9" * 201 + b'", "contact": {"id": "a"}, "text": "x"}',
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_set_aside_at_once(cast: Cast, crm: Account, raw: bytes) -> None:
    """Parked with its reason, once: trying again would not make it better. Neighbours are joined."""
    before, bad, behind = store(crm, item("m1")), store(crm, raw=raw), store(crm, item("m2"))
    assert drain_all() == 3
    assert after(bad).parked_at == after(bad).processed_at == NOON
    assert all(reasons(bad))
    assert len(reasons(bad)) >= 1
    assert (bad.failures, bytes(bad.body)) == (0, raw)
    assert after(before).parked_at is after(behind).parked_at is None
    assert Message.objects.count() == 2


def test_of_two_items_in_one_body_the_good_one_is_joined(cast: Cast, crm: Account) -> None:
    receipt = store(crm, item("m1", text="bien"), item("m2", text=""))
    drain_all()
    assert texts() == ["bien"]
    assert reasons(receipt) == ["The message has no text."]
    assert after(receipt).processed_at == receipt.parked_at == NOON


def test_a_delivery_with_nothing_in_it_is_settled(cast: Cast, crm: Account) -> None:
    receipt = store(crm, raw=b"[]")
    assert drain_all() == 1
    assert (after(receipt).processed_at, receipt.parked_at, receipt.bad_items) == (NOON, None, None)


def test_a_delivery_to_an_account_that_is_not_there_is_set_aside(cast: Cast, crm: Account) -> None:
    lost = Receipt.objects.create(account_id=2**31 - 1, channel="api", body=json.dumps(item()).encode())
    store(crm, item("m2"))
    assert drain_all() == 2
    assert reasons(lost) == ["There is no such account."]
    assert Message.objects.get().account_id == crm.pk


@pytest.mark.parametrize(("stored", "joined"), [(-1, True), (0, False), (1, False)])
def test_what_was_stored_after_the_disconnection_is_set_aside(
    cast: Cast, crm: Account, clock: Clock, stored: int, joined: bool
) -> None:
    """closing R10: what was received while it was connected is joined, though it is drained after."""
    gone = NOON + timedelta(seconds=1)
    receipt = store(crm, item(), received_at=gone + stored * TENTH)
    accounts.disconnect(crm, at=gone)
    clock.advance(seconds=2)
    assert drain_all() == 1
    assert Message.objects.exists() is joined
    assert reasons(receipt) == [] if joined else ["The account was disconnected when this was received."]


def test_a_batch_is_of_so_many_bytes_and_of_one_delivery_at_the_least(cast: Cast, crm: Account) -> None:
    """Five hundred of three megabytes would end the worker, and the next one would begin with the same."""
    for name in ("m1", "m2", "m3"):
        store(crm, item(name, more="x" * drain.BATCH_BYTES))
    store(crm, item("m4"))
    store(crm, item("m5"))
    assert [drain.step() for _ in range(5)] == [1, 1, 1, 2, 0]
    assert Message.objects.count() == 5


# What fails


class Trap:
    """A channel that cannot read some deliveries, as a bug of ours would have it."""

    def __init__(self, channel: Any, word: bytes) -> None:
        self._channel, self._word = channel, word

    def parse(self, delivery: Delivery) -> Parsed:
        if self._word in delivery.body:
            raise ZeroDivisionError("a bug of ours")
        parsed: Parsed = self._channel.parse(delivery)
        return parsed


@pytest.fixture
def trap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a delivery with the word "veneno" raises."""
    trapped: Mapping[str, Any] = {**registry.READERS, "api": Trap(registry.READERS["api"], b"veneno")}
    monkeypatch.setattr(registry, "READERS", trapped)


@contextmanager
def a_message_may_not_say(word: str, code: str = "P0001") -> Iterator[None]:
    """Joining it fails in the database, with this code of PostgreSQL's."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""create function refuse() returns trigger language plpgsql as $$
                begin
                    if new.text = '{word}' then
                        raise exception 'the message says %', new.text using errcode = '{code}';
                    end if;
                    return new;
                end $$;
                create trigger refuse before insert on message for each row execute function refuse()"""
        )
        yield
        cursor.execute("drop trigger refuse on message; drop function refuse()")


def test_a_delivery_that_cannot_be_read_is_put_off_and_its_neighbours_go_on(
    cast: Cast, crm: Account, trap: None
) -> None:
    good = [store(crm, item("m1")), store(crm, item("m3"))]
    bad = store(crm, item("m2", text="veneno"))
    last = store(crm, item("m4"))
    assert drain.step() == 4
    assert all(after(each).processed_at == NOON for each in [*good, last])
    assert (after(bad).processed_at, bad.parked_at, bad.failures) == (None, None, 1)
    assert bad.error == "ZeroDivisionError: a bug of ours"
    assert bad.look_at == NOON + TENTH
    assert drain.step() == 0
    assert len(texts()) == 3


def test_a_delivery_that_cannot_be_joined_is_put_off_and_its_neighbours_go_on(cast: Cast, crm: Account) -> None:
    """Nothing of it is kept, not even its good items: it is joined whole or not at all."""
    with a_message_may_not_say("veneno"):
        store(crm, item("m1", "ana"))
        bad = store(crm, item("m2", "teo", "bien"), item("m3", "teo", "veneno"))
        store(crm, item("m4", "sol"))
        drain_all()
    assert sorted(Identity.objects.values_list("value", flat=True)) == ["ana", "sol"]
    assert Message.objects.count() == 2
    assert "the message says veneno" in after(bad).error


def test_a_delivery_that_is_too_much_for_the_database_is_put_off_and_its_neighbours_go_on(
    cast: Cast, crm: Account
) -> None:
    """An index row too long, a statement too complex: it fails for ever, though the database is well."""
    with a_message_may_not_say("veneno", code="54000"):
        bad = store(crm, item("m1", text="veneno"))
        good = store(crm, item("m2"))
        assert drain.step() == 2
    assert (after(good).processed_at, after(bad).failures) == (NOON, 1)


def test_a_database_in_trouble_costs_no_delivery_a_try(cast: Cast, crm: Account) -> None:
    """A full disk, a restart: whoever waits is joined once it is well, however long that takes."""
    with a_message_may_not_say("veneno", code="53100"):
        receipt = store(crm, item(text="veneno"))
        with pytest.raises(OperationalError):
            drain.step()
    assert after(receipt).failures == 0
    assert drain.step() == 1


def test_a_failure_that_cannot_be_written_down_to_the_letter_is_written_all_the_same(
    cast: Cast, crm: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the delivery would never step aside, and what waits behind it would wait for ever."""

    def broken(*_: Any) -> None:
        raise ValueError("a\x00b")

    receipt = store(crm, item("m1"))
    monkeypatch.setattr(drain, "join", broken)
    assert drain.step() == 1
    assert (after(receipt).failures, receipt.error) == (1, "ValueError: ab")


def test_an_account_of_an_unknown_channel_harms_nobody(cast: Cast, crm: Account) -> None:
    bad = store(crm, item("m1"), channel="fax")
    store(crm, item("m2"))
    assert drain_all() == 2
    assert (after(bad).failures, Message.objects.count()) == (1, 1)


def test_it_is_tried_five_times_ever_later_and_then_parked_whole(
    cast: Cast, crm: Account, clock: Clock, trap: None
) -> None:
    """closing C8"""
    bad = store(crm, item("m1"), item("m2", text="veneno"))
    waits = []
    for failures in range(1, 6):
        assert drain.step() == 1
        assert after(bad).failures == failures
        assert drain.step() == 0
        assert bad.look_at
        assert (bad.parked_at is not None) == (failures == 5)
        waits.append((bad.look_at - clock.now()).total_seconds())
        clock.set(bad.look_at)
    assert waits[:4] == [0.1, 0.4, 1.6, 6.4]
    assert bad.processed_at is None
    clock.advance(days=30)
    assert drain_all() == 0
    assert not Message.objects.exists()


def test_a_delivery_mended_before_it_is_parked_is_joined(cast: Cast, crm: Account, clock: Clock) -> None:
    with a_message_may_not_say("veneno"):
        receipt = store(crm, item(text="veneno"))
        drain.step()
    clock.advance(seconds=1)
    assert drain.step() == 1
    assert (after(receipt).processed_at, receipt.parked_at) == (clock.now(), None)
    assert texts() == ["veneno"]


# Reading again what was parked


def test_a_parked_delivery_is_replayed_from_the_start(cast: Cast, crm: Account) -> None:
    """closing C5: what was joined of it before is a duplicate now."""
    receipt = store(crm, item("m1", text="bien"), item("m2", text=""))
    drain_all()
    Receipt.objects.filter(pk=receipt.pk).update(body=json.dumps([item("m1"), item("m2", text="por fin")]).encode())
    assert drain.replay([receipt.pk], cast.workspace.pk) == 1
    assert drain_all() == 1
    assert texts() == ["bien", "por fin"]
    assert (after(receipt).parked_at, receipt.bad_items, receipt.failures) == (None, None, 0)


def test_a_replay_gives_five_tries_anew(cast: Cast, crm: Account, trap: None) -> None:
    receipt = store(crm, item(text="veneno"), parked_at=NOON, failures=5, error="Boom", look_at=NOON + 9 * TENTH)
    drain.replay([receipt.pk], cast.workspace.pk)
    assert (after(receipt).failures, receipt.error, receipt.look_at) == (0, "", None)
    assert drain.step() == 1
    assert (after(receipt).failures, receipt.parked_at) == (1, None)


def test_only_parked_deliveries_of_the_workspace_are_replayed(cast: Cast, crm: Account, carla: Cast) -> None:
    joined = store(crm, item("m1"))
    drain_all()
    theirs = Receipt.objects.create(account_id=carla.chat.pk, channel="webchat", body=b"{", parked_at=NOON)
    mine = store(crm, item("m2"), parked_at=NOON)
    ids = [joined.pk, theirs.pk, mine.pk, 2**62]
    assert drain.replay(ids, cast.workspace.pk) == 1
    assert after(joined).processed_at == after(theirs).parked_at == NOON
    assert after(mine).parked_at is None
    assert drain.replay(ids, cast.workspace.pk) == 0


@pytest.mark.django_db(transaction=True)
def test_joining_does_not_wait_for_the_disk_and_what_follows_does(
    crm: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commits() -> str:
        with connection.cursor() as cursor:
            cursor.execute("show synchronous_commit")
            return str(cursor.fetchone()[0])

    with connection.cursor() as cursor:
        cursor.execute("set synchronous_commit = on")  # which these tests do without
    while_joining, join = [], drain.join

    def look(*args: Any) -> None:
        while_joining.append(commits())
        join(*args)

    monkeypatch.setattr(drain, "join", look)
    store(crm, item())
    assert drain.step() == 1
    assert (while_joining, commits()) == (["off"], "on")
