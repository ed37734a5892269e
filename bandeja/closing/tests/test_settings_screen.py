"""The screen of closing rules, without scripts: plain forms, plain pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from bandeja.channels import accounts
from bandeja.channels.models import Account, ChannelKey
from bandeja.closing import coverage, rules
from bandeja.closing.models import Rule
from bandeja.people.models import Agent, Role
from tests.cast import Cast

PAGE = "/settings/closing"
MakeAccount = Callable[[str], Account]


@pytest.fixture
def browser(cast: Cast, client: Client) -> Client:
    """Ana's browser, in English."""
    return signed_in(client, cast.ana)


def signed_in(client: Client, agent: Agent) -> Client:
    Agent.objects.filter(pk=agent.pk).update(language="en")
    client.force_login(agent)
    return client


def typed(*chosen: Account, **changes: Any) -> dict[str, Any]:
    """The fields of a card, as a browser sends them."""
    fields: dict[str, Any] = {"active": "on", "name": "Ventas", "reason": "Sin respuesta"}
    fields |= {"amount": "90", "unit": "minutes", "account_ids": [str(account.pk) for account in chosen]}
    return {name: value for name, value in (fields | changes).items() if value is not None}


def read(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


# Who may see it


def test_whoever_is_not_signed_in_is_asked_to(client: Client) -> None:
    assert client.get(PAGE).headers["Location"].startswith("/accounts/login")


def test_a_seller_may_manage_rules(cast: Cast, client: Client) -> None:
    seller = signed_in(client, cast.bruno)
    assert seller.post(f"{PAGE}/rules", typed(cast.chat)).status_code == 302
    assert Rule.objects.get().name == "Ventas"


@pytest.mark.parametrize(
    "address",
    [
        "", "/rules", "/rules/1", "/rules/1/deletion", "/rules/1/deactivation", "/summary", "/accounts", "/coverage",
        "/retries", "/includable", "/rules/1/inclusions", "/inclusions/1", "/inclusions/1/cancelling",
        "/inclusions/1/undoing",
    ],
)  # fmt: skip
def test_without_the_permission_nothing_is_shown_or_done(cast: Cast, client: Client, address: str) -> None:
    Role.objects.filter(pk=cast.bruno.role_id).update(permissions=["see_unassigned"])
    seller = signed_in(client, cast.bruno)
    answers = {seller.get(PAGE + address).status_code, seller.post(PAGE + address).status_code}
    assert answers <= {403, 405}
    assert 403 in answers


@pytest.mark.parametrize("address", ["", "/deletion", "/deactivation"])
def test_a_rule_of_another_workspace_is_not_found(carla: Cast, browser: Client, address: str) -> None:
    theirs = carla.rule()
    answers = {
        browser.get(f"{PAGE}/rules/{theirs.pk}{address}").status_code,
        browser.post(f"{PAGE}/rules/{theirs.pk}{address}", typed(carla.chat)).status_code,
    }
    assert answers <= {404, 405}
    theirs.refresh_from_db()
    assert (theirs.active, theirs.version) == (True, 1)


def test_a_rule_that_cannot_exist_is_not_found(browser: Client) -> None:
    assert browser.get(f"{PAGE}/rules/{10**30}").status_code == 404


def test_the_page_shows_nothing_of_another_workspace(cast: Cast, carla: Cast, browser: Client) -> None:
    carla.rule(name="Secreta")
    accounts.connect(carla.workspace, ChannelKey.WEBCHAT, name="Cuenta ajena")
    page = read(browser.get(f"{PAGE}?new"))
    assert "Secreta" not in page
    assert "Cuenta ajena" not in page


# The page


def test_an_empty_page_teaches_the_next_step(browser: Client) -> None:
    page = read(browser.get(PAGE))
    assert "No conversation closes by itself yet" in page
    assert f'href="{PAGE}?new"' in page


def test_it_is_in_spanish_for_whoever_reads_spanish(browser: Client) -> None:
    Agent.objects.update(language="es")
    assert 'lang="es"' in read(browser.get(PAGE))


def test_a_card_says_what_the_rule_does(cast: Cast, browser: Client) -> None:
    cast.rule(amount=90, unit="minutes", reason="Sin <b>respuesta</b>")
    page = read(browser.get(PAGE))
    assert "does not write for <b>90 minutes</b> on <b>Chat web</b>" in page
    assert "“<b>Sin &lt;b&gt;respuesta&lt;/b&gt;</b>”" in page
    assert "not retroactive" in page
    assert "A shorter one never brings their closing forward" in page


def test_every_rule_has_a_card_and_new_adds_a_blank_one(
    cast: Cast, browser: Client, another_account: MakeAccount
) -> None:
    cast.rule(name="Una")
    cast.rule(another_account("Otra"), name="Dos")
    assert read(browser.get(PAGE)).count('class="card rule') == 2
    assert read(browser.get(f"{PAGE}?new")).count('class="card rule') == 3


def test_the_page_asks_the_database_as_often_for_many_rules_as_for_one(
    cast: Cast, browser: Client, another_account: MakeAccount, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        cast.rule(another_account(f"Cuenta {number}"))
    with django_assert_max_num_queries(25):
        browser.get(PAGE)


def test_taken_accounts_are_disabled_naming_their_rule(
    cast: Cast, browser: Client, another_account: MakeAccount
) -> None:
    cast.rule(cast.chat, name="Primera")
    cast.rule(another_account("Otra"), name="Segunda")
    page = read(browser.get(PAGE))
    assert f'value="{cast.chat.pk}" disabled>' in page
    assert "In the rule “Primera”" in page
    assert f'value="{cast.chat.pk}" checked>' in page


def test_a_chosen_account_is_never_disabled_so_that_saving_keeps_it(cast: Cast, browser: Client) -> None:
    off = cast.rule(cast.chat, name="Apagada")
    rules.switch_off(off.pk, workspace=cast.workspace, by=cast.ana)
    cast.rule(cast.chat, name="Activa")
    page = read(browser.get(PAGE))
    assert "disabled>" not in page
    assert "In the rule “Activa”" in page
    kept = typed(cast.chat, name="Apagada", active=None, version="2")
    assert browser.post(f"{PAGE}/rules/{off.pk}", kept).status_code == 302
    assert off.coverage.get().account == cast.chat


def test_a_disconnected_account_stays_in_its_rule_and_says_so(
    cast: Cast, browser: Client, another_account: MakeAccount
) -> None:
    gone, elsewhere = another_account("Se fue"), another_account("Nunca elegida")
    cast.rule(cast.chat, gone)
    accounts.disconnect(gone)
    accounts.disconnect(elsewhere)
    page = read(browser.get(PAGE))
    assert "Se fue" in page
    assert "Disconnected" in page
    assert "Nunca elegida" not in page


def test_an_active_rule_left_with_no_account_says_so(cast: Cast, browser: Client) -> None:
    rule = cast.rule()
    accounts.disconnect(cast.chat)
    assert "None of its accounts is connected" in read(browser.get(PAGE))
    rule.coverage.all().delete()
    assert "is on but has no account" in read(browser.get(PAGE))


# Saving


def test_a_card_saves_a_rule_and_tells_it(cast: Cast, browser: Client) -> None:
    answer = browser.post(f"{PAGE}/rules", typed(cast.chat), follow=True)
    rule = Rule.objects.get()
    assert (rule.amount, rule.unit, rule.reason, rule.active) == (90, "minutes", "Sin respuesta", True)
    assert "“Ventas” was saved." in read(answer)


def test_an_unticked_card_saves_a_rule_that_is_off(cast: Cast, browser: Client) -> None:
    browser.post(f"{PAGE}/rules", typed(cast.chat, active=None))
    assert not Rule.objects.get().active
    assert "It is off and closes nothing." in read(browser.get(PAGE))


def test_a_card_changes_its_rule(cast: Cast, browser: Client) -> None:
    rule = cast.rule()
    answer = browser.post(f"{PAGE}/rules/{rule.pk}", typed(cast.chat, amount="2", unit="days", version="1"))
    assert answer.status_code == 302
    rule.refresh_from_db()
    assert (rule.name, rule.amount, rule.unit, rule.version) == ("Ventas", 2, "days", 2)


@pytest.mark.parametrize(
    "amount", ["", " ", "0", "-5", "1.5", "1,5", "1e3", "٣", "+3", "365001", "9" * 5_000, "\0", "dos"]
)
def test_a_number_that_is_not_one_is_refused_beside_the_field(cast: Cast, browser: Client, amount: str) -> None:
    answer = browser.post(f"{PAGE}/rules", typed(cast.chat, amount=amount, unit="days"))
    page = read(answer)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in page
    assert not Rule.objects.exists()
    if "\0" not in amount:
        assert "Write a whole number from 1 to 365" in page


@pytest.mark.parametrize("amount", ["7", " 7 ", "007"])
def test_a_whole_number_is_taken_however_it_is_padded(cast: Cast, browser: Client, amount: str) -> None:
    browser.post(f"{PAGE}/rules", typed(cast.chat, amount=amount))
    assert Rule.objects.get().amount == 7


def test_errors_are_beside_their_fields_and_what_was_typed_is_kept(cast: Cast, browser: Client) -> None:
    answer = browser.post(f"{PAGE}/rules", typed(name="N" * 81, amount="1.5", reason=" ", unit="hours"))
    page = read(answer)
    assert answer.status_code == 422
    for field in ("name", "amount", "account_ids", "reason"):
        (error,) = re.findall(rf'id="(\S+-{field}_error)"', page)
        assert re.search(rf'aria-describedby="[^"]*\b{error}"', page)
    assert 'value="1.5"' in page
    assert '<option value="hours" selected>' in page
    assert "N" * 81 in page


@pytest.mark.parametrize("key", ["x", "-1", str(10**30), "9999999"])
def test_an_account_that_is_not_ours_is_refused_beside_the_picker(browser: Client, key: str) -> None:
    answer = browser.post(f"{PAGE}/rules", typed(account_ids=[key]))
    assert answer.status_code == 422
    assert "no longer here" in read(answer)


def test_a_taken_account_is_refused_naming_its_rule(cast: Cast, browser: Client) -> None:
    cast.rule(cast.chat, name="Primera")
    answer = browser.post(f"{PAGE}/rules", typed(cast.chat, name="Segunda"))
    assert answer.status_code == 422
    assert "Chat web is in the rule “Primera”. Take it out there first." in read(answer)


def test_a_name_in_use_is_refused_beside_the_name(cast: Cast, browser: Client, another_account: MakeAccount) -> None:
    cast.rule(name="Ventas")
    answer = browser.post(f"{PAGE}/rules", typed(another_account("Otra"), name="ventas"))
    assert answer.status_code == 422
    assert "Another rule has this name." in read(answer)


def test_a_refused_card_stands_among_the_others(cast: Cast, browser: Client, another_account: MakeAccount) -> None:
    first, second = cast.rule(name="Una"), cast.rule(another_account("Otra"), name="Dos")
    page = read(browser.post(f"{PAGE}/rules/{first.pk}", typed(cast.chat, reason="", version="1")))
    assert page.count('class="card rule') == 2
    assert page.index(f'id="rule-{first.pk}"') < page.index(f'id="rule-{second.pk}"')


# Two people at once


def test_a_stale_save_shows_both_versions_and_keeps_what_was_typed(cast: Cast, browser: Client) -> None:
    rule = cast.rule(cast.chat, name="Ventas", reason="El de antes")
    theirs = rules.Draft("Ventas", 2, "hours", "El de Bruno", [cast.chat.pk])
    rules.save(cast.workspace, theirs, by=cast.bruno, rule_id=rule.pk)
    mine = typed(cast.chat, reason="El de Ana", version="1")
    answer = browser.post(f"{PAGE}/rules/{rule.pk}", mine)
    page = read(answer)
    assert answer.status_code == 422
    assert "Bruno changed this rule while you were editing it" in page
    assert "<td>El de Bruno</td><td><b>El de Ana</b></td>" in page
    assert "<td>2 hours</td><td><b>90 minutes</b></td>" in page
    assert 'value="El de Ana"' in page
    assert 'name="version" value="2"' in page
    assert Rule.objects.get().reason == "El de Bruno"
    browser.post(f"{PAGE}/rules/{rule.pk}", {**mine, "version": "2"})
    assert Rule.objects.get().reason == "El de Ana"


@pytest.mark.parametrize("version", [None, "", "x", str(10**30)])
def test_a_card_without_its_version_is_stale(cast: Cast, browser: Client, version: str | None) -> None:
    rule = cast.rule()
    answer = browser.post(f"{PAGE}/rules/{rule.pk}", typed(cast.chat, version=version))
    assert answer.status_code == 422
    assert Rule.objects.get().version == 1


def test_saving_a_rule_that_was_deleted_meanwhile_is_not_found(cast: Cast, browser: Client) -> None:
    rule = cast.rule()
    rules.delete(rule.pk, workspace=cast.workspace, by=cast.bruno)
    assert browser.post(f"{PAGE}/rules/{rule.pk}", typed(cast.chat, version="1")).status_code == 404


# Deleting


def test_deleting_is_asked_about_first(cast: Cast, browser: Client) -> None:
    rule = cast.rule(name="Ventas")
    page = read(browser.get(f"{PAGE}/rules/{rule.pk}/deletion"))
    assert "Delete “Ventas”?" in page
    assert Rule.objects.exists()
    answer = browser.post(f"{PAGE}/rules/{rule.pk}/deletion", follow=True)
    assert "“Ventas” was deleted." in read(answer)
    assert not Rule.objects.exists()


# The plan


def test_without_the_plan_the_section_explains_and_keeps_the_rules(
    cast: Cast, browser: Client, settings: Any
) -> None:
    settings.BANDEJA_CONTACT_LINK = "https://operator.example/plan"
    rule = cast.rule(name="Ventas")
    coverage.entitle(cast.workspace, plan="basic", addons=[])
    page = read(browser.get(PAGE))
    assert "part of the plan Pro with the Inbox add-on" in page
    assert 'href="https://operator.example/plan"' in page
    assert "Ventas" in page
    assert 'class="card rule' not in page
    assert "Add a rule" not in page
    answer = browser.post(f"{PAGE}/rules/{rule.pk}", typed(cast.chat, version="1"))
    assert answer.status_code == 422
    assert Rule.objects.get().version == 1


def test_without_the_plan_a_rule_can_be_turned_off_and_deleted(cast: Cast, browser: Client) -> None:
    rule = cast.rule()
    coverage.entitle(cast.workspace, plan="basic", addons=[])
    browser.post(f"{PAGE}/rules/{rule.pk}/deactivation")
    assert not Rule.objects.get().active
    browser.post(f"{PAGE}/rules/{rule.pk}/deletion")
    assert not Rule.objects.exists()


def test_without_a_contact_link_none_is_offered(cast: Cast, browser: Client, settings: Any) -> None:
    settings.BANDEJA_CONTACT_LINK = ""
    coverage.entitle(cast.workspace, plan="basic", addons=[])
    assert "Ask for the plan" not in read(browser.get(PAGE))


# The audit trail


def test_the_latest_changes_say_who_did_what(cast: Cast, browser: Client) -> None:
    rule = cast.rule(name="Ventas", reason="Uno")
    change = rules.Draft("Ventas", 2, "hours", "Dos", [cast.chat.pk])
    rules.save(cast.workspace, change, by=cast.bruno, rule_id=rule.pk)
    rules.switch_off(rule.pk, workspace=cast.workspace, by=None)
    rules.delete(rule.pk, workspace=cast.workspace, by=cast.ana)
    page = read(browser.get(PAGE))
    assert "<b>Ana</b> created the rule “Ventas”" in page
    assert "<b>Bruno</b> changed the rule “Ventas”" in page
    assert "Inactivity time: 1 minute → 2 hours" in page
    assert "Closing reason: Uno → Dos" in page
    assert "<b>The system</b> turned off the rule “Ventas”" in page
    assert "<b>Ana</b> deleted the rule “Ventas”" in page


def test_a_change_by_someone_who_left_is_still_told_by_their_name(cast: Cast, browser: Client) -> None:
    rules.delete(cast.rule().pk, workspace=cast.workspace, by=cast.bruno)
    cast.bruno.delete()
    assert "<b>Bruno</b> deleted" in read(browser.get(PAGE))


# With htmx


HTMX = {"HX-Request": "true"}


def test_with_htmx_a_save_answers_its_card_alone(cast: Cast, browser: Client) -> None:
    answer = browser.post(f"{PAGE}/rules", typed(cast.chat), headers=HTMX)
    page = read(answer)
    assert page.startswith('<form class="card rule"')
    assert "“Ventas” was saved" in answer.headers["HX-Trigger"].encode().decode("unicode_escape")
    assert "<html" not in page


def test_with_htmx_a_refused_save_answers_its_card_alone(cast: Cast, browser: Client) -> None:
    answer = browser.post(f"{PAGE}/rules", typed(cast.chat, reason=""), headers=HTMX)
    assert answer.status_code == 422
    assert read(answer).startswith('<form class="card rule"')


def test_the_sentence_follows_what_is_typed(cast: Cast, browser: Client) -> None:
    answer = browser.post(f"{PAGE}/summary", typed(cast.chat, amount="3", unit="days"), headers=HTMX)
    assert "<b>3 days</b>" in read(answer)
    unfinished = browser.post(f"{PAGE}/summary", typed(cast.chat, amount="x"), headers=HTMX)
    assert "Give it a time" in read(unfinished)


def test_the_picker_asked_for_anew_keeps_what_was_chosen(
    cast: Cast, browser: Client, another_account: MakeAccount
) -> None:
    other = another_account("Otra")
    cast.rule(cast.chat, name="Primera")
    page = read(browser.post(f"{PAGE}/accounts?rule=x", typed(other), headers=HTMX))
    assert f'value="{other.pk}" checked>' in page
    assert f'value="{cast.chat.pk}" disabled>' in page


def test_many_accounts_are_counted_instead_of_named() -> None:
    from bandeja.closing import words

    with override("en"):
        assert words.places(["A", "B", "C"]) == "A, B or C"
        assert words.places(list("ABCDE")) == "5 accounts"
