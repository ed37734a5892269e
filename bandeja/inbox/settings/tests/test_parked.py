"""What was set aside is shown to administrators, and read again when they say so."""

from __future__ import annotations

import pytest
from django.test import Client

from bandeja.channels.models import Receipt
from bandeja.conversations.models import Message
from bandeja.intake import drain
from bandeja.people.models import Agent
from tests.cast import Cast

pytestmark = pytest.mark.django_db

GOOD = b'{"id": "1", "text": "hola"}'
SENDER = "a" * 32


def as_(agent: Agent) -> Client:
    browser = Client()
    Agent.objects.filter(pk=agent.pk).update(language="en")
    browser.force_login(agent)
    return browser


def deliver(cast: Cast, body: bytes, sender: str = SENDER) -> Receipt:
    """As the door stores it, drained at once."""
    stored = Receipt.objects.create(account_id=cast.chat.pk, channel="webchat", body=body, headers={"sender": sender})
    drain.step()
    stored.refresh_from_db()
    return stored


def page(agent: Agent) -> str:
    return as_(agent).get("/settings/parked").content.decode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>", "The delivery is not JSON."),
        (b'{"id": "1"}', "The message has no text."),
        (b"\x00\xff\xfe", "The delivery is not JSON."),
        (b'{"id": "\\u0000\\ud800", "text": "x"}', "id must be a text"),
    ],
)
def test_what_could_not_be_taken_in_is_shown_with_its_reason(cast: Cast, body: bytes, reason: str) -> None:
    assert deliver(cast, body).parked_at
    assert reason in page(cast.ana)


def test_html_in_a_delivery_is_only_shown(cast: Cast) -> None:
    deliver(cast, b"<script>alert(1)</script>")
    assert "<script>alert(1)" not in page(cast.ana)


def test_a_delivery_is_read_again(cast: Cast) -> None:
    parked = deliver(cast, GOOD, sender="")
    assert not Message.objects.exists()
    Receipt.objects.filter(pk=parked.pk).update(headers={"sender": SENDER})
    as_(cast.ana).post("/settings/parked", {"receipt": [parked.pk]})
    drain.step()
    assert Message.objects.get().text == "hola"
    assert "Nothing was set aside" in page(cast.ana)


def test_what_still_cannot_be_taken_in_comes_back(cast: Cast) -> None:
    parked = deliver(cast, b"nonsense")
    as_(cast.ana).post("/settings/parked", {"receipt": [parked.pk]})
    drain.step()
    assert "The delivery is not JSON." in page(cast.ana)


def test_a_delivery_that_is_discarded_is_gone_and_its_neighbours_stay(cast: Cast) -> None:
    parked, other = deliver(cast, b"nonsense"), deliver(cast, b"nonsense too")
    joined = deliver(cast, GOOD)
    as_(cast.ana).post("/settings/parked", {"receipt": [parked.pk, joined.pk], "verb": "discard"})
    assert set(Receipt.objects.values_list("pk", flat=True)) == {other.pk, joined.pk}


def test_odd_numbers_replay_nothing(cast: Cast) -> None:
    parked = deliver(cast, b"nonsense")
    as_(cast.ana).post("/settings/parked", {"receipt": ["x", "-1", "9" * 40, "²", ""]})
    parked.refresh_from_db()
    assert parked.parked_at


def test_a_seller_is_refused(cast: Cast) -> None:
    assert as_(cast.bruno).get("/settings/parked").status_code == 403
    assert as_(cast.bruno).post("/settings/parked").status_code == 403


def test_what_belongs_to_another_workspace_is_neither_shown_nor_replayed(cast: Cast, carla: Cast) -> None:
    parked = deliver(cast, b"nonsense")
    assert "The delivery is not JSON." not in page(carla.ana)
    for verb in ("", "discard"):
        as_(carla.ana).post("/settings/parked", {"receipt": [parked.pk], "verb": verb})
    parked.refresh_from_db()
    assert parked.parked_at
