"""Automatic assignment: to whom, to whom not, never twice, and never over what a person did."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bandeja.attendance import assigning
from bandeja.attendance.models import AutoAssignment, Way
from bandeja.conversations import events, lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.lifecycle import To
from bandeja.conversations.models import Cause, Conversation, EventKind
from bandeja.conversations.scope import Scope
from bandeja.people import presence, teams
from bandeja.people.models import Agent, State
from tests.cast import Cast


def assign() -> int:
    events.publish()
    return assigning.step()


def owner(conversation: Conversation) -> Agent | None:
    return Conversation.objects.get(pk=conversation.pk).owner


def owners(*conversations: Conversation) -> list[str]:
    return [str(owner(each) or "") for each in conversations]


def by_ana(cast: Cast) -> dict[str, Any]:
    return {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}


def test_nothing_is_assigned_unless_the_account_says_so(cast: Cast) -> None:
    lia = cast.write("lia")
    assert assign() == 0
    assert owner(lia) is None


def test_it_goes_to_the_same_person_and_bandeja_did_it(cast: Cast) -> None:
    assigning.save(cast.chat, Way.FIXED, agent_id=cast.bruno.pk, by=None)
    lia = cast.write("lia")
    assert assign() == 1
    event = lia.events.get(kind=EventKind.CONVERSATION_ASSIGNED)
    assert (owner(lia), event.actor_kind, event.data) == (
        cast.bruno, "system", {"before": None, "after": cast.bruno.pk},
    )  # fmt: skip


def test_what_was_open_before_stays_as_it_is(cast: Cast) -> None:
    lia = cast.write("lia")
    events.publish()
    assigning.save(cast.chat, Way.FIXED, agent_id=cast.bruno.pk, by=None)
    cast.write("lia")
    teo = cast.write("teo")
    assign()
    assert owners(lia, teo) == ["", "Bruno"]


def test_what_opens_again_without_owner_is_assigned_and_what_has_one_keeps_it(cast: Cast) -> None:
    lia, teo = cast.write("lia"), cast.write("teo")
    lifecycle.assign([teo.pk], cast.ana.pk, **by_ana(cast))
    lifecycle.close([lia.pk, teo.pk], reason="x", cause=Cause.AGENT, **by_ana(cast))
    events.publish()
    assigning.save(cast.chat, Way.FIXED, agent_id=cast.bruno.pk, by=None)
    for who in ("lia", "teo"):
        cast.write(who)
    assign()
    assert owners(lia, teo) == ["Bruno", "Ana"]


def test_it_goes_in_turn_and_goes_on_where_it_was(cast: Cast) -> None:
    assigning.save(cast.chat, Way.ROUND_ROBIN, by=None)
    first = [cast.write(f"a{number}") for number in range(3)]
    assign()
    second = [cast.write(f"b{number}") for number in range(2)]
    assign()
    assert owners(*first, *second) == ["Ana", "Bruno", "Ana", "Bruno", "Ana"]


def test_it_goes_to_whoever_has_the_fewest_open(cast: Cast) -> None:
    old = [cast.write(f"o{number}") for number in range(4)]
    lifecycle.assign([each.pk for each in old], cast.ana.pk, **by_ana(cast))
    lifecycle.close([old[0].pk], reason="x", cause=Cause.AGENT, **by_ana(cast))
    events.publish()
    assigning.save(cast.chat, Way.LEAST_BUSY, by=None)
    new = [cast.write(f"n{number}") for number in range(5)]
    assign()
    assert owners(*new) == ["Bruno", "Bruno", "Bruno", "Ana", "Bruno"]


def test_among_a_team_it_is_the_teams_too(cast: Cast) -> None:
    north = teams.save(cast.workspace, "Norte", members={cast.bruno.pk}, leaders=set(), by=None)
    assigning.save(cast.chat, Way.ROUND_ROBIN, team_id=north.pk, by=None)
    lia, teo = cast.write("lia"), cast.write("teo")
    assign()
    assert owners(lia, teo) == ["Bruno", "Bruno"]
    assert Conversation.objects.get(pk=lia.pk).team == north


def test_a_team_as_such_may_have_it(cast: Cast) -> None:
    north = teams.save(cast.workspace, "Norte", members={cast.bruno.pk}, leaders=set(), by=None)
    assigning.save(cast.chat, Way.FIXED, team_id=north.pk, by=None)
    lia = cast.write("lia")
    assign()
    row = Conversation.objects.get(pk=lia.pk)
    assert (row.owner, row.team) == (None, north)


@pytest.mark.parametrize("way", Way)
def test_whoever_is_away_is_given_nothing(cast: Cast, way: Way) -> None:
    assigning.save(cast.chat, way, agent_id=cast.bruno.pk if way == Way.FIXED else None, by=None)
    presence.choose(cast.bruno, State.AWAY)
    presence.choose(cast.ana, State.AWAY)
    lia = cast.write("lia")
    assert assign() == 1
    assert owner(lia) is None
    presence.choose(cast.bruno, State.RECEIVING)
    teo = cast.write("teo")
    assign()
    assert owners(lia, teo) == ["", "Bruno"]


def test_what_a_person_took_meanwhile_stays_theirs(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    north = teams.save(cast.workspace, "Norte", members={cast.bruno.pk}, leaders=set(), by=None)
    assigning.save(cast.chat, Way.FIXED, agent_id=cast.bruno.pk, by=None)
    lia, teo = cast.write("lia"), cast.write("teo")
    events.publish()
    lifecycle.assign([lia.pk], cast.ana.pk, **by_ana(cast))
    lifecycle.transfer([teo.pk], To(team_id=north.pk), **by_ana(cast))
    assign()
    assert owners(lia, teo) == ["Ana", ""]


def test_one_workspaces_people_are_not_anothers(cast: Cast, carla: Cast) -> None:
    presence.seen(carla.bruno)
    for shop in (cast, carla):
        assigning.save(shop.chat, Way.ROUND_ROBIN, by=None)
    lia, theirs = cast.write("lia"), carla.write("lia")
    assert assign() == 2
    assert owners(lia, theirs) == ["Ana", "Otro"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_give_each_away_once_and_in_turn(cast: Cast) -> None:
    assigning.save(cast.chat, Way.ROUND_ROBIN, by=None)
    many = [cast.write(f"c{number}") for number in range(12)]
    events.publish()

    seen: list[int] = []
    late = time.monotonic() + 30

    def work() -> None:
        while sum(seen) < len(many) and time.monotonic() < late:
            seen.append(assigning.step(limit=2))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert owners(*many) == ["Ana", "Bruno"] * 6
    for each in many:
        assert each.events.filter(kind=EventKind.CONVERSATION_ASSIGNED).count() == 1


def test_a_batch_that_fails_is_done_again_whole(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assigning.save(cast.chat, Way.ROUND_ROBIN, by=None)
    lia = cast.write("lia")
    events.publish()
    with monkeypatch.context() as broken:
        broken.setattr(assigning, "_give", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            assigning.step()
    assigning.step()
    assert owners(lia) == ["Ana"]


# On the account's page


def as_(agent: Agent) -> Client:
    Agent.objects.filter(pk=agent.pk).update(language="en")
    browser = Client()
    browser.force_login(agent)
    return browser


def test_an_administrator_says_to_whom(cast: Cast) -> None:
    ana, path = as_(cast.ana), f"/settings/accounts/{cast.chat.pk}"
    assert "stays without owner until somebody takes it" in ana.get(path).content.decode()
    ana.post(f"{path}/assigning", {"way": "fixed", "whom": cast.bruno.pk})
    assert AutoAssignment.objects.get().agent == cast.bruno
    assert "goes to Bruno" in ana.get(path).content.decode()
    ana.post(f"{path}/assigning", {"way": "round_robin", "whom": ""})
    assert (AutoAssignment.objects.get().way, AutoAssignment.objects.get().agent) == ("round_robin", None)
    ana.post(f"{path}/assigning", {"way": ""})
    assert not AutoAssignment.objects.exists()


@pytest.mark.parametrize(
    ("way", "whom"), [("fixed", ""), ("round_robin", "bruno"), ("x", ""), ("fixed", "carla"), ("fixed", "team-9")]
)
def test_what_makes_no_sense_is_refused(cast: Cast, carla: Cast, way: str, whom: str) -> None:
    known = {"bruno": str(cast.bruno.pk), "carla": str(carla.ana.pk)}
    answer = as_(cast.ana).post(
        f"/settings/accounts/{cast.chat.pk}/assigning", {"way": way, "whom": known.get(whom, whom)}
    )
    assert answer.status_code == 422
    assert not AutoAssignment.objects.exists()


def test_only_who_manages_accounts_says_so_and_only_of_theirs(cast: Cast, carla: Cast) -> None:
    said = {"way": "round_robin"}
    assert as_(cast.bruno).post(f"/settings/accounts/{cast.chat.pk}/assigning", said).status_code == 403
    assert as_(cast.ana).post(f"/settings/accounts/{carla.chat.pk}/assigning", said).status_code == 404
