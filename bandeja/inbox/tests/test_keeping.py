"""Keeping a conversation open, as people do it: beside the countdown, with a day and a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bandeja.conversations.models import Conversation
from bandeja.inbox.tests.browser import Browser, told
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
"""In Bogotá, where the shop is."""


@pytest.fixture
def lia(cast: Cast, clock: Clock) -> Conversation:
    clock.set(NOON)
    cast.workspace.time_zone = "America/Bogota"
    cast.workspace.save()
    cast.rule(amount=1, unit="hours")
    return cast.write("Lía")


def test_it_stays_open_until_the_day_that_was_said(ana: Browser, lia: Conversation) -> None:
    asked = ana.see(f"/inbox/{lia.pk}/keeping")
    assert "Keep open the conversation with Lía" in asked
    answer = ana.post(f"/inbox/{lia.pk}/keeping", until="2026-11-25T10:30", reason="Espera su pedido")
    assert told(answer) == "It stays open until 25 Nov, 10:30:00."
    lia.refresh_from_db()
    assert lia.kept_until == datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
    shown = ana.see(f"/inbox/{lia.pk}")
    assert "Kept open until 25 Nov, 10:30:00" in shown
    assert "Ana keeps it open. Meanwhile no rule closes it." in shown
    assert "Ana keeps it open until 25 Nov, 10:30:00 · Espera su pedido" in shown  # among what happened
    assert "Closes in" not in shown
    assert "Kept open" in ana.see("/inbox/list")


def test_without_a_day_it_stays_open_until_somebody_lets_it_close(
    ana: Browser, bruno: Browser, lia: Conversation, clock: Clock
) -> None:
    assert told(ana.post(f"/inbox/{lia.pk}/keeping")) == "It stays open until somebody lets it close."
    clock.advance(days=9)
    assert told(bruno.delete(f"/inbox/{lia.pk}/keeping")) == "Its clock starts anew."
    assert "Bruno lets it close again" in bruno.see(f"/inbox/{lia.pk}")
    lia.refresh_from_db()
    assert lia.armed_at == clock.now()
    assert told(bruno.delete(f"/inbox/{lia.pk}/keeping")) == "It was not kept open any more."


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("2026-11-23T11:59", "Choose a time from now on, within a year."),
        ("2036-01-01T00:00", "Choose a time from now on, within a year."),
        ("mañana", "Say a day and a time."),
        ("9999-99-99T99:99", "Say a day and a time."),
    ],
)
def test_what_is_no_time_ahead_is_said_beside_the_field(
    ana: Browser, lia: Conversation, until: str, said: str
) -> None:
    answer = ana.post(f"/inbox/{lia.pk}/keeping", until=until, reason="Porque sí")
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "Porque sí" in answer.content.decode()
    lia.refresh_from_db()
    assert lia.kept_at is None


def test_what_was_closed_meanwhile_is_told(ana: Browser, lia: Conversation) -> None:
    ana.post(f"/inbox/{lia.pk}/closure", reason="Compró")
    answer = ana.post(f"/inbox/{lia.pk}/keeping")
    assert told(answer) == "It was closed meanwhile, so there is nothing to keep open."


def test_it_may_be_changed(ana: Browser, lia: Conversation, clock: Clock) -> None:
    ana.post(f"/inbox/{lia.pk}/keeping", until="2026-11-25T10:30", reason="Espera su pedido")
    again = ana.get(f"/inbox/{lia.pk}/keeping").content.decode()
    assert 'value="2026-11-25T10:30"' in again
    assert 'value="Espera su pedido"' in again
    ana.post(f"/inbox/{lia.pk}/keeping", until="2026-11-26T10:30")
    lia.refresh_from_db()
    assert (lia.kept_until, lia.kept_reason) == (datetime(2026, 11, 26, 15, 30, tzinfo=UTC), "")
    assert lia.kept_at is not None
    assert clock.now() - lia.kept_at < timedelta(minutes=1)


def test_nobody_keeps_open_what_they_may_not_see(carla: Cast, lia: Conversation) -> None:
    stranger = Browser(carla.ana)
    for answer in (
        stranger.get(f"/inbox/{lia.pk}/keeping"),
        stranger.post(f"/inbox/{lia.pk}/keeping"),
        stranger.delete(f"/inbox/{lia.pk}/keeping"),
    ):
        assert answer.status_code == 404
    lia.refresh_from_db()
    assert lia.kept_at is None
