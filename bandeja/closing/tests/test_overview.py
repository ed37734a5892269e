"""What the rules cover, how punctual they are, and trying again: through the page and the rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bandeja.channels import accounts
from bandeja.channels.models import Account
from bandeja.closing import overview, punctuality, rules, standing
from bandeja.closing.models import Setback
from bandeja.closing.tests.deeds import close_by_hand, edit, reopen, swept
from bandeja.conversations.models import Closure, Conversation
from bandeja.inbox.tests.browser import Browser
from bandeja.people.models import Action, AuditEntry
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
PAGE = "/settings/closing/coverage"
RETRIES = "/settings/closing/retries"


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> None:
    clock.set(NOON)


@pytest.fixture
def ana(cast: Cast) -> Browser:
    return Browser(cast.ana)


def covered(cast: Cast, account: Account) -> overview.Covered:
    found = overview.overview(cast.ana)
    return next(each for each in found.accounts if each.account == account)


def aside(conversation: Conversation, clock: Clock) -> None:
    """It was due, and could not be closed: it is looked at again in an hour."""
    at = clock.now()
    Setback.objects.create(
        conversation_id=conversation.pk, workspace_id=conversation.workspace_id, error="disk full", at=at
    )
    Conversation.objects.filter(pk=conversation.pk).update(look_at=at + timedelta(hours=1))


def test_each_account_tells_its_rule_and_how_its_conversations_stand(
    cast: Cast, another_account: Callable[[str], Account], clock: Clock
) -> None:
    shop = another_account("Otra")
    old = cast.write("vieja")
    cast.write("otra", account=shop)
    clock.advance(seconds=1)
    rule = cast.rule(name="Ventas", amount=2, unit="days")
    for name in ("uno", "dos", "tres"):
        cast.write(name)
    reopened = cast.write("reabierta")
    close_by_hand(cast, reopened)
    clock.advance(seconds=1)
    reopen(cast, reopened)
    close_by_hand(cast, cast.write("cerrada"))
    found = covered(cast, cast.chat)
    assert found.rule == rule
    assert found.cover is not None
    assert (found.cover.begins, found.running, found.count_without) == (NOON + timedelta(seconds=1), 3, 2)
    assert {(group.standing.value, group.count) for group in found.without} == {("older", 1), ("reopened", 1)}
    assert (found.ahead.soon, found.ahead.due) == (0, 0)
    clock.advance(days=1, seconds=1)
    assert covered(cast, cast.chat).ahead.soon == 3
    clock.advance(days=1)
    assert covered(cast, cast.chat).ahead.due == 3
    none = covered(cast, shop)
    assert (none.rule, [group.standing.value for group in none.without]) == (None, ["no_rule"])
    assert old.status == "open"


def test_a_lengthened_time_is_counted_by_its_true_deadline(cast: Cast, clock: Clock) -> None:
    """closing R8: the row still says when it was looked at before."""
    rule = cast.rule(amount=1, unit="hours")
    cast.write("lia")
    clock.advance(seconds=1)
    edit(cast, rule, amount=3, unit="days")
    assert covered(cast, cast.chat).ahead.soon == 0
    assert covered(cast, cast.chat).running == 1


def test_a_rule_that_is_off_and_an_account_that_is_not_connected_are_told(
    cast: Cast, ana: Browser, clock: Clock
) -> None:
    rule = cast.rule(name="Ventas")
    lia = cast.write("lia")
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    seen = ana.see(PAGE)
    assert "It is in the rule “Ventas”, which is off." in seen
    assert "Its rule is off 1" in seen
    clock.advance(seconds=1)
    rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)
    accounts.disconnect(cast.chat)
    seen = ana.see(PAGE)
    assert "It is in the rule “Ventas”, which does not act on it now." in seen
    assert "The account is disconnected 1" in seen
    assert lia.status == "open"


def test_when_there_are_too_many_to_count_it_says_so(
    cast: Cast, ana: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("uno", "dos", "tres"):
        cast.write(name)
    assert "There are many" not in ana.see(PAGE)
    monkeypatch.setattr(overview, "COUNTED", 2)
    assert "There are many" in ana.see(PAGE)
    assert sum(group.count for group in standing.groups(cast.workspace.pk, most=2)) == 2


def test_those_that_run_out_first_are_counted_whatever_account_has_more(
    cast: Cast, clock: Clock, another_account: Callable[[str], Account]
) -> None:
    other = another_account("Otra")
    cast.rule(cast.chat, amount=2, unit="hours")
    cast.rule(other)
    for name in ("uno", "dos", "tres"):
        cast.write(name)
    late = cast.write("lia", account=other)
    clock.advance(minutes=1)
    aside(late, clock)
    [*_, found] = standing.ahead(cast.workspace.pk, now=clock.now(), until=clock.now() + overview.DAY, most=2)
    assert (found.account_id, found.due) == (other.pk, 1)


def test_one_whose_contact_wrote_since_is_no_more_among_those_that_could_not_be_closed(
    cast: Cast, ana: Browser, clock: Clock
) -> None:
    cast.rule()
    lia = cast.write("lia")
    clock.advance(minutes=1)
    aside(lia, clock)
    clock.advance(seconds=1)
    cast.write("lia")
    assert "Could not be closed" not in ana.see(PAGE)
    assert ana.post(RETRIES, conversation=lia.pk).status_code == 302
    lia.refresh_from_db()
    assert lia.look_at == clock.now() + timedelta(minutes=1)


def test_how_late_rules_closed_is_measured(cast: Cast, ana: Browser, clock: Clock) -> None:
    """closing C7: what was overtaken, or closed by hand, is not."""
    cast.rule()
    for late in (0.5, 0.5, 4):
        lia = cast.write("lia")
        clock.advance(seconds=60 + late)
        assert swept() == [lia.pk]
    by_hand = cast.write("otra")
    close_by_hand(cast, by_hand)
    day = punctuality.lag(cast.workspace.pk, since=NOON)
    half, four = timedelta(seconds=0.5), timedelta(seconds=4)
    assert (day.count, day.median, day.most, day.worst, day.in_time) == (3, half, four, four, 2)
    seen = ana.see(PAGE)
    assert "Half of them within 0.50 s 0.50 s" in seen
    assert "66.7 %" in seen
    Closure.objects.update(overtaken_at=clock.now())
    assert punctuality.lag(cast.workspace.pk, since=NOON).count == 0
    assert "Nothing is due that is not closed." in ana.see(PAGE)


def test_only_its_own_workspace_is_measured(cast: Cast, carla: Cast, clock: Clock) -> None:
    carla.rule()
    carla.write("lia")
    clock.advance(minutes=2)
    swept()
    assert punctuality.lag(cast.workspace.pk, since=NOON).count == 0
    assert overview.overview(cast.ana).running == 0


def test_one_that_could_not_be_closed_is_shown_and_tried_again_when_asked(
    cast: Cast, ana: Browser, clock: Clock
) -> None:
    """closing D6: it closes with the next pass, and who asked is in the audit log."""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(minutes=1)
    aside(lia, clock)
    assert swept() == []
    seen = ana.see(PAGE)
    assert "1 conversation is due now and not closed yet." in seen
    assert "disk full" in seen
    assert ana.post(RETRIES, conversation=lia.pk).status_code == 302
    assert swept() == [lia.pk]
    entry = AuditEntry.objects.get(action=Action.CLOSING_RETRIED)
    assert (entry.agent_id, entry.after) == (cast.ana.pk, {"retried": [lia.pk]})
    assert "could not close tried again" in ana.see("/settings/audit")
    assert "Could not be closed" not in ana.see(PAGE)


def test_trying_again_closes_nothing_before_its_time_and_touches_nothing_else(
    cast: Cast, carla: Cast, ana: Browser, clock: Clock
) -> None:
    """closing C3, C7: whoever wrote since has a clock of their own; what did not step aside is left alone."""
    cast.rule()
    carla.rule()
    lia, teo, other = cast.write("lia"), cast.write("teo"), carla.write("sol")
    clock.advance(minutes=1)
    aside(lia, clock)
    aside(other, clock)
    cast.write("lia")
    looks = dict(Conversation.objects.values_list("pk", "look_at"))
    ana.post(RETRIES, conversation=[lia.pk, teo.pk, other.pk, 10**17])
    after = dict(Conversation.objects.values_list("pk", "look_at"))
    assert {pk for pk in looks if looks[pk] != after[pk]} <= {lia.pk}
    assert swept() == [teo.pk]


@pytest.mark.parametrize("named", ["", "x", "-1", "9" * 30, "1.5"])
def test_nonsense_is_tried_again_for_nobody(ana: Browser, named: str) -> None:
    assert ana.post(RETRIES, conversation=named).status_code == 302
    assert not AuditEntry.objects.filter(action=Action.CLOSING_RETRIED).exists()


def test_a_seller_sees_what_is_covered_and_not_how_punctual_it_is(cast: Cast, clock: Clock) -> None:
    cast.rule()
    lia = cast.write("lia")
    clock.advance(minutes=1)
    aside(lia, clock)
    bruno = Browser(cast.bruno)
    seen = bruno.see(PAGE)
    assert "With a clock" in seen
    assert "Everybody's conversations are counted." in seen
    assert "Punctuality" not in seen
    assert bruno.post(RETRIES, conversation=lia.pk).status_code == 403


def test_whoever_may_not_manage_closing_is_refused(cast: Cast) -> None:
    cast.bruno.role.permissions = []
    cast.bruno.role.save()
    assert Browser(cast.bruno).get(PAGE).status_code == 403


def test_without_an_account_it_says_what_to_do(cast: Cast, ana: Browser) -> None:
    Account.objects.all().delete()
    assert "No account is connected yet" in ana.see(PAGE)
