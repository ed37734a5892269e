"""What may be told of a start or a step, by name: how it is asked for, among what, and what is wrong with a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.closing.models import LONGEST, REASON_LENGTH, SECONDS_PER_UNIT, Unit
from bandeja.conversations.models import Cause
from bandeja.flows.known import Known
from bandeja.flows.patterns import MOST as MOST_PATTERN

Text = Any
"""A sentence, perhaps one that is translated when it is shown."""
Choices = list[tuple[str, Any]]

TEXT = 4_096
LINE = 200
OPENINGS: Choices = [
    ("both", gettext_lazy("The first message, or one that opens it again")),
    ("first", gettext_lazy("The first message only")),
    ("reopened", gettext_lazy("Only a message that opens it again")),
]
WAYS: Choices = [
    ("person", gettext_lazy("A person")),
    ("owner", gettext_lazy("The contact's owner, in another conversation")),
    ("nobody", gettext_lazy("Nobody")),
    ("team", gettext_lazy("A team, for whoever takes it")),
    ("in_turn", gettext_lazy("One of a team, in turn")),
    ("least_busy", gettext_lazy("Whoever of a team has the fewest open")),
]


@dataclass(frozen=True, slots=True)
class Field:
    """`make` makes the form's field; `among` names the list of `Known` to choose from; `options` are fixed."""

    make: Callable[[Field, Known], forms.Field]
    label: Text
    help: Text = ""
    among: str = ""
    options: tuple[tuple[str, Any], ...] = ()
    most: int = LINE

    def check(self, value: object) -> str:
        """What is wrong with a value that is of the right type, whatever else is told."""
        if isinstance(value, str) and len(value) > self.most:
            return _("At most %(n)d characters.") % {"n": self.most}
        values = value if isinstance(value, (tuple, list)) else [value]
        if self.options and any(each not in dict(self.options) for each in values):
            return _("Choose one of those offered.")
        if isinstance(value, int) and not isinstance(value, bool) and self.make is _number:
            return "" if 0 < value <= MOST_AMOUNT else _("A whole number from 1 to %(n)d.") % {"n": MOST_AMOUNT}
        return ""

    def choices(self, known: Known) -> Choices:
        return list(self.options) if self.options else list(known.of(self.among).items())

    def field(self, known: Known) -> forms.Field:
        return self.make(self, known)


MOST_AMOUNT = LONGEST // SECONDS_PER_UNIT[Unit.MINUTES]


def _line(field: Field, _known: Known) -> forms.Field:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(
        label=field.label, help_text=field.help, required=False, max_length=field.most, widget=widget
    )


def _area(field: Field, _known: Known) -> forms.Field:
    widget = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(
        label=field.label, help_text=field.help, required=False, max_length=field.most, widget=widget
    )


def _number(field: Field, _known: Known) -> forms.Field:
    return forms.IntegerField(
        label=field.label, help_text=field.help, min_value=1, max_value=MOST_AMOUNT,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip


def _check(field: Field, _known: Known) -> forms.Field:
    return forms.BooleanField(label=field.label, help_text=field.help, required=False)


def _one(field: Field, known: Known) -> forms.Field:
    choices = [*([] if field.options else [("", "–")]), *field.choices(known)]
    return forms.ChoiceField(label=field.label, help_text=field.help, required=False, choices=choices)


def _one_id(field: Field, known: Known) -> forms.Field:
    choices = [("", "–"), *field.choices(known)]
    return forms.TypedChoiceField(
        label=field.label, help_text=field.help, required=False, choices=choices, coerce=int, empty_value=None
    )


def _many(field: Field, known: Known) -> forms.Field:
    return forms.MultipleChoiceField(
        label=field.label, help_text=field.help, required=False, choices=field.choices(known),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


def _many_ids(field: Field, known: Known) -> forms.Field:
    return forms.TypedMultipleChoiceField(
        label=field.label, help_text=field.help, required=False, choices=field.choices(known), coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


VARIABLES = gettext_lazy("You may write {{contact.first_name}}, {{contact.name}} or {{agent.first_name}}.")
EVERYWHERE = gettext_lazy("None chosen: all.")
HOURS = gettext_lazy("Blank: closed.")

FIELDS: Mapping[str, Field] = {
    "accounts": Field(_many_ids, gettext_lazy("Accounts"), EVERYWHERE, among="accounts"),
    "channels": Field(_many, gettext_lazy("Channels"), EVERYWHERE, among="channels"),
    "opening": Field(_one, gettext_lazy("Which message"), options=tuple(OPENINGS)),
    "causes": Field(
        _many, gettext_lazy("Cause of the closing"), gettext_lazy("None chosen: any."), options=tuple(Cause.choices)
    ),
    "reason": Field(
        _line,
        gettext_lazy("Reason of the closing"),
        gettext_lazy("Exactly as it was given, whatever the capitals."),
        most=REASON_LENGTH,
    ),
    "overtaken": Field(
        _check,
        gettext_lazy("Also when the message had come before the closing"),
        gettext_lazy("Such a message was on its way while the conversation closed, and opens it again."),
    ),
    "rules": Field(_many_ids, gettext_lazy("Closing rules"), gettext_lazy("None chosen: any."), among="rules"),
    "words": Field(
        _line, gettext_lazy("Words"), gettext_lazy("One of these, with commas between: price, how much."), most=500
    ),
    "pattern": Field(
        _line,
        gettext_lazy("Or a regular expression"),
        gettext_lazy("Such as \\border\\s*\\d+. One that takes long finds nothing."),
        most=MOST_PATTERN,
    ),
    "agents": Field(_many_ids, gettext_lazy("People"), among="agents"),
    "agent": Field(_one_id, gettext_lazy("Person"), among="agents"),
    "team": Field(_one_id, gettext_lazy("Team"), among="teams"),
    "tags": Field(_many_ids, gettext_lazy("Tags"), among="tags"),
    "amount": Field(_number, gettext_lazy("How long")),
    "unit": Field(_one, gettext_lazy("Unit of time"), options=tuple(Unit.choices)),
    "clock": Field(
        _line, gettext_lazy("Time of day"), gettext_lazy("As clocks of the workspace show it: 09:00."), most=5
    ),
    "field": Field(_one, gettext_lazy("Field"), among="fields"),
    "value": Field(_line, gettext_lazy("Value"), most=1_000),
    "text": Field(_area, gettext_lazy("Text"), VARIABLES, most=TEXT),
    "note": Field(_area, gettext_lazy("Note"), VARIABLES, most=500),
    "reply": Field(_one_id, gettext_lazy("Quick reply"), gettext_lazy("Those that everybody has."), among="replies"),
    "template": Field(_one, gettext_lazy("Template"), among="templates"),
    "values": Field(
        _area,
        gettext_lazy("What it asks for"),
        gettext_lazy("Each value on a line of its own, in its order."),
        most=TEXT,
    ),
    "url": Field(
        _line, gettext_lazy("Address"), gettext_lazy("It is told by POST what the conversation is."), most=2_000
    ),
    "to": Field(_one, gettext_lazy("To whom"), options=tuple(WAYS)),
    "monday": Field(_line, gettext_lazy("Monday"), HOURS),
    "tuesday": Field(_line, gettext_lazy("Tuesday"), HOURS),
    "wednesday": Field(_line, gettext_lazy("Wednesday"), HOURS),
    "thursday": Field(_line, gettext_lazy("Thursday"), HOURS),
    "friday": Field(_line, gettext_lazy("Friday"), HOURS),
    "saturday": Field(_line, gettext_lazy("Saturday"), HOURS),
    "sunday": Field(_line, gettext_lazy("Sunday"), HOURS),
}
