"""What happened in a conversation, each said in one quiet sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext

from bandeja.closing.saying import FAREWELL
from bandeja.closing.spans import span
from bandeja.conversations.models import ActorKind, Cause, Closure, Event, EventKind, Withheld
from bandeja.inbox import snoozed
from bandeja.web import times

WITHHOLDING = {EventKind.CLOSING_WITHHELD, EventKind.CLOSING_RESUMED, EventKind.MESSAGE_WITHHELD}
SNOOZING = {EventKind.CONVERSATION_SNOOZED, EventKind.CONVERSATION_WOKEN}
KEEPING = {EventKind.CONVERSATION_KEPT, EventKind.CONVERSATION_RELEASED, *WITHHOLDING, *SNOOZING}


class Names(dict[int, str]):
    """What agents are called; `flows` is of which flow each run is that acted."""

    flows: Mapping[int, str] = {}


def sentence(event: Event, closure: Closure | None, names: Names, contact: str) -> tuple[str, str]:
    """The icon and the sentence for an event; an empty sentence for one that says nothing new."""
    who = actor(event.actor_kind, event.actor_id, names, contact)
    if event.kind == EventKind.CONVERSATION_CLOSED and closure is not None:
        return "circle-check", closed(closure, who)
    if event.kind == EventKind.CONVERSATION_REOPENED:
        said = gettext("%(name)s undid the closing") if _undone(event) else gettext("%(name)s opened it again")
        return "rotate-ccw", said % {"name": who}
    if event.kind == EventKind.CONVERSATION_OPENED and event.data.get("reopened"):
        return "rotate-ccw", gettext("%(name)s wrote and it opened again") % {"name": contact}
    if event.kind == EventKind.CONVERSATION_ASSIGNED:
        return "user-round", _assigned(event, names, who)
    if event.kind == EventKind.AGENTS_CALLED:
        return "bell", _called(event, names, who)
    return _kept(event, who, contact) if event.kind in KEEPING else _of_the_contact(event, who, contact)


def _called(event: Event, names: Names, who: str) -> str:
    people = ", ".join(names[agent] for agent in event.data.get("agents", []) if agent in names)
    said = gettext("%(name)s asked %(people)s to look") % {"name": who, "people": people}
    return f"{said} · {text}" if (text := event.data.get("text")) else said


def _kept(event: Event, who: str, contact: str) -> tuple[str, str]:
    if event.kind in WITHHOLDING:
        return _withheld(event, contact)
    if event.kind in SNOOZING:
        return snoozed.sentence(event, who, contact)
    if event.kind == EventKind.CONVERSATION_RELEASED:
        by_itself = event.actor_kind == ActorKind.SYSTEM
        said = gettext("It is kept open no more") if by_itself else gettext("%(name)s lets it close again")
        return "pin-off", said % {"name": who}
    if until := event.data.get("until"):
        named = {"name": who, "until": times.moment(datetime.fromisoformat(until))}
        said = gettext("%(name)s keeps it open until %(until)s") % named
    else:
        said = gettext("%(name)s keeps it open") % {"name": who}
    reason = event.data.get("reason")
    return "pin", f"{said} · {reason}" if reason else said


def _withheld(event: Event, contact: str) -> tuple[str, str]:
    if event.kind == EventKind.CLOSING_RESUMED:
        return "timer", gettext("Nothing withholds its closing any more: its clock starts anew")
    named = {"rule": event.data.get("rule_name", ""), "name": contact}
    if event.kind == EventKind.MESSAGE_WITHHELD:
        return "message-circle-off", _unsaid(event) % named
    if event.data.get("why") == Withheld.WAITING:
        return "hourglass", gettext("The rule “%(rule)s” left it open: %(name)s waits for an answer") % named
    return "shield-check", gettext("The rule “%(rule)s” left it open: the rule spares it") % named


def _unsaid(event: Event) -> str:
    if event.data.get("what") == FAREWELL:
        return gettext(
            "The rule “%(rule)s” did not write its closing message: %(name)s wrote too long ago for this channel"
        )
    return gettext("The rule “%(rule)s” did not warn: %(name)s wrote too long ago for this channel")


def _of_the_contact(event: Event, who: str, contact: str) -> tuple[str, str]:
    if event.kind == EventKind.CONTACT_BLOCKED:
        return "ban", gettext("%(name)s blocked %(contact)s") % {"name": who, "contact": contact}
    if event.kind == EventKind.CONTACT_UNBLOCKED:
        return "circle-check", gettext("%(name)s let %(contact)s in again") % {"name": who, "contact": contact}
    if event.kind == EventKind.CONTACT_MERGED:
        said = gettext("%(name)s merged %(other)s into this contact") % {"name": who, "other": event.data.get("name")}
        lost = [each for each in event.data.get("not_kept", []) if each != event.data.get("name")]
        return "merge", f"{said} · {gettext('not kept: %(what)s') % {'what': ', '.join(lost)}}" if lost else said
    return "", ""


def actor(kind: str, key: int | None, names: Names, contact: str) -> str:
    """Who did it, by name where there is one."""
    if kind == ActorKind.AGENT:
        return names.get(key or 0) or gettext("Someone who left")
    machines = {ActorKind.CONTACT: contact, ActorKind.API: gettext("The API"), ActorKind.FLOW: flow(key, names)}
    return machines.get(ActorKind(kind), "Bandeja")


def flow(run_id: int | None, names: Names) -> str:
    """The flow a run is of, by name while that is known."""
    name = names.flows.get(run_id or 0)
    return gettext("The flow “%(name)s”") % {"name": name} if name else gettext("A flow")


def closed(closure: Closure, who: str) -> str:
    """Who or which rule closed it, and why."""
    said = _closed_by(closure) % {"name": who, "reason": closure.reason, **_rule(closure)}
    if closure.overtaken_at:
        said = gettext("%(closed)s (undone: the contact had already written)") % {"closed": said}
    return said


def _closed_by(closure: Closure) -> str:
    if closure.cause == Cause.RULE and closure.unheard:
        return gettext(
            "Closed by the rule “%(rule)s”: nobody answered for %(time)s after our last message · %(reason)s"
        )
    if closure.cause == Cause.RULE:
        return gettext("Closed by the rule “%(rule)s” after %(time)s without the contact writing · %(reason)s")
    if closure.cause == Cause.BULK:
        return gettext("%(name)s closed it together with others · %(reason)s")
    return gettext("%(name)s closed it · %(reason)s")


def _rule(closure: Closure) -> dict[str, str]:
    if closure.rule_amount is None:
        return {}
    return {"rule": closure.rule_name, "time": span(closure.rule_amount, closure.rule_unit)}


def _assigned(event: Event, names: Names, who: str) -> str:
    owner, team = event.data.get("after"), event.data.get("team_name")
    if owner is None and team:
        return gettext("%(name)s gave it to the team %(team)s") % {"name": who, "team": team}
    if owner is None:
        return gettext("%(name)s left it without an owner") % {"name": who}
    if event.actor_kind == ActorKind.AGENT and owner == event.actor_id:
        return gettext("%(name)s took it") % {"name": who}
    given = names.get(owner) or gettext("Someone who left")
    said = (
        gettext("%(name)s gave it back to %(owner)s") if _undone(event) else gettext("%(name)s gave it to %(owner)s")
    )
    return said % {"name": who, "owner": given}


def _undone(event: Event) -> bool:
    """Whether it took a bulk action back."""
    return bool(event.data.get("undone"))
