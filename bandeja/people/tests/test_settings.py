"""Profile, people and workspace: who sees what, and who may change it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from bandeja.people import members
from bandeja.people.guard import LastAdministrator
from bandeja.people.links import make_agent
from bandeja.people.models import Agent, Role, Workspace
from tests.cast import Cast

pytestmark = pytest.mark.django_db

PASSWORD = "un caballo verde"
PAGES = ["/settings/profile", "/settings/people", "/settings/workspace"]


def as_(agent: Agent) -> Client:
    browser = Client()
    browser.force_login(agent)
    return browser


@pytest.mark.parametrize("page", PAGES)
def test_pages_require_somebody_signed_in(page: str, client: Client) -> None:
    assert client.get(page)["location"].startswith("/accounts/login/")


@pytest.mark.parametrize("page", PAGES)
def test_everybody_sees_the_pages(page: str, cast: Cast) -> None:
    for agent in (cast.ana, cast.bruno):
        assert as_(agent).get(page).status_code == 200


def test_an_administrator_invites_and_is_shown_the_link_once(cast: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    browser = as_(cast.ana)
    browser.post("/settings/people", {"email": "nora@example.com", "name": "Nora", "role": "seller"})
    nora = Agent.objects.get(email="nora@example.com")
    assert (nora.workspace, nora.role.key) == (cast.workspace, Role.SELLER)
    assert "/welcome/" in browser.get("/settings/people").content.decode()
    assert "/welcome/" not in browser.get("/settings/people").content.decode()
    assert not mail.outbox


def test_an_invitation_is_mailed_when_mail_is_set_up(cast: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    Workspace.objects.update(name="Ciclo\nBcc: everyone@example.com")
    as_(cast.ana).post("/settings/people", {"email": "nora@example.com", "role": "admin"})
    (sent,) = mail.outbox
    assert sent.to == ["nora@example.com"]
    assert "/welcome/" in str(sent.body)


def test_a_mail_server_that_is_away_leaves_the_link_on_screen(cast: Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1
    browser = as_(cast.ana)
    browser.post("/settings/people", {"email": "nora@example.com", "role": "admin"})
    shown = browser.get("/settings/people").context["link"]
    assert (shown["sent"], "/welcome/" in shown["address"]) == (False, True)


@pytest.mark.parametrize(
    "given",
    [
        {"email": "no address", "role": "seller"},
        {"email": "BRUNO@example.com", "role": "seller"},
        {"email": "nora@example.com", "role": "owner"},
        {},
    ],
)
def test_a_bad_invitation_is_refused_beside_the_field(cast: Cast, given: dict[str, str]) -> None:
    Agent.objects.filter(pk=cast.bruno.pk).update(email="bruno@example.com")
    answer = as_(cast.ana).post("/settings/people", given)
    assert answer.status_code == 422
    assert answer.context["form"].errors


def test_a_seller_changes_nothing_of_others(cast: Cast) -> None:
    browser = as_(cast.bruno)
    refused = [
        browser.post("/settings/people", {"email": "nora@example.com", "role": "admin"}),
        browser.post(f"/settings/people/{cast.bruno.pk}/role", {"role": "admin"}),
        browser.post(f"/settings/people/{cast.ana.pk}/leaving"),
        browser.post(f"/settings/people/{cast.ana.pk}/reactivation"),
        browser.post(f"/settings/people/{cast.ana.pk}/link"),
        browser.post("/settings/workspace", {"name": "X", "language": "en", "time_zone": "UTC"}),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert cast.workspace.agents.filter(is_active=True, role__key=Role.ADMIN).exists()


def test_somebody_of_another_workspace_is_not_there(cast: Cast, carla: Cast) -> None:
    browser = as_(carla.ana)
    for what in ("role", "leaving", "reactivation", "link"):
        assert browser.post(f"/settings/people/{cast.bruno.pk}/{what}", {"role": "admin"}).status_code == 404
    assert cast.bruno.email not in browser.get("/settings/people").content.decode()


def test_a_role_is_changed_and_counts_at_once(cast: Cast) -> None:
    seller = as_(cast.bruno)
    as_(cast.ana).post(f"/settings/people/{cast.bruno.pk}/role", {"role": "admin"})
    assert seller.post(f"/settings/people/{cast.ana.pk}/role", {"role": "seller"}).status_code == 302
    assert as_(cast.ana).post(f"/settings/people/{cast.bruno.pk}/link").status_code == 403


def test_who_is_deactivated_is_out_at_once_and_may_come_back(cast: Cast) -> None:
    seller = as_(cast.bruno)
    as_(cast.ana).post(f"/settings/people/{cast.bruno.pk}/leaving")
    assert seller.get("/settings/profile").status_code == 302
    as_(cast.ana).post(f"/settings/people/{cast.bruno.pk}/reactivation")
    assert as_(cast.bruno).get("/settings/profile").status_code == 200


def test_the_last_administrator_stays(cast: Cast) -> None:
    browser = as_(cast.ana)
    browser.post(f"/settings/people/{cast.ana.pk}/role", {"role": "seller"})
    browser.post(f"/settings/people/{cast.ana.pk}/leaving")
    cast.ana.refresh_from_db()
    assert (cast.ana.is_active, cast.ana.role.key) == (True, Role.ADMIN)


def test_a_profile_is_saved_and_read_in_its_language(cast: Cast) -> None:
    browser = as_(cast.bruno)
    browser.post("/settings/profile", {"name": "Bruno D.", "language": "en"})
    page = browser.get("/settings/profile")
    assert (page["content-language"], page.context["agent"].name) == ("en", "Bruno D.")
    browser.post("/settings/profile", {"name": "Bruno D.", "language": ""})
    assert browser.get("/settings/profile")["content-language"] == "es"


def test_a_password_is_changed_by_who_knows_the_old_one(cast: Cast) -> None:
    cast.bruno.set_password(PASSWORD)
    cast.bruno.save()
    here, elsewhere = as_(cast.bruno), as_(cast.bruno)
    wrong = here.post("/settings/profile/password", {"old": "x", "new": "otro caballo azul"})
    assert wrong.context["password_form"].errors["old"]
    weak = here.post("/settings/profile/password", {"old": PASSWORD, "new": "corta"})
    assert weak.context["password_form"].errors["new"]
    here.post("/settings/profile/password", {"old": PASSWORD, "new": "otro caballo azul"})
    assert here.get("/settings/profile").status_code == 200
    assert elsewhere.get("/settings/profile").status_code == 302


def test_the_workspace_is_saved_without_touching_its_plan(cast: Cast) -> None:
    given = {"name": "Ciclo", "language": "pt-br", "time_zone": "America/Sao_Paulo"}
    browser = as_(cast.ana)
    browser.post("/settings/workspace", given)
    saved = Workspace.objects.get(pk=cast.workspace.pk)
    assert (saved.name, saved.language, saved.time_zone) == tuple(given.values())
    assert saved.entitled_since == cast.workspace.entitled_since
    assert browser.get("/settings/workspace")["content-language"] == "pt-br"


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "", "Etc/GMT+5"])
def test_a_time_zone_that_is_none_is_refused(cast: Cast, zone: str) -> None:
    given = {"name": "Ciclo", "language": "es", "time_zone": zone}
    assert as_(cast.ana).post("/settings/workspace", given).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_demote_each_other_leave_one(cast: Cast) -> None:
    other = make_agent(cast.workspace, "otra@example.com", role=Role.ADMIN)

    def demote(agent: Agent) -> None:
        try:
            members.change_role(Agent.objects.get(pk=agent.pk), Role.SELLER, by=None)
        except LastAdministrator:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=[agent]) for agent in (cast.ana, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cast.workspace.agents.filter(role__key=Role.ADMIN).count() == 1
