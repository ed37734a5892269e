"""The audit log: each verb leaves an entry, and nobody can edit one."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from bandeja.channels import accounts
from bandeja.closing import coverage
from bandeja.conversations.actor import Actor
from bandeja.conversations.erase import erase
from bandeja.conversations.models import Erasure
from bandeja.conversations.scope import Scope
from bandeja.people import members, roles
from bandeja.people.models import Action, Agent, AuditEntry, Plan
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def as_(agent: Agent) -> Client:
    browser = Client()
    browser.force_login(agent)
    return browser


def latest() -> AuditEntry:
    entry = AuditEntry.objects.order_by("-pk").first()
    assert entry
    return entry


@pytest.mark.parametrize(
    "statement",
    ["update audit_entry set agent_name = 'nobody'", "delete from audit_entry", "truncate audit_entry"],
)
def test_the_database_refuses_to_edit_it(cast: Cast, statement: str) -> None:
    members.change_role(cast.bruno, "admin", by=cast.ana)
    with (
        pytest.raises(DatabaseError, match="only ever added to"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        # As in production: between tests all of it goes.
        cursor.execute("alter table audit_entry enable trigger audit_entry_stays_whole; " + statement)
    assert AuditEntry.objects.filter(agent_name="Ana").exists()


def test_teams_and_who_leads_them_are_told(cast: Cast) -> None:
    """To lead a team is to see what others have."""
    browser = as_(cast.ana)
    browser.post("/settings/teams/new", {"name": "Norte", "members": [cast.bruno.pk]})
    made = latest()
    assert (made.action, made.name, made.agent_id) == (Action.CREATED, "Norte", cast.ana.pk)
    assert made.after == {"name": "Norte", "members": ["Bruno"], "leaders": []}
    browser.post(f"/settings/teams/{made.subject_id}", {"name": "Norte", "leaders": [cast.bruno.pk]})
    changed = latest()
    assert (changed.action, changed.before) == (Action.CHANGED, made.after)
    assert changed.after == {"name": "Norte", "members": ["Bruno"], "leaders": ["Bruno"]}
    browser.post(f"/settings/teams/{made.subject_id}", {"name": "Norte", "leaders": [cast.bruno.pk]})
    assert latest() == changed
    browser.post(f"/settings/teams/{made.subject_id}/deletion")
    assert (latest().action, latest().before) == (Action.DELETED, changed.after)


def test_when_somebody_counts_as_away_is_told(cast: Cast) -> None:
    as_(cast.ana).post("/settings/workspace/idle", {"idle_after": "", "idle_state": "away"})
    assert latest().before == {"idle_minutes": 15, "idle_state": "receiving"}
    assert latest().after == {"idle_minutes": None, "idle_state": "away"}


def test_to_whom_an_account_assigns_is_told_by_name(cast: Cast) -> None:
    browser, page = as_(cast.ana), f"/settings/accounts/{cast.chat.pk}/assigning"
    browser.post(page, {"way": "fixed", "whom": str(cast.bruno.pk)})
    assert (latest().action, latest().agent_id) == (Action.ASSIGNING_CHANGED, cast.ana.pk)
    assert (latest().before, latest().after) == ({"way": "", "whom": ""}, {"way": "fixed", "whom": "Bruno"})
    browser.post(page, {"way": "", "whom": ""})
    assert latest().after == {"way": "", "whom": ""}


def test_an_erased_contact_is_told_and_nothing_of_it(cast: Cast) -> None:
    lia = cast.write("Lía", text="Secreto")
    erase(lia.contact_id, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    assert (latest().action, latest().name, latest().agent_name) == (Action.ERASED, "", "Ana")
    assert latest().before == {"conversations": 1, "messages": 1, "files": 0}
    entries = AuditEntry.objects.count()
    migration = import_module("bandeja.conversations.migrations.0017_told_erasures")
    with connection.cursor() as cursor:
        cursor.execute(migration.Migration.operations[0].sql)
    assert AuditEntry.objects.count() == entries
    Erasure.objects.update(contact_id=lia.contact_id + 1)
    with connection.cursor() as cursor:
        cursor.execute(migration.Migration.operations[0].sql)
    assert (latest().action, latest().agent_name, latest().subject_id) == (Action.ERASED, "Ana", lia.contact_id + 1)


def test_inviting_and_changing_somebody_is_told_before_and_after(cast: Cast) -> None:
    as_(cast.ana).post("/settings/people", {"email": "nora@example.com", "name": "Nora", "role": "seller"})
    linked, invited = AuditEntry.objects.order_by("-pk")[:2]
    assert (invited.action, invited.name, invited.agent_id) == (Action.INVITED, "Nora", cast.ana.pk)
    assert invited.after == {"name": "Nora", "email": "nora@example.com", "role": "seller", "role_name": ""}
    assert linked.action == Action.LINK_GIVEN
    nora = Agent.objects.get(email="nora@example.com")
    members.change_role(nora, "admin", by=cast.ana)
    changed = latest()
    assert changed.before
    assert changed.after
    assert (changed.before["role"], changed.after["role"]) == ("seller", "admin")
    for verb, action in ((members.deactivate, Action.DEACTIVATED), (members.reactivate, Action.REACTIVATED)):
        verb(nora, by=cast.ana)
        assert latest().action == action


def test_what_changes_nothing_leaves_no_entry(cast: Cast) -> None:
    role = roles.make(cast.workspace, name="Turno", permissions=["see_all"], by=cast.ana)
    before = AuditEntry.objects.count()
    assert not roles.change(role, name="Turno", permissions=["see_unassigned", "see_all"], by=cast.ana)
    assert not members.change_role(cast.bruno, "seller", by=cast.ana)
    assert not members.reactivate(cast.bruno, by=cast.ana)
    accounts.change(cast.chat, name=cast.chat.name, by=cast.ana)
    assert AuditEntry.objects.count() == before


def test_what_is_rolled_back_was_not_done(cast: Cast) -> None:
    before = AuditEntry.objects.count()
    with transaction.atomic():
        roles.make(cast.workspace, name="Turno", permissions=[], by=cast.ana)
        transaction.set_rollback(True)
    assert AuditEntry.objects.count() == before


def test_accounts_are_told_with_who_did_it_and_never_a_secret(cast: Cast) -> None:
    browser = as_(cast.ana)
    browser.post("/settings/accounts/api", {"name": "Pedidos"})
    token, connected = AuditEntry.objects.order_by("-pk")[:2]
    assert (connected.action, connected.name, connected.agent_name) == (Action.CONNECTED, "Pedidos", "Ana")
    assert token.action == Action.TOKEN_RENEWED
    shown = browser.session["account_token"][1]
    chat = cast.chat.pk
    browser.post(f"/settings/accounts/{chat}", {"name": "Web", "greeting": "Hola", "colour": "#112233"})
    assert latest().before == {"name": "Chat web", "config": {}}
    browser.post(f"/settings/accounts/{chat}/connection")
    assert latest().action == Action.DISCONNECTED
    browser.post(f"/settings/accounts/{chat}/connection", {"connected": "yes"})
    assert latest().action == Action.CONNECTED
    assert shown not in repr(list(AuditEntry.objects.values()))


def test_the_workspace_and_its_plan_are_told(cast: Cast) -> None:
    as_(cast.ana).post("/settings/workspace", {"name": "Sol", "language": "pt-br", "time_zone": "UTC"})
    assert latest().after == {"name": "Sol", "language": "pt-br", "time_zone": "UTC"}
    coverage.entitle(cast.workspace, plan=Plan.BASIC, addons=[])
    assert (latest().agent_id, latest().after) == (None, {"plan": "basic", "addons": []})


def test_going_back_to_the_log_of_rules_and_forth_again_keeps_every_change(cast: Cast) -> None:
    """What the migration of closing does, both ways."""
    migration = import_module("bandeja.closing.migrations.0002_audit_log")
    rule = cast.rule(name="Ventas")
    from bandeja.closing import rules

    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.bruno)
    rules.delete(rule.pk, workspace=cast.workspace, by=None)
    kept = AuditEntry.objects.filter(subject="rule").order_by("pk")
    before = list(kept.values("workspace_id", "subject_id", "name", "action", "agent_id", "agent_name", "at"))
    with connection.cursor() as cursor:
        cursor.execute(
            "create temp table rule_change (id bigserial, workspace_id bigint, rule_id bigint, agent_id bigint,"
            " at timestamptz, before jsonb, after jsonb)"
        )
        cursor.execute(migration.BACK)
        assert not kept.exists()
        cursor.execute(migration.FORTH)
    assert list(kept.values(*before[0])) == before
