"""Tags as people use them: in the panel, in the list, in the settings."""

from __future__ import annotations

import pytest

from bandeja.conversations import tags
from bandeja.conversations.models import Conversation, Tag
from bandeja.conversations.scope import Scope
from bandeja.inbox.tests.browser import Browser, words
from bandeja.people.models import Permission
from tests.cast import Cast


@pytest.fixture
def vip(cast: Cast) -> Tag:
    return tags.make(cast.workspace.pk, "VIP", "red")


def on(conversation: Conversation) -> list[str]:
    return [tag.name for tag in tags.tags_of([conversation.pk]).get(conversation.pk, [])]


def put(conversation: Conversation, *chosen: Tag) -> None:
    tags.tag([conversation.pk], [tag.pk for tag in chosen], scope=Scope(conversation.workspace_id))


def test_what_was_chosen_goes_on_and_is_seen_everywhere(cast: Cast, ana: Browser, vip: Tag) -> None:
    lia = cast.write("lia")
    assert "VIP" in ana.see(f"/inbox/{lia.pk}/tags")
    assert ana.post(f"/inbox/{lia.pk}/tags", tags=vip.pk).status_code == 204
    assert on(lia) == ["VIP"]
    assert ana.see("/inbox/list").count("VIP") == 1
    assert ana.see(f"/inbox/{lia.pk}").count("VIP") >= 2  # in the head and in the panel


def test_a_new_name_makes_the_tag_and_an_old_one_finds_it(cast: Cast, bruno: Browser) -> None:
    lia, noa = cast.write("lia"), cast.write("noa")
    bruno.post(f"/inbox/{lia.pk}/tags", name=" Envío  tarde ")
    bruno.post(f"/inbox/{noa.pk}/tags", name="envío tarde")
    assert on(lia) == on(noa) == ["Envío tarde"]
    assert Tag.objects.count() == 1


def test_only_what_was_changed_is_changed_when_two_choose_at_once(cast: Cast, ana: Browser, vip: Tag) -> None:
    late, urgent = tags.make(cast.workspace.pk, "Tarde"), tags.make(cast.workspace.pk, "Urgente")
    lia = cast.write("lia")
    put(lia, vip)
    put(lia, urgent)  # somebody else, after the dialog was opened with VIP alone
    ana.post(f"/inbox/{lia.pk}/tags", had=[vip.pk], tags=[late.pk])
    assert on(lia) == ["Tarde", "Urgente"]


def test_one_is_taken_off_in_the_panel(cast: Cast, ana: Browser, vip: Tag) -> None:
    lia = cast.write("lia")
    put(lia, vip)
    assert ana.delete(f"/inbox/{lia.pk}/tags", tag=vip.pk).status_code == 204
    assert on(lia) == []
    assert ana.delete(f"/inbox/{lia.pk}/tags", tag="x").status_code == 422


def test_a_name_too_long_is_refused_beside_the_field(cast: Cast, ana: Browser) -> None:
    answer = ana.post(f"/inbox/{cast.write('lia').pk}/tags", name="x" * 41)
    assert answer.status_code == 422
    assert "40" in words(answer.content.decode())


def test_when_there_are_too_many_it_says_so(
    cast: Cast, ana: Browser, vip: Tag, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "MOST", 1)
    answer = ana.post(f"/inbox/{cast.write('lia').pk}/tags", name="Otra")
    assert answer.status_code == 422
    assert "There are 1 tags already." in words(answer.content.decode())


def test_strange_ids_change_nothing(cast: Cast, carla: Cast, ana: Browser) -> None:
    theirs = tags.make(carla.workspace.pk, "Ajena")
    lia = cast.write("lia")
    assert ana.post(f"/inbox/{lia.pk}/tags", tags=[theirs.pk, "x", "9" * 30], had=["-1"]).status_code == 204
    assert on(lia) == []


def test_out_of_reach_there_is_nothing_to_tag(cast: Cast, carla: Cast, bruno: Browser, vip: Tag) -> None:
    anas = cast.write("lia")
    Conversation.objects.filter(pk=anas.pk).update(owner=cast.ana)
    for pk in (anas.pk, carla.write("otra").pk):
        assert bruno.get(f"/inbox/{pk}/tags").status_code == 404
        assert bruno.post(f"/inbox/{pk}/tags", tags=vip.pk).status_code == 404
        assert bruno.delete(f"/inbox/{pk}/tags", tag=vip.pk).status_code == 404


def test_settings_make_change_and_delete_tags(cast: Cast, ana: Browser) -> None:
    assert "No tags yet" in ana.see("/settings/tags")
    made = ana.post("/settings/tags/new", name="VIP", colour="red")
    assert made["HX-Redirect"] == "/settings/tags"
    tag = Tag.objects.get()
    ana.post(f"/settings/tags/{tag.pk}", name="Vip", colour="blue")
    tag.refresh_from_db()
    assert (tag.name, tag.colour) == ("Vip", "blue")
    assert "Delete the tag “Vip”?" in ana.see(f"/settings/tags/{tag.pk}/deletion")
    ana.post(f"/settings/tags/{tag.pk}/deletion")
    assert not Tag.objects.exists()


def test_settings_refuse_beside_the_field(cast: Cast, ana: Browser, vip: Tag) -> None:
    other = tags.make(cast.workspace.pk, "Otra")
    for path in ("/settings/tags/new", f"/settings/tags/{other.pk}"):
        answer = ana.post(path, name="vip", colour="red")
        assert answer.status_code == 422
        assert "Another tag has this name." in words(answer.content.decode())
    assert ana.post("/settings/tags/new", name="Nueva", colour="mauve").status_code == 422
    assert ana.post("/settings/tags/new", name="\u200b", colour="red").status_code == 422


def test_without_htmx_each_question_is_a_page(cast: Cast, ana: Browser, vip: Tag) -> None:
    for path in ("/settings/tags/new", f"/settings/tags/{vip.pk}", f"/settings/tags/{vip.pk}/deletion"):
        assert b"<!doctype html>" in ana.page(path).content


def test_tags_are_managed_by_who_may_and_those_of_elsewhere_by_nobody(
    cast: Cast, carla: Cast, ana: Browser, bruno: Browser
) -> None:
    theirs = tags.make(carla.workspace.pk, "Ajena")
    assert ana.get(f"/settings/tags/{theirs.pk}").status_code == 404
    assert ana.post(f"/settings/tags/{theirs.pk}/deletion").status_code == 404
    assert bruno.get("/settings/tags").status_code == 403
    cast.bruno.role.permissions.append(Permission.MANAGE_TAGS)
    cast.bruno.role.save()
    assert bruno.get("/settings/tags").status_code == 200
