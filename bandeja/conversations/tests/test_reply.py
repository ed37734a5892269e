"""Writing where a channel must be told: in the parts it takes, queued, within its window, and never twice."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connections

from bandeja.channels import accounts, registry
from bandeja.channels.contract import Kind, State
from bandeja.channels.models import Account, ChannelKey
from bandeja.channels.sending import HUMAN_AGENT
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import SYSTEM, Actor
from bandeja.conversations.models import (
    Attachment,
    Cause,
    Conversation,
    Direction,
    Event,
    EventKind,
    FileState,
    Message,
    Outgoing,
    Status,
)
from bandeja.conversations.reply import NotAnswerable
from bandeja.conversations.scope import Scope
from bandeja.conversations.window import window_of
from bandeja.intake.tests.knocking import address
from tests.cast import Cast, make_cast
from tests.clock import Clock
from tests.lines import PNG, FakeSender

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CLOCK = ("armed_at", "look_at", "last_inbound_at", "unread")
TEMPLATE = {"template": {"name": "hola", "language": "es_MX", "components": []}}


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> FakeSender:
    fake = FakeSender()
    monkeypatch.setitem(registry.SENDERS, "whatsapp", fake)
    return fake


@pytest.fixture
def number(cast: Cast, clock: Clock, sender: FakeSender) -> Account:
    clock.set(NOON)
    cast.workspace.entitled_since = NOON
    return accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Ventas", external_id="111", token="secreto")


@pytest.fixture
def lia(cast: Cast, number: Account) -> Conversation:
    """Lía has just written to the number."""
    lia = cast.write("lia", account=number, external_id="wamid.lia")
    Conversation.objects.filter(pk=lia.pk).update(window_at=NOON)
    return lia


@pytest.fixture
def by_ana(cast: Cast) -> dict[str, Any]:
    return acting(cast)


def acting(cast: Cast) -> dict[str, Any]:
    """What every verb is told when Ana does it."""
    return {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}


def picture(name: str = "foto", **more: Any) -> lifecycle.Upload:
    return lifecycle.Upload(**{"file": name, "kind": Kind.IMAGE, "mime": PNG, "name": name, "size": 3, **more})


def outgoing(conversation: Conversation) -> list[tuple[str, str]]:
    """Text and state of what waits to be sent, in order."""
    rows = Outgoing.objects.filter(conversation_id=conversation.pk).order_by("message_id")
    return [(row.message.text, row.message.state) for row in rows.select_related("message")]


def test_a_reply_is_queued(lia: Conversation, by_ana: dict[str, Any]) -> None:
    message = lifecycle.reply(lia.pk, "Buenas", **by_ana).message
    assert (message.state, message.state_at, message.external_id) == (State.QUEUED, NOON, None)
    row = Outgoing.objects.get()
    assert (row.message_id, row.account_id, row.conversation_id) == (message.pk, lia.account_id, lia.pk)
    assert (row.look_at, row.sending_at, row.tries) == (NOON, None, 0)


def test_web_chat_tells_nobody(cast: Cast, by_ana: dict[str, Any], sender: FakeSender) -> None:
    message = lifecycle.reply(cast.write("teo").pk, "Buenas", **by_ana).message
    assert (message.state, message.state_at, Outgoing.objects.exists()) == ("", None, False)


def test_a_note_is_never_sent(lia: Conversation, by_ana: dict[str, Any]) -> None:
    note = lifecycle.reply(lia.pk, "Es la prima de Teo, y esto es largo", note=True, **by_ana).message
    assert (note.direction, note.state, Outgoing.objects.exists()) == (Direction.NOTE, "", False)


def test_a_long_text_is_several_messages_in_order(lia: Conversation, by_ana: dict[str, Any]) -> None:
    text = "uno dos tres cuatro cinco seis siete ocho nueve diez"
    replied = lifecycle.reply(lia.pk, text, **by_ana)
    queued = [(message.text, State.QUEUED) for message in replied.messages]
    assert (len(queued), "".join(part for part, _ in queued)) == (3, text)
    assert outgoing(lia) == queued
    assert Event.objects.filter(conversation=lia, kind=EventKind.MESSAGE_SENT).count() == 3
    lia.refresh_from_db()
    assert lia.last_message_text == queued[-1][0]


def test_a_repeated_client_id_writes_nothing_however_many_parts_it_had(
    lia: Conversation, by_ana: dict[str, Any]
) -> None:
    key, text = uuid4(), "x" * 50
    first = lifecycle.reply(lia.pk, text, client_id=key, **by_ana)
    again = lifecycle.reply(lia.pk, text, client_id=key, **by_ana)
    assert (first.written, again.written) == (True, False)
    assert [each.pk for each in again.messages] == [each.pk for each in first.messages]
    assert (Outgoing.objects.count(), again.message.client_id) == (3, key)


def test_a_repeated_client_id_is_answered_after_the_window_closed(
    lia: Conversation, by_ana: dict[str, Any], clock: Clock
) -> None:
    key = uuid4()
    lifecycle.reply(lia.pk, "Hola", client_id=key, **by_ana)
    clock.advance(days=2)
    assert not lifecycle.reply(lia.pk, "Hola", client_id=key, **by_ana).written


def test_it_answers_a_message_of_the_conversation(cast: Cast, lia: Conversation, by_ana: dict[str, Any]) -> None:
    asked = lia.messages.get()
    replied = lifecycle.reply(lia.pk, "Sí, y es bastante largo de decir", reply_to=asked.pk, **by_ana)
    assert [each.reply_to for each in replied.messages] == ["wamid.lia", ""]
    other = cast.write("teo", account=lia.account).messages.get()
    unsent = lifecycle.reply(lia.pk, "Hola", **by_ana).message
    for unknown in (other, unsent):
        with pytest.raises(NotAnswerable):
            lifecycle.reply(lia.pk, "Sí", reply_to=unknown.pk, **by_ana)


# What is sent with it


def test_a_text_beside_one_picture_is_its_caption(lia: Conversation, by_ana: dict[str, Any]) -> None:
    message = lifecycle.reply(lia.pk, "Mira", uploads=[picture(thumb="t", width=4, height=3)], **by_ana).message
    assert (message.kind, message.text) == (Kind.IMAGE, "Mira")
    file = Attachment.objects.get(message=message)
    assert (file.file, file.thumb, file.mime, file.size, file.width, file.height) == ("foto", "t", PNG, 3, 4, 3)
    assert (file.state, file.look_at, file.remote) == (FileState.STORED, None, "")


def parts_of(lia: Conversation) -> list[tuple[str, str]]:
    return list(lia.messages.filter(direction=Direction.OUT).order_by("id").values_list("kind", "text"))


def test_a_text_too_long_for_a_caption_goes_before_the_picture(lia: Conversation, by_ana: dict[str, Any]) -> None:
    lifecycle.reply(lia.pk, "x" * 31, uploads=[picture()], **by_ana)
    assert parts_of(lia) == [("text", "x" * 20), ("text", "x" * 11), ("image", "")]


def test_several_files_are_several_messages(lia: Conversation, by_ana: dict[str, Any]) -> None:
    lifecycle.reply(lia.pk, "Mira", uploads=[picture("a"), picture("b")], **by_ana)
    assert parts_of(lia) == [("text", "Mira"), ("image", ""), ("image", "")]
    assert list(Attachment.objects.order_by("message_id").values_list("file", flat=True)) == ["a", "b"]


def test_what_has_no_captions_comes_after_the_text(lia: Conversation, by_ana: dict[str, Any]) -> None:
    lifecycle.reply(lia.pk, "Oye", uploads=[picture("voz", kind=Kind.AUDIO, mime="audio/ogg")], **by_ana)
    assert parts_of(lia) == [("text", "Oye"), ("audio", "")]


def test_the_list_shows_what_kind_the_latest_is(lia: Conversation, by_ana: dict[str, Any]) -> None:
    """The contact's photo is no longer the latest once we have written, nor is our text once we have sent one."""
    Conversation.objects.filter(pk=lia.pk).update(last_message_text="", last_message_kind=Kind.IMAGE)
    lifecycle.reply(lia.pk, "Hola", **by_ana)
    lia.refresh_from_db()
    assert (lia.last_message_text, lia.last_message_kind) == ("Hola", "text")
    lifecycle.reply(lia.pk, uploads=[picture()], **by_ana)
    lia.refresh_from_db()
    assert (lia.last_message_text, lia.last_message_kind) == ("", "image")


def test_a_file_alone_is_a_message(lia: Conversation, by_ana: dict[str, Any]) -> None:
    lifecycle.reply(lia.pk, uploads=[picture("voz", kind=Kind.AUDIO, mime="audio/ogg")], **by_ana)
    assert parts_of(lia) == [("audio", "")]


@pytest.mark.parametrize("wrong", [{"size": 1_001}, {"mime": "image/tiff"}, {"kind": Kind.VIDEO}])
def test_a_file_the_channel_does_not_take_is_refused(
    lia: Conversation, by_ana: dict[str, Any], sender: FakeSender, wrong: dict[str, Any]
) -> None:
    with pytest.raises(lifecycle.FileRefused) as refused:
        lifecycle.reply(lia.pk, "Mira", uploads=[picture(), picture(**wrong)], **by_ana)
    assert refused.value.limit == sender.limits.get(wrong.get("kind", Kind.IMAGE))
    assert parts_of(lia) == []


def test_buttons_go_with_the_end_of_the_text(lia: Conversation, by_ana: dict[str, Any]) -> None:
    buttons = {"buttons": [{"id": "si", "title": "Sí"}]}
    replied = lifecycle.reply(lia.pk, "x" * 25, data=buttons, **by_ana)
    assert [each.data for each in replied.messages] == [{}, buttons]


def test_a_location_and_a_template_are_messages_by_themselves(lia: Conversation, by_ana: dict[str, Any]) -> None:
    place = {"location": {"latitude": 4.6, "longitude": -74.1}}
    assert lifecycle.reply(lia.pk, data=place, **by_ana).message.kind == Kind.LOCATION
    (message,) = lifecycle.reply(lia.pk, "x" * 50, data=TEMPLATE, **by_ana).messages
    assert (message.kind, message.data, len(message.text)) == (Kind.TEXT, TEMPLATE, 50)


@pytest.mark.parametrize("nothing", [{}, {"data": {"buttons": []}}, {"text": " \n"}])
def test_nothing_is_not_sent(lia: Conversation, by_ana: dict[str, Any], nothing: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs a text"):
        lifecycle.reply(lia.pk, **nothing, **by_ana)


# Windows


def test_too_late_is_refused_with_what_may_still_go(lia: Conversation, by_ana: dict[str, Any], clock: Clock) -> None:
    clock.set(NOON + DAY - timedelta(microseconds=1))
    lifecycle.reply(lia.pk, "Justo", **by_ana)
    clock.set(NOON + DAY)
    with pytest.raises(lifecycle.WindowClosed) as closed:
        lifecycle.reply(lia.pk, "Tarde", **by_ana)
    assert (closed.value.has_templates, closed.value.by_person_until) == (True, None)
    assert [text for text, _ in outgoing(lia)] == ["Justo"]
    lifecycle.reply(lia.pk, "Hola, Lía", data=TEMPLATE, **by_ana)


def test_a_person_may_write_longer_where_the_tag_was_granted(
    lia: Conversation, by_ana: dict[str, Any], clock: Clock
) -> None:
    Account.objects.filter(pk=lia.account_id).update(config={HUMAN_AGENT: True})
    clock.set(NOON + 6 * DAY)
    lifecycle.reply(lia.pk, "Seguimos", **by_ana)
    with pytest.raises(lifecycle.WindowClosed) as closed:
        lifecycle.reply(lia.pk, "Automático", scope=by_ana["scope"], by=SYSTEM)
    assert closed.value.by_person_until == NOON + 7 * DAY
    clock.set(NOON + 7 * DAY)
    with pytest.raises(lifecycle.WindowClosed):
        lifecycle.reply(lia.pk, "Tarde", **by_ana)


def test_what_the_channel_says_is_free_is(lia: Conversation, by_ana: dict[str, Any], clock: Clock) -> None:
    Conversation.objects.filter(pk=lia.pk).update(free_until=NOON + 3 * DAY)
    clock.set(NOON + 2 * DAY)
    assert lifecycle.reply(lia.pk, "Aún gratis", **by_ana).written


def test_whoever_never_wrote_is_only_reached_by_a_template(lia: Conversation, by_ana: dict[str, Any]) -> None:
    Conversation.objects.filter(pk=lia.pk).update(window_at=None)
    with pytest.raises(lifecycle.WindowClosed):
        lifecycle.reply(lia.pk, "Hola", **by_ana)
    assert lifecycle.reply(lia.pk, "Hola", data=TEMPLATE, **by_ana).written


def test_notes_know_no_window(lia: Conversation, by_ana: dict[str, Any], clock: Clock) -> None:
    clock.advance(days=30)
    assert lifecycle.reply(lia.pk, "Llamarla", note=True, **by_ana).written


def test_a_channel_without_windows_has_none(cast: Cast, lia: Conversation) -> None:
    teo = cast.write("teo")
    assert window_of(teo) is None
    lia.refresh_from_db()
    window = window_of(lia)
    assert window is not None
    assert window.until == NOON + DAY


# Closing


def test_writing_opens_what_was_closed_and_starts_no_clock(
    cast: Cast, lia: Conversation, by_ana: dict[str, Any]
) -> None:
    """closing E2: an agent's reply reopens; what a machine writes does not."""
    cast.rule(lia.account)
    for by, status in ((SYSTEM, Status.CLOSED), (by_ana["by"], Status.OPEN)):
        lifecycle.close([lia.pk], reason="Resuelto", cause=Cause.AGENT, **by_ana)
        lifecycle.reply(lia.pk, "Seguimos con un texto largo", scope=by_ana["scope"], by=by)
        lia.refresh_from_db()
        assert (lia.status, lia.armed_at, lia.look_at) == (status, None, None)


def test_nothing_that_is_sent_moves_a_clock(
    cast: Cast, number: Account, lia: Conversation, by_ana: dict[str, Any], clock: Clock
) -> None:
    """closing C2."""
    cast.rule(number, amount=2, unit="days")
    clock.advance(seconds=1)
    cast.write("lia", account=number)
    before = Conversation.objects.values(*CLOCK).get(pk=lia.pk)
    assert before["armed_at"] == NOON + timedelta(seconds=1)
    clock.advance(seconds=1)
    lifecycle.reply(lia.pk, "x" * 60, uploads=[picture()], **by_ana)
    message = lifecycle.reply(lia.pk, "Hola", data=TEMPLATE, **by_ana).message
    Outgoing.objects.all().delete()
    Message.objects.filter(pk=message.pk).update(state=State.FAILED)
    assert lifecycle.send_again(message.pk, **by_ana)
    assert Conversation.objects.values(*CLOCK).get(pk=lia.pk) == before


# Again


@pytest.fixture
def failed(lia: Conversation, by_ana: dict[str, Any]) -> Message:
    message = lifecycle.reply(lia.pk, "Hola", **by_ana).message
    Outgoing.objects.all().delete()
    Message.objects.filter(pk=message.pk).update(state=State.FAILED, error={"code": 1})
    return message


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN])
def test_a_person_may_send_it_again(failed: Message, by_ana: dict[str, Any], state: State) -> None:
    Message.objects.filter(pk=failed.pk).update(state=state)
    assert lifecycle.send_again(failed.pk, **by_ana)
    failed.refresh_from_db()
    assert (failed.state, failed.error, Outgoing.objects.get().message_id) == (State.QUEUED, None, failed.pk)
    assert not lifecycle.send_again(failed.pk, **by_ana), "once is enough"


@pytest.mark.parametrize("state", ["", State.QUEUED, State.SENDING, State.ACCEPTED, State.DELIVERED])
def test_only_what_failed_or_is_unknown_is_sent_again(failed: Message, by_ana: dict[str, Any], state: str) -> None:
    Message.objects.filter(pk=failed.pk).update(state=state)
    assert not lifecycle.send_again(failed.pk, **by_ana)
    assert not Outgoing.objects.exists()


def test_sending_again_minds_the_window_and_opens_what_was_closed(
    failed: Message, lia: Conversation, by_ana: dict[str, Any], clock: Clock
) -> None:
    lifecycle.close([lia.pk], reason="Resuelto", cause=Cause.AGENT, **by_ana)
    lifecycle.send_again(failed.pk, **by_ana)
    lia.refresh_from_db()
    assert lia.status == Status.OPEN
    Message.objects.filter(pk=failed.pk).update(state=State.FAILED)
    clock.advance(days=1)
    with pytest.raises(lifecycle.WindowClosed):
        lifecycle.send_again(failed.pk, **by_ana)


def test_nobody_sends_again_what_lies_out_of_reach(failed: Message, carla: Cast) -> None:
    with pytest.raises(Conversation.DoesNotExist):
        lifecycle.send_again(failed.pk, scope=Scope.of(carla.ana), by=Actor.agent(carla.ana))


# At once


@pytest.mark.django_db(transaction=True)
def test_two_requests_with_one_client_id_write_once(sender: FakeSender) -> None:
    cast = make_cast("Tienda", "ana@tienda.example", "bruno@tienda.example")
    account = accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Ventas", external_id="111")
    lia = cast.write("lia", account=account)
    key, together, written = uuid4(), threading.Barrier(4), []

    def write() -> None:
        together.wait()
        written.append(lifecycle.reply(lia.pk, "x" * 50, data=TEMPLATE, client_id=key, **acting(cast)).written)
        connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(written), Outgoing.objects.count()) == ([False, False, False, True], 1)


@pytest.mark.django_db(transaction=True)
def test_the_lane_is_woken_when_it_is_committed(sender: FakeSender) -> None:
    cast = make_cast("Tienda", "ana@tienda.example", "bruno@tienda.example")
    account = accounts.connect(cast.workspace, ChannelKey.WHATSAPP, name="Ventas", external_id="111")
    lia = cast.write("lia", account=account)
    with psycopg.connect(address(), autocommit=True) as listening:
        listening.execute("listen bandeja_outbox")
        lifecycle.reply(lia.pk, "x" * 50, data=TEMPLATE, **acting(cast))
        heard = [notify.channel for notify in listening.notifies(timeout=1)]
    assert heard == ["bandeja_outbox"]
