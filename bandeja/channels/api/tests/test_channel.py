"""What the API channel understands of what somebody's program sends."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandeja.channels.contract import Delivery, Inbound, Kind, Parsed
from bandeja.channels.reading import MOST_BAD
from bandeja.channels.registry import get

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
PAYLOADS = Path(__file__).parent / "payloads"

channel = get("api")


def parse(body: bytes) -> Parsed:
    return channel.parse(Delivery(7, body, {"sender": "api_crm"}, NOON))


def understood(**fields: Any) -> Inbound:
    item = {"external_id": "1", "contact": {"id": "c-1"}, "text": "hola", **fields}
    (inbound,) = parse(json.dumps(item).encode()).inbound
    return inbound


def test_a_message_carries_its_contact_and_its_date() -> None:
    parsed = parse((PAYLOADS / "one.json").read_bytes().replace(b"09:15", b"06:15"))
    assert parsed == Parsed(
        [
            Inbound(
                account_id=7,
                external_id="crm-88121",
                identity=("external", "c-501"),
                kind=Kind.TEXT,
                text="¿Ya salió mi pedido?",
                provider_at=datetime(2026, 11, 3, 11, 15, tzinfo=UTC),
                received_at=NOON,
                name="Lía Restrepo",
                email="lia@example.com",
                phone="+57 300 123 4567",
            )
        ],
        [],
    )


def test_a_bad_item_does_not_take_its_neighbours_along() -> None:
    parsed = parse((PAYLOADS / "many.json").read_bytes())
    assert [(inbound.external_id, inbound.kind) for inbound in parsed.inbound] == [
        ("crm-1", Kind.TEXT),
        ("crm-2", Kind.IMAGE),
        ("crm-4", Kind.REACTION),
    ]
    (bad,) = parsed.bad
    assert "crm-3" in str(bad.item)
    assert bad.reason == "contact must be a JSON object with an id."


@pytest.mark.parametrize(
    ("sent_at", "provider_at"),
    [
        ("2026-11-03T11:00:00Z", NOON - timedelta(hours=1)),
        ("2026-11-03T11:00:00", NOON - timedelta(hours=1)),
        ("2026-11-03T06:00:00-05:00", NOON - timedelta(hours=1)),
        ("2026-11-03T12:05:00Z", NOON + timedelta(minutes=5)),
        ("2026-11-03T12:05:01Z", None),
        ("1999-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("yesterday", None),
        ("", None),
        (1_762_171_200, None),
        (10**300, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_date_that_cannot_be_true_is_no_date(sent_at: object, provider_at: datetime | None) -> None:
    assert understood(sent_at=sent_at).provider_at == provider_at


def test_a_date_is_judged_by_the_instant_whatever_the_zone() -> None:
    tokyo = datetime(2026, 11, 3, 20, tzinfo=timezone(timedelta(hours=9)))
    read = understood(sent_at=tokyo.isoformat()).provider_at
    assert read == tokyo
    assert read is not None
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    ("kind", "known"),
    [(None, Kind.TEXT), ("voice", Kind.VOICE), ("hologram", Kind.UNKNOWN), (5, Kind.UNKNOWN), ([], Kind.UNKNOWN)],
)
def test_a_kind_we_do_not_know_is_unknown(kind: object, known: Kind) -> None:
    assert understood(kind=kind).kind is known


def test_only_a_text_needs_a_text() -> None:
    assert understood(kind="location", text=None).text == ""
    assert not parse(b'{"external_id": "1", "contact": {"id": "1"}, "text": ""}').inbound


def test_a_text_over_the_limit_is_cut_and_says_so() -> None:
    inbound = understood(text="ñ" * 70_000)
    assert (len(inbound.text), inbound.data) == (channel.text_limit, {"clipped_from": 70_000})


@pytest.mark.parametrize("pk", ["", "x" * 201, None, 1.5, True, [], {}, "a\nb", "a\x00", "a\udfff", 10**250])
def test_an_id_that_is_no_id_is_refused(pk: object) -> None:
    for item in ({"external_id": pk, "contact": {"id": "c"}}, {"external_id": "1", "contact": {"id": pk}}):
        parsed = parse(json.dumps({**item, "text": "hola"}).encode())
        assert (list(parsed.inbound), len(parsed.bad)) == ([], 1)


def test_a_number_is_an_id_too() -> None:
    assert understood(external_id=88).external_id == "88"
    assert understood(contact={"id": -5}).identity == ("external", "-5")


def test_countless_bad_items_are_told_in_few_words() -> None:
    parsed = parse(b"[" + b"0," * 50_000 + b'{"external_id": "1", "contact": {"id": "1"}, "text": "hola"}]')
    assert len(parsed.inbound) == 1
    assert len(parsed.bad) == MOST_BAD + 1
    assert parsed.bad[-1].item == "+ 49900"


def test_the_token_is_compared_by_its_hash() -> None:
    held = hashlib.sha256(b"secret").hexdigest()
    assert channel.verify("api_crm", held, "secret") == "api_crm"
    assert channel.verify("api_crm", held, "guess") is None
    assert channel.verify("api_crm", held, "\ud800") is None
    assert channel.verify("api_crm", "", "") is None


@given(st.binary(max_size=300))
def test_no_bytes_raise(body: bytes) -> None:
    parse(body)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name"]), inner, max_size=2),
    max_leaves=6,
)
NAMES = ["external_id", "contact", "text", "kind", "sent_at"]


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES) | VALUES, max_size=4))
def test_no_json_raises_and_every_item_is_understood_or_told(items: list[object]) -> None:
    parsed = parse(json.dumps(items).encode())
    assert len(parsed.inbound) + len(parsed.bad) == len(items)
    for inbound in parsed.inbound:
        f"{inbound.external_id}{inbound.identity}{inbound.text}{inbound.name}{inbound.phone}".encode()
