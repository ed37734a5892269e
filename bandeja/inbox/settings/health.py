"""How a Meta account fares, in words: on its page, in the list, and in the banner for administrators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from bandeja.channels.meta import health as checkups
from bandeja.channels.meta.advice import advice
from bandeja.channels.meta.lines import WAYS
from bandeja.channels.models import Account, Credential, Health
from bandeja.channels.sending import Fault
from bandeja.people.access import for_agents
from bandeja.people.models import Agent, Permission

LOCKED_OUT = gettext_lazy("Meta no longer gives access to “%(account)s”: nothing of it arrives or goes out.")
STOPPED = gettext_lazy("Meta does not let “%(account)s” send.")
UNDELIVERED = gettext_lazy("Meta does not deliver the messages of “%(account)s” to us.")
NEW_TOKEN = gettext_lazy("Give it a new token. What your team wrote meanwhile is kept, and goes out then.")

QUALITY: Mapping[str, tuple[Promise, str]] = {
    "GREEN": (gettext_lazy("High"), "ok"),
    "YELLOW": (gettext_lazy("Medium"), "warn"),
    "RED": (gettext_lazy("Low"), "danger"),
    "UNKNOWN": (gettext_lazy("Not rated yet"), ""),
}
"""Each of Meta's ratings with its badge; numbers and templates share them."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An account's health as an administrator reads it; `trouble` is '' while nothing needs them."""

    health: Health
    trouble: str
    advice: str
    quality: tuple[Promise | str, str]
    tier: str
    expires_at: datetime | None

    @classmethod
    def of(cls, account: Account) -> Reading | None:
        """None for an account that is not Meta's, or not connected."""
        health = Health.objects.filter(account=account).first()
        if health is None or account.channel not in WAYS or not account.is_connected:
            return None
        expires_at = Credential.objects.filter(account=account).values_list("expires_at", flat=True).first()
        return cls(
            health, trouble(account, health), _advice(health), quality(health.quality), tier(health.tier), expires_at
        )


def trouble(account: Account, health: Health) -> str:
    """What needs an administrator, in a sentence; '' when nothing does, or it passes by itself."""
    fault = (health.error or {}).get("fault")
    if fault == Fault.TOKEN or health.has_valid_token is False:
        said = LOCKED_OUT
    elif fault == Fault.ACCOUNT:
        said = STOPPED
    elif health.is_subscribed is False:
        said = UNDELIVERED
    else:
        return ""
    return str(said) % {"account": account.name}


def _advice(health: Health) -> str:
    """What to do about it; what is said beside a message of a token that ended would say it twice here."""
    if health.has_valid_token is False or (health.error or {}).get("fault") == Fault.TOKEN:
        return str(NEW_TOKEN)
    return advice(health.error) if health.error else ""


def ailing(account_ids: Iterable[int]) -> QuerySet[Health]:
    """The health of those of these accounts that are connected and need an administrator."""
    wrong = Q(error__fault__in=[Fault.TOKEN.value, Fault.ACCOUNT.value]) | Q(has_valid_token=False)
    connected = Health.objects.filter(account__in=account_ids, account__disconnected_at=None)
    return connected.filter(wrong | Q(is_subscribed=False)).select_related("account").order_by("account_id")


def quality(rating: str) -> tuple[Promise | str, str]:
    """Meta's rating in a word, and its badge."""
    return QUALITY.get(rating.upper(), (rating, ""))


def tier(told: str) -> str:
    """To how many people one may write first in a day: Meta says TIER_250, TIER_2K or TIER_UNLIMITED."""
    word = told.removeprefix("TIER_")
    if word == "UNLIMITED":
        return _("No limit")
    number = f"{word[:-1]}000" if word.endswith("K") else word
    if not number.isdecimal():
        return ""
    return _("Up to %(number)s people a day") % {"number": number_format(int(number), force_grouping=True)}


@require_POST
@for_agents(Permission.MANAGE_ACCOUNTS)
def check(request: HttpRequest, agent: Agent, account_id: int) -> HttpResponse:
    """Ask Meta now how an account fares; what it says stands on the page."""
    asked = Account.objects.filter(disconnected_at=None, channel__in=list(WAYS), app__isnull=False)
    mine = get_object_or_404(asked.select_related("credential", "app"), workspace=agent.workspace, pk=account_id)
    if not hasattr(mine, "credential"):
        return redirect("settings_access", mine.pk)
    checkups.look(mine)
    messages.success(request, _("Meta was asked how “%(account)s” fares.") % {"account": mine})
    return redirect("settings_account", mine.pk)
