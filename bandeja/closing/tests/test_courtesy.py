"""What a rule says to contacts: typed, refused, told, kept in the log, and by API (closing W1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from bandeja.api.tests.programs import Program
from bandeja.channels.models import Account
from bandeja.closing import changes
from bandeja.closing.courtesy import Before, Courtesy
from bandeja.closing.courtesy_told import filled, remaining
from bandeja.closing.models import Rule
from bandeja.closing.tests.deeds import edit
from bandeja.closing.tests.test_settings_screen import PAGE, read, signed_in, typed
from bandeja.people.models import AuditEntry
from tests.cast import Cast

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ASKS = "¿Seguimos? Cerraremos en {{tiempo}}."
SPOKEN = {"warning_amount_1": "30", "warning_unit_1": "minutes", "warning_es": ASKS}


@pytest.fixture
def browser(cast: Cast, client: Client) -> Client:
    """Ana's browser, in English."""
    return signed_in(client, cast.ana)


def save(browser: Client, cast: Cast, **said: Any) -> Any:
    """A rule of 90 minutes that says so."""
    return browser.post(f"{PAGE}/rules", typed(cast.chat, **said))


# How it reads


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "1 minuto"), (89, "1 minuto"), (91, "2 minutos"), (1_799, "30 minutos"), (3_569, "59 minutos"),
        (3_570, "1 hora"), (4_799, "1 hora y 20 minutos"), (7_199, "2 horas"), (86_249, "23 horas y 55 minutos"),
        (86_250, "1 día"), (3 * 86_400 + 3_700, "3 días y 1 hora"),
    ],
)  # fmt: skip
def test_the_time_that_is_left_is_said_as_people_say_it(seconds: int, said: str) -> None:
    with override("es"):
        assert remaining(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize("place", ["{{time}}", "{{tiempo}}", "{{ tempo }}"])
def test_a_text_is_filled_in_its_own_language(place: str) -> None:
    assert filled(f"Faltan {place}: {place}", "en", timedelta(hours=2)) == "Faltan 2 hours: 2 hours"


@pytest.mark.parametrize(
    ("minutes", "ordinal"),
    [(61, None), (60, 1), (30, 1), (29, None), (10, 2), (5, 2), (4, None), (0, None), (-1, None)],
)
def test_a_warning_is_due_from_its_instant_until_half_its_time_is_gone(minutes: int, ordinal: int | None) -> None:
    """closing W4."""
    courtesy = Courtesy((Before(1, "hours"), Before(10, "minutes")), {"es": ASKS})
    due = courtesy.due(NOON, NOON - timedelta(minutes=minutes))
    assert (due.ordinal if due else None) == ordinal


# Typed on the card


def test_a_rule_says_nothing_unless_somebody_writes_it(cast: Cast, browser: Client) -> None:
    save(browser, cast)
    assert Courtesy.of(Rule.objects.get()) == Courtesy()
    page = read(browser.get(PAGE))
    assert "It warns the contact" not in page
    assert "Once it is closed" not in page


def test_what_was_typed_is_saved_and_the_card_tells_how_it_reads(cast: Cast, browser: Client) -> None:
    again = {"warning_amount_2": "10", "warning_unit_2": "minutes"}
    assert save(browser, cast, **SPOKEN, **again, farewell_es=" Hasta <pronto>. ").status_code == 302
    rule = Rule.objects.get()
    assert rule.warnings == ["30 minutes", "10 minutes"]
    assert (rule.warning_texts, rule.farewell_texts) == ({"es": ASKS}, {"es": "Hasta <pronto>."})
    page = read(browser.get(PAGE))
    assert "It warns the contact 30 minutes and 10 minutes before: “¿Seguimos? Cerraremos en 30 minutos.”" in page
    assert "Once it is closed, the contact is told: “Hasta &lt;pronto&gt;.”" in page
    assert ASKS in page
    saved = typed(cast.chat, version="1", **SPOKEN)
    assert browser.post(f"{PAGE}/rules/{rule.pk}", saved).status_code == 302
    assert Courtesy.of(Rule.objects.get()) == Courtesy((Before(30, "minutes"),), {"es": ASKS})


def test_without_a_warning_its_text_is_let_go(cast: Cast, browser: Client) -> None:
    assert save(browser, cast, warning_es=ASKS).status_code == 302
    assert Rule.objects.get().warning_texts == {}


LONG = {"warning_amount_1": "90"}
NOT_FIRST = {"warning_amount_2": "30", "warning_unit_2": "minutes"}


@pytest.mark.parametrize(
    ("said", "field", "why"),
    [
        ({**SPOKEN, "warning_amount_1": "1.5"}, "warning_amount_1", "Write a whole number"),
        ({**SPOKEN, "warning_amount_1": "0"}, "warning_amount_1", "Write a whole number"),
        ({**SPOKEN, "warning_unit_1": "weeks"}, "warning_amount_1", "Choose minutes, hours or days."),
        ({**SPOKEN, **LONG}, "warning_amount_1", "It must be shorter than the rule&#x27;s time."),
        ({**SPOKEN, **NOT_FIRST}, "warning_amount_2", "The second warning comes closer to the end"),
        ({**NOT_FIRST, "warning_amount_2": "90", "warning_es": "Adiós"}, "warning_amount_2", "It must be shorter"),
        ({**SPOKEN, "warning_es": ""}, "warning_es", "Write what the contact reads"),
        ({**SPOKEN, "warning_es": "\u200b"}, "warning_es", "Write something that can be seen."),
        ({**SPOKEN, "warning_es": "x" * 501}, "warning_es", "Write at most 500 characters; there are 501."),
        ({**SPOKEN, "warning_es": "a\0b"}, "warning_es", "Null characters are not allowed."),
        ({**SPOKEN, "warning_es": "En {{horas}}"}, "warning_es", "Nothing is known that {{horas}} could stand for."),
        ({**SPOKEN, "warning_es": "En {{time"}, "warning_es", "Nothing is known that {{ could stand for."),
        ({"farewell_es": "En {{time}}"}, "farewell_es", "leave out {{time}}"),
        ({"farewell_en": "Bye"}, "farewell_es", "Write what the contact reads"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    cast: Cast, browser: Client, said: dict[str, str], field: str, why: str
) -> None:
    answer = save(browser, cast, **said)
    page = read(answer)
    assert (answer.status_code, Rule.objects.count()) == (422, 0)
    assert why in page
    named = page.index(f'name="{field}"')
    assert named < page.index(why)
    assert 'aria-invalid="true"' in page[named : page.index(">", named)]


def test_a_language_is_offered_where_a_web_chat_speaks_it(cast: Cast, browser: Client) -> None:
    assert 'name="warning_en"' not in read(browser.get(f"{PAGE}?new"))
    Account.objects.filter(pk=cast.chat.pk).update(config={"language": "en"})
    page = read(browser.get(f"{PAGE}?new"))
    assert 'name="warning_en"' in page
    assert 'name="farewell_pt_br"' not in page
    save(browser, cast, **SPOKEN, warning_en="Closing in {{time}}")
    assert Rule.objects.get().warning_texts == {"es": ASKS, "en": "Closing in {{time}}"}


def test_a_stale_save_shows_both_texts(cast: Cast, browser: Client) -> None:
    """closing R4."""
    rule = cast.rule(amount=90)
    edit(cast, rule, courtesy=Courtesy((Before(5, "minutes"),), {"es": "Ya casi"}))
    page = read(browser.post(f"{PAGE}/rules/{rule.pk}", typed(cast.chat, version="1", **SPOKEN)))
    assert "Ya casi" in page
    assert ASKS in page
    assert Rule.objects.get().warning_texts == {"es": "Ya casi"}


def test_the_log_tells_what_changed(cast: Cast) -> None:
    rule = cast.rule(amount=90, name="Ventas")
    edit(cast, rule, courtesy=Courtesy((Before(30, "minutes"),), {"es": ASKS}, {"es": "Adiós"}))
    entry = AuditEntry.objects.order_by("-pk")[0]
    assert entry.before is not None
    assert "warnings" not in entry.before
    assert entry.after is not None
    assert {name: entry.after[name] for name in ("warnings", "warning", "farewell")} == {
        "warnings": ["30 minutes"], "warning": {"es": ASKS}, "farewell": {"es": "Adiós"},
    }  # fmt: skip
    with override("en"):
        told = " ".join(str(each) for each in changes.latest(cast.workspace)[0].details)
    assert "Warns before closing" in told
    assert "30 minutes" in told
    assert "Adiós" in told


def test_what_it_says_moves_no_time(cast: Cast) -> None:
    """closing R8, W1."""
    rule = cast.rule(amount=90)
    edit(cast, rule, courtesy=Courtesy((Before(30, "minutes"),), {"es": ASKS}))
    assert rule.times.count() == 1


# By API


def test_a_program_reads_and_writes_it(cast: Cast) -> None:
    program = Program(cast.ana)
    said: dict[str, Any] = {
        "warnings": [{"amount": 30, "unit": "minutes"}],
        "warning_texts": {"es": ASKS},
        "farewell_texts": {"es": "Adiós"},
    }
    plain = {"amount": 2, "unit": "hours", "reason": "Listo", "account_ids": [cast.chat.pk]}
    added = program.ask("POST", "/rules", {**plain, "options": said})
    assert added.status_code == 201
    assert {name: added.json()["options"][name] for name in said} == said
    address = added["location"].removeprefix("/api/v1")
    kept = program.ask("PUT", address, {**plain, "version": 1}).json()
    assert {name: kept["options"][name] for name in said} == said, "options that are left out stay as they are"
    gone = program.ask("PUT", address, {**plain, "version": 1, "options": {}}).json()
    assert (gone["options"]["warnings"], gone["options"]["farewell_texts"]) == ([], {})


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"warnings": [{"amount": 3, "unit": "hours"}], "warning_texts": {"es": "a"}}, "options.warnings.0"),
        ({"warnings": [{"amount": 1, "unit": "hours"}] * 2, "warning_texts": {"es": "a"}}, "options.warnings.1"),
        ({"warnings": [{"amount": 1, "unit": "hours"}], "warning_texts": {"en": "a"}}, "options.warning_texts.es"),
        ({"farewell_texts": {"es": "a", "pt-br": "{{x}}"}}, "options.farewell_texts.pt-br"),
        ({"farewell_texts": {"es": "a", "fr": "b"}}, "options.farewell_texts.fr"),
        ({"warnings": [{"amount": 0, "unit": "hours"}]}, "options.warnings.0.amount"),
    ],
)
def test_a_program_is_told_which_field_is_wrong(cast: Cast, options: dict[str, Any], field: str) -> None:
    plain = {"amount": 2, "unit": "hours", "reason": "Listo", "account_ids": [cast.chat.pk]}
    answer = Program(cast.ana).ask("POST", "/rules", {**plain, "options": options})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]
