"""What somebody says of a token they want."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from bandeja.api import tokens
from bandeja.api.models import Scope
from bandeja.channels.reading import is_visible, line
from bandeja.people.models import Agent, Permission

DAYS = (
    (30, _("In 30 days")),
    (90, _("In 90 days")),
    (365, _("In a year")),
    (0, _("Never, until it is revoked")),
)


class TokenForm(forms.Form):
    """What the program is called, as whom it acts, what for and until when."""

    name = forms.CharField(
        label=_("Name of the program or service"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    agent = forms.TypedChoiceField(
        label=_("Acts as"),
        coerce=int,
        help_text=_("It sees and does what this person may, never more. For a service, invite a person of its own."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may be used for"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    days = forms.TypedChoiceField(label=_("Stops working"), choices=DAYS, coerce=int, initial=90)

    def __init__(self, data: QueryDict | None, *, by: Agent) -> None:
        super().__init__(data, initial={"agent": by.pk})
        everybody = Agent.objects.filter(workspace=by.workspace, is_active=True).order_by("name", "email")
        found = everybody if by.may(Permission.MANAGE_PEOPLE) else everybody.filter(pk=by.pk)
        self._people = {each.pk: each for each in found if tokens.may_act_as(by, each)}
        self.fields["agent"].choices = [(pk, str(each)) for pk, each in self._people.items()]  # type: ignore[attr-defined]  # any field, for mypy

    def clean_name(self) -> str:
        name = line(self.cleaned_data["name"], 80)
        if not is_visible(name):
            raise forms.ValidationError(_("Write a name that can be seen."), code="required")
        return name

    def asked(self, now: datetime) -> dict[str, Any]:
        """The same, as `tokens.make` takes it; ask only a valid form."""
        cleaned = self.cleaned_data
        days = cleaned["days"]
        return {
            "agent": self._people[cleaned["agent"]],
            "name": cleaned["name"],
            "scopes": cleaned["scopes"],
            "expires_at": now + timedelta(days=days) if days else None,
        }
