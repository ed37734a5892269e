"""What the preview says a rule would have closed is what the real engine closes when history is played again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bandeja.channels import accounts
from bandeja.channels.models import ChannelKey
from bandeja.closing import by_hours, calendars, rules
from bandeja.closing.options import NONE, Options
from bandeja.closing.preview import DAYS, Preview, look_back
from bandeja.closing.tests.replay import Closing, Deed, Shop
from bandeja.conversations import tags
from bandeja.hours.drafts import Draft as CalendarDraft
from tests.cast import Cast, make_cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOURS = 40 * 24
"""How long the histories are: the window and some days before it."""
WHO = st.sampled_from(["lia", "teo", "sol"])
TIMES = st.sampled_from([(20, "minutes"), (3, "hours"), (24, "hours"), (3, "days"), (12, "days"), (45, "days")])
OPTIONS = st.sampled_from(
    [
        Options(),
        Options(),
        Options(since="either"),
        Options(waiting="tell"),
        Options(since="either", waiting="free"),
        Options(since="answer", waiting="tell"),
    ]
)
UNHEARD = Options(unheard_amount=3, unheard_unit="hours")
"""What such a rule closes beside that is left out of the preview, and changes nothing else (closing N5)."""
WHAT = ["write", "write", "write", "write", "react", "answer", "flow", "close", "reopen"]
PAUSES = st.sampled_from([0, 1, 10, 19, 20, 21, 60, 179, 180, 181, 1_000, 1_440, 1_441, 4_320, 4_400, 9_000])
"""Minutes between two deeds: around the times of the rules, and far from them."""
EXAMPLES = settings(
    max_examples=400 if "BANDEJA_TEST_ALL" in os.environ else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def histories(draw: st.DrawFn, *, merges: bool) -> list[Deed]:
    """Deeds in the order of their instants, no two at one; the first begins before the window or within it."""
    what = [*WHAT, "merge"] if merges else WHAT
    at = START + timedelta(hours=draw(st.integers(0, HOURS)))
    deeds = []
    for number in range(draw(st.integers(1, 25))):
        at += timedelta(minutes=draw(PAUSES))
        # A microsecond tells apart what is of one minute, so that no deadline falls on the instant of a deed.
        instant = at + timedelta(microseconds=number + 1)
        kind, who = draw(st.sampled_from(what)), draw(WHO)
        deeds.append(Deed(instant, kind, who, draw(WHO) if kind == "merge" else ""))
    return deeds


def looked_back(shop: Shop, time: tuple[int, str], until: datetime, options: Options = NONE) -> Preview:
    ids, scope = [shop.account.pk], shop.scope
    stretch = by_hours.stretch(*time, by_hours.hours_of(options, shop.cast.workspace))
    return look_back(shop.cast.workspace, ids, stretch, scope=scope, options=options, at=until, most=1_000)


def ruled(shop: Shop, time: tuple[int, str], options: Options) -> None:
    draft = rules.Draft("Ventas", *time, "Sin respuesta", [shop.account.pk], options=options)
    rules.save(shop.cast.workspace, draft, by=shop.cast.ana)


def closings(shop: Shop, preview: Preview) -> list[Closing]:
    return sorted((shop.name(line.conversation.pk), line.closes_at) for line in preview.lines)


def shops(clock: Clock) -> tuple[Shop, Shop]:
    """Two alike, at the same instant."""
    clock.set(START - timedelta(days=1))
    found = []
    for name in ("Tienda", "Otra"):
        cast = make_cast(name, f"ana@{name}.example", f"bruno@{name}.example")
        found.append(Shop(cast, accounts.connect(cast.workspace, ChannelKey.WEBCHAT, name="Chat"), clock))
    return found[0], found[1]


def ends(deeds: Sequence[Deed], later: int) -> datetime:
    return max(deed.at for deed in deeds) + timedelta(hours=later)


@pytest.mark.timeout(400)
@EXAMPLES
@given(
    deeds=histories(merges=False), time=TIMES, options=OPTIONS | st.just(UNHEARD),
    later=st.sampled_from([0, 1, 24, 100, 600]),
)  # fmt: skip
def test_the_engine_closes_exactly_what_was_previewed(
    db: None, deeds: list[Deed], time: tuple[int, str], options: Options, later: int
) -> None:
    with transaction.atomic():
        clock = Clock()
        was, again = shops(clock)
        ruled(again, time, options)
        until = ends(deeds, later)
        again.play(deeds, until)
        was.play(deeds, until)
        preview = looked_back(was, time, until, options)
        assert closings(was, preview) == again.closings(until - timedelta(days=DAYS))
        tell_the_same(preview, deeds)
        clock.reset()
        transaction.set_rollback(True)


@pytest.mark.timeout(400)
@EXAMPLES
@given(
    deeds=histories(merges=True), before=TIMES, time=TIMES, options=OPTIONS,
    later=st.sampled_from([0, 1, 24, 100, 600]),
)  # fmt: skip
def test_history_that_had_a_rule_and_merges_closes_as_previewed_when_it_is_played_again(
    db: None, deeds: list[Deed], before: tuple[int, str], time: tuple[int, str], options: Options, later: int
) -> None:
    with transaction.atomic():
        clock = Clock()
        was, again = shops(clock)
        rule = was.cast.rule(was.account, amount=before[0], unit=before[1])
        until = ends(deeds, later)
        was.play(deeds, until)
        preview = looked_back(was, time, until, options)
        expected, history = closings(was, preview), was.deeds()
        rule.delete()
        clock.set(START - timedelta(days=1))
        ruled(again, time, options)
        again.play(history, until)
        assert expected == again.closings(until - timedelta(days=DAYS))
        clock.reset()
        transaction.set_rollback(True)


@settings(EXAMPLES, max_examples=EXAMPLES.max_examples // 5)
@given(deeds=histories(merges=False), time=TIMES, options=OPTIONS, later=st.sampled_from([0, 1, 24, 100, 600]))
def test_the_engine_closes_exactly_what_was_previewed_in_business_hours(
    db: None, deeds: list[Deed], time: tuple[int, str], options: Options, later: int
) -> None:
    """closing B7"""
    with transaction.atomic():
        clock = Clock()
        was, again = shops(clock)
        ruled(again, time, replace(options, calendar=hours_of(again)))
        until = ends(deeds, later)
        again.play(deeds, until)
        was.play(deeds, until)
        preview = looked_back(was, time, until, replace(options, calendar=hours_of(was)))
        assert closings(was, preview) == again.closings(until - timedelta(days=DAYS))
        tell_the_same(preview, deeds)
        clock.reset()
        transaction.set_rollback(True)


def hours_of(shop: Shop) -> int:
    """A calendar of its workspace: where clocks are set within these histories, with a night and a short day."""
    week = [[(540, 780), (900, 1_080)], [(540, 1_080)], [], [(540, 720)], [(1_320, 1_800)], [], []]
    draft = CalendarDraft("Oficina", "America/Santiago", week, exceptions=[(START.date(), [(600, 1_200)])])
    return calendars.save(shop.cast.workspace, draft, by=shop.cast.ana).pk


def tell_the_same(preview: Preview, deeds: Sequence[Deed]) -> None:
    """Its totals are those of its lines, and what it says of each is what the history says."""
    lines = preview.lines
    assert preview.closings == preview.visible == len(lines) == sum(count for _, count in preview.days)
    assert preview.conversations == len({line.conversation.pk for line in lines})
    assert preview.unanswered == sum(not line.answered for line in lines)
    for hours, count in ((1, preview.back_in_an_hour), (24, preview.back_in_a_day)):
        late = timedelta(hours=hours)
        assert count == sum(line.back_at is not None and line.back_at - line.closes_at <= late for line in lines)
    for line in lines:
        (name,) = line.conversation.contact.identities.values_list("value", flat=True)
        theirs = [deed for deed in deeds if deed.who == name]
        assert line.back_at == min((d.at for d in theirs if d.what == "write" and d.at > line.said_at), default=None)
        answers = [d for d in theirs if d.what == "answer" and line.said_at < d.at <= line.closes_at]
        assert line.answered == bool(answers)


def test_a_message_at_the_very_deadline_wins(cast: Cast, clock: Clock) -> None:
    shop = Shop(cast, cast.chat, clock)
    clock.set(START)
    deeds = [Deed(START, "write", "lia"), Deed(START + timedelta(hours=3), "write", "lia")]
    shop.play(deeds, until := START + timedelta(hours=7))
    assert closings(shop, looked_back(shop, (3, "hours"), until)) == [("lia", START + timedelta(hours=6))]


def test_what_a_rule_spares_is_not_previewed(cast: Cast, clock: Clock) -> None:
    """As it is now: nothing tells what had a tag then."""
    shop = Shop(cast, cast.chat, clock)
    clock.set(START)
    shop.play([Deed(START, who="lia", what="write"), Deed(START, who="teo", what="write")], START + timedelta(days=1))
    vip = tags.make(cast.workspace.pk, "VIP")
    tags.tag(shop.ids("lia"), [vip.pk], scope=shop.scope)
    found = looked_back(shop, (3, "hours"), START + timedelta(days=1), Options(exempt_tags=[vip.pk]))
    assert closings(shop, found) == [("teo", START + timedelta(hours=3))]


def test_a_closing_by_hand_that_a_late_message_overtook_was_none(cast: Cast, clock: Clock) -> None:
    shop = Shop(cast, cast.chat, clock)
    clock.set(START)
    shop.play([Deed(START, "write", "lia")], START + timedelta(minutes=20))
    shop.play([Deed(START + timedelta(minutes=30), "close", "lia")], START + timedelta(minutes=31))
    cast.write("lia", "Espera", received_at=START + timedelta(minutes=29))
    clock.set(until := START + timedelta(hours=2))
    found = closings(shop, looked_back(shop, (1, "hours"), until))
    assert found == [("lia", START + timedelta(minutes=89))]
