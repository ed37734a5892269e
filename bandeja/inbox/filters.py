"""What the list shows: which of the conversations one may see, as the address says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict

from bandeja.channels.models import Account, ChannelKey
from bandeja.closing import coverage
from bandeja.closing.deadline import Cover
from bandeja.conversations.models import Cause, Closure, Conversation, Status, Tag, Tagging, Withheld
from bandeja.inbox import lookup, soon, teams
from bandeja.people.clock import database_now
from bandeja.people.models import Agent

LARGEST = 2**63 - 1
"""The largest id PostgreSQL holds; a larger one in an address names nothing."""
DAYS = (1, 3, 7, 30, 90)
LONGEST_REASON = 200
LONGEST_SEARCH = 100


def whole(text: str) -> int | None:
    """The id that `text` spells, or None."""
    if not (text.isascii() and text.isdigit()):
        return None
    number = int(text[:20])
    return number if number <= LARGEST else None


@dataclass(frozen=True)
class Filters:
    """The tab, the filters and the search; the defaults are what the inbox opens with.

    `days` is how long ago the last message may be. `reason` and `cause` are the latest closing's, so they go with
    closed ones only; `soon` is whose clock is in its last quarter, and `waiting` whose contact waits for an answer
    where a rule would have closed, so these go with open ones. Blank, `state` is open ones that nobody snoozed,
    and any in a search, which says `open` where it means that.
    """

    tab: str = ""
    state: str = ""
    owner: str = ""
    days: str = ""
    channel: str = ""
    account: str = ""
    tag: str = ""
    reason: str = ""
    cause: str = ""
    soon: str = ""
    waiting: str = ""
    q: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> Filters:
        """What an address asks for; whatever it does not spell right counts as not asked."""
        owner, days, state = query.get("owner", ""), query.get("days", ""), query.get("state", "")
        reason = query.get("reason", "").replace("\x00", "").strip()[:LONGEST_REASON]
        cause = _one_of(query.get("cause", ""), Cause.values)
        soon, waiting = (_one_of(query.get(name, ""), ["1"]) for name in ("soon", "waiting"))
        if (
            "state" not in query or "done" in query
        ):  # what is asked for says the state; otherwise the state has the say
            state = "closed" if reason or cause else "" if soon or waiting else state
        q = query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
        if state == "open" and not q:
            state = ""
        asked = cls(
            tab=_one_of(query.get("tab", ""), ["unread"]),
            owner=owner if owner in {"mine", "nobody"} or whole(owner) or teams.spelled(owner) is not None else "",
            days=_one_of(days, [str(each) for each in DAYS]),
            channel=_one_of(query.get("channel", ""), ChannelKey.values),
            account=str(whole(query.get("account", "")) or ""),
            tag=str(whole(query.get("tag", "")) or ""),
            reason=reason,
            cause=cause,
            soon=soon,
            waiting=waiting,
            q=q,
        )
        return asked.at(_one_of(state, ["open", "closed", "snoozed", "all"]))

    def at(self, state: str) -> Filters:
        """The same in that state, less what is said of others only."""
        off = {} if state == "closed" else {"reason": "", "cause": ""}
        if state in {"closed", "snoozed", "all"}:
            off |= {"soon": "", "waiting": ""}
        return replace(self, state=state, **off)

    @property
    def are_default(self) -> bool:
        return self == Filters(tab=self.tab)

    @property
    def team(self) -> int | None:
        """The team whose conversations are asked for."""
        return teams.spelled(self.owner)

    @property
    def mixes_states(self) -> bool:
        """Whether open and closed ones stand beside each other. A search looks in both unless told otherwise."""
        return self.state == "all" or bool(self.q and not (self.state or self.soon or self.waiting))

    @cached_property
    def query(self) -> str:
        """The filters as the end of an address: `?state=all`, or nothing. Every row of the list leads there."""
        said = {name: value for name, value in asdict(self).items() if value}
        return f"?{urlencode(said)}" if said else ""

    @property
    def all_query(self) -> str:
        return replace(self, tab="").query

    @property
    def unread_query(self) -> str:
        return replace(self, tab="unread").query

    @property
    def kept(self) -> dict[str, str]:
        """What the controls in sight carry along."""
        return {name: value for name, value in asdict(self).items() if value and name not in {"state", "owner", "q"}}

    @property
    def elsewhere(self) -> dict[str, str]:
        """What the dialog carries along: its controls say the rest."""
        return {name: getattr(self, name) for name in ("tab", "state", "owner", "q") if name in self.on}

    @property
    def plain_query(self) -> str:
        """The tab alone: what stays when the filters are taken off."""
        return Filters(tab=self.tab).query

    def without(self, name: str) -> str:
        """The address when one of them is taken off; the state goes with the last that asks for closed ones."""
        off = {name: "", "state": ""} if {name} == {"reason", "cause"} & self.on else {name: ""}
        return replace(self, **off).query

    @cached_property
    def on(self) -> frozenset[str]:
        """The names of those that are on."""
        return frozenset(name for name, value in asdict(self).items() if value)

    def apply(self, conversations: QuerySet[Conversation], agent: Agent) -> QuerySet[Conversation]:
        """Only those asked for, of `conversations`; a search finds people, for messages are looked through apart."""
        wanted = Asked(agent, self, database_now()).wanted
        if self.q:
            wanted &= Q(contact__in=lookup.matching(agent.workspace_id, self.q).values("pk"))
        return conversations.filter(wanted)


@dataclass(frozen=True)
class Asked:
    """What somebody asks to see, and when: the filters as a condition, the search aside."""

    agent: Agent
    filters: Filters
    now: datetime

    @cached_property
    def accounts(self) -> Sequence[Account]:
        """All of the workspace's, by name."""
        return list(Account.objects.filter(workspace_id=self.agent.workspace_id).order_by("name", "pk"))

    @cached_property
    def covers(self) -> Mapping[int, Cover]:
        """What covers those accounts that are covered."""
        return coverage.clocks(self.agent.workspace_id)

    @cached_property
    def tags(self) -> Sequence[Tag]:
        """The words the workspace sorts by."""
        return list(Tag.objects.filter(workspace_id=self.agent.workspace_id).order_by("name"))

    def beside(self, filters: Filters) -> Asked:
        """The same person at the same instant, with other filters; what covers the accounts is read once for both."""
        other = replace(self, filters=filters)
        if "covers" in vars(self):
            vars(other)["covers"] = self.covers
        return other

    @property
    def wanted(self) -> Q:
        """What a conversation must be to be shown."""
        beside = self.beside_clocks
        return beside & soon.near(self.covers, self.now) if self.filters.soon else beside

    @cached_property
    def beside_clocks(self) -> Q:
        """The same but for how near its closing must be."""
        wanted = self._state & self._owner & self._place & self._tag & self._closing
        if self.filters.tab == "unread":
            wanted &= Q(unread__gt=0)
        if self.since:
            wanted &= Q(last_message_at__gte=self.since)
        if self.filters.waiting:
            wanted &= Q(withheld_at__isnull=False, withheld_for=Withheld.WAITING)
        return wanted

    @property
    def since(self) -> datetime | None:
        """The earliest last message that `days` lets through."""
        return self.now - timedelta(days=int(self.filters.days)) if self.filters.days else None

    @property
    def owner_id(self) -> int | None:
        """Whose conversations alone are asked for, if anybody's."""
        owner = self.filters.owner
        if owner in {"", "nobody"} or self.filters.team is not None:
            return None
        return self.agent.pk if owner == "mine" else int(owner)

    @property
    def _state(self) -> Q:
        if self.filters.mixes_states:
            return Q()
        if self.filters.state == "snoozed":
            return Q(snoozed_at__isnull=False)
        return Q(status=Status.CLOSED) if self.filters.state == "closed" else Q(status=Status.OPEN, snoozed_at=None)

    @property
    def _owner(self) -> Q:
        if self.filters.owner == "nobody":
            return Q(owner=None)
        if (team := self.filters.team) is not None:
            return teams.conversations(team)
        return Q() if self.owner_id is None else Q(owner_id=self.owner_id)

    @property
    def _place(self) -> Q:
        place = Q(account_id=int(self.filters.account)) if self.filters.account else Q()
        if self.filters.channel:
            place &= Q(account_id__in=[each.pk for each in self.accounts if each.channel == self.filters.channel])
        return place

    @property
    def _tag(self) -> Q:
        if not self.filters.tag:
            return Q()
        return _has(Tagging.objects.filter(conversation=OuterRef("pk"), tag_id=int(self.filters.tag)))

    @property
    def _closing(self) -> Q:
        """By the closing that closed it: it has the very instant."""
        told = {name: getattr(self.filters, name) for name in {"reason", "cause"} & self.filters.on}
        if not told:
            return Q()
        return _has(Closure.objects.filter(conversation=OuterRef("pk"), closed_at=OuterRef("closed_at"), **told))


def _has(rows: QuerySet[Closure] | QuerySet[Tagging]) -> Q:
    """Whether a conversation has one of these; looked up for each, where EXISTS may read all of them beforehand."""
    return Q(pk=Subquery(rows.values("conversation_id")[:1]))


def _one_of(text: str, known: list[str]) -> str:
    return text if text in known else ""
