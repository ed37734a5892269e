"""The card that shows what a rule would have done, without scripts and with htmx's requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client

from bandeja.channels.models import Account
from bandeja.closing import coverage, hindsight, looking, preview, silences
from bandeja.closing.deadline import Stretch
from bandeja.closing.models import Rule, RuleTime
from bandeja.closing.preview import look_back
from bandeja.closing.tests.deeds import close_by_hand
from bandeja.closing.tests.test_settings_screen import PAGE, read, signed_in, typed
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import FLOW, Actor
from bandeja.conversations.models import Closure, Conversation
from bandeja.conversations.scope import Scope
from bandeja.people.models import Plan, Role
from tests.cast import Cast, make_cast
from tests.clock import Clock
from tests.server import address

NOW = datetime(2026, 3, 20, 15, tzinfo=UTC)
HTMX = {"hx-request": "true"}
LOOK = f"{PAGE}/preview"


@pytest.fixture
def browser(cast: Cast, client: Client) -> Client:
    """Ana's browser, in English."""
    return signed_in(client, cast.ana)


@pytest.fixture
def wrote(cast: Cast, clock: Clock) -> Callable[..., Conversation]:
    """Somebody wrote so many hours ago; the clock stands at now again afterwards."""

    def write(hours: float, who: str = "lia", account: Account | None = None) -> Conversation:
        clock.set(NOW - timedelta(hours=hours))
        conversation = cast.write(who, account=account)
        clock.set(NOW)
        return conversation

    return write


def look(browser: Client, *chosen: Account, address: str = LOOK, **changes: Any) -> Any:
    return browser.post(address, typed(*chosen, **changes), headers=HTMX)


# What is told


def test_it_counts_what_would_have_closed_who_came_back_and_what_nobody_had_answered(
    cast: Cast, browser: Client, wrote: Callable[..., Conversation]
) -> None:
    wrote(90, "lia")
    wrote(88, "lia")  # half an hour after it would have closed
    wrote(60, "teo")
    wrote(1, "sol")
    page = read(look(browser, cast.chat, amount="90", unit="minutes"))
    assert "it would have closed <b>2</b> conversations" in page
    assert "Some more than once: <b>3</b> closings" in page
    assert facts(page) == ["1 33%", "1 33%", "3 100%"]
    assert "sol" not in page


def facts(page: str) -> list[str]:
    told = re.findall(r"<dd><b>(.*?)</b> <span>(.*?)</span></dd>", page)
    return [f"{count} {part}" for count, part in told]


def test_an_answer_of_a_person_counts_and_one_of_a_flow_does_not(
    cast: Cast, clock: Clock, browser: Client, wrote: Callable[..., Conversation]
) -> None:
    for who, by in (("lia", Actor.agent(cast.ana)), ("teo", FLOW)):
        conversation = wrote(10, who)
        clock.set(NOW - timedelta(hours=9.5))
        lifecycle.reply(conversation.pk, "Buenas", scope=Scope.of(cast.ana), by=by)
    clock.set(NOW)
    page = read(look(browser, cast.chat))
    assert facts(page)[-1] == "1 50%"
    assert page.count("Not answered") == 1


def test_what_somebody_closed_by_hand_was_not_closed_by_the_rule(
    cast: Cast, clock: Clock, browser: Client, wrote: Callable[..., Conversation]
) -> None:
    conversation = wrote(10)
    clock.set(NOW - timedelta(hours=9))
    close_by_hand(cast, conversation)
    clock.set(NOW)
    assert "no conversation" in read(look(browser, cast.chat))
    assert "<b>1</b> conversation." in read(look(browser, cast.chat, amount="30"))


def test_only_the_last_thirty_days_count(cast: Cast, browser: Client, wrote: Callable[..., Conversation]) -> None:
    wrote(24 * 30 + 3, "lia")
    wrote(24 * 30 + 1, "teo")  # closed an hour and a half later: within them
    assert "<b>1</b> conversation." in read(look(browser, cast.chat))


def test_a_time_longer_than_thirty_days_is_looked_at_all_the_same(
    cast: Cast, browser: Client, wrote: Callable[..., Conversation]
) -> None:
    for number in range(30):
        wrote(24 * 70, f"c{number}")
    page = read(look(browser, cast.chat, amount="60", unit="days"))
    assert "<b>30</b> conversations." in page
    assert "Expect about <b>1</b> closing a day. It is the average of the last 30 days" in page


def test_only_the_chosen_accounts_are_looked_at(
    cast: Cast, browser: Client, wrote: Callable[..., Conversation], another_account: Callable[[str], Account]
) -> None:
    wrote(10)
    assert "no conversation" in read(look(browser, another_account("Otro chat")))


def test_it_tells_what_it_expects_a_day_and_how_that_is_worked_out(
    cast: Cast, browser: Client, wrote: Callable[..., Conversation]
) -> None:
    for number in range(12):
        wrote(50 + number, f"c{number}")
    page = read(look(browser, cast.chat))
    assert "Expect about <b>4</b> closings a day. It is the average of the last 3 days" in page
    assert "Nothing closes when you save: the first closings come 90 minutes later at the earliest." in page


def test_the_plots_have_no_style_of_their_own_and_a_table_beside_them(
    cast: Cast, browser: Client, wrote: Callable[..., Conversation]
) -> None:
    wrote(10)
    page = read(look(browser, cast.chat))
    assert "style=" not in page
    assert "Closings a day, as a table" in page
    assert "March 20" in page
    assert page.count("<rect") == 31, "days without closings are days, too"


# Who sees what


def test_totals_are_complete_and_the_list_shows_only_what_the_person_may_see(
    cast: Cast, client: Client, wrote: Callable[..., Conversation]
) -> None:
    Role.objects.filter(pk=cast.bruno.role_id).update(permissions=["manage_closing"])
    mine, theirs = wrote(10, "lia"), wrote(11, "teo")
    lifecycle.assign([mine.pk], cast.bruno.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    page = read(look(signed_in(client, cast.bruno), cast.chat))
    assert "it would have closed <b>2</b> conversations" in page
    assert "You may see 1 of these 2 closings." in page
    assert f"/inbox/{mine.pk}" in page
    assert f"/inbox/{theirs.pk}" not in page
    assert "teo" not in page


def test_a_list_that_is_cut_says_so(
    cast: Cast, browser: Client, wrote: Callable[..., Conversation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hindsight, "look_back", partial(look_back, most=1))
    wrote(10, "lia")
    latest = wrote(9, "teo")
    page = read(look(browser, cast.chat))
    assert "These are the latest 1." in page
    assert re.findall(r"/inbox/(\d+)", page) == [str(latest.pk)]


def test_of_very_many_conversations_one_in_so_many_is_looked_at_and_it_says_so(
    cast: Cast, browser: Client, wrote: Callable[..., Conversation], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        wrote(10 + number / 100, f"c{number}")
    look_at = partial(look_back, cast.workspace, [cast.chat.pk], Stretch(3_600), scope=Scope.of(cast.ana), at=NOW)
    whole = look_at()
    monkeypatch.setattr(preview, "MOST_READ", 39)
    monkeypatch.setattr(preview, "PART", 10)
    part = look_at()
    assert (whole.every, whole.closings, part.every) == (1, 40, 4)
    assert 0 < len(part.lines) < 40
    assert set(part.lines) < set(whole.lines)
    found = 4 * len(part.lines)
    assert (part.closings, part.conversations, part.visible, part.unanswered) == (found,) * 4
    assert part.days == [(NOW.date(), found)]
    page = read(look(browser, cast.chat, amount="60", unit="minutes"))
    assert "this is worked out from one in 4 of them, taken evenly" in page
    assert f"These are {len(part.lines)} of them." in page


def test_another_workspaces_account_is_not_found(cast: Cast, carla: Cast, browser: Client) -> None:
    assert look(browser, cast.chat, carla.chat).status_code == 404


def test_another_workspaces_rule_is_not_found(cast: Cast, carla: Cast, browser: Client) -> None:
    assert look(browser, cast.chat, address=f"{LOOK}?rule={carla.rule().pk}").status_code == 404


def test_without_the_permission_nothing_is_looked_at(cast: Cast, client: Client) -> None:
    Role.objects.filter(pk=cast.bruno.role_id).update(permissions=["see_all"])
    assert look(signed_in(client, cast.bruno), cast.chat).status_code == 403


def test_without_the_plan_it_says_so(cast: Cast, browser: Client) -> None:
    coverage.entitle(cast.workspace, plan=Plan.BASIC, addons=[])
    answer = look(browser, cast.chat)
    assert (answer.status_code, "Your plan has no closing rules now." in read(answer)) == (422, True)


# What cannot be


@pytest.mark.parametrize("amount", ["", "0", "-3", "1.5", "x", "9" * 40, "366"])
def test_a_time_no_rule_may_have_is_refused_beside_what_is_wrong(cast: Cast, browser: Client, amount: str) -> None:
    answer = look(browser, cast.chat, amount=amount, unit="days")
    assert answer.status_code == 422
    assert "Write a whole number from 1 to 365" in read(answer)


def test_without_an_account_it_asks_for_one(browser: Client) -> None:
    answer = look(browser)
    assert (answer.status_code, "Choose at least one account." in read(answer)) == (422, True)


def test_a_reason_is_not_needed_to_look_back(cast: Cast, browser: Client) -> None:
    assert look(browser, cast.chat, reason="").status_code == 200


def test_too_much_history_is_told_in_a_sentence_and_holds_nobody_up(
    cast: Cast, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "PATIENCE", "300ms")
    monkeypatch.setattr("bandeja.closing.preview.PLAIN", "select pg_sleep(30)")
    answer = look(browser, cast.chat)
    assert answer.status_code == 503
    assert "more history here than can be looked through" in read(answer)
    with connection.cursor() as cursor:
        cursor.execute("show statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_whoever_looks_back_cannot_write(cast: Cast) -> None:
    with pytest.raises(Exception, match="read-only transaction"), looking.looking(cast.workspace.pk) as cursor:
        cursor.execute("update conversation set unread = 0")
    with transaction.atomic():
        cast.write("lia")


def test_looking_back_changes_nothing(cast: Cast, browser: Client, wrote: Callable[..., Conversation]) -> None:
    rule = cast.rule(amount=2, unit="hours")
    wrote(10)
    before = list(Conversation.objects.values())
    look(browser, cast.chat, address=f"{LOOK}?rule={rule.pk}", amount="5")
    assert list(Conversation.objects.values()) == before
    assert (Rule.objects.get().amount, Rule.objects.get().version) == (2, rule.version)
    assert (RuleTime.objects.count(), Closure.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_two_of_a_workspace_do_not_look_back_at_once(transactional_db: None, client: Client) -> None:
    cast = make_cast("Tienda", "ana@tienda.example", "bruno@tienda.example")
    browser = signed_in(client, cast.ana)
    with psycopg.connect(address()) as other:
        other.execute("select pg_advisory_xact_lock(%s, %s)", [looking.LOOKING, cast.workspace.pk])
        answer = look(browser, cast.chat)
    assert answer.status_code == 503
    assert "looking back at this moment" in read(answer)
    assert look(browser, cast.chat).status_code == 200


# Without scripts


def test_without_scripts_the_page_comes_back_with_what_was_typed(cast: Cast, browser: Client) -> None:
    cast.rule(name="Otra regla")
    answer = browser.post(LOOK, typed(name="", reason="Porque sí", account_ids=[str(cast.chat.pk)]))
    page = read(answer)
    assert answer.status_code == 200
    assert "What it would have done" in page
    assert "Otra regla" in page
    assert 'value="Porque sí"' in page
    assert Rule.objects.count() == 1


def test_without_scripts_a_rule_keeps_its_place(cast: Cast, browser: Client) -> None:
    rule = cast.rule(name="Ventas")
    page = read(browser.post(f"{LOOK}?rule={rule.pk}", typed(cast.chat, amount="7")))
    assert page.count('name="amount"') == 1
    assert 'value="7"' in page


# How long contacts take to come back


@pytest.fixture
def often(cast: Cast, wrote: Callable[..., Conversation], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """So many contacts that came back after so many hours."""
    monkeypatch.setattr(silences, "ENOUGH", 10)
    monkeypatch.setattr(hindsight, "ENOUGH", 10)
    numbers = iter(range(1_000))

    def come_back(count: int, hours: float) -> None:
        for number in (next(numbers) for _ in range(count)):
            wrote(hours + 1, f"c{number}")
            wrote(1, f"c{number}")

    return come_back


def test_little_history_is_told_and_not_drawn(cast: Cast, browser: Client, often: Callable[..., None]) -> None:
    often(9, 3)
    page = read(look(browser, cast.chat))
    assert "contacts came back <b>9</b> times in the last 90 days, and <b>10</b> are needed" in page
    assert "Still open" not in page


def test_it_tells_how_many_would_have_found_it_closed_and_suggests_a_time(
    cast: Cast, browser: Client, often: Callable[..., None]
) -> None:
    often(18, 0.5)
    often(3, 20)
    often(1, 60)
    page = read(look(browser, cast.chat, amount="2", unit="hours"))
    assert "closed <b>in 18%</b> of the <b>22</b> times they came back; with <b>24 hours</b>, <b>in 5%</b>" in page
    assert "We suggest 24 hours: no shorter round time keeps that at 5% or less." in page
    assert "Try 24 hours" in page


def test_the_suggested_time_is_not_suggested_again(cast: Cast, browser: Client, often: Callable[..., None]) -> None:
    often(20, 20)
    page = read(look(browser, cast.chat, amount="24", unit="hours"))
    assert "closed <b>in 0%</b> of the <b>20</b> times they came back; with <b>48 hours</b>, <b>in 0%</b>" in page
    assert "No shorter round time keeps that at 5% or less." in page
    assert "Try " not in page


def test_trying_a_time_types_it_on_the_card_and_looks_again(cast: Cast, browser: Client) -> None:
    rule = cast.rule(amount=2, unit="hours")
    page = read(look(browser, cast.chat, address=f"{LOOK}?use=72-hours&rule={rule.pk}"))
    assert 'name="amount" value="72"' in page
    assert "72 hours" in page
    rule.refresh_from_db()
    assert rule.amount == 2


def test_a_time_that_was_not_suggested_types_nothing(cast: Cast, browser: Client) -> None:
    page = read(look(browser, cast.chat, address=f"{LOOK}?use=3-years"))
    assert "90 minutes" in page


def test_who_goes_on_writing_and_who_comes_with_another_matter_is_no_return(
    cast: Cast, wrote: Callable[..., Conversation]
) -> None:
    wrote(24 * 40)
    wrote(3)
    wrote(2.95)
    assert silences.look_at_silences(cast.workspace, [cast.chat.pk], 3_600, at=NOW).total == 0


def test_who_comes_back_to_what_somebody_had_closed_says_nothing_of_rules(
    cast: Cast, clock: Clock, wrote: Callable[..., Conversation]
) -> None:
    conversation = wrote(5)
    clock.set(NOW - timedelta(hours=4))
    close_by_hand(cast, conversation)
    wrote(2)
    wrote(1)
    found = silences.look_at_silences(cast.workspace, [cast.chat.pk], 3_600, at=NOW)
    assert (found.total, found.late(3_600)) == (1, 0)


def test_who_writes_at_the_very_deadline_is_in_time(cast: Cast, wrote: Callable[..., Conversation]) -> None:
    wrote(5)
    wrote(3)
    found = silences.look_at_silences(cast.workspace, [cast.chat.pk], 7_199, at=NOW)
    assert (found.late(7_199), found.late(7_200)) == (1, 0)


def test_an_account_with_a_name_that_is_markup_is_written_as_it_is(
    cast: Cast, browser: Client, wrote: Callable[..., Conversation]
) -> None:
    Account.objects.filter(pk=cast.chat.pk).update(name="<b>Chat</b>")
    wrote(10, "<i>lia</i>")
    page = read(look(browser, cast.chat))
    assert "<b>Chat" not in page
    assert "<i>lia" not in page
