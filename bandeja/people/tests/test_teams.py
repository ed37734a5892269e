"""Teams: who makes and changes them, who only reads, and what becomes of what a deleted one had."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.people import teams
from bandeja.people.models import Agent, Membership, Permission, Role, Team
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def as_(agent: Agent) -> Client:
    Agent.objects.filter(pk=agent.pk).update(language="en")
    browser = Client()
    browser.force_login(agent)
    return browser


def inside(team: Team) -> set[tuple[str, bool]]:
    return set(Membership.objects.filter(team=team).values_list("agent__name", "leads"))


def test_an_administrator_makes_and_changes_a_team(cast: Cast) -> None:
    ana = as_(cast.ana)
    ana.post("/settings/teams/new", {"name": " Norte ", "members": [cast.bruno.pk]})
    team = Team.objects.get()
    assert (team.name, inside(team)) == ("Norte", {("Bruno", False)})
    ana.post(f"/settings/teams/{team.pk}", {"name": "Sur", "leaders": [cast.ana.pk]})
    team.refresh_from_db()
    assert (team.name, inside(team)) == ("Sur", {("Ana", True)})
    assert "leads it" in ana.get("/settings/teams").content.decode()


def test_a_seller_reads_and_changes_nothing(cast: Cast) -> None:
    team = teams.save(cast.workspace, "Norte", members={cast.bruno.pk}, leaders=set(), by=None)
    bruno = as_(cast.bruno)
    assert "Norte" in bruno.get("/settings/teams").content.decode()
    for path in ("new", str(team.pk), f"{team.pk}/deletion"):
        assert bruno.post(f"/settings/teams/{path}", {"name": "x", "leaders": [cast.bruno.pk]}).status_code == 403
    assert inside(team) == {("Bruno", False)}


def test_whoever_manages_people_but_does_not_see_all_makes_no_leaders(cast: Cast) -> None:
    Role.objects.filter(pk=cast.bruno.role_id).update(permissions=[Permission.MANAGE_PEOPLE])
    assert as_(cast.bruno).post("/settings/teams/new", {"name": "x"}).status_code == 403


def test_another_workspaces_team_and_people_are_not_found(cast: Cast, carla: Cast) -> None:
    theirs = teams.save(carla.workspace, "Norte", members=set(), leaders=set(), by=None)
    ana = as_(cast.ana)
    for path in (f"{theirs.pk}", f"{theirs.pk}/deletion"):
        assert ana.post(f"/settings/teams/{path}", {"name": "x"}).status_code == 404
    answer = ana.post("/settings/teams/new", {"name": "Mío", "members": [carla.bruno.pk]})
    assert answer.status_code == 422
    assert not Team.objects.filter(workspace=cast.workspace).exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "nOrTe", "\x00"])
def test_a_name_that_will_not_do_is_refused_beside_the_field(cast: Cast, name: str) -> None:
    teams.save(cast.workspace, "Norte", members=set(), leaders=set(), by=None)
    data: dict[str, Any] = {"name": name, "members": [cast.bruno.pk]}
    answer = as_(cast.ana).post("/settings/teams/new", data)
    assert answer.status_code == 422
    assert f'name="members" value="{cast.bruno.pk}" checked' in answer.content.decode()
    assert Team.objects.count() == 1


def test_a_deactivated_member_is_of_the_team_again_when_they_come_back(cast: Cast) -> None:
    team = teams.save(cast.workspace, "Norte", members={cast.bruno.pk}, leaders=set(), by=None)
    Agent.objects.filter(pk=cast.bruno.pk).update(is_active=False)
    teams.save(cast.workspace, "Norte", members={cast.ana.pk}, leaders=set(), team=team, by=None)
    assert inside(team) == {("Ana", False), ("Bruno", False)}


def test_what_a_deleted_team_had_stays_its_owners_or_is_nobodys(cast: Cast) -> None:
    team = teams.save(cast.workspace, "Norte", members={cast.bruno.pk}, leaders=set(), by=None)
    owned, waiting = cast.write("lia"), cast.write("teo")
    by: dict[str, Any] = {"scope": Scope(cast.workspace.pk), "by": Actor.agent(cast.ana)}
    lifecycle.transfer([owned.pk, waiting.pk], lifecycle.To(team_id=team.pk), **by)
    lifecycle.assign([owned.pk], cast.bruno.pk, **by)
    as_(cast.ana).post(f"/settings/teams/{team.pk}/deletion")
    assert list(Conversation.objects.order_by("pk").values_list("owner", flat=True)) == [cast.bruno.pk, None]
    assert not Conversation.objects.exclude(team=None).exists()
