"""The check-up: every hour, whether Meta still knows our token, still delivers, and what it thinks of a number.

What asks Meta runs in threads without a database, and no transaction is open meanwhile: a slow account holds up
neither another nor a lock. What Meta tells by itself (`heed`) lands in the same rows.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Greatest, Least

from bandeja.channels.contract import Notice
from bandeja.channels.meta import faults, missed
from bandeja.channels.meta.checkup import Checked, Patient, check, unreached
from bandeja.channels.meta.found import said
from bandeja.channels.meta.lines import WAYS, forget, learn, line, sharing
from bandeja.channels.models import Account, Credential, Health
from bandeja.channels.sending import Fault
from bandeja.channels.whatsapp import connect as whatsapp
from bandeja.channels.whatsapp import templates
from bandeja.people.clock import database_now

log = logging.getLogger(__name__)

LIMIT = 32
"""Accounts looked at in one step, and as many threads."""
LEASE = timedelta(minutes=10)
"""For which nobody else looks at what a step has claimed; longer than the calls it makes may take."""
EVERY = timedelta(hours=1)
SOON = timedelta(minutes=5)
"""When to look again at what could not be asked, or was refused while sending."""
BLOCKED = timedelta(minutes=50)
"""For how long a fault of the account, which no check-up can see, is believed; then sending tries it once more."""


def step(limit: int = LIMIT) -> int:
    """Look at accounts whose time has come; answers how many."""
    patients = _claim(limit)
    if not patients:
        return 0
    at = database_now()
    with ThreadPoolExecutor(len(patients), thread_name_prefix="health") as threads:
        asked = {threads.submit(_check, patient, at): patient for patient in patients}
        for done in as_completed(asked):
            _keep_alone(asked[done], done.result())
    return len(patients)


def look(account: Account) -> None:
    """Look at one connected account that has a token now, whenever its time would come."""
    patient = _patient(account)
    _keep(patient, _check(patient, database_now()))


def heed(notices: Iterable[Notice]) -> None:
    """Apply what Meta says of our side: templates, a number's tier, blocks and errors. Anything else is let be.

    Nothing is asked of Meta here: what only it can tell is the next check-up's, of one of the numbers concerned. That
    is due at once then, but not again within `SOON`, however much Meta says.
    """
    notices = list(notices)
    templates.heed(notices)
    at = database_now()
    # While a list is being fetched, it may not have what is said now: it does not make them known then.
    renewed = Case(When(templates_stale_since__isnull=False, then=Value(at)))
    told: dict[int, dict[str, Any]] = {}
    for notice in notices:
        is_stale = templates.is_stale_by(notice)
        renews = {"templates_stale_since": renewed} if templates.is_about_one(notice) else {}
        changes = {**_changes(notice), **({"templates_stale_since": at} if is_stale else {})}
        concerned = [account.pk for account in (_concerned(notice) if changes or renews else ())]
        for account_id in concerned:
            told[account_id] = {**renews, **told.get(account_id, {}), **changes}
        if is_stale and concerned:
            again = Greatest(Value(at), F("checked_at") + Value(SOON), F("templates_held_until"))
            told[min(concerned)]["look_at"] = Least("look_at", again)
        if notice.topic == "account_update" and said(notice.data.get("event")) in whatsapp.PARTED:
            for account_id in sorted(concerned):
                forget(account_id, whatsapp.PHONE_APP)
    # In order of id, whatever the order they came in: nobody who writes of several waits in a circle.
    for account_id, changes in sorted(told.items()):
        Health.objects.filter(pk=account_id).update(**changes)


def _claim(limit: int) -> list[Patient]:
    due = Health.objects.filter(
        look_at__lte=database_now(),
        account__disconnected_at=None,
        account__channel__in=list(WAYS),
        account__app__isnull=False,
        account__credential__isnull=False,
    )
    with transaction.atomic():
        locked = due.order_by("look_at").select_for_update(skip_locked=True, of=("self",))
        ids = list(locked.values_list("account_id", flat=True)[:limit])
        Health.objects.filter(pk__in=ids).update(look_at=database_now() + LEASE)
    accounts = Account.objects.filter(pk__in=ids).select_related("credential", "app", "health")
    return [_patient(account) for account in accounts]


def _patient(account: Account) -> Patient:
    credential = account.credential
    app_id = account.app.app_id if account.app else ""
    return Patient(
        account.channel,
        line(account),
        app_id,
        credential.refreshed_at,
        credential.expires_at,
        account.health.templates_stale_since,
        account.health.templates_held_until,
    )


def _check(patient: Patient, at: datetime) -> Checked:
    """One account that cannot be understood must not cost the others their check-up."""
    try:
        return check(patient, at)
    except Exception:
        log.exception("check-up failed", extra={"account_id": patient.line.account_id})
        return Checked(error=unreached())


def _keep_alone(patient: Patient, found: Checked) -> None:
    """One account whose findings cannot be written down must not cost the others theirs; its lease runs out."""
    try:
        _keep(patient, found)
    except Exception:
        log.exception("what a check-up found could not be kept", extra={"account_id": patient.line.account_id})


def _keep(patient: Patient, found: Checked) -> None:
    """Write down what was found, unless the account has been given another token meanwhile.

    A loss is one whatever the token: it has been mended, and nobody finds it any more.
    """
    account_id = patient.line.account_id
    with transaction.atomic():
        ours = Credential.objects.select_for_update().filter(pk=account_id, refreshed_at=patient.refreshed_at)
        is_ours, at = ours.exists(), database_now()
        if found.was_lost:
            lost = sharing(Account.objects.select_related("credential", "app").get(pk=account_id))
            missed.note(lost, at, is_subscribed=found.is_subscribed if is_ours else None)
        if not is_ours:
            return
        row = Health.objects.filter(account_id=account_id)
        row.update(**_facts(found, at), look_at=_next(found, at))
        _keep_error(row, found, at)
        if found.token:
            token, ends = found.token
            Credential.objects.filter(pk=account_id).update(token=token, expires_at=ends, refreshed_at=at)
    learn(account_id, {name: value for name, value in found.config.items() if value != ""})
    _keep_templates(patient, found)
    if found.has_valid_token:
        stale = Health.objects.filter(account_id=account_id, templates_stale_since__isnull=False)
        again = Greatest(Value(at + max(found.wait or SOON, SOON)), F("templates_held_until"))
        stale.update(look_at=Least("look_at", again))


def _keep_templates(patient: Patient, found: Checked) -> None:
    """The numbers of a business account share them; what became stale while they were fetched still is."""
    app = Account.objects.select_related("app").get(pk=patient.line.account_id).app
    waba = str(patient.line.config.get("waba", ""))
    if app and found.templates is not None and patient.templates_stale_since:
        templates.keep(app, waba, found.templates, patient.templates_stale_since)
    if app and found.templates_wait:
        templates.hold(app, waba, found.templates_wait)


def _facts(found: Checked, at: datetime) -> dict[str, Any]:
    told = {"has_valid_token": found.has_valid_token, "is_subscribed": found.is_subscribed}
    facts: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    facts |= {name: value for name, value in (("quality", found.quality), ("tier", found.tier)) if value}
    return {**facts, "checked_at": at} if found.has_valid_token is not None else facts


def _next(found: Checked, at: datetime) -> datetime:
    """About an hour from now, so that accounts connected together do not stay together."""
    if found.has_valid_token is None or found.is_subscribed is None:
        return at + max(found.wait or SOON, SOON)
    return at + EVERY * random.uniform(0.85, 1.15)  # noqa: S311  not a secret


def _keep_error(row: QuerySet[Health], found: Checked, at: datetime) -> None:
    """Keep what is wrong, and forget what was.

    A fault that sending met and the check-up does not see (a permission, a payment) is believed for a while: taking
    it back at once would send the next message into the same refusal.
    """
    passing = Q(error__isnull=True) | Q(error__fault=Fault.TRANSIENT.value)
    spent = Q(error__fault=Fault.TOKEN.value, error_at__lte=at - SOON) | Q(error_at__lte=at - BLOCKED)
    if found.error is None:
        row.filter(error__isnull=False).filter(passing | spent).update(error=None, error_at=None)
    elif found.error["fault"] == Fault.TRANSIENT:
        row.filter(passing).update(error=found.error, error_at=at)
    else:
        row.update(error=found.error, error_at=at)


def _changes(notice: Notice) -> dict[str, Any]:
    """The columns that a notice changes."""
    data = notice.data
    if notice.topic == "phone_number_quality_update":
        tier = said(data.get("max_daily_conversations_per_business"), 40) or said(data.get("current_limit"), 40)
        return {"tier": tier} if tier else {}
    if notice.topic == "error":
        return _broken(data)
    if notice.topic == "policy_enforcement":
        return _blocked(data) if data.get("action") == "block" else {"look_at": database_now()}
    if notice.topic == "account_update":
        ban = data.get("ban_info")
        banned = isinstance(ban, Mapping) and ban.get("waba_ban_state") == "DISABLE"
        return _blocked(data) if banned else {"look_at": database_now()}
    return {}


def _broken(error: Mapping[str, Any]) -> dict[str, Any]:
    fault = faults.fault_of(error)
    if fault not in {Fault.TOKEN, Fault.ACCOUNT}:
        return {}
    told = {"fault": fault.value, "code": error.get("code"), "text": error.get("text", "")}
    return {"error": {**told, "details": error.get("details", "")}, "error_at": database_now()}


def _blocked(data: Mapping[str, Any]) -> dict[str, Any]:
    why = said(data.get("reason"), faults.TEXT_LIMIT) or said(data.get("event")) or "?"
    told = {"fault": Fault.ACCOUNT.value, "code": None, "text": faults.BLOCKED, "details": why}
    return {"error": told, "error_at": database_now()}


def _concerned(notice: Notice) -> Sequence[Account]:
    """The accounts a notice is about: a line, or the numbers of a WhatsApp business account."""
    accounts = Account.objects.filter(app=notice.app_id, channel=notice.channel, disconnected_at=None)
    if notice.scope != "waba":
        return list(accounts.filter(external_id=notice.line))
    numbers = list(accounts.filter(config__waba=notice.line))
    phone = _digits(notice.data.get("display_phone_number"))
    return [each for each in numbers if not phone or _digits(each.config.get("phone")) == phone]


def _digits(phone: object) -> str:
    return re.sub(r"\D", "", phone) if isinstance(phone, str) else ""
