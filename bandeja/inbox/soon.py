"""Whose clock is in its last quarter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import and_, or_

from django.db.models import Exists, F, OuterRef, Q

from bandeja.closing.deadline import Cover, Stretch
from bandeja.closing.options import Options
from bandeja.conversations.models import ContactValue, Tagging

NEVER = Q(pk=None)
WHOLE = timedelta(days=3 * 366)
"""No clock runs longer by a calendar (closing B6)."""
FINE = timedelta(microseconds=1)


def near(covers: Mapping[int, Cover], now: datetime) -> Q:
    """Those whose closing chip shows, by account: `deadline.py` as a condition on the columns of a clock."""
    each = [Q(account_id=account_id) & near_by(cover, now) for account_id, cover in covers.items()]
    return reduce(or_, each, NEVER)


def near_by(cover: Cover, now: datetime) -> Q:
    """The same of the conversations of one account."""
    if cover.paused_at:
        return NEVER
    # What a pause put off starts anew at its end, and is near no more: the sweep looks at it within a moment.
    awake = Q(look_at__gt=cover.ends[-1]) if cover.ends else Q()
    closes = reduce(and_, (~each for each in withheld(cover.options)), awake)
    found = Q(unheard_at=None) & _near(cover, now)
    if cover.unheard:
        found |= Q(unheard_at__isnull=False) & _near(cover.unheard, now)
    return closes & found


def _near(cover: Cover, now: datetime) -> Q:
    found = []
    for since, until, times in _times(cover):
        armed = Q(armed_at__gte=since) & _last_quarter(times, now)
        found.append(armed & Q(armed_at__lt=until) if until else armed)
    return reduce(or_, found)


def withheld(options: Options) -> Iterator[Q]:
    """What these options would leave open, were its time over now: `withholding.held` as conditions."""
    if options.guards:
        waits = Q(answered_at=None) | Q(answered_at__lt=F("last_inbound_at"))
        yield Q(last_inbound_at__isnull=False) & waits
    if options.exempt_owners:
        yield Q(owner__isnull=False, owner__in=options.exempt_owners)
    if options.exempt_tags:
        yield Q(Exists(Tagging.objects.filter(conversation=OuterRef("pk"), tag__in=options.exempt_tags)))
    if options.exempt_field:
        said = ContactValue.objects.filter(contact=OuterRef("contact"), field=options.exempt_field)
        yield Q(Exists(said.filter(value__iexact=options.exempt_value)))


def _last_quarter(times: Sequence[Stretch], now: datetime) -> Q:
    """Whether three quarters have passed of the time that runs out last: from the message, or from our answer."""
    message, answer = [each for each in times if not each.answers], [each for each in times if each.answers]
    if not answer:
        return _passed("armed_at", message, now)
    if not message:
        answered = Q(answered_at=None) | _passed("answered_at", answer, now)
        return _passed("armed_at", answer, now) & answered
    if any(each.hours for each in times):
        # Which of the two runs out last cannot be said of all rows at once: near is what is by both.
        answered = Q(answered_at=None) | _passed("answered_at", answer, now)
        return _passed("armed_at", times, now) & answered
    from_answer = Q(
        answered_at__isnull=False,
        answered_at__gt=F("armed_at"),
    ) & Q(answered_at__gt=F("armed_at") + timedelta(seconds=_longest(message) - _longest(answer)))
    from_message = ~from_answer & _passed("armed_at", times, now)
    return from_message | from_answer & _passed("answered_at", answer, now)


def _longest(times: Sequence[Stretch]) -> int:
    return max(each.seconds for each in times)


def _passed(since: str, times: Sequence[Stretch], now: datetime) -> Q:
    return Q(**{f"{since}__lte": _latest_start(times, now)})


def _latest_start(times: Sequence[Stretch], now: datetime) -> datetime:
    """The latest start of whose time, the last of these to run out, the last quarter has begun by now.

    Whoever starts later runs out later, so by the hours of a calendar it is looked for between the two.
    """
    if not any(each.hours for each in times):
        return now - timedelta(seconds=_longest(times)) * 3 / 4
    low, high = now - WHOLE, now
    while high - low > FINE:
        middle = low + (high - low) / 2
        over = max(each.over(middle) for each in times)
        if over - (over - middle) / 4 <= now:
            low = middle
        else:
            high = middle
    return low


def latest(cover: Cover, now: datetime) -> datetime:
    """The latest deadline that may be near: the sweep looks at no clock later than at its deadline."""
    times = [*cover.in_force_since(cover.begins), *(cover.unheard.times if cover.unheard else ())]
    return max(each.over(_latest_start([each], now)) for each in times)


def _times(cover: Cover) -> Iterator[tuple[datetime, datetime | None, Sequence[Stretch]]]:
    """Stretches of time by when a clock was armed, and the times that such a clock runs by."""
    since = cover.begins
    for stretch in sorted((each for each in cover.times if each.until), key=_end):
        if (end := _end(stretch)) > since:
            yield since, end, cover.in_force_since(since)
            since = end
    yield since, None, cover.in_force_since(since)


def _end(stretch: Stretch) -> datetime:
    assert stretch.until is not None  # noqa: S101  only those that ended are sorted
    return stretch.until
