"""Changing of a closing rule only what is said."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from pydantic import Field, StringConstraints

from bandeja.api.access import ApiRequest
from bandeja.api.etags import IfMatch, version_from
from bandeja.api.rules import WRITES, RuleOptions, RuleOut, refused, router, rules_of, told
from bandeja.api.types import NO_NUL, BodyFlag, BodyId, Reason, Sent
from bandeja.closing.amending import amend
from bandeja.closing.draft import NAME_LENGTH, Draft
from bandeja.closing.models import LONGEST, Rule, Unit

__all__ = ["router"]


class RulePatch(Sent):
    """What is to be different. What is left out stays as it is, and so does what is left out of `options`; of these,
    null, blank and empty take away what there was.
    """

    name: Annotated[str, StringConstraints(max_length=NAME_LENGTH, pattern=NO_NUL)] | None = None
    active: BodyFlag | None = None
    amount: Annotated[int, Field(strict=True, ge=1, le=LONGEST // 60)] | None = None
    unit: Unit | None = None
    reason: Reason | None = None
    account_ids: Annotated[list[BodyId], Field(min_length=1, max_length=1_000)] | None = None
    options: RuleOptions | None = None
    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] | None = None

    def draft(self, rule: Rule) -> Draft:
        """That rule, with the difference."""
        was = RuleOut.of(rule)
        names = ("name", "active", "amount", "unit", "reason", "account_ids")
        is_said = {name: getattr(self, name) is not None for name in names}
        same = {name: getattr(self if is_said[name] else was, name) for name in names}
        given = {name: getattr(self.options, name) for name in self.options.model_fields_set} if self.options else {}
        options = was.options.model_copy(update=given)
        return Draft(**same, options=options.asked(), courtesy=options.courtesy())


@router.patch("/{int:rule_id}", response=RuleOut, auth=WRITES)
def change_some(
    request: ApiRequest, response: HttpResponse, rule_id: int, body: RulePatch, if_match: IfMatch = None
) -> RuleOut:
    """Change only what is said, from the version that was read where one is named: 412 when somebody was faster."""
    mine, person = get_object_or_404(rules_of(request), pk=rule_id), request.auth.person
    version = version_from(if_match, body.version, RuleOut.of(mine))
    with refused():
        amend(request.auth.workspace, mine.pk, body.draft, by=person, version=version)
    return told(request, rule_id, response)
