"""Which accounts were connected when something was received: what comes late still belongs to who was there then."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from bandeja.channels.models import Connection

Key = tuple[str, str]
"""A channel and an external id."""

APP = "account__workspace__meta_apps"


@dataclass(frozen=True, slots=True)
class _Stretch:
    account_id: int
    key: Key
    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


class Lines:
    """The connections of some accounts and apps, for as long as a batch is read."""

    def __init__(self, accounts: Mapping[int, list[_Stretch]], apps: Mapping[int, list[_Stretch]]) -> None:
        self._accounts, self._apps = accounts, apps
        self._bounds = {app_id: _bounds(stretches) for app_id, stretches in apps.items()}
        self._known: dict[tuple[int, int], dict[Key, int]] = {}

    def was_connected(self, account_id: int, at: datetime) -> bool | None:
        """Whether the account was connected at that instant; None when there is no such account."""
        stretches = self._accounts.get(account_id)
        return None if stretches is None else any(stretch.holds(at) for stretch in stretches)

    def of_app(self, app_id: int, at: datetime) -> Mapping[Key, int]:
        """The accounts of the app's workspace that were connected at that instant."""
        # Nothing changes between two bounds, and most deliveries of a batch lie after the last.
        place = (app_id, bisect_right(self._bounds.get(app_id, []), at))
        if place not in self._known:
            stretches = self._apps.get(app_id, [])
            self._known[place] = {stretch.key: stretch.account_id for stretch in stretches if stretch.holds(at)}
        return self._known[place]


def load(account_ids: Collection[int], app_ids: Collection[int]) -> Lines:
    """The connections of these accounts and of the accounts of these apps' workspaces, in one query each.

    Not only of those whose app it is now: one that has changed its app still has deliveries of the other waiting.
    """
    accounts: dict[int, list[_Stretch]] = defaultdict(list)
    apps: dict[int, list[_Stretch]] = defaultdict(list)
    about = ("account_id", "account__channel", "account__external_id", "since", "until")
    if account_ids:
        own = Connection.objects.filter(account__in=account_ids)
        for account_id, channel, external_id, since, until in own.values_list(*about):
            accounts[account_id].append(_Stretch(account_id, (channel, external_id), since, until))
    if app_ids:
        metas = Connection.objects.filter(account__app__isnull=False, account__workspace__meta_apps__in=app_ids)
        for app_id, account_id, channel, external_id, since, until in metas.values_list(APP, *about):
            apps[app_id].append(_Stretch(account_id, (channel, external_id), since, until))
    return Lines(dict(accounts), dict(apps))


def _bounds(stretches: list[_Stretch]) -> list[datetime]:
    return sorted(at for stretch in stretches for at in (stretch.since, stretch.until) if at)
