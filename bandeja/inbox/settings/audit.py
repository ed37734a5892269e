"""The audit log: who changed what, when, before and after; on screen and as a table to keep."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from bandeja.inbox.filters import whole
from bandeja.inbox.settings.told import facts, tell, what
from bandeja.people import audit as log
from bandeja.people.access import for_agents
from bandeja.people.clock import now_for
from bandeja.people.models import Agent, AuditEntry, Permission, Subject
from bandeja.web.tables import table as as_table

PAGE = 50
SYSTEM = "system"


class AuditFilter(forms.Form):
    """Whose changes, of what, from which day to which day. What makes no sense does not filter."""

    who = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    what = forms.ChoiceField(
        label=gettext_lazy("What"), required=False, choices=[("", gettext_lazy("Everything")), *Subject.choices]
    )
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data: QueryDict, *, agent: Agent) -> None:
        super().__init__(data)
        people = Agent.objects.filter(workspace=agent.workspace).order_by("name", "email")
        choices = [("", _("Everybody")), *((str(person.pk), str(person)) for person in people)]
        self.fields["who"].choices = [*choices, (SYSTEM, _("The system"))]  # type: ignore[attr-defined]  # a field of choices

    def condition(self) -> Q:
        """What an entry must be to be shown; days are those of the workspace's time zone."""
        self.is_valid()
        asked: dict[str, Any] = self.cleaned_data
        wanted = Q()
        if asked.get("who"):
            wanted &= Q(agent_id=None) if asked["who"] == SYSTEM else Q(agent_id=int(asked["who"]))
        if asked.get("what"):
            wanted &= Q(subject=asked["what"])
        if asked.get("since"):
            wanted &= Q(at__gte=_midnight(asked["since"]))
        if asked.get("until"):
            wanted &= Q(at__lt=_midnight(min(asked["until"], date.max - timedelta(days=1)) + timedelta(days=1)))
        return wanted


@require_GET
@for_agents(Permission.MANAGE_PEOPLE)
def audit(request: HttpRequest, agent: Agent) -> HttpResponse:
    """A page of entries, the newest first; `before` is the last one of the page before."""
    form = AuditFilter(request.GET, agent=agent)
    entries = _entries(agent, form)
    if before := whole(request.GET.get("before", "")):
        entries = entries.filter(pk__lt=before)
    shown = list(entries[: PAGE + 1])
    asked = request.GET.copy()
    asked.pop("before", None)
    context = {
        "form": form,
        "told": [tell(entry) for entry in shown[:PAGE]],
        "older": shown[PAGE - 1].pk if len(shown) > PAGE else None,
        "query": asked.urlencode(),
        "is_filtered": any(asked.values()),
        "now": now_for(agent),
    }
    return render(request, "settings/audit.html", context)


@require_GET
@for_agents(Permission.MANAGE_PEOPLE)
def table(request: HttpRequest, agent: Agent) -> HttpResponse:
    """All that the filter lets through, as CSV."""
    headers = [_("When"), _("Who"), _("About"), _("What"), _("Before"), _("After")]
    entries = _entries(agent, AuditFilter(request.GET, agent=agent)).iterator(chunk_size=500)
    return as_table("audit.csv", headers, map(_row, entries))


def _entries(agent: Agent, form: AuditFilter) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(form.condition(), workspace_id=agent.workspace_id).order_by("-pk")


def _row(entry: AuditEntry) -> list[str]:
    sides = ["; ".join(log.listed(facts(entry, side))) for side in (entry.before, entry.after)]
    when = timezone.localtime(entry.at).isoformat(timespec="seconds")
    return [when, log.who(entry), entry.get_subject_display(), what(entry), *sides]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
