"""The index of what is unread: used by the tab, and built while another machine waits for its turn to migrate."""

from __future__ import annotations

from threading import Event, Thread

import pytest
from django.db import connection

from bandeja.cli import migrate
from bandeja.inbox.filters import Filters
from bandeja.inbox.rows import visible
from tests.cast import Cast

BUILD = "create index concurrently conversation_trial on conversation (unread)"


@pytest.mark.django_db
def test_the_unread_tab_is_read_off_its_index(cast: Cast) -> None:
    _read_ones(cast, 300)
    tab = Filters(tab="unread").apply(visible(cast.ana), cast.ana).order_by("-last_message_at", "-pk")[:41]
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("set local enable_sort = off")
    assert "conversation_unread_list" in tab.explain()


def _read_ones(cast: Cast, count: int) -> None:
    """Open conversations without anything unread: among a handful any index is as good."""
    with connection.cursor() as cursor:
        cursor.execute(
            """with lia as (
                   insert into contact (workspace_id, name) select %s, 'Lía' from generate_series(1, %s) returning id
               )
               insert into conversation (workspace_id, account_id, contact_id) select %s, %s, id from lia""",
            [cast.workspace.pk, count, cast.workspace.pk, cast.chat.pk],
        )
        cursor.execute("analyze conversation")


@pytest.mark.django_db(transaction=True)
def test_who_waits_to_migrate_holds_up_no_index() -> None:
    began = Event()

    def wait() -> None:
        try:
            with connection.cursor() as cursor:
                began.set()
                migrate._wait_for_turn(cursor)
        finally:
            connection.close()

    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [migrate.ONE_AT_A_TIME])
        waiter = Thread(target=wait)
        waiter.start()
        began.wait(5)
        cursor.execute(BUILD)
        cursor.execute("drop index concurrently conversation_trial")
        cursor.execute("select pg_advisory_unlock(%s)", [migrate.ONE_AT_A_TIME])
    waiter.join(5)
    assert not waiter.is_alive()
