"""Whether people are there: chosen by hand, judged by idleness, and shown beside their names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from bandeja.people import presence
from bandeja.people.models import Agent, Presence, State, Workspace
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


def as_(agent: Agent) -> Client:
    Agent.objects.filter(pk=agent.pk).update(language="en")
    browser = Client()
    browser.force_login(agent)
    return browser


def receive(cast: Cast) -> set[str]:
    return {agent.name for agent in presence.receivers(cast.workspace.pk)}


def test_whoever_never_came_in_is_away_and_receives_nothing(cast: Cast) -> None:
    assert presence.state_of(cast.bruno) == State.AWAY
    as_(cast.bruno).post("/presence/seen")
    assert presence.state_of(cast.bruno) == State.ONLINE
    assert receive(cast) == {"Bruno"}


@pytest.mark.parametrize(("idle_state", "receives"), [(State.RECEIVING, True), (State.AWAY, False)])
def test_whoever_does_nothing_for_long_counts_as_the_workspace_says(
    cast: Cast, clock: Clock, idle_state: State, receives: bool
) -> None:
    Workspace.objects.update(idle_state=idle_state)
    presence.seen(cast.bruno)
    clock.advance(minutes=15)
    assert presence.state_of(cast.bruno) == State.ONLINE
    clock.advance(seconds=1)
    assert presence.state_of(cast.bruno) == idle_state
    assert ("Bruno" in receive(cast)) is receives
    as_(cast.bruno).post("/presence/seen")
    assert presence.state_of(cast.bruno) == State.ONLINE


def test_nobody_is_idle_where_the_workspace_does_not_say_so(cast: Cast, clock: Clock) -> None:
    as_(cast.ana).post("/settings/workspace/idle", {"idle_after": "", "idle_state": "away"})
    presence.seen(cast.bruno)
    clock.advance(days=30)
    assert presence.state_of(cast.bruno) == State.ONLINE


def test_what_was_chosen_stands_whatever_one_does(cast: Cast, clock: Clock) -> None:
    bruno = as_(cast.bruno)
    assert 'aria-pressed="true"' in bruno.post("/presence", {"state": "away"}).content.decode()
    clock.advance(hours=3)
    bruno.post("/presence/seen")
    bruno.post("/presence", {"state": "away"})
    chosen = Presence.objects.get(agent=cast.bruno)
    assert (chosen.state, chosen.chosen_at, chosen.seen_at) == (State.AWAY, NOON, NOON + timedelta(hours=3))
    assert presence.state_of(cast.bruno) == State.AWAY


@pytest.mark.parametrize("state", ["", "x", "ONLINE", "\x00"])
def test_a_state_there_is_not_changes_nothing(cast: Cast, state: str) -> None:
    assert as_(cast.bruno).post("/presence", {"state": state}).status_code == 422
    assert not Presence.objects.exists()


def test_only_who_manages_people_says_when_one_is_idle(cast: Cast) -> None:
    assert as_(cast.bruno).post("/settings/workspace/idle", {"idle_state": "away"}).status_code == 403
    ana = as_(cast.ana)
    assert ana.post("/settings/workspace/idle", {"idle_after": "7", "idle_state": "away"}).status_code == 422
    ana.post("/settings/workspace/idle", {"idle_after": "30", "idle_state": "away"})
    cast.workspace.refresh_from_db()
    assert (cast.workspace.idle_after, cast.workspace.idle_state) == (timedelta(minutes=30), State.AWAY)
    assert '<option value="30" selected>' in ana.get("/settings/workspace").content.decode()


def test_a_state_needs_somebody_signed_in(client: Client) -> None:
    for path in ("/presence", "/presence/seen", "/settings/profile/away"):
        assert client.post(path)["location"].startswith("/accounts/login/")


def test_states_stand_beside_the_names(cast: Cast) -> None:
    presence.choose(cast.bruno, State.RECEIVING)
    ana = as_(cast.ana)
    assert 'class="there receiving"' in ana.get("/settings/people").content.decode()
    lia = cast.write("lia")
    assert 'class="there receiving"' in ana.get(f"/inbox/{lia.pk}").content.decode()
    assert "Bruno · Away, still receiving" in ana.get(f"/inbox/{lia.pk}/owner").content.decode()


def test_an_automatic_reply_is_kept_and_one_too_long_is_refused(cast: Cast) -> None:
    bruno = as_(cast.bruno)
    bruno.post("/settings/profile/away", {"reply": " Vuelvo mañana "})
    bruno.post("/settings/profile/away", {"reply": "x" * 1_001})
    assert Presence.objects.get(agent=cast.bruno).reply == "Vuelvo mañana"
    assert "Vuelvo mañana" in bruno.get("/settings/profile").content.decode()
