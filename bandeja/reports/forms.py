"""What of the closings one asks to see: from which day to which, and perhaps of one account, rule or cause."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.channels.models import Account
from bandeja.closing.models import Rule
from bandeja.conversations.models import Cause
from bandeja.people.models import Workspace
from bandeja.reports.asked import Asked

PERIODS = (7, 30, 90)
"""The days that are offered, today the last of them."""
USUAL = 30
LONGEST = 366
"""The most days that are shown at once."""
FIRST, LAST = date(2000, 1, 1), date(9000, 1, 1)


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget)


class ReportForm(forms.Form):
    """Days are whole ones, by the clocks of the workspace; `?days=7` is the last seven. Not asked, they are 30."""

    since = _day(gettext_lazy("From"))
    until = _day(gettext_lazy("Until"))
    account = forms.TypedChoiceField(label=gettext_lazy("Account"), required=False, coerce=int, empty_value=None)
    rule = forms.TypedChoiceField(label=gettext_lazy("Rule"), required=False, coerce=int, empty_value=None)
    cause = forms.TypedChoiceField(
        label=gettext_lazy("Cause"), required=False, coerce=Cause, empty_value=None,
        choices=[("", gettext_lazy("All causes")), *Cause.choices],
    )  # fmt: skip

    def __init__(self, data: QueryDict, *, workspace: Workspace, now: datetime) -> None:
        self._zone = ZoneInfo(workspace.time_zone)
        self.today = now.astimezone(self._zone).date()
        super().__init__(_with_days(data, self.today))
        accounts = Account.objects.filter(workspace=workspace).order_by("name", "pk")
        rules = Rule.objects.filter(workspace=workspace).order_by("name", "pk")
        self.accounts = dict(accounts.values_list("pk", "name"))
        self.rules = dict(rules.values_list("pk", "name"))
        for name, blank, found in (
            ("account", _("All accounts"), self.accounts), ("rule", _("All rules"), self.rules),
        ):  # fmt: skip
            self.fields[name].choices = [("", blank), *found.items()]  # type: ignore[attr-defined]  # a field of choices

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        since, until = asked.get("since"), asked.get("until")
        for name, day in (("since", since), ("until", until)):
            if day and not FIRST <= day <= LAST:
                self.add_error(name, _("It must be a day between 2000 and 9000."))
        if since and until and until < since:
            self.add_error("until", _("It must not be before the first day."))
        elif since and until and (until - since).days >= LONGEST:
            self.add_error("until", _("At most %(n)d days are shown at once.") % {"n": LONGEST})
        return asked

    @property
    def asked(self) -> Asked:
        """The instants that these days begin and end at: where clocks are changed a day may have 23 or 25 hours."""
        asked = self.cleaned_data
        filters = {name: asked[name] for name in ("account", "rule", "cause")}
        return Asked(self._midnight(self.first), self._midnight(self.last + timedelta(days=1)), **filters)

    @property
    def first(self) -> date:
        day: date = self.cleaned_data["since"]
        return day

    @property
    def last(self) -> date:
        day: date = self.cleaned_data["until"]
        return day

    @property
    def period(self) -> int | None:
        """Which of the offered ones it is, if it is one."""
        days = (self.last - self.first).days + 1
        return days if self.last == self.today and days in PERIODS else None

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=self._zone)


def _with_days(data: QueryDict, today: date) -> QueryDict:
    """The same with both days: a lone last day has the usual length before it, a lone first day goes to today."""
    data = data.copy()
    days, since, until = (str(data.get(name, "")) for name in ("days", "since", "until"))
    if days or not (since or until):
        length = int(days) if days in {str(each) for each in PERIODS} else USUAL
        since, until = _first(today, length), today.isoformat()
    elif not until:
        until = max(today.isoformat(), since)
    elif not since:
        since = _first(_spelled(until, today), USUAL)
    data["since"], data["until"] = since, until
    return data


def _first(last: date, days: int) -> str:
    return (last - timedelta(days=days - 1)).isoformat()


def _spelled(text: str, otherwise: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return day if FIRST <= day <= LAST else otherwise
