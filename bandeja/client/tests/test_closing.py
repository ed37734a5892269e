"""Rules, business hours, pauses and inclusions by the client, and by the commands over it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bandeja import cli
from bandeja.client import Client, Refused
from bandeja.closing.models import Inclusion, Pause, Rule
from bandeja.conversations import tags
from bandeja.conversations.models import ContactField
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db

Command = Callable[..., tuple[int, str]]
WEEK: Any = [[{"opens": "09:00", "closes": "18:00"}]] * 5 + [[]] * 2


def test_it_keeps_rules(cast: Cast, client: Client) -> None:
    rule = client.add_rule(amount=2, unit="hours", reason="Listo", account_ids=[cast.chat.pk])
    assert client.rules() == [rule]
    assert client.includable(rule["id"])["count"] == 0
    job = client.include(rule["id"])
    assert client.inclusion(rule["id"], job["id"]) == job
    assert job["stage"] == "finding"
    with pytest.raises(Refused):
        client.undo_inclusion(rule["id"], job["id"])
    assert client.cancel_inclusion(rule["id"], job["id"])["halted"] == "cancelled"
    assert client.switch_off_rule(rule["id"])["active"] is False
    assert client.switch_on_rule(rule["id"])["active"] is True
    client.delete_rule(rule["id"])
    assert client.rules() == []


def test_it_changes_of_a_rule_only_what_is_said(cast: Cast, client: Client) -> None:
    said = {"since": "either", "farewell_texts": {"es": "Gracias"}}
    rule = client.add_rule(
        amount=2, unit="hours", reason="Listo", account_ids=[cast.chat.pk], active=False, options=said
    )
    assert {**rule["options"], **said} == rule["options"]
    changed = client.change_rule(rule["id"], amount=3, options={"waiting": "tell"}, version=1)
    assert changed["options"] == {**rule["options"], "waiting": "tell"}
    assert (changed["amount"], changed["active"]) == (3, False)
    assert client.rule(rule["id"]) == changed
    with pytest.raises(Refused) as refused:
        client.change_rule(rule["id"], amount=4, version=1)
    assert refused.value.status == 412


def test_it_keeps_business_hours(client: Client) -> None:
    added = client.add_calendar("Oficina", time_zone="America/Santiago", week=WEEK, country="CL")
    assert client.calendars() == [added] == [client.calendar(added["id"])]
    changed = client.change_calendar({**added, "name": "Tienda"})
    assert (changed["name"], changed["version"], changed["week"]) == ("Tienda", 2, WEEK)
    with pytest.raises(Refused) as refused:
        client.change_calendar(added)
    assert refused.value.status == 412
    client.delete_calendar(added["id"])
    assert client.calendars() == []


def test_it_pauses_closing(cast: Cast, client: Client) -> None:
    """closing H1"""
    paused = client.pause_closing("Se cayó la línea")
    assert (paused["account_id"], paused["why"], paused["agent"]) == (None, "Se cayó la línea", str(cast.ana))
    assert client.pause_closing("Otra") == paused
    assert client.pauses() == [paused]
    client.resume_closing()
    client.resume_closing()
    assert client.pauses() == []


def test_commands_keep_rules_and_pause_them(cast: Cast, command: Command) -> None:
    status, said = command("rules", "add", 2, "hours", "--reason", "Listo", "--account", cast.chat.pk)
    number = said.split()[0]
    assert status == 0
    assert " on " in command("rules", "list")[1]
    assert " off " in command("rules", "off", number)[1]
    assert " on " in command("rules", "on", number)[1]
    assert "Se cayó la línea" in command("rules", "pause", "Se cayó la línea")[1]
    assert command("rules", "pause", " ")[0] == 1
    assert command("rules", "resume")[0] == 0
    assert not Pause.objects.filter(until=None).exists()
    assert command("rules", "delete", number)[0] == 0
    assert command("rules", "show", number)[0] == 1


def test_a_command_says_all_that_a_rule_may_be_told(cast: Cast, client: Client, command: Command) -> None:
    hours = client.add_calendar("Oficina", time_zone="UTC", week=WEEK)["id"]
    vip = tags.make(cast.workspace.pk, "VIP").pk
    field = ContactField.objects.create(workspace=cast.workspace, name="Plan", kind="text").pk
    status, said = command(
        "rules", "add", 2, "days", "--reason", "Nada", "--account", cast.chat.pk, "--name", "Ventas", "--off",
        "--hours", "oficina", "--since", "either", "--give-to", cast.bruno.pk, "--spare-tag", "vip",
        "--spare-owner", cast.ana.pk, "--spare-field", "plan=Oro=1",
        "--never-answered", "3d", "--warn", "2h", "--warn", "30m", "--warning", "Cerramos en {{tiempo}}",
        "--warning", "pt-BR=Encerramos em {{tempo}}", "--farewell", "Gracias",
    )  # fmt: skip
    assert status == 0, said
    [rule] = client.rules()
    told = {
        "calendar_id": hours, "since": "either", "waiting": "give", "waiting_agent_id": cast.bruno.pk,
        "waiting_team_id": None, "exempt_tag_ids": [vip], "exempt_owner_ids": [cast.ana.pk],
        "exempt_field_id": field, "exempt_value": "Oro=1",
        "warnings": [{"amount": 2, "unit": "hours"}, {"amount": 30, "unit": "minutes"}],
        "warning_texts": {"es": "Cerramos en {{tiempo}}", "pt-br": "Encerramos em {{tempo}}"},
        "farewell_texts": {"es": "Gracias"}, "unheard": {"amount": 3, "unit": "days"},
    }  # fmt: skip
    assert ({**rule["options"], **told}, rule["active"]) == (rule["options"], False)
    shown = command("rules", "show", rule["id"])[1]
    for line in (f"calendar_id: {hours}", "warnings: 2 hours, 30 minutes", "farewell_texts: es: Gracias"):
        assert line in shown


def test_a_command_changes_of_a_rule_only_what_is_typed(cast: Cast, client: Client, command: Command) -> None:
    """An empty value takes away what there was, and a text in one language leaves the others."""
    number = client.add_rule(
        amount=2, unit="days", reason="Nada", account_ids=[cast.chat.pk],
        options={
            "exempt_owner_ids": [cast.ana.pk], "warnings": [{"amount": 1, "unit": "hours"}],
            "warning_texts": {"es": "Ya"}, "farewell_texts": {"es": "Gracias", "en": "Thanks"},
        },
    )["id"]  # fmt: skip
    before = client.rule(number)
    assert (
        command("rules", "change", number, "--time", "48h", "--farewell", "en=Bye", "--when-waiting", "tell")[0] == 0
    )
    after = client.rule(number)
    assert (after["amount"], after["unit"], after["reason"]) == (48, "hours", "Nada")
    texts = {"es": "Gracias", "en": "Bye"}
    assert after["options"] == {**before["options"], "farewell_texts": texts, "waiting": "tell"}
    assert command("rules", "change", number, "--warn", "", "--farewell", "", "--spare-owner", "")[0] == 0
    said = client.rule(number)["options"]
    assert (said["warnings"], said["warning_texts"], said["farewell_texts"], said["exempt_owner_ids"]) == (
        [], {}, {}, [],
    )  # fmt: skip
    assert command("rules", "change", number, "--hours", "", "--spare-tag", "", "--spare-field", "")[0] == 0
    assert client.rule(number)["options"] == said


def test_a_command_includes_what_is_open_with_the_rule(cast: Cast, command: Command) -> None:
    """closing I1"""
    cast.write()
    said = command("rules", "add", 2, "hours", "--reason", "Listo", "--account", cast.chat.pk, "--include")[1]
    assert said.splitlines()[1].split()[1] == "finding"
    assert Inclusion.objects.get().rule_id == Rule.objects.get().pk


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["--hours", "Nada"], "there are none"),
        (["--spare-tag", "Nada"], "VIP"),
        (["--spare-field", "Nada=1"], "there are none"),
        (["--spare-owner", "ana"], "no number"),
        (["--give-to", "team-x"], "no number"),
        (["--warn", "soon"], "30m"),
        (["--warn", "30m=Ya"], "30m"),
        (["--warning", "Ya"], "--warn"),
        (["--warn", "30m"], "warning_texts.es"),
        (["--farewell", "fr=Merci"], "es, en, pt-br"),
        (["--farewell", "Gracias", "--farewell", "ES=Adiós"], "one language"),
        (["--warn", "3h", "--warning", "Ya"], "warnings.0"),
    ],
)
def test_a_command_that_is_unclear_does_nothing_and_says_why(
    cast: Cast, command: Command, typed: list[str], told: str
) -> None:
    tags.make(cast.workspace.pk, "VIP")
    status, said = command("rules", "add", 2, "hours", "--reason", "x", "--account", cast.chat.pk, *typed)
    assert (status, told in said, said.startswith("bandeja: ")) == (1, True, True), said
    assert not Rule.objects.exists()


def test_a_command_that_changes_nothing_says_so(cast: Cast, command: Command) -> None:
    """Also a warning that would never go out, for the rule has no time for it."""
    number = cast.rule().pk
    assert command("rules", "change", number)[0] == 1
    assert command("rules", "change", number, "--warning", "Ya")[0] == 1
    assert Rule.objects.get().version == 1


def test_it_tells_what_a_rule_would_have_done_and_what_is_covered(cast: Cast, client: Client, clock: Clock) -> None:
    """closing P1"""
    clock.set(datetime(2030, 1, 1, 12, tzinfo=UTC))
    rule = cast.rule(amount=2, unit="hours")
    cast.write()
    told = client.coverage()
    [covered] = told["accounts"]
    assert told["is_bounded"] is False
    assert (covered["account_id"], covered["rule_id"], covered["running"]) == (cast.chat.pk, rule.pk, 1)
    clock.advance(hours=3)
    found = client.preview_rule(amount=1, unit="hours", account_ids=[cast.chat.pk])
    assert (found["closings"], found["unanswered"]) == (1, 1)
    spared = client.preview_rule(amount=1, unit="hours", account_ids=[cast.chat.pk], options={"waiting": "tell"})
    assert spared["closings"] == 0
    assert (client.setbacks(), client.try_again([1])) == ([], [])


def test_commands_tell_it_too(cast: Cast, command: Command, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.set(datetime(2030, 1, 1, 12, tzinfo=UTC))
    cast.write()
    clock.advance(minutes=1)
    rule = cast.rule(amount=2, unit="hours")
    assert f"rule {rule.pk}  0 with a clock, 0 in 24 hours; without: 1 older" in command("rules", "coverage")[1]
    assert "only the latest" not in command("rules", "coverage")[1]
    with monkeypatch.context() as few:
        few.setattr("bandeja.closing.overview.COUNTED", 0)
        assert "only the latest were counted" in command("rules", "coverage")[1]
    clock.advance(hours=3)
    said = command("rules", "preview", 1, "hours", "--account", cast.chat.pk)[1].splitlines()
    assert said[0] == "1 closings of 1 conversations, about 1.0 a day"
    assert said[1].endswith("1 not answered")
    spared = command("rules", "preview", 1, "hours", "--account", cast.chat.pk, "--when-waiting", "tell")[1]
    assert spared.startswith("0 closings")


def test_a_command_tells_what_it_may_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    for words, flag in ((["rules", "add"], "--farewell"), (["closures", "undo"], "--yes"), (["rules"], "coverage")):
        with pytest.raises(SystemExit) as ended:
            cli.main([*words, "--help"])
        assert (ended.value.code, flag in capsys.readouterr().out) == (0, True)
