"""Reactions, edits and unsendings: told of a message, and never writing (closing C4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bandeja.channels.contract import Annotation, Inbound, Kind, State, Status
from bandeja.conversations import models
from bandeja.conversations.annotations import annotate
from bandeja.conversations.models import Conversation
from bandeja.conversations.touch import touch, touches
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIA = ("visitor", "lia")


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


def done(
    cast: Cast, kind: Kind, text: str = "", *, target: str = "m", external_id: str = "a", **more: Any
) -> Annotation:
    return Annotation(cast.chat.pk, external_id, target, kind, LIA, text, **{"at": NOON, **more})


def test_it_is_written_down_once(cast: Cast) -> None:
    lia = cast.write("lia", external_id="m")
    assert annotate([done(cast, Kind.REACTION, "❤️")]) == [lia.pk]
    assert annotate([done(cast, Kind.REACTION, "❤️")]) == []
    kept = models.Annotation.objects.get()
    assert (kept.target, kept.kind, kept.actor, kept.text) == ("m", "reaction", "visitor:lia", "❤️")


def test_one_that_comes_before_its_message_waits_for_it(cast: Cast) -> None:
    """meta.md E5."""
    assert annotate([done(cast, Kind.EDIT, "Adiós")]) == []
    cast.write("lia", external_id="m")
    assert models.Annotation.objects.get().target == "m"


def test_it_opens_nothing_and_adds_no_unread_and_moves_no_clock(cast: Cast) -> None:
    """closing C4."""
    cast.rule()
    lia = cast.write("lia", external_id="m")
    Conversation.objects.update(unread=0, status="closed", closed_at=NOON, armed_at=None, look_at=None)
    before = Conversation.objects.values().get()
    told = [done(cast, kind, "x", external_id=kind) for kind in (Kind.REACTION, Kind.EDIT, Kind.UNSEND)]
    touch(touches([], told, []))
    annotate(told)
    after = Conversation.objects.values().get()
    assert {**after, "last_message_text": ""} == {**before, "last_message_text": ""}
    assert lia.events.count() == 2


def test_the_list_shows_what_was_edited_and_not_what_was_unsent(cast: Cast) -> None:
    cast.write("lia", "Hola", external_id="m")
    for kind, text, shown in ((Kind.EDIT, "Adiós", "Adiós"), (Kind.UNSEND, "", "")):
        told = [done(cast, kind, text, external_id=kind)]
        touch(touches([], told, []))
        annotate(told)
        assert Conversation.objects.get().last_message_text == shown


def test_an_edit_of_an_earlier_message_leaves_the_list_alone(cast: Cast) -> None:
    cast.write("lia", "Hola", external_id="m", received_at=NOON)
    cast.write("lia", "¿Estás?", external_id="n", received_at=NOON + MINUTE)
    touch(touches([], [done(cast, Kind.EDIT, "Adiós")], []))
    assert Conversation.objects.get().last_message_text == "¿Estás?"


def test_an_edit_that_is_delivered_again_does_not_undo_a_later_one(cast: Cast) -> None:
    cast.write("lia", "uno", external_id="m")
    first, second = done(cast, Kind.EDIT, "dos", external_id="1"), done(cast, Kind.EDIT, "tres", external_id="2")
    for told in (first, second, first):
        touch(touches([], [told], []))
        annotate([told])
    assert Conversation.objects.get().last_message_text == "tres"


@pytest.mark.parametrize("later", [Kind.EDIT, Kind.UNSEND])
def test_an_edit_that_comes_after_a_later_change_is_old_news(cast: Cast, later: Kind) -> None:
    cast.write("lia", "uno", external_id="m")
    change = done(cast, later, "tres" if later is Kind.EDIT else "", external_id="2", at=NOON + MINUTE)
    late = done(cast, Kind.EDIT, "dos", external_id="1", at=NOON)
    for told in (change, late):
        touch(touches([], [told], []))
        annotate([told])
    assert Conversation.objects.get().last_message_text == change.text


def test_what_opens_the_channels_window_only_widens_it(cast: Cast) -> None:
    """meta.md A9: a reaction opens Messenger's window; closing never reads it (closing D4)."""
    cast.write("lia", external_id="m")
    late, early = (
        done(cast, Kind.REACTION, at=NOON + MINUTE, opens_window=True),
        done(cast, Kind.REACTION, opens_window=True),
    )
    touch(touches([], [late], []))
    touch(touches([], [early], []))
    assert Conversation.objects.get().window_at == NOON + MINUTE
    referral = Inbound(cast.chat.pk, "r", LIA, Kind.REFERRAL, received_at=NOON + 2 * MINUTE, opens_window=True)
    touch(touches([referral], [], []))
    assert Conversation.objects.get().window_at == NOON + 2 * MINUTE


def test_a_status_may_tell_how_long_we_may_write_freely(cast: Cast) -> None:
    """meta.md A9: the free entry point's end is read, never computed."""
    lia = cast.write("lia", external_id="m")
    lia.messages.update(external_id="wamid.1")
    for until in (NOON + 2 * MINUTE, NOON + MINUTE):
        touch(touches([], [], [Status(cast.chat.pk, "wamid.1", State.SENT, free_until=until)]))
    assert Conversation.objects.get().free_until == NOON + 2 * MINUTE


def test_nothing_is_reached_by_the_ids_of_another_account(cast: Cast, carla: Cast) -> None:
    carla.write("lia", "Hola", external_id="m")
    told = [done(cast, Kind.UNSEND, opens_window=True)]
    touch(touches([], told, []))
    assert annotate(told) == []
    theirs = Conversation.objects.get()
    assert (theirs.last_message_text, theirs.window_at) == ("Hola", None)
