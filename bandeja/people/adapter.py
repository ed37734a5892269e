"""How allauth signs people in here: nobody signs up by themselves, and what concerns a door is kept in the log."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils.translation import gettext as _

from bandeja.people import audit, members, sessions
from bandeja.people.models import Action, Agent
from bandeja.seal import Unreadable, seal, unseal

NOTED: Mapping[str, Action] = {
    "mfa/email/totp_activated": Action.TOTP_ADDED,
    "mfa/email/totp_deactivated": Action.TOTP_REMOVED,
    "mfa/email/webauthn_added": Action.PASSKEY_ADDED,
    "mfa/email/webauthn_removed": Action.PASSKEY_REMOVED,
    "mfa/email/recovery_codes_generated": Action.CODES_MADE,
}
"""What allauth tells a person of, by the name of its mail; it has no other place to hear of all of them."""


class AccountAdapter(DefaultAccountAdapter):
    """Everything as allauth does it, but the door for strangers."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's way to ask
        return False

    def logout(self, request: HttpRequest) -> None:
        """The other pages of this session are open streams, which end too."""
        agent, key = request.user, request.session.session_key
        super().logout(request)
        if isinstance(agent, Agent):
            sessions.left(agent, key)

    def set_password(self, user: Agent, password: str) -> None:
        """Through a mailed link: whoever was in with the old password is out."""
        members.change_password(user, password)

    def send_notification_mail(self, template_prefix: str, user: Agent, *args: Any, **more: Any) -> None:
        if template_prefix in NOTED:
            audit.of_person(user, NOTED[template_prefix], by=user)
        super().send_notification_mail(template_prefix, user, *args, **more)


class MFAAdapter(DefaultMFAAdapter):
    """The second step, its secrets encrypted in the database."""

    def get_totp_issuer(self) -> str:
        return "Bandeja"

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; one nobody knows where the install's key has changed since: then no code is right."""
        try:
            return unseal(encrypted_text)
        except Unreadable:
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def generate_authenticator_name(self, user: Agent, type: Authenticator.Type) -> str:  # noqa: A002  allauth's word
        return _("Passkey %(number)d") % {"number": Authenticator.objects.filter(user=user, type=type).count() + 1}
