"""Who is signed in, as every request asks for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import authenticate
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bandeja.people import presence
from bandeja.people.clock import database_now, now_for
from bandeja.people.models import Agent, State
from bandeja.people.signedin import SignedIn
from tests.cast import Cast
from tests.clock import Clock


def test_they_come_with_their_state_and_the_instant_in_one_query(cast: Cast, clock: Clock) -> None:
    presence.choose(cast.bruno, State.RECEIVING)
    at = clock.set(database_now() - timedelta(days=1))
    with CaptureQueriesContext(connection) as queries:
        bruno: Any = SignedIn().get_user(cast.bruno.pk)
        assert (bruno.state, now_for(bruno), bruno.role.key) == (State.RECEIVING, at, "seller")
    assert len(queries) == 1
    assert bruno.asked_at - at > timedelta(hours=23), "in earnest, whatever the tests' clock says"


def test_whoever_is_deactivated_or_nobody_is_not_signed_in(cast: Cast) -> None:
    Agent.objects.filter(pk=cast.bruno.pk).update(is_active=False)
    assert SignedIn().get_user(cast.bruno.pk) is None
    assert SignedIn().get_user(0) is None


def test_the_instant_of_who_was_not_asked_for_by_a_request_is_now(cast: Cast, clock: Clock) -> None:
    at = clock.set(database_now())
    assert now_for(cast.ana) == at


def test_a_wrong_password_is_looked_at_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    look = AuthenticationBackend.authenticate

    def noted(self: Any, request: Any, **credentials: Any) -> Any:
        looked.append(credentials["email"])
        return look(self, request, **credentials)

    monkeypatch.setattr(AuthenticationBackend, "authenticate", noted)
    assert authenticate(None, email=cast.ana.email, password="no es") is None
    assert looked == [cast.ana.email]


def test_a_session_that_began_before_goes_on(cast: Cast) -> None:
    browser = Client()
    browser.force_login(cast.ana, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = browser.get("/settings/profile")
    assert page.status_code == 200
    assert 'data-since=""' in page.content.decode()
    browser.force_login(cast.ana)
    assert 'data-since="1' in browser.get("/settings/profile").content.decode()
