"""The templates that may be sent by an account, and the form that fills one in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.channels.contract import Kind
from bandeja.channels.models import Account, Template
from bandeja.channels.whatsapp import filling
from bandeja.channels.whatsapp import templates as whatsapp
from bandeja.channels.whatsapp.filling import Variable

MOST = 200
LONGEST = 1_024


def found(account: Account, sought: str) -> list[Template]:
    """Those offered, by name, in whose name, language or text every word of `sought` stands."""
    words = sought.casefold().split()
    templates = whatsapp.approved(account).order_by("name", "language")
    return [template for template in templates if all(word in _told(template) for word in words)][:MOST]


def _told(template: Template) -> str:
    name = template.name.replace("_", " ")
    return f"{template.name} {name} {template.language} {whatsapp.preview(template, {})}".casefold()


class TemplateForm(forms.Form):
    """A field for each thing a template asks for; `client_id` makes sending it twice a no-op.

    A header that is a file is either handed over (`file`) or fetched by the channel from an address.
    """

    client_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, template: Template, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names = {f"v{at}": each for at, each in enumerate(whatsapp.variables(template))}
        header = filling.file_header(template.components)
        self.kind = Kind(str(header["format"]).lower()) if header else None
        if self.kind:
            self.fields["file"] = _file(self.kind)
        for name, variable in self._names.items():
            self.fields[name] = _field(variable)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        address = next((name for name, each in self._names.items() if each.key == "header"), "")
        if self.kind and not cleaned.get("file") and not cleaned.get(address) and address not in self.errors:
            self.add_error("file", _("Choose a file, or write its address."))
        return cleaned

    @property
    def file(self) -> UploadedFile[Any] | None:
        """The file that was handed over for the header. Only of a valid form."""
        return self.cleaned_data.get("file")

    @property
    def values(self) -> Mapping[str, str]:
        """What was filled in, as filling wants it. Only of a valid form."""
        return {each.key: str(self.cleaned_data[name]) for name, each in self._names.items()}

    @property
    def so_far(self) -> Mapping[str, str]:
        """What was typed, valid or not."""
        return {each.key: str(self.data.get(name, ""))[:LONGEST] for name, each in self._names.items()}


def _file(kind: Kind) -> forms.Field:
    taken = {Kind.IMAGE: "image/jpeg,image/png", Kind.VIDEO: "video/mp4,video/3gpp"}.get(kind, "")
    labels = {Kind.IMAGE: _("Image"), Kind.VIDEO: _("Video"), Kind.DOCUMENT: _("Document")}
    return forms.FileField(label=labels[kind], required=False, widget=forms.FileInput(attrs={"accept": taken}))


def _field(variable: Variable) -> forms.Field:
    shown = {"placeholder": variable.example} if variable.example else {}
    required = {"required": gettext_lazy("Fill this in.")}
    label, help_text = _labelled(variable)
    if variable.kind in {"image", "video", "document"}:
        https = forms.URLField(
            label=label, help_text=help_text, required=False, assume_scheme="https", max_length=LONGEST
        )
        https.validators = [_require_https, *https.validators]
        return https
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=LONGEST,
        error_messages=required,
        widget=forms.TextInput(attrs={**shown, "autocomplete": "off"}),
    )


def _labelled(variable: Variable) -> tuple[str, str]:
    """What a field is called, and what to write in it."""
    called = {
        "image": (
            _("Address of the image"),
            _("Instead of a file: an https address where the channel may fetch it."),
        ),
        "video": (
            _("Address of the video"),
            _("Instead of a file: an https address where the channel may fetch it."),
        ),
        "document": (
            _("Address of the document"),
            _("Instead of a file: an https address where the channel may fetch it."),
        ),
        "location": (_("Place"), _("Latitude, longitude, name, address")),
        "url": (_("End of the address of “%(name)s”") % {"name": variable.name}, ""),
        "code": (_("Code of “%(name)s”") % {"name": variable.name}, ""),
    }
    value = _("Value %(name)s") % {"name": variable.name} if variable.name.isdecimal() else variable.name
    return called.get(variable.kind, (value.replace("_", " "), ""))


def _require_https(address: str) -> None:
    if not address.startswith("https://"):
        raise forms.ValidationError(_("The address has to begin with https://"))
