"""Snoozing a conversation, as people do it: beside the countdown, until a time or until the contact writes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.inbox import snooze_form
from bandeja.inbox.filters import Asked, Filters
from bandeja.inbox.rows import page, path
from bandeja.inbox.tests.browser import Browser, told
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
"""A Monday, in Bogotá, where the shop is."""


@pytest.fixture
def lia(cast: Cast, clock: Clock) -> Conversation:
    clock.set(NOON)
    cast.workspace.time_zone = "America/Bogota"
    cast.workspace.save()
    cast.rule(amount=1, unit="hours")
    return cast.write("Lía")


def offered(browser: Browser, lia: Conversation) -> list[str]:
    """What may be chosen, as the browser would send it."""
    html = browser.get(f"/inbox/{lia.pk}/snooze").content.decode()
    return re.findall(r'<input type="radio" name="when" value="([^"]*)"', html)


def test_it_is_out_of_sight_until_the_time_that_was_chosen(ana: Browser, lia: Conversation, clock: Clock) -> None:
    asked = ana.see(f"/inbox/{lia.pk}/snooze")
    assert "Snooze the conversation with Lía" in asked
    assert "Later today Mon 23 Nov, 15:00 Tomorrow morning Tue 24 Nov, 09:00 Next week Mon 30 Nov, 09:00" in asked
    assert offered(ana, lia) == ["2026-11-23T15:00", "2026-11-24T09:00", "2026-11-30T09:00", "writes", "other"]
    answer = ana.post(f"/inbox/{lia.pk}/snooze", when="2026-11-24T09:00", reason="Espera su pedido")
    assert told(answer) == "Snoozed until Tue 24 Nov, 09:00, or until Lía writes."
    lia.refresh_from_db()
    assert lia.kept_until == datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert (ana.names(), ana.names(state="snoozed"), ana.names(state="all"), ana.names(q="Lía")) == (
        [], ["Lía"], ["Lía"], ["Lía"]
    )  # fmt: skip
    listed = ana.see("/inbox/list", state="snoozed")
    assert "Snoozed (1)" in listed
    assert "Tue 24 Nov, 09:00" in listed
    assert 'title="Snoozed by Ana"' in ana.get("/inbox/list", state="snoozed").content.decode()
    shown = ana.see(f"/inbox/{lia.pk}")
    assert "Snoozed until Tue 24 Nov, 09:00" in shown
    assert "Ana snoozed it until Tue 24 Nov, 09:00 · Espera su pedido" in shown
    clock.set(lia.kept_until)
    lifecycle.release_due(coverage.clock)
    assert (ana.names(), ana.names(state="snoozed")) == (["Lía"], [])
    assert "It is back: it was snoozed until now" in ana.see(f"/inbox/{lia.pk}")


def test_until_the_contact_writes(cast: Cast, ana: Browser, lia: Conversation, clock: Clock) -> None:
    answer = ana.post(f"/inbox/{lia.pk}/snooze", when="writes", until="mañana")
    assert told(answer) == "Snoozed until Lía writes."
    assert "Snoozed until Lía writes" in ana.see(f"/inbox/{lia.pk}")
    assert "Until they write" in ana.see("/inbox/list", state="snoozed")
    clock.advance(days=40)
    cast.write("Lía", text="¡Ya llegó!")
    assert ana.names(tab="unread") == ["Lía"]
    shown = ana.see(f"/inbox/{lia.pk}", unseen="1")
    assert "Lía wrote, and it is back" in shown
    assert "Closes in" in shown


def test_another_day_and_time(ana: Browser, lia: Conversation) -> None:
    assert told(ana.post(f"/inbox/{lia.pk}/snooze", when="other", until="2026-12-24T18:30")).startswith(
        "Snoozed until Thu 24 Dec, 18:30"
    )
    again = ana.get(f"/inbox/{lia.pk}/snooze").content.decode()
    assert 'value="2026-12-24T18:30"' in again
    assert re.search(r'value="other"[^>]*checked', again)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"when": "2026-11-23T11:59"}, "Choose a time from now on, within a year."),
        ({"when": "2036-01-01T00:00"}, "Choose a time from now on, within a year."),
        ({"when": "mañana"}, "Choose until when."),
        ({"when": ""}, "Choose until when."),
        ({}, "Choose until when."),
        ({"when": "other"}, "Say a day and a time."),
        ({"when": "other", "until": "mañana"}, "Say a day and a time."),
        ({"when": "other", "until": "2026-11-23T11:59"}, "Choose a time from now on, within a year."),
        ({"when": "writes", "reason": "x" * 201}, "at most 200 characters"),
    ],
)
def test_what_is_no_time_ahead_is_said_beside_the_field(
    ana: Browser, lia: Conversation, data: dict[str, str], said: str
) -> None:
    answer = ana.post(f"/inbox/{lia.pk}/snooze", **{"reason": "Porque sí", **data})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    lia.refresh_from_db()
    assert lia.snoozed_at is None


def test_it_is_brought_back_by_hand_also_by_somebody_else(
    ana: Browser, bruno: Browser, lia: Conversation, clock: Clock
) -> None:
    ana.post(f"/inbox/{lia.pk}/snooze", when="writes")
    clock.advance(hours=5)
    assert told(bruno.delete(f"/inbox/{lia.pk}/snooze")) == "It is back among the open ones."
    assert told(ana.delete(f"/inbox/{lia.pk}/snooze")) == "It was not snoozed any more."
    assert "Bruno brought it back" in ana.see(f"/inbox/{lia.pk}")
    lia.refresh_from_db()
    assert lia.armed_at == clock.now()


def test_what_is_kept_open_is_not_ended_by_bringing_back(ana: Browser, lia: Conversation) -> None:
    ana.post(f"/inbox/{lia.pk}/keeping")
    assert told(ana.delete(f"/inbox/{lia.pk}/snooze")) == "It was not snoozed any more."
    lia.refresh_from_db()
    assert lia.kept_at is not None


def test_why_tells_it_and_offers_the_way_back(cast: Cast, ana: Browser, lia: Conversation, clock: Clock) -> None:
    ana.post(f"/inbox/{lia.pk}/snooze", when="2026-11-24T09:00")
    why = ana.see(f"/inbox/{lia.pk}/why")
    assert "It is snoozed" in why
    assert "Ana snoozed it until Tue 24 Nov, 09:00" in why
    assert "starts the clock anew, with its whole time." in why
    assert "Bring it back now Change…" in why
    clock.advance(minutes=30)
    cast.write("Lía", text="¿Hola?")
    assert "Lía wrote, and it is back: the clock started anew, with its whole time." in ana.see(
        f"/inbox/{lia.pk}/why"
    )


def test_whoever_wrote_meanwhile_stays_in_sight(cast: Cast, ana: Browser, lia: Conversation) -> None:
    seen = lia.last_inbound_id
    cast.write("Lía", text="¿Sigues ahí?")
    answer = ana.post(f"/inbox/{lia.pk}/snooze", when="writes", seen=seen)
    assert told(answer) == "It was not snoozed: Lía has just written."
    assert ana.names() == ["Lía"]


def test_what_a_colleague_who_had_read_it_snoozed_is_not_said_to_be_ones_own(
    cast: Cast, ana: Browser, bruno: Browser, lia: Conversation
) -> None:
    seen = lia.last_inbound_id
    cast.write("Lía", text="¿Sigues ahí?")
    lia.refresh_from_db()
    bruno.post(f"/inbox/{lia.pk}/snooze", when="2026-11-24T09:00", seen=lia.last_inbound_id)
    answer = ana.post(f"/inbox/{lia.pk}/snooze", when="writes", seen=seen)
    assert told(answer) == "It was not snoozed: Lía has just written."
    lia.refresh_from_db()
    assert lia.kept_by_id == cast.bruno.pk


def test_letting_it_close_leaves_what_a_colleague_snoozed_meanwhile(
    cast: Cast, ana: Browser, bruno: Browser, lia: Conversation
) -> None:
    ana.post(f"/inbox/{lia.pk}/keeping")
    bruno.post(f"/inbox/{lia.pk}/snooze", when="writes")
    assert told(ana.delete(f"/inbox/{lia.pk}/keeping")) == "It was not kept open any more."
    lia.refresh_from_db()
    assert lia.snoozed_at is not None


def test_the_way_back_is_offered_only_where_it_leads_back(ana: Browser, lia: Conversation) -> None:
    def undo(answer: Any) -> Any:
        return json.loads(answer["HX-Trigger"])["toast"]["undo"]

    address = f"/inbox/{lia.pk}/snooze"
    assert undo(ana.post(address, when="writes")) == {"method": "DELETE", "url": address, "values": {}}
    assert undo(ana.post(address, when="2026-11-24T09:00")) is None
    ana.delete(address)
    ana.post(f"/inbox/{lia.pk}/keeping", reason="Espera su pedido")
    assert undo(ana.post(address, when="2026-11-24T09:00")) is None


def test_what_was_closed_meanwhile_is_told(ana: Browser, lia: Conversation) -> None:
    ana.post(f"/inbox/{lia.pk}/closure", reason="Compró")
    answer = ana.post(f"/inbox/{lia.pk}/snooze", when="writes")
    assert told(answer) == "It was closed meanwhile, so there is nothing to snooze."


def test_nobody_snoozes_what_they_may_not_see(cast: Cast, carla: Cast, bruno: Browser, lia: Conversation) -> None:
    lifecycle.assign([lia.pk], cast.ana.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    address = f"/inbox/{lia.pk}/snooze"
    for browser in (Browser(carla.ana), bruno):
        for answer in (browser.get(address), browser.post(address, when="writes"), browser.delete(address)):
            assert answer.status_code == 404
    lia.refresh_from_db()
    assert lia.snoozed_at is None


@pytest.mark.parametrize(
    ("now", "offers"),
    [
        ("2026-11-23T08:00", ["2026-11-23T11:00", "2026-11-24T09:00", "2026-11-30T09:00"]),
        ("2026-11-23T20:00", ["2026-11-23T23:00", "2026-11-24T09:00", "2026-11-30T09:00"]),
        ("2026-11-23T20:01", ["2026-11-24T09:00", "2026-11-30T09:00"]),
        ("2026-11-29T10:30", ["2026-11-29T14:00", "2026-11-30T09:00"]),
        ("2026-12-31T23:59", ["2027-01-01T09:00", "2027-01-04T09:00"]),
    ],
)
def test_the_times_that_are_offered(now: str, offers: list[str]) -> None:
    local = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert [f"{each.at:%Y-%m-%dT%H:%M}" for each in snooze_form.presets(local) if each.at] == offers


def test_the_counter_and_the_empty_list(cast: Cast, ana: Browser, lia: Conversation) -> None:
    assert "Nothing is snoozed" in ana.see("/inbox/list", state="snoozed")
    for who in ("Sol", "Teo"):
        ana.post(f"/inbox/{cast.write(who).pk}/snooze", when="writes")
    listed = ana.see("/inbox/list")
    assert "Snoozed (2)" in listed
    assert "All 1 Unread 1" in listed
    assert "Snoozed (2)" in ana.see("/inbox/list/held", ids=lia.pk)


def test_the_counter_is_of_what_choosing_it_shows(cast: Cast, ana: Browser, lia: Conversation) -> None:
    """The other filters stay when somebody chooses *Snoozed*, but for what is said of open or closed ones alone."""
    read = cast.write("Teo")
    for each in (lia, cast.write("Sol"), read):
        ana.post(f"/inbox/{each.pk}/snooze", when="writes")
    lifecycle.mark_read([read.pk], scope=Scope.of(cast.ana))
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    for query, number in (
        ({}, 3), ({"tab": "unread"}, 2), ({"owner": "nobody"}, 2), ({"owner": "nobody", "tab": "unread"}, 1),
        ({"channel": "whatsapp"}, 0), ({"soon": "1"}, 3), ({"reason": "Compró"}, 3),
    ):  # fmt: skip
        assert (f"Snoozed ({number})" in ana.see("/inbox/list", **query)) == bool(number), query
        kept = {key: value for key, value in query.items() if key in {"tab", "owner", "channel"}}
        assert len(ana.names(**kept, state="snoozed")) == number


@pytest.mark.parametrize("number", [1, 30])
def test_a_list_of_snoozed_ones_costs_the_same_queries_however_many(
    cast: Cast, ana: Browser, number: int, django_assert_max_num_queries: Any
) -> None:
    ids = [cast.write(f"who {n}").pk for n in range(number)]
    lifecycle.snooze(ids, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    with django_assert_max_num_queries(20):
        assert len(ana.names(state="snoozed")) == number


def test_the_walk_through_the_open_ones_is_as_it_was_and_the_snoozed_ones_are_of_an_index(cast: Cast) -> None:
    """Who is snoozed is left out row by row, so that the list of open ones is read from the index it always was."""
    for state, kept in (("", "open"), ("snoozed", "snoozed_at")):
        [source] = path(Asked(cast.ana, Filters(state=state), NOON)).sources
        wanted = str(source.rows.query).partition("WHERE")[2]
        assert kept in wanted
        assert ("snoozed_at" in wanted) == (state == "snoozed")


def test_its_row_leaves_the_list_of_whoever_looks(cast: Cast, ana: Browser, lia: Conversation) -> None:
    asked = Asked(cast.ana, Filters(), NOON + timedelta(minutes=1))
    assert [row.conversation for row in page(asked).rows] == [lia]
    ana.post(f"/inbox/{lia.pk}/snooze", when="writes")
    assert f'hx-swap-oob="delete:#row-{lia.pk}"' in ana.get("/inbox/list/held", ids=lia.pk).content.decode()
