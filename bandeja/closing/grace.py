"""Grace after an outage of our own: closings wait a little, so that what was said meanwhile comes first (closing H5).

Channels repeat what they could not deliver, each in its own time. Whatever waits to be read holds closings back by
itself (closing C8); what has not come yet cannot. Waiting only delays: it starts no clock anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bandeja import environment
from bandeja.conversations.sql import run, statement

EVERY = timedelta(seconds=15)
"""How often it is written down that the sweep runs."""

BEAT = statement("bandeja.closing", "beat")
BEATEN = """with instant as materialized (select bandeja_now() as at)
select ran_at > at - %(every)s::interval, resumes_at > at, stopped_at, resumes_at, at from sweeping, instant"""


@dataclass(frozen=True, slots=True)
class Outage:
    """The sweep did not run from `stopped_at` on; it closes again from `resumes_at` on, which is still to come."""

    stopped_at: datetime
    resumes_at: datetime
    at: datetime
    """The instant that was asked at."""


def look() -> Outage | None:
    """Write down that the sweep runs; answers after which outage closings wait now, if they do."""
    ran_lately, outage = _read()
    if ran_lately:
        return outage
    minutes = environment.GRACE_AFTER.value(), environment.GRACE.value()
    gap, grace = (timedelta(minutes=each) for each in minutes)
    with run(BEAT, {"gap": gap, "grace": grace, "every": EVERY}):
        # Another worker may have been faster: only a statement of its own sees what it wrote.
        return outage_now()


def outage_now() -> Outage | None:
    """After which outage closings wait now, if they do."""
    return _read()[1]


def is_about_to_wait() -> bool:
    """Whether the sweep stood still so long that closings will wait once it notices: it has not begun again yet."""
    gap = timedelta(minutes=environment.GRACE_AFTER.value())
    with run("select ran_at < bandeja_now() - %(gap)s::interval from sweeping", {"gap": gap}) as cursor:
        return any(row[0] for row in cursor.fetchall())


def _read() -> tuple[bool, Outage | None]:
    """Whether the sweep ran lately, and the outage after which closings wait."""
    with run(BEATEN, {"every": EVERY}) as cursor:
        for ran_lately, waits, *outage in cursor.fetchall():
            return ran_lately, Outage(*outage) if waits else None
    return False, None
