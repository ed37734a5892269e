"""Tags: on and off many conversations at once, within reach, once; and the words of a workspace."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bandeja.conversations import tags
from bandeja.conversations.models import Conversation, Event, Tag, Tagging
from bandeja.conversations.scope import Scope
from tests.cast import Cast


def everything(cast: Cast) -> Scope:
    return Scope(cast.workspace.pk)


def on(conversation: Conversation) -> list[str]:
    return [tag.name for tag in tags.tags_of([conversation.pk]).get(conversation.pk, [])]


@pytest.fixture
def vip(cast: Cast) -> Tag:
    return tags.make(cast.workspace.pk, "VIP", "red")


def test_tags_go_on_many_at_once_and_say_which_they_changed(cast: Cast, vip: Tag) -> None:
    lia, noa = cast.write("lia"), cast.write("noa")
    late = tags.make(cast.workspace.pk, "Envío tarde")
    assert tags.tag([lia.pk], [vip.pk], scope=everything(cast)) == [lia.pk]
    assert tags.tag([lia.pk, noa.pk], [vip.pk], scope=everything(cast)) == [noa.pk]
    assert tags.tag([lia.pk, noa.pk], [vip.pk, late.pk], scope=everything(cast)) == [lia.pk, noa.pk]
    assert on(lia) == on(noa) == ["Envío tarde", "VIP"]


def test_taking_them_off_says_which_lost_one(cast: Cast, vip: Tag) -> None:
    lia, noa = cast.write("lia"), cast.write("noa")
    tags.tag([lia.pk], [vip.pk], scope=everything(cast))
    assert tags.untag([lia.pk, noa.pk], [vip.pk], scope=everything(cast)) == [lia.pk]
    assert tags.untag([lia.pk, noa.pk], [vip.pk], scope=everything(cast)) == []
    assert on(lia) == []


def test_what_is_out_of_reach_is_left_alone(cast: Cast, carla: Cast, vip: Tag) -> None:
    mine, anas, elsewhere = cast.write("lia"), cast.write("noa"), carla.write("otra")
    Conversation.objects.filter(pk=anas.pk).update(owner=cast.ana)
    scope = Scope.of(cast.bruno)
    ids = [mine.pk, anas.pk, elsewhere.pk]
    assert tags.tag(ids, [vip.pk], scope=scope) == [mine.pk]
    tags.tag(ids, [vip.pk], scope=everything(cast))
    assert tags.untag(ids, [vip.pk], scope=scope) == [mine.pk]
    assert on(anas) == ["VIP"]


def test_a_tag_of_another_workspace_goes_on_nothing(cast: Cast, carla: Cast) -> None:
    theirs = tags.make(carla.workspace.pk, "Ajena")
    assert tags.tag([cast.write("lia").pk], [theirs.pk], scope=everything(cast)) == []
    assert not Tagging.objects.exists()


def test_a_tag_moves_no_clock_and_is_told_once(cast: Cast, vip: Tag) -> None:
    cast.rule(amount=10)
    lia = cast.write("lia")
    events = Event.objects.count()
    tags.tag([lia.pk], [vip.pk], scope=everything(cast))
    after = Conversation.objects.get(pk=lia.pk)
    assert (after.armed_at, after.look_at, after.unread) == (lia.armed_at, lia.look_at, lia.unread)
    assert Event.objects.count() == events + 1
    tags.tag([lia.pk], [vip.pk], scope=everything(cast))
    assert Event.objects.count() == events + 1


def test_a_closed_conversation_takes_tags_too(cast: Cast, vip: Tag) -> None:
    lia = cast.write("lia")
    Conversation.objects.filter(pk=lia.pk).update(status="closed", closed_at=lia.opened_at)
    assert tags.tag([lia.pk], [vip.pk], scope=everything(cast)) == [lia.pk]


def test_the_same_name_is_one_tag_whatever_its_capitals(cast: Cast, carla: Cast, vip: Tag) -> None:
    with pytest.raises(tags.NameTaken):
        tags.make(cast.workspace.pk, "  vip ")
    assert tags.make(carla.workspace.pk, "vip").name == "vip"
    other = tags.make(cast.workspace.pk, "Otra")
    with pytest.raises(tags.NameTaken):
        tags.change(other, "Vip", "grey")
    assert tags.change(vip, "vip", "blue").colour == "blue"


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "\x00"])
def test_a_tag_has_a_name_one_can_see(cast: Cast, name: str) -> None:
    with pytest.raises(tags.BlankName):
        tags.make(cast.workspace.pk, name)


def test_a_long_name_is_cut_and_a_strange_colour_refused(cast: Cast) -> None:
    assert len(tags.make(cast.workspace.pk, "x" * 500).name) == tags.NAME_LENGTH
    with pytest.raises(ValueError, match="mauve"):
        tags.make(cast.workspace.pk, "Otra", "mauve")


def test_there_are_not_more_than_one_can_choose_from(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "MOST", 1)
    tags.make(cast.workspace.pk, "Una")
    with pytest.raises(tags.TooMany):
        tags.make(cast.workspace.pk, "Otra")


def test_a_deleted_tag_is_off_everything(cast: Cast, vip: Tag) -> None:
    lia = cast.write("lia")
    tags.tag([lia.pk], [vip.pk], scope=everything(cast))
    tags.delete(vip)
    assert on(lia) == []
    assert Conversation.objects.filter(pk=lia.pk).exists()


def test_the_tags_of_a_page_of_rows_are_one_query(cast: Cast, vip: Tag) -> None:
    rows = [cast.write(f"c{number}").pk for number in range(5)]
    tags.tag(rows, [vip.pk], scope=everything(cast))
    with CaptureQueriesContext(connection) as queries:
        assert set(tags.tags_of(rows)) == set(rows)
    assert len(queries) == 1
