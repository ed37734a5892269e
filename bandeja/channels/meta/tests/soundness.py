"""Whether what was understood can be joined and stored, whatever it was understood from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bandeja.channels.contract import Annotation, Identity, Inbound, Parsed, Renaming, Status, Watermark
from bandeja.channels.reading import OLDEST, OUR_FAULT

SOON = timedelta(minutes=5)
LATER = timedelta(days=31)
LONGEST_KEY = 600
"""Characters of an id that an index of PostgreSQL holds for sure, at four bytes each."""


def faults(parsed: Parsed, accounts: Sequence[int], received_at: datetime) -> list[str]:
    """What is wrong with it, in words; nothing, as long as the reader is sound."""
    found = [f"our fault: {bad.item}" for bad in parsed.bad if bad.reason == OUR_FAULT]
    found += [problem for bad in parsed.bad for problem in _storable("bad item", bad.item)]
    found += [problem for one in parsed.inbound for problem in _inbound(one, received_at)]
    found += [problem for one in parsed.statuses for problem in _status(one, received_at)]
    found += [problem for one in parsed.annotations for problem in _annotation(one, received_at)]
    found += [problem for one in parsed.watermarks for problem in _watermark(one, received_at)]
    found += [problem for one in parsed.renamings for problem in _renaming(one)]
    of_lines: list[Any] = [
        *parsed.inbound,
        *parsed.statuses,
        *parsed.annotations,
        *parsed.watermarks,
        *parsed.renamings,
    ]
    found += [f"an account that is not ours: {one}" for one in of_lines if one.account_id not in accounts]
    told = [[notice.line, notice.topic, notice.data] for notice in parsed.notices]
    return [*found, *_storable("notice", told)]


def _inbound(said: Inbound, received_at: datetime) -> Iterator[str]:
    yield from _key("external_id", said.external_id)
    for identity in (said.identity, *said.aliases, *said.variants):
        yield from _identity(identity)
    yield from _storable("text", [said.text, said.name, said.email, said.phone, said.handle, said.reply_to])
    yield from _storable("data", said.data)
    yield from _date(said.provider_at, received_at + SOON)
    for file in said.media:
        yield from _storable("media", [file.remote, file.mime, file.name, file.sha256])
        if not file.remote or (file.is_url and not file.remote.startswith("http")):
            yield f"a file without a place: {file}"
    if said.received_at != received_at:
        yield f"not as it was received: {said}"
    if (said.echo or said.history) and (said.counts or said.opens_window):
        yield f"ours or history, and counts: {said}"
    if said.counts and not said.opens_window and said.identity[0] in {"wa_id", "bsuid", "psid", "igsid"}:
        yield f"they wrote and the window stays shut: {said}"


def _status(said: Status, received_at: datetime) -> Iterator[str]:
    yield from _key("external_id", said.external_id)
    yield from _storable("status", [said.handle, said.error])
    yield from _date(said.at, received_at + SOON)
    yield from _date(said.free_until, received_at + LATER)


def _annotation(said: Annotation, received_at: datetime) -> Iterator[str]:
    yield from _key("external_id", said.external_id)
    yield from _key("target", said.target)
    yield from _identity(said.identity)
    yield from _storable("text", said.text)
    yield from _date(said.at, received_at + SOON)
    if said.by_us and said.opens_window:
        yield f"we opened the window: {said}"


def _watermark(said: Watermark, received_at: datetime) -> Iterator[str]:
    yield from _identity(said.identity)
    yield from _date(said.until, received_at + SOON)


def _renaming(said: Renaming) -> Iterator[str]:
    for identity in (said.before, *said.after):
        yield from _identity(identity)
    if not said.after or said.before in said.after:
        yield f"renames to nobody or to itself: {said}"


def _identity(identity: Identity) -> Iterator[str]:
    kind, value = identity
    yield from _key("identity", value)
    if not kind or len(kind) > 20:
        yield f"no kind of identity: {identity}"


def _key(name: str, value: object) -> Iterator[str]:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_KEY:
        yield f"{name} is no key: {value!r}"
    yield from _storable(name, value)


def _date(at: datetime | None, latest: datetime) -> Iterator[str]:
    if at is not None and (at.tzinfo is not UTC or not OLDEST <= at <= latest):
        yield f"a date that cannot be true: {at}"


def _storable(name: str, value: Any) -> Iterator[str]:
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (ValueError, TypeError, RecursionError) as error:
        yield f"{name} cannot be stored: {error!r}"
        return
    if "\\u0000" in text.replace("\\\\", ""):
        yield f"{name} has a NUL: {text[:200]}"
