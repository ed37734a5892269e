"""The forms of an import: the file, and what its columns are."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.http import QueryDict
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.conversations.models import ContactField
from bandeja.imports import reading
from bandeja.imports.guessing import MANY, Target
from bandeja.imports.models import Import

SAMPLE_LENGTH = 60
MOST_SAMPLES = 3
CALLING = {
    "America/Bogota": "57", "America/Mexico_City": "52", "America/Lima": "51", "America/Santiago": "56",
    "America/Argentina/Buenos_Aires": "54", "America/Buenos_Aires": "54", "America/Caracas": "58",
    "America/Guayaquil": "593", "America/La_Paz": "591", "America/Asuncion": "595", "America/Montevideo": "598",
    "America/Panama": "507", "America/Costa_Rica": "506", "America/Guatemala": "502", "America/El_Salvador": "503",
    "America/Tegucigalpa": "504", "America/Managua": "505", "America/Havana": "53", "America/Sao_Paulo": "55",
    "America/Santo_Domingo": "1", "America/New_York": "1", "Europe/Madrid": "34", "Europe/Lisbon": "351",
    "Europe/London": "44",
}  # fmt: skip
"""The code of the country a time zone is of, to begin with; people change it."""
TARGETS = {
    Target.NAME: gettext_lazy("Name"),
    Target.SURNAME: gettext_lazy("Surname"),
    Target.PHONE: gettext_lazy("Phone"),
    Target.EMAIL: gettext_lazy("E-mail"),
    Target.TAGS: gettext_lazy("Tags"),
}


class FileForm(forms.Form):
    """A file of contacts, small enough to be read."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV, up to 20 MB and 100,000 rows. Its first row names the columns."),
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "empty": gettext_lazy("The file is empty."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )

    def clean_file(self) -> object:
        """Refused by its size before it is read: what is sent is not in memory yet."""
        file = self.cleaned_data["file"]
        if file.size > reading.MOST_BYTES:
            raise forms.ValidationError(_(reading.TOO_LARGE), code="large")
        return file


class ColumnsForm(forms.Form):
    """What each column is, the country of numbers that do not say theirs, and what becomes of what is known."""

    calling = forms.RegexField(
        r"^\+?[1-9]\d{0,2}$",
        label=gettext_lazy("Country code"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text=gettext_lazy("For numbers without +, such as 57 for Colombia. Left blank, those are refused."),
        error_messages={"invalid": gettext_lazy("Write one to three digits, such as 57.")},
    )
    keeps = forms.BooleanField(
        label=gettext_lazy("Only fill in what is blank: names and fields that are known stay as they are"),
        required=False,
    )

    def __init__(self, data: QueryDict | None, *, of: Import, fields: Sequence[ContactField]) -> None:
        guessed = of.calling or CALLING.get(of.workspace.time_zone, "")
        super().__init__(data, initial={"calling": guessed, "keeps": of.keeps})
        choices = [("", _("Leave it out")), *TARGETS.items(), *((str(each.pk), each.name) for each in fields)]
        samples = _samples(of)
        for place, header in enumerate(of.headers):
            shown = header or _("Column %(number)s") % {"number": place + 1}
            # A help text is shown as markup, and this one is what a stranger's file says.
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=shown,
                choices=choices,
                required=False,
                initial=of.columns[place],
                help_text=escape(samples[place]),
            )
        self.order_fields([*(f"column-{place}" for place in range(len(of.headers))), "calling", "keeps"])

    @property
    def columns(self) -> list[str]:
        """What was chosen, in the order of the columns."""
        places = [name for name in self.fields if name.startswith("column-")]
        return [self.cleaned_data.get(name, "") for name in places]

    @property
    def calling_code(self) -> str:
        return str(self.cleaned_data["calling"]).removeprefix("+")

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        chosen = self.columns
        for place, target in enumerate(chosen):
            if target and target not in MANY and target in chosen[:place]:
                self.add_error(f"column-{place}", _("Another column is this already."))
        if not {Target.PHONE, Target.EMAIL} & set(chosen):
            raise forms.ValidationError(_("Say which column is the phone or the e-mail: contacts are found by them."))
        return cleaned


def _samples(of: Import) -> list[str]:
    """The first things said in each column, as they stand there."""
    found: list[list[str]] = [[] for _header in of.headers]
    rows = reading.table(bytes(of.content or b"").decode(of.encoding), of.delimiter)
    next(rows, None)
    for _number, cells in (next(rows, (0, [])) for _row in range(20)):
        for place, cell in enumerate(cells[: len(found)]):
            if cell and len(found[place]) < MOST_SAMPLES and cell not in found[place]:
                found[place].append(cell[:SAMPLE_LENGTH])
    return [" · ".join(each) for each in found]
