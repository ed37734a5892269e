"""The palette finds conversations by name, and never one that somebody else's search would not show."""

from __future__ import annotations

from bandeja.conversations.models import Conversation
from bandeja.inbox.tests.browser import Browser
from tests.cast import Cast


def test_it_finds_by_name_whatever_the_accents(cast: Cast, ana: Browser) -> None:
    cast.write("Lía Restrepo")
    cast.write("Mateo")
    assert "Lía Restrepo" in (found := ana.see("/inbox/palette", q="lia rest"))
    assert "Mateo" not in found


def test_it_finds_closed_ones_too(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    ana.post(f"/inbox/{conversation.pk}/closure", reason="Compró")
    assert "Lía" in ana.see("/inbox/palette", q="lía")


def test_it_finds_nothing_before_something_is_sought(cast: Cast, ana: Browser) -> None:
    cast.write("Lía")
    assert ana.see("/inbox/palette", q=" ") == ""


def test_it_finds_no_conversation_that_one_may_not_see(cast: Cast, carla: Cast, bruno: Browser) -> None:
    conversation = cast.write("Lía")
    Conversation.objects.filter(pk=conversation.pk).update(owner=cast.ana)
    carla.write("Lía de otra parte")
    assert bruno.see("/inbox/palette", q="lía") == ""


def test_a_huge_search_is_answered(cast: Cast, ana: Browser) -> None:
    assert ana.see("/inbox/palette", q="x" * 3000 + "\x00") == ""
