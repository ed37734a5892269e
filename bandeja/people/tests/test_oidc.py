"""Signing in with the organisation's own sign-in: for who was invited, by a verified e-mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import LazySettings
from django.test import Client

from bandeja.people import members
from bandeja.people.models import Action, Agent, AuditEntry
from bandeja.people.oidc import SocialAdapter
from bandeja.sso import provider_settings
from tests.cast import Cast

pytestmark = pytest.mark.django_db

ISSUER = "https://login.example.com/team"
LOGIN = "/accounts/oidc/sso/login/"


@dataclass
class Answer:
    said: dict[str, Any]
    status_code: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})

    def json(self) -> dict[str, Any]:
        return self.said

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise requests.HTTPError(str(self.status_code))


class Provider:
    """Plays the organisation's side: what it is asked over https, and what it says of who signs in."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {}
        self.is_away = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def get(self, url: str, **_: Any) -> Answer:
        if self.is_away:
            raise requests.ConnectionError
        if url.endswith("/.well-known/openid-configuration"):
            return Answer(
                {
                    "issuer": ISSUER,
                    "authorization_endpoint": f"{ISSUER}/authorize",
                    "token_endpoint": f"{ISSUER}/token",
                    "userinfo_endpoint": f"{ISSUER}/userinfo",
                    "jwks_uri": f"{ISSUER}/jwks",
                }
            )
        return Answer(self.person)

    def request(self, _method: str, _url: str, **_: Any) -> Answer:
        return Answer({"access_token": "a", "token_type": "Bearer"})


@pytest.fixture
def provider(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Provider:
    settings.SOCIALACCOUNT_PROVIDERS = provider_settings(ISSUER, "bandeja", "secret", "Tienda")
    settings.BANDEJA_OIDC_NAME = "Tienda"
    played = Provider()
    monkeypatch.setattr(SocialAdapter, "get_requests_session", lambda _self: played)
    return played


def sign_in(provider: Provider, query: str = "", browser: Client | None = None, **person: Any) -> tuple[Client, Any]:
    """Goes there, and is led back as this person."""
    provider.person = {"sub": "7", **person}
    browser = browser or Client()
    there = browser.get(f"{LOGIN}{query}")["location"]
    assert there.startswith(f"{ISSUER}/authorize")
    state = parse_qs(urlsplit(there).query)["state"][0]
    return browser, browser.get(f"{LOGIN}callback/", {"code": "c", "state": state})


def is_in(browser: Client) -> bool:
    return browser.get("/settings/profile").status_code == 200


def test_who_was_invited_is_in_by_a_verified_e_mail_and_then_by_their_id(cast: Cast, provider: Provider) -> None:
    browser, answer = sign_in(provider, email=cast.bruno.email.upper(), email_verified=True)
    assert (answer["location"], is_in(browser)) == ("/inbox", True)
    moved, _answer = sign_in(provider, email="another@example.com", email_verified=False)
    assert moved.get("/settings/profile").context["agent"] == cast.bruno


@pytest.mark.parametrize(
    "person",
    [
        {"email": "stranger@example.com", "email_verified": True},
        {"email": "bruno@tienda.example", "email_verified": False},
        {"email": "bruno@tienda.example", "email_verified": "false"},
        {"email": "bruno@tienda.example"},
        {},
    ],
)
def test_nobody_else_is(cast: Cast, provider: Provider, person: dict[str, Any]) -> None:
    agents = Agent.objects.count()
    browser, answer = sign_in(provider, **person)
    assert (answer.status_code, is_in(browser), Agent.objects.count()) == (403, False, agents)


def test_an_address_given_to_somebody_else_makes_nobody_of_them(cast: Cast, provider: Provider) -> None:
    """They would be Bruno, with his conversations."""
    sign_in(provider, email=cast.bruno.email, email_verified=True)
    browser, answer = sign_in(provider, sub="8", email=cast.bruno.email, email_verified=True)
    assert (answer.status_code, is_in(browser)) == (403, False)
    for verb in (members.deactivate, members.reactivate):
        verb(cast.bruno, by=None)
    assert is_in(sign_in(provider, sub="8", email=cast.bruno.email, email_verified=True)[0])


def test_the_same_id_at_another_provider_is_somebody_else(
    cast: Cast, provider: Provider, settings: LazySettings
) -> None:
    sign_in(provider, email=cast.bruno.email, email_verified=True)
    settings.SOCIALACCOUNT_PROVIDERS = provider_settings("https://git.example.com", "bandeja", "secret", "Git")
    assert sign_in(provider, email="stranger@example.com", email_verified=True)[1].status_code == 403
    moved, _answer = sign_in(provider, email=cast.bruno.email, email_verified=True)
    assert moved.get("/settings/profile").context["agent"] == cast.bruno


def test_tying_an_id_is_kept_in_the_audit_log_once(cast: Cast, provider: Provider) -> None:
    for _ in range(2):
        sign_in(provider, email=cast.bruno.email, email_verified=True)
    (entry,) = AuditEntry.objects.filter(action=Action.TIED)
    assert (entry.subject_id, entry.agent_name) == (cast.bruno.pk, "Bruno")


def test_who_was_deactivated_is_out(cast: Cast, provider: Provider) -> None:
    sign_in(provider, email=cast.bruno.email, email_verified=True)
    Agent.objects.filter(pk=cast.bruno.pk).update(is_active=False)
    assert not is_in(sign_in(provider, email=cast.bruno.email, email_verified=True)[0])
    assert sign_in(provider, sub="8", email=cast.bruno.email, email_verified=True)[1].status_code == 403


def test_nobody_ties_a_strangers_id_to_themselves(cast: Cast, provider: Provider) -> None:
    browser = Client()
    browser.force_login(cast.bruno)
    _browser, answer = sign_in(provider, "?process=connect", browser, email="x@example.com", email_verified=True)
    assert answer.status_code == 403


def test_a_provider_that_is_away_or_a_forged_return_is_told_plainly(cast: Cast, provider: Provider) -> None:
    browser = Client()
    assert browser.get(f"{LOGIN}callback/", {"code": "c", "state": "forged"}).status_code == 502
    assert browser.get(f"{LOGIN}callback/").status_code == 502
    provider.is_away = True
    assert browser.get(LOGIN).status_code == 502


def test_the_button_is_there_only_with_a_provider(cast: Cast, provider: Provider, settings: LazySettings) -> None:
    assert LOGIN in Client().get("/accounts/login/").content.decode()
    settings.BANDEJA_OIDC_NAME, settings.SOCIALACCOUNT_PROVIDERS = "", {}
    assert LOGIN not in Client().get("/accounts/login/").content.decode()
    assert Client().get(LOGIN).status_code == 404
