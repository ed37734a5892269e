"""What is typed about a contact: the details everybody has, and those of the workspace's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import formats
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.channels.reading import clean
from bandeja.conversations import contacts
from bandeja.conversations.models import Contact, ContactField, ContactKind, FieldKind

TEXT_LENGTH = 500
OFF = {"autocomplete": "off"}


class NumberField(forms.CharField):
    """A number with a point or a comma, as it is typed; its value is its text with a point."""

    widget = forms.TextInput(attrs={**OFF, "inputmode": "decimal"})

    def clean(self, value: Any) -> str:
        text = str(super().clean(value)).replace(" ", "")
        if not text:
            return ""
        try:
            number = Decimal(text.replace(",", "."))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or len(text) > 30:
            raise forms.ValidationError(_("Write a number, such as 12 or 12.5."), code="invalid")
        return f"{number:f}"


class ContactForm(forms.Form):
    """All that may be known of a contact. `seen` is what the form said when it was opened.

    Hidden fields carry it, called `seen-` and the detail: only what differs is written.
    """

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, required=False, widget=forms.TextInput(OFF))
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, required=False, widget=forms.EmailInput(OFF)
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone"), max_length=50, required=False, widget=forms.TextInput({**OFF, "type": "tel"})
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ContactKind.choices)

    def __init__(self, data: QueryDict | None, *, contact: Contact) -> None:
        now = contacts.details(contact)
        super().__init__(data, initial=now)
        self._contact = contact
        for field in ContactField.objects.filter(workspace_id=contact.workspace_id).order_by("pk"):
            self.fields[str(field.pk)] = _field(field, now.get(str(field.pk), ""))
        self.seen = {key: now.get(key, "") if data is None else data.get(f"seen-{key}", "") for key in self.fields}

    def save(self) -> bool:
        """Write what was changed; answers whether it could be. Of what somebody else changed it tells beside it."""
        told = {key: clean(_text(value)) for key, value in self.cleaned_data.items()}
        try:
            contacts.edit(self._contact.pk, told, seen=self.seen)
        except contacts.Conflict as conflict:
            for key, value in conflict.theirs.items():
                self.add_error(key, _conflict(value))
            self.seen.update(conflict.theirs)
            return False
        return True


def shown(field: ContactField, value: str) -> str:
    """A value of a field as it is read; what is no number or date any more is shown as it is."""
    if field.kind == FieldKind.NUMBER:
        try:
            return formats.number_format(Decimal(value))
        except InvalidOperation:
            return value
    if field.kind == FieldKind.DATE and (day := parse_date(value)):
        return formats.date_format(day)
    return value


def _field(field: ContactField, now: str) -> forms.Field:
    label = field.name
    if field.kind == FieldKind.NUMBER:
        return NumberField(label=label, required=False)
    if field.kind == FieldKind.DATE:
        return forms.DateField(label=label, required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    if field.kind == FieldKind.CHOICE:
        # What was chosen once may be no choice any more; it stays until another is chosen.
        choices = list(dict.fromkeys([*field.choices, *([now] if now else [])]))
        return forms.ChoiceField(
            label=label, required=False, choices=[("", "—"), *((each, each) for each in choices)]
        )
    return forms.CharField(label=label, required=False, max_length=TEXT_LENGTH, widget=forms.TextInput(OFF))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _conflict(theirs: str) -> str:
    if not theirs:
        return _("Somebody emptied this while you were writing. Save again to have it as you wrote it.")
    said: Mapping[str, str] = {"theirs": theirs}
    return _("Somebody wrote “%(theirs)s” here meanwhile. Save again to have it as you wrote it.") % said
