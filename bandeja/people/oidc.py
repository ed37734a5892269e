"""Signing in with the organisation's own sign-in (OpenID Connect): for who was invited, and nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, cast

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render

from bandeja.people import audit
from bandeja.people.models import Action, Agent


class SocialAdapter(DefaultSocialAccountAdapter):
    """Lets in who is known already, or whose verified e-mail is an agent's; afterwards the provider's id decides."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002  allauth's way to ask
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Raises ImmediateHttpResponse with a page that says why not."""
        if sociallogin.state.get("process", "login") != "login":
            raise ImmediateHttpResponse(_refused(request))
        if sociallogin.is_existing:
            return
        agent = _invited(sociallogin.email_addresses, _issuer(sociallogin))
        if agent is None:
            raise ImmediateHttpResponse(_refused(request))
        with transaction.atomic():
            sociallogin.connect(request, agent)
            audit.of_person(agent, Action.TIED, by=agent)

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: Mapping[str, Any]) -> Agent:
        """Called before anybody is looked up: an id is its issuer's own, and another may give out the same."""
        account = sociallogin.account
        account.uid = _issuer(sociallogin) + sha256(account.uid.encode()).hexdigest()
        return cast("Agent", super().populate_user(request, sociallogin, data))

    def on_authentication_error(self, request: HttpRequest, *_told: Any, **_more: Any) -> None:
        raise ImmediateHttpResponse(render(request, "people/sso_failed.html", status=502))


def _issuer(sociallogin: SocialLogin) -> str:
    """What all ids of this provider begin with."""
    return sha256(sociallogin.provider.app.settings["server_url"].encode()).hexdigest()[:32] + ":"


def _invited(addresses: list[EmailAddress], issuer: str) -> Agent | None:
    """The agent with an e-mail that the provider says it has verified; the text "false" is no yes.

    Not who is tied to an id of this issuer already: the address may have been given to somebody else since.
    """
    for address in addresses:
        if address.verified is True:
            tied = SocialAccount.objects.filter(uid__startswith=issuer).values("user")
            return Agent.objects.filter(email__iexact=address.email, is_active=True).exclude(pk__in=tied).first()
    return None


def _refused(request: HttpRequest) -> Any:
    return render(request, "people/sso_refused.html", status=403)
