"""What closing rules cover, account by account, and how punctual they are: to be looked at, and one thing to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from bandeja.channels.models import Account
from bandeja.closing import coverage as cover
from bandeja.closing import pausing, punctuality
from bandeja.closing.deadline import Cover
from bandeja.closing.models import Coverage, Rule
from bandeja.closing.setbacks import try_again
from bandeja.closing.standing import COUNTED, Ahead, Group, Standing, ahead, groups
from bandeja.conversations.scope import Scope
from bandeja.people.access import for_agents
from bandeja.people.clock import now_for
from bandeja.people.models import Agent, Permission

DAY = timedelta(days=1)
MONTH = timedelta(days=30)
WITH_CLOCK = frozenset({Standing.RUNS, Standing.PAUSED})
LONGEST_ID = 19
"""Digits from which on a number may be none that PostgreSQL holds."""


@dataclass(frozen=True, slots=True)
class Covered:
    """An account: what covers it, the rules that list it, and how its open conversations stand."""

    account: Account
    cover: Cover | None
    listed: Sequence[Rule]
    groups: Sequence[Group]
    ahead: Ahead

    @property
    def rule(self) -> Rule | None:
        """The rule that covers it."""
        return next((rule for rule in self.listed if self.cover and rule.pk == self.cover.rule_id), None)

    @property
    def idle(self) -> Sequence[Rule]:
        """Rules that list it and do not cover it: they are off, it is disconnected, or the plan has none."""
        return [rule for rule in self.listed if rule != self.rule]

    @property
    def running(self) -> int:
        """How many have a clock, be closing paused or not."""
        return sum(group.count for group in self.groups if group.standing in WITH_CLOCK)

    @property
    def without(self) -> Sequence[Group]:
        """Those without, by what keeps them from having one: the most first."""
        return [group for group in self.groups if group.standing not in WITH_CLOCK]

    @property
    def includable(self) -> int:
        """How many of them may be included in the rule that covers it (closing I1)."""
        return sum(group.includable for group in self.groups) if self.rule else 0

    @property
    def count_without(self) -> int:
        return sum(group.count for group in self.without)


@dataclass(frozen=True, slots=True)
class Overview:
    """All accounts of a workspace. `is_bounded` when only the latest open conversations were counted."""

    accounts: Sequence[Covered]
    is_bounded: bool
    counted: int = COUNTED

    @property
    def running(self) -> int:
        return sum(each.running for each in self.accounts)

    @property
    def soon(self) -> int:
        return sum(each.ahead.soon for each in self.accounts)

    @property
    def due(self) -> int:
        return sum(each.ahead.due for each in self.accounts)

    @property
    def without(self) -> int:
        return sum(each.count_without for each in self.accounts)


@require_GET
@for_agents(Permission.MANAGE_CLOSING)
def coverage(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Every account; and for administrators how late rules close."""
    now = now_for(agent)
    context = {"overview": overview(agent), "now": now, "sees_all": agent.may(Permission.SEE_ALL)}
    context |= pausing.told(agent)
    if agent.may(Permission.MANAGE_ACCOUNTS):
        context |= {
            "day": punctuality.lag(agent.workspace_id, since=now - DAY),
            "month": punctuality.lag(agent.workspace_id, since=now - MONTH),
            "aside": punctuality.aside(Scope.of(agent)),
            "measured": punctuality.MEASURED,
        }
    return render(request, "closing/coverage.html", context)


@require_POST
@for_agents(Permission.MANAGE_ACCOUNTS)
def retries(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Has those named `conversation` that stepped aside looked at at once."""
    named = request.POST.getlist("conversation")
    ids = [int(key) for key in named if key.isascii() and key.isdigit() and len(key) < LONGEST_ID]
    asked = try_again(ids, workspace=agent.workspace, scope=Scope.of(agent), by=agent)
    told = ngettext(
        "%(n)d conversation is tried again now. If it cannot be closed, it comes back here.",
        "%(n)d conversations are tried again now. Those that cannot be closed come back here.",
        len(asked),
    )
    messages.success(request, told % {"n": len(asked)})
    return redirect("closing:coverage")


def overview(agent: Agent) -> Overview:
    """How the accounts of the agent's workspace are covered, whoever's the conversations are."""
    now, workspace_id = now_for(agent), agent.workspace_id
    counted = groups(workspace_id, most=COUNTED + 1)
    is_bounded = sum(group.count for group in counted) > COUNTED
    by_account = _by_account(counted)
    ends = {each.account_id: each for each in ahead(workspace_id, now=now, until=now + DAY)}
    covers, listed = cover.clocks(workspace_id), _listed(workspace_id)
    accounts = Account.objects.filter(workspace_id=workspace_id).order_by("channel", "name", "pk")
    found = [
        Covered(
            each,
            covers.get(each.pk),
            listed.get(each.pk, ()),
            by_account.get(each.pk, []),
            ends.get(each.pk, Ahead(each.pk, 0, 0)),
        )
        for each in accounts
    ]
    return Overview(found, is_bounded or sum(each.looked_at for each in ends.values()) >= COUNTED)


def _by_account(counted: Iterable[Group]) -> Mapping[int, Sequence[Group]]:
    found = defaultdict[int, list[Group]](list)
    for group in counted:
        found[group.account_id].append(group)
    return found


def _listed(workspace_id: int) -> Mapping[int, Sequence[Rule]]:
    """The rules that list each account, on or off."""
    found: dict[int, list[Rule]] = defaultdict(list)
    for entry in Coverage.objects.filter(workspace_id=workspace_id).select_related("rule").order_by("rule__name"):
        found[entry.account_id].append(entry.rule)
    return found
