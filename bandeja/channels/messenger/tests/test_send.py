"""Sending by a page: the bodies of meta.md A7, and after 24 hours only what a person wrote."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bandeja.channels.contract import Kind
from bandeja.channels.messenger.send import MessengerSender
from bandeja.channels.meta import faults
from bandeja.channels.meta.tests.answering import HTML, Fake, answer, refusal
from bandeja.channels.meta.tests.sending import HANDLE, a_file, line, message
from bandeja.channels.sending import Fault, NotReached, Outbound, Refused, Unanswered

PAGE = line("1906385232743451")
GRANTED = line("1906385232743451", human_agent=True)
LIA = ("psid", "6541234567890")
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)

sender = MessengerSender()


def send(meta: Fake, outbound: Outbound) -> Any:
    meta.on("POST /1906385232743451/messages", {"recipient_id": "6541234567890", "message_id": "m_AG5"})
    meta.on("POST /1906385232743451/message_attachments", {"attachment_id": "185"})
    assert sender.send(outbound) == "m_AG5"
    return meta.body


def test_a_text(meta: Fake) -> None:
    assert send(meta, message(PAGE, LIA, "Hola")) == {
        "recipient": {"id": "6541234567890"},
        "messaging_type": "RESPONSE",
        "message": {"text": "Hola", "metadata": HANDLE},
    }


def test_an_answer_to_a_message(meta: Fake) -> None:
    assert send(meta, message(PAGE, LIA, "Sí", reply_to="m_X"))["reply_to"] == {"mid": "m_X"}


@pytest.mark.parametrize(
    ("kind", "mime", "called"),
    [
        (Kind.IMAGE, "image/gif", "image"),
        (Kind.VIDEO, "video/mp4", "video"),
        (Kind.VOICE, "audio/webm", "audio"),
        (Kind.DOCUMENT, "application/pdf", "file"),
    ],
)
def test_a_file_is_uploaded_and_sent_by_its_id(meta: Fake, kind: Kind, mime: str, called: str) -> None:
    body = send(meta, message(PAGE, LIA, file=a_file(kind, mime)))
    assert body["message"] == {
        "attachment": {"type": called, "payload": {"attachment_id": "185"}},
        "metadata": HANDLE,
    }
    described = json.dumps({"attachment": {"type": called, "payload": {"is_reusable": True}}}).encode()
    assert described in meta.asked[0].content
    assert (
        f'name="filedata"; filename="foto.jpg"\r\nContent-Type: {mime}\r\n\r\nbytes'.encode() in meta.asked[0].content
    )


def test_buttons_are_quick_replies(meta: Fake) -> None:
    body = send(meta, message(PAGE, LIA, "¿Sí?", {"buttons": [{"id": "si", "title": "Sí"}]}))
    assert body["message"]["quick_replies"] == [{"content_type": "text", "title": "Sí", "payload": "si"}]


def test_late_words_of_a_person_go_with_the_tag_where_it_was_granted(meta: Fake) -> None:
    body = send(meta, message(GRANTED, LIA, "Disculpa la demora", late=True))
    assert (body["messaging_type"], body["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")


def test_in_time_nothing_carries_the_tag(meta: Fake) -> None:
    """meta.md D: the tag on every message, bots' too, loses the permission."""
    assert "tag" not in send(meta, message(GRANTED, LIA, "Hola"))


@pytest.mark.parametrize(
    "outbound",
    [
        message(PAGE, LIA, "Hola", late=True),
        message(line("1", human_agent="yes"), LIA, "Hola", late=True),
        message(GRANTED, LIA, "Hola", late=True, by_person=False),
        message(GRANTED, LIA, file=a_file(Kind.IMAGE, "image/png"), late=True),
    ],
)
def test_nothing_else_goes_late(meta: Fake, outbound: Outbound) -> None:
    with pytest.raises(Refused) as refused:
        sender.send(outbound)
    assert (refused.value.fault, meta.asked) == (Fault.WINDOW, [])


@pytest.mark.parametrize(
    ("outbound", "word", "details"),
    [
        (message(PAGE, LIA, "x" * 2_001), faults.TEXT_TOO_LONG, "2000"),
        (message(PAGE, LIA, file=a_file(Kind.IMAGE, "image/png", size=9_000_000)), faults.FILE_TOO_LARGE, "8 MB"),
        (message(PAGE, LIA, file=a_file(Kind.DOCUMENT, "a/b", size=30_000_000)), faults.FILE_TOO_LARGE, "25 MB"),
        (message(PAGE, LIA, file=a_file(Kind.STICKER, "image/webp")), faults.KIND, "sticker"),
        (message(PAGE, LIA, "Mira", file=a_file(Kind.IMAGE, "image/png")), faults.TEXT_TOO_LONG, "0"),
        (message(PAGE, LIA, data={"location": {}}, kind=Kind.LOCATION), faults.KIND, "location"),
        (message(PAGE, LIA, data={"template": {}}), faults.KIND, "text"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_limit_without_a_call(
    meta: Fake, outbound: Outbound, word: str, details: str
) -> None:
    with pytest.raises(Refused) as refused:
        sender.send(outbound)
    assert (refused.value.fault, refused.value.text, refused.value.details) == (Fault.CONTENT, word, details)
    assert meta.asked == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (httpx.ConnectError("x"), NotReached),
        (httpx.ReadError("reset"), Unanswered),
        (HTML, Unanswered),
        (answer({"recipient_id": "6541234567890"}), Unanswered),
        (refusal(10, 2018278), Refused),
        (refusal(613, status=429), Refused),
    ],
)
def test_every_other_answer_is_one_of_three_failures(meta: Fake, reply: Any, error: type[Exception]) -> None:
    meta.says(reply)
    with pytest.raises(error):
        sender.send(message(PAGE, LIA, "Hola"))
    assert len(meta.asked) == 1


def test_the_window_is_24_hours_and_7_days_for_people_where_granted() -> None:
    assert sender.window(NOON, None, {}).by_person_until is None
    window = sender.window(NOON, None, {"human_agent": True})
    assert (window.until, window.by_person_until) == (NOON + timedelta(hours=24), NOON + timedelta(days=7))
    assert sender.window(None, None, {"human_agent": True}).by_person_until is None


def test_a_long_text_goes_in_parts_that_it_takes() -> None:
    assert [len(part) for part in sender.split("x" * 4_100)] == [2_000, 2_000, 100]
