"""Changing a rule in part: from how it is at that moment, also while somebody else changes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import transaction

from bandeja.closing import rules
from bandeja.closing.amending import amend
from bandeja.closing.courtesy import Courtesy
from bandeja.closing.draft import Draft
from bandeja.closing.models import Rule
from bandeja.closing.options import Options
from tests.cast import Cast
from tests.waiting import beside


def saying(**changes: object) -> Callable[[Rule], Draft]:
    """The rule as it is, with these differences."""

    def change(rule: Rule) -> Draft:
        accounts = [entry.account_id for entry in rule.coverage.all()]
        same = Draft(rule.name, rule.amount, rule.unit, rule.reason, accounts, rule.active, Options.of(rule))
        return replace(same, courtesy=Courtesy.of(rule), **changes)  # type: ignore[arg-type]  # any field of it

    return change


@pytest.mark.django_db(transaction=True)
def test_two_who_change_different_things_at_once_lose_nothing(cast: Cast) -> None:
    rule = cast.rule(amount=1, unit="hours", reason="Nada")
    transaction.set_autocommit(False)
    try:
        amend(cast.workspace, rule.pk, saying(amount=2), by=cast.ana)
        with beside(lambda: amend(cast.workspace, rule.pk, saying(reason="Otra"), by=cast.bruno)):
            transaction.commit()
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)
    rule.refresh_from_db()
    assert (rule.amount, rule.reason, rule.version) == (2, "Otra", 3)


@pytest.mark.django_db
def test_it_is_refused_like_a_save(cast: Cast, carla: Cast) -> None:
    rule = cast.rule()
    with pytest.raises(rules.Stale):
        amend(cast.workspace, rule.pk, saying(amount=2), by=cast.ana, version=7)
    with pytest.raises(rules.Invalid):
        amend(cast.workspace, rule.pk, saying(amount=0), by=cast.ana)
    with pytest.raises(Rule.DoesNotExist):
        amend(carla.workspace, rule.pk, saying(amount=2), by=carla.ana)
    rule.refresh_from_db()
    assert (rule.amount, rule.version) == (1, 1)
