"""Trying a flow out on a conversation: the way it would take now, without doing any of it."""

from __future__ import annotations

from dataclasses import dataclass

from bandeja.conversations.models import Conversation
from bandeja.flows import words
from bandeja.flows.definition import MOST_STEPS, Definition, compile_
from bandeja.flows.known import Known
from bandeja.flows.models import Flow, Outcome, Run, Version
from bandeja.flows.moment import Moment
from bandeja.flows.registry import Action, Decision, Step
from bandeja.flows.waits import WaitReply
from bandeja.people.clock import database_now


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the way: what it is, what it would do, what would become of it and why."""

    label: str
    icon: str
    says: str
    outcome: Outcome
    why: str


def rehearse(flow: Flow, definition: Definition, conversation: Conversation, *, answers: bool) -> list[Line]:
    """The steps as they would be taken now; where the flow waits for an answer, `answers` says if it comes."""
    program, known = compile_(definition), Known(flow.workspace)
    version = Version(flow=flow, event_kind=definition.start.event_kind)
    run = Run(flow=flow, version=version, conversation=conversation, heard_id=conversation.last_inbound_id)
    moment = Moment(run, conversation, flow.workspace, database_now(), "")
    lines: list[Line] = []
    position = program.first
    while position and len(lines) <= MOST_STEPS:
        way = program.ways[position]
        outcome, why = _outcome(way.does, moment, answers=answers)
        lines.append(Line(str(way.does.label), way.does.icon, way.does.says(known), outcome, words.why(why)))
        position = {Outcome.YES: way.yes, Outcome.NO: way.no}.get(outcome, way.after)
        if way.does.kind == "stop":
            break
    return lines


def _outcome(step: Step, moment: Moment, *, answers: bool) -> tuple[Outcome, str]:
    if isinstance(step, WaitReply):
        return Outcome.YES if answers else Outcome.NO, ""
    if isinstance(step, Decision):
        return Outcome.YES if step.holds(moment) else Outcome.NO, ""
    if isinstance(step, Action) and (hindered := step.hindrance(moment)):
        return hindered.outcome, hindered.why
    return (Outcome.DONE, "") if isinstance(step, Action) else (Outcome.WAITING, "")
