"""Joining what a page or profile was told while Meta delivered nothing: fetched, then received like a delivery."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import monotonic

from django.db import connection, transaction

from bandeja.channels.contract import Inbound, Parsed
from bandeja.channels.meta import backfill
from bandeja.channels.models import Account
from bandeja.channels.sending import NotReached, Refused, Unanswered
from bandeja.conversations.sql import is_outage
from bandeja.intake import drain

log = logging.getLogger(__name__)

FETCHING = 8306
"""The advisory lock space of accounts being fetched for, each by one worker; the key is the account's id."""
AGAIN = 3600.0
"""Seconds until an account is fetched for again of which we could not join something."""
_again_at: dict[int, float] = {}
"""When that is, by `monotonic`; a worker that starts anew, perhaps upgraded, does not wait."""


def step() -> int:
    """Fetch for every account of which deliveries were lost; answers how many are whole again.

    What broke off is fetched from its beginning the next time: what was joined of it is a duplicate then. What could
    not be joined is left out, and looked for again in an hour.
    """
    due = [lost for lost in backfill.lost() if _again_at.get(lost[0].pk, 0.0) <= monotonic()]
    return sum(_fetch(account, since) for account, since in due)


def _fetch(account: Account, since: datetime) -> bool:
    with _alone(account) as alone:
        if not alone:
            return False
        try:
            left_out = sum(_join(account, batch) for batch in backfill.batches(account, since))
        except (Refused, NotReached, Unanswered) as error:
            log.warning("could not fetch what was missed", extra={"account_id": account.pk, "error": str(error)})
            return False
        except Exception as error:
            if is_outage(error):
                raise
            # What one account was told must not keep the others from theirs.
            log.exception("what was missed could not be fetched", extra={"account_id": account.pk})
            return False
        if left_out:
            _again_at[account.pk] = monotonic() + AGAIN
            return False
        backfill.fetched(account, since)
        return True


def _join(account: Account, batch: Sequence[Inbound]) -> int:
    """A conversation at a time: no transaction is open while Meta is asked for the next.

    If it fails, a message at a time, so that one costs the others nothing; answers how many failed even so.
    """
    try:
        with transaction.atomic():
            drain.join([Parsed(batch)], lambda: None)
        return 0
    except Exception as error:
        if is_outage(error):
            raise
        if len(batch) == 1:
            said = {"account_id": account.pk, "external_id": batch[0].external_id}
            log.exception("a message that was missed could not be joined", extra=said)
            return 1
        return sum(_join(account, [each]) for each in batch)


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
