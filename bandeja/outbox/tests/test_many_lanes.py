"""Several lanes at once, and lanes that are killed: each message leaves at most once, in its conversation's order."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from django.db import connection, connections, transaction

from bandeja.channels import accounts, registry
from bandeja.channels.contract import State
from bandeja.channels.models import ChannelKey
from bandeja.channels.sending import Fault, Outbound, Refused, Unanswered
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation, Message, Outgoing
from bandeja.conversations.scope import Scope
from bandeja.outbox.lane import Lane
from bandeja.outbox.outbound import build
from tests.cast import Cast, make_cast
from tests.lines import FakeSender

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, EACH = 12, 6
TEMPLATE = {"template": {"name": "hola", "language": "es", "components": []}}


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> FakeSender:
    fake = FakeSender()
    monkeypatch.setitem(registry.SENDERS, "whatsapp", fake)
    return fake


@pytest.fixture
def shop(sender: FakeSender) -> Cast:
    cast = make_cast("Tienda", "ana@tienda.example", "bruno@tienda.example")
    cast.chat = accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Ventas", external_id="111", token="t")
    return cast


def write(cast: Cast, who: str, times: int = EACH) -> None:
    lia = cast.write(who)
    for number in range(times):
        by = {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}
        lifecycle.reply(lia.pk, f"{who} {number}", data=TEMPLATE, **by)  # type: ignore[arg-type]  # one set of arguments for several calls


def in_threads(acts: list[threading.Thread]) -> None:
    for act in acts:
        act.start()
    for act in acts:
        act.join()


def run_lanes(count: int, errors: list[Exception]) -> None:
    """So many lanes, each on a connection of its own, until nothing waits."""

    def run() -> None:
        lane = Lane(per_account=4, total=8)
        try:
            until = time.monotonic() + 60
            while Outgoing.objects.exists() and time.monotonic() < until:
                lane.step()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test raises it
            errors.append(error)
        finally:
            lane.close()
            connections.close_all()

    in_threads([threading.Thread(target=run) for _ in range(count)])
    if errors:
        raise errors[0]


def test_lanes_side_by_side_send_each_message_once_and_in_order(shop: Cast, sender: FakeSender) -> None:
    flying: Counter[str] = Counter()
    together: list[str] = []
    chance = random.Random(7)

    def answer(outbound: Outbound) -> str:
        who = outbound.to[1]
        flying[who] += 1
        if flying[who] > 1:
            together.append(who)
        time.sleep(chance.random() / 200)
        flying[who] -= 1
        return f"wamid.{outbound.handle}"

    sender.answer = answer
    for number in range(PEOPLE):
        write(shop, f"c{number}")
    run_lanes(3, [])
    told: dict[str, list[str]] = defaultdict(list)
    for text in sender.texts:
        told[text.split()[0]].append(text)
    assert told == {f"c{who}": [f"c{who} {number}" for number in range(EACH)] for who in range(PEOPLE)}
    assert together == []
    assert set(Message.objects.filter(direction="out").values_list("state", flat=True)) == {State.ACCEPTED}


def test_lanes_side_by_side_survive_a_channel_that_fails_as_it_likes(
    shop: Cast, sender: FakeSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(11)
    taken: Counter[str] = Counter()
    monkeypatch.setattr("bandeja.outbox.outcome.LONGEST", __import__("datetime").timedelta(milliseconds=2))

    def answer(outbound: Outbound) -> str:
        dice = chance.random()
        if dice < 0.2:
            raise Refused(Fault.TRANSIENT)
        if dice < 0.3:
            raise Refused(Fault.THROTTLED, pair=True)
        if dice < 0.35:
            raise Refused(Fault.CONTENT)
        taken[outbound.handle] += 1
        if dice < 0.4:
            raise Unanswered
        return f"wamid.{outbound.handle}"

    sender.answer = answer
    for number in range(PEOPLE):
        write(shop, f"c{number}")
    run_lanes(3, [])
    assert max(taken.values()) == 1, "what was taken is never sent again"
    states = Counter(Message.objects.filter(direction="out").values_list("state", flat=True))
    assert set(states) <= {State.ACCEPTED, State.UNKNOWN, State.FAILED}
    assert states[State.ACCEPTED] + states[State.UNKNOWN] == len(taken)


def test_writing_and_sending_at_once_loses_nothing(shop: Cast, sender: FakeSender) -> None:
    people = [f"c{number}" for number in range(4)]
    for who in people:
        write(shop, who, times=1)

    def keep_writing(who: str) -> None:
        write(shop, who)
        connections.close_all()

    errors: list[Exception] = []
    in_threads(
        [threading.Thread(target=keep_writing, args=(who,)) for who in people]
        + [threading.Thread(target=run_lanes, args=(2, errors))]
    )
    run_lanes(1, errors)
    assert len(sender.sent) == 4 * (EACH + 1)
    for who in people:
        sent = [text for text in sender.texts if text.startswith(f"{who} ")]
        assert sent == [f"{who} 0", *(f"{who} {number}" for number in range(EACH))]


def test_what_another_lane_holds_is_not_waited_for(shop: Cast, sender: FakeSender) -> None:
    write(shop, "lia", times=2)
    write(shop, "teo", times=1)
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            first = Outgoing.objects.select_for_update().order_by("message_id").first()
            assert first is not None
            held.set()
            go.wait(10)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    lane = Lane()
    lane.step()
    lane.close()
    go.set()
    holder.join()
    assert sender.texts == ["teo 0"], "neither the one that is held, nor what comes after it"


def test_an_echo_joined_at_the_very_moment_does_not_make_two(
    shop: Cast, sender: FakeSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The echo commits after we looked for it and before we write its id down: the second look merges it."""
    sender.answer = lambda _: "wamid.1"
    write(shop, "lia", times=1)
    lane = Lane()
    lane.step()
    from bandeja.outbox import record

    absorb = record._absorb_echoes
    ours = Message.objects.get(direction="out")

    def echo_first(*given: object) -> None:
        absorb(*given)  # type: ignore[arg-type]  # one set of arguments for several calls
        monkeypatch.setattr(record, "_absorb_echoes", absorb)
        joining = threading.Thread(target=join_echo, args=(ours,))
        joining.start()
        joining.join()

    monkeypatch.setattr(record, "_absorb_echoes", echo_first)
    lane.close()
    message = Message.objects.get(external_id="wamid.1")
    assert (message.pk, message.state, Outgoing.objects.exists()) == (ours.pk, State.ACCEPTED, False)


def join_echo(ours: Message) -> None:
    same = {"workspace_id": ours.workspace_id, "account_id": ours.account_id, "kind": "text", "direction": "out"}
    Message.objects.create(**same, conversation_id=ours.conversation_id, external_id="wamid.1", author_kind="app")
    connections.close_all()


def test_sending_again_while_the_next_goes_out_keeps_one_at_a_time(shop: Cast, sender: FakeSender) -> None:
    """The older one comes back while a claim of the newer one is under way: the database lets only one in."""
    write(shop, "lia", times=2)
    first, second = Message.objects.filter(direction="out").order_by("id")
    Outgoing.objects.filter(message=first).delete()
    Message.objects.filter(pk=first.pk).update(state=State.FAILED)
    go = threading.Event()
    sender.answer = lambda outbound: f"wamid.{outbound.handle}" if go.wait(10) else ""
    lane, other = Lane(), Lane()
    lane.step()
    lifecycle.send_again(first.pk, scope=Scope.of(shop.ana), by=Actor.agent(shop.ana))
    other.step()
    assert sender.texts == ["lia 1"]
    go.set()
    lane.close()
    other.step()
    other.close()
    assert sender.texts == ["lia 1", "lia 0"]
    assert second.pk == Message.objects.get(text="lia 1").pk


def test_killed_between_sending_and_recording_it_ends_as_unknown(
    shop: Cast, sender: FakeSender, tmp_path: Path
) -> None:
    """meta.md E7, with a real process and a real kill: whoever comes after it must not send again."""
    write(shop, "lia", times=2)
    left = tmp_path / "left"
    connection.close()
    if not (child := os.fork()):
        # Only what is needed to be killed at the right moment: nothing of pytest may run here.
        def answer(outbound: Outbound) -> str:
            left.write_text(outbound.text)
            time.sleep(60)
            return "never"

        sender.answer = answer
        Lane().step()
        time.sleep(60)
        os._exit(1)
    until = time.monotonic() + 20
    while not (left.exists() and left.read_text()) and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert left.read_text() == "lia 0"
    first, second = Message.objects.filter(direction="out").order_by("id")
    assert (first.state, second.state) == (State.SENDING, State.QUEUED)
    with connection.cursor() as cursor:
        cursor.execute("update outgoing set sending_at = sending_at - interval '1 hour' where sending_at is not null")
    run_lanes(1, [])
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.UNKNOWN, State.ACCEPTED)
    assert sender.texts == ["lia 1"]


def test_one_query_builds_a_whole_claim(shop: Cast, sender: FakeSender, django_assert_num_queries: object) -> None:
    for number in range(5):
        write(shop, f"c{number}", times=1)
    ids = list(Message.objects.filter(direction="out").values_list("pk", flat=True))
    at = Conversation.objects.values_list("created_at", flat=True).latest("id")
    with django_assert_num_queries(2):  # type: ignore[operator]  # the messages, and their files
        assert len(build(ids, at=at, link=str)) == 5
