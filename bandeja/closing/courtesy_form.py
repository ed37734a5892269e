"""The part of a rule's card that says what its contacts are told. What is wrong with it is decided by the verb."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bandeja.closing.courtesy import TEXT_LENGTH, Before, Courtesy
from bandeja.closing.courtesy_draft import LANGUAGES
from bandeja.closing.models import Rule, Unit
from bandeja.closing.typed import whole


def _amount(label: Any) -> forms.CharField:
    number = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.CharField(label=label, required=False, widget=number)


def _unit() -> forms.CharField:
    choices = forms.Select(choices=Unit.choices)
    return forms.CharField(label=_("Unit of time"), required=False, initial=Unit.MINUTES, widget=choices)


class CourtesyForm(forms.Form):
    """Two warnings, each left out by leaving its number blank, and a text in each language of the interface."""

    warning_amount_1 = _amount(_("Warn before closing"))
    warning_unit_1 = _unit()
    warning_amount_2 = _amount(_("Warn once more"))
    warning_unit_2 = _unit()

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for kind, label in (("warning", _("What the warning says")), ("farewell", _("Message on closing"))):
            for code in LANGUAGES:
                # The browser counts a line break as one character, and sends two.
                rows = forms.Textarea(attrs={"rows": 2, "maxlength": TEXT_LENGTH})
                self.fields[text_field(kind, code)] = forms.CharField(label=label, required=False, widget=rows)

    def courtesy(self) -> Courtesy:
        """What the card says of it now, saved or not."""
        times = [(self._said(f"warning_amount_{n}").strip(), self._said(f"warning_unit_{n}")) for n in (1, 2)]
        return Courtesy(
            tuple(Before(whole(amount), unit) for amount, unit in times if amount),
            self._texts("warning"),
            self._texts("farewell"),
        )

    def place(self, name: str) -> str:
        """The field that what is wrong with this part of the draft stands beside: `warnings.0`, `warning.pt-br`."""
        part, _dot, of = name.partition(".")
        if part == "warnings":
            typed = [n for n in (1, 2) if self._said(f"warning_amount_{n}").strip()]
            return f"warning_amount_{typed[int(of)]}"
        return text_field(part, of) if of else name

    def _texts(self, kind: str) -> dict[str, str]:
        found = {code: self._said(text_field(kind, code)).replace("\r\n", "\n") for code in LANGUAGES}
        return {code: text for code, text in found.items() if text.strip()}

    def _said(self, name: str) -> str:
        value = self[name].value()
        return "" if value is None else str(value)


def text_field(kind: str, code: str) -> str:
    """What the field of a text is called: `warning_pt_br`."""
    return f"{kind}_{code.replace('-', '_')}"


def values(rule: Rule) -> dict[str, Any]:
    """What the fields say of a rule."""
    courtesy = Courtesy.of(rule)
    said: dict[str, Any] = {}
    for n, each in enumerate(courtesy.warnings, 1):
        said |= {f"warning_amount_{n}": each.amount, f"warning_unit_{n}": each.unit}
    for kind, texts in (("warning", courtesy.warning), ("farewell", courtesy.farewell)):
        said |= {text_field(kind, code): text for code, text in texts.items()}
    return said
