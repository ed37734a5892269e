"""What people choose about being told."""

from __future__ import annotations

from typing import Any

import httpx
from django import forms
from django.utils.translation import gettext_lazy as _

from bandeja.guard import origin
from bandeja.notifications.models import Device, Preference
from bandeja.notifications.webpush import Browser

LONGEST_ADDRESS = 2_000


class PreferenceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker alone
    """Everything on the settings page but the devices."""

    class Meta:
        model = Preference
        fields = (
            "on_message",
            "on_assigned",
            "on_mentioned",
            "on_waiting",
            "sound",
            "quiet",
            "push_says_who",
            "digest",
        )


class DeviceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker alone
    """A browser's subscription, as it tells it."""

    endpoint = forms.URLField(max_length=LONGEST_ADDRESS, assume_scheme="https")

    class Meta:
        model = Device
        fields = ("endpoint", "p256dh", "auth")

    def clean_endpoint(self) -> str:
        endpoint: str = self.cleaned_data["endpoint"]
        if not endpoint.startswith("https://"):
            raise forms.ValidationError(_("A push service is reached by https."))
        try:
            origin(httpx.URL(endpoint))
        except (httpx.InvalidURL, ValueError) as error:  # a name that no host can have
            raise forms.ValidationError(_("A push service is reached by https.")) from error
        return endpoint

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            Browser.read(cleaned.get("p256dh", ""), cleaned.get("auth", ""))
        except ValueError as error:
            raise forms.ValidationError(_("These are not a browser's keys.")) from error
        return cleaned

    def validate_unique(self) -> None:
        """Whoever shares a browser takes over its pushes."""
