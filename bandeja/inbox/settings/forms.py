"""What an administrator types about an account."""

from __future__ import annotations

from dataclasses import asdict

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from bandeja.channels.models import Account
from bandeja.channels.sending import HUMAN_AGENT
from bandeja.channels.webchat.appearance import COLOUR, GREETING_LENGTH, Appearance
from bandeja.people.forms import languages


class NameForm(forms.Form):
    """What the team calls an account."""

    name = forms.CharField(label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class MessagingForm(NameForm):
    """A page or an Instagram account: its name, and for how long people may answer on it."""

    human_agent = forms.BooleanField(
        label=_("People may answer for seven days"),
        required=False,
        help_text=_(
            "Only if Meta granted your app the Human Agent feature, which is asked for at App Review. After the 24 "
            "hours, texts that a person writes then go with its tag until the seventh day; files and what a machine "
            "writes do not. Without the feature Meta refuses them."
        ),
    )

    def __init__(self, data: QueryDict | None = None, *, account: Account) -> None:
        granted = account.config.get(HUMAN_AGENT) is True
        super().__init__(data, initial={"name": account.name, "human_agent": granted})


class WebChatForm(NameForm):
    """A web chat: its name, which visitors read above the messages, and how it looks."""

    greeting = forms.CharField(
        label=_("Greeting"),
        max_length=GREETING_LENGTH,
        required=False,
        help_text=_("Blank: “Hello! How can we help?”, in the visitor's language."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    colour = forms.CharField(
        label=_("Colour"), initial=Appearance().colour, widget=forms.TextInput(attrs={"type": "color"})
    )
    language = forms.ChoiceField(label=_("Language"), required=False)

    def __init__(self, data: QueryDict | None = None, *, account: Account | None = None) -> None:
        initial = {"name": account.name, **asdict(Appearance.of(account))} if account else None
        super().__init__(data, initial=initial)
        choices = [("", _("The visitor's")), *languages()]
        self.fields["language"].choices = choices  # type: ignore[attr-defined]  # a field of choices

    def clean_colour(self) -> str:
        colour: str = self.cleaned_data["colour"].lower()
        if not COLOUR.fullmatch(colour):
            raise forms.ValidationError(_("A colour is written like #2f5bd7."))
        return colour

    @property
    def appearance(self) -> Appearance:
        """How the chat looks by what was typed; ask only a valid form."""
        return Appearance(**{name: self.cleaned_data[name] for name in ("greeting", "colour", "language")})
