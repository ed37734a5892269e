"""Including what is open without a clock in a rule: a job, which tells how far it is, may be stopped and undone."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import Status as Answer

from bandeja.api.access import ApiRequest
from bandeja.api.problems import Problem
from bandeja.api.rules import READS, WRITES
from bandeja.closing import including
from bandeja.closing.included import how_many
from bandeja.closing.models import Inclusion, Rule, Stage

router = Router(tags=["closing rules"])

SHOWN = 10
"""Inclusions that are listed, the latest."""


class IncludableAccount(Schema):
    """How many are open without a clock on an account."""

    account_id: int
    count: int


class IncludableOut(Schema):
    """How many conversations are open without a clock, and could be included (closing I1): null when they could not
    be counted in a moment. What is included is what stands so when the job comes to it.
    """

    count: int | None
    accounts: list[IncludableAccount]


class InclusionOut(Schema):
    """A job and how far it is. `halted` says why it ended before its time, blank if it did not.

    Each of the `total` ends in one of the counts: `included`, from then on with a clock of the whole time;
    `uncovered`, whose account the rule no longer covered as when it was asked for; `passed`, that stood otherwise by
    then. Taken back, each of the `included` ends in `excluded`, or in `kept` where the contact wrote since or it
    closed.
    """

    id: int
    rule_id: int
    rule_name: str
    stage: Stage
    halted: str
    total: int
    included: int
    uncovered: int
    passed: int
    excluded: int
    kept: int
    created_at: datetime
    ended_at: datetime | None
    undone_at: datetime | None

    @classmethod
    def of(cls, inclusion: Inclusion) -> InclusionOut:
        return cls(**{name: getattr(inclusion, name) for name in cls.model_fields})


@router.get("/{int:rule_id}/includable", response=IncludableOut, auth=READS)
def includable(request: ApiRequest, rule_id: int) -> IncludableOut:
    """How many are open without a clock."""
    rule = _rule(request, rule_id)
    listed = rule.coverage.values_list("account_id", flat=True) if rule.active else []
    found = how_many(request.auth.workspace, listed, rule.pk)
    accounts = [IncludableAccount(account_id=account.pk, count=n) for account, n in found.by_account]
    return IncludableOut(count=found.n, accounts=accounts)


@router.post("/{int:rule_id}/inclusions", response={202: InclusionOut}, auth=WRITES)
def include(request: ApiRequest, response: HttpResponse, rule_id: int) -> Answer[InclusionOut]:
    """Begin to include them: each has the whole time from its own instant, nothing closes at once. Ask the job at
    `Location`. 409 while another of this rule is under way, or where the rule covers no account.
    """
    rule = _rule(request, rule_id)
    try:
        asked = including.ask(rule.pk, workspace=request.auth.workspace, by=request.auth.person)
    except including.UnderWay:
        raise Problem(409, _("Conversations are being included in this rule already.")) from None
    except including.NothingCovered:
        said = _("The rule covers no account now, so no clock would run. Nothing was included.")
        raise Problem(409, said) from None
    except Rule.DoesNotExist:
        raise Problem(404, _("There is no such thing here.")) from None
    response["Location"] = f"{request.path}/{asked.pk}"
    return Answer(202, InclusionOut.of(asked))


@router.get("/{int:rule_id}/inclusions", response=list[InclusionOut], auth=READS)
def latest(request: ApiRequest, rule_id: int) -> list[InclusionOut]:
    """The ten latest in this rule."""
    rule = _rule(request, rule_id)
    found = including.of_rule(request.auth.workspace.pk, rule.pk).order_by("-pk")
    return [InclusionOut.of(each) for each in found[:SHOWN]]


@router.get("/{int:rule_id}/inclusions/{int:inclusion_id}", response=InclusionOut, auth=READS)
def inclusion(request: ApiRequest, rule_id: int, inclusion_id: int) -> InclusionOut:
    """How far it is, also when the rule is gone."""
    return InclusionOut.of(_one(request, rule_id, inclusion_id))


@router.delete("/{int:rule_id}/inclusions/{int:inclusion_id}", response=InclusionOut, auth=WRITES)
def cancel(request: ApiRequest, rule_id: int, inclusion_id: int) -> InclusionOut:
    """Stop it, or its undoing, where it is; what was done stands. Nothing happens to one that is over."""
    including.cancel(_one(request, rule_id, inclusion_id))
    return InclusionOut.of(_one(request, rule_id, inclusion_id))


@router.post("/{int:rule_id}/inclusions/{int:inclusion_id}/undoing", response={202: InclusionOut}, auth=WRITES)
def undo(request: ApiRequest, rule_id: int, inclusion_id: int) -> Answer[InclusionOut]:
    """Take it back, within seven days: the same job tells how far that is. 409 when it is too late, or under way."""
    if not including.undo(_one(request, rule_id, inclusion_id), by=request.auth.person):
        raise Problem(409, _("It is too late to undo that."))
    return Answer(202, InclusionOut.of(_one(request, rule_id, inclusion_id)))


def _rule(request: ApiRequest, rule_id: int) -> Rule:
    return get_object_or_404(Rule, pk=rule_id, workspace=request.auth.workspace)


def _one(request: ApiRequest, rule_id: int, inclusion_id: int) -> Inclusion:
    return get_object_or_404(including.of_rule(request.auth.workspace.pk, rule_id), pk=inclusion_id)
