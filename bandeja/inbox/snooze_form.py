"""Until when people snooze a conversation: some times to choose from, any other, or until the contact writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.conversations import lifecycle
from bandeja.conversations.models import Conversation
from bandeja.inbox.filters import LARGEST
from bandeja.inbox.keep_form import SPELLED
from bandeja.web import times

MORNING = time(9)
LATER = timedelta(hours=3)
HOUR = timedelta(hours=1)
WRITES, OTHER = "writes", "other"


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to say until when: its words, and the instant they mean, if one."""

    words: str
    at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.words} {self.when}".strip()

    @property
    def when(self) -> str:
        return times.coming(self.at) if self.at else ""


class Times(forms.RadioSelect):
    """Times to choose one of, each with its day and hour at the end of the line."""

    template_name = "inbox/snooze_times.html"


class SnoozeForm(forms.Form):
    """Until when, in the reader's time zone, and why; `seen` is the last message of the contact on their screen."""

    when = forms.CharField(
        label=gettext_lazy("Until"),
        widget=Times,
        error_messages={"required": gettext_lazy("Choose until when.")},
    )
    until = forms.DateTimeField(
        label=gettext_lazy("Day and time"),
        required=False,
        input_formats=[SPELLED, f"{SPELLED}:%S"],
        widget=forms.DateTimeInput({"type": "datetime-local"}, SPELLED),
        error_messages={"invalid": gettext_lazy("Say a day and a time.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("What for"),
        required=False,
        max_length=lifecycle.LONGEST_REASON,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("Only your team reads it."),
    )
    seen = forms.IntegerField(required=False, min_value=0, max_value=LARGEST, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, now: datetime, conversation: Conversation, seen: str) -> None:
        local = timezone.localtime(now)
        tomorrow = morning(local, 1)
        initial: dict[str, Any] = {"when": spelled(tomorrow), "until": tomorrow, "seen": seen}
        if conversation.snoozed_at:
            until = conversation.kept_until
            initial |= {"when": OTHER if until else WRITES, "until": until or tomorrow}
            initial |= {"reason": conversation.kept_reason}
        super().__init__(data, initial=initial)
        offered = [(spelled(each.at), each) for each in presets(local) if each.at]
        others = [(WRITES, Choice(_("Until the contact writes"))), (OTHER, Choice(_("Another day and time")))]
        self.fields["when"].widget.choices = [*offered, *others]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        when = said.get("when")
        if when == WRITES:
            said["until"] = None
            self.errors.pop("until", None)
        elif when == OTHER and not said.get("until") and "until" not in self.errors:
            self.add_error("until", _("Say a day and a time."))
        elif when and when != OTHER:
            self.errors.pop("until", None)
            said["until"] = self._instant(when)
        return said

    def _instant(self, when: str) -> datetime | None:
        """The time that was offered, also where it is offered no more."""
        try:
            instant: datetime = forms.DateTimeField(input_formats=[SPELLED]).clean(when)
        except forms.ValidationError:
            self.add_error("when", _("Choose until when."))
            return None
        return instant

    def not_ahead(self) -> None:
        """Say beside the field that the instant lies behind, or too far ahead."""
        field = "until" if self.cleaned_data["when"] == OTHER else "when"
        self.add_error(field, _("Choose a time from now on, within a year."))

    def said(self) -> dict[str, Any]:
        """The same, as the verb takes it."""
        return {name: self.cleaned_data[name] for name in ("until", "reason", "seen")}


def presets(local: datetime) -> Iterator[Choice]:
    """What one mostly means, in the time zone of `local`, which is now: none of them twice."""
    later = (local + LATER + HOUR - timedelta(microseconds=1)).replace(minute=0, second=0, microsecond=0)
    if later.date() == local.date():
        yield Choice(_("Later today"), later)
    yield Choice(_("Tomorrow morning"), morning(local, 1))
    if (days := 7 - local.weekday()) > 1:
        yield Choice(_("Next week"), morning(local, days))


def morning(local: datetime, days: int) -> datetime:
    """Nine o'clock so many days ahead, by the clock on the wall."""
    return datetime.combine(local.date() + timedelta(days=days), MORNING, local.tzinfo)


def spelled(at: datetime) -> str:
    """An instant as the browser says it, in the reader's time zone."""
    return f"{timezone.localtime(at):{SPELLED}}"
