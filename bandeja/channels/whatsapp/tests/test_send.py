"""Sending by WhatsApp: the bodies of meta.md A7, checked before and understood after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from bandeja.channels import registry
from bandeja.channels.contract import Kind
from bandeja.channels.meta import faults
from bandeja.channels.meta.tests.answering import HTML, Fake, answer, refusal
from bandeja.channels.meta.tests.sending import HANDLE, a_file, line, message
from bandeja.channels.sending import Fault, NotReached, Outbound, Refused, Unanswered
from bandeja.channels.whatsapp.send import WhatsAppSender

NUMBER = line("106540352242922", waba="102")
LIA = ("wa_id", "5215512345678")
SENT = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "5215512345678", "wa_id": "525512345678"}],
    "messages": [{"id": "wamid.HBgN", "message_status": "accepted"}],
}
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)

sender = WhatsAppSender()


def send(meta: Fake, outbound: Outbound) -> Any:
    meta.on("POST /106540352242922/messages", SENT).on("POST /106540352242922/media", {"id": "4490709327384033"})
    assert sender.send(outbound) == "wamid.HBgN"
    assert meta.asked[-1].headers["Authorization"] == "Bearer EAAB-token"
    return meta.body


def envelope(**node: Any) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "5215512345678",
        "biz_opaque_callback_data": HANDLE,
        **node,
    }


def test_a_text(meta: Fake) -> None:
    body = send(meta, message(NUMBER, LIA, "Hola 👋"))
    assert body == envelope(type="text", text={"body": "Hola 👋", "preview_url": False})


def test_an_answer_to_a_message(meta: Fake) -> None:
    assert send(meta, message(NUMBER, LIA, "Sí", reply_to="wamid.X"))["context"] == {"message_id": "wamid.X"}


@pytest.mark.parametrize("kind", ["bsuid", "parent_bsuid"])
def test_who_shows_no_number_is_written_to_by_their_id(meta: Fake, kind: str) -> None:
    body = send(meta, message(NUMBER, (kind, "MX.13491208655302741918"), "Hola"))
    assert body["recipient"] == "MX.13491208655302741918"
    assert "to" not in body


@pytest.mark.parametrize(
    ("kind", "mime", "text", "node"),
    [
        (Kind.IMAGE, "image/jpeg", "Mira", {"image": {"id": "4490709327384033", "caption": "Mira"}}),
        (Kind.IMAGE, "image/png", "", {"image": {"id": "4490709327384033"}}),
        (Kind.VIDEO, "video/mp4", "Mira", {"video": {"id": "4490709327384033", "caption": "Mira"}}),
        (Kind.AUDIO, "audio/mpeg", "", {"audio": {"id": "4490709327384033"}}),
        (Kind.VOICE, "audio/ogg; codecs=opus", "", {"audio": {"id": "4490709327384033"}}),
        (Kind.STICKER, "image/webp", "", {"sticker": {"id": "4490709327384033"}}),
        (
            Kind.DOCUMENT,
            "application/pdf",
            "La factura",
            {"document": {"id": "4490709327384033", "filename": "foto.jpg", "caption": "La factura"}},
        ),
    ],
)
def test_a_file_is_uploaded_and_sent_by_its_id(
    meta: Fake, kind: Kind, mime: str, text: str, node: dict[str, Any]
) -> None:
    body = send(meta, message(NUMBER, LIA, text, file=a_file(kind, mime)))
    assert body == envelope(type=next(iter(node)), **node)
    assert meta.paths == ["POST /106540352242922/media", "POST /106540352242922/messages"]
    part = meta.asked[0].content
    assert b'name="messaging_product"\r\n\r\nwhatsapp' in part
    assert f'name="type"\r\n\r\n{mime.partition(";")[0]}'.encode() in part


def test_a_file_that_was_uploaded_before_is_not_again(meta: Fake) -> None:
    meta.on("POST /106540352242922/media", {"id": "99"})
    photo = a_file(Kind.IMAGE, "image/jpeg")
    assert sender.upload(NUMBER, photo) == "99"
    body = send(meta, message(NUMBER, LIA, file=a_file(Kind.IMAGE, "image/jpeg", remote="99")))
    assert body["image"] == {"id": "99"}
    assert meta.paths == ["POST /106540352242922/media", "POST /106540352242922/messages"]


def test_a_place(meta: Fake) -> None:
    place = {"latitude": 19.43, "longitude": -99.13, "name": "Zócalo"}
    body = send(meta, message(NUMBER, LIA, data={"location": place}, kind=Kind.LOCATION))
    assert body == envelope(type="location", location=place)


def test_buttons(meta: Fake) -> None:
    buttons = [{"id": "si", "title": "Sí"}, {"id": "no", "title": "No"}]
    body = send(meta, message(NUMBER, LIA, "¿Confirmas?", {"buttons": buttons}))
    assert body == envelope(
        type="interactive",
        interactive={
            "type": "button",
            "body": {"text": "¿Confirmas?"},
            "action": {"buttons": [{"type": "reply", "reply": button} for button in buttons]},
        },
    )


COMPONENTS = [{"type": "body", "parameters": [{"type": "text", "text": "Lía"}]}]
TEMPLATE = {"name": "bienvenida", "language": "es_MX", "components": COMPONENTS}


@pytest.mark.parametrize("late", [True, False])
def test_a_template_goes_whether_the_window_is_open_or_not(meta: Fake, late: bool) -> None:
    body = send(meta, message(NUMBER, LIA, "Hola Lía", {"template": TEMPLATE}, late=late))
    node = {"name": "bienvenida", "language": {"code": "es_MX"}, "components": COMPONENTS}
    assert body == envelope(type="template", template=node)


def test_a_template_without_variables_has_no_components(meta: Fake) -> None:
    body = send(meta, message(NUMBER, LIA, data={"template": {**TEMPLATE, "components": []}}))
    assert body["template"] == {"name": "bienvenida", "language": {"code": "es_MX"}}


def test_a_file_that_comes_with_a_template_is_its_header(meta: Fake) -> None:
    body = send(meta, message(NUMBER, LIA, data={"template": TEMPLATE}, file=a_file(Kind.IMAGE, "image/png")))
    header = {"type": "header", "parameters": [{"type": "image", "image": {"id": "4490709327384033"}}]}
    assert body["template"]["components"] == [header, *COMPONENTS]


def sticker(frames: int) -> Callable[[], BytesIO]:
    """A sticker of so many pictures, to be opened."""
    first, *others = [Image.new("RGB", (512, 512), (n * 40, 9, 9)) for n in range(frames)]
    into = BytesIO()
    first.save(into, "WEBP", save_all=bool(others), append_images=others)
    return lambda: BytesIO(into.getvalue())


def test_a_sticker_that_moves_may_weigh_more(meta: Fake) -> None:
    moving = replace(a_file(Kind.STICKER, "image/webp", size=200_000), open=sticker(3))
    assert send(meta, message(NUMBER, LIA, file=moving))["sticker"] == {"id": "4490709327384033"}


# Refused before anything leaves


@pytest.mark.parametrize(
    ("outbound", "word", "details"),
    [
        (message(NUMBER, LIA, file=a_file(Kind.IMAGE, "image/heic")), faults.FILE_TYPE, "JPEG, PNG"),
        (
            message(NUMBER, LIA, file=a_file(Kind.IMAGE, "image/png", size=5 * 1024 * 1024 + 1)),
            faults.FILE_TOO_LARGE,
            "5 MB",
        ),
        (
            message(NUMBER, LIA, file=replace(a_file(Kind.STICKER, "image/webp", size=600_000), open=sticker(3))),
            faults.FILE_TOO_LARGE,
            "500 KB",
        ),
        (
            message(NUMBER, LIA, file=replace(a_file(Kind.STICKER, "image/webp", size=200_000), open=sticker(1))),
            faults.FILE_TOO_LARGE,
            "100 KB",
        ),
        (message(NUMBER, LIA, "x" * 4_097), faults.TEXT_TOO_LONG, "4096"),
        (message(NUMBER, LIA, "x" * 1_025, file=a_file(Kind.IMAGE, "image/png")), faults.TEXT_TOO_LONG, "1024"),
        (message(NUMBER, LIA, "x", file=a_file(Kind.AUDIO, "audio/mpeg")), faults.TEXT_TOO_LONG, "0"),
        (message(NUMBER, LIA, "x", {"buttons": [{"id": n, "title": "T"} for n in range(4)]}), faults.BUTTONS, "3"),
        (message(NUMBER, LIA, "x", {"buttons": [{"id": 1, "title": "T" * 21}]}), faults.TEXT_TOO_LONG, "20"),
        (message(NUMBER, LIA, kind=Kind.CONTACTS), faults.KIND, "contacts"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_limit_without_a_call(
    meta: Fake, outbound: Outbound, word: str, details: str
) -> None:
    with pytest.raises(Refused) as refused:
        sender.send(outbound)
    assert (refused.value.fault, refused.value.text, refused.value.details) == (Fault.CONTENT, word, details)
    assert meta.asked == []


def test_outside_the_window_only_a_template_goes(meta: Fake) -> None:
    with pytest.raises(Refused) as refused:
        sender.send(message(NUMBER, LIA, "Hola", late=True))
    assert (refused.value.fault, meta.asked) == (Fault.WINDOW, [])


# What may come back


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (httpx.ConnectError("x"), NotReached),
        (httpx.ReadTimeout("x"), Unanswered),
        (HTML, Unanswered),
        (answer({"messages": []}), Unanswered),
        (answer({"messages": [{"id": ""}]}), Unanswered),
        (answer({"messages": "x"}), Unanswered),
        (refusal(190, 463, status=401), Refused),
        (refusal(130429, status=429, headers={"Retry-After": "3"}), Refused),
    ],
)
def test_every_other_answer_is_one_of_three_failures(meta: Fake, reply: Any, error: type[Exception]) -> None:
    meta.says(reply)
    with pytest.raises(error):
        sender.send(message(NUMBER, LIA, "Hola"))
    assert len(meta.asked) == 1


@pytest.mark.parametrize("reply", [httpx.ReadTimeout("x"), HTML, answer({})])
def test_an_upload_without_an_answer_sent_no_message(meta: Fake, reply: Any) -> None:
    """Its fate is known: it may be tried again, and is not told as perhaps sent."""
    meta.on("POST /106540352242922/media", reply)
    with pytest.raises(Refused) as refused:
        sender.send(message(NUMBER, LIA, file=a_file(Kind.IMAGE, "image/png")))
    assert refused.value.fault is Fault.TRANSIENT
    assert len(meta.asked) == 1


# Windows and parts


def test_the_window_is_24_hours_or_what_the_channel_says() -> None:
    day, later = NOON + timedelta(hours=24), NOON + timedelta(hours=72)
    assert sender.window(NOON, None, {}).until == day
    assert sender.window(NOON, later, {}).until == later
    assert sender.window(NOON, NOON, {}).until == day
    assert sender.window(None, later, {"human_agent": True}).until == later
    assert sender.window(None, None, {}).until is None
    assert sender.window(NOON, None, {"human_agent": True}).by_person_until is None


def test_a_long_text_goes_in_parts_that_it_takes() -> None:
    assert [len(part) for part in sender.split("x" * 5_000)] == [4_096, 904]


def test_three_channels_send_and_two_are_fetched_from() -> None:
    assert isinstance(registry.sender("whatsapp"), WhatsAppSender)
    assert registry.sender("messenger")
    assert registry.sender("instagram")
    assert [registry.sender(key) for key in ("webchat", "api", "?")] == [None, None, None]
