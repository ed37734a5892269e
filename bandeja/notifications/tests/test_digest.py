"""The e-mail about what waits: when it is due, to whom it goes, and how often after a mishap."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from bandeja.conversations.models import Conversation
from bandeja.notifications import digest
from bandeja.notifications.models import Digest, Preference
from bandeja.people import members
from bandeja.people.clock import database_now
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("hour", "day"),
    [(5, 1), (12, 1), (13, 2), (23, 2)],  # eight in Bogotá is one in the afternoon here
)
def test_a_days_mail_is_due_in_the_morning_of_the_workspace(hour: int, day: int) -> None:
    now = datetime(2026, 3, 1, hour, 0, 1, tzinfo=UTC)
    due = digest.due(Digest.DAILY, now, ZoneInfo("America/Bogota"))
    assert due == datetime(2026, 3, day, 13, tzinfo=UTC)


def test_an_hours_mail_is_due_in_an_hour_and_never_is_never() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert digest.due(Digest.HOURLY, now, ZoneInfo("UTC")) == now + timedelta(hours=1)
    assert digest.due(Digest.NEVER, now, ZoneInfo("UTC")) is None


@pytest.fixture
def chosen(cast: Cast) -> Preference:
    """Bruno wants a mail every hour, and one conversation of his waits."""
    conversation = cast.write("Lía", text="Secreto")
    Conversation.objects.filter(pk=conversation.pk).update(owner=cast.bruno)
    return Preference.objects.create(agent=cast.bruno, digest=Digest.HOURLY, digest_at=database_now())


def late() -> None:
    Preference.objects.update(digest_at=database_now() - timedelta(seconds=1))


def test_it_names_what_waits_and_not_what_was_written(cast: Cast, chosen: Preference) -> None:
    assert digest.step() == 1
    (sent,) = mail.outbox
    assert sent.to == [cast.bruno.email]
    assert sent.subject == "1 conversación te espera"
    assert "Lía" in sent.body
    assert "Secreto" not in sent.body
    assert digest.step() == 0
    chosen.refresh_from_db()
    assert chosen.digest_at is not None
    assert chosen.digest_at > database_now() + timedelta(minutes=59)


def test_when_nothing_waits_nothing_is_sent(cast: Cast, chosen: Preference) -> None:
    Conversation.objects.update(unread=0)
    assert digest.step() == 1
    assert mail.outbox == []


def test_nobody_deactivated_is_written_to(cast: Cast, chosen: Preference) -> None:
    members.deactivate(cast.bruno, by=None)
    digest.step()
    assert mail.outbox == []


def test_a_mail_server_that_fails_is_asked_once_more_later(
    chosen: Preference, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(*_given: object) -> None:
        asked.append(1)
        raise smtplib.SMTPServerDisconnected("no")

    monkeypatch.setattr(digest, "send_mail", refuse)
    for _ in range(3):
        late()
        digest.step()
    assert len(asked) == 2
    chosen.refresh_from_db()
    assert chosen.digest_at is not None


def test_who_is_killed_half_way_lets_it_be_sent_once_more(
    chosen: Preference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "_take_turn", lambda _chosen: None)
    digest.step()
    monkeypatch.undo()
    assert digest.step() == 0  # the lease holds
    late()
    digest.step()
    digest.step()
    assert len(mail.outbox) == 1


def test_without_a_mail_server_nothing_is_due(chosen: Preference, settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # type: ignore[attr-defined]  # pytest-django's settings take any
    assert digest.step() == 0
