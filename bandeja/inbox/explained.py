"""The story of a conversation's clock in sentences: what happened, when, and what follows. `closing.why` finds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bandeja.closing.models import Inclusion, Pause
from bandeja.closing.standing import Standing
from bandeja.closing.versions import facts as version_facts
from bandeja.closing.why import Change, Start, Why
from bandeja.closing.words import places
from bandeja.conversations.models import Cause, EventKind, Message, Withheld
from bandeja.inbox import doers, snoozed
from bandeja.inbox.bubbles import bubbles
from bandeja.web import times

WITHHELD = {Standing.WAITING, Standing.EXEMPT}
SHOWN = 3
"""The most messages that are told one by one, the latest; those before them are counted."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, or that holds now where it has no instant; `tone` is accent, warn, danger or none.

    `message` is the one it is about, `said` the beginning of it.
    """

    icon: str
    text: str
    at: datetime | None = None
    tone: str = ""
    message: Message | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict, the steps that led to it in order, what would change it, and the rule field by field."""

    verdict: str
    steps: Sequence[Step]
    ends: str
    rule: Sequence[tuple[str, str]] = ()


def tell(why: Why) -> Told:
    """What there is to say, in the reader's language."""
    if why.standing == Standing.CLOSED:
        return Told(_("It is closed"), list(_closed(why)), _opens_when(why))
    rule = version_facts(why.version)
    if why.standing == Standing.RUNS:
        return Told(_verdict(why), list(_running(why)), _still(why), rule)
    if why.standing == Standing.PAUSED:
        return Told(_("Closing is paused"), list(_paused(why)), _when_resumed(why), rule)
    verdict = _kept_open(why) if why.standing == Standing.KEPT else _("It does not close by itself")
    return Told(verdict, list(_not_running(why)), _starts_when(why), rule)


def _kept_open(why: Why) -> str:
    return _("It is snoozed") if why.conversation.snoozed_at else _("It is kept open")


def _verdict(why: Why) -> str:
    if why.stands.withholds:
        return _("It does not close as things stand")
    return _("Its time is over") if why.stands.is_due else _("It closes by itself")


# A clock that runs


def _running(why: Why) -> Iterator[Step]:
    yield from _came_about(why)
    yield Step("timer", _runs_out(why), why.stands.deadline, "accent")
    if why.stands.withholds:
        yield Step(*_leaves_open(why))
    elif why.stands.is_due:
        yield _delayed(why)


def _came_about(why: Why) -> Iterator[Step]:
    """What started the clock, and changed its time."""
    yield _began(why)
    yield from _opened(why)
    yield from _written(why)
    yield from sorted([*map(_changed, why.changes), *_taken_back(why)], key=_when)
    if why.stands.is_answered:
        yield Step(
            "corner-up-left", _("We answered: the time counts from here, by this rule."), why.stands.answered_at
        )


def _began(why: Why) -> Step:
    """When cover began, and what began it."""
    found = why.stands
    named = {"rule": why.version.rule.name if why.version else "", "account": why.conversation.account.name}
    if found.begins == found.covered_since:
        said = _("The rule “%(rule)s” began to cover %(account)s.")
    elif found.begins == found.connected_at:
        said = _("%(account)s was connected; the rule “%(rule)s” covers it since.")
    else:
        said = _("The plan with closing rules began; the rule “%(rule)s” covers %(account)s since.")
    return Step("shield-check", said % named, found.begins)


def _opened(why: Why) -> Iterator[Step]:
    """That our side opened it, where that came after cover began: what was written before counts no more."""
    opened_at, begins = why.stands.agent_opened_at, why.stands.begins
    if opened_at is None or (begins and opened_at < begins):
        return
    event = why.opening
    who = doers.who(why.conversation, event.actor_kind, event.actor_id) if event else _("Somebody of the team")
    is_undone = event is not None and event.data.get("undone")
    undid = _("%(name)s took its closing back. That starts no clock.")
    opened = _("%(name)s opened it again. That starts no clock.")
    yield Step("rotate-ccw", (undid if is_undone else opened) % {"name": who}, opened_at)


def _taken_back(why: Why) -> Iterator[Step]:
    """That it was closed in between, and its clock ran on."""
    if event := why.undone:
        who = doers.who(why.conversation, event.actor_kind, event.actor_id)
        said = _("It was closed, and %(name)s took that back: the clock runs on as before.")
        yield Step("rotate-ccw", said % {"name": who}, event.at)


def _written(why: Why) -> Iterator[Step]:
    """The messages that started the clock; those before the latest few are counted."""
    shown = why.starts[-SHOWN:]
    if before := [start for start in why.starts[:-SHOWN] if start.message]:
        said = ngettext(
            "%(name)s wrote %(n)d message before that: it started the clock.",
            "%(name)s wrote %(n)d messages before that: each started the clock anew.",
            len(before),
        )
        named = {"name": why.conversation.contact, "n": len(before)}
        yield Step("messages-square", said % named, before[0].counts_from)
    excerpts = bubbles(why.conversation, [start.message for start in shown if start.message])
    for start in shown:
        said = _started(why, start, is_first=start is why.starts[0], is_last=start is why.starts[-1])
        excerpt = excerpts[start.message.pk].excerpt if start.message else ""
        yield Step(_icon(start), said, start.counts_from, message=start.message, said=excerpt)
    if not shown and why.stands.armed_at:
        yield Step("timer", _("The clock started."), why.stands.armed_at)


def _icon(start: Start) -> str:
    if start.pause:
        return "circle-play"
    if start.message:
        return "message-square-text"
    if start.release and start.release.kind == EventKind.CONVERSATION_WOKEN:
        return "alarm-clock-off"
    return "list-plus" if start.is_included else "pin-off"


def _started(why: Why, start: Start, *, is_first: bool, is_last: bool) -> str:
    if start.pause:
        return _put_off(start.pause)
    if start.is_included:
        return _was_included(start.inclusion)
    if start.release:
        _icon, told = doers.event(why.conversation, start.release)
        return _("%(told)s: the clock started anew, with its whole time.") % {"told": told}
    return _wrote(why, start, is_first=is_first, is_last=is_last)


def _put_off(pause: Pause) -> str:
    """That its time was over by the end of a pause."""
    since = times.moment(pause.since)
    if pause.account:
        said = _(
            "%(account)s was disconnected by a fault since %(since)s, and closing paused on it. By its end the time "
            "was over: the clock started anew, with its whole time."
        )
        return said % {"account": pause.account.name, "since": since}
    said = _(
        "%(name)s had paused closing since %(since)s: “%(why)s”. By its end the time was over: the clock started "
        "anew, with its whole time."
    )
    return said % {"name": pause.agent_name or _("The system"), "since": since, "why": pause.why}


def _was_included(inclusion: Inclusion | None) -> str:
    if inclusion is None:
        return _("It was included by hand: the clock started, with its whole time.")
    named = {"name": inclusion.agent or _("Somebody of the team"), "rule": inclusion.rule_name}
    if inclusion.with_save:
        said = _("%(name)s included it on saving the rule “%(rule)s”: the clock started, with its whole time.")
    else:
        said = _("%(name)s included it in the rule “%(rule)s”: the clock started, with its whole time.")
    return said % named


def _wrote(why: Why, start: Start, *, is_first: bool, is_last: bool) -> str:
    named = {"name": why.conversation.contact}
    if start.is_ours:
        return _("We wrote, and %(name)s has not written since it was opened: the clock counts from here.") % named
    if start.is_late and start.message and start.message.received_at:
        received = times.moment(start.message.received_at)
        late = _(
            "A message of %(name)s that came at %(received)s was read only now, when its time was over. "
            "So the clock counts from here."
        )
        return late % {**named, "received": received}
    if is_last and not is_first:
        return _("%(name)s wrote again: the clock started anew, and counts from here.") % named
    if is_last:
        return _("%(name)s wrote: the clock started, and counts from here.") % named
    return (
        _("%(name)s wrote: the clock started.") if is_first else _("%(name)s wrote: the clock started anew.")
    ) % named


def _changed(change: Change) -> Step:
    lengths = {"before": _length(change.before), "after": _length(change.after)}
    if change.after > change.before:
        said = _("The rule's time went from %(before)s to %(after)s. Running clocks have the longer one.")
    else:
        said = _("The rule's time went from %(before)s to %(after)s. Running clocks keep the longer one.")
    return Step("pencil", said % lengths, change.at)


def _runs_out(why: Why) -> str:
    found, version = why.stands, why.version
    if found.unheard_at:
        return _runs_out_unheard(why)
    since = found.counts_from
    length = times.stretch(found.deadline - since) if found.deadline and since else ""
    named = {"time": length, "reason": version.rule.reason if version else "", "name": why.conversation.contact}
    if found.withholds:
        return _("After %(time)s without %(name)s writing, its time is over.") % named
    if found.is_due:
        return _("Its time was over: %(time)s without %(name)s writing.") % named
    return _("After %(time)s without %(name)s writing, it closes with the reason “%(reason)s”.") % named


def _runs_out_unheard(why: Why) -> str:
    """The same of what we began and nobody answered (closing N2)."""
    found = why.stands
    since = found.counts_from
    length = times.stretch(found.deadline - since) if found.deadline and since else ""
    named = {"time": length, "reason": why.version.rule.reason if why.version else ""}
    named["name"] = str(why.conversation.contact)
    if found.withholds:
        return _("After %(time)s without %(name)s answering our last message, its time is over.") % named
    if found.is_due:
        return _("Its time was over: %(time)s without %(name)s answering our last message.") % named
    return _(
        "After %(time)s without %(name)s answering our last message, it closes with the reason “%(reason)s”."
    ) % (named)


def _leaves_open(why: Why) -> tuple[str, str]:
    """What keeps the rule from closing it, as things stand (closing G2, G3)."""
    named = {"name": why.conversation.contact}
    if why.stands.withholds == Withheld.WAITING:
        return "hourglass", _("The rule leaves it open then, while %(name)s waits for an answer.") % named
    return "shield-check", _("The rule leaves it open then: it spares it.")


def _delayed(why: Why) -> Step:
    """Why it is open still."""
    if why.setback:
        said = ngettext(
            "It could not be closed and stepped aside, %(n)d time so far. It is tried again by itself.",
            "It could not be closed and stepped aside, %(n)d times so far. It is tried again by itself.",
            why.setback.failures,
        )
        return Step("triangle-alert", said % {"n": why.setback.failures}, why.setback.at, "danger")
    if why.waits_since:
        said = _("A delivery that came then waits to be read, and could be of this contact. It is read first.")
        return Step("inbox", said, why.waits_since, "warn")
    if why.outage:
        said = _(
            "Bandeja itself was down since %(since)s. What was said meanwhile comes first: closings wait until then."
        )
        return Step("hourglass", said % {"since": times.moment(why.outage.stopped_at)}, why.outage.resumes_at, "warn")
    return Step("hourglass", _("It closes with the next pass, within a moment."), None, "warn")


def _still(why: Why) -> str:
    if why.stands.withholds == Withheld.WAITING:
        return _("Once a person of yours answers, it closes when its time is over.")
    if why.stands.withholds:
        return _("Once nothing of what the rule spares is so any more, it closes when its time is over.")
    if why.stands.is_due:
        return _("A message that was received before its time was over still keeps it open.")
    if why.stands.unheard_at:
        return _("Each message of ours starts it anew. Once the contact writes, the rule's inactivity time counts.")
    if why.stands.counts_answers:
        return _("A message of the contact starts it anew, and so does a person's answer.")
    return _("What the team writes does not move the clock. A message of the contact starts it anew.")


# One that is paused


def _paused(why: Why) -> Iterator[Step]:
    yield from _came_about(why)
    for pause in why.pauses:
        yield Step("circle-pause", _who_paused(pause), pause.since, "warn")
    if why.stands.ran_out:
        said = _("Its time was over, and it was not closed.")
    else:
        said = _("Its time is over then. While closing is paused it does not close.")
    yield Step("timer", said, why.stands.runs_out)


def _who_paused(pause: Pause) -> str:
    if pause.account:
        said = _("%(account)s is disconnected by a fault: closing is paused on it while that lasts.")
        return said % {"account": pause.account.name}
    said = _("%(name)s paused closing on all accounts: “%(why)s”.")
    return said % {"name": pause.agent_name or _("The system"), "why": pause.why}


def _when_resumed(why: Why) -> str:
    if why.stands.ran_out:
        return _("When the pause ends, the clock starts anew with its whole time: nothing closes at that instant.")
    return _(
        "If the pause ends before that, the clock goes on as it was. Otherwise it starts anew, with its whole time."
    )


# None that runs


def _not_running(why: Why) -> Iterator[Step]:
    if why.standing == Standing.KEPT:
        yield from _last_wrote(why)
        yield from _kept(why)
    elif why.standing in WITHHELD:
        yield _began(why)
        yield from _last_wrote(why)
        if why.withholding:
            icon, said = doers.event(why.conversation, why.withholding)
            yield Step(icon, said, why.withholding.at, "accent")
    elif why.stands.begins is None:
        yield from _last_wrote(why)
        yield _uncovered(why)
    elif why.standing == Standing.OLDER:
        yield from _last_wrote(why)
        yield _began(why)
        said = _(
            "Rules do not look back: only what is received from then on starts a clock, "
            "unless somebody includes what is open."
        )
        yield Step("timer-off", said)
    else:
        yield _began(why)
        yield from sorted([*_last_wrote(why), *_opened(why)], key=_when)
        yield from _nothing_started(why)


def _kept(why: Why) -> Iterator[Step]:
    """Who keeps it open, until when and why; and that a rule would not close it either, where none would."""
    if why.keeping:
        icon, said = doers.event(why.conversation, why.keeping)
        yield Step(icon, said, why.keeping.at, "accent")
    if why.stands.begins is None:
        yield Step("timer-off", _("No closing rule acts on %(account)s now.") % _account(why))


def _account(why: Why) -> dict[str, str]:
    return {"account": why.conversation.account.name}


def _when(step: Step) -> datetime:
    assert step.at is not None  # noqa: S101  what happened has an instant
    return step.at


def _last_wrote(why: Why) -> Iterator[Step]:
    found, named = why.stands, {"name": why.conversation.contact}
    if found.last_inbound_at is None:
        return
    said = _("%(name)s wrote for the last time.") % named
    if found.is_void and found.armed_at:
        said = _("%(name)s wrote for the last time. That clock is void: cover was interrupted since.") % named
    excerpt = bubbles(why.conversation, [why.latest])[why.latest.pk].excerpt if why.latest else ""
    yield Step("message-square-text", said, found.last_inbound_at, message=why.latest, said=excerpt)


def _uncovered(why: Why) -> Step:
    account = _account(why)
    if why.standing == Standing.NO_PLAN:
        return Step("lock", _("The plan has no closing rules now, so none acts."))
    if why.standing == Standing.DISCONNECTED:
        said = _("%(account)s was disconnected: no rule acts on it.") % account
        return Step("unplug", said, why.conversation.account.disconnected_at)
    if why.standing == Standing.RULE_OFF:
        rules = places([_("“%(rule)s”") % {"rule": rule.name} for rule in why.off])
        return Step(
            "timer-off", _("%(account)s is in the rule %(rules)s, which is off.") % {**account, "rules": rules}
        )
    return Step("timer-off", _("No closing rule has %(account)s.") % account)


def _nothing_started(why: Why) -> Iterator[Step]:
    if why.standing == Standing.NEVER_WROTE:
        yield Step("timer-off", _("%(name)s has not written here yet.") % {"name": why.conversation.contact})
    elif why.standing == Standing.NOT_STARTED:
        yield Step("timer-off", _("That message started no clock here, as when two contacts were merged."))


def _starts_when(why: Why) -> str:
    if why.conversation.contact.blocked_at:
        return _("The contact is blocked: what they write starts no clock.")
    if why.standing in WITHHELD:
        return _ends_withholding(why)
    if why.standing == Standing.KEPT:
        return snoozed.ends(why) if why.conversation.snoozed_at else _ends_keeping(why)
    if why.stands.begins is None:
        return _("Once a rule covers the account, the next message of the contact starts the clock.")
    if why.stands.starts_when_we_write:
        return _("The clock starts when the contact writes, or when we write to them.")
    first = why.standing == Standing.NEVER_WROTE
    return (
        _("The clock starts with their first message.")
        if first
        else _("The clock starts when the contact writes again.")
    )


def _ends_keeping(why: Why) -> str:
    if why.stands.starts_when_released:
        return _("Meanwhile no rule closes it. When that ends, the clock starts anew with its whole time.")
    return _("Meanwhile no rule closes it. When that ends, no clock starts by itself.")


def _ends_withholding(why: Why) -> str:
    if why.standing == Standing.WAITING:
        return _("When a person of yours answers, its clock starts anew with its whole time.")
    return _("When nothing of what the rule spares is so any more, its clock starts anew with its whole time.")


# Closed


def _opens_when(why: Why) -> str:
    if why.conversation.contact.blocked_at:
        return _("The contact is blocked: what they write opens nothing.")
    return _("When the contact writes, this same conversation opens.")


def _closed(why: Why) -> Iterator[Step]:
    closure = why.closure
    if closure is None:
        yield Step("history", _("It came closed, with the history of the account."), why.conversation.closed_at)
        return
    if closure.last_inbound_at:
        wrote = _("%(name)s had written for the last time.") % {"name": why.conversation.contact}
        yield Step("message-square-text", wrote, closure.last_inbound_at)
    if closure.cause == Cause.RULE and closure.armed_at and closure.deadline:
        if closure.unheard:
            yield Step("timer", _("We had written for the last time: the clock counted from here."), closure.armed_at)
        elif closure.armed_at != closure.last_inbound_at:
            yield Step("timer", _("The clock counted from here."), closure.armed_at)
        over = _("Its time was over: %(time)s.") % {"time": times.stretch(closure.deadline - closure.armed_at)}
        yield Step("timer", over, closure.deadline)
    yield Step("circle-check", doers.how_it_closed(closure, why.conversation), closure.closed_at, "accent")
    if why.late is not None:
        yield Step("gauge", _("It closed %(time)s after its time was over.") % {"time": times.delay(why.late)})


def _length(seconds: int) -> str:
    return times.stretch(timedelta(seconds=seconds))
