"""Whatever Meta does to a delivery: batched otherwise, twice, out of order, with ids of another type, or spoilt."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandeja.channels.contract import Parsed
from bandeja.channels.meta.tests import events
from bandeja.channels.meta.tests.mangle import copied, places, retyped, spoil
from bandeja.channels.meta.tests.reading import LINES, NOON, count, parse, parse_bytes
from bandeja.channels.meta.tests.soundness import faults
from bandeja.channels.whatsapp.tests import payloads

WHATSAPP = [
    *((("messages", "messages"), item) for item in payloads.MESSAGES.values()),
    *((("messages", "messages"), item) for item in payloads.ANNOTATIONS.values()),
    *((("messages", "messages"), item) for item in payloads.SYSTEMS.values()),
    *((("messages", "statuses"), item) for item in payloads.STATUSES.values()),
    *((("messages", "statuses"), item) for item in payloads.FORMER_STATUSES.values()),
    *((("smb_message_echoes", "message_echoes"), item) for item in payloads.ECHOES.values()),
    *((("smb_message_echoes", "message_echoes"), item) for item in payloads.ECHOED_ANNOTATIONS.values()),
    *((("calls", "calls"), item) for item in payloads.CALLS.values()),
    (("history", "history"), payloads.HISTORY),
    *((("user_id_update", "user_id_update"), item) for item in payloads.USER_ID_UPDATES.values()),
]
"""Items of WhatsApp's with the field and the list that they come in."""
MESSAGING = [
    item
    for items in (
        events.MESSAGES,
        events.ECHOES,
        events.OTHERS,
        events.ANNOTATIONS,
        events.REACHED,
        events.NOTICES,
    )
    for item in items.values()
]

whatsapp_items = st.lists(st.sampled_from(WHATSAPP), min_size=1, max_size=12)
messaging_items = st.lists(st.sampled_from(MESSAGING), min_size=1, max_size=12)
sizes = st.lists(st.integers(1, 4), min_size=12, max_size=12)
randoms = st.randoms(use_true_random=False)
unhurried = settings(deadline=None)


def told(*bodies: object) -> Counter[str]:
    """All that these bodies say, however it is spread over them."""
    said: Counter[str] = Counter()
    for body in bodies:
        parsed = parse(body)
        assert not faults(parsed, [*LINES.values()], NOON)
        lists = (parsed.inbound, parsed.statuses, parsed.watermarks, parsed.annotations, parsed.renamings)
        said.update(repr(one) for things in (*lists, parsed.notices, parsed.bad) for one in things)
    return said


def batched(items: list[Any], sizes: list[int]) -> list[list[Any]]:
    batches, rest = [], items
    for size in sizes:
        batches.append(rest[:size])
        rest = rest[size:]
    return [batch for batch in batches if batch]


def of_whatsapp(items: list[tuple[tuple[str, str], Any]]) -> dict[str, Any]:
    """One body: neighbours of the same field share a change."""
    changes: list[dict[str, Any]] = []
    for (field, name), item in items:
        if not changes or changes[-1]["field"] != field:
            changes.append(payloads.change(field, contacts=[payloads.CONTACT]))
        changes[-1]["value"].setdefault(name, []).append(item)
    return payloads.body(*changes)


@unhurried
@given(whatsapp_items, sizes, randoms)
def test_whatsapp_says_the_same_however_it_is_batched_and_in_whatever_order(
    items: list[Any], sizes: list[int], random: Random
) -> None:
    singly = told(*(of_whatsapp([item]) for item in items))
    random.shuffle(items)
    assert told(of_whatsapp(items)) == singly
    assert told(*(of_whatsapp(batch) for batch in batched(items, sizes))) == singly


@unhurried
@given(st.sampled_from(["page", "instagram"]), messaging_items, sizes, randoms)
def test_messaging_says_the_same_however_it_is_batched_and_in_whatever_order(
    name: str, items: list[Any], sizes: list[int], random: Random
) -> None:
    singly = told(*(events.body(name, item) for item in items))
    random.shuffle(items)
    assert told(events.body(name, *items)) == singly
    assert told(*(events.body(name, *batch) for batch in batched(items, sizes))) == singly


def keys(parsed: Parsed) -> list[object]:
    """What makes a thing the same thing when it comes again, and what it counts for."""
    return [
        *((one.external_id, one.identity, one.aliases, one.kind, one.echo, one.counts) for one in parsed.inbound),
        *((one.external_id, one.identity, one.target, one.kind, one.text, one.by_us) for one in parsed.annotations),
        *((one.external_id, one.state, one.handle, one.at) for one in parsed.statuses),
        *parsed.watermarks,
        *parsed.renamings,
        len(parsed.notices),
        len(parsed.bad),
    ]


@unhurried
@given(whatsapp_items, messaging_items, randoms)
def test_ids_and_dates_say_the_same_as_numbers_and_as_texts(
    whatsapp: list[Any], messaging: list[Any], random: Random
) -> None:
    for body in (of_whatsapp(whatsapp), events.body("page", *messaging)):
        other = copied(body)
        for container, at in places(other):
            if random.random() < 0.5:
                container[at] = retyped(container[at])
        assert keys(parse(other)) == keys(parse(body))


OPTIONAL = {
    "timestamp",
    "context",
    "errors",
    "contacts",
    "profile",
    "parent_user_id",
    "from_user_id",
    "to_user_id",
    "recipient_id",
    "mime_type",
    "sha256",
    "caption",
    "filename",
    "url",
    "title",
    "payload",
    "app_id",
    "pricing",
    "conversation",
    "time",
    "messaging_product",
    "history_context",
    "biz_opaque_callback_data",
    "num_edit",
    "emoji",
    "attachments",
    "text",
    "description",
    "name",
}
"""Keys that may be missing without making a thing another thing."""


@unhurried
@given(whatsapp_items, messaging_items, randoms, st.booleans())
def test_what_may_be_missing_may_also_be_null_and_nothing_becomes_another_thing(
    whatsapp: list[Any], messaging: list[Any], random: Random, null: bool
) -> None:
    whatsapp = [item for item in whatsapp if "from_user_id" not in item[1] or "from" in item[1]]
    for body in filter(None, (of_whatsapp(whatsapp) if whatsapp else None, events.body("instagram", *messaging))):
        other = copied(body)
        for container, at in list(places(other)):
            if at in OPTIONAL and isinstance(container, dict) and at in container and random.random() < 0.3:
                container[at] = None
                if not null:
                    del container[at]
        before, after = parse(body), parse(other)
        assert not after.bad
        assert [(one.counts, one.echo, one.identity) for one in after.inbound] == [
            (one.counts, one.echo, one.identity) for one in before.inbound
        ]
        assert [(one.kind, one.by_us) for one in after.annotations] == [
            (one.kind, one.by_us) for one in before.annotations
        ]


@unhurried
@given(whatsapp_items, messaging_items, st.sampled_from(["page", "instagram"]), randoms, st.integers(1, 8))
def test_a_spoilt_delivery_is_read_soundly_and_twice_the_same(
    whatsapp: list[Any], messaging: list[Any], name: str, random: Random, times: int
) -> None:
    for body in (of_whatsapp(whatsapp), events.body(name, *messaging)):
        spoilt = json.dumps(spoil(random, body, times)).encode()
        parsed = parse_bytes(spoilt)
        assert not faults(parsed, [*LINES.values()], NOON)
        assert parsed == parse_bytes(spoilt)


@unhurried
@given(messaging_items, randoms)
def test_every_item_comes_out_as_something(items: list[Any], random: Random) -> None:
    spoilt = [spoil(random, item, 2) for item in items]
    for item in spoilt:
        if item is not None:
            assert count(parse(events.body("page", item))) >= 1
    assert count(parse(events.body("page", *spoilt))) >= len([item for item in spoilt if item is not None])


@unhurried
@given(st.lists(st.sampled_from(sorted(payloads.MESSAGES)), min_size=1, max_size=5), randoms)
def test_every_whatsapp_message_comes_out_as_something(names: list[str], random: Random) -> None:
    spoilt = [spoil(random, payloads.MESSAGES[name], 2) for name in names]
    assert count(parse(payloads.body(payloads.change(messages=spoilt)))) >= len(spoilt)


@unhurried
@given(st.binary(max_size=300))
def test_no_bytes_raise(body: bytes) -> None:
    parse_bytes(body)


@pytest.mark.parametrize("place", range(40))
def test_a_cut_delivery_is_no_delivery(place: int) -> None:
    whole = json.dumps(of_whatsapp(WHATSAPP[:3])).encode()
    assert len(parse_bytes(whole[: place * len(whole) // 40]).bad) == 1
