"""The screens of taking closings back (closing U1 to U6): what is shown before, what then happens, who may."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client

from bandeja.bulk import carrying, freezing
from bandeja.bulk.models import Bulk, Verb
from bandeja.bulk.tests.doing import begin, carry_out, fresh, step
from bandeja.closing import rules
from bandeja.closing.models import Rule
from bandeja.closing.tests.deeds import edit, swept
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Closure, Conversation
from bandeja.conversations.scope import Scope
from bandeja.flows.models import Flow
from bandeja.people.models import Agent, AuditEntry
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db

UNDO = "/settings/closing/undoings"


def as_(agent: Agent, language: str = "en") -> Client:
    Agent.objects.filter(pk=agent.pk).update(language=language)
    browser = Client()
    browser.force_login(agent)
    return browser


@pytest.fixture
def ventas(cast: Cast, clock: Clock) -> Rule:
    """A rule that closed what four contacts wrote in; in one somebody wrote a note, another is Ana's."""
    clock.set(datetime.fromisoformat("2027-03-02T12:00:00+00:00"))
    rule = cast.rule(name="Ventas")
    chosen = [cast.write(who) for who in ("lia", "vera", "zoe", "mateo")]
    lifecycle.assign([chosen[3].pk], cast.ana.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    clock.advance(minutes=5)
    assert len(swept()) == 4
    clock.advance(minutes=1)
    lifecycle.reply(chosen[0].pk, "Ya pagó", scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana), note=True)
    clock.advance(minutes=1)
    return rule


def confirm(browser: Client, path: str, page: str) -> str:
    """Send the form of the page as it stands; answers where it leads."""
    said = dict(re.findall(r'type="hidden" name="(since|until)" value="([^"]+)"', page))
    answer = browser.post(path, said)
    assert answer.status_code == 302
    return str(answer["location"])


def test_the_rules_card_says_what_it_closed_and_leads_there(cast: Cast, ventas: Rule) -> None:
    browser = as_(cast.ana)
    page = browser.get("/settings/closing").content.decode()
    assert "it closed <b>4</b> times" in page
    assert f'href="{UNDO}/rules/{ventas.pk}"' in page
    assert UNDO in browser.get("/settings/closing/coverage").content.decode()


def test_first_one_sees_what_would_become_of_them_and_nothing_is_written(cast: Cast, ventas: Rule) -> None:
    page = as_(cast.ana).get(f"{UNDO}/rules/{ventas.pk}").content.decode()
    assert "<b>3</b> conversations open again." in page
    assert "3 without a clock" in page
    assert "1: somebody has written in it since." in page
    assert "Take back 3 closings" in page
    assert set(Conversation.objects.values_list("status", flat=True)) == {"closed"}
    assert not Bulk.objects.exists()


def test_the_preview_is_what_then_happens(cast: Cast, ventas: Rule, clock: Clock) -> None:
    edit(cast, ventas, amount=24, unit="hours")
    browser, path = as_(cast.ana), f"{UNDO}/rules/{ventas.pk}?since=week"
    page = browser.get(path).content.decode()
    assert "3 with their clock" in page
    ended = browser.get(confirm(browser, path, page)).content.decode()
    assert "3 conversations are open again." in ended
    assert "1 left as it is: somebody has written in it since." in ended
    assert Conversation.objects.exclude(look_at=None).count() == 3
    assert swept() == []
    assert "Taken back of late" in browser.get(UNDO).content.decode()


def test_in_spanish_too(cast: Cast, ventas: Rule) -> None:
    browser, path = as_(cast.ana, "es"), f"{UNDO}/rules/{ventas.pk}"
    page = browser.get(path).content.decode()
    assert "Deshacer 3 cierres" in page
    ended = browser.get(confirm(browser, path, page)).content.decode()
    assert "3 conversaciones están abiertas de nuevo." in ended
    assert "1 queda como está: alguien escribió desde entonces." in ended


def test_since_the_rules_last_save_or_between_two_instants(cast: Cast, ventas: Rule, clock: Clock) -> None:
    browser, path = as_(cast.ana), f"{UNDO}/rules/{ventas.pk}"
    saved = edit(cast, ventas, reason="Se enfrió")
    clock.advance(minutes=1)
    assert "It closed nothing in that time" in browser.get(path, {"since": "save"}).content.decode()
    noon = datetime.fromisoformat("2027-03-02T12:00:00")
    told = {"since": "exact", "start": noon.isoformat(), "end": (noon + timedelta(hours=1)).isoformat()}
    assert "<b>3</b> conversations open again." in browser.get(path, told).content.decode()
    told["end"] = (noon + timedelta(minutes=2)).isoformat()
    assert "It closed nothing in that time" in browser.get(path, told).content.decode()
    assert saved.version == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": "exact"},
        {"since": "exact", "start": "yesterday"},
        {"since": "exact", "start": "2027-03-02T10:00", "end": "2027-03-02T09:00"},
        {"since": "never"},
    ],
)
def test_instants_that_make_no_sense_are_refused_beside_their_field(
    wrong: dict[str, str], cast: Cast, ventas: Rule
) -> None:
    answer = as_(cast.ana).get(f"{UNDO}/rules/{ventas.pk}", wrong)
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"since": "x", "until": "y"},
        {"since": "2027-03-02T10:00", "until": "2027-03-02T11:00"},
        {"since": "2027-03-02T11:00+00:00", "until": "2027-03-02T10:00+00:00"},
        {"since": "0001-01-01T00:00+14:00", "until": "9999-12-31T23:00-12:00"},
    ],
)
def test_a_form_without_its_instants_takes_nothing_back(wrong: dict[str, str], cast: Cast, ventas: Rule) -> None:
    assert as_(cast.ana).post(f"{UNDO}/rules/{ventas.pk}", wrong).status_code == 302
    assert not Bulk.objects.exists()


def test_a_seller_sees_how_many_they_may_not_see_and_no_more(cast: Cast, ventas: Rule) -> None:
    browser, path = as_(cast.bruno), f"{UNDO}/rules/{ventas.pk}"
    page = browser.get(path).content.decode()
    assert "<b>2</b> conversations open again." in page
    assert "1 that you may not see." in page
    assert "mateo" not in page
    ended = browser.get(confirm(browser, path, page)).content.decode()
    assert "1 is no longer available to you." in ended


def test_who_may_not_manage_closing_is_shown_none_of_it(cast: Cast, ventas: Rule) -> None:
    browser = as_(cast.bruno)
    cast.bruno.role.permissions = ["see_unassigned"]
    cast.bruno.role.save()
    assert browser.get(f"{UNDO}/rules/{ventas.pk}").status_code == 403
    assert browser.post(f"{UNDO}/rules/{ventas.pk}").status_code == 403
    assert "Ventas" not in browser.get(UNDO).content.decode()


def test_another_workspaces_is_not_there(cast: Cast, carla: Cast, ventas: Rule) -> None:
    page = as_(cast.ana).get(f"{UNDO}/rules/{ventas.pk}").content.decode()
    leads = confirm(as_(cast.ana), f"{UNDO}/rules/{ventas.pk}", page)
    flow = Flow.objects.create(workspace=cast.workspace, name="Despedida", draft={})
    bulk = begin(cast.ana, Verb.CLOSE, [cast.write("nora")])
    stranger = as_(carla.ana)
    for path in (f"{UNDO}/rules/{ventas.pk}", f"{UNDO}/flows/{flow.pk}", f"{UNDO}/bulks/{bulk.pk}"):
        assert (stranger.get(path).status_code, stranger.post(path).status_code) == (404, 404)
    assert stranger.get(leads).status_code == 404
    assert stranger.post(f"{leads}/cancelling").status_code == 404


def test_a_rule_that_was_deleted_is_undone_from_the_list(cast: Cast, ventas: Rule) -> None:
    rules.delete(ventas.pk, workspace=cast.workspace, by=cast.ana)
    browser, path = as_(cast.ana), f"{UNDO}/rules/{ventas.pk}"
    assert f'href="{path}"' in browser.get(UNDO).content.decode()
    page = browser.get(path).content.decode()
    assert "since the rule was last saved" not in page
    confirm(browser, path, page)
    assert Closure.objects.exclude(undone_at=None).count() == 3


def test_a_flows_page_leads_there_and_a_seller_may_not(cast: Cast) -> None:
    flow = Flow.objects.create(workspace=cast.workspace, name="Despedida", draft={})
    assert "It closed nothing in that time" in as_(cast.ana).get(f"{UNDO}/flows/{flow.pk}").content.decode()
    assert as_(cast.bruno).get(f"{UNDO}/flows/{flow.pk}").status_code == 403


def test_a_bulk_closing_is_looked_at_and_taken_back_days_later(cast: Cast, clock: Clock) -> None:
    clock.set(clock.now())
    chosen = [cast.write("lia"), cast.write("vera")]
    bulk = begin(cast.ana, Verb.CLOSE, chosen, reason="Fin de mes")
    clock.advance(days=3)
    browser, path = as_(cast.ana), f"{UNDO}/bulks/{bulk.pk}"
    assert f'href="{path}"' in browser.get(UNDO).content.decode()
    page = browser.get(path).content.decode()
    assert "<b>2</b> conversations open again." in page
    assert browser.post(path).status_code == 302
    assert {fresh(each).status for each in chosen} == {"open"}
    assert browser.get(path).status_code == 404
    assert browser.post(path)["location"] == UNDO


def test_others_bulks_are_for_who_sees_all_of_the_workspace(cast: Cast) -> None:
    of_ana = begin(cast.ana, Verb.CLOSE, [cast.write("lia")])
    of_bruno = begin(cast.bruno, Verb.CLOSE, [cast.write("vera")])
    assert as_(cast.bruno).get(f"{UNDO}/bulks/{of_ana.pk}").status_code == 404
    browser = as_(cast.ana)
    assert browser.get(f"{UNDO}/bulks/{of_bruno.pk}").status_code == 200
    assert browser.post(f"{UNDO}/bulks/{of_bruno.pk}").status_code == 302
    assert Closure.objects.exclude(undone_at=None).values_list("undone_by_id", flat=True)[0] == cast.ana.pk


def test_many_go_on_by_themselves_with_progress_and_may_be_stopped(
    cast: Cast, ventas: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "BATCH", 2)
    browser, path = as_(cast.ana), f"{UNDO}/rules/{ventas.pk}"
    leads = confirm(browser, path, browser.get(path).content.decode())
    assert "Finding the conversations…" in browser.get(leads).content.decode()
    step()
    step()
    page = browser.get(leads).content.decode()
    assert "Undoing: 2 of 4" in page
    assert 'hx-trigger="every 1s"' in page
    assert browser.post(f"{leads}/cancelling").status_code == 302
    carry_out()
    page = browser.get(leads).content.decode()
    assert "Cancelled: 2 left as they were." in page
    assert 'hx-trigger="every 1s"' not in page


def test_the_audit_log_tells_of_it_and_leads_to_what_a_save_closed(cast: Cast, ventas: Rule) -> None:
    browser, path = as_(cast.ana), f"{UNDO}/rules/{ventas.pk}"
    page = browser.get("/settings/audit").content.decode()
    assert f'href="{path}?since=exact&amp;start=2027-03-02T12:00:00"' in page
    confirm(browser, path, browser.get(path).content.decode())
    page = browser.get("/settings/audit").content.decode()
    assert "took back what the rule “Ventas” had closed" in page
    assert "took back what the rule “Ventas” had closed" in browser.get("/settings/closing").content.decode()
    assert AuditEntry.objects.filter(action="closings_undone").count() == 1
    assert "closings_undone" not in browser.get("/settings/audit.csv").content.decode()


def test_where_too_much_was_closed_to_look_at_it_may_be_taken_back_unseen(
    cast: Cast, ventas: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bandeja.bulk import foreseeing

    monkeypatch.setattr(foreseeing, "in_time", lambda _ask, _patience: None)
    page = as_(cast.ana).get(f"{UNDO}/rules/{ventas.pk}").content.decode()
    assert "There are too many closings to say now" in page
    assert "Take them back" in page


def test_only_so_many_are_looked_at_and_it_says_so(cast: Cast, ventas: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    from bandeja.bulk import foreseeing

    monkeypatch.setattr(foreseeing, "MOST", 3)
    page = as_(cast.ana).get(f"{UNDO}/rules/{ventas.pk}").content.decode()
    assert "There are more than can be counted here" in page


def test_nothing_closed_is_nothing_to_take_back(cast: Cast) -> None:
    assert "Nothing to take back" in as_(cast.ana).get(UNDO).content.decode()
    carrying.prune()
