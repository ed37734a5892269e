"""The second step: setting it up, being asked for it, losing it; and confirming before what is sensitive."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.db import connection
from django.test import Client

from bandeja.people import members, roles
from bandeja.people.links import link, make_agent
from bandeja.people.models import Action, Agent, AuditEntry
from tests.cast import Cast

pytestmark = pytest.mark.django_db

PASSWORD = "un caballo verde"


@pytest.fixture(autouse=True)
def nobody_tried_before() -> None:
    cache.clear()


def with_password(agent: Agent) -> Client:
    """Somebody who signed in with a password, and is confirmed by nothing yet."""
    agent.set_password(PASSWORD)
    agent.save()
    return sign_in(agent)


def sign_in(agent: Agent) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.post("/accounts/login/", {"login": agent.email, "password": PASSWORD})
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/settings/profile").status_code == 200


def confirm(browser: Client, password: str = PASSWORD) -> int:
    return browser.post("/accounts/confirm/password/", {"password": password}).status_code


def code(secret: str, steps: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def set_up(browser: Client) -> str:
    """Sets up an authenticator app; answers its secret."""
    confirm(browser)
    secret = str(browser.get("/settings/security/app").context["form"].secret)
    answer = browser.post("/settings/security/app", {"code": code(secret)})
    assert answer["location"] == "/settings/security/codes"
    return secret


def codes(browser: Client) -> list[str]:
    return browser.get("/settings/security/codes/file").content.decode().split()


def test_after_the_password_a_code_is_asked_for(cast: Cast) -> None:
    secret = set_up(with_password(cast.bruno))
    browser = sign_in(cast.bruno)
    assert not is_in(browser)
    for wrong in ("000000", "", "x" * 500, code(secret, steps=-9)):
        assert browser.post("/accounts/login/code/", {"code": wrong}).status_code == 200
        assert not is_in(browser)
    cache.clear()
    assert browser.post("/accounts/login/code/", {"code": code(secret, steps=1)})["location"] == "/inbox"
    assert is_in(browser)


def test_without_the_first_step_there_is_no_second(cast: Cast) -> None:
    set_up(with_password(cast.bruno))
    assert Client().get("/accounts/login/code/")["location"] == "/accounts/login/"
    assert Client().post("/accounts/login/code/", {"code": "1"})["location"] == "/accounts/login/"


def test_guessing_codes_is_stopped(cast: Cast) -> None:
    secret = set_up(with_password(cast.bruno))
    browser = sign_in(cast.bruno)
    for _attempt in range(12):
        browser.post("/accounts/login/code/", {"code": "000000"})
    browser.post("/accounts/login/code/", {"code": code(secret, steps=1)})
    assert not is_in(browser)


def test_a_code_works_once(cast: Cast) -> None:
    secret = set_up(with_password(cast.bruno))
    used = code(secret, steps=1)
    sign_in(cast.bruno).post("/accounts/login/code/", {"code": used})
    again = sign_in(cast.bruno)
    again.post("/accounts/login/code/", {"code": used})
    assert not is_in(again)


def test_a_recovery_code_works_once(cast: Cast) -> None:
    owner = with_password(cast.bruno)
    set_up(owner)
    kept = codes(owner)
    assert len(kept) == 10
    browser = sign_in(cast.bruno)
    browser.post("/accounts/login/code/", {"code": kept[0]})
    assert is_in(browser)
    again = sign_in(cast.bruno)
    again.post("/accounts/login/code/", {"code": kept[0]})
    assert not is_in(again)
    assert owner.get("/settings/security").context["codes_left"] == 9
    owner.post("/settings/security/codes/new")
    assert not set(codes(owner)) & set(kept)


def test_a_one_time_link_does_not_stand_in_for_the_second_step(cast: Cast) -> None:
    set_up(with_password(cast.bruno))
    browser = Client()
    address = link(Agent.objects.get(pk=cast.bruno.pk), "")
    answer = browser.post(address, {"name": "Bruno", "password": "otro caballo azul"})
    assert answer["location"].startswith("/accounts/login/code/")
    assert not is_in(browser)


def test_its_secrets_are_encrypted_in_the_database(cast: Cast) -> None:
    owner = with_password(cast.bruno)
    secret = set_up(owner)
    with connection.cursor() as cursor:
        cursor.execute("select data::text from mfa_authenticator")
        kept = "".join(row[0] for row in cursor.fetchall())
    assert secret not in kept
    assert not [each for each in codes(owner) if each in kept]


def test_with_another_key_of_the_install_no_code_is_right(cast: Cast) -> None:
    secret = set_up(with_password(cast.bruno))
    Authenticator.objects.filter(type="totp").update(data={"secret": "sealed with another key"})
    browser = sign_in(cast.bruno)
    for guess in (code(secret, steps=1), code("", steps=0)):
        browser.post("/accounts/login/code/", {"code": guess})
    assert not is_in(browser)


@pytest.mark.django_db(transaction=True)
def test_setting_up_and_removing_ask_for_the_password_first(cast: Cast) -> None:
    browser = with_password(cast.bruno)
    pages = ["app", "passkeys/new"]
    for page in pages:
        assert browser.get(f"/settings/security/{page}")["location"].startswith("/accounts/confirm/password/")
    assert confirm(browser, "wrong") == 200
    assert browser.get("/settings/security/app").status_code == 302
    set_up(browser)
    later = sign_in(cast.bruno)
    assert later.get("/settings/security/codes").status_code == 302
    assert Client().get("/settings/security/codes").status_code == 302
    browser.post("/settings/security/app/removal")
    assert not Authenticator.objects.exists()
    assert is_in(sign_in(cast.bruno))
    actions = AuditEntry.objects.filter(subject_id=cast.bruno.pk).order_by("pk").values_list("action", flat=True)
    assert list(actions) == [Action.TOTP_ADDED, Action.TOTP_REMOVED]


def test_an_administrator_removes_the_second_step_of_who_lost_it(cast: Cast, carla: Cast) -> None:
    set_up(with_password(cast.bruno))
    address = f"/settings/people/{cast.bruno.pk}/second-step/removal"
    others = Client()
    others.force_login(carla.ana)
    assert others.post(address).status_code == 404
    seller = Client()
    seller.force_login(make_agent(cast.workspace, "otro@tienda.example"))
    assert seller.post(address).status_code == 403
    ana = Client()
    ana.force_login(cast.ana)
    ana.post(address)
    assert is_in(sign_in(cast.bruno))
    assert AuditEntry.objects.filter(action=Action.SECOND_STEP_REMOVED, name="Bruno", agent_name="Ana").exists()


@pytest.mark.parametrize("credential", ["", "x", "{}", "[]", '"a"', '{"id": 1}', "null", "[" * 3000])
def test_what_is_no_passkey_opens_nothing(cast: Cast, credential: str) -> None:
    browser = with_password(cast.bruno)
    confirm(browser)
    browser.get("/settings/security/passkeys/new")
    given = {"credential": credential, "name": "Llave", "passwordless": "on"}
    assert browser.post("/settings/security/passkeys/new", given).status_code == 200
    assert not Authenticator.objects.exists()
    stranger = Client(headers={"accept": "application/json"})
    assert "request_options" in stranger.get("/accounts/login/passkey/").json()
    stranger.post("/accounts/login/passkey/", {"credential": credential})
    assert not is_in(stranger)


def test_what_is_sensitive_waits_for_the_password_and_then_happens(cast: Cast) -> None:
    browser = with_password(cast.ana)
    address = f"/settings/people/{cast.bruno.pk}/role"
    asked = browser.post(address, {"role": "admin"})
    assert asked["location"].startswith("/accounts/confirm/password/")
    assert Agent.objects.get(pk=cast.bruno.pk).role.key == "seller"
    browser.post(asked["location"], {"password": "wrong", "next": address})
    assert Agent.objects.get(pk=cast.bruno.pk).role.key == "seller"
    done = browser.post(asked["location"], {"password": PASSWORD, "next": address})
    assert done["location"] == "/settings/people"
    assert Agent.objects.get(pk=cast.bruno.pk).role.key == "admin"
    browser.post(address, {"role": "seller"})
    assert Agent.objects.get(pk=cast.bruno.pk).role.key == "seller"


def test_every_sensitive_verb_asks(cast: Cast) -> None:
    browser = with_password(cast.ana)
    role = roles.make(cast.workspace, name="Turno", permissions=[], by=None)
    before = AuditEntry.objects.count()
    for address in (
        "/settings/people",
        f"/settings/people/{cast.bruno.pk}/reactivation",
        f"/settings/people/{cast.bruno.pk}/link",
        f"/settings/people/{cast.bruno.pk}/role",
        f"/settings/people/{cast.bruno.pk}/leaving",
        f"/settings/people/{cast.bruno.pk}/second-step/removal",
        "/settings/roles/new",
        f"/settings/roles/{role.pk}",
        f"/settings/roles/{role.pk}/deletion",
    ):
        assert browser.post(address, {"role": "admin"})["location"].startswith("/accounts/confirm/"), address
    assert AuditEntry.objects.count() == before


def test_a_reset_password_ends_the_sessions_there_were(cast: Cast) -> None:
    browser = with_password(cast.bruno)
    assert is_in(browser)
    members.change_password(Agent.objects.get(pk=cast.bruno.pk), "otro caballo azul")
    assert not is_in(browser)
    assert re.search(Action.PASSWORD_CHANGED, AuditEntry.objects.order_by("-pk")[0].action)
