"""The screen of the audit log: who may read it, how it reads, its filter and its table."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client

from bandeja.attendance import assigning
from bandeja.attendance.models import Way
from bandeja.channels import accounts
from bandeja.closing import rules
from bandeja.conversations.actor import Actor
from bandeja.conversations.erase import erase
from bandeja.conversations.scope import Scope
from bandeja.inbox.settings.told import SENTENCES
from bandeja.people import audit, members, presence, roles, teams
from bandeja.people.models import Action, Agent, AuditEntry, Subject
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db


def as_(agent: Agent) -> Client:
    Agent.objects.filter(pk=agent.pk).update(language="en")
    browser = Client()
    browser.force_login(agent)
    return browser


def lines(browser: Client, query: str = "") -> list[str]:
    return [f"{told.who} {told.what}" for told in browser.get(f"/settings/audit{query}").context["told"]]


def table(browser: Client, query: str = "") -> list[list[str]]:
    return list(csv.reader(io.StringIO(browser.get(f"/settings/audit.csv{query}").content.decode("utf-8-sig"))))


def happen(cast: Cast) -> None:
    """One change of each kind, by Ana and by Bruno."""
    rule = cast.rule(name="Ventas")
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.bruno)
    accounts.change(cast.chat, name="Web", by=cast.ana)
    role = roles.make(cast.workspace, name="Turno", permissions=["see_all"], by=cast.ana)
    members.change_role(cast.bruno, role.key, by=cast.ana)


def test_only_who_manages_people_reads_it(cast: Cast) -> None:
    for page in ("/settings/audit", "/settings/audit.csv"):
        assert as_(cast.bruno).get(page).status_code == 403
        assert Client().get(page).status_code == 302
        assert as_(cast.ana).get(page).status_code == 200


def test_it_reads_as_sentences_the_newest_first(cast: Cast) -> None:
    happen(cast)
    browser = as_(cast.ana)
    assert lines(browser)[:5] == [
        "Ana changed the role of Bruno",
        "Ana made the role “Turno”",
        "Ana changed the account “Web”",
        "Bruno turned off the rule “Ventas”",
        "Ana created the rule “Ventas”",
    ]
    page = browser.get("/settings/audit").content.decode()
    for told in (
        "Role: Seller → Turno",
        "Name: Chat web → Web",
        "State: On → Off",
        "Conversations: All conversations",
    ):
        assert told in page


def test_teams_idleness_assigning_and_erasures_read_as_sentences(cast: Cast) -> None:
    north = teams.save(cast.workspace, "Norte", members={cast.bruno.pk}, leaders=set(), by=cast.ana)
    assigning.save(cast.chat, Way.ROUND_ROBIN, team_id=north.pk, by=cast.ana)
    presence.judge(cast.workspace.pk, idle_after=None, idle_state="away", by=cast.ana)
    erase(cast.write("Lía").contact_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    browser = as_(cast.ana)
    assert lines(browser)[:4] == [
        "Ana erased a contact",
        "Ana changed the workspace",
        "Ana changed whom the account “Chat web” assigns to",
        "Ana made the team “Norte”",
    ]
    page = browser.get("/settings/audit").content.decode()
    for told in (
        "Messages: 1",
        "Idle after: 15 minutes → Never",
        "Whoever is idle counts as: Away, still receiving → Away",
        "A conversation that nobody has: Stays without owner → In turn",
        "To whom: – → Norte",
        "Members: Bruno",
    ):
        assert told in page, told
    assert len(table(browser, "?what=contact")) == 2


def test_another_workspaces_log_is_not_there(cast: Cast, carla: Cast) -> None:
    happen(cast)
    browser = as_(carla.ana)
    assert all("Ventas" not in line for line in lines(browser))
    assert lines(browser, f"?who={cast.ana.pk}") == lines(browser)
    assert "Ventas" not in browser.get("/settings/audit.csv").content.decode()


def test_it_is_filtered_by_who_what_and_when(cast: Cast, clock: Clock) -> None:
    happen(cast)
    clock.advance(days=3)
    roles.make(cast.workspace, name="Tarde", permissions=[], by=None)
    browser = as_(cast.ana)
    assert lines(browser, f"?who={cast.bruno.pk}") == ["Bruno turned off the rule “Ventas”"]
    assert lines(browser, "?who=system&what=role") == ["The system made the role “Tarde”"]
    assert len(lines(browser, "?what=rule")) == 2
    latest = AuditEntry.objects.order_by("-pk")[0].at.date()
    assert lines(browser, f"?since={latest}") == ["The system made the role “Tarde”"]
    assert "The system made the role “Tarde”" not in lines(browser, f"?until={latest.replace(day=1)}")
    assert table(browser, "?what=role&who=system")[1][1] == "The system"


@pytest.mark.parametrize(
    "query", ["?who=0", "?who=x", "?what=x", "?since=x", "?until=9999-12-31", "?before=x", "?before=" + "9" * 40]
)
def test_a_filter_that_makes_no_sense_hides_nothing(cast: Cast, query: str) -> None:
    happen(cast)
    assert len(lines(as_(cast.ana), query)) == AuditEntry.objects.filter(workspace_id=cast.workspace.pk).count()


def test_it_goes_on_page_by_page(cast: Cast) -> None:
    for number in range(60):
        audit.of_person(cast.bruno, Action.LINK_GIVEN, by=cast.ana, at=None)
        assert number >= 0
    browser = as_(cast.ana)
    first = browser.get("/settings/audit?what=person")
    assert len(first.context["told"]) == 50
    rest = browser.get(f"/settings/audit?what=person&before={first.context['older']}")
    assert len(rest.context["told"]) == 10
    assert rest.context["older"] is None
    assert len(table(browser, "?what=person")) == 61


def test_the_table_says_before_and_after_and_runs_nowhere(cast: Cast) -> None:
    accounts.change(cast.chat, name="=cmd()", by=cast.ana)
    head, row = table(as_(cast.ana), "?what=account")[:2]
    assert head == ["When", "Who", "About", "What", "Before", "After"]
    assert row[1:] == ["Ana", "Accounts", "changed the account “=cmd()”", "Name: Chat web", "Name: =cmd()"]
    roles.make(cast.workspace, name="Turno", permissions=[], by=None)
    Agent.objects.filter(pk=cast.ana.pk).update(name="=1+1")
    members.change_role(cast.bruno, "admin", by=Agent.objects.get(pk=cast.ana.pk))
    assert table(as_(cast.ana), "?what=person")[1][1] == "'=1+1"


def test_every_action_has_a_sentence() -> None:
    told = {action for _subject, action in SENTENCES}
    assert {action.value for action in Action} == told
    assert {subject for subject, _action in SENTENCES} == {each.value for each in Subject if each != Subject.RULE}
