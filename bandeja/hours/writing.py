"""Writing down when a version of a calendar is open, far enough ahead; and reading it, each version once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from bandeja.hours import feasts
from bandeja.hours.models import CalendarVersion, OpenHours
from bandeja.hours.timeline import Timeline
from bandeja.hours.week import Open, Week, open_stretches, start_of
from bandeja.people.clock import database_now

BACK = timedelta(days=2 * 366)
"""How far before a version was made it is written down: clocks armed before count by it too (closing B5)."""
AHEAD = timedelta(days=3 * 366)
"""How far ahead it is known at any time; a rule's time must be over by then."""
STEP = timedelta(days=92)
"""By how much more it is written down at a time."""
KEPT = 64
"""The most versions that a process remembers."""

FAR = datetime(9999, 1, 1, tzinfo=UTC)

_known: dict[int, Timeline] = {}
_lock = Lock()


def week_of(version: CalendarVersion) -> Week:
    """What it says, as `open_stretches` reads it."""
    return week_from(version.zone, version.week, version.exceptions)


def week_from(zone: str, week: Iterable[Iterable[Iterable[int]]], exceptions: Iterable[Mapping[str, Any]]) -> Week:
    """The same, from what is kept of it."""
    days = [[(since, until) for since, until in spans] for spans in week]
    different = {date.fromisoformat(each["on"]): [(a, b) for a, b in each["hours"]] for each in exceptions}
    return Week(ZoneInfo(zone), days, different)


def stretches(version: CalendarVersion, first: date, end: date, last: OpenHours | None = None) -> list[Open]:
    """What is open from `first` to the day before `end`; after `last`, where something is written down already."""
    off = feasts.dates(version.country, version.subdivision, first - timedelta(days=1), end)
    before = last.before + int((last.closes_at - last.opens_at).total_seconds()) if last else 0
    return open_stretches(
        week_of(version), off, first, end, before=before, day=last.day + 1 if last else 0
    )  # fmt: skip


def begin(version: CalendarVersion) -> None:
    """Save a version that was just made, with what is open by it."""
    zone = ZoneInfo(version.zone)
    version.first_day = (version.made_at - BACK).astimezone(zone).date()
    version.end_day = (version.made_at + AHEAD + STEP).astimezone(zone).date()
    version.ends_at = start_of(version.end_day, zone)
    version.save()
    _write(version, stretches(version, version.first_day, version.end_day))


def _write(version: CalendarVersion, opened: Iterable[Open]) -> None:
    OpenHours.objects.bulk_create(
        (
            OpenHours(
                version=version, opens_at=datetime.fromtimestamp(each.opens, UTC),
                closes_at=datetime.fromtimestamp(each.closes, UTC), before=each.before, day=each.day, date=each.date,
                shift=each.shift,
            )
            for each in opened
        ),
        batch_size=1_000,
    )  # fmt: skip


def step(at: datetime | None = None) -> int:
    """Write down more of a version of which too little is known ahead; answers whether there was one."""
    now = at or database_now()
    with transaction.atomic():
        short = CalendarVersion.objects.filter(ends_at__lt=now + AHEAD).order_by("ends_at")
        version = short.select_for_update(skip_locked=True, no_key=True).first()
        if version is None:
            return 0
        last = version.open_hours.order_by("-before").first()
        first, zone = version.end_day, ZoneInfo(version.zone)
        version.end_day = (now + AHEAD + STEP).astimezone(zone).date()
        version.ends_at = start_of(version.end_day, zone)
        version.save(update_fields=["end_day", "ends_at"])
        _write(version, stretches(version, first, version.end_day, last))
    return 1


def timelines(ids: Iterable[int]) -> dict[int, Timeline]:
    """What is open by these versions. What is known by now is read once by each process."""
    wanted = set(ids)
    if not wanted:
        return {}
    ends = dict(CalendarVersion.objects.filter(pk__in=wanted).values_list("pk", "ends_at"))
    with _lock:
        found = {pk: _known[pk] for pk, end in ends.items() if pk in _known and _known[pk].ends_at == end}
    # What a page names that was forgotten meanwhile, with the rule that counted by it: nothing is over by it.
    found |= {pk: Timeline.of(pk, FAR, ()) for pk in wanted - ends.keys()}
    for pk in ends.keys() - found.keys():
        found[pk] = _remember(_read(pk, ends[pk]))
    return found


def _read(version_id: int, ends_at: datetime) -> Timeline:
    rows = OpenHours.objects.filter(version_id=version_id).order_by("before")
    columns = ("opens_at", "closes_at", "before", "day", "date", "shift")
    opened = [
        Open(int(opens.timestamp()), int(closes.timestamp()), *rest)
        for opens, closes, *rest in rows.values_list(*columns)
    ]
    return Timeline.of(version_id, ends_at, opened)


def _remember(timeline: Timeline) -> Timeline:
    with _lock:
        while len(_known) >= KEPT:
            _known.pop(next(iter(_known)))
        _known[timeline.version] = timeline
    return timeline
