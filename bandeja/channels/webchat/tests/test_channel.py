"""What web chat understands of what a widget, or anyone pretending to be one, sends."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandeja.channels.contract import Delivery, Inbound, Kind
from bandeja.channels.registry import get
from bandeja.channels.webchat import visitor
from bandeja.channels.webchat.channel import NO_ID

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
PAYLOADS = Path(__file__).parent / "payloads"
LIA = "11112222333344445555666677778888"

channel = get("webchat")


def delivery(body: bytes, sender: str = LIA) -> Delivery:
    return Delivery(7, body, {"sender": sender}, NOON)


def understood(item: Any) -> Inbound:
    parsed = channel.parse(delivery(json.dumps(item).encode()))
    assert not parsed.bad
    (inbound,) = parsed.inbound
    return inbound


def test_a_first_message_says_who_writes_and_from_where() -> None:
    inbound = understood(json.loads((PAYLOADS / "first.json").read_text(encoding="utf-8")))
    assert inbound == Inbound(
        account_id=7,
        external_id=f"{LIA}:5b0c2f6e-8c53-4a39-9b6f-0d2f6f1f1c11",
        identity=("visitor", LIA),
        kind=Kind.TEXT,
        text="Hola, ¿tienen la bicicleta Ruta 28 en talla M?",
        received_at=NOON,
        name="Lía Restrepo",
        email="lia@example.com",
        data={"page": "https://tienda.example.com/bicicletas/ruta-28?talla=M"},
    )


def test_a_later_message_needs_only_an_id_and_a_text() -> None:
    inbound = understood(json.loads((PAYLOADS / "later.json").read_text(encoding="utf-8")))
    assert (inbound.text, inbound.name, inbound.data) == ("Perfecto 👩🏽‍🦱\nPaso mañana.", "", {})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  hola \n", "hola"),
        ("a\x00b", "ab"),
        ("a\ud800b", "ab"),
        ("a\r\nb", "a\nb"),
        ("<b>hola</b>", "<b>hola</b>"),
        ("\u202eoloh", "\u202eoloh"),
        ("👨‍👩‍👧‍👦" * 3, "👨‍👩‍👧‍👦" * 3),
    ],
)
def test_a_text_is_kept_but_for_what_cannot_be_stored(text: str, kept: str) -> None:
    assert understood({"id": "1", "text": text}).text == kept


@pytest.mark.parametrize(
    "page", ["javascript:alert(1)", "data:text/html,x", "//example.com", "http://[", "", None, 5, ["https://a"]]
)
def test_a_page_that_is_no_web_address_is_left_out(page: object) -> None:
    assert understood({"id": "1", "text": "hola", "page": page}).data == {}


@pytest.mark.parametrize("name", [None, 5, [], {}, "\x00", "\ud800", " "])
def test_an_odd_name_is_no_name(name: object) -> None:
    assert understood({"id": "1", "text": "hola", "name": name, "email": name}).name == ""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "The delivery is not JSON."),
        (b"\xff\xfe\x00", "The delivery is not JSON."),
        (b"{", "The delivery is not JSON."),
        (b"[" * 100_000, "The delivery is not JSON."),
        (b"9" * 5_000, "The delivery is not JSON."),
        (b"null", "A message is a JSON object."),
        (b"1e999", "A message is a JSON object."),
        (b'{"id": "1"}', "The message has no text."),
        (b'{"id": "1", "text": " \\u0000 "}', "The message has no text."),
        (b'{"id": "1", "text": 5}', "The text of a message is a JSON string."),
        (b'{"text": "hola"}', NO_ID),
        (b'{"id": "a\\u0000", "text": "hola"}', NO_ID),
        (b'{"id": "a\\ud800", "text": "hola"}', NO_ID),
        (b'{"id": true, "text": "hola"}', NO_ID),
    ],
)
def test_what_is_no_message_is_a_bad_item_with_a_sentence(body: bytes, reason: str) -> None:
    parsed = channel.parse(delivery(body))
    assert not parsed.inbound
    assert [bad.reason for bad in parsed.bad] == [reason]


def test_two_visitors_with_the_same_id_do_not_take_each_other_s_message() -> None:
    body = b'{"id": "1", "text": "hola"}'
    first, second = (channel.parse(delivery(body, sender)).inbound[0] for sender in ("a" * 32, "b" * 32))
    assert first.external_id != second.external_id


def test_a_delivery_without_a_sender_is_nobody_s() -> None:
    parsed = channel.parse(Delivery(7, b'{"id": "1", "text": "hola"}', {}, NOON))
    assert (list(parsed.inbound), len(parsed.bad)) == ([], 1)


def test_a_visitor_is_known_by_a_token_of_this_account_alone() -> None:
    sender, token = visitor.make("web_tienda")
    assert channel.verify("web_tienda", "", token) == sender
    assert channel.verify("web_otra", "", token) is None
    assert channel.verify("web_tienda", "", f"{sender}.ñ") is None
    assert channel.verify("web_tienda", "", "") is None


@given(st.binary(max_size=300))
def test_no_bytes_raise(body: bytes) -> None:
    channel.parse(delivery(body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "text", "name", "email", "page", "x"]), inner, max_size=6)
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_json_raises_and_all_that_comes_out_can_be_stored(item: object) -> None:
    parsed = channel.parse(delivery(json.dumps(item).encode()))
    for inbound in parsed.inbound:
        assert "\x00" not in f"{inbound}"
        f"{inbound.external_id}{inbound.text}{inbound.name}{inbound.email}{inbound.data}".encode()
    for bad in parsed.bad:
        assert "\x00" not in str(bad.item)
        json.dumps(bad.item, ensure_ascii=False).encode()
