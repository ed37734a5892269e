"""The envelope: whatever comes under a valid signature, each of its items is understood or set aside."""

import json

import pytest

from bandeja.channels.contract import Delivery, Parsed
from bandeja.channels.meta.reasons import NO_ENTRY, NO_LINE, NOTHING_KNOWN, UNKNOWN_LINE, UNKNOWN_OBJECT
from bandeja.channels.meta.tests import events
from bandeja.channels.meta.tests.reading import NOON, meta, parse, parse_bytes
from bandeja.channels.reading import MOST_BAD, NO_OBJECT, NOT_JSON, OUR_FAULT, Reading
from bandeja.channels.whatsapp.tests import payloads


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", NOT_JSON),
        (b"<html>", NOT_JSON),
        (b"\xff\xfe", NOT_JSON),
        (b"[" * 100_000, NOT_JSON),
        (b"1" * 5_000, NOT_JSON),
        (b"null", NO_OBJECT),
        (b"[]", NO_OBJECT),
        (b"{}", UNKNOWN_OBJECT),
        (b'{"object": "user", "entry": [{}]}', UNKNOWN_OBJECT),
        (b'{"object": [], "entry": [{}]}', UNKNOWN_OBJECT),
        (b'{"object": "page"}', NO_ENTRY),
        (b'{"object": "page", "entry": null}', NO_ENTRY),
        (b'{"object": "page", "entry": [5]}', NO_OBJECT),
        (b'{"object": "page", "entry": [{"id": "1"}]}', NOTHING_KNOWN),
        (b'{"object": "whatsapp_business_account", "entry": [{"id": "1"}]}', NOTHING_KNOWN),
        (b'{"object": "whatsapp_business_account", "entry": [{"changes": [{"value": 5}]}]}', NO_OBJECT),
    ],
)
def test_what_is_no_delivery_is_set_aside_with_its_beginning(body: bytes, reason: str) -> None:
    parsed = parse_bytes(body)
    assert [bad.reason for bad in parsed.bad] == [reason]
    assert len(str(parsed.bad[0].item)) < 500


@pytest.mark.parametrize("body", [b'\xef\xbb\xbf{"object":"x"}', b'{"object":"\\ud800"}', b'{"object":NaN}'])
def test_json_that_strict_readers_refuse_is_read(body: bytes) -> None:
    assert [bad.reason for bad in parse_bytes(body).bad] == [UNKNOWN_OBJECT]


def test_text_with_half_a_surrogate_pair_or_a_nul_can_be_stored() -> None:
    item = {**payloads.MESSAGES["text"], "text": {"body": "Ho\ud83dla\x00"}}
    (inbound,) = parse(payloads.body(payloads.change(messages=[item]))).inbound
    assert inbound.text == "Hola"


def test_a_thousand_items_at_every_level_are_all_read() -> None:
    texts = [{**payloads.MESSAGES["text"], "id": f"wamid.{number}"} for number in range(250)]
    changes = [payloads.change(messages=texts[at : at + 5]) for at in range(0, 250, 5)]
    whatsapp = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [one]} for one in changes] * 4,
    }
    page = {"object": "page", "entry": [{"id": events.US, "messaging": [events.MESSAGES["text"]] * 10}] * 100}
    assert len(parse(whatsapp).inbound) == len(parse(page).inbound) == 1_000


def test_items_of_several_lines_each_find_theirs() -> None:
    lines = {("whatsapp", "7"): 70, ("whatsapp", "8"): 80}
    changes = [payloads.change(messages=[payloads.MESSAGES["text"]]) for _ in range(3)]
    for one, phone_id in zip(changes, ("7", 8, "9"), strict=True):
        one["value"]["metadata"]["phone_number_id"] = phone_id
    parsed = meta.parse(Delivery(0, json.dumps(payloads.body(*changes)).encode(), {}, NOON, lines))
    assert [inbound.account_id for inbound in parsed.inbound] == [70, 80]
    assert [bad.reason for bad in parsed.bad] == [UNKNOWN_LINE]


def test_an_item_that_names_no_line_says_so() -> None:
    change = payloads.change(messages=[payloads.MESSAGES["text"]])
    del change["value"]["metadata"]
    assert [bad.reason for bad in parse(payloads.body(change)).bad] == [NO_LINE]


def test_a_bad_item_does_not_take_its_neighbours_along() -> None:
    text = payloads.MESSAGES["text"]
    parsed = parse(payloads.body(payloads.change(messages=[None, text, {}, 5, {**text, "id": "2"}, []])))
    assert [inbound.external_id for inbound in parsed.inbound] == ["wamid.text", "2"]
    assert len(parsed.bad) == 4


def test_countless_bad_items_are_told_in_few_words() -> None:
    parsed = parse(payloads.body(payloads.change(messages=[{}] * 5_000, statuses=[payloads.STATUSES["read"]])))
    assert (len(parsed.statuses), len(parsed.bad)) == (1, MOST_BAD + 1)
    assert parsed.bad[-1].item == f"+ {5_000 - MOST_BAD}"


def test_a_mistake_of_ours_in_one_item_costs_no_neighbour() -> None:
    def understand(item: object) -> tuple[()]:
        raise ZeroDivisionError

    reading = Reading()
    reading.each([{}, {}], understand)
    assert [bad.reason for bad in reading.parsed().bad] == [OUR_FAULT] * 2


def test_the_largest_body_is_metas() -> None:
    assert meta.body_limit == 3 * 1024 * 1024


def test_a_second_pass_says_the_same() -> None:
    body = payloads.body(payloads.change(messages=[*payloads.MESSAGES.values(), *payloads.ANNOTATIONS.values()]))
    assert parse(body) == parse(body) != Parsed()
