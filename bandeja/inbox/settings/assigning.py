"""To whom what contacts open goes by itself, account by account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.request import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bandeja.attendance import assigning
from bandeja.attendance.models import AutoAssignment, Way
from bandeja.channels.models import Account
from bandeja.inbox import teams
from bandeja.people.access import for_agents
from bandeja.people.models import Agent, Permission, Team


class AssigningForm(forms.Form):
    """How an account assigns by itself, and to whom: a person, a team, or among everybody."""

    way = forms.ChoiceField(
        label=gettext_lazy("A conversation that nobody has"),
        required=False,
        choices=[("", gettext_lazy("Stays without owner")), *Way.choices],
        help_text=gettext_lazy("When a contact opens it. Whoever is away is given nothing."),
    )
    whom = forms.ChoiceField(
        label=gettext_lazy("To whom"),
        required=False,
        help_text=gettext_lazy(
            "In turn, or to whoever has the fewest open, it goes among a team or among everybody."
        ),
    )

    def __init__(self, data: QueryDict | None = None, *, account: Account) -> None:
        now = AutoAssignment.objects.filter(account=account).first()
        whom = (f"team-{now.team_id}" if now.team_id else str(now.agent_id or "")) if now else ""
        super().__init__(data, initial={"way": now.way if now else "", "whom": whom})
        members = Agent.objects.filter(workspace_id=account.workspace_id, is_active=True).order_by("name", "email")
        own_teams = Team.objects.filter(workspace_id=account.workspace_id).order_by("name")
        self.fields["whom"].choices = [  # type: ignore[attr-defined]  # a field of choices
            ("", _("Everybody")),
            *([(_("Teams"), [(f"team-{team.pk}", team.name) for team in own_teams])] if own_teams else []),
            (_("People"), [(str(member.pk), str(member)) for member in members]),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        way, whom = cleaned.get("way"), cleaned.get("whom", "")
        if way == Way.FIXED and not whom:
            self.add_error("whom", _("Say to whom: a person or a team."))
        if way in {Way.ROUND_ROBIN, Way.LEAST_BUSY} and whom.isdigit():
            self.add_error("whom", _("One person has no turns: choose a team or everybody."))
        return cleaned

    def save(self, account: Account, *, by: Agent) -> None:
        """As it was typed; ask only a valid form."""
        way, whom = self.cleaned_data["way"], self.cleaned_data["whom"]
        if not way:
            assigning.switch_off(account, by=by)
            return
        agent_id = int(whom) if whom.isdigit() else None
        assigning.save(account, Way(way), agent_id=agent_id, team_id=teams.spelled(whom), by=by)


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_ACCOUNTS)
def account(request: HttpRequest, agent: Agent, account_id: int) -> HttpResponse:
    """Say to whom an account's conversations go."""
    mine = get_object_or_404(Account, workspace=agent.workspace, pk=account_id)
    form = AssigningForm(request.POST if request.method == "POST" else None, account=mine)
    if form.is_valid():
        form.save(mine, by=agent)
        messages.success(request, _("“%(account)s” was saved.") % {"account": mine})
        return redirect("settings_account", mine.pk)
    return render(
        request, "settings/assigning.html", {"account": mine, "form": form}, status=422 if form.is_bound else 200
    )
