"""closing.md in plain Python, over whole histories: what the database must agree with, however it gets there.

Nothing is kept up to date here: every answer is worked out anew from what happened. It shares no code with the
product, so that the same mistake is not made twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

from bandeja.hours.tests.slow import Shop

HOURS = [
    Shop("UTC", [[(0, 723), (725, 750), (790, 1440)]] * 7, {}),
    Shop("UTC", [[(0, 721), (724, 760), (770, 1380)]] * 7, {}),
]
"""What the one calendar says, from one edit to the next: with breaks about noon, when histories begin."""
START = datetime(1970, 1, 1, tzinfo=UTC)
"""Before everything."""


@dataclass
class Cover:
    """An uninterrupted stretch in which a rule covered an account."""

    rule: int
    since: datetime
    until: datetime | None = None


@dataclass
class Account:
    connected_at: datetime | None
    listed: list[Cover] = field(default_factory=list)
    """Stretches in which the account was in an active rule, whatever its connection and the plan."""
    connections: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    paused: bool = False
    """A fault disconnects it, and closing is paused on it."""
    resumed: list[datetime] = field(default_factory=list)
    """When closing went on after it had been paused, whatever paused it."""

    def connected_when(self, instant: datetime) -> bool:
        return any(since <= instant and (until is None or instant < until) for since, until in self.connections)


@dataclass
class Time:
    """A time of a rule: seconds, until when it was in force, whether it counts from our answers too, and only in some
    of the `HOURS`.
    """

    seconds: int
    until: datetime | None = None
    answers: bool = False
    hours: int | None = None
    unheard: int | None = None
    """Its seconds for what we began and nobody answered."""

    def over(self, start: datetime) -> datetime:
        """When it has passed since (closing B3)."""
        if self.hours is None:
            return start + timedelta(seconds=self.seconds)
        return after_open(self.hours, start, self.seconds)


@cache
def after_open(hours: int, start: datetime, seconds: int) -> datetime:
    over = HOURS[hours].after_open(start, seconds)
    assert over is not None
    return over


@dataclass(frozen=True)
class Options:
    """What a rule leaves open, and whether its time counts from our answers too (closing G1 to G3)."""

    answers: bool = False
    guards: bool = False
    tagged: bool = False
    """Whether it spares what is tagged."""
    owners: frozenset[int] = frozenset()
    hours: bool = False
    """Whether its time counts only in the hours of the calendar (closing B1)."""
    unheard: int | None = None
    """Its time for what we began and nobody answered, in seconds (closing N2)."""


@dataclass
class Rule:
    name: str
    reason: str
    active: bool
    accounts: set[int]
    times: list[Time]
    options: Options = Options()
    warns: tuple[timedelta, ...] = ()
    """How long before the end it warns, the longest first; any rule of these says good-bye (closing W1)."""


@dataclass
class Warned:
    """That a contact was warned: of which clock, by which of the rule's warnings, and when."""

    armed_at: datetime
    ordinal: int
    at: datetime


@dataclass
class Inbound:
    """A message of a contact: when it was received, joined, and from when it counts."""

    received_at: datetime
    joined_at: datetime
    counts_from: datetime | None
    """Where a clock of it starts; None when it could arm nothing."""
    by_inclusion: bool = False
    """No message: somebody included it, which counts like one (closing I1)."""
    ours: bool = False
    """A message of ours, in what we began and nobody answered (closing N2)."""


@dataclass
class Closure:
    cause: str
    reason: str
    closed_at: datetime
    armed_at: datetime | None
    deadline: datetime | None
    owner: int | None
    unread: int
    overtaken: bool = False
    undone_at: datetime | None = None
    found: Found | None = None


@dataclass
class Found:
    """What a closing found, and taking it back brings back."""

    joined_since_closing: list[Inbound]
    released_at: datetime | None
    kept: bool
    kept_until: datetime | None
    withheld: str
    withheld_at: datetime
    snoozed: bool


@dataclass
class Conversation:
    account: int
    open: bool = True
    owner: int | None = None
    unread: int = 0
    inbound: list[Inbound] = field(default_factory=list)
    agent_opened_at: datetime | None = None
    closures: list[Closure] = field(default_factory=list)
    opened_events: int = 0
    reopened_events: int = 0
    last_closed_at: datetime | None = None
    joined_since_closing: list[Inbound] = field(default_factory=list)
    kept: bool = False
    kept_until: datetime | None = None
    snoozed: bool = False
    """Kept open, but out of sight, and no longer than until its contact writes."""
    woken: int = 0
    """How often that ended otherwise than by closing it."""
    released_at: datetime | None = None
    """When its clock started anew because it was kept open, or its closing withheld, no more."""
    touched: bool = False
    """Whether anybody has written in it or given it away since it was closed."""
    answered_at: datetime | None = None
    unheard_at: datetime | None = None
    """When we wrote last, where we began it and nobody answered."""
    tagged: bool = False
    withheld: str = ""
    withheld_at: datetime = START
    created_at: datetime = START
    included_at: datetime | None = None
    joined_before: int = 0
    """How many messages had been joined when it was included."""
    warned: list[Warned] = field(default_factory=list)
    owed: tuple[datetime, int] | None = None
    """Of which closing its contact is still to be told, and by which rule."""
    farewells: int = 0

    @property
    def waits(self) -> bool:
        """Whether its contact waits for an answer."""
        wrote = max((inbound.received_at for inbound in self.inbound), default=START)
        return bool(self.inbound) and (self.answered_at is None or self.answered_at < wrote)

    @property
    def is_unheard(self) -> bool:
        """Whether we begin it by writing: the contact has not written since we opened it (closing N1)."""
        wrote = max((inbound.received_at for inbound in self.inbound), default=START)
        heard = self.inbound and (self.agent_opened_at is None or self.agent_opened_at <= wrote)
        return self.open and (self.unheard_at is not None or not heard)


@dataclass
class Inclusion:
    """That somebody had what was open without a clock included in a rule, batch by batch (closing I)."""

    rule: int
    asked_at: datetime
    stage: str = "finding"
    stepped_at: datetime = START
    found: list[Conversation] = field(default_factory=list)
    cursor: int = 0
    included: list[list[tuple[Conversation, datetime]]] = field(default_factory=list)
    settled: int = 0
    excluded: int = 0
    kept: int = 0

    @property
    def is_under_way(self) -> bool:
        return self.stage in {"finding", "including", "undoing"}

    @property
    def count(self) -> int:
        return sum(map(len, self.included))


@dataclass
class Receipt:
    """A delivery that waits to be joined: one message of one contact."""

    external_id: str
    account: int
    contact: str
    received_at: datetime
    counts: bool = True
    parked: bool = False


class World:
    """Everything that happened, and what follows from it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.accounts: dict[int, Account] = {}
        self.rules: dict[int, Rule] = {}
        self.conversations: dict[tuple[int, str], Conversation] = {}
        self.receipts: list[Receipt] = []
        self.entitled_since: datetime | None = now
        self.joined: set[tuple[int, str]] = set()
        self.blocked: set[tuple[int, str]] = set()
        self.paused = False
        self.inclusions: list[Inclusion] = []
        self.hours = 0
        """Which of the `HOURS` the calendar says."""

    # What is asked of it

    def cover_begins(self, account_id: int) -> tuple[int, datetime] | None:
        """The rule that covers an account now, and since when without a gap (closing: Words)."""
        account = self.accounts[account_id]
        current = [cover for cover in account.listed if cover.until is None]
        if not current or account.connected_at is None or self.entitled_since is None:
            return None
        (cover,) = current
        return cover.rule, max(cover.since, account.connected_at, self.entitled_since)

    def cover_of(self, conversation: Conversation) -> tuple[list[Time], datetime] | None:
        """The times that its clock runs by, and since when without a gap (closing N1, N2)."""
        cover = self.cover_begins(conversation.account)
        if cover is None or conversation.unheard_at is None:
            return (self.rules[cover[0]].times, cover[1]) if cover else None
        times, begins = self.rules[cover[0]].times, cover[1]
        if times[-1].unheard is None:
            return None
        begins = max([begins, *(time.until for time in times if time.unheard is None and time.until)])
        own = [Time(time.unheard, time.until, hours=time.hours) for time in times if time.unheard is not None]
        return [time for time in own if time.until is None or time.until > begins], begins

    def over(self, rule_id: int, armed_at: datetime) -> datetime:
        """When the last of the times of a rule is over that were in force at any moment since (closing R8)."""
        times = self.rules[rule_id].times
        return max(time.over(armed_at) for time in times if time.until is None or time.until > armed_at)

    def withholds(self, conversation: Conversation) -> str:
        """What withholds its closing once its time is over (closing G2, G3)."""
        cover = self.cover_begins(conversation.account)
        options = self.rules[cover[0]].options if cover else Options()
        if conversation.owner in options.owners or (options.tagged and conversation.tagged):
            return "exempt"
        return "waiting" if options.guards and conversation.waits else ""

    def armed_at(self, conversation: Conversation) -> datetime | None:
        """From when its clock counts; None when it has none, or a void one (closing C3, C6, R6, R7)."""
        cover = self.cover_of(conversation)
        if cover is None or not conversation.open or conversation.kept or conversation.withheld:
            return None
        starts = [
            inbound.counts_from
            for inbound in conversation.joined_since_closing
            if inbound.counts_from is not None
            and inbound.ours == (conversation.unheard_at is not None)
            and inbound.received_at >= cover[1]
            and inbound.counts_from >= cover[1]
            and (conversation.agent_opened_at is None or inbound.received_at >= conversation.agent_opened_at)
        ]
        return max(starts, default=None)

    def is_paused(self, account_id: int) -> bool:
        return self.paused or self.accounts[account_id].paused

    def deadline(self, conversation: Conversation) -> datetime | None:
        """None while closing is paused: nobody knows when that ends (closing H2)."""
        return None if self.is_paused(conversation.account) else self.runs_out(conversation)

    def runs_out(self, conversation: Conversation) -> datetime | None:
        armed_at, cover = self.armed_at(conversation), self.cover_of(conversation)
        if armed_at is None or cover is None:
            return None
        return self._over(cover[0], armed_at, conversation.answered_at)

    def runs_out_by(
        self, times: list[Time], armed_at: datetime, answered_at: datetime | None, end: datetime
    ) -> datetime:
        """The same, as it was at an instant: what was saved or answered after it is left out."""
        begun = [times[0], *(t for before, t in pairwise(times) if before.until and before.until <= end)]
        return self._over(begun, armed_at, answered_at if answered_at and answered_at <= end else None)

    def _over(self, times: list[Time], armed_at: datetime, answered_at: datetime | None) -> datetime:
        answered_at = max(armed_at, answered_at or armed_at)
        return max(
            time.over(answered_at if time.answers else armed_at)
            for time in times
            if time.until is None or time.until > armed_at
        )

    def starts(self, conversation: Conversation) -> list[datetime]:
        """From when its clock counted, each time that a message moved it on: of theirs, once they have answered."""
        if conversation.unheard_at:
            return self._starts_of_ours(conversation, conversation.unheard_at)
        cover = self.cover_begins(conversation.account)
        moved: list[datetime] = []
        theirs = [each for each in conversation.joined_since_closing if not each.ours]
        for inbound in theirs if cover else ():
            counts_from, opened_at = inbound.counts_from, conversation.agent_opened_at
            if counts_from is None or cover is None or min(counts_from, inbound.received_at) < cover[1]:
                continue
            if counts_from < (conversation.released_at or START):
                continue
            if (opened_at is None or inbound.received_at >= opened_at) and counts_from > max(moved, default=START):
                moved.append(counts_from)
        return moved

    def _starts_of_ours(self, conversation: Conversation, wrote_at: datetime) -> list[datetime]:
        since = max(wrote_at, conversation.released_at or START)
        ours = (each.counts_from for each in conversation.joined_since_closing if each.ours and each.counts_from)
        return sorted({instant for instant in ours if instant >= since})

    def standing(self, conversation: Conversation) -> str:
        """How it stands with closing rules, in one word: what people are told of it."""
        if conversation.kept or not conversation.open:
            return "kept" if conversation.open else "closed"
        cover = self.cover_begins(conversation.account)
        if cover is None:
            return self._uncovered(conversation.account)
        own = self.cover_of(conversation)
        if conversation.withheld and own and conversation.withheld_at >= own[1]:
            return conversation.withheld
        if self.armed_at(conversation):
            return "paused" if self.is_paused(conversation.account) else "runs"
        return self._without_clock(conversation, cover[1]) if conversation.inbound else "never_wrote"

    def _without_clock(self, conversation: Conversation, begins: datetime) -> str:
        wrote_at = max(inbound.received_at for inbound in conversation.inbound)
        opened_at = conversation.agent_opened_at or START
        if wrote_at >= max(begins, opened_at):
            return "not_started"
        return "reopened" if opened_at >= begins else "older"

    def _uncovered(self, account_id: int) -> str:
        if self.entitled_since is None:
            return "no_plan"
        if self.accounts[account_id].connected_at is None:
            return "disconnected"
        return "rule_off" if any(account_id in rule.accounts for rule in self.rules.values()) else "no_rule"

    def waits_before(self, account_id: int, instant: datetime) -> bool:
        """Whether a delivery received by then still waits for the account (closing C8)."""
        return any(
            receipt.account == account_id and not receipt.parked and receipt.received_at <= instant
            for receipt in self.receipts
        )

    def warning_due(self, conversation: Conversation) -> Warned | None:
        """Which warning its contact is to be given now (closing W2 to W4)."""
        deadline, cover = self.deadline(conversation), self.cover_begins(conversation.account)
        armed_at, now = self.armed_at(conversation), self.now
        if deadline is None or cover is None or armed_at is None or deadline <= now or self.withholds(conversation):
            return None
        rule = self.rules[cover[0]]
        come = [(n, before) for n, before in enumerate(rule.warns, 1) if deadline - before <= now]
        if conversation.unheard_at:
            come = [(n, before) for n, before in come if before < timedelta(seconds=rule.times[-1].unheard or 0)]
        if not come:
            return None
        ordinal, before = come[-1]
        since = deadline - before
        if (deadline - now) * 2 < before or self.waits_before(conversation.account, self._heard_by(since)):
            return None
        counts_answers = rule.times[-1].answers and conversation.unheard_at is None
        answered = conversation.answered_at if counts_answers else None
        started_at = max(armed_at, answered or armed_at)
        for last in conversation.warned:
            same = last.armed_at == armed_at and last.at >= started_at
            if same and (last.ordinal >= ordinal or last.at >= since):
                return None
        return Warned(armed_at, ordinal, now)

    def _heard_by(self, instant: datetime) -> datetime:
        """Until when whatever was received must have been read."""
        return min(self.now, instant + timedelta(seconds=10))

    # What happens in it

    def warn(self) -> int:
        done = 0
        for (account_id, who), conversation in self.conversations.items():
            if (account_id, who) not in self.blocked and (given := self.warning_due(conversation)):
                conversation.warned.append(given)
                done += 1
        return done

    def say_good_bye(self) -> int:
        """To whom a rule closed on, if it is so still and not long ago (closing W6); answers how many are settled."""
        settled = 0
        for (account_id, who), conversation in self.conversations.items():
            if conversation.owed is None:
                continue
            closed_at, rule_id = conversation.owed
            is_so = not conversation.open and conversation.closures[-1].closed_at == closed_at
            hears = self.accounts[account_id].connected_at is not None and (account_id, who) not in self.blocked
            if is_so and hears and self.now - closed_at <= timedelta(minutes=10):
                if self.waits_before(account_id, self._heard_by(closed_at)):
                    continue
                conversation.farewells += rule_id in self.rules
            conversation.owed = None
            settled += 1
        return settled

    def drain(self) -> None:
        waiting = [receipt for receipt in self.receipts if not receipt.parked]
        asleep = [(each, len(each.inbound)) for each in self.conversations.values() if each.snoozed]
        for receipt in waiting:
            self.receipts.remove(receipt)
            if self.accounts[receipt.account].connected_when(receipt.received_at):
                self._join(receipt)
        for conversation, count in asleep:
            if len(conversation.inbound) > count:
                self.release(conversation)  # closing S2

    def _join(self, receipt: Receipt) -> None:
        if (receipt.account, receipt.external_id) in self.joined:
            return
        key = (receipt.account, receipt.contact)
        counts = receipt.counts and key not in self.blocked
        conversation = self.conversations.get(key)
        if conversation is None and not counts:
            return
        self.joined.add((receipt.account, receipt.external_id))
        if not counts:
            return
        if conversation is None:
            conversation = self.conversations[key] = Conversation(receipt.account, created_at=self.now)
            conversation.opened_events += 1
        self._mark_overtaken(conversation, receipt.received_at)
        if not conversation.open:
            conversation.open = True
            conversation.opened_events += 1
            conversation.joined_since_closing = []
        conversation.unread += 1
        conversation.touched = True
        inbound = Inbound(receipt.received_at, self.now, self._counts_from(receipt, conversation.answered_at))
        opened_at = conversation.agent_opened_at
        if inbound.counts_from and not conversation.kept and (not opened_at or receipt.received_at >= opened_at):
            conversation.withheld = ""
        conversation.unheard_at = None
        conversation.inbound.append(inbound)
        conversation.joined_since_closing.append(inbound)

    def _counts_from(self, receipt: Receipt, answered_at: datetime | None) -> datetime | None:
        cover = self.cover_begins(receipt.account)
        if cover is None or receipt.received_at < cover[1]:
            return None
        counts_from = receipt.received_at
        if self.over(cover[0], counts_from) <= self.now:
            return self.now
        times = self.rules[cover[0]].times
        for resumed in self.accounts[receipt.account].resumed:
            if counts_from < resumed and self.runs_out_by(times, counts_from, answered_at, resumed) <= resumed:
                counts_from = resumed
        return counts_from

    def _mark_overtaken(self, conversation: Conversation, received_at: datetime) -> None:
        after = [closure for closure in conversation.closures if closure.closed_at > received_at]
        if after:
            after[-1].overtaken = True
        for closure in conversation.closures:
            if closure.cause == "rule" and closure.armed_at and closure.deadline:
                closure.overtaken |= closure.armed_at < received_at <= closure.deadline

    def sweep(self) -> int:
        closed = 0
        for conversation in self.conversations.values():
            deadline = self.deadline(conversation)
            if deadline is None or deadline > self.now or self.waits_before(conversation.account, deadline):
                continue
            if why := self.withholds(conversation):
                conversation.withheld, conversation.withheld_at = why, self.now
                continue
            cover = self.cover_begins(conversation.account)
            assert cover is not None
            self._close(conversation, "rule", self.rules[cover[0]].reason, self.armed_at(conversation), deadline)
            conversation.owed = self.now, cover[0]
            closed += 1
        return closed

    def judge_withheld(self) -> int:
        """What nothing withholds any more has its clock anew; without cover since, it has none (closing G2, G3)."""
        over = 0
        for conversation in self.conversations.values():
            if not conversation.withheld:
                continue
            cover = self.cover_of(conversation)
            holds = cover is not None and conversation.withheld_at >= cover[1] and self._stands(conversation)
            conversation.withheld = self.withholds(conversation) if holds else ""
            if conversation.withheld:
                continue
            over += 1
            if holds:
                self._start(conversation)
        return over

    def close(self, conversation: Conversation, cause: str, reason: str) -> None:
        if conversation.open:
            self._close(conversation, cause, reason, self.armed_at(conversation), None)

    def _close(
        self,
        conversation: Conversation,
        cause: str,
        reason: str,
        armed_at: datetime | None,
        deadline: datetime | None,
    ) -> None:
        conversation.closures.append(
            Closure(cause, reason, self.now, armed_at, deadline, conversation.owner, conversation.unread)
        )
        conversation.closures[-1].found = Found(
            conversation.joined_since_closing, conversation.released_at, conversation.kept, conversation.kept_until,
            conversation.withheld, conversation.withheld_at, conversation.snoozed,
        )  # fmt: skip
        conversation.open, conversation.touched = False, False
        conversation.joined_since_closing = []
        conversation.kept, conversation.released_at, conversation.withheld = False, None, ""
        conversation.snoozed = False

    def take_back(self, conversation: Conversation) -> bool:
        """Open again what nobody has touched since: its clock comes back if it runs out later (closing U3)."""
        if conversation.open or conversation.touched or not conversation.closures:
            return False
        closure = conversation.closures[-1]
        assert closure.found is not None
        closure.undone_at = self.now
        conversation.open, conversation.unread = True, closure.unread
        conversation.reopened_events += 1
        conversation.joined_since_closing = closure.found.joined_since_closing
        conversation.released_at = closure.found.released_at
        conversation.kept, conversation.kept_until = closure.found.kept, closure.found.kept_until
        conversation.withheld, conversation.withheld_at = closure.found.withheld, closure.found.withheld_at
        conversation.snoozed = closure.found.snoozed
        self._put_off(conversation)
        deadline = self.runs_out(conversation)
        goes_on = conversation.kept or conversation.withheld
        if not goes_on and (deadline is None or deadline <= self.now):
            conversation.agent_opened_at = self.now
            conversation.joined_since_closing, conversation.released_at = [], None
            conversation.unheard_at = None
        return True

    def keep(self, conversation: Conversation, until: datetime | None) -> None:
        if conversation.open:
            conversation.kept, conversation.kept_until, conversation.withheld = True, until, ""
            conversation.snoozed = False

    def snooze(self, conversation: Conversation, until: datetime | None) -> None:
        self.keep(conversation, until)
        conversation.snoozed = conversation.open

    def release(self, conversation: Conversation) -> None:
        """Whoever would have a clock has it anew, as if the contact had written now (closing C9, S2)."""
        if not conversation.kept:
            return
        conversation.woken += conversation.snoozed
        conversation.kept = conversation.snoozed = False
        if self._stands(conversation):
            self._start(conversation)

    def _start(self, conversation: Conversation) -> None:
        """With the whole time, as if who started it had written now."""
        ours = conversation.unheard_at is not None
        conversation.joined_since_closing.append(Inbound(self.now, self.now, self.now, ours=ours))
        conversation.released_at = self.now

    def _stands(self, conversation: Conversation) -> bool:
        """Whether something stands for a clock, should nothing keep it open any more (closing C9, N4)."""
        cover = self.cover_of(conversation)
        if conversation.unheard_at:
            return cover is not None and conversation.unheard_at >= cover[1]
        return self._is_armable(conversation) or self._counts_as_included(conversation)

    def _is_armable(self, conversation: Conversation) -> bool:
        """Whether a message of its contact stands for a clock now."""
        return any(self._would_arm(conversation, inbound) for inbound in conversation.inbound)

    def _counts_as_included(self, conversation: Conversation) -> bool:
        at, cover = conversation.included_at, self.cover_begins(conversation.account)
        return at is not None and cover is not None and at >= max(cover[1], conversation.agent_opened_at or cover[1])

    def includable(self, conversation: Conversation) -> bool:
        """Open, written in, not opened by hand since, not kept open, without a clock though covered (closing I1)."""
        cover = self.cover_begins(conversation.account)
        if cover is None or not conversation.open or conversation.kept or not conversation.inbound:
            return False
        if self.armed_at(conversation) or (conversation.withheld and conversation.withheld_at >= cover[1]):
            return False
        wrote_at = max(inbound.received_at for inbound in conversation.inbound)
        return conversation.agent_opened_at is None or wrote_at >= conversation.agent_opened_at

    def covers_anything(self, rule_id: int) -> bool:
        return any(cover and cover[0] == rule_id for cover in map(self.cover_begins, self.accounts))

    def includes_into(self, rule_id: int) -> bool:
        """Whether one is under way already."""
        return any(each.rule == rule_id and each.is_under_way for each in self.inclusions)

    def next_inclusion(self) -> Inclusion | None:
        """The one whose turn it is: that which waited longest."""
        return min((each for each in self.inclusions if each.is_under_way), key=lambda e: e.stepped_at, default=None)

    def go_on(self, each: Inclusion, batch: int) -> None:
        """The next piece of it (closing I2, I3)."""
        each.stepped_at = self.now
        if each.stage == "undoing":
            self._take_back(each)
            return
        rule = self.rules.get(each.rule)
        if self.entitled_since is None or rule is None or not rule.active:
            each.stage = "ended"
        elif each.stage == "finding":
            each.stage = "including"
            each.found = [c for c in self.conversations.values() if self._is_found(c, each)]
        else:
            self._include(each, each.found[each.cursor : each.cursor + batch])
            each.cursor += batch
        if each.stage == "including" and each.cursor >= len(each.found):
            each.stage = "ended"

    def _is_found(self, conversation: Conversation, each: Inclusion) -> bool:
        is_old = conversation.created_at <= each.asked_at
        return is_old and self._covers_still(conversation, each) and self.includable(conversation)

    def _covers_still(self, conversation: Conversation, each: Inclusion) -> bool:
        cover = self.cover_begins(conversation.account)
        return cover is not None and cover[0] == each.rule and cover[1] <= each.asked_at

    def _include(self, each: Inclusion, batch: list[Conversation]) -> None:
        done = []
        for conversation in batch:
            if self._covers_still(conversation, each) and self.includable(conversation):
                conversation.included_at, conversation.joined_before = self.now, len(conversation.inbound)
                conversation.withheld = ""
                conversation.joined_since_closing.append(Inbound(self.now, self.now, self.now, by_inclusion=True))
                done.append((conversation, self.now))
        each.included.append(done)
        each.settled += len(batch)

    def _take_back(self, each: Inclusion) -> None:
        while not each.included[each.cursor]:
            each.cursor += 1
        for conversation, at in each.included[each.cursor]:
            if self._exclude(conversation, at):
                each.excluded += 1
            else:
                each.kept += 1
        each.cursor += 1
        if each.excluded + each.kept == each.count:
            each.stage = "undone"

    def _exclude(self, conversation: Conversation, at: datetime) -> bool:
        """As if it had not been included, unless its contact has written since (closing I4)."""
        if not conversation.open or conversation.included_at != at:
            return False
        armable = self._is_armable(conversation)
        if armable and len(conversation.inbound) > conversation.joined_before:
            return False
        conversation.included_at = None
        if armable:
            kept = [inbound for inbound in conversation.joined_since_closing if not inbound.by_inclusion]
            conversation.joined_since_closing = kept
        else:
            conversation.joined_since_closing, conversation.released_at = [], None
        return True

    def _would_arm(self, conversation: Conversation, inbound: Inbound) -> bool:
        cover, opened = self.cover_begins(conversation.account), conversation.agent_opened_at
        return cover is not None and inbound.received_at >= max(cover[1], opened or cover[1])

    def release_due(self) -> int:
        due = [
            each
            for each in self.conversations.values()
            if each.kept and each.kept_until is not None and each.kept_until <= self.now
        ]
        for conversation in due:
            if conversation.snoozed:
                conversation.unread = max(conversation.unread, 1)
            self.release(conversation)
        return len(due)

    def write(self, conversation: Conversation) -> None:
        """Somebody of ours writes a note in it, or a program an answer: that opens nothing."""
        if not conversation.open:
            conversation.touched |= self.now > conversation.closures[-1].closed_at

    def say(self, conversation: Conversation) -> None:
        """Anybody of ours writes to the contact: where we began it and nobody has answered, the clock is ours."""
        if not conversation.is_unheard:
            return
        conversation.unheard_at = self.now
        conversation.joined_since_closing.append(Inbound(self.now, self.now, self.now, ours=True))
        if not conversation.kept:
            conversation.withheld = ""

    def begin(self, account_id: int, who: str) -> Conversation:
        """What somebody wrote elsewhere makes a conversation that opened for nobody."""
        found = self.conversations.get((account_id, who))
        if found is None:
            found = self.conversations[account_id, who] = Conversation(account_id, created_at=self.now)
        return found

    def assign(self, conversation: Conversation, owner: int | None) -> None:
        conversation.touched |= conversation.owner != owner
        conversation.owner = owner

    def reopen(self, conversation: Conversation) -> None:
        if not conversation.open:
            conversation.open = True
            conversation.agent_opened_at = self.now
            conversation.reopened_events += 1
            conversation.joined_since_closing, conversation.unheard_at = [], None

    def save(
        self, rule_id: int, name: str, seconds: int, reason: str, accounts: set[int], options: Options,
        warns: tuple[timedelta, ...] = (),
    ) -> None:  # fmt: skip
        rule, time = self.rules.get(rule_id), self._time(seconds, options)
        if rule is None:
            rule = self.rules[rule_id] = Rule(name, reason, True, set(), [time])
        rule.reason, rule.options, rule.warns = reason, options, warns
        self._run(rule, time)
        removed, added = rule.accounts - accounts, accounts - rule.accounts
        rule.accounts = set(accounts)
        if rule.active:
            self._end(rule_id, removed)
            self._begin(rule_id, added)

    def _time(self, seconds: int, options: Options) -> Time:
        return Time(seconds, None, options.answers, self.hours if options.hours else None, options.unheard)

    def _run(self, rule: Rule, time: Time) -> None:
        if rule.times[-1] != time:
            rule.times[-1].until = self.now
            rule.times.append(time)

    def edit_hours(self) -> None:
        """The calendar says something else: a new time of every rule that counts by it (closing B5)."""
        self.hours = 1 - self.hours
        for rule in self.rules.values():
            self._run(rule, self._time(rule.times[-1].seconds, rule.options))

    def switch(self, rule_id: int, *, active: bool) -> None:
        rule = self.rules[rule_id]
        if rule.active != active:
            rule.active = active
            (self._begin if active else self._end)(rule_id, rule.accounts)

    def delete(self, rule_id: int) -> None:
        self._end(rule_id, self.rules.pop(rule_id).accounts)

    def _begin(self, rule_id: int, accounts: set[int]) -> None:
        for account_id in accounts:
            self.accounts[account_id].listed.append(Cover(rule_id, self.now))

    def _end(self, rule_id: int, accounts: set[int]) -> None:
        for account_id in accounts:
            for cover in self.accounts[account_id].listed:
                if cover.rule == rule_id and cover.until is None:
                    cover.until = self.now

    def disconnect(self, account_id: int) -> None:
        account = self.accounts[account_id]
        if account.connected_at is not None:
            since, _ = account.connections[-1]
            account.connections[-1] = (since, self.now)
            account.connected_at = None

    def connect(self, account_id: int) -> None:
        account = self.accounts[account_id]
        if account.connected_at is None:
            account.connected_at = self.now
            account.connections.append((self.now, None))

    def pause(self, account_id: int | None) -> None:
        """On all accounts when None."""
        if account_id is None:
            self.paused = True
        else:
            self.accounts[account_id].paused = True

    def resume(self, account_id: int | None) -> None:
        """Whatever ran out until then starts anew, where nothing else pauses it (closing H3)."""
        were = {pk for pk in self.accounts if self.is_paused(pk)}
        if account_id is None:
            self.paused = False
        else:
            self.accounts[account_id].paused = False
        for pk in were:
            if not self.is_paused(pk):
                self.accounts[pk].resumed.append(self.now)
                self._start_anew(pk)

    def _start_anew(self, account_id: int) -> None:
        for conversation in self.conversations.values():
            if conversation.account == account_id:
                self._put_off(conversation)

    def answer(self, conversation: Conversation) -> None:
        """A person of ours writes to the contact. Of our answers only the last is known (closing H3)."""
        conversation.answered_at = self.now
        self._put_off(conversation)

    def _put_off(self, conversation: Conversation) -> None:
        for end in self.accounts[conversation.account].resumed:
            armed_at, cover = self.armed_at(conversation), self.cover_of(conversation)
            if armed_at is None or cover is None or armed_at >= end:
                continue
            if self.runs_out_by(cover[0], armed_at, conversation.answered_at, end) <= end:
                was = max(
                    (each for each in conversation.joined_since_closing if each.counts_from == armed_at),
                    key=lambda each: not each.by_inclusion,
                )
                conversation.joined_since_closing.append(
                    Inbound(end, end, end, by_inclusion=was.by_inclusion, ours=was.ours)
                )
