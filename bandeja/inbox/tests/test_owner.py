"""Transferring a conversation on its screen: with a note, to a team, and when somebody else did so meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation, Direction
from bandeja.conversations.scope import Scope
from bandeja.inbox.tests.browser import Browser, told, words
from bandeja.people import teams
from bandeja.people.models import Team
from tests.cast import Cast


@pytest.fixture
def north(cast: Cast) -> Team:
    return teams.save(cast.workspace, "Norte", members={cast.bruno.pk}, leaders=set(), by=None)


@pytest.fixture
def give(cast: Cast) -> Callable[[Conversation, lifecycle.To], None]:
    """Somebody else gives a conversation away."""

    def give(conversation: Conversation, to: lifecycle.To) -> None:
        lifecycle.transfer([conversation.pk], to, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))

    return give


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.get(pk=conversation.pk)


def undo(answer: Any) -> Any:
    return json.loads(answer["HX-Trigger"])["toast"]["undo"]


def test_a_team_takes_it_and_gives_it_back_exactly(cast: Cast, ana: Browser, north: Team) -> None:
    lia = cast.write("Lía")
    ana.post(f"/inbox/{lia.pk}/owner", owner=cast.bruno.pk, seen="/")
    answer = ana.post(f"/inbox/{lia.pk}/owner", owner=f"team-{north.pk}", seen=f"{cast.bruno.pk}/")
    assert told(answer) == "Now Norte has it."
    assert "gave it to the team Norte" in ana.see(f"/inbox/{lia.pk}")
    ana.post(undo(answer)["url"], **undo(answer)["values"])
    assert (fresh(lia).owner, fresh(lia).team) == (cast.bruno, None)


def test_taking_back_does_not_undo_what_somebody_else_did_meanwhile(
    cast: Cast, ana: Browser, north: Team, give: Any
) -> None:
    lia = cast.write("Lía")
    answer = ana.post(f"/inbox/{lia.pk}/owner", owner=cast.bruno.pk, seen="/")
    give(lia, lifecycle.To(team_id=north.pk))
    assert told(ana.post(undo(answer)["url"], **undo(answer)["values"])) == (
        "Nothing was changed: Norte has it meanwhile."
    )
    assert fresh(lia).team == north


def test_whoever_has_it_meanwhile_is_told_and_keeps_it(cast: Cast, ana: Browser, give: Any) -> None:
    lia = cast.write("Lía")
    give(lia, lifecycle.To(cast.bruno.pk))
    answer = ana.post(f"/inbox/{lia.pk}/owner", owner=cast.ana.pk, seen="/")
    assert told(answer) == "Nothing was changed: Bruno has it meanwhile."
    assert fresh(lia).owner == cast.bruno


def test_a_note_goes_with_it_and_stands_when_it_was_refused(cast: Cast, ana: Browser, give: Any) -> None:
    lia = cast.write("Lía")
    assert 'name="seen" value="/"' in ana.get(f"/inbox/{lia.pk}/owner").content.decode()
    give(lia, lifecycle.To(cast.bruno.pk))
    sent = {"owner": cast.ana.pk, "note": "Quiere la azul", "unread": "on"}
    refused = ana.post(f"/inbox/{lia.pk}/owner", **sent, seen="/")
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "Bruno has it meanwhile" in words(html)
    assert f'name="seen" value="{cast.bruno.pk}/"' in html
    assert "Quiere la azul" in html
    assert not lia.messages.filter(direction=Direction.NOTE).exists()
    assert told(ana.post(f"/inbox/{lia.pk}/owner", **sent, seen=f"{cast.bruno.pk}/")) == "Now Ana has it."
    assert "Quiere la azul" in ana.see(f"/inbox/{lia.pk}")


def test_a_seller_who_gives_it_away_leaves_it(cast: Cast, bruno: Browser) -> None:
    lia = cast.write("Lía")
    answer = bruno.post(f"/inbox/{lia.pk}/owner", owner=cast.ana.pk, seen="/", note="Para ti")
    assert told(answer) == "Given away. You no longer see it."
    assert undo(answer) is None
    assert json.loads(answer["HX-Trigger"])["left"] == {"c": [lia.pk]}
    assert lia.messages.filter(direction=Direction.NOTE, author=cast.bruno).exists()


def test_the_contacts_owner_is_offered_by_name(
    cast: Cast, ana: Browser, give: Any, another_account: Callable[[str], Any]
) -> None:
    lia, shop = cast.write("Lía"), another_account("Otra línea")
    identity = {"account": shop, "workspace_id": lia.workspace_id, "kind": "visitor", "value": "otra"}
    lia.contact.identities.create(**identity)
    give(cast.write("otra", account=shop), lifecycle.To(cast.bruno.pk))
    assert "The contact's owner: Bruno" in ana.see(f"/inbox/{lia.pk}")
    assert told(ana.post(f"/inbox/{lia.pk}/owner", owner="contact", seen="/")) == "Now Bruno has it."
    assert "The contact's owner" not in ana.see(f"/inbox/{lia.pk}").replace("owner: Lía", "")


@pytest.mark.parametrize("seen", ["x", "1", "1/x", "/" * 9, "9" * 40 + "/", "\x00/"])
def test_what_was_seen_that_makes_no_sense_changes_nothing(cast: Cast, ana: Browser, seen: str) -> None:
    lia = cast.write("Lía")
    ana.post(f"/inbox/{lia.pk}/owner", owner=cast.bruno.pk, seen=seen)
    assert fresh(lia).owner is None


def test_the_list_shows_what_is_a_teams(cast: Cast, ana: Browser, north: Team, give: Any) -> None:
    waiting, taken, own, other = (cast.write(name) for name in ("Lía", "Mateo", "Vera", "Zoe"))
    give(waiting, lifecycle.To(team_id=north.pk))
    give(taken, lifecycle.To(cast.ana.pk, north.pk))
    give(own, lifecycle.To(cast.bruno.pk))
    give(other, lifecycle.To(cast.ana.pk))
    assert sorted(ana.names(owner=f"team-{north.pk}")) == ["Lía", "Mateo", "Vera"]
    assert ana.names(owner="team-999999") == []
    assert len(ana.names(owner="team-x")) == 4


def test_another_workspaces_team_shows_nothing_of_its_people(cast: Cast, carla: Cast, ana: Browser) -> None:
    theirs = teams.save(carla.workspace, "Sur", members={carla.ana.pk}, leaders=set(), by=None)
    cast.write("Lía")
    carla.write("Ajena")
    assert ana.names(owner=f"team-{theirs.pk}") == []


def test_closing_can_give_it_to_a_team(cast: Cast, ana: Browser, north: Team) -> None:
    """closing D8"""
    lia = cast.write("Lía")
    ana.post(f"/inbox/{lia.pk}/closure", reason="x", owner=f"team-{north.pk}", holder="/")
    assert (fresh(lia).status, fresh(lia).team) == ("closed", north)


def test_closing_says_that_it_was_not_transferred(cast: Cast, ana: Browser, give: Any) -> None:
    lia = cast.write("Lía")
    give(lia, lifecycle.To(cast.bruno.pk))
    answer = ana.post(f"/inbox/{lia.pk}/closure", reason="x", owner=cast.ana.pk, holder="/")
    assert "It was not transferred" in told(answer)
    assert (fresh(lia).status, fresh(lia).owner) == ("closed", cast.bruno)
