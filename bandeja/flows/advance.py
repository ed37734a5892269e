"""Advancing: runs that are due take one step, in one transaction with what it does.

So each effect happens once: killed half-way, neither it nor the step was taken. A run is found without a lock; then
its contact, its conversation and the run itself are locked, in the house's order, and looked at again. What a message
that arrives meanwhile changes is seen before, or waits for the lock and wakes the run after.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import transaction

from bandeja.conversations.models import Contact, Conversation
from bandeja.conversations.sql import is_outage, run, statement
from bandeja.flows import following, limits, notes, programs, watching
from bandeja.flows.models import Outcome, Run, State, Taken
from bandeja.flows.moment import Moment
from bandeja.flows.registry import Action, Call, Decision, Done, Step, Wait
from bandeja.flows.waits import WaitReply
from bandeja.people.clock import database_now

log = logging.getLogger(__name__)

BATCH = 20
"""Runs of each workspace that one step looks for."""
SOON = 0.05
"""Seconds until the next look while something due is locked."""
MOST_TRIES = 5
BACK_OFF = timedelta(seconds=10)
BREATH = timedelta(seconds=1)
LEASE = timedelta(seconds=60)
"""How long a call may take before it counts as interrupted: `outside.SECONDS`, and patience."""

DUE = statement("bandeja.flows", "due")
NEXT = statement("bandeja.flows", "next")


@dataclass(frozen=True, slots=True)
class Advanced:
    """How many steps were taken, and the seconds until the next run is due, None if none will be."""

    count: int
    next_in: float | None


class Caller(Protocol):
    """Who carries out what takes a while; one that `is_full` takes no more for now."""

    @property
    def is_full(self) -> bool: ...

    def begin(self, called: Called) -> None: ...


@dataclass(frozen=True, slots=True)
class Called:
    """Something to be carried out, once the transaction that says so is committed."""

    run_id: int
    step: Call
    prepared: Any


class AtOnce:
    """Carries it out while the caller waits."""

    is_full = False

    def begin(self, called: Called) -> None:
        finish(called, called.step.carry_out(called.prepared))


def step(limit: int = BATCH, caller: Caller | None = None) -> Advanced:
    """Let runs that are due take a step each. Safe in any number of processes."""
    caller = caller or AtOnce()
    taken = sum(advance(run_id, conversation_id, caller) for run_id, conversation_id in _due(limit))
    return Advanced(taken, None if taken else _next_in())


def _due(limit: int) -> list[tuple[int, int]]:
    with run(DUE, {"limit": limit}) as found:
        return found.fetchall()


def _next_in() -> float | None:
    with run(NEXT, {}) as found:
        (seconds,) = found.fetchone() or (None,)
    return None if seconds is None else max(seconds, SOON)


def advance(run_id: int, conversation_id: int, caller: Caller) -> bool:
    """One step of a run, if it is still due and nobody holds it; one that fails is tried again later."""
    try:
        with transaction.atomic():
            moment = _held(run_id, conversation_id)
            if moment is None:
                return False
            called = _take(moment, full=caller.is_full)
        if called:
            caller.begin(called)
        return True
    except Exception as error:
        if is_outage(error):
            raise
        log.exception("a step of a flow failed", extra={"run": run_id})
        return _put_off(run_id)


def finish(called: Called, done: Done) -> None:
    """Write down what became of a call, unless its lease ran out or a person ended the run meanwhile."""
    with transaction.atomic():
        # Meanwhile another conversation may have taken its own in.
        there = Run.objects.values_list("conversation_id", flat=True).filter(pk=called.run_id).first()
        moment = None if there is None else _held(called.run_id, there, calling=True)
        if moment is not None:
            _go_on(moment, called.step, done)


def _held(run_id: int, conversation_id: int, *, calling: bool = False) -> Moment | None:
    """The run and what it acts on, locked; None where there is nothing to do, or somebody else does it.

    With `calling`, the run that waits for what it calls, which is not due and worth waiting for.
    """
    contacts = Contact.objects.filter(conversations=conversation_id)
    held_contact = contacts.select_for_update(no_key=True, skip_locked=not calling, of=("self",))
    if held_contact.values_list("pk", flat=True).first() is None:
        following.follow(run_id, conversation_id)
        return None
    related = Conversation.objects.select_related("account", "contact", "owner", "workspace")
    conversation = related.select_for_update(of=("self",)).filter(pk=conversation_id).first()
    runs = Run.objects.select_related("flow", "version").select_for_update(of=("self",), skip_locked=not calling)
    held = runs.filter(pk=run_id, conversation_id=conversation_id).first()
    at = database_now()
    if conversation is None or held is None or held.due_at is None or (held.due_at <= at) == calling:
        return None
    return Moment(held, conversation, conversation.workspace, at, held.position)


def _take(moment: Moment, *, full: bool) -> Called | None:
    held = moment.run
    way = programs.of(held.version_id).ways.get(held.position)
    if not held.flow.active:
        _end(moment, State.STOPPED, "off")
    elif moment.contact.blocked_at is not None:
        _end(moment, State.STOPPED, "blocked")
    elif held.state == State.WATCHING:
        _watch(moment)
    elif way is None:
        _end(moment, State.DONE)
    elif held.calling:
        _go_on(moment, way.does, Done(Outcome.FAILED, "unknown"))
    elif limits.is_exhausted(moment.contact.pk, moment.at):
        _park(moment, "steps")
    elif isinstance(way.does, Call):
        return _call(moment, way.does, full=full)
    else:
        _do(moment, way.does)
    return None


def _call(moment: Moment, step: Call, *, full: bool) -> Called | None:
    """Say that it is being called, to be committed before it is; or wait until there is room for it."""
    if full:
        _save(moment.run, due_at=moment.at + BREATH)
        return None
    _save(moment.run, calling=True, due_at=moment.at + LEASE)
    return Called(moment.run.pk, step, step.prepare(moment))


def _do(moment: Moment, step: Step) -> None:
    if isinstance(step, Wait):
        _wait(moment, step)
    elif isinstance(step, Decision):
        _decide(moment, step, holds=step.holds(moment))
    elif isinstance(step, Action):
        _act(moment, step)


def _watch(moment: Moment) -> None:
    """Begin, if nobody has answered; wait on, if the oldest message without an answer is a younger one."""
    due = watching.due(moment)
    if due is None:
        moment.run.delete()
    elif due > moment.at:
        _save(moment.run, due_at=due)
    else:
        _save(moment.run, state=State.RUNNING, due_at=moment.at, heard_id=moment.conversation.last_inbound_id)


def _wait(moment: Moment, wait: Wait) -> None:
    """Enter a wait, or leave it: its time is over, or the answer came."""
    held, answers = moment.run, isinstance(wait, WaitReply)
    if held.state == State.WAITING:
        held.state = State.RUNNING
        return _decide(moment, wait, holds=moment.is_answered) if answers else _go_on(moment, wait, Done())
    if answers and moment.is_answered:
        return _decide(moment, wait, holds=True)
    _log(moment, wait, Done(Outcome.WAITING))
    return _save(
        held, state=State.WAITING, due_at=wait.until(moment), awaits_reply=answers, taken=held.taken + 1, tries=0
    )


def _decide(moment: Moment, step: Step, *, holds: bool) -> None:
    _go_on(moment, step, Done(Outcome.YES if holds else Outcome.NO))


def _act(moment: Moment, action: Action) -> None:
    hindered = action.hindrance(moment)
    if hindered and hindered.parked:
        return _park(moment, hindered.why)
    if hindered:
        notes.tell_held(moment, action, hindered)
    return _go_on(moment, action, hindered or action.act(moment))


def _go_on(moment: Moment, step: Step, done: Done) -> None:
    """Write down what became of the step, and go to the one that follows."""
    held = moment.run
    _log(moment, step, done)
    way = programs.of(held.version_id).ways[held.position]
    following = {Outcome.YES: way.yes, Outcome.NO: way.no}.get(done.outcome, way.after)
    held.taken, held.tries, held.awaits_reply = held.taken + 1, 0, False
    if done.outcome == Outcome.SENT:
        held.heard_id = moment.conversation.last_inbound_id
    if step.kind == "stop" or not following:
        return _end(moment, State.DONE)
    return _save(
        held, state=State.RUNNING, position=following, due_at=min(held.due_at or moment.at, moment.at),
        awaits_reply=False, taken=held.taken, tries=0, heard_id=held.heard_id, calling=False,
    )  # fmt: skip


def _log(moment: Moment, step: Step, done: Done) -> None:
    Taken.objects.create(
        run=moment.run,
        number=moment.run.taken,
        contact_id=moment.contact.pk,
        step=moment.run.position,
        kind=step.kind,
        outcome=done.outcome,
        why=done.why,
        at=moment.at,
    )


def _end(moment: Moment, state: State, why: str = "") -> None:
    _save(
        moment.run, state=state, position="" if state == State.DONE else moment.run.position, due_at=None,
        awaits_reply=False, taken=moment.run.taken, heard_id=moment.run.heard_id, ended_at=moment.at, why=why,
        calling=False,
    )  # fmt: skip


def _park(moment: Moment, why: str) -> None:
    """Hold a run where it is until a person decides, and tell it in the conversation.

    One is enough: what has not begun ends, where another of its flow is held back for the same.
    """
    alike = Run.objects.filter(flow=moment.run.flow_id, conversation=moment.conversation, state=State.PARKED, why=why)
    if not moment.run.taken and alike.exists():
        return _end(moment, State.STOPPED, why)
    notes.tell_parked(moment, why)
    return _save(moment.run, state=State.PARKED, due_at=None, awaits_reply=False, why=why)


def _put_off(run_id: int) -> bool:
    """Try again later, longer each time; after a few times it is parked, so that it delays no other."""
    with transaction.atomic():
        held = Run.objects.select_for_update(skip_locked=True).filter(pk=run_id, due_at__isnull=False).first()
        if held is None:
            return False
        held.tries += 1
        if held.tries >= MOST_TRIES:
            _save(held, tries=held.tries, state=State.PARKED, due_at=None, awaits_reply=False, why="failed")
        else:
            _save(held, tries=held.tries, due_at=database_now() + BACK_OFF * 2**held.tries)
    return True


def _save(held: Run, **columns: State | str | int | bool | datetime | None) -> None:
    Run.objects.filter(pk=held.pk).update(**columns)
