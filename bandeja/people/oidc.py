"""Signing in with the organisation's own sign-in (OpenID Connect): for who was invited, and nobody else."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest
from django.shortcuts import render

from bandeja.people.models import Agent


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Lets in who is known already, or whose verified e-mail is an agent's; afterwards the provider's id decides."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Raises ImmediateHttpResponse with a page that says why not."""
        if sociallogin.state.get("process", "login") != "login":
            raise ImmediateHttpResponse(_refused(request))
        if sociallogin.is_existing:
            return
        agent = _invited(sociallogin.email_addresses)
        if agent is None:
            raise ImmediateHttpResponse(_refused(request))
        sociallogin.connect(request, agent)

    def on_authentication_error(self, request: HttpRequest, *_told: Any, **_more: Any) -> None:
        raise ImmediateHttpResponse(render(request, "people/sso_failed.html", status=502))


def _invited(addresses: list[EmailAddress]) -> Agent | None:
    """The agent with an e-mail that the provider says it has verified; the text "false" is no yes."""
    for address in addresses:
        if address.verified is True:
            return Agent.objects.filter(email__iexact=address.email, is_active=True).first()
    return None


def _refused(request: HttpRequest) -> Any:
    return render(request, "people/sso_refused.html", status=403)
