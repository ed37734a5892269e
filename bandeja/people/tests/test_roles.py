"""Roles: what each allows, everywhere at once; and that nobody gives what they do not have."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from bandeja.conversations.scope import Scope
from bandeja.people import members, roles, teams
from bandeja.people.guard import Beyond, LastAdministrator
from bandeja.people.links import make_agent
from bandeja.people.models import Action, Agent, AuditEntry, Permission, Role, Subject
from tests.cast import Cast

pytestmark = pytest.mark.django_db

MANAGER = [Permission.MANAGE_PEOPLE, Permission.SEE_UNASSIGNED]


def as_(agent: Agent) -> Client:
    browser = Client()
    browser.force_login(agent)
    return browser


def manager(cast: Cast, permissions: Sequence[str] = MANAGER) -> Agent:
    """Somebody who manages people and little else."""
    role = roles.make(cast.workspace, name="Coordinación", permissions=permissions, by=cast.ana)
    return make_agent(cast.workspace, "coco@tienda.example", role=role.key, name="Coco")


def test_an_administrator_makes_a_role_and_gives_it(cast: Cast) -> None:
    given = {"name": "  Jefa   de turno ", "reach": "all", "duties": ["see_reports", "manage_closing"]}
    assert as_(cast.ana).post("/settings/roles/new", given)["location"] == "/settings/roles"
    role = Role.objects.get(name="Jefa de turno")
    assert role.permissions == ["manage_closing", "see_all", "see_unassigned", "see_reports"]
    as_(cast.ana).post(f"/settings/people/{cast.bruno.pk}/role", {"role": role.key})
    cast.bruno.refresh_from_db()
    assert cast.bruno.role == role
    assert "Jefa de turno" in as_(cast.ana).get("/settings/people").content.decode()


@pytest.mark.parametrize(
    ("permissions", "seen"),
    [([], {"mine"}), (["see_unassigned"], {"mine", "nobodys"}), (["see_all"], {"mine", "nobodys", "anas"})],
)
def test_what_a_role_sees_is_the_same_on_screen_and_in_bulk(
    cast: Cast, permissions: list[str], seen: set[str]
) -> None:
    chats = {"mine": cast.write("a", "uno"), "nobodys": cast.write("b", "dos"), "anas": cast.write("c", "tres")}
    role = roles.make(cast.workspace, name="Otra", permissions=permissions, by=cast.ana)
    bruno = Agent.objects.get(pk=cast.bruno.pk)
    members.change_role(bruno, role.key, by=cast.ana)
    bruno.refresh_from_db()
    for who, agent in (("mine", bruno), ("anas", cast.ana)):
        chats[who].owner = agent
        chats[who].save(update_fields=["owner"])
    browser = as_(bruno)
    assert {who for who, chat in chats.items() if browser.get(f"/inbox/{chat.pk}").status_code == 200} == seen
    found = Scope.of(bruno).filter(type(chats["mine"]).objects.all())
    assert {who for who, chat in chats.items() if chat in found} == seen
    browser.post("/inbox/owner", {"ids": ",".join(str(chat.pk) for chat in chats.values()), "owner": bruno.pk})
    for chat in chats.values():
        chat.refresh_from_db()
    assert {who for who, chat in chats.items() if chat.owner == bruno} == seen


def test_a_permission_taken_away_counts_from_the_next_click(cast: Cast) -> None:
    browser = as_(cast.bruno)
    assert browser.get("/settings/closing").status_code == 200
    role = cast.bruno.role
    as_(cast.ana).post(f"/settings/roles/{role.pk}", {"reach": "own", "duties": []})
    assert browser.get("/settings/closing").status_code == 403


def test_the_sellers_role_keeps_its_name(cast: Cast) -> None:
    as_(cast.ana).post(f"/settings/roles/{cast.bruno.role_id}", {"reach": "own", "name": "Otra"})
    assert (Role.objects.get(pk=cast.bruno.role_id).name, Role.objects.get(pk=cast.bruno.role_id).permissions) == (
        "",
        [],
    )


def test_the_administrators_role_cannot_be_changed_or_deleted(cast: Cast) -> None:
    browser, role = as_(cast.ana), cast.ana.role
    assert browser.get(f"/settings/roles/{role.pk}").status_code == 404
    assert browser.post(f"/settings/roles/{role.pk}", {"reach": "own"}).status_code == 404
    assert browser.post(f"/settings/roles/{role.pk}/deletion").status_code == 404
    assert browser.post(f"/settings/roles/{cast.bruno.role_id}/deletion", {"instead": "admin"}).status_code == 404
    with pytest.raises(Role.DoesNotExist):
        roles.change(role, permissions=[], by=None)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"name": " ", "reach": "own"},
        {"name": "x" * 61, "reach": "own"},
        {"name": "Otra", "reach": "everything"},
        {"name": "Otra", "reach": "own", "duties": ["be_god"]},
        {"name": "vendedor", "reach": "own"},
        {"name": "ADMINISTRATOR", "reach": "own"},
        {"name": "coordinación", "reach": "own"},
        {"name": "\x00", "reach": "own"},
    ],
)
def test_a_bad_role_is_refused_beside_the_field(cast: Cast, given: dict[str, str]) -> None:
    roles.make(cast.workspace, name="Coordinación", permissions=[], by=cast.ana)
    answer = as_(cast.ana).post("/settings/roles/new", given)
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert Role.objects.filter(workspace=cast.workspace).count() == 3


def test_nobody_makes_a_role_with_more_than_they_have(cast: Cast) -> None:
    coco = manager(cast)
    refused = as_(coco).post("/settings/roles/new", {"name": "Todo", "reach": "all"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["reach"])
    with pytest.raises(Beyond):
        roles.make(cast.workspace, name="Todo", permissions=["manage_accounts"], by=coco)


def test_nobody_gives_or_takes_what_they_do_not_have(cast: Cast) -> None:
    coco = manager(cast)
    browser, bruno = as_(coco), cast.bruno
    browser.post(f"/settings/people/{bruno.pk}/role", {"role": "admin"})
    browser.post(f"/settings/people/{cast.ana.pk}/role", {"role": coco.role.key})
    browser.post(f"/settings/people/{cast.ana.pk}/leaving")
    browser.post(f"/settings/people/{cast.ana.pk}/link")
    assert "people_link" not in browser.session
    assert browser.post("/settings/people", {"email": "x@y.example", "role": "admin"}).status_code == 422
    assert browser.get(f"/settings/roles/{bruno.role_id}").status_code == 404
    assert browser.post(f"/settings/roles/{bruno.role_id}", {"reach": "own"}).status_code == 404
    ana = Agent.objects.get(pk=cast.ana.pk)
    assert (ana.is_active, ana.role.key, Agent.objects.get(pk=bruno.pk).role.key) == (True, "admin", "seller")


def test_nobody_becomes_the_leader_of_a_team_who_does_not_see_all(cast: Cast) -> None:
    """Their link, or their password alone, would be the team's conversations."""
    marta = manager(cast, [*MANAGER, Permission.MANAGE_CLOSING])
    assert members.give_link(cast.bruno, "http://here", by=marta)
    teams.save(cast.workspace, "Norte", members=set(), leaders={cast.bruno.pk}, by=cast.ana)
    for verb in (partial(members.give_link, url="http://here"), members.remove_second_step):
        with pytest.raises(Beyond):
            verb(cast.bruno, by=marta)
    assert members.give_link(cast.bruno, "http://here", by=cast.ana)


def test_an_invitation_that_nobody_followed_is_no_administrator(cast: Cast) -> None:
    Agent.objects.filter(pk=cast.ana.pk).update(last_login=timezone.now())
    members.invite(cast.workspace, "typo@example.com", role="admin", by=cast.ana)
    with pytest.raises(LastAdministrator):
        members.change_role(cast.ana, "seller", by=cast.ana)
    Agent.objects.filter(email="typo@example.com").update(last_login=timezone.now())
    assert members.change_role(cast.ana, "seller", by=cast.ana)


def test_whoever_has_lost_the_right_meanwhile_is_refused(cast: Cast) -> None:
    coco = manager(cast)
    roles.change(coco.role, name="", permissions=[], by=cast.ana)
    with pytest.raises(Beyond):
        members.deactivate(cast.bruno, by=coco)


def test_another_workspaces_role_is_not_there(cast: Cast, carla: Cast) -> None:
    role = roles.make(cast.workspace, name="Turno", permissions=[], by=cast.ana)
    browser = as_(carla.ana)
    assert browser.get(f"/settings/roles/{role.pk}").status_code == 404
    assert browser.post(f"/settings/roles/{role.pk}", {"name": "Mía", "reach": "own"}).status_code == 404
    assert browser.post(f"/settings/roles/{role.pk}/deletion").status_code == 404
    assert browser.post(f"/settings/people/{carla.bruno.pk}/role", {"role": role.key}).status_code == 404
    assert "Turno" not in browser.get("/settings/roles").content.decode()


def test_sellers_do_not_see_roles(cast: Cast) -> None:
    for page in ("/settings/roles", "/settings/roles/new", f"/settings/roles/{cast.bruno.role_id}"):
        assert as_(cast.bruno).get(page).status_code == 403
        assert Client().get(page).status_code == 302


def test_a_role_nobody_has_is_deleted(cast: Cast) -> None:
    role = roles.make(cast.workspace, name="Turno", permissions=[], by=cast.ana)
    as_(cast.ana).post(f"/settings/roles/{role.pk}/deletion")
    assert not Role.objects.filter(pk=role.pk).exists()


def test_a_role_that_people_have_is_deleted_only_with_another_for_them(cast: Cast) -> None:
    coco = manager(cast)
    browser, role = as_(cast.ana), coco.role
    for instead in ({}, {"instead": "nothing"}, {"instead": role.key}):
        browser.post(f"/settings/roles/{role.pk}/deletion", instead)
        assert Role.objects.filter(pk=role.pk).exists()
    browser.post(f"/settings/roles/{role.pk}/deletion", {"instead": "seller"})
    assert not Role.objects.filter(pk=role.pk).exists()
    assert Agent.objects.get(pk=coco.pk).role.key == "seller"
    said = AuditEntry.objects.filter(subject__in=[Subject.ROLE, Subject.PERSON]).order_by("-pk")[:2]
    assert [entry.action for entry in said] == [Action.DELETED, Action.CHANGED]


def test_a_custom_role_with_everything_does_not_stand_in_for_an_administrator(cast: Cast) -> None:
    role = roles.make(cast.workspace, name="Casi", permissions=list(Permission), by=cast.ana)
    make_agent(cast.workspace, "casi@tienda.example", role=role.key)
    with pytest.raises(LastAdministrator):
        members.change_role(cast.ana, role.key, by=cast.ana)
    assert Agent.objects.get(pk=cast.ana.pk).role.key == Role.ADMIN


@pytest.mark.django_db(transaction=True)
def test_of_two_who_make_the_same_role_at_once_one_is_refused(cast: Cast) -> None:
    outcomes: list[str] = []

    def make() -> None:
        try:
            roles.make(cast.workspace, name="Turno", permissions=[], by=cast.ana)
            outcomes.append("made")
        except roles.NameTaken:
            outcomes.append("taken")
        finally:
            connection.close()

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "taken"]
