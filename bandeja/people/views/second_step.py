"""The second step and passkeys: allauth's views, at our addresses and leading back to our page."""

from __future__ import annotations

from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.urls import reverse_lazy

HERE = reverse_lazy("settings_security")
CODES = reverse_lazy("mfa_view_recovery_codes")


class Activate(ActivateTOTPView):
    """A code of the app proves that it has the secret; the first time, recovery codes follow."""

    def get_success_url(self) -> str:
        return str(CODES if self.did_generate_recovery_codes else HERE)


class AddPasskey(AddWebAuthnView):
    """What the browser made is kept; the first time, recovery codes follow."""

    def get_success_url(self) -> str:
        return str(CODES if self.did_generate_recovery_codes else HERE)


activate = Activate.as_view()
deactivate = DeactivateTOTPView.as_view(success_url=HERE)
add_passkey = AddPasskey.as_view()
remove_passkey = RemoveWebAuthnView.as_view(success_url=HERE)
new_codes = GenerateRecoveryCodesView.as_view(success_url=CODES)
