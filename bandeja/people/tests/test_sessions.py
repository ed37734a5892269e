"""Where somebody is signed in, and how that ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from bandeja.people import members, prune, sessions
from bandeja.people.models import Action, Agent, AuditEntry
from tests.cast import Cast

pytestmark = pytest.mark.django_db

PASSWORD = "un caballo verde"


def as_(agent: Agent, browser: str = "Firefox") -> Client:
    client = Client(headers={"user-agent": browser})
    client.force_login(agent)
    client.get("/settings/profile")
    return client


def is_in(browser: Client) -> bool:
    return browser.get("/settings/profile").status_code == 200


def test_a_session_is_known_from_its_first_page(cast: Cast) -> None:
    as_(cast.bruno, "Lynx")
    (known,) = sessions.of(cast.bruno)
    assert (known.user_agent, known.ip) == ("Lynx", "127.0.0.1")
    assert not sessions.of(cast.ana)


def test_deactivating_ends_every_session_for_good(cast: Cast) -> None:
    here, there = as_(cast.bruno), as_(cast.bruno)
    members.deactivate(cast.bruno, by=cast.ana)
    assert not is_in(here)
    assert not sessions.of(cast.bruno)
    members.reactivate(cast.bruno, by=cast.ana)
    assert not is_in(here)
    assert not is_in(there)


def test_changing_the_password_ends_the_others(cast: Cast) -> None:
    cast.bruno.set_password(PASSWORD)
    cast.bruno.save()
    here, there = as_(cast.bruno), as_(cast.bruno)
    here.post("/settings/profile/password", {"old": PASSWORD, "new": "otro caballo azul"})
    assert (is_in(here), is_in(there)) == (True, False)
    assert len(sessions.of(cast.bruno)) == 1


def test_one_is_ended_by_its_owner_and_by_nobody_else(cast: Cast) -> None:
    here, there, other = as_(cast.bruno), as_(cast.bruno), as_(cast.ana)
    session = next(each for each in sessions.of(cast.bruno) if each.session_key == there.session.session_key)
    assert other.post(f"/settings/sessions/{session.pk}/end").status_code == 404
    assert is_in(there)
    here.post(f"/settings/sessions/{session.pk}/end")
    assert (is_in(here), is_in(there)) == (True, False)
    assert here.post(f"/settings/sessions/{session.pk}/end").status_code == 404
    assert here.post("/settings/sessions/999999999999/end").status_code == 404


def test_all_others_are_ended_at_once(cast: Cast) -> None:
    here, there, phone = as_(cast.bruno), as_(cast.bruno), as_(cast.bruno)
    here.post("/settings/sessions/others/end")
    assert [is_in(each) for each in (here, there, phone)] == [True, False, False]


def test_the_page_says_which_one_is_this(cast: Cast) -> None:
    as_(cast.bruno, "Mozilla/5.0 (iPhone) Safari/605.1")
    here = as_(cast.bruno, "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0")
    shown = here.get("/settings/security").context["places"]
    assert sorted((place.name, place.is_here) for place in shown) == [
        ("Firefox · Linux", True),
        ("Safari · iPhone", False),
    ]
    assert Client().get("/settings/security").status_code == 302


def test_signing_out_ends_it(cast: Cast) -> None:
    browser = as_(cast.bruno)
    browser.post("/accounts/logout/")
    assert not sessions.of(cast.bruno)


def test_an_administrator_signs_somebody_out_everywhere(cast: Cast, carla: Cast) -> None:
    phone, desk = as_(cast.bruno), as_(cast.bruno)
    address = f"/settings/people/{cast.bruno.pk}/sessions/end"
    assert as_(carla.ana).post(address).status_code == 404
    assert phone.post(address).status_code == 403
    assert is_in(desk)
    as_(cast.ana).post(address)
    assert (is_in(phone), is_in(desk)) == (False, False)
    assert AuditEntry.objects.filter(action=Action.SESSIONS_ENDED, name="Bruno", agent_name="Ana").count() == 1


def test_sessions_that_ran_out_are_forgotten_and_no_others(cast: Cast) -> None:
    here, there = as_(cast.bruno), as_(cast.bruno)
    Session.objects.create(session_key="stranger", expire_date=timezone.now() - timedelta(seconds=1))
    Session.objects.filter(session_key=there.session.session_key).update(expire_date=timezone.now())
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(days=2))
    assert prune.step() == 3
    assert prune.step() == 0
    assert is_in(here)
    assert [each.session_key for each in UserSession.objects.all()] == [here.session.session_key]


def test_where_somebody_has_just_come_in_is_not_forgotten(cast: Cast) -> None:
    UserSession.objects.create(user=cast.bruno, session_key="not yet written", ip="127.0.0.1")
    assert prune.step() == 0


def test_signing_out_ends_the_streams_of_that_session(cast: Cast) -> None:
    """Its other pages listen on."""
    here, there = as_(cast.bruno), as_(cast.bruno)
    rung: list[list[int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessions, "ring_out", rung.append)
        here.post("/accounts/logout/")
    assert rung == [[cast.bruno.pk]]
    assert [each.session_key for each in UserSession.objects.filter(user=cast.bruno)] == [there.session.session_key]


def test_the_old_password_is_not_guessed_without_end(cast: Cast) -> None:
    """It opens all that is sensitive."""
    cache.clear()
    cast.bruno.set_password(PASSWORD)
    cast.bruno.save()
    browser = as_(cast.bruno)
    tries = [
        browser.post("/settings/profile/password", {"old": f"no {n}", "new": "otro caballo azul"}) for n in range(6)
    ]
    assert [answer.status_code for answer in tries] == [422] * 5 + [429]
    browser.post("/settings/profile/password", {"old": PASSWORD, "new": "otro caballo azul"})
    assert Agent.objects.get(pk=cast.bruno.pk).check_password(PASSWORD)
    cache.clear()
