"""Which accounts were connected when something was received."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bandeja.channels import accounts, lines
from bandeja.channels.models import Account, ChannelKey, MetaApp
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
PHONE = ("whatsapp", "4711")


@pytest.fixture
def app(cast: Cast) -> MetaApp:
    return MetaApp.objects.create(workspace=cast.workspace, key="k", name="Ventas", app_id="1", secret="s")


def connect(app: MetaApp, at: datetime, external_id: str = "4711") -> Account:
    return accounts.connect(
        app.workspace, ChannelKey.WHATSAPP, name="Línea", external_id=external_id, app=app, token="t", at=at
    )


@pytest.mark.parametrize(
    ("at", "there"),
    [
        (NOON - SECOND, False),
        (NOON, True),
        (NOON + HOUR - SECOND, True),
        (NOON + HOUR, False),
        (NOON + 2 * HOUR - SECOND, False),
        (NOON + 2 * HOUR, True),
        (NOON + 9 * HOUR, True),
    ],
)
def test_what_was_received_belongs_to_who_was_connected_then(
    app: MetaApp, clock: Clock, at: datetime, *, there: bool
) -> None:
    """However late it is read: disconnecting and connecting again since changes nothing about it."""
    account = connect(app, NOON)
    accounts.disconnect(account, at=NOON + HOUR)
    connect(app, NOON + 2 * HOUR)
    found = lines.load([account.pk], [app.pk])
    assert found.was_connected(account.pk, at) is there
    assert found.of_app(app.pk, at) == ({PHONE: account.pk} if there else {})


def test_an_app_has_only_its_own_accounts(app: MetaApp, cast: Cast, carla: Cast) -> None:
    theirs = MetaApp.objects.create(workspace=carla.workspace, key="o", name="Otra", app_id="2", secret="s")
    mine, other = connect(app, NOON), connect(theirs, NOON, "4712")
    found = lines.load([], [app.pk, theirs.pk])
    assert found.of_app(app.pk, NOON) == {PHONE: mine.pk}
    assert found.of_app(theirs.pk, NOON) == {("whatsapp", "4712"): other.pk}
    assert found.of_app(999, NOON) == {}


def test_what_came_through_another_app_of_the_workspace_belongs_to_its_account_all_the_same(
    app: MetaApp, cast: Cast, carla: Cast
) -> None:
    """An account may change its app while deliveries of the first still wait, or still come."""
    second = MetaApp.objects.create(workspace=cast.workspace, key="n", name="Nueva", app_id="3", secret="s")
    theirs = MetaApp.objects.create(workspace=carla.workspace, key="o", name="Otra", app_id="2", secret="s")
    account = connect(app, NOON)
    connect(second, NOON + HOUR)
    found = lines.load([], [app.pk, second.pk, theirs.pk])
    assert [found.of_app(each.pk, NOON + HOUR) for each in (app, second)] == [{PHONE: account.pk}] * 2
    assert found.of_app(theirs.pk, NOON + HOUR) == {}


def test_an_account_that_does_not_exist_was_never_there(cast: Cast) -> None:
    assert lines.load([cast.chat.pk, 999], []).was_connected(999, NOON) is None
