"""Connecting and disconnecting accounts: history is kept, and every connection is a new start."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from bandeja.channels import accounts
from bandeja.channels.models import Account, ChannelKey
from bandeja.people.models import Workspace
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


def connect(cast: Cast, external_id: str = "", name: str = "Ventas", *, at: datetime | None = None) -> Account:
    return accounts.connect(cast.workspace, ChannelKey.WEBCHAT, name=name, external_id=external_id, at=at)


def test_a_new_account_gets_a_public_key_of_its_own(noon: datetime, cast: Cast) -> None:
    first, second = connect(cast), connect(cast)
    assert first.external_id != second.external_id
    assert all(each.external_id.startswith("web_") and len(each.external_id) > 16 for each in (first, second))
    assert (first.connected_at, first.disconnected_at, first.is_connected) == (NOON, None, True)


def test_a_connection_is_stamped_with_the_instant_it_is_given(noon: datetime, cast: Cast) -> None:
    account = connect(cast, at=NOON - HOUR)
    assert account.connected_at == NOON - HOUR
    accounts.disconnect(account, at=NOON + HOUR)
    account.refresh_from_db()
    assert account.disconnected_at == NOON + HOUR
    assert connect(cast, account.external_id, at=NOON + 2 * HOUR).connected_at == NOON + 2 * HOUR


def test_disconnecting_keeps_the_account_and_its_history(noon: datetime, cast: Cast, clock: Clock) -> None:
    """closing R10: hidden, never removed; a second time does nothing."""
    lia = cast.write("lia")
    clock.advance(hours=1)
    assert accounts.disconnect(cast.chat)
    clock.advance(hours=1)
    assert not accounts.disconnect(cast.chat)
    cast.chat.refresh_from_db()
    assert (cast.chat.disconnected_at, cast.chat.is_connected) == (NOON + HOUR, False)
    assert lia.messages.count() == 1


def test_the_same_external_id_revives_the_row(noon: datetime, cast: Cast, clock: Clock) -> None:
    """closing R10: with its history, and as a new start."""
    lia = cast.write("lia")
    accounts.disconnect(cast.chat)
    clock.advance(hours=1)
    again = connect(cast, cast.chat.external_id, "Otro nombre")
    assert (again.pk, again.name) == (cast.chat.pk, "Otro nombre")
    assert (again.connected_at, again.disconnected_at) == (NOON + HOUR, None)
    assert again.conversations.get() == lia


def test_connecting_what_is_connected_changes_nothing(noon: datetime, cast: Cast, clock: Clock) -> None:
    """closing R10: it is no new start."""
    before = Account.objects.values().get(pk=cast.chat.pk)
    clock.advance(hours=1)
    connect(cast, cast.chat.external_id, "Otro nombre")
    assert Account.objects.values().get(pk=cast.chat.pk) == before


def test_what_is_connected_elsewhere_is_refused_until_it_is_let_go(cast: Cast, carla: Cast) -> None:
    with pytest.raises(accounts.ConnectedElsewhere, match="another workspace"):
        connect(cast, carla.chat.external_id)
    accounts.disconnect(carla.chat)
    mine = connect(cast, carla.chat.external_id)
    assert mine.pk != carla.chat.pk
    with pytest.raises(accounts.ConnectedElsewhere):
        connect(carla, carla.chat.external_id)
    carla.chat.refresh_from_db()
    assert not carla.chat.is_connected


def test_the_same_external_id_on_another_channel_is_another_account(cast: Cast) -> None:
    other = accounts.connect(cast.workspace, ChannelKey.API, name="CRM", external_id=cast.chat.external_id)
    assert other.pk != cast.chat.pk


def test_only_the_hash_of_a_token_is_kept_and_a_new_one_ends_the_old(cast: Cast) -> None:
    account = accounts.connect(cast.workspace, ChannelKey.API, name="CRM")
    old, new = accounts.new_token(account), accounts.new_token(account)
    account.refresh_from_db()
    assert len(old) > 40
    assert account.token_hash == hashlib.sha256(new.encode()).hexdigest() != hashlib.sha256(old.encode()).hexdigest()


# Two at once


def at_once(*workspaces: Workspace) -> list[type[Exception]]:
    """Each connects "linea" at the same moment; answers what was refused."""
    refused: list[type[Exception]] = []
    barrier = Barrier(len(workspaces))

    def run(workspace: Workspace) -> None:
        try:
            barrier.wait()
            accounts.connect(workspace, ChannelKey.WEBCHAT, name="Línea", external_id="linea")
        except Exception as error:  # noqa: BLE001 the assertion is on what was refused
            refused.append(type(error))
        finally:
            connection.close()

    threads = [Thread(target=run, args=(workspace,)) for workspace in workspaces]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("had_it", [False, True])
def test_of_two_workspaces_that_connect_it_at_once_one_is_refused(cast: Cast, carla: Cast, had_it: bool) -> None:
    for each in (cast, carla) if had_it else ():
        accounts.disconnect(connect(each, "linea"))
    for _ in range(5):
        assert at_once(cast.workspace, carla.workspace) == [accounts.ConnectedElsewhere]
        holder = Account.objects.get(external_id="linea", disconnected_at=None)
        accounts.disconnect(holder)


@pytest.mark.django_db(transaction=True)
def test_one_workspace_that_connects_it_twice_at_once_has_it_once(cast: Cast) -> None:
    assert at_once(cast.workspace, cast.workspace, cast.workspace) == []
    assert Account.objects.get(external_id="linea").is_connected
