"""What a browser says is a passkey, read without trusting its shape: allauth and fido2 fail on some that are none."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from cryptography.exceptions import InvalidSignature
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MALFORMED = (LookupError, TypeError, AttributeError, ValueError, struct.error, InvalidSignature, RecursionError)


@contextmanager
def _tolerant() -> Iterator[None]:
    try:
        yield
    except MALFORMED as error:
        raise forms.ValidationError(_("That passkey was not accepted. Nothing was changed; try again.")) from error


class CredentialField(forms.JSONField):
    """JSON, however deep."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        with _tolerant():
            return super().to_python(value)


class AddForm(webauthn.AddWebAuthnForm):
    """A new passkey."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=60, required=False, widget=forms.TextInput({"autocomplete": "off"})
    )
    credential = CredentialField()

    def clean(self) -> dict[str, Any]:
        with _tolerant():
            cleaned: dict[str, Any] = super().clean()
        return cleaned


class _Proof(forms.Form):
    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        with _tolerant():
            return super().clean_credential()  # type: ignore[misc]  # allauth has no types


class LoginForm(_Proof, webauthn.LoginWebAuthnForm):
    """Any passkey of somebody who signs in with it alone."""


class AuthenticateForm(_Proof, webauthn.AuthenticateWebAuthnForm):
    """A passkey as the second step."""


class ReauthenticateForm(_Proof, webauthn.ReauthenticateWebAuthnForm):
    """A passkey before what is sensitive."""
