"""What people see of a closing: the list, the thread and the deadline, through their addresses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bandeja.closing import rules
from bandeja.closing.tests.deeds import edit, reopen, swept
from bandeja.inbox.tests.browser import Browser
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def ana(clock: Clock, cast: Cast) -> Browser:
    clock.set(NOON)
    return Browser(cast.ana)


def test_a_conversation_leaves_the_list_by_itself_and_comes_back_when_its_contact_writes(
    cast: Cast, ana: Browser, clock: Clock
) -> None:
    """closing D3, D7, E1: unread as it was, with when, by which rule and why in its thread."""
    cast.rule(name="Ventas", reason="Sin respuesta del contacto")
    lia = cast.write("lia", "Quiero una bici")
    assert ana.names() == ["lia"]
    clock.advance(minutes=1)
    assert swept() == [lia.pk]
    assert ana.names() == []
    assert ana.names(state="closed") == ["lia"]
    lia.refresh_from_db()
    assert lia.unread == 1
    thread = ana.see(f"/inbox/{lia.pk}")
    assert "Ventas" in thread
    assert "Sin respuesta del contacto" in thread
    cast.write("lia", "¿Hola?")
    assert ana.names() == ["lia"]
    thread = ana.see(f"/inbox/{lia.pk}")
    assert thread.index("Quiero una bici") < thread.index("Sin respuesta del contacto") < thread.index("¿Hola?")


def test_the_deadline_shown_is_the_true_one_and_none_when_the_clock_is_void(
    cast: Cast, ana: Browser, clock: Clock
) -> None:
    """closing R8, C6: whatever the row itself was last set to look at."""
    rule = cast.rule(amount=5)
    lia = cast.write("lia")

    def shown() -> str | None:
        page = ana.get(f"/inbox/{lia.pk}").content.decode()
        return next((at for at in ("12:05", "12:09", "12:08") if f"2030-01-01T{at}" in page), None)

    assert shown() == "12:05"
    clock.advance(seconds=10)
    edit(cast, rule, amount=9)
    assert shown() == "12:09"
    clock.advance(seconds=10)
    edit(cast, rule, amount=8)
    assert shown() == "12:09"
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    assert shown() is None
    rules.switch_on(rule.pk, workspace=cast.workspace, by=cast.ana)
    assert shown() is None


def test_a_reopened_conversation_shows_no_deadline_and_stays_in_the_list(
    cast: Cast, ana: Browser, clock: Clock
) -> None:
    """closing C6, E2"""
    cast.rule()
    lia = cast.write("lia")
    clock.advance(minutes=1)
    swept()
    reopen(cast, lia)
    clock.advance(days=2)
    assert swept() == []
    assert ana.names() == ["lia"]
    assert "It does not close by itself" in ana.see(f"/inbox/{lia.pk}")
    cast.write("lia")
    assert "Closes in" in ana.see(f"/inbox/{lia.pk}")
