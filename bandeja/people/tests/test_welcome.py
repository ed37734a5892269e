"""The one-time link, and signing in afterwards."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import mail
from django.test import Client

from bandeja import settings as real
from bandeja.people.links import first_link, link, make_agent, make_workspace
from bandeja.people.models import Agent, Workspace
from tests.cast import Cast

pytestmark = pytest.mark.django_db

URL = "http://testserver"
PASSWORD = "un caballo verde"


@pytest.fixture
def browser() -> Client:
    return Client(headers={"accept-language": "en"})


def path(address: str | None) -> str:
    assert address is not None
    return address.removeprefix(URL)


def sign_in(browser: Client, email: str, password: str = PASSWORD) -> bool:
    browser.post("/accounts/login/", {"login": email, "password": password})
    return "_auth_user_id" in browser.session


def test_the_first_administrator_says_who_they_are_and_is_in(browser: Client) -> None:
    where = path(first_link(URL))
    assert b'name="workspace"' in browser.get(where).content
    answer = browser.post(
        where, {"workspace": "Ciclo", "name": "Ana", "email": "Ana@Example.com", "password": PASSWORD}
    )
    assert answer["location"] == "/inbox"
    ana = Agent.objects.get()
    assert (ana.name, ana.email, ana.workspace.name) == ("Ana", "Ana@Example.com", "Ciclo")
    assert browser.session["_auth_user_id"] == str(ana.pk)
    assert first_link(URL) is None


@pytest.mark.parametrize(
    ("zone", "kept"), [("America/Lima", "America/Lima"), ("Mars/Olympus", "Europe/Madrid"), ("", "Europe/Madrid")]
)
def test_the_first_workspace_keeps_the_time_of_the_browser_it_is_made_in(
    browser: Client, settings: LazySettings, zone: str, kept: str
) -> None:
    settings.BANDEJA_TIME_ZONE = "Europe/Madrid"
    given = {"workspace": "Ciclo", "name": "Ana", "email": "ana@example.com", "password": PASSWORD}
    browser.post(path(first_link(URL)), given | {"time_zone": zone})
    assert Workspace.objects.get().time_zone == kept


def test_somebody_invited_chooses_a_password(browser: Client, cast: Cast) -> None:
    nora = make_agent(cast.workspace, "nora@example.com")
    where = path(link(nora, URL))
    assert b'name="workspace"' not in browser.get(where).content
    browser.post(where, {"name": "Nora", "password": PASSWORD})
    browser.logout()
    assert sign_in(browser, "NORA@example.com")


def test_passwords_are_kept_by_argon2(browser: Client, cast: Cast, settings: Any) -> None:
    """As it runs: the other tests take a hash that costs nothing."""
    settings.PASSWORD_HASHERS = real.PASSWORD_HASHERS
    nora = make_agent(cast.workspace, "nora@example.com")
    browser.post(path(link(nora, URL)), {"name": "Nora", "password": PASSWORD})
    nora.refresh_from_db()
    assert nora.password.startswith("argon2$argon2id$")


def test_a_link_works_once_and_then_says_what_to_do(browser: Client, cast: Cast) -> None:
    where = path(link(make_agent(cast.workspace, "nora@example.com"), URL))
    browser.post(where, {"name": "Nora", "password": PASSWORD})
    for answer in (Client().get(where), Client().post(where, {"name": "X", "password": PASSWORD})):
        assert answer.status_code == 410
        assert b"bandeja admin link" in answer.content
    assert not Agent.objects.filter(name="X").exists()


@pytest.mark.parametrize("uid", ["MQ", "x", "%00", "////", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "ñ"])
def test_an_odd_link_is_no_link(browser: Client, uid: str) -> None:
    assert browser.get(f"/welcome/{uid}/b-c").status_code in {404, 410}


def test_a_weak_password_is_refused_beside_the_field(browser: Client, cast: Cast) -> None:
    nora = make_agent(cast.workspace, "nora@example.com")
    answer = browser.post(path(link(nora, URL)), {"name": "Nora", "password": "12345678901"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["password"]
    nora.refresh_from_db()
    assert not nora.has_usable_password()


def test_the_first_administrator_cannot_take_an_e_mail_in_use(browser: Client) -> None:
    where = path(first_link(URL))
    make_agent(make_workspace("Otra"), "ana@example.com")
    given = {"workspace": "Ciclo", "name": "Ana", "email": "ANA@example.com", "password": PASSWORD}
    answer = browser.post(where, given)
    assert answer.status_code == 422
    assert answer.context["form"].errors["email"]
    assert not Workspace.objects.filter(name="Ciclo").exists()


def test_a_link_of_somebody_deactivated_is_over(browser: Client, cast: Cast) -> None:
    where = path(link(cast.bruno, URL))
    Agent.objects.filter(pk=cast.bruno.pk).update(is_active=False)
    assert browser.get(where).status_code == 410


@pytest.mark.parametrize(
    "address", ["signup/", "email/", "confirm-email/", "confirm-email/x/", "password/change/", "password/set/"]
)
def test_what_agents_have_no_use_for_is_not_there(browser: Client, cast: Cast, address: str) -> None:
    browser.force_login(cast.ana)
    assert browser.get(f"/accounts/{address}").status_code == 404
    assert browser.post(f"/accounts/{address}", {"email": "x@example.com"}).status_code == 404


@pytest.mark.parametrize(("email", "sent"), [("ANA@example.com", 1), ("stranger@example.com", 0)])
def test_only_who_works_here_is_sent_a_way_back(browser: Client, cast: Cast, email: str, sent: int) -> None:
    Agent.objects.filter(pk=cast.ana.pk).update(email="ana@example.com")
    answer = browser.post("/accounts/password/reset/", {"email": email})
    assert answer["location"] == "/accounts/password/reset/done/"
    assert len(mail.outbox) == sent


def test_a_lost_password_is_replaced_through_the_mailed_link(browser: Client, cast: Cast) -> None:
    Agent.objects.filter(pk=cast.ana.pk).update(email="ana@example.com")
    browser.post("/accounts/password/reset/", {"email": "ana@example.com"})
    (address,) = re.findall(r"http://\S+", str(mail.outbox[0].body))
    form = browser.get(path(address), follow=True)
    done = browser.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    assert done["location"] == "/accounts/password/reset/key/done/"
    assert sign_in(browser, "ana@example.com")


def test_a_wrong_password_stays_outside(browser: Client, cast: Cast) -> None:
    assert not sign_in(browser, cast.ana.email, "wrong")


def test_trying_too_often_is_refused(browser: Client, cast: Cast) -> None:
    cast.ana.set_password(PASSWORD)
    cast.ana.save()
    for _attempt in range(6):
        assert not sign_in(browser, cast.ana.email, "wrong")
    assert not sign_in(browser, cast.ana.email)


def test_signing_out_ends_the_session(browser: Client, cast: Cast) -> None:
    browser.force_login(cast.ana)
    browser.post("/accounts/logout/")
    assert browser.get("/settings/profile").status_code == 302


def test_whoever_has_worked_here_is_not_invited_any_more(browser: Client, cast: Cast) -> None:
    """By the organisation's own sign-in one comes in without a password."""
    Agent.objects.filter(pk=cast.ana.pk).update(language="en")
    browser.force_login(cast.ana)
    assert "Invitation pending" in browser.get("/settings/people").content.decode()
    Client().force_login(cast.bruno)
    assert "Invitation pending" not in browser.get("/settings/people").content.decode()
