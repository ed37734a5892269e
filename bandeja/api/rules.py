"""Closing rules: as the settings show them, by the same verbs. Each save says which version it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import Status as Answer
from pydantic import Field, StringConstraints

from bandeja.api import etags
from bandeja.api.access import ApiRequest, Token
from bandeja.api.etags import IfMatch, require_one, stale, version_from
from bandeja.api.models import Scope
from bandeja.api.problems import Problem, unfit
from bandeja.api.types import NO_NUL, BodyFlag, BodyId, Reason, Sent
from bandeja.closing import rules as verbs
from bandeja.closing.courtesy import MOST, Before, Courtesy
from bandeja.closing.draft import NAME_LENGTH
from bandeja.closing.forms import held
from bandeja.closing.models import LONGEST, REASON_LENGTH, Rule, Since, Unit, Waiting
from bandeja.closing.options import Options
from bandeja.people.models import Permission

router = Router(tags=["closing rules"])

READS = Token(Scope.READ_RULES, Permission.MANAGE_CLOSING)
WRITES = Token(Scope.WRITE_RULES, Permission.MANAGE_CLOSING)
CALLED = {
    "since": "options.since",
    "waiting": "options.waiting",
    "waiting_agent": "options.waiting_agent_id",
    "waiting_team": "options.waiting_team_id",
    "exempt_tags": "options.exempt_tag_ids",
    "exempt_owners": "options.exempt_owner_ids",
    "exempt_field": "options.exempt_field_id",
    "exempt_value": "options.exempt_value",
    "warnings": "options.warnings",
    "warning": "options.warning_texts",
    "farewell": "options.farewell_texts",
    "calendar": "options.calendar_id",
    "unheard_amount": "options.unheard",
}
"""What the fields of a draft are called here, where it is otherwise."""
Texts = dict[Annotated[str, StringConstraints(max_length=10)], Annotated[str, StringConstraints(pattern=NO_NUL)]]


class RuleWarning(Sent):
    """So long before the end the contact is warned: shorter than the rule's time."""

    amount: Annotated[int, Field(strict=True, ge=1, le=LONGEST // 60)]
    unit: Unit


class RuleUnheard(Sent):
    """So long after our last message what we began and nobody answered closes (closing N2)."""

    amount: Annotated[int, Field(strict=True, ge=1, le=LONGEST // 60)]
    unit: Unit


class RuleOptions(Sent):
    """What it counts from, what it leaves open (closing G1 to G3), and what it tells contacts (closing W1); the
    defaults are what a rule does unsaid.

    With `waiting: give` what waits is given to `waiting_agent_id` or to `waiting_team_id`; with `free` to nobody.
    With `calendar_id` its time counts only in the hours of that calendar, and days are working days (closing B1).
    `warnings` are up to two, the longer one first. Texts are by language, `es`, `en` or `pt-br`; the workspace's own
    is needed. `{{time}}` in a warning is the time that is left. With `unheard` it closes what we began and nobody
    answered too, so long after our last message.
    """

    since: Since = Since.CONTACT
    waiting: Waiting = Waiting.CLOSE
    waiting_agent_id: BodyId | None = None
    waiting_team_id: BodyId | None = None
    exempt_tag_ids: list[BodyId] = Field(default=[], max_length=200)
    exempt_owner_ids: list[BodyId] = Field(default=[], max_length=1_000)
    exempt_field_id: BodyId | None = None
    exempt_value: Annotated[str, StringConstraints(max_length=REASON_LENGTH, pattern=NO_NUL)] = ""
    warnings: list[RuleWarning] = Field(default=[], max_length=MOST)
    warning_texts: Texts = {}
    farewell_texts: Texts = {}
    calendar_id: BodyId | None = None
    unheard: RuleUnheard | None = None

    @classmethod
    def told(cls, rule: Rule) -> RuleOptions:
        was = verbs.Draft.of(rule)
        said, courtesy = was.options, was.courtesy
        return cls(
            since=Since(said.since), waiting=Waiting(said.waiting), waiting_agent_id=said.waiting_agent,
            waiting_team_id=said.waiting_team, exempt_tag_ids=list(said.exempt_tags),
            exempt_owner_ids=list(said.exempt_owners), exempt_field_id=said.exempt_field,
            exempt_value=said.exempt_value, calendar_id=said.calendar,
            warnings=[RuleWarning(amount=each.amount, unit=Unit(each.unit)) for each in courtesy.warnings],
            warning_texts=dict(courtesy.warning), farewell_texts=dict(courtesy.farewell),
            unheard=_unheard(said),
        )  # fmt: skip

    def courtesy(self) -> Courtesy:
        times = tuple(Before(each.amount, each.unit) for each in self.warnings)
        return Courtesy(times, self.warning_texts, self.farewell_texts)

    def asked(self) -> Options:
        return Options(
            since=self.since, waiting=self.waiting, waiting_agent=self.waiting_agent_id,
            waiting_team=self.waiting_team_id, exempt_tags=tuple(self.exempt_tag_ids),
            exempt_owners=tuple(self.exempt_owner_ids), exempt_field=self.exempt_field_id,
            exempt_value=self.exempt_value, calendar=self.calendar_id,
            unheard_amount=self.unheard.amount if self.unheard else None,
            unheard_unit=self.unheard.unit if self.unheard else "",
        )  # fmt: skip


def _unheard(said: Options) -> RuleUnheard | None:
    amount, unit = said.unheard_amount, said.unheard_unit
    return RuleUnheard(amount=amount, unit=Unit(unit)) if amount else None


class RuleOut(Schema):
    """After so long without inbound, close with this reason, on these accounts. `version` counts the saves."""

    id: int
    name: str
    active: bool
    amount: int
    unit: str
    reason: str
    account_ids: list[int]
    options: RuleOptions
    version: int
    created_at: datetime
    saved_at: datetime

    @classmethod
    def of(cls, rule: Rule) -> RuleOut:
        same = ("name", "active", "amount", "unit", "reason", "version", "created_at", "saved_at")
        accounts = sorted(entry.account_id for entry in rule.coverage.all())
        return cls(
            id=rule.pk,
            account_ids=accounts,
            options=RuleOptions.told(rule),
            **{name: getattr(rule, name) for name in same},
        )


class RuleIn(Sent):
    """A rule as somebody would have it: 1 minute to 365 days. A blank name gets a number. Without `options` those it
    has stay as they are; what is left out of them is as with a rule that says nothing.
    """

    name: Annotated[str, StringConstraints(max_length=NAME_LENGTH, pattern=NO_NUL)] = ""
    active: BodyFlag = True
    amount: Annotated[int, Field(strict=True, ge=1, le=LONGEST // 60)]
    unit: Unit
    reason: Reason
    account_ids: list[BodyId] = Field(min_length=1, max_length=1_000)
    options: RuleOptions | None = None

    def draft(self, before: RuleOptions) -> verbs.Draft:
        """With the options it has had, where it says none."""
        options = self.options or before
        return verbs.Draft(
            name=self.name, amount=self.amount, unit=self.unit, reason=self.reason, account_ids=self.account_ids,
            active=self.active, options=options.asked(), courtesy=options.courtesy(),
        )  # fmt: skip


class RuleChange(RuleIn):
    """The same, with the version it was made from, here or in `If-Match`."""

    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] | None = None


@router.get("", response=list[RuleOut], auth=READS)
def rules(request: ApiRequest) -> list[RuleOut]:
    """All of them, the oldest first."""
    return [RuleOut.of(rule) for rule in rules_of(request).order_by("created_at", "pk")]


@router.post("", response={201: RuleOut}, auth=WRITES)
def add(request: ApiRequest, response: HttpResponse, body: RuleIn) -> Answer[RuleOut]:
    """Add a rule. It counts from now on: nothing closes at this instant (closing R6)."""
    saved = _save(request, body, None, None)
    response["Location"] = f"{request.path}/{saved.pk}"
    return Answer(201, told(request, saved.pk, response))


@router.get("/{int:rule_id}", response=RuleOut, auth=READS)
def rule(request: ApiRequest, response: HttpResponse, rule_id: int) -> RuleOut:
    """One rule. Its ETag goes into `If-Match` of a change."""
    return told(request, rule_id, response)


@router.put("/{int:rule_id}", response=RuleOut, auth=WRITES)
def change(
    request: ApiRequest, response: HttpResponse, rule_id: int, body: RuleChange, if_match: IfMatch = None
) -> RuleOut:
    """Change a rule, from the version that was read: 412 when somebody was faster, 428 without one."""
    mine = get_object_or_404(rules_of(request), pk=rule_id)
    require_one(if_match, body.version)
    _save(request, body, mine.pk, version_from(if_match, body.version, RuleOut.of(mine)))
    return told(request, rule_id, response)


@router.put("/{int:rule_id}/activation", response=RuleOut, auth=WRITES)
def switch_on(request: ApiRequest, response: HttpResponse, rule_id: int) -> RuleOut:
    """Switch it on: a new start for all its accounts (closing R7)."""
    mine = get_object_or_404(rules_of(request), pk=rule_id)
    try:
        verbs.switch_on(mine.pk, workspace=request.auth.workspace, by=request.auth.person)
    except verbs.NotEntitled:
        raise _not_entitled() from None
    except verbs.Taken as taken:
        raise _taken(taken) from None
    except Rule.DoesNotExist:
        raise _gone() from None
    return told(request, rule_id, response)


@router.delete("/{int:rule_id}/activation", response=RuleOut, auth=WRITES)
def switch_off(request: ApiRequest, response: HttpResponse, rule_id: int) -> RuleOut:
    """Switch it off: it closes nothing from this instant, running clocks included (closing R7)."""
    mine = get_object_or_404(rules_of(request), pk=rule_id)
    try:
        verbs.switch_off(mine.pk, workspace=request.auth.workspace, by=request.auth.person)
    except Rule.DoesNotExist:
        raise _gone() from None
    return told(request, rule_id, response)


@router.delete("/{int:rule_id}", response={204: None}, auth=WRITES)
def delete(request: ApiRequest, rule_id: int) -> Answer[None]:
    """Delete it; what it closed keeps its name and reason."""
    mine = get_object_or_404(rules_of(request), pk=rule_id)
    verbs.delete(mine.pk, workspace=request.auth.workspace, by=request.auth.person)
    return Answer(204, None)


def _save(request: ApiRequest, body: RuleIn, rule_id: int | None, version: int | None) -> Rule:
    person, workspace = request.auth.person, request.auth.workspace
    with refused():
        before = RuleOptions.told(rules_of(request).get(pk=rule_id)) if rule_id else RuleOptions()
        return verbs.save(workspace, body.draft(before), by=person, rule_id=rule_id, version=version)


@contextmanager
def refused() -> Iterator[None]:
    """Why a rule is not saved, as a problem."""
    try:
        yield
    except verbs.Invalid as refusal:
        raise unfit(called(refusal.errors)) from None
    except verbs.NameTaken:
        raise unfit([("name", _("Another rule has this name. Choose a different one."))]) from None
    except verbs.Taken as taken:
        raise _taken(taken) from None
    except verbs.Stale as refusal:
        raise stale(refusal.current.version) from None
    except verbs.NotEntitled:
        raise _not_entitled() from None
    except Rule.DoesNotExist:
        raise _gone() from None


def called(errors: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is wrong with a draft, by what its fields are called here: `warning.es` is `options.warning_texts.es`."""
    parts = [(*field.partition("."), said) for field, said in errors.items()]
    return [(f"{CALLED.get(name, name)}{dot}{of}", said) for name, dot, of, said in parts]


def rules_of(request: ApiRequest) -> QuerySet[Rule]:
    return Rule.objects.filter(workspace=request.auth.workspace).prefetch_related("coverage")


def told(request: ApiRequest, rule_id: int, response: HttpResponse) -> RuleOut:
    found = get_object_or_404(rules_of(request), pk=rule_id)
    shown = RuleOut.of(found)
    response["ETag"] = etags.of(shown)
    return shown


def _taken(taken: verbs.Taken) -> Problem:
    said = [("account_ids", held(account.name, name)) for account, name in taken.holders]
    return Problem(409, " ".join(sentence for _field, sentence in said), errors=said)


def _not_entitled() -> Problem:
    return Problem(403, _("Your plan has no closing rules now. Nothing was saved."))


def _gone() -> Problem:
    return Problem(404, _("There is no such thing here."))
