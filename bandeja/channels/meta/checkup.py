"""Asking Meta how an account fares. Only HTTP: no database, no clock of its own; many may be asked at once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bandeja.channels.instagram import connect as instagram
from bandeja.channels.instagram.send import by_page
from bandeja.channels.meta import faults
from bandeja.channels.meta.graph import Answer, facebook
from bandeja.channels.meta.lines import WAYS, not_subscribed
from bandeja.channels.models import ChannelKey
from bandeja.channels.sending import Fault, Line, NotReached, Refused, Unanswered
from bandeja.channels.whatsapp import connect as whatsapp
from bandeja.channels.whatsapp import templates

log = logging.getLogger(__name__)

ALERT = timedelta(days=10)
"""Before a token ends without having been renewed, people are told (meta.md A7)."""

ASKED = "asked"
PASSING = frozenset({Fault.ACCOUNT, Fault.TOKEN, Fault.THROTTLED, Fault.TRANSIENT})
"""Refusals that say nothing of what was asked."""


@dataclass(frozen=True, slots=True)
class Patient:
    """An account to be looked at. `refreshed_at` and `expires_at` are its token's.

    `templates_stale_since` and `templates_held_until` are its health's.
    """

    channel: str
    line: Line
    app_id: str
    refreshed_at: datetime
    expires_at: datetime | None
    templates_stale_since: datetime | None = None
    templates_held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found. None where it could not be told; `was_lost` that nothing had been delivered any more.

    `config` is what the account says of itself (`Found`), `token` a new one, with when it ends; `templates` are its
    business account's, where they were stale and could be fetched, `templates_wait` the pause that Meta asked for
    where it told none.
    """

    has_valid_token: bool | None = None
    is_subscribed: bool | None = None
    was_lost: bool = False
    quality: str = ""
    tier: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None
    wait: timedelta | None = None
    token: tuple[str, datetime] | None = field(default=None, repr=False)
    templates: Sequence[Answer] | None = field(default=None, repr=False)
    templates_wait: timedelta | None = None


def check(patient: Patient, at: datetime) -> Checked:
    """Ask for the account itself, for its subscription, mending it, for stale templates, for a new token in time."""
    try:
        found = WAYS[patient.channel].check(patient.line)
    except Refused as refused:
        valid = False if refused.fault is Fault.TOKEN else None
        return Checked(has_valid_token=valid, error=refused.told(), wait=refused.wait)
    except (NotReached, Unanswered):
        return Checked(error=unreached())
    known = Checked(has_valid_token=True, quality=found.quality, tier=found.tier, config=found.config)
    return _renewed(patient, at, _with_templates(patient, at, _shared(patient, _subscribed(patient, known))))


def unreached() -> dict[str, Any]:
    """The error of an account that could not be asked about."""
    return Refused(Fault.TRANSIENT, text=faults.NOT_REACHED).told()


def _subscribed(patient: Patient, known: Checked) -> Checked:
    subscription = WAYS[patient.channel].subscription(patient.line)
    lacking: frozenset[str] | None = frozenset()
    try:
        lacking = subscription.lacking(patient.app_id)
        if lacking is None or lacking:
            subscription.begin()
    except Refused as refused:
        return replace(known, is_subscribed=False, error=not_subscribed(refused), wait=refused.wait)
    except (NotReached, Unanswered):
        # What has no answer may have been done all the same: then nobody finds it lost any more.
        return replace(known, error=unreached(), was_lost=lacking is None)
    return replace(known, is_subscribed=True, was_lost=lacking is None)


def _shared(patient: Patient, known: Checked) -> Checked:
    """What the phone app of a number has is asked for once, as soon as it would be delivered.

    Meta's refusal is kept and ends it; what could not be asked is asked at the next check-up.
    """
    asked = dict(patient.line.config.get(whatsapp.PHONE_APP, {}))
    if not (known.is_subscribed and known.config.get("coexistence")) or asked.keys() >= set(whatsapp.SHARED):
        return known
    for kind in whatsapp.SHARED:
        if kind in asked:
            continue
        try:
            whatsapp.share(patient.line, kind)
        except Refused as refused:
            if refused.fault in PASSING:
                break
            asked[kind] = refused.text or refused.fault.value
        except (NotReached, Unanswered):
            break
        else:
            asked[kind] = ASKED
    return replace(known, config={**known.config, whatsapp.PHONE_APP: asked}) if asked else known


def _with_templates(patient: Patient, at: datetime, known: Checked) -> Checked:
    """Templates that cannot be had are no fault of the account: they stay stale."""
    held_until = patient.templates_held_until
    if patient.templates_stale_since is None or (held_until and at < held_until):
        return known
    line = patient.line
    try:
        listed = templates.fetch(facebook(line.token, line.graph_url), str(line.config.get("waba", "")))
    except (Refused, NotReached, Unanswered) as error:
        log.warning("templates not fetched", extra={"account_id": line.account_id, "error": str(error)})
        return replace(known, templates_wait=error.wait if isinstance(error, Refused) else None)
    return replace(known, templates=listed)


def _renewed(patient: Patient, at: datetime, known: Checked) -> Checked:
    """Tokens of Instagram's own login end after 60 days: a new one is asked for at half its life."""
    if patient.channel != ChannelKey.INSTAGRAM or by_page(patient.line.config) or not _is_due(patient, at):
        return known
    try:
        token, life = instagram.refresh(patient.line)
    except (Refused, NotReached, Unanswered):
        ends = patient.expires_at
        return replace(known, error=_ending(ends)) if ends and ends - at < ALERT else known
    return replace(known, token=(token, at + life))


def _is_due(patient: Patient, at: datetime) -> bool:
    """One whose end was never told is asked for at once: only then do we learn it."""
    if patient.expires_at is None:
        return True
    return at >= patient.refreshed_at + (patient.expires_at - patient.refreshed_at) / 2


def _ending(at: datetime) -> dict[str, Any]:
    return Refused(Fault.TRANSIENT, text=faults.TOKEN_ENDS, details=at.date().isoformat()).told()
