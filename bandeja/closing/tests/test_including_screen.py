"""Including what is open without a clock, on screen: the choice of a save, its own page, coverage. Plain forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from bandeja.closing import including, inclusions, looking
from bandeja.closing.models import Inclusion, Rule, Stage
from bandeja.closing.tests.test_settings_screen import read, signed_in, typed
from bandeja.conversations.models import Conversation
from bandeja.people.models import Agent, Role
from tests.cast import Cast
from tests.clock import Clock

PAGE = "/settings/closing"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> None:
    clock.set(NOON)


@pytest.fixture
def browser(cast: Cast, client: Client) -> Client:
    """Ana's browser, in English."""
    return signed_in(client, cast.ana)


@pytest.fixture
def quiet(cast: Cast, clock: Clock) -> list[Conversation]:
    """Two that nobody has written in since, a minute ago."""
    found = [cast.write("lia"), cast.write("teo")]
    clock.advance(minutes=1)
    return found


def carry_out() -> None:
    while inclusions.step():
        pass


def armed(quiet: list[Conversation]) -> list[datetime | None]:
    return [Conversation.objects.get(pk=each.pk).armed_at for each in quiet]


# With a save


def test_a_card_offers_it_and_does_not_choose_it(browser: Client) -> None:
    page = read(browser.get(f"{PAGE}?new"))
    assert "Include the conversations that are open without a clock" in page
    assert 'name="include" id' in page
    assert 'name="include" checked' not in page
    assert 'name="counted"' not in page


def test_a_save_without_the_choice_includes_nothing(cast: Cast, browser: Client, quiet: list[Conversation]) -> None:
    """closing R6"""
    assert browser.post(f"{PAGE}/rules", typed(cast.chat)).status_code == 302
    carry_out()
    assert (Inclusion.objects.count(), armed(quiet)) == (0, [None, None])


def test_how_many_they_are_is_told_before_anything_is_saved(
    cast: Cast, browser: Client, quiet: list[Conversation]
) -> None:
    """closing I2: also without scripts."""
    answer = browser.post(f"{PAGE}/rules", typed(cast.chat, include="on"))
    page = read(answer)
    assert answer.status_code == 422
    assert "<b>2 conversations are open without a clock.</b> None of them closes now" in page
    assert "Look at how many they are, and save again. Nothing was saved yet." in page
    assert 'name="counted"' in page
    assert not Rule.objects.exists()


def test_a_save_that_has_seen_how_many_includes_them(
    cast: Cast, browser: Client, clock: Clock, quiet: list[Conversation]
) -> None:
    answer = browser.post(f"{PAGE}/rules", typed(cast.chat, include="on", counted="1"), follow=True)
    assert "what is open without a clock is being included" in read(answer)
    asked = Inclusion.objects.get()
    assert (asked.agent, asked.with_save, asked.stage) == (cast.ana, True, Stage.FINDING)
    assert armed(quiet) == [None, None]
    carry_out()
    assert armed(quiet) == [clock.now()] * 2
    page = read(browser.get(PAGE))
    assert "2 conversations were included: each has the whole time from then." in page
    assert f"/inclusions/{asked.pk}/undoing" in page


def test_as_it_is_typed_the_card_asks_how_many(cast: Cast, browser: Client, quiet: list[Conversation]) -> None:
    asked: Any = {"headers": {"HX-Request": "true"}}
    assert read(browser.post(f"{PAGE}/includable", typed(cast.chat), **asked)) == ""
    told = read(browser.post(f"{PAGE}/includable", typed(cast.chat, include="on"), **asked))
    assert "2 conversations are open without a clock." in told
    rule = cast.rule()
    told = read(browser.post(f"{PAGE}/includable?rule={rule.pk}", typed(cast.chat, include="on"), **asked))
    assert "2 conversations are open without a clock." in told
    assert "No conversation of these accounts" in read(
        browser.post(f"{PAGE}/includable", typed(include="on"), **asked)
    )


def test_what_is_being_looked_through_or_is_too_much_is_said(
    cast: Cast, browser: Client, quiet: list[Conversation], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(error: Exception) -> Any:
        def count(*_given: object) -> object:
            raise error

        monkeypatch.setattr("bandeja.closing.included.count", count)
        return read(browser.post(f"{PAGE}/rules", typed(cast.chat, include="on")))

    busy = refuse(looking.Busy())
    assert "Try again in a moment" in busy
    assert 'name="counted"' not in busy
    many = refuse(looking.TooMuch())
    assert "more than can be counted here" in many
    assert 'name="counted"' in many


def test_a_rule_that_is_off_includes_nothing_and_says_so(cast: Cast, browser: Client) -> None:
    answer = browser.post(f"{PAGE}/rules", typed(cast.chat, include="on", counted="1", active=None))
    assert answer.status_code == 422
    assert "Turn the rule on: while it is off, no clock runs." in read(answer)


def test_a_save_that_is_refused_includes_nothing(cast: Cast, browser: Client) -> None:
    answer = browser.post(f"{PAGE}/rules", typed(cast.chat, include="on", counted="1", amount="0"))
    assert answer.status_code == 422
    assert not Inclusion.objects.exists()


def test_saving_again_while_one_is_under_way_saves_and_begins_no_second(
    cast: Cast, browser: Client, quiet: list[Conversation]
) -> None:
    browser.post(f"{PAGE}/rules", typed(cast.chat, include="on", counted="1"))
    rule = Rule.objects.get()
    again = typed(cast.chat, include="on", counted="1", amount="91", version="1")
    assert browser.post(f"{PAGE}/rules/{rule.pk}", again).status_code == 302
    rule.refresh_from_db()
    assert (rule.amount, Inclusion.objects.count()) == (91, 1)


# Its own page


def test_the_page_counts_by_account_and_has_them_included(
    cast: Cast, browser: Client, clock: Clock, quiet: list[Conversation]
) -> None:
    rule = cast.rule()
    address = f"{PAGE}/rules/{rule.pk}/inclusions"
    assert address in read(browser.get(PAGE))
    page = read(browser.get(address))
    assert "2 conversations are open without a clock." in page
    assert "Include 2 conversations" in page
    page = read(browser.post(address, follow=True))
    assert "Finding the conversations…" in page
    assert "Include 2 conversations" not in page
    page = read(browser.post(address, follow=True))
    assert page.count("Conversations are being included in this rule already.") == 2
    carry_out()
    page = read(browser.get(address))
    assert "No conversation of these accounts is open without a clock." in page
    assert "2 conversations were included: each has the whole time from then." in page


def test_it_is_taken_back_and_cancelled_from_the_page(
    cast: Cast, browser: Client, clock: Clock, quiet: list[Conversation]
) -> None:
    rule = cast.rule()
    asked = including.ask(rule.pk, workspace=cast.workspace, by=cast.ana)
    page = read(browser.post(f"{PAGE}/inclusions/{asked.pk}/cancelling", follow=True))
    assert Inclusion.objects.get().halted == "cancelled"
    again = including.ask(rule.pk, workspace=cast.workspace, by=cast.ana)
    carry_out()
    page = read(browser.post(f"{PAGE}/inclusions/{again.pk}/undoing", follow=True))
    assert "Taking back: 0 of 2" in page
    carry_out()
    assert armed(quiet) == [None, None]
    assert "Taken back: 2 conversations have no clock by it any more." in read(
        browser.get(f"{PAGE}/rules/{rule.pk}/inclusions")
    )
    page = read(browser.post(f"{PAGE}/inclusions/{again.pk}/undoing", follow=True))
    assert "It is too late to undo that." in page


def test_its_place_in_a_page_is_asked_for_again(cast: Cast, browser: Client, quiet: list[Conversation]) -> None:
    asked = including.ask(cast.rule().pk, workspace=cast.workspace, by=cast.ana)
    asked_again = browser.get(f"{PAGE}/inclusions/{asked.pk}", headers={"HX-Request": "true"})
    assert "every 1s" in read(asked_again)
    carry_out()
    told = read(browser.get(f"{PAGE}/inclusions/{asked.pk}", headers={"HX-Request": "true"}))
    assert "every 1s" not in told
    assert "<html" not in told


def test_a_deleted_rules_inclusion_leads_back_to_the_rules(cast: Cast, browser: Client) -> None:
    rule = cast.rule()
    asked = including.ask(rule.pk, workspace=cast.workspace, by=cast.ana)
    rule.delete()
    answer = browser.post(f"{PAGE}/inclusions/{asked.pk}/cancelling")
    assert answer.headers["Location"] == PAGE


def test_a_rule_that_is_off_offers_nothing(cast: Cast, browser: Client, quiet: list[Conversation]) -> None:
    rule = cast.rule()
    Rule.objects.update(active=False)
    rule.coverage.update(covered_since=None)
    assert f"/rules/{rule.pk}/inclusions" not in read(browser.get(PAGE))
    page = read(browser.get(f"{PAGE}/rules/{rule.pk}/inclusions"))
    assert "The rule is off, so no clock would run." in page
    page = read(browser.post(f"{PAGE}/rules/{rule.pk}/inclusions", follow=True))
    assert "The rule covers no account now" in page


@pytest.mark.parametrize("address", ["inclusions", "cancelling", "undoing", "one"])
def test_what_is_another_workspaces_is_not_found(cast: Cast, carla: Cast, browser: Client, address: str) -> None:
    rule = carla.rule()
    asked = including.ask(rule.pk, workspace=carla.workspace, by=carla.ana)
    path = {"inclusions": f"rules/{rule.pk}/inclusions", "one": f"inclusions/{asked.pk}"}.get(
        address, f"inclusions/{asked.pk}/{address}"
    )
    answers = {browser.get(f"{PAGE}/{path}").status_code, browser.post(f"{PAGE}/{path}").status_code}
    assert answers <= {404, 405}
    assert 404 in answers
    assert Inclusion.objects.get().stage == Stage.FINDING


def test_a_seller_who_sees_only_their_own_includes_all_and_is_told_no_names(
    cast: Cast, client: Client, quiet: list[Conversation]
) -> None:
    """A rule acts on all conversations of its accounts, whoever may see them: so does this, by counts alone."""
    rule = cast.rule()
    Role.objects.filter(pk=cast.bruno.role_id).update(permissions=["manage_closing"])
    seller = signed_in(client, Agent.objects.get(pk=cast.bruno.pk))
    page = read(seller.post(f"{PAGE}/rules/{rule.pk}/inclusions", follow=True))
    assert "lia" not in page
    carry_out()
    assert Inclusion.objects.get().included == 2


# Coverage


def test_the_coverage_page_offers_it_account_by_account(
    cast: Cast, browser: Client, quiet: list[Conversation]
) -> None:
    assert "open without a clock: include" not in read(browser.get(f"{PAGE}/coverage"))
    rule = cast.rule()
    page = read(browser.get(f"{PAGE}/coverage"))
    assert "2 open without a clock: include them…" in page
    assert f"{PAGE}/rules/{rule.pk}/inclusions" in page


def test_the_audit_log_tells_it(cast: Cast, browser: Client, clock: Clock, quiet: list[Conversation]) -> None:
    asked = including.ask(cast.rule(name="Ventas").pk, workspace=cast.workspace, by=cast.ana)
    carry_out()
    including.undo(asked, by=cast.ana)
    clock.advance(seconds=1)
    carry_out()
    page = read(browser.get("/settings/audit"))
    assert "included conversations in a closing rule" in page
    assert "took back that conversations were included" in page
    assert "Included: 2" in page


def test_the_why_panel_names_who_included_it(cast: Cast, browser: Client, quiet: list[Conversation]) -> None:
    including.ask(cast.rule(name="Ventas").pk, workspace=cast.workspace, by=cast.ana, with_save=True)
    carry_out()
    page = read(browser.get(f"/inbox/{quiet[0].pk}/why"))
    assert "Ana included it on saving the rule “Ventas”: the clock started, with its whole time." in page


def test_seven_days_later_it_is_shown_with_its_rule_no_more(
    cast: Cast, browser: Client, clock: Clock, quiet: list[Conversation]
) -> None:
    including.ask(cast.rule(amount=30, unit="days").pk, workspace=cast.workspace, by=cast.ana)
    carry_out()
    assert "were included" in read(browser.get(PAGE))
    clock.set(clock.now() + timedelta(days=7, seconds=1))
    assert "were included" not in read(browser.get(PAGE))
