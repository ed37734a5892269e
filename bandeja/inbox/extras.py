"""What goes to a contact besides text and files: buttons below a text, and a place on the map."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.channels import registry
from bandeja.channels.reading import is_visible
from bandeja.channels.sending import Buttons
from bandeja.conversations.models import Conversation

LONGEST_PLACE = 1_000
LONGEST_LINK = 2_000
NUMBER = r"(-?\d{1,3}(?:\.\d+)?)"
POINTS = (
    re.compile(rf"^\s*{NUMBER}\s*[,;\s]\s*{NUMBER}\s*$"),
    re.compile(rf"!3d{NUMBER}!4d{NUMBER}"),
    re.compile(rf"[?&#](?:q|ll|query|destination|daddr|center)=(?:loc:)?{NUMBER}(?:,|%2C){NUMBER}", re.IGNORECASE),
    re.compile(rf"[?&]mlat={NUMBER}&mlon={NUMBER}"),
    re.compile(rf"@{NUMBER},{NUMBER}"),
    re.compile(rf"#map=\d+/{NUMBER}/{NUMBER}"),
)
"""Where a point stands in what people copy: two numbers, or a link of Google Maps or OpenStreetMap; a pin first."""


class ButtonsForm(forms.Form):
    """A text, and the titles of the buttons below it; `client_id` makes sending it twice a no-op."""

    client_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    text = forms.CharField(
        label=gettext_lazy("Message"),
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        error_messages={"required": gettext_lazy("Write something first.")},
    )

    def __init__(self, *args: Any, conversation: Conversation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sender = registry.sender(conversation.account.channel)
        allowed = self._sender.buttons if self._sender else None
        self._allowed = allowed or Buttons(0, 0, 0)
        self.fields["text"].help_text = _("Up to %(n)s characters.") % {"n": self._allowed.text}
        for number in range(1, self._allowed.most + 1):
            self.fields[f"b{number}"] = self._title(number)

    @property
    def titles(self) -> list[forms.BoundField]:
        """The fields of the buttons; one shows once the one before it is filled in."""
        return [self[name] for name in self.fields if name.startswith("b")]

    @property
    def data_to_send(self) -> Mapping[str, Any]:
        """What `Outbound.data` holds for it; ask only a valid form."""
        return {"buttons": [{"id": f"b{at}", "title": title} for at, title in enumerate(self._typed(), start=1)]}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        typed = self._typed()
        if not typed and "b1" not in self.errors:
            self.add_error("b1", _("Write at least one button."))
        if len({title.casefold() for title in typed}) < len(typed):
            self.add_error("b1", _("Two buttons say the same."))
        text = str(cleaned.get("text", ""))
        if self._sender and (len(text) > self._allowed.text or len(self._sender.split(text)) > 1):
            self.add_error("text", _("This channel takes up to %(n)s characters here.") % {"n": self._allowed.text})
        return cleaned

    def _typed(self) -> list[str]:
        titles = (str(self.cleaned_data.get(name) or "") for name in self.fields if name.startswith("b"))
        return [title for title in titles if is_visible(title)]

    def _title(self, number: int) -> forms.Field:
        told = _("Up to %(n)s characters. The contact answers by pressing one; there may be %(most)s.")
        return forms.CharField(
            label=_("Button %(n)s") % {"n": number},
            help_text=told % {"n": self._allowed.title, "most": self._allowed.most} if number == 1 else "",
            required=False,
            max_length=self._allowed.title,
            widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": " "}),
        )


class PlaceForm(forms.Form):
    """A point on the map, and what is there."""

    client_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    point = forms.CharField(
        label=gettext_lazy("Where"),
        max_length=LONGEST_LINK,
        help_text=gettext_lazy("Latitude and longitude, or a link copied from Google Maps or OpenStreetMap."),
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off", "placeholder": "4.6533, -74.0836"}),
        error_messages={"required": gettext_lazy("Say where it is.")},
    )
    name = forms.CharField(label=gettext_lazy("Name of the place"), required=False, max_length=LONGEST_PLACE)
    address = forms.CharField(label=gettext_lazy("Address"), required=False, max_length=LONGEST_PLACE)

    def clean_point(self) -> tuple[float, float]:
        found = point(self.cleaned_data["point"])
        if found is None:
            raise forms.ValidationError(
                _("No place was found in that. Copy the coordinates, such as 4.6533, -74.0836.")
            )
        return found

    @property
    def said(self) -> str:
        """The place in words; ask only a valid form."""
        return ", ".join(filter(None, (self.cleaned_data["name"], self.cleaned_data["address"])))

    @property
    def data_to_send(self) -> Mapping[str, Any]:
        """What `Outbound.data` holds for it; ask only a valid form."""
        latitude, longitude = self.cleaned_data["point"]
        named = {name: self.cleaned_data[name] for name in ("name", "address") if self.cleaned_data[name]}
        return {"location": {"latitude": latitude, "longitude": longitude, **named}}


def point(told: str) -> tuple[float, float] | None:
    """Latitude and longitude, in degrees, of what was copied from a map; None where none are on it."""
    found = next((match for pattern in POINTS if (match := pattern.search(told))), None)
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
