"""The collision notice: who is told that somebody looks at a conversation or writes in it, and who never is."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from bandeja.conversations.models import Conversation
from bandeja.inbox.tests.browser import Browser
from bandeja.people import links, members
from bandeja.people.models import Agent, Team
from tests.cast import Cast
from tests.server import address

pytestmark = pytest.mark.django_db(transaction=True)


class Ear:
    """Hears what is said to agents' streams."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self._connection = connection

    def told(self) -> dict[int, object]:
        """What each agent heard since it was asked last."""
        heard = [json.loads(said.payload) for said in self._connection.notifies(timeout=0.3)]
        return {agent: word["d"] for word in heard for agent in word["a"]}


@pytest.fixture
def ear(db: None) -> Iterator[Ear]:
    with psycopg.connect(address(), autocommit=True) as connection:
        connection.execute("listen bandeja_word")
        yield Ear(connection)


def nora(cast: Cast) -> Agent:
    return links.make_agent(cast.workspace, "nora@tienda.example", name="Nora")


def own(conversation: Conversation, agent: Agent | None) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(owner=agent)


def test_colleagues_who_may_see_it_are_told_and_oneself_is_not(cast: Cast, bruno: Browser, ear: Ear) -> None:
    conversation, other = cast.write("Lía"), nora(cast)
    assert bruno.post(f"/inbox/{conversation.pk}/presence", doing="writing").status_code == 204
    said = {"c": conversation.pk, "a": cast.bruno.pk, "doing": "writing"}
    assert ear.told() == {cast.ana.pk: said, other.pk: said}


def test_a_seller_is_not_told_of_a_conversation_of_another(cast: Cast, ana: Browser, ear: Ear) -> None:
    conversation, other = cast.write("Lía"), nora(cast)
    own(conversation, cast.bruno)
    ana.post(f"/inbox/{conversation.pk}/presence", doing="viewing")
    assert set(ear.told()) == {cast.bruno.pk}
    own(conversation, other)
    ana.post(f"/inbox/{conversation.pk}/presence", doing="viewing")
    assert set(ear.told()) == {other.pk}


def test_nobody_of_another_workspace_is_told_or_can_tell(cast: Cast, carla: Cast, ana: Browser, ear: Ear) -> None:
    conversation = cast.write("Lía")
    assert Browser(carla.ana).post(f"/inbox/{conversation.pk}/presence", doing="viewing").status_code == 404
    assert ear.told() == {}
    ana.post(f"/inbox/{conversation.pk}/presence", doing="viewing")
    assert set(ear.told()) == {cast.bruno.pk}


def test_who_was_deactivated_is_not_told(cast: Cast, ana: Browser, ear: Ear) -> None:
    conversation = cast.write("Lía")
    members.deactivate(cast.bruno, by=None)
    ana.post(f"/inbox/{conversation.pk}/presence", doing="viewing")
    assert ear.told() == {}


def test_a_seller_cannot_tell_of_what_they_may_not_see(cast: Cast, bruno: Browser, ear: Ear) -> None:
    conversation = cast.write("Lía")
    own(conversation, cast.ana)
    assert bruno.post(f"/inbox/{conversation.pk}/presence", doing="viewing").status_code == 404
    assert ear.told() == {}


@pytest.mark.parametrize("doing", ["", "sleeping", "x" * 5000])
def test_only_what_a_person_can_do_is_passed_on(cast: Cast, ana: Browser, ear: Ear, doing: str) -> None:
    conversation = cast.write("Lía")
    assert ana.post(f"/inbox/{conversation.pk}/presence", doing=doing).status_code == 422
    assert ear.told() == {}


def test_what_a_scope_holds_is_what_its_filter_finds(cast: Cast, carla: Cast) -> None:
    from bandeja.conversations.scope import Scope

    of_ana, of_bruno, of_nobody, elsewhere = (
        cast.write("1"), cast.write("2"), cast.write("3"), carla.write("4"),
    )  # fmt: skip
    own(of_ana, cast.ana)
    own(of_bruno, cast.bruno)
    team = Team.objects.create(workspace=cast.workspace, name="Ventas")
    of_team, taken = cast.write("5"), cast.write("6")
    Conversation.objects.filter(pk__in=[of_team.pk, taken.pk]).update(team=team)
    own(taken, cast.bruno)
    for scope in (
        Scope.of(cast.ana), Scope.of(cast.bruno), Scope(cast.workspace.pk, cast.bruno.pk),
        Scope(cast.workspace.pk, account_id=cast.chat.pk), Scope(cast.workspace.pk, account_id=carla.chat.pk),
        Scope(cast.workspace.pk, 0, teams=(team.pk,)), Scope(cast.workspace.pk, 0, led=(team.pk,)),
        Scope(cast.workspace.pk, 0, unassigned=True, led=(team.pk,), guided=(cast.bruno.pk,)),
    ):  # fmt: skip
        found = set(scope.filter(Conversation.objects.all()).values_list("pk", flat=True))
        every = Conversation.objects.filter(
            pk__in=[each.pk for each in (of_ana, of_bruno, of_nobody, elsewhere, of_team, taken)]
        )
        assert {each.pk for each in every if scope.holds(each)} == found
