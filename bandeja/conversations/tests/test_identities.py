"""How contacts are known: new names for known people, never a silent merge (meta.md E6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bandeja.channels.contract import Identity as Name
from bandeja.channels.contract import Inbound, Renaming
from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.models import Contact, Conversation, Identity, MergeSuggestion
from bandeja.conversations.touch import touch, touches
from tests.cast import Cast

OLD, NEW, BSUID = ("visitor", "573001"), ("visitor", "573002"), ("bsuid", "CO.abc")


def rename(told: Sequence[Renaming]) -> None:
    lifecycle.receive([], clock=coverage.clock, renamings=told)


def test_a_new_number_is_the_same_contact(cast: Cast) -> None:
    lia = cast.write("573001")
    Conversation.objects.update(address="visitor:573001")
    told = [Renaming(cast.chat.pk, OLD, [NEW, BSUID])]
    rename(told)
    touch(touches(renamings=told))
    assert set(Identity.objects.values_list("kind", "value", "contact_id")) == {
        (*name, lia.contact_id) for name in (OLD, NEW, BSUID)
    }
    assert Conversation.objects.get().address == "visitor:573002"
    assert cast.write("573002").pk == lia.pk


def test_it_may_be_told_again(cast: Cast) -> None:
    cast.write("573001")
    for _ in range(2):
        rename([Renaming(cast.chat.pk, OLD, [NEW])])
    assert (Identity.objects.count(), MergeSuggestion.objects.count()) == (2, 0)


def test_a_number_that_another_contact_has_is_suggested_for_a_merge(cast: Cast) -> None:
    one, other = cast.write("573001"), cast.write("573002")
    for _ in range(2):
        rename([Renaming(cast.chat.pk, OLD, [NEW])])
    suggested = MergeSuggestion.objects.get()
    assert {suggested.first_id, suggested.second_id} == {one.contact_id, other.contact_id}
    assert Contact.objects.count() == 2


@pytest.mark.parametrize("also", [[], [NEW], [NEW, NEW]], ids=["later", "at once", "twice"])
def test_a_stranger_renamed_in_the_batch_they_first_write_in_is_one_contact(cast: Cast, also: list[Name]) -> None:
    said = [Inbound(cast.chat.pk, f"{at}", name, text="Hola") for at, name in enumerate([OLD, *also])]
    lifecycle.receive(said[::-1], clock=coverage.clock, renamings=[Renaming(cast.chat.pk, OLD, [NEW, BSUID])])
    cast.write("573002")
    assert (Contact.objects.count(), Conversation.objects.count(), MergeSuggestion.objects.count()) == (1, 1, 0)
    assert set(Identity.objects.values_list("kind", "value")) == {OLD, NEW, BSUID}


@pytest.mark.parametrize("order", [1, -1], ids=["forwards", "backwards"])
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "a stranger"])
def test_who_is_renamed_twice_is_known_by_the_last_name_whichever_was_said_first(
    cast: Cast, order: int, is_known: bool
) -> None:
    told = [Renaming(cast.chat.pk, OLD, [NEW]), Renaming(cast.chat.pk, NEW, [BSUID])][::order]
    said = [Inbound(cast.chat.pk, "1", OLD, text="Hola")]
    if is_known:
        cast.write("573001")
    lifecycle.receive(said, clock=coverage.clock, renamings=told)
    assert Contact.objects.count() == 1
    assert set(Identity.objects.values_list("kind", "value")) == {OLD, NEW, BSUID}


@pytest.mark.parametrize("order", [1, -1], ids=["old first", "new first"])
@pytest.mark.parametrize("known_by", ["aliases", "variants"])
def test_who_is_known_by_another_id_and_renamed_in_the_batch_is_still_one_contact(
    cast: Cast, known_by: str, order: int
) -> None:
    lifecycle.receive([Inbound(cast.chat.pk, "0", BSUID, text="Hola")], clock=coverage.clock)
    old = Inbound(cast.chat.pk, "1", OLD, text="Hola")
    old = replace(old, aliases=[BSUID]) if known_by == "aliases" else replace(old, variants=[BSUID])
    said = [old, Inbound(cast.chat.pk, "2", NEW, text="Hola")]
    lifecycle.receive(said[::order], clock=coverage.clock, renamings=[Renaming(cast.chat.pk, OLD, [NEW])])
    assert (Contact.objects.count(), Conversation.objects.count(), MergeSuggestion.objects.count()) == (1, 1, 0)
    assert set(Identity.objects.values_list("kind", "value")) == {OLD, NEW, BSUID}


def test_nobody_we_know_is_nobody_to_rename(cast: Cast, carla: Cast) -> None:
    carla.write("573001")
    rename([Renaming(cast.chat.pk, OLD, [NEW])])
    assert Identity.objects.count() == 1
