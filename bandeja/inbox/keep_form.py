"""What people say of how long a conversation is kept open, and why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bandeja.conversations import lifecycle

SPELLED = "%Y-%m-%dT%H:%M"


class KeepForm(forms.Form):
    """Until when, in the reader's time zone, and why; neither has to be said."""

    until = forms.DateTimeField(
        label=_("Until"),
        required=False,
        input_formats=[SPELLED, f"{SPELLED}:%S"],
        widget=forms.DateTimeInput({"type": "datetime-local", "autofocus": True}, SPELLED),
        help_text=_("Leave it empty to keep it open until somebody lets it close."),
        error_messages={"invalid": _("Say a day and a time.")},
    )
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=lifecycle.LONGEST_REASON,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=_("Only your team reads it."),
    )

    def not_ahead(self) -> None:
        """Say beside the field that the instant lies behind, or too far ahead."""
        self.add_error("until", _("Choose a time from now on, within a year."))

    def said(self) -> dict[str, Any]:
        """The same, as the verb takes it."""
        return {"until": self.cleaned_data["until"], "reason": self.cleaned_data["reason"]}
