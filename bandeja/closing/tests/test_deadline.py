"""The deadline in plain Python, and the sweep's SQL, which must say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bandeja.closing import sweep
from bandeja.closing.deadline import Cover, Stretch, deadline
from bandeja.closing.models import Pause, Rule, RuleTime
from bandeja.closing.standing import stands
from bandeja.conversations.models import Conversation
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MICRO = timedelta(microseconds=1)


def after(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def a_cover(
    *times: tuple[int, float | None], begins: float = 0, ends: Sequence[float] = (), paused: float | None = None
) -> Cover:
    """Cover from `begins`, by these times in seconds, each until an instant after noon, and these pauses."""
    history = [Stretch(seconds, None if until is None else after(until)) for seconds, until in times]
    paused_at = None if paused is None else after(paused)
    over = [after(end) for end in ends]
    return Cover(1, "Ventas", 1, "minutes", "Sin respuesta", after(begins), history, paused_at=paused_at, ends=over)


LENGTHENED = a_cover((60, 30), (120, None))
SHORTENED = a_cover((120, 30), (60, None))
TO_AND_FRO = a_cover((60, 10), (300, 20), (10, 30), (120, None))


@pytest.mark.parametrize(
    ("cover", "armed", "runs_out"),
    [
        (a_cover((60, None)), 0, 60),
        (a_cover((60, None)), 1, 61),
        # Lengthening protects at once; shortening brings no running clock forward (closing R8).
        (LENGTHENED, 0, 120),
        (LENGTHENED, 40, 160),
        (SHORTENED, 0, 120),
        (SHORTENED, 29, 149),
        # A time that ended at the very instant was not in force since then.
        (SHORTENED, 30, 90),
        (SHORTENED, 31, 91),
        (TO_AND_FRO, 5, 305),
        (TO_AND_FRO, 19, 319),
        (TO_AND_FRO, 20, 140),
        (TO_AND_FRO, 35, 155),
    ],
)
def test_it_is_the_longest_time_in_force_since_it_was_armed(cover: Cover, armed: float, runs_out: float) -> None:
    """closing R8"""
    assert deadline(after(armed), cover) == after(runs_out)


def test_without_clock_or_cover_there_is_none() -> None:
    """closing C6, R5 to R7, R10"""
    cover = a_cover((60, None), begins=10)
    assert deadline(None, cover) is None
    assert deadline(NOON, None) is None
    assert deadline(after(10) - MICRO, cover) is None
    assert deadline(after(10), cover) == after(70)


@pytest.mark.parametrize(
    ("received", "joined", "armed", "runs_out"),
    [
        (0, 0, 0, 60),
        # Late, but before its deadline: it counts from when it was received (closing C1).
        (0, 59.999999, 0, 60),
        # Our own backlog: the deadline would be past at joining, so it counts from joining.
        (0, 60, 60, 120),
        (0, 86_400, 86_400, 86_460),
    ],
)
def test_a_message_arms_from_when_it_was_received_or_joined(
    received: float, joined: float, armed: float, runs_out: float
) -> None:
    """closing C1"""
    assert a_cover((60, None)).arm(after(received), after(joined)) == (after(armed), after(runs_out))


@pytest.mark.parametrize(("received", "arms"), [(-3_600, False), (-1e-6, False), (0, True)])
def test_what_was_received_before_cover_began_arms_nothing(received: float, arms: bool) -> None:
    """closing R6: also when it is joined after."""
    assert (a_cover((60, None)).arm(after(received), after(30)) is not None) is arms


def test_a_backlog_is_judged_and_armed_by_the_times_in_force() -> None:
    """closing C1, R8: past or not is by the longest since receipt; the new clock by the longest since joining."""
    assert SHORTENED.arm(after(0), after(100)) == (after(0), after(120))
    assert SHORTENED.arm(after(0), after(120)) == (after(120), after(180))


@pytest.mark.parametrize(
    ("cover", "armed", "counts_from"),
    [
        # Over by the end of the pause, at that very instant too; or not yet.
        (a_cover((60, None), ends=[60]), 0, 60),
        (a_cover((60, None), ends=[59]), 0, 0),
        (a_cover((60, None), ends=[3_600]), 0, 3_600),
        (a_cover((60, None), ends=[30]), 30, 30),
        # Pause after pause: the second one is judged by the clock that the first one put off.
        (a_cover((60, None), ends=[100, 150]), 0, 100),
        (a_cover((60, None), ends=[100, 160]), 0, 160),
        # Its time as it was at that end: a longer one that is saved later changes nothing of it, one before does.
        (a_cover((60, 90), (600, None), ends=[80]), 0, 80),
        (a_cover((60, 70), (600, None), ends=[80]), 0, 0),
        (a_cover((60, 80), (600, None), ends=[80]), 0, 0),
        (a_cover((600, 70), (60, None), ends=[200]), 0, 0),
        (a_cover((600, 70), (60, None), ends=[600]), 0, 600),
        (a_cover((600, 70), (60, None), ends=[200]), 70, 200),
    ],
)
def test_a_clock_that_ran_out_by_the_end_of_a_pause_starts_anew_then(
    cover: Cover, armed: float, counts_from: float
) -> None:
    """closing H3"""
    assert cover.anew(after(armed)) == after(counts_from)
    assert deadline(after(armed), cover) == cover.over(after(counts_from))


@pytest.mark.parametrize(
    ("times", "end", "answered", "counts_from", "runs_out"),
    [
        # Over by the end of the pause, counted from our answer; or not yet.
        ([(60, None, True)], 100, 30, 100, 160),
        ([(60, None, True)], 100, 50, 0, 110),
        # One after the end does not count for it, and moves the clock that started anew.
        ([(60, None, True)], 100, 110, 100, 170),
        # By a rule that does not count them, none does; by one that stopped or began to, in time, it does.
        ([(60, None, False)], 100, 50, 100, 160),
        ([(60, 40, True), (60, None, False)], 100, 50, 0, 110),
        ([(60, 40, False), (60, None, True)], 100, 50, 0, 110),
        ([(60, 110, False), (60, None, True)], 100, 50, 100, 160),
    ],
)
def test_our_last_answer_counts_for_the_end_of_a_pause_that_came_after_it(
    times: list[tuple[int, float | None, bool]], end: float, answered: float, counts_from: float, runs_out: float
) -> None:
    """closing G1, H3"""
    history = [
        Stretch(seconds, None if until is None else after(until), answers) for seconds, until, answers in times
    ]
    cover = replace(a_cover((60, None), ends=[end]), times=history)
    assert cover.anew(after(0), after(answered)) == after(counts_from)
    assert deadline(after(0), cover, after(answered)) == after(runs_out)


def test_while_it_is_paused_there_is_no_deadline() -> None:
    """closing H2: nobody knows yet when that ends."""
    assert deadline(after(0), a_cover((60, None), paused=30)) is None


def test_a_message_that_is_joined_late_does_not_bring_back_what_a_pause_put_off() -> None:
    """closing H3: the clock that ran when the pause ended was put off then, whenever somebody looks at it."""
    cover = a_cover((60, None), ends=[100])
    assert cover.arm(after(95), after(101)) == (after(95), after(155))
    assert cover.arm(after(95), after(101), was=after(30)) == (after(100), after(160))
    assert cover.arm(after(95), after(101), was=after(50)) == (after(95), after(155))
    assert cover.arm(after(120), after(120), was=after(30)) == (after(120), after(180))
    assert cover.arm(after(120), after(120), was=after(-1)) == (after(120), after(180))


def test_the_time_of_new_clocks_is_the_one_in_force() -> None:
    assert (SHORTENED.seconds, LENGTHENED.seconds) == (60, 120)


SECONDS = st.sampled_from([60, 61, 120, 3_600, 365 * 86_400])
INSTANTS = st.integers(0, 400)


@pytest.mark.django_db
@settings(
    max_examples=60,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    times=st.lists(SECONDS, min_size=1, max_size=4),
    changed=st.lists(INSTANTS, min_size=4, max_size=4, unique=True),
    armed=st.lists(INSTANTS, min_size=1, max_size=6),
    begins=INSTANTS,
    over=st.sets(INSTANTS, max_size=3),
    answers=st.lists(st.booleans(), min_size=4, max_size=4),
    answered=st.none() | INSTANTS,
    now=st.integers(400, 900),
)
def test_the_sweep_decides_as_the_deadline_does(
    cast: Cast, clock: Clock, times: Sequence[int], changed: list[int], armed: list[int], begins: int,
    over: set[int], answers: list[bool], answered: int | None, now: int,
) -> None:  # fmt: skip
    """closing R8, C6, C7, G1, H3: closes what is past, disarms what is void, moves the look of the rest."""
    clock.set(NOON)
    Conversation.objects.all().delete()
    Rule.objects.all().delete()
    rule = cast.rule()
    RuleTime.objects.all().delete()
    changed = [0, *sorted(changed[: len(times) - 1])]
    ends: list[float | None] = [*changed[1:], None]
    for seconds, since, until, counts in zip(times, changed, ends, answers[: len(times)], strict=True):
        over_at = None if until is None else after(until)
        rule.times.create(seconds=seconds, since=after(since), until=over_at, answers=counts)
    rule.coverage.update(covered_since=after(begins))
    Pause.objects.all().delete()
    for end in sorted(over):
        Pause.objects.create(workspace=cast.workspace, why="Avería", since=after(end), until=after(end))
    cover = a_cover(*zip(times, ends, strict=True), begins=begins, ends=sorted(over))
    history = [replace(each, answers=counts) for each, counts in zip(cover.times, answers, strict=False)]
    cover, ours = replace(cover, times=history), None if answered is None else after(answered)
    rows = {cast.write(f"c{n}", external_id=f"m{n}").pk: after(at) for n, at in enumerate(armed)}
    for pk, at in rows.items():
        Conversation.objects.filter(pk=pk).update(armed_at=at, look_at=after(300), answered_at=ours)
    clock.set(after(now))
    told = {pk: stands(Conversation.objects.get(pk=pk)) for pk in rows}
    assert {pk: each.deadline for pk, each in told.items()} == {
        pk: deadline(at, cover, ours) for pk, at in rows.items()
    }
    sweep.sweep()
    for row in Conversation.objects.filter(pk__in=rows):
        due = deadline(rows[row.pk], cover, ours)
        assert row.status == ("closed" if due and due <= after(now) else "open")
        assert row.look_at == (due if due and due > after(now) else None)
        assert row.armed_at == (cover.anew(rows[row.pk], ours) if row.look_at else None)
        for closure in row.closures.all():
            assert (closure.armed_at, closure.deadline) == (cover.anew(rows[row.pk], ours), due)
