"""Whose clock is in its last quarter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.db.models import Q

from bandeja.closing.deadline import Cover, Stretch

NEVER = Q(pk=None)


def near(covers: Mapping[int, Cover], now: datetime) -> Q:
    """Those whose closing chip shows, by account: `deadline.py` as a condition on when they were armed."""
    found = NEVER
    for account_id, cover in covers.items():
        if cover.paused_at:
            continue
        # What a pause withheld starts anew at its end, and is near no more: the sweep looks at it within a moment.
        looked_at = Q(look_at__gt=cover.ends[-1]) if cover.ends else Q()
        for since, until, time in _times(cover):
            armed = Q(account_id=account_id, armed_at__gte=since, armed_at__lte=now - time * 3 / 4)
            found |= (armed & Q(armed_at__lt=until) if until else armed) & looked_at
    return found


def latest(cover: Cover, now: datetime) -> datetime:
    """The latest deadline that may be near: the sweep looks at no clock later than at its deadline."""
    return now + cover.longest_since(cover.begins) / 4


def _times(cover: Cover) -> Iterator[tuple[datetime, datetime | None, timedelta]]:
    """Stretches of time by when a clock was armed, and how long each such clock runs."""
    since = cover.begins
    for stretch in sorted((each for each in cover.times if each.until), key=_end):
        if (end := _end(stretch)) > since:
            yield since, end, cover.longest_since(since)
            since = end
    yield since, None, cover.longest_since(since)


def _end(stretch: Stretch) -> datetime:
    assert stretch.until is not None  # noqa: S101  only those that ended are sorted
    return stretch.until
