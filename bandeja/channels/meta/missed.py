"""What a page or profile was told and we were not: from when on, until it has been fetched (`backfill`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest

from bandeja.channels.models import Account, ChannelKey, Health

BACKFILLED = frozenset({ChannelKey.MESSENGER.value, ChannelKey.INSTAGRAM.value})
"""Channels that can be asked for what they failed to deliver; WhatsApp repeats itself for a week instead."""


def note(accounts: Iterable[Account], at: datetime, *, is_subscribed: bool | None = None) -> None:
    """Their subscription was found lost at `at`: from the last delivery on they have missed something.

    Give all that share it: once it is mended, nobody finds it lost any more. `is_subscribed` says whether it has
    been; until that is sure nothing is fetched, for what is said meanwhile would be missed for good.
    """
    # In order of id, as whoever else writes of several accounts' health: nobody waits in a circle.
    for account in sorted(accounts, key=lambda account: account.pk):
        if account.channel in BACKFILLED:
            row = Health.objects.filter(account=account)
            row.update(missed_since=_since(), lost_at=at, is_subscribed=is_subscribed)


def _since() -> Coalesce:
    """From the last delivery on, as far as we were connected at all; an earlier loss is still to be fetched."""
    since = Greatest(Coalesce("last_delivery_at", _connected_at()), _connected_at())
    return Coalesce("missed_since", since)


def _connected_at() -> Subquery:
    return Subquery(Account.objects.filter(pk=OuterRef("account_id")).values("connected_at")[:1])
