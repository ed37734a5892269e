"""Sending by an Instagram account, by its own login and by its page."""

from __future__ import annotations

from typing import Any

import pytest

from bandeja.channels.contract import Kind
from bandeja.channels.instagram.send import InstagramSender
from bandeja.channels.meta import faults
from bandeja.channels.meta.tests.answering import Fake, refusal
from bandeja.channels.meta.tests.sending import a_file, line, message
from bandeja.channels.sending import Fault, Line, Outbound, Refused

ITSELF = line("17841400", login="instagram")
BY_PAGE = line("17841400", login="page", page_id="1906")
LIA = ("igsid", "9876")

sender = InstagramSender()


def send(meta: Fake, outbound: Outbound) -> Any:
    meta.says({"recipient_id": "9876", "message_id": "aWdf"})
    meta.on("POST /1906/message_attachments", {"attachment_id": "185"})
    assert sender.send(outbound) == "aWdf"
    return meta.body


def test_a_text_by_its_own_login(meta: Fake) -> None:
    body = send(meta, message(ITSELF, LIA, "Hola"))
    assert body == {"recipient": {"id": "9876"}, "message": {"text": "Hola"}}
    assert str(meta.asked[0].url) == "https://graph.instagram.com/v26.0/17841400/messages"


def test_a_text_by_its_page(meta: Fake) -> None:
    body = send(meta, message(BY_PAGE, LIA, "Hola"))
    assert body == {"recipient": {"id": "9876"}, "messaging_type": "RESPONSE", "message": {"text": "Hola"}}
    assert str(meta.asked[0].url) == "https://graph.facebook.com/v26.0/1906/messages"


def test_a_file_is_named_by_its_address_or_handed_to_the_page(meta: Fake) -> None:
    photo = a_file(Kind.IMAGE, "image/png", url="https://inbox.example/f/1")
    assert sender.upload(ITSELF, photo) == ""
    body = send(meta, message(ITSELF, LIA, file=photo))
    assert body["message"] == {"attachment": {"type": "image", "payload": {"url": "https://inbox.example/f/1"}}}
    body = send(meta, message(BY_PAGE, LIA, file=photo))
    assert body["message"] == {"attachment": {"type": "image", "payload": {"attachment_id": "185"}}}
    assert b'name="platform"\r\n\r\ninstagram' in meta.asked[1].content


def test_a_file_without_an_address_is_refused(meta: Fake) -> None:
    with pytest.raises(Refused) as refused:
        sender.send(message(ITSELF, LIA, file=a_file(Kind.IMAGE, "image/png")))
    assert (refused.value.text, meta.asked) == (faults.NO_ADDRESS, [])


def test_its_one_sticker_is_a_heart(meta: Fake) -> None:
    assert send(meta, message(ITSELF, LIA, kind=Kind.STICKER))["message"] == {"attachment": {"type": "like_heart"}}


@pytest.mark.parametrize("account", [ITSELF, BY_PAGE])
def test_late_words_go_with_the_tag_where_it_was_granted(meta: Fake, account: Line) -> None:
    granted = line(account.external_id, **{**account.config, "human_agent": True})
    body = send(meta, message(granted, LIA, "Hola", late=True))
    assert (body["messaging_type"], body["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    with pytest.raises(Refused) as refused:
        sender.send(message(account, LIA, "Hola", late=True))
    assert refused.value.fault is Fault.WINDOW


@pytest.mark.parametrize(
    ("outbound", "word", "details"),
    [
        (message(ITSELF, LIA, "ñ" * 501), faults.TEXT_TOO_LONG, "1000"),
        (
            message(ITSELF, LIA, file=a_file(Kind.DOCUMENT, "application/pdf", url="https://x")),
            faults.KIND,
            "document",
        ),
        (message(ITSELF, LIA, file=a_file(Kind.IMAGE, "image/webp", url="https://x")), faults.FILE_TYPE, "JPEG, PNG"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_limit_without_a_call(
    meta: Fake, outbound: Outbound, word: str, details: str
) -> None:
    with pytest.raises(Refused) as refused:
        sender.send(outbound)
    assert (refused.value.text, refused.value.details, meta.asked) == (word, details, [])


def test_the_window_closed_at_metas_own_clock_is_told_as_such(meta: Fake) -> None:
    meta.says(refusal(10, 2534022, status=403))
    with pytest.raises(Refused) as refused:
        sender.send(message(ITSELF, LIA, "Hola"))
    assert refused.value.fault is Fault.WINDOW


def test_a_long_text_goes_in_parts_of_a_thousand_bytes() -> None:
    parts = sender.split("¿Qué tal? " * 300)
    assert all(len(part.encode()) <= 1_000 for part in parts)
    assert " ".join(parts) == ("¿Qué tal? " * 300).strip()
