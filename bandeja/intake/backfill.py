"""Joining what a page or profile was told while Meta delivered nothing: fetched, then received like a delivery."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from bandeja.channels.contract import Parsed
from bandeja.channels.meta import backfill
from bandeja.channels.models import Account
from bandeja.channels.sending import NotReached, Refused, Unanswered
from bandeja.conversations.sql import is_outage
from bandeja.intake import drain

log = logging.getLogger(__name__)

FETCHING = 8306
"""The advisory lock space of accounts being fetched for, each by one worker; the key is the account's id."""


def step() -> int:
    """Fetch for every account of which deliveries were lost; answers how many are whole again.

    What broke off is fetched from its beginning the next time: what was joined of it is a duplicate then.
    """
    return sum(_fetch(account, since) for account, since in backfill.lost())


def _fetch(account: Account, since: datetime) -> bool:
    with _alone(account) as alone:
        if not alone:
            return False
        try:
            for batch in backfill.batches(account, since):
                # A conversation at a time: no transaction is open while Meta is asked for the next.
                with transaction.atomic():
                    drain.join([Parsed(batch)], lambda: None)
        except (Refused, NotReached, Unanswered) as error:
            log.warning("could not fetch what was missed", extra={"account_id": account.pk, "error": str(error)})
            return False
        except Exception as error:
            if is_outage(error):
                raise
            # What one account was told must not keep the others from theirs.
            log.exception("what was missed could not be joined", extra={"account_id": account.pk})
            return False
        backfill.fetched(account, since)
        return True


@contextmanager
def _alone(account: Account) -> Iterator[bool]:
    """Whether nobody else is fetching for this account; held by the session, for it outlasts every transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s::int)", [FETCHING, account.pk])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s, %s::int)", [FETCHING, account.pk])
