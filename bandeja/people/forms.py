"""What people type about themselves, their colleagues and their workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.forms import model_to_dict
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from bandeja.people.models import Agent, Membership, Role, State, Team, Workspace
from bandeja.people.words import DUTIES, REACHES, Reach

EMAIL_TAKEN = _("Somebody signs in with this e-mail already. Use another one.")
IDLE_MINUTES = (5, 15, 30, 60)
PASSWORD_HELP = _("At least 10 characters; a sentence is better than a riddle.")


class WelcomeForm(forms.Form):
    """What an invited person gives when they follow their link."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=PASSWORD_HELP,
    )


class FirstForm(WelcomeForm):
    """What the first administrator gives: also what `bandeja up` could not know."""

    workspace = forms.CharField(
        label=_("Name of your team or company"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    email = forms.EmailField(
        label=_("Your e-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        help_text=_("You sign in with it."),
    )
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ("workspace", "name", "email", "password")

    def clean_email(self) -> str:
        return free_email(self.cleaned_data["email"])

    def clean_time_zone(self) -> str:
        """The browser's, if it names one we know; else none, and the workspace keeps the installation's."""
        zone: str = self.cleaned_data["time_zone"]
        return zone if zone in available_timezones() else ""


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    name = forms.CharField(
        label=_("Name"), max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, data: QueryDict | None = None, *, agent: Agent) -> None:
        super().__init__(data)
        roles = sorted(agent.workspace.roles.all(), key=lambda role: (role.key != Role.SELLER, role.title.casefold()))
        choices = [(role.key, role.title) for role in roles if agent.reaches(role)]
        self.fields["role"].choices = choices  # type: ignore[attr-defined]  # a field of choices

    def clean_email(self) -> str:
        return free_email(self.cleaned_data["email"])


def free_email(email: str) -> str:
    """The address, unless somebody signs in with it already, in whatever case."""
    if Agent.objects.filter(email__iexact=email).exists():
        raise forms.ValidationError(EMAIL_TAKEN)
    return email


class RoleForm(forms.Form):
    """A role: how it is called, which conversations it sees, and what else it allows.

    It offers only what `agent` has; the two roles that every workspace has cannot be renamed.
    """

    name = forms.CharField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    reach = forms.ChoiceField(label=_("Conversations they see and answer"), widget=forms.RadioSelect)
    duties = forms.MultipleChoiceField(
        label=_("What else they may do"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: QueryDict | None = None, *, agent: Agent, role: Role | None = None) -> None:
        own, held = set(agent.role.permissions), set(role.permissions) if role else set()
        reach = max((each for each in Reach if held.issuperset(REACHES[each])), key=lambda each: len(REACHES[each]))
        initial = {"name": role.name, "duties": sorted(held)} if role else {}
        super().__init__(data, initial={**initial, "reach": reach if role else Reach.UNASSIGNED})
        if role and not role.is_own:
            del self.fields["name"]
        self.fields["reach"].choices = [  # type: ignore[attr-defined]  # a field of choices
            (each.value, each.label) for each in Reach if own.issuperset(REACHES[each])
        ]
        self.fields["duties"].choices = [(each.value, each.label) for each in DUTIES if each in own]  # type: ignore[attr-defined]  # a field of choices

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    @property
    def permissions(self) -> list[str]:
        """What was chosen, as it is stored; ask only a valid form."""
        return [*REACHES[self.cleaned_data["reach"]], *self.cleaned_data["duties"]]


class ProfileForm(forms.Form):
    """How an agent is called, and what they read in."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(label=_("Language"), required=False)

    def __init__(self, data: QueryDict | None = None, *, agent: Agent) -> None:
        super().__init__(data, initial={"name": agent.name, "language": agent.language})
        own = _("The workspace's: %(language)s") % {"language": language_name(agent.workspace.language)}
        self.fields["language"].choices = [("", own), *languages()]  # type: ignore[attr-defined]  # a field of choices


class AwayForm(forms.Form):
    """What contacts are answered while an agent is away; blank is nothing."""

    reply = forms.CharField(
        label=_("Automatic reply"),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "While your state is “Away”, each contact who writes to you is sent this once. Blank: nothing is sent."
        ),
    )


class PasswordForm(forms.Form):
    """The old password once, the new one once: browsers show what is typed to whoever asks."""

    old = forms.CharField(
        label=_("Current password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=PASSWORD_HELP,
    )

    def __init__(self, data: QueryDict | None = None, *, agent: Agent) -> None:
        super().__init__(data)
        self._agent = agent

    def clean_old(self) -> str:
        old: str = self.cleaned_data["old"]
        if not self._agent.check_password(old):
            raise forms.ValidationError(_("That is not your current password. Nothing was changed."))
        return old

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self._agent)
        return new


class WorkspaceForm(forms.Form):
    """What the workspace is called, and the language and time zone it works in."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    language = forms.ChoiceField(label=_("Language"), help_text=_("For whoever has not chosen their own."))
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Times are shown in it. Closing rules count time passed, so it moves no clock."),
    )

    def __init__(self, data: QueryDict | None = None, *, workspace: Workspace) -> None:
        super().__init__(data, initial=model_to_dict(workspace, ["name", "language", "time_zone"]))
        self.fields["language"].choices = languages()  # type: ignore[attr-defined]  # a field of choices
        self.fields["time_zone"].choices = zones(workspace.time_zone)  # type: ignore[attr-defined]  # a field of choices


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be in a team, and whether they are chosen."""

    agent: Agent
    member: bool
    leads: bool


class TeamForm(forms.Form):
    """What a team is called, who is in it and who leads it, which makes them members too."""

    name = forms.CharField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    members = forms.ModelMultipleChoiceField(Agent.objects.none(), required=False)
    leaders = forms.ModelMultipleChoiceField(Agent.objects.none(), required=False)

    def __init__(self, data: QueryDict | None = None, *, workspace: Workspace, team: Team | None) -> None:
        inside = dict(Membership.objects.filter(team=team).values_list("agent_id", "leads")) if team else {}
        leaders = [pk for pk, leads in inside.items() if leads]
        initial = {"name": team.name if team else "", "members": list(inside), "leaders": leaders}
        super().__init__(data, initial=initial)
        active = Agent.objects.filter(workspace=workspace, is_active=True).order_by("name", "email")
        for name in ("members", "leaders"):
            self.fields[name].queryset = active  # type: ignore[attr-defined]  # a field of rows
        self._active = active

    def clean(self) -> dict[str, Any]:
        """People as their ids."""
        cleaned = super().clean() or {}
        for name in ("members", "leaders"):
            cleaned[name] = {agent.pk for agent in cleaned.get(name, ())}
        return cleaned

    def people(self) -> list[Candidate]:
        """Everybody who could be in it, as they stand in the form."""
        members, leaders = ({str(pk) for pk in self[name].value() or ()} for name in ("members", "leaders"))
        return [
            Candidate(agent, str(agent.pk) in members | leaders, str(agent.pk) in leaders) for agent in self._active
        ]


class IdleForm(forms.Form):
    """When whoever does nothing counts as away, and as what."""

    idle_after = forms.TypedChoiceField(
        label=_("Idle after"),
        required=False,
        coerce=lambda minutes: timedelta(minutes=int(minutes)),
        empty_value=None,
    )
    idle_state = forms.ChoiceField(
        label=_("Whoever is idle counts as"),
        choices=[(state.value, state.label) for state in (State.RECEIVING, State.AWAY)],
        help_text=_("Whoever is away is given nothing automatically, and contacts get their automatic reply if any."),
    )

    def __init__(self, data: QueryDict | None = None, *, workspace: Workspace) -> None:
        idle = int(workspace.idle_after / timedelta(minutes=1)) if workspace.idle_after else ""
        super().__init__(data, initial={"idle_after": idle, "idle_state": workspace.idle_state})
        waits = sorted({*IDLE_MINUTES, idle or IDLE_MINUTES[0]})
        self.fields["idle_after"].choices = [  # type: ignore[attr-defined]  # a field of choices
            ("", _("Never")),
            *((minutes, _("%(n)s minutes") % {"n": minutes}) for minutes in waits),
        ]


def languages() -> list[tuple[str, str]]:
    """Each language by its own name, for who cannot read the page yet."""
    return [(code, language_name(code)) for code, _name in settings.LANGUAGES]


def language_name(code: str) -> str:
    with override(code):
        return str(dict(settings.LANGUAGES).get(code, code))


def zones(current: str) -> list[tuple[str, str]]:
    """Time zones named by a city, and UTC; and the one in use, should it be called otherwise."""
    named = {
        zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/"))
    }
    return [(zone, zone.replace("_", " ")) for zone in sorted(named | {"UTC", current})]
