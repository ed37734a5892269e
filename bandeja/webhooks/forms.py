"""What is typed to tell an address of what happens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.channels.reading import clean, is_visible
from bandeja.webhooks import addresses, words
from bandeja.webhooks.models import Webhook


class WebhookForm(forms.Form):
    """A name, an address, and what it is told of. The address is looked at again each time it is called."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("What is at the other end, such as “CRM”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=2_000,
        help_text=gettext_lazy("It begins with https:// and is open to the internet."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("What it is told of"),
        choices=list(words.EVENTS.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one.")},
    )

    def __init__(self, data: QueryDict | None = None, *, webhook: Webhook | None = None) -> None:
        kept = {"name": webhook.name, "url": webhook.url, "events": webhook.events} if webhook else None
        super().__init__(data, initial=kept)

    def clean_name(self) -> str:
        name = clean(str(self.cleaned_data["name"])).strip()
        if not is_visible(name):
            raise forms.ValidationError(_("Write a name one can see."))
        return name

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        if wrong := addresses.fault(url):
            raise forms.ValidationError(wrong)
        return url

    @property
    def chosen(self) -> dict[str, Any]:
        """What to keep, by its name."""
        return {name: self.cleaned_data[name] for name in ("name", "url", "events")}
