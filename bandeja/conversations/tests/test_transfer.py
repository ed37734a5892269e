"""Handing conversations over: to whom, what the row and the thread say of it, and two people who do so at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.lifecycle import Holder, To
from bandeja.conversations.models import Cause, Conversation, Direction, EventKind
from bandeja.conversations.scope import Scope
from bandeja.people import teams
from bandeja.people.clock import database_now
from bandeja.people.models import Agent, Team
from tests.cast import Cast

MINUTE = timedelta(minutes=1)


@pytest.fixture
def by_ana(cast: Cast) -> dict[str, Any]:
    return {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}


@pytest.fixture
def north(cast: Cast) -> Team:
    """A team of Bruno's."""
    return teams.save(cast.workspace, "Norte", members={cast.bruno.pk}, leaders=set(), by=None)


def has(conversation: Conversation) -> tuple[int | None, int | None]:
    row = Conversation.objects.get(pk=conversation.pk)
    return row.owner_id, row.team_id


def another(cast: Cast, conversation: Conversation, account: Any) -> Conversation:
    """The same contact writes on another account."""
    value = f"v{account.pk}"
    conversation.contact.identities.create(
        account=account, workspace_id=conversation.workspace_id, kind="visitor", value=value
    )
    return cast.write(value, account=account)


# To whom


def test_a_team_takes_it_and_a_member_takes_it_within_the_team(
    cast: Cast, north: Team, by_ana: dict[str, Any]
) -> None:
    lia = cast.write("lia")
    lifecycle.assign([lia.pk], cast.ana.pk, **by_ana)
    assert lifecycle.transfer([lia.pk], To(team_id=north.pk), **by_ana).changed == [lia.pk]
    assert has(lia) == (None, north.pk)
    lifecycle.assign([lia.pk], cast.bruno.pk, **by_ana)
    assert has(lia) == (cast.bruno.pk, north.pk)


def test_whoever_is_not_of_the_team_takes_it_out_of_it(cast: Cast, north: Team, by_ana: dict[str, Any]) -> None:
    lia = cast.write("lia")
    for target in (To(cast.ana.pk), To(), To(cast.bruno.pk, exactly=True)):
        lifecycle.transfer([lia.pk], To(team_id=north.pk), **by_ana)
        lifecycle.transfer([lia.pk], target, **by_ana)
        assert has(lia) == (target.owner_id, None)


def test_the_event_says_the_team_by_its_name(cast: Cast, north: Team, by_ana: dict[str, Any]) -> None:
    lia = cast.write("lia")
    lifecycle.transfer([lia.pk], To(team_id=north.pk), **by_ana)
    lifecycle.transfer([lia.pk], To(cast.ana.pk), **by_ana)
    given, taken = lia.events.filter(kind=EventKind.CONVERSATION_ASSIGNED).order_by("pk")
    assert given.data == {"before": None, "after": None, "team": north.pk, "team_name": "Norte"}
    assert taken.data == {"before": None, "after": cast.ana.pk, "team_before": north.pk}
    assert (given.actor_kind, given.actor_id) == ("agent", cast.ana.pk)


def test_a_team_of_another_workspace_takes_nothing(cast: Cast, carla: Cast, by_ana: dict[str, Any]) -> None:
    theirs = teams.save(carla.workspace, "Sur", members=set(), leaders=set(), by=None)
    lia = cast.write("lia")
    for team_id in (theirs.pk, 2**62):
        with pytest.raises(lifecycle.UnknownOwner):
            lifecycle.transfer([lia.pk], To(team_id=team_id), **by_ana)
    assert has(lia) == (None, None)


def test_the_contacts_owner_is_who_has_their_other_conversation_written_in_last(
    cast: Cast, by_ana: dict[str, Any], another_account: Callable[[str], Any]
) -> None:
    lia, teo = cast.write("lia"), cast.write("teo")
    older, newer = (another(cast, lia, another_account(name)) for name in ("Uno", "Dos"))
    lifecycle.assign([older.pk], cast.ana.pk, **by_ana)
    lifecycle.assign([newer.pk], cast.bruno.pk, **by_ana)
    outcome = lifecycle.transfer([lia.pk, teo.pk], To(contacts_owner=True), **by_ana)
    assert (outcome.changed, outcome.ownerless) == ([lia.pk], [teo.pk])
    assert (has(lia), has(teo)) == ((cast.bruno.pk, None), (None, None))
    Agent.objects.filter(pk=cast.bruno.pk).update(is_active=False)
    assert lifecycle.transfer([lia.pk], To(contacts_owner=True), **by_ana).changed == [lia.pk]
    assert has(lia) == (cast.ana.pk, None)


# With a note, and unread


def test_a_note_and_unread_go_with_it_in_one_transaction(cast: Cast, by_ana: dict[str, Any]) -> None:
    cast.rule()
    lia = cast.write("lia")
    lifecycle.mark_read([lia.pk], scope=by_ana["scope"])
    clock = (lia.armed_at, lia.look_at)
    lifecycle.transfer([lia.pk], To(cast.bruno.pk), note=" Quiere la azul \x00", unread=True, **by_ana)
    lia.refresh_from_db()
    note = lia.messages.get(direction=Direction.NOTE)
    assert (note.text, note.author, note.counts, note.kind) == ("Quiere la azul", cast.ana, False, "text")
    assert lia.events.filter(kind=EventKind.MESSAGE_SENT, message_id=note.pk).count() == 1
    assert (lia.unread, lia.armed_at, lia.look_at) == (1, *clock)
    assert lia.last_message_direction == "in"


def test_marking_unread_leaves_a_higher_counter_alone(cast: Cast, by_ana: dict[str, Any]) -> None:
    lia = cast.write("lia")
    cast.write("lia")
    lifecycle.transfer([lia.pk], To(cast.bruno.pk), unread=True, **by_ana)
    assert Conversation.objects.get(pk=lia.pk).unread == 2


def test_a_note_to_who_has_it_already_is_not_lost(cast: Cast, by_ana: dict[str, Any]) -> None:
    lia = cast.write("lia")
    lifecycle.assign([lia.pk], cast.bruno.pk, **by_ana)
    outcome = lifecycle.transfer([lia.pk], To(cast.bruno.pk), note="Llámala", **by_ana)
    assert (outcome.changed, outcome.same) == ([], [lia.pk])
    assert lia.messages.filter(direction=Direction.NOTE, text="Llámala").exists()
    assert lia.events.filter(kind=EventKind.CONVERSATION_ASSIGNED).count() == 1


# Two at once


def test_what_somebody_else_gave_away_meanwhile_is_left_alone_and_told(cast: Cast, by_ana: dict[str, Any]) -> None:
    lia = cast.write("lia")
    lifecycle.assign([lia.pk], cast.bruno.pk, **by_ana)
    outcome = lifecycle.transfer([lia.pk], To(), seen=Holder(), note="Nadie", unread=True, **by_ana)
    assert (outcome.changed, outcome.taken) == ([], [lia.pk])
    assert has(lia) == (cast.bruno.pk, None)
    assert not lia.messages.filter(direction=Direction.NOTE).exists()


def test_both_giving_it_to_the_same_person_is_no_conflict(cast: Cast, by_ana: dict[str, Any]) -> None:
    lia = cast.write("lia")
    lifecycle.assign([lia.pk], cast.bruno.pk, **by_ana)
    assert lifecycle.transfer([lia.pk], To(cast.bruno.pk), seen=Holder(), **by_ana).same == [lia.pk]


def test_many_are_compared_with_the_instant_they_were_looked_at(cast: Cast, by_ana: dict[str, Any]) -> None:
    quiet, moved = cast.write("lia"), cast.write("teo")
    lifecycle.assign([quiet.pk], cast.ana.pk, **by_ana)
    seen_at = database_now()
    lifecycle.assign([moved.pk], cast.ana.pk, **by_ana)
    outcome = lifecycle.transfer([quiet.pk, moved.pk], To(cast.bruno.pk), seen_at=seen_at, **by_ana)
    assert (outcome.changed, outcome.taken) == ([quiet.pk], [moved.pk])


def test_closing_does_not_transfer_what_somebody_else_gave_away_meanwhile(cast: Cast, by_ana: dict[str, Any]) -> None:
    """closing D8: it closes, and stays with whom they gave it to."""
    lia, teo = cast.write("lia"), cast.write("teo")
    lifecycle.assign([lia.pk], cast.bruno.pk, **by_ana)
    known: dict[str, Any] = {"reason": "x", "cause": Cause.AGENT, "transfer_to": cast.ana.pk, "holder": Holder()}
    outcome = lifecycle.close([lia.pk, teo.pk], **known, **by_ana)
    assert outcome == lifecycle.Closed([lia.pk, teo.pk], [], [], [], kept=[lia.pk])
    assert (has(lia), has(teo)) == ((cast.bruno.pk, None), (cast.ana.pk, None))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_instant", [False, True])
def test_of_two_who_give_it_at_the_same_moment_the_second_is_told(
    cast: Cast, by_ana: dict[str, Any], by_instant: bool
) -> None:
    lia = cast.write("lia")
    seen: dict[str, Any] = {"seen_at": database_now()} if by_instant else {"seen": Holder()}
    outcomes = []

    def give() -> None:
        outcomes.append(lifecycle.transfer([lia.pk], To(cast.bruno.pk), **seen, **by_ana))
        connection.close()

    second = threading.Thread(target=give)
    with transaction.atomic():
        lifecycle.transfer([lia.pk], To(cast.ana.pk), **seen, **by_ana)
        second.start()
        second.join(0.3)
        assert second.is_alive(), "the second waits for the first"
    second.join()
    assert outcomes[0].taken == [lia.pk]
    assert has(lia) == (cast.ana.pk, None)


# Who sees what


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("bruno", {"nobody's", "north's", "bruno's, north's", "bruno's"}),
        ("dora", {"nobody's", "north's", "bruno's, north's", "bruno's"}),
        ("otto", {"nobody's", "ottos, of no team", "south's"}),
    ],
)
def test_members_see_what_nobody_of_their_team_took_and_leaders_all_of_it(
    cast: Cast, who: str, expected: set[str]
) -> None:
    """Dora leads the north, Bruno is of it, Otto is of the south; nobody of them is in both."""
    from bandeja.people import links

    dora, otto = (links.make_agent(cast.workspace, f"{name}@tienda.example", name=name) for name in ("dora", "otto"))
    north = teams.save(cast.workspace, "Norte", members={cast.bruno.pk}, leaders={dora.pk}, by=None)
    south = teams.save(cast.workspace, "Sur", members={otto.pk}, leaders=set(), by=None)
    holders = {
        "nobody's": To(),
        "north's": To(team_id=north.pk),
        "bruno's, north's": To(cast.bruno.pk, north.pk),
        "bruno's": To(cast.bruno.pk),
        "ottos, of no team": To(otto.pk),
        "south's": To(team_id=south.pk),
        "ana's": To(cast.ana.pk),
    }
    made = {}
    for name, to in holders.items():
        made[name] = cast.write(name)
        lifecycle.transfer([made[name].pk], to, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    agent = Agent.objects.get(pk={"bruno": cast.bruno.pk, "dora": dora.pk, "otto": otto.pk}[who])
    scope = Scope.of(agent)
    on_screen = set(scope.filter(Conversation.objects.all()).values_list("pk", flat=True))
    reached = set(lifecycle.mark_read([each.pk for each in made.values()], scope=scope))
    assert on_screen == reached == {made[name].pk for name in expected}
