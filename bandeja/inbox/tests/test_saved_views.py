"""Saved views: personal and shared, who may change them, and what they count."""

from __future__ import annotations

import pytest

from bandeja.inbox import saved
from bandeja.inbox.models import SavedView
from bandeja.inbox.tests.browser import Browser, told, words
from bandeja.people.models import Agent
from tests.cast import Cast


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine counts slowly."""
    monkeypatch.setattr("bandeja.inbox.views.saved.PATIENCE", 60.0)


def keep(browser: Browser, query: str, name: str, *, shared: bool = False) -> int:
    return int(browser.post(f"/inbox/views{query}", name=name, **({"shared": "on"} if shared else {})).status_code)


def test_a_view_is_saved_counted_and_recognised(cast: Cast, ana: Browser) -> None:
    cast.write("Lía")
    assert keep(ana, "?tab=unread&owner=nobody&days=7", "  Sin   dueño ") == 204
    view = SavedView.objects.get()
    assert (view.name, view.query, view.shared) == ("Sin dueño", "?owner=nobody&days=7", False)
    menu = ana.see("/inbox/views")
    assert "Your views Sin dueño 1" in menu
    assert "Sin dueño" in ana.see("/inbox/list", owner="nobody", days="7")
    assert "Save view…" not in ana.see("/inbox/list", owner="nobody", days="7")
    assert "Save view…" in ana.see("/inbox/list", owner="nobody")


def test_a_personal_view_is_nobody_elses_and_a_shared_one_is_everybodys(
    cast: Cast, carla: Cast, ana: Browser, bruno: Browser
) -> None:
    keep(ana, "?days=1", "De Ana")
    keep(ana, "?days=3", "De todos", shared=True)
    assert "De Ana" not in bruno.see("/inbox/views")
    assert "Shared views De todos" in bruno.see("/inbox/views")
    assert "De todos" not in Browser(carla.ana).see("/inbox/views")


def test_whoever_made_a_shared_view_or_manages_people_may_change_it(
    cast: Cast, carla: Cast, ana: Browser, bruno: Browser
) -> None:
    keep(ana, "?days=1", "De Ana", shared=True)
    keep(bruno, "?days=1", "De Bruno", shared=True)
    anas, brunos = SavedView.objects.order_by("pk")
    assert bruno.delete(f"/inbox/views/{anas.pk}").status_code == 404
    assert bruno.post(f"/inbox/views/{anas.pk}", name="x").status_code == 404
    assert Browser(carla.ana).get(f"/inbox/views/{anas.pk}").status_code == 404
    assert (
        told(ana.post(f"/inbox/views/{brunos.pk}", name="Nuevo nombre", shared="on")) == "View “Nuevo nombre” saved."
    )
    assert bruno.get(f"/inbox/views/{brunos.pk}").status_code == 200
    assert ana.delete(f"/inbox/views/{brunos.pk}").status_code == 204
    assert SavedView.objects.get() == anas


def test_a_personal_view_of_somebody_else_is_not_there_even_for_administrators(
    cast: Cast, ana: Browser, bruno: Browser
) -> None:
    keep(bruno, "?days=1", "De Bruno")
    assert ana.delete(f"/inbox/views/{SavedView.objects.get().pk}").status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "x" * 61])
def test_a_view_without_a_name_that_can_be_seen_is_refused(cast: Cast, ana: Browser, name: str) -> None:
    assert keep(ana, "?days=1", name) == 422
    assert not SavedView.objects.exists()


def test_a_name_stands_once_among_ones_own_and_once_among_the_shared(
    cast: Cast, ana: Browser, bruno: Browser
) -> None:
    assert [keep(ana, "?days=1", "Hoy"), keep(ana, "?days=3", "HOY")] == [204, 422]
    assert keep(bruno, "?days=1", "Hoy") == 204
    assert [keep(ana, "?days=1", "Hoy", shared=True), keep(bruno, "?days=1", "hoy", shared=True)] == [204, 422]
    answer = ana.post("/inbox/views?days=1", name="hoy")
    assert "There is a view of that name already." in words(answer.content.decode())


def test_one_person_saves_so_many_and_no_more(cast: Cast, ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MOST", 1)
    keep(ana, "?days=1", "Una")
    answer = ana.post("/inbox/views?days=3", name="Otra")
    assert "You have saved 1 views." in words(answer.content.decode())


def test_an_address_that_was_tampered_with_is_kept_as_what_it_says(cast: Cast, ana: Browser) -> None:
    keep(ana, "?days=8&account=x&q=<b>", "Rara")
    view = SavedView.objects.get()
    assert view.query == "?q=%3Cb%3E"
    assert saved.filters(view).q == "<b>"


def test_a_view_shows_each_what_they_may_see(cast: Cast, ana: Browser, bruno: Browser) -> None:
    from bandeja.conversations import lifecycle
    from bandeja.conversations.actor import Actor
    from bandeja.conversations.scope import Scope

    hers = cast.write("De Ana")
    lifecycle.assign([hers.pk], cast.ana.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    keep(ana, "?days=90", "Todo", shared=True)
    assert "Todo 1" in ana.see("/inbox/views")
    assert "Todo 1" not in bruno.see("/inbox/views")
    assert bruno.names(days="90") == []


def test_views_go_with_their_maker(cast: Cast, ana: Browser) -> None:
    keep(ana, "?days=1", "Hoy")
    assert Agent.objects.get(pk=cast.ana.pk).saved_views.count() == 1
