"""What an administrator types to connect what Meta has. Secrets go in and never come out again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from bandeja.channels.meta.found import Found
from bandeja.channels.models import MetaApp
from bandeja.people.models import Workspace

LONGEST = 2000
"""Characters of a token or secret; Meta says they may grow."""


def _secret(**more: Any) -> forms.CharField:
    """A field that a refused form does not fill in again, nor a browser by itself."""
    widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(max_length=LONGEST, widget=widget, **more)


def _id(**more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"})
    return forms.CharField(max_length=40, widget=widget, **more)


class AppForm(forms.Form):
    """A Meta app, by its id and secrets."""

    app_id = _id(label=_("App ID"))
    secret = _secret(label=_("App secret"), help_text=_("Both stand in the app's dashboard: Settings, Basic."))
    instagram_secret = _secret(
        label=_("Instagram app secret (optional)"),
        required=False,
        help_text=_(
            "Only where Instagram is connected with its own login. It stands in the Instagram product's setup."
        ),
    )


class SecretsForm(forms.Form):
    """New secrets for an app; a blank one stays as it is."""

    secret = _secret(label=_("New app secret"), required=False)
    instagram_secret = _secret(label=_("New Instagram app secret"), required=False)

    def clean(self) -> dict[str, Any]:
        if not any(self.cleaned_data.get(name) for name in ("secret", "instagram_secret")):
            self.add_error("secret", _("Type the secret that changed."))
        return self.cleaned_data


class TokenForm(forms.Form):
    """A token to speak with for an account that is known."""

    token = _secret(label=_("Access token"))


class LineForm(forms.Form):
    """A token, and the app whose deliveries it brings; which app is only asked where there are several."""

    app = forms.ModelChoiceField(label=_("Meta app"), queryset=MetaApp.objects.none(), empty_label=None)
    token = _secret(label=_("Access token"))

    def __init__(self, data: QueryDict | None = None, *, workspace: Workspace) -> None:
        super().__init__(data)
        apps: QuerySet[MetaApp] = MetaApp.objects.filter(workspace=workspace).order_by("name", "pk")
        self.fields["app"].queryset = apps  # type: ignore[attr-defined]  # a field of rows
        if len(apps) == 1:
            self.fields["app"].widget = forms.HiddenInput()
            self.fields["app"].initial = apps[0].pk


class WhatsAppForm(LineForm):
    """A WhatsApp business account, whose numbers are then chosen from."""

    waba = _id(
        label=_("WhatsApp business account ID"),
        help_text=_("In the app's dashboard: WhatsApp, API setup. It is not the number's own ID."),
    )
    field_order = ("app", "waba", "token")

    def __init__(self, data: QueryDict | None = None, *, workspace: Workspace) -> None:
        super().__init__(data, workspace=workspace)
        self.fields["token"].help_text = _(
            "A system user's token that does not end, with whatsapp_business_messaging and "
            "whatsapp_business_management."
        )


class MessengerForm(LineForm):
    """A Facebook page."""

    def __init__(self, data: QueryDict | None = None, *, workspace: Workspace) -> None:
        super().__init__(data, workspace=workspace)
        self.fields["token"].label = _("Page access token")
        self.fields["token"].help_text = _("The page's own, with pages_messaging and pages_manage_metadata.")


class InstagramForm(LineForm):
    """An Instagram professional account, by either of its logins."""

    login = forms.ChoiceField(
        label=_("Way in"),
        choices=[("instagram", _("Instagram's own login")), ("page", _("The page it is linked to"))],
    )
    field_order = ("app", "login", "token")

    def __init__(self, data: QueryDict | None = None, *, workspace: Workspace) -> None:
        super().__init__(data, workspace=workspace)
        self.fields["token"].help_text = _(
            "With Instagram's own login: the account's token, with instagram_business_manage_messages. "
            "By the page: the page's token, with instagram_manage_messages."
        )


class NumbersForm(forms.Form):
    """Which numbers of a WhatsApp business account to connect."""

    numbers = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one number.")},
    )

    def __init__(self, data: QueryDict | None = None, *, found: Sequence[Found]) -> None:
        super().__init__(data)
        self._found = found
        self.fields["numbers"].choices = [(each.external_id, each.name) for each in found]  # type: ignore[attr-defined]  # a field of choices

    @property
    def chosen(self) -> list[Found]:
        """What was chosen; ask only a valid form."""
        return [each for each in self._found if each.external_id in self.cleaned_data["numbers"]]
