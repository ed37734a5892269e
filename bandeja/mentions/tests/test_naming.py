"""Who is named in a note, who is told of it, and when they have seen it."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation, Message
from bandeja.conversations.scope import Scope
from bandeja.mentions import naming
from bandeja.mentions.models import Mention
from bandeja.people import links, members
from bandeja.people.models import Agent
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def lia(cast: Cast) -> Conversation:
    return cast.write("Lía")


def note(cast: Cast, conversation: Conversation, text: str) -> Message:
    by = Actor.agent(cast.ana)
    return lifecycle.reply(conversation.pk, text, scope=Scope(cast.workspace.pk), by=by, note=True).message


def agent(cast: Cast, name: str) -> Agent:
    return links.make_agent(cast.workspace, f"{name.replace(' ', '.')}@tienda.example", name=name)


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("@Bruno ¿lo ves?", ["Bruno"]),
        ("¿Lo ves, @bruno?", ["Bruno"]),
        ("(@Bruno)\n@Bruno", ["Bruno"]),
        ("@María José, mira", ["María José"]),
        ("@María mira", ["María"]),
        ("@Bruno y @María", ["Bruno", "María"]),
        ("correo@Bruno", []),
        ("@Brunoooo", []),
        ("@@Bruno", []),
        ("@ Bruno", []),
        ("Bruno", []),
        ("@(.*)", []),
        ("", []),
    ],
)
def test_a_whole_name_after_an_at_is_meant(text: str, whom: list[str]) -> None:
    people = [Agent(pk=pk, name=name) for pk, name in enumerate(("Bruno", "María", "María José"), start=1)]
    assert [str(each) for each in naming.named(text, people)] == whom


def test_two_people_of_one_name_are_both_meant() -> None:
    people = [Agent(pk=1, name="Bruno"), Agent(pk=2, name="BRUNO")]
    assert len(naming.named("@bruno", people)) == 2


def test_a_text_names_nobody_where_there_is_nobody() -> None:
    assert naming.named("@Bruno", []) == []


def test_a_note_tells_whom_it_names_but_not_oneself(cast: Cast, lia: Conversation) -> None:
    naming.record(note(cast, lia, "@Bruno @Ana ¿la llamamos?"))
    mention = Mention.objects.get()
    assert (mention.agent, mention.conversation, mention.seen_at) == (cast.bruno, lia, None)


def test_who_may_not_see_the_conversation_is_not_told(cast: Cast, lia: Conversation) -> None:
    nora = agent(cast, "Nora")
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    lia.refresh_from_db()
    naming.record(note(cast, lia, "@Nora @Bruno"))
    assert Mention.objects.get().agent == cast.bruno
    assert naming.offered(lia, "nor", to=cast.ana) == []
    assert nora.is_active


def test_who_left_is_neither_told_nor_offered(cast: Cast, lia: Conversation) -> None:
    members.deactivate(cast.bruno, by=cast.ana)
    assert naming.record(note(cast, lia, "@Bruno")) == []
    assert naming.offered(lia, "", to=cast.ana) == []


def test_people_of_another_workspace_are_not_named(cast: Cast, carla: Cast, lia: Conversation) -> None:
    assert naming.record(note(cast, lia, "@Carla")) == []
    assert [str(each) for each in naming.offered(lia, "", to=cast.ana)] == ["Bruno"]


def test_people_are_offered_by_name_or_address_a_few_at_a_time(cast: Cast, lia: Conversation) -> None:
    for number in range(12):
        agent(cast, f"Mateo {number}")
    assert len(naming.offered(lia, "mateo", to=cast.ana)) == naming.OFFERED
    assert naming.offered(lia, "BRUNO@", to=cast.ana) == [cast.bruno]


def test_naming_costs_the_same_queries_however_many_there_are(
    cast: Cast, lia: Conversation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        agent(cast, f"Mateo {number}")
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    lia.refresh_from_db()
    with django_assert_num_queries(2):
        assert naming.offered(lia, "", to=cast.ana) == [cast.bruno]


def test_a_mention_is_seen_once(cast: Cast, lia: Conversation) -> None:
    naming.record(note(cast, lia, "@Bruno"))
    assert naming.see(cast.ana, lia.pk) == 0
    assert naming.see(cast.bruno, lia.pk) == 1
    seen_at = Mention.objects.get().seen_at
    assert seen_at is not None
    assert naming.see(cast.bruno, lia.pk) == 0
    assert Mention.objects.get().seen_at == seen_at
