"""Somebody leaves: the door, their conversations, and what is refused."""

from __future__ import annotations

import pytest
from django.test import Client

from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Conversation
from bandeja.conversations.scope import Scope
from bandeja.inbox.settings import leaving
from bandeja.people import members, roles
from bandeja.people.links import make_agent
from bandeja.people.models import Agent, Membership, Team
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def as_(agent: Agent) -> Client:
    browser = Client()
    browser.force_login(agent)
    return browser


@pytest.fixture
def theirs(cast: Cast) -> dict[str, Conversation]:
    """Two open ones and a closed one of Bruno's, and one of Ana's."""
    chats = {name: cast.write(name) for name in ("lia", "sol", "paz", "luz")}
    scope, ana = Scope(cast.workspace.pk), Actor.agent(cast.ana)
    lifecycle.assign([chats[name].pk for name in ("lia", "sol", "paz")], cast.bruno.pk, scope=scope, by=ana)
    lifecycle.assign([chats["luz"].pk], cast.ana.pk, scope=scope, by=ana)
    lifecycle.close([chats["paz"].pk], reason="Listo", cause=Cause.AGENT, scope=scope, by=ana)
    return chats


def owners(chats: dict[str, Conversation]) -> dict[str, int | None]:
    return {name: Conversation.objects.get(pk=chat.pk).owner_id for name, chat in chats.items()}


def test_what_they_owned_goes_to_a_colleague(cast: Cast, theirs: dict[str, Conversation]) -> None:
    page = as_(cast.ana).get(f"/settings/people/{cast.bruno.pk}/leaving")
    assert (page.context["open"], page.context["closed"]) == (2, 1)
    given = {"owner": cast.ana.pk, "closed": "on"}
    assert as_(cast.ana).post(f"/settings/people/{cast.bruno.pk}/leaving", given)["location"] == "/settings/people"
    assert set(owners(theirs).values()) == {cast.ana.pk}
    assert not Agent.objects.get(pk=cast.bruno.pk).is_active
    events = Conversation.objects.get(pk=theirs["lia"].pk).events.filter(kind="conversation_assigned")
    assert events.count() == 2


def test_what_they_owned_goes_to_nobody_and_closed_ones_may_stay(cast: Cast, theirs: dict[str, Conversation]) -> None:
    as_(cast.ana).post(f"/settings/people/{cast.bruno.pk}/leaving", {})
    assert owners(theirs) == {"lia": None, "sol": None, "paz": cast.bruno.pk, "luz": cast.ana.pk}
    as_(cast.ana).post(f"/settings/people/{cast.bruno.pk}/leaving", {"owner": cast.ana.pk, "closed": "on"})
    assert owners(theirs)["paz"] == cast.ana.pk


def test_what_a_team_has_waits_within_the_team(cast: Cast, theirs: dict[str, Conversation]) -> None:
    team = Team.objects.create(workspace=cast.workspace, name="Ventas")
    Membership.objects.create(team=team, agent=cast.bruno)
    here, to = Scope(cast.workspace.pk), lifecycle.To(cast.bruno.pk, team.pk, exactly=True)
    lifecycle.transfer([theirs["lia"].pk], to, scope=here, by=Actor.agent(cast.ana))
    as_(cast.ana).post(f"/settings/people/{cast.bruno.pk}/leaving", {})
    lia, sol = (Conversation.objects.get(pk=theirs[name].pk) for name in ("lia", "sol"))
    assert (lia.owner_id, lia.team_id, sol.owner_id, sol.team_id) == (None, team.pk, None, None)


def test_more_than_a_batch_is_handed_over(
    cast: Cast, theirs: dict[str, Conversation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "BATCH", 1)
    as_(cast.ana).post(f"/settings/people/{cast.bruno.pk}/leaving", {"closed": "on"})
    assert cast.bruno.pk not in owners(theirs).values()


def test_who_sees_few_conversations_hands_all_of_them_over(cast: Cast, theirs: dict[str, Conversation]) -> None:
    role = roles.make(cast.workspace, name="RH", permissions=["manage_people", "manage_closing"], by=cast.ana)
    rita = make_agent(cast.workspace, "rita@tienda.example", role=role.key)
    members.change_role(cast.bruno, role.key, by=cast.ana)
    as_(rita).post(f"/settings/people/{cast.bruno.pk}/leaving", {"closed": "on"})
    assert cast.bruno.pk not in owners(theirs).values()


def test_what_is_not_allowed_changes_nothing(cast: Cast, carla: Cast, theirs: dict[str, Conversation]) -> None:
    before = owners(theirs)
    address = f"/settings/people/{cast.bruno.pk}/leaving"
    assert as_(cast.bruno).get(address).status_code == 403
    assert as_(cast.bruno).post(address).status_code == 403
    assert as_(carla.ana).post(address).status_code == 404
    for owner in (carla.ana.pk, cast.bruno.pk, "x", 10**30):
        assert as_(cast.ana).post(address, {"owner": owner}).status_code == 422
    as_(cast.ana).post(f"/settings/people/{cast.ana.pk}/leaving", {"owner": cast.bruno.pk})
    assert owners(theirs) == before
    assert Agent.objects.filter(pk__in=[cast.ana.pk, cast.bruno.pk], is_active=True).count() == 2


def test_a_colleague_who_left_meanwhile_gets_nothing(
    cast: Cast, theirs: dict[str, Conversation], monkeypatch: pytest.MonkeyPatch
) -> None:
    nora = make_agent(cast.workspace, "nora@tienda.example")
    deactivate = members.deactivate

    def both(agent: Agent, *, by: Agent | None) -> bool:
        deactivate(nora, by=by)
        return deactivate(agent, by=by)

    monkeypatch.setattr(members, "deactivate", both)
    address = f"/settings/people/{cast.bruno.pk}/leaving"
    assert as_(cast.ana).post(address, {"owner": nora.pk})["location"] == address
    assert nora.pk not in owners(theirs).values()


def test_who_does_not_see_all_hands_nothing_to_themselves(cast: Cast, theirs: dict[str, Conversation]) -> None:
    """They would see what they do not, and let the other in again."""
    few = ["manage_people", "see_unassigned", "manage_closing"]
    role = roles.make(cast.workspace, name="Coordinación", permissions=few, by=cast.ana)
    coco = make_agent(cast.workspace, "coco@tienda.example", role=role.key, name="Coco")
    before = owners(theirs)
    answer = as_(coco).post(f"/settings/people/{cast.bruno.pk}/leaving", {"owner": coco.pk, "closed": "on"})
    assert answer.status_code == 422
    assert owners(theirs) == before
    assert Agent.objects.get(pk=cast.bruno.pk).is_active
    as_(coco).post(f"/settings/people/{cast.bruno.pk}/leaving", {"owner": cast.ana.pk, "closed": "on"})
    assert set(owners(theirs).values()) == {cast.ana.pk}
