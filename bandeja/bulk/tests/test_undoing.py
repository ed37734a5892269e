"""Taking bulk actions back: what they changed and nobody has touched since, as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bandeja.bulk.models import CLOSINGS_FOR, UNDO_FOR, Bulk, Verb
from bandeja.bulk.tests.doing import begin, carry_out, counts, fresh, small_batches, statuses, step, undo
from bandeja.closing import coverage
from bandeja.conversations import lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.lifecycle import To
from bandeja.conversations.models import Cause, Closure, Conversation, Event
from bandeja.conversations.scope import Scope
from bandeja.people.models import Team
from tests.cast import Cast
from tests.clock import Clock


def as_ana(cast: Cast) -> dict[str, Any]:
    return {"scope": Scope(cast.workspace.pk), "by": Actor.agent(cast.ana)}


def undone(bulk: Bulk) -> Bulk:
    undoing = undo(bulk)
    assert undoing is not None
    return undoing


def test_undoing_a_closing_opens_what_it_closed_with_its_clock(cast: Cast) -> None:
    """closing U3: one that still has time runs on, as if nothing had been closed."""
    cast.rule(amount=2, unit="hours")
    chosen = [cast.write("lia"), cast.write("vera")]
    assert chosen[0].armed_at
    bulk = begin(cast.ana, Verb.CLOSE, chosen)
    assert counts(undone(bulk)) == {"done": 2}
    for was, each in zip(chosen, map(fresh, chosen), strict=True):
        assert (each.status, each.armed_at, each.look_at, each.unread) == ("open", was.armed_at, was.look_at, 1)
        assert each.agent_opened_at is None
    told = Event.objects.filter(kind="conversation_reopened").values_list("actor_id", "data")
    assert list(told) == [(cast.ana.pk, {"undone": True})] * 2
    assert Closure.objects.count() == 2


def test_undoing_a_closing_keeps_open_again_what_was(cast: Cast, clock: Clock) -> None:
    kept, other = chosen = [cast.write("lia"), cast.write("vera")]
    until = clock.now() + timedelta(days=1)
    lifecycle.keep([kept.pk], until=until, reason="Espera su pedido", **as_ana(cast))
    since = fresh(kept).kept_at
    undone(begin(cast.ana, Verb.CLOSE, chosen))
    again = fresh(kept)
    assert (again.kept_at, again.kept_until, again.kept_by_id) == (since, until, cast.ana.pk)
    assert (again.kept_reason, fresh(other).kept_at) == ("Espera su pedido", None)


def test_what_ends_being_kept_open_has_not_been_touched(cast: Cast) -> None:
    lia = cast.write("lia")
    lifecycle.keep([lia.pk], **as_ana(cast))
    bulk = begin(cast.ana, Verb.ASSIGN, [lia], to=To(cast.bruno.pk))
    lifecycle.release([lia.pk], clock=coverage.clock, **as_ana(cast))
    assert counts(undone(bulk)) == {"done": 1}
    assert fresh(lia).owner is None


def test_undoing_gives_back_each_owner(cast: Cast) -> None:
    owned, free = cast.write("lia"), cast.write("vera")
    lifecycle.assign([owned.pk], cast.ana.pk, **as_ana(cast))
    for verb in (Verb.ASSIGN, Verb.CLOSE):
        bulk = begin(cast.ana, verb, [owned, free], to=To(cast.bruno.pk))
        assert {fresh(each).owner for each in (owned, free)} == {cast.bruno}
        undone(bulk)
        assert [fresh(each).owner for each in (owned, free)] == [cast.ana, None]
    data = Event.objects.filter(kind="conversation_assigned", conversation=owned).latest("id").data
    assert data == {"before": cast.bruno.pk, "after": cast.ana.pk, "undone": True}


def test_undoing_gives_back_each_unread_counter(cast: Cast) -> None:
    cast.write("lia")
    chosen = [cast.write("lia"), cast.write("vera")]
    undone(begin(cast.ana, Verb.READ, chosen))
    assert [fresh(each).unread for each in chosen] == [2, 1]
    lifecycle.mark_read([chosen[0].pk], scope=Scope(cast.workspace.pk))
    undone(begin(cast.ana, Verb.UNREAD, chosen))
    assert [fresh(each).unread for each in chosen] == [0, 1]


def test_what_was_closed_before_stays_closed(cast: Cast) -> None:
    chosen = [cast.write("lia"), cast.write("vera")]
    lifecycle.close([chosen[0].pk], reason="Antes", cause=Cause.AGENT, **as_ana(cast))
    assert counts(undone(begin(cast.ana, Verb.CLOSE, chosen))) == {"done": 1}
    assert statuses(chosen) == ["closed", "open"]


def test_what_somebody_touched_since_stays_as_they_left_it(cast: Cast) -> None:
    given, written, again, closed = chosen = [cast.write(who) for who in ("lia", "vera", "zoe", "mateo")]
    bulk = begin(cast.ana, Verb.CLOSE, chosen)
    lifecycle.assign([given.pk], cast.bruno.pk, **as_ana(cast))
    cast.write("vera", text="¿Siguen ahí?")
    lifecycle.reopen([again.pk], **as_ana(cast))
    lifecycle.close([again.pk], reason="De verdad", cause=Cause.AGENT, **as_ana(cast))
    opened_at = fresh(written).opened_at
    assert counts(undone(bulk)) == {"done": 1, "newer": 1, "changed": 2}
    assert statuses([given, written, again, closed]) == ["closed", "open", "closed", "open"]
    assert fresh(written).opened_at == opened_at


def test_a_counter_is_not_given_back_once_the_contact_wrote_on(cast: Cast) -> None:
    chosen = [cast.write("lia"), cast.write("vera")]
    bulk = begin(cast.ana, Verb.READ, chosen)
    cast.write("lia")
    lifecycle.mark_read([chosen[0].pk], scope=Scope(cast.workspace.pk))
    assert counts(undone(bulk)) == {"done": 1, "changed": 1}
    assert [fresh(each).unread for each in chosen] == [0, 1]


def test_an_owner_who_left_is_given_nothing_back(cast: Cast) -> None:
    (owned,) = chosen = [cast.write("lia")]
    lifecycle.assign([owned.pk], cast.bruno.pk, **as_ana(cast))
    bulk = begin(cast.ana, Verb.ASSIGN, chosen, to=To(cast.ana.pk))
    cast.bruno.is_active = False
    cast.bruno.save(update_fields=["is_active"])
    assert counts(undone(bulk)) == {"changed": 1}
    assert fresh(owned).owner == cast.ana


def test_who_gave_their_own_away_may_take_them_back(cast: Cast) -> None:
    """Bruno cannot see what is Ana's, but what he gave her a moment ago was his."""
    chosen = [cast.write("lia"), cast.write("vera")]
    bulk = begin(cast.bruno, Verb.ASSIGN, chosen, to=To(cast.ana.pk))
    assert counts(undone(bulk)) == {"done": 2}
    assert [fresh(each).owner for each in chosen] == [None, None]


def test_who_may_see_no_more_takes_back_no_more(cast: Cast) -> None:
    (owned,) = chosen = [cast.write("lia")]
    lifecycle.assign([owned.pk], cast.bruno.pk, **as_ana(cast))
    bulk = begin(cast.ana, Verb.CLOSE, chosen)
    cast.ana.role = cast.bruno.role
    cast.ana.save(update_fields=["role"])
    assert counts(undone(bulk)) == {"unavailable": 1}
    assert fresh(owned).status == "closed"


def test_it_is_undone_once_and_only_for_a_while(cast: Cast, clock: Clock) -> None:
    first, second = cast.write("lia"), cast.write("vera")
    bulk = begin(cast.ana, Verb.CLOSE, [first])
    undoing = undone(bulk)
    assert undo(bulk) is None
    assert undo(undoing) is None
    clock.set(clock.now())
    late, read = begin(cast.ana, Verb.CLOSE, [second]), begin(cast.ana, Verb.READ, [first])
    clock.advance(seconds=UNDO_FOR.total_seconds())
    assert undo(read) is None
    clock.advance(seconds=(CLOSINGS_FOR - UNDO_FOR).total_seconds())
    assert undo(late) is None
    assert statuses([first, second]) == ["open", "closed"]


def test_nothing_done_is_nothing_to_undo(cast: Cast) -> None:
    chosen = [cast.write("lia")]
    assert undo(begin(cast.ana, Verb.UNREAD, chosen)) is None


def test_one_under_way_is_cancelled_first(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)
    [cast.write(f"c{number}") for number in range(3)]
    bulk = begin(cast.ana, Verb.CLOSE, "")
    step()
    step()
    assert undo(bulk) is None


def test_many_are_undone_by_the_worker_from_where_it_was_cancelled(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bandeja.bulk import asking

    small_batches(monkeypatch)
    chosen = [cast.write(f"c{number}") for number in range(7)]
    bulk = begin(cast.ana, Verb.CLOSE, "")
    for _ in range(3):
        step()
    asking.cancel(bulk)
    undoing = undone(bulk)
    assert undoing.ended_at is None
    step()
    assert counts(undoing) == {"done": 2}
    carry_out()
    assert counts(undoing) == {"done": 4}
    assert statuses(chosen) == ["open"] * 7
    assert Conversation.objects.filter(agent_opened_at=None).count() == 3


def test_undoing_gives_back_the_team(cast: Cast) -> None:
    team = Team.objects.create(workspace=cast.workspace, name="Ventas")
    chosen = [cast.write("lia"), cast.write("vera")]
    lifecycle.transfer([chosen[0].pk], To(team_id=team.pk), **as_ana(cast))
    for to in (To(cast.bruno.pk), To()):
        undone(begin(cast.ana, Verb.ASSIGN, chosen, to=to))
        assert [fresh(each).team_id for each in chosen] == [team.pk, None]
        assert [fresh(each).owner for each in chosen] == [None, None]


def test_undoing_leaves_each_with_the_tags_it_had(cast: Cast) -> None:
    red, blue = (tags.make(cast.workspace.pk, name) for name in ("Rojo", "Azul"))
    both, one, none = chosen = [cast.write(who) for who in ("lia", "vera", "zoe")]
    scope = Scope(cast.workspace.pk)
    tags.tag([both.pk], [red.pk, blue.pk], scope=scope)
    tags.tag([one.pk], [red.pk], scope=scope)
    for verb, done in ((Verb.TAG, {"done": 2, "already": 1}), (Verb.UNTAG, {"done": 2, "already": 1})):
        bulk = begin(cast.ana, verb, chosen, tags=[red.pk, blue.pk])
        assert counts(bulk) == done
        assert counts(undone(bulk)) == {"done": 2}
        held = tags.tags_of([each.pk for each in chosen])
        assert {pk: {tag.name for tag in those} for pk, those in held.items()} == {
            both.pk: {"Rojo", "Azul"}, one.pk: {"Rojo"},
        }  # fmt: skip
    assert none.pk not in held
