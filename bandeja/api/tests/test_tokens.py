"""Tokens of people: made, shown once, used within their scopes, expired, revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from bandeja.api import tokens
from bandeja.api.models import Scope, Token
from bandeja.api.tests.programs import Program
from bandeja.people import links, members, teams
from bandeja.people.models import Action, Agent, AuditEntry, Permission, Role, Subject
from tests.cast import Cast
from tests.clock import Clock
from tests.world import BACKEND

pytestmark = pytest.mark.django_db

NEW = "/settings/tokens/new"


def signed_in(agent: object) -> Client:
    browser = Client()
    browser.force_login(agent, backend=BACKEND)  # type: ignore[arg-type]  # an agent is who signs in
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": 4_000_000_000}]
    session.save()
    return browser


def asked(cast: Cast, **changes: object) -> dict[str, object]:
    return {"name": "CRM", "agent": cast.ana.pk, "scopes": ["contacts:read"], "days": 90, **changes}


def test_a_token_is_shown_once_and_kept_as_a_hash(cast: Cast) -> None:
    browser = signed_in(cast.ana)
    page = browser.post(NEW, asked(cast), follow=True).content.decode()
    [token] = Token.objects.all()
    text = page[page.index(tokens.PREFIX) :].split("<")[0]
    assert Program(cast.ana, text=text).get("/contacts") == {"items": [], "next": None}
    assert text not in browser.get("/settings/tokens").content.decode()
    assert text not in str(Token.objects.values().get())
    assert (token.ending, token.scopes) == (text[-4:], ["contacts:read"])


@pytest.mark.parametrize(
    "changes", [{"name": " \u200b "}, {"scopes": []}, {"scopes": ["everything"]}, {"days": 5}, {"agent": 0}]
)
def test_what_makes_no_token_is_told_beside_its_field(cast: Cast, changes: dict[str, object]) -> None:
    answer = signed_in(cast.ana).post(NEW, asked(cast, **changes))
    assert (answer.status_code, Token.objects.count()) == (422, 0)
    assert b'class="error"' in answer.content


def test_nobody_lends_what_they_do_not_have(cast: Cast, carla: Cast) -> None:
    assert signed_in(cast.bruno).post(NEW, asked(cast)).status_code == 422
    with pytest.raises(tokens.Beyond):
        tokens.make(cast.ana, name="x", scopes=[], by=cast.bruno)
    with pytest.raises(tokens.Beyond):
        tokens.make(carla.ana, name="x", scopes=[], by=cast.ana)
    assert tokens.make(cast.bruno, name="Bot de Bruno", scopes=[], by=cast.ana)[0].agent == cast.bruno


def test_nobody_lends_a_leaders_sight_who_has_it_not(cast: Cast) -> None:
    """A program that acts as them would read all that the team has."""
    role = Role.objects.create(workspace=cast.workspace, name="Gente", permissions=[Permission.MANAGE_PEOPLE])
    Agent.objects.filter(pk=cast.bruno.pk).update(role=role)
    carmen = links.make_agent(cast.workspace, "carmen@tienda.example")
    bruno = Agent.objects.get(pk=cast.bruno.pk)
    role.permissions = [*carmen.role.permissions, Permission.MANAGE_PEOPLE]
    role.save()
    assert tokens.make(carmen, name="x", scopes=[], by=Agent.objects.get(pk=bruno.pk))
    teams.save(cast.workspace, "Norte", members=set(), leaders={carmen.pk}, by=cast.ana)
    with pytest.raises(tokens.Beyond):
        tokens.make(carmen, name="y", scopes=[], by=Agent.objects.get(pk=bruno.pk))


def test_everybody_sees_their_own_and_who_manages_people_all(cast: Cast, carla: Cast) -> None:
    for agent in (cast.ana, cast.bruno, carla.ana):
        tokens.make(agent, name=f"De {agent}", scopes=[], by=agent)
    seen = {who: signed_in(who).get("/settings/tokens").content.decode() for who in (cast.ana, cast.bruno)}
    assert ("De Ana" in seen[cast.ana], "De Bruno" in seen[cast.ana]) == (True, True)
    assert ("De Ana" in seen[cast.bruno], "De Bruno" in seen[cast.bruno]) == (False, True)
    assert "De Carla" not in seen[cast.ana]


def test_a_revoked_token_opens_nothing_and_revoking_is_told(cast: Cast) -> None:
    program = Program(cast.ana)
    token = Token.objects.get()
    address = f"/settings/tokens/{token.pk}/revocation"
    assert signed_in(cast.bruno).post(address).status_code == 404
    assert signed_in(cast.ana).get(address).status_code == 200
    assert program.ask("GET", "/me").status_code == 200
    assert signed_in(cast.ana).post(address).status_code == 302
    assert program.ask("GET", "/me").status_code == 401
    assert not tokens.revoke(token, by=cast.ana)
    told = AuditEntry.objects.filter(subject=Subject.TOKEN).order_by("pk").values_list("action", flat=True)
    assert list(told) == [Action.CREATED, Action.DELETED]
    assert "CRM" in signed_in(cast.ana).get("/settings/audit").content.decode()


def test_an_expired_token_opens_nothing(cast: Cast, clock: Clock) -> None:
    now = clock.set(clock.now())
    _, text = tokens.make(cast.ana, name="x", scopes=Scope, by=cast.ana, expires_at=now + timedelta(days=1))
    program = Program(cast.ana, text=text)
    assert program.ask("GET", "/me").status_code == 200
    clock.set(now + timedelta(days=1))
    assert program.ask("GET", "/me").status_code == 401


def test_who_left_has_no_token_any_more(cast: Cast) -> None:
    program = Program(cast.bruno)
    cast.bruno.is_active = False
    cast.bruno.save(update_fields=["is_active"])
    assert program.ask("GET", "/me").status_code == 401


def test_its_use_is_written_once_a_minute(cast: Cast, clock: Clock) -> None:
    now, program = clock.set(clock.now()), Program(cast.ana)
    seen = []
    for second in (0, 59, 60):
        clock.set(now + timedelta(seconds=second))
        program.ask("GET", "/me")
        seen.append(Token.objects.get().last_used_at)
    assert seen == [now, now, now + timedelta(seconds=60)]


def test_a_token_does_only_what_it_was_made_for(cast: Cast) -> None:
    program = Program(cast.ana, Scope.READ_CONTACTS)
    assert program.ask("GET", "/contacts").status_code == 200
    refused = program.ask("GET", "/rules")
    assert (refused.status_code, "rules:read" in refused.json()["detail"]) == (403, True)


def test_a_role_that_loses_a_permission_takes_it_from_its_tokens(cast: Cast) -> None:
    program = Program(cast.bruno)
    assert program.ask("GET", "/rules").status_code == 200
    cast.bruno.role.permissions = []
    cast.bruno.role.save()
    assert program.ask("GET", "/rules").status_code == 403


def test_making_one_asks_who_it_is_anew(cast: Cast) -> None:
    cast.ana.set_password("caballo-verde-77")
    cast.ana.save(update_fields=["password"])
    browser = Client()
    browser.force_login(cast.ana, backend=BACKEND)
    answer = browser.post(NEW, asked(cast))
    assert (answer["location"].startswith("/accounts/confirm/"), Token.objects.count()) == (True, 0)


@pytest.fixture
def lent(cast: Cast) -> tuple[Agent, str]:
    """A token by which a program of Bruno's, who manages people, acts as Carmen."""
    mine = [*cast.bruno.role.permissions, Permission.MANAGE_PEOPLE]
    role = Role.objects.create(workspace=cast.workspace, name="Gente", permissions=mine)
    Agent.objects.filter(pk=cast.bruno.pk).update(role=role)
    carmen = links.make_agent(cast.workspace, "carmen@tienda.example")
    return carmen, tokens.make(carmen, name="Bot", scopes=Scope, by=Agent.objects.get(pk=cast.bruno.pk))[1]


def opens(text: str) -> bool:
    return tokens.find(text) is not None


def test_a_lent_token_opens_nothing_once_its_person_may_more_than_who_lent_it(
    cast: Cast, lent: tuple[Agent, str]
) -> None:
    """Else whoever manages people would be what they are promoted to."""
    carmen, text = lent
    assert opens(text)
    Agent.objects.filter(pk=carmen.pk).update(role=cast.ana.role)
    assert not opens(text)
    page = signed_in(cast.ana).get("/settings/tokens").content.decode()
    assert ("prestado por Bruno" in page, "ya no abre nada" in page) == (True, True)


def test_a_lent_token_does_not_outlive_who_lent_it(cast: Cast, lent: tuple[Agent, str]) -> None:
    bruno = Agent.objects.get(pk=cast.bruno.pk)
    members.deactivate(bruno, by=cast.ana)
    assert not opens(lent[1])
    members.reactivate(bruno, by=cast.ana)
    assert not opens(lent[1])


def test_who_comes_back_has_none_of_the_tokens_of_before(cast: Cast, clock: Clock) -> None:
    now = clock.set(clock.now())
    before = tokens.make(cast.bruno, name="x", scopes=Scope, by=cast.bruno)[1]
    clock.set(now + timedelta(seconds=1))
    members.deactivate(cast.bruno, by=cast.ana)
    members.reactivate(cast.bruno, by=cast.ana)
    after = tokens.make(cast.bruno, name="y", scopes=Scope, by=cast.bruno)[1]
    assert (opens(before), opens(after)) == (False, True)


def test_who_made_a_token_is_known_of_those_that_were_there_before(cast: Cast, lent: tuple[Agent, str]) -> None:
    from importlib import import_module

    Token.objects.update(made_by=None)
    with connection.cursor() as cursor:
        cursor.execute(import_module("bandeja.api.migrations.0003_made_by").KNOWN)
    assert Token.objects.get().made_by_id == cast.bruno.pk
