"""Contacts, rules, closings, bulk closings and tags by API, as the screens have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bandeja.api.models import Scope as Scopes
from bandeja.api.tests.programs import Program
from bandeja.bulk import carrying, freezing
from bandeja.channels import accounts
from bandeja.channels.models import ChannelKey
from bandeja.closing import coverage, inclusions, looking, rules, sweep
from bandeja.conversations import contacts, fields, lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Closure, Contact, Conversation, FieldKind, Message, Status
from bandeja.conversations.scope import Scope
from bandeja.inbox.ways import WAYS
from bandeja.mentions.models import Mention
from bandeja.people.models import Agent, Plan, Role, Workspace
from bandeja.reports.tests.past import closed
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(cast: Cast) -> Program:
    return Program(cast.ana)


def ids(page: dict[str, list[dict[str, int]]]) -> list[int]:
    return [each["id"] for each in page["items"]]


def test_a_clock_is_told_in_the_workspaces_time(cast: Cast, program: Program, clock: Clock) -> None:
    clock.set(datetime(2030, 1, 1, 12, tzinfo=UTC))
    cast.workspace.time_zone = "America/Bogota"
    cast.workspace.save()
    lia = cast.write("lia")
    until = clock.now() + timedelta(hours=8)
    lifecycle.keep([lia.pk], until=until, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    [kept] = [step for step in program.get(f"/conversations/{lia.pk}/clock")["story"] if "15:00:00" in step["text"]]
    assert kept["at"].startswith("2030-01-01T12:00:00")


def test_a_conversation_tells_its_clock(cast: Cast, carla: Cast, program: Program) -> None:
    """closing R8: the deadline it has everywhere, by which message, and why in sentences."""
    lia = cast.write("lia")
    told = program.get(f"/conversations/{lia.pk}/clock")
    assert (told["standing"], told["closes_at"], told["rule_id"]) == ("no_rule", None, None)
    rule = cast.rule(name="Ventas", amount=5)
    cast.write("lia", "¿Hola?")
    told = program.get(f"/conversations/{lia.pk}/clock")
    assert (told["standing"], told["rule_id"]) == ("runs", rule.pk)
    assert told["closes_at"] == program.get(f"/conversations/{lia.pk}")["closes_at"]
    last = Message.objects.get(text="¿Hola?")
    assert [step["message_id"] for step in told["story"] if step["message_id"]] == [last.pk]
    theirs = carla.write("sol")
    assert program.ask("GET", f"/conversations/{theirs.pk}/clock").status_code == 404


def test_conversations_are_found_as_in_the_list(cast: Cast, program: Program) -> None:
    first, second = cast.write("lia"), cast.write("marta")
    scope, by = Scope(cast.workspace.pk), Actor.agent(cast.ana)
    lifecycle.assign([first.pk], cast.ana.pk, scope=scope, by=by)
    vip = tags.make(cast.workspace.pk, "VIP")
    tags.tag([second.pk], [vip.pk], scope=scope)
    lifecycle.close([second.pk], scope=scope, reason="Listo", cause="agent", by=by)  # type: ignore[arg-type]  # one set of arguments for several calls
    asked = {
        "": [second.pk, first.pk],
        "?status=open": [first.pk],
        "?reason=Listo": [second.pk],
        "?status=open&reason=Listo": [],
        "?owner=mine": [first.pk],
        "?owner=nobody": [second.pk],
        f"?tag={vip.pk}": [second.pk],
        "?q=marta": [second.pk],
        "?contact=lia": [first.pk],
        "?channel=whatsapp": [],
        "?unread=true&status=open": [first.pk],
    }
    assert {query: ids(program.get(f"/conversations{query}")) for query in asked} == asked


def test_a_search_among_open_ones_finds_no_closed_ones(cast: Cast, program: Program) -> None:
    """Whoever answers what it finds would open them again."""
    lia = cast.write("lia")
    assert ids(program.get("/conversations?status=open&q=lia")) == [lia.pk]
    program.ask("POST", f"/conversations/{lia.pk}/closure", {"reason": "Listo"})
    found = {
        status: ids(program.get(f"/conversations?q=lia{status}")) for status in ("", "&status=open", "&status=closed")
    }
    assert found == {"": [lia.pk], "&status=open": [], "&status=closed": [lia.pk]}
    assert ids(program.get("/conversations?status=open&q=lia&contact=lia")) == []


def test_what_the_list_does_not_know_is_refused(program: Program) -> None:
    for query in ("state=open", "owner=ana", "unread=1", "days=2", "limit=+5", "since=2026-01-01"):
        path = "/closures" if "since" in query else "/conversations"
        assert program.ask("GET", f"{path}?{query}").status_code == 422, query


def test_a_note_tells_whom_it_names(cast: Cast, program: Program) -> None:
    written = cast.write()
    assert program.ask("POST", f"/conversations/{written.pk}/notes", {"text": "@Bruno, mira"}).status_code == 201
    assert Mention.objects.get().agent == cast.bruno
    assert Message.objects.get(direction="note").author == cast.ana


def test_a_reply_is_its_persons_and_opens_what_was_closed(cast: Cast, program: Program) -> None:
    written = cast.write()
    program.ask("POST", f"/conversations/{written.pk}/closure", {"reason": "Listo"})
    closure = Closure.objects.get()
    assert (closure.cause, closure.actor_kind, closure.actor_id) == ("api", "agent", cast.ana.pk)
    answer = program.ask("POST", f"/conversations/{written.pk}/messages", {"text": "Por cierto"})
    assert (answer.status_code, answer.json()["author"]) == (201, "Ana")
    written.refresh_from_db()
    assert written.status == Status.OPEN


def test_it_is_marked_and_tagged(cast: Cast, carla: Cast, program: Program) -> None:
    written, vip, theirs = cast.write(), tags.make(cast.workspace.pk, "VIP"), tags.make(carla.workspace.pk, "VIP")
    address = f"/conversations/{written.pk}"
    assert program.ask("DELETE", f"{address}/unread").json()["unread"] == 0
    assert program.ask("PUT", f"{address}/unread").json()["unread"] == 1
    assert [each["name"] for each in program.ask("PUT", f"{address}/tags/{vip.pk}").json()["tags"]] == ["VIP"]
    assert program.ask("DELETE", f"{address}/tags/{vip.pk}").json()["tags"] == []
    assert program.ask("PUT", f"{address}/tags/{theirs.pk}").status_code == 404


def test_a_contact_is_changed_only_as_it_was_read(cast: Cast, program: Program) -> None:
    field = fields.make(cast.workspace.pk, "Talla", FieldKind.CHOICE, ["S", "M"])
    address = f"/contacts/{cast.write().contact_id}"
    etag = program.ask("GET", address)["etag"]
    changed = program.ask("PATCH", address, {"name": "Lía", "fields": {str(field.pk): "M"}}, if_match=etag)
    assert (changed.json()["name"], changed.json()["fields"]) == ("Lía", {str(field.pk): "M"})
    assert program.ask("PATCH", address, {"name": "Otra"}, if_match=etag).status_code == 412
    assert program.ask("PATCH", address, {"phone": "300"}, if_match=changed["etag"]).json()["name"] == "Lía"


def test_a_contact_is_changed_though_a_proxy_weakened_the_etag(cast: Cast, program: Program) -> None:
    address = f"/contacts/{cast.write('lia').contact_id}"
    etag = program.ask("GET", address)["etag"]
    assert program.ask("PATCH", address, {"name": "Lía"}, if_match=f'"x", W/{etag}').status_code == 200
    assert program.ask("PATCH", address, {"name": "Lia"}, if_match=f"W/{etag}").status_code == 412


@pytest.mark.parametrize(
    "body", [{"email": "nope"}, {"fields": {"99": "x"}}, {"kind": "friend"}, {"name": None, "x": 1}]
)
def test_what_a_contact_cannot_be_is_told(cast: Cast, program: Program, body: object) -> None:
    contact = cast.write().contact
    answer = program.ask("PATCH", f"/contacts/{contact.pk}", body)
    assert (answer.status_code, bool(answer.json()["errors"])) == (422, True)
    assert Contact.objects.get(pk=contact.pk).email == ""


def test_what_a_channel_told_is_no_error_of_who_changes_something_else(cast: Cast, program: Program) -> None:
    contact = cast.write().contact
    Contact.objects.filter(pk=contact.pk).update(email="lia@")
    assert program.ask("PATCH", f"/contacts/{contact.pk}", {"phone": "300 123 4567"}).status_code == 200
    assert Contact.objects.get(pk=contact.pk).email == "lia@"


def test_contacts_are_blocked_merged_and_erased(cast: Cast, program: Program) -> None:
    first, second = cast.write("lia").contact_id, cast.write("lía").contact_id
    assert program.ask("PUT", f"/contacts/{first}/block").json() == {"blocked": True}
    assert program.ask("POST", f"/contacts/{first}/merge", {"other_id": second}).status_code == 409
    assert program.ask("DELETE", f"/contacts/{first}/block").json() == {"blocked": False}
    merged = program.ask("POST", f"/contacts/{first}/merge", {"other_id": second}).json()
    assert (merged["contact"]["id"], len(merged["conversations"])) == (first, 1)
    assert program.ask("GET", f"/contacts/{second}").status_code == 404
    assert program.ask("DELETE", f"/contacts/{first}").json()["conversations"] == 1
    assert not Conversation.objects.exists()


def test_who_sees_all_reaches_whom_nobody_has_heard_from(cast: Cast, carla: Cast, program: Program) -> None:
    made = [Contact.objects.create(workspace=cast.workspace, email=f"{name}@x.example") for name in ("lia", "noa")]
    lia, noa = (each.pk for each in made)
    theirs = Contact.objects.create(workspace=carla.workspace, email="lia@x.example")
    assert ids(program.get("/contacts?q=lia@x.example")) == [lia]
    assert program.ask("GET", f"/contacts/{theirs.pk}").status_code == 404
    seller = Program(cast.bruno)
    assert (seller.ask("GET", f"/contacts/{lia}").status_code, ids(seller.get("/contacts"))) == (404, [])
    changed = program.ask("PATCH", f"/contacts/{lia}", {"email": "lia@y.example", "phone": "+573001234567"})
    assert changed.json()["phone"] == "+573001234567"
    merged = program.ask("POST", f"/contacts/{lia}/merge", {"other_id": noa}).json()
    assert (merged["contact"]["id"], merged["conversations"]) == (lia, [])
    assert program.ask("DELETE", f"/contacts/{lia}").json()["conversations"] == 0
    assert list(Contact.objects.all()) == [theirs]


def test_a_seller_erases_nobody(cast: Cast) -> None:
    contact = cast.write().contact
    assert Program(cast.bruno).ask("DELETE", f"/contacts/{contact.pk}").status_code == 403
    assert Contact.objects.filter(pk=contact.pk).exists()


def test_a_note_about_a_contact_is_taken_away_by_its_author(cast: Cast, program: Program) -> None:
    address = f"/contacts/{cast.write().contact_id}/notes"
    note = program.ask("POST", address, {"text": "Paga tarde"}).json()
    assert [each["text"] for each in program.get(address)] == ["Paga tarde"]
    assert Program(cast.bruno).ask("DELETE", f"{address}/{note['id']}").status_code == 404
    assert program.ask("DELETE", f"{address}/{note['id']}").status_code == 204
    assert program.get(address) == []


def rule(cast: Cast, **changes: object) -> dict[str, object]:
    return {"amount": 2, "unit": "hours", "reason": "Listo", "account_ids": [cast.chat.pk], **changes}


def test_a_rule_is_saved_from_the_version_that_was_read(cast: Cast, program: Program) -> None:
    added = program.ask("POST", "/rules", rule(cast))
    assert (added.status_code, added.json()["version"]) == (201, 1)
    address = added["location"].removeprefix("/api/v1")
    assert program.ask("PUT", address, rule(cast, amount=3)).status_code == 428
    assert program.ask("PUT", address, rule(cast, amount=3), if_match=added["etag"]).json()["version"] == 2
    assert program.ask("PUT", address, rule(cast, amount=4, version=1)).status_code == 412
    assert program.get(address)["amount"] == 3
    assert program.ask("DELETE", f"{address}/activation").json()["active"] is False
    assert program.ask("PUT", f"{address}/activation").json()["active"] is True
    assert (program.ask("DELETE", address).status_code, program.get("/rules")) == (204, [])


def test_an_account_is_in_one_active_rule(cast: Cast, program: Program) -> None:
    cast.rule(name="Ventas")
    answer = program.ask("POST", "/rules", rule(cast))
    assert (answer.status_code, "Ventas" in answer.json()["detail"]) == (409, True)


def test_another_workspaces_account_is_in_no_rule(cast: Cast, carla: Cast, program: Program) -> None:
    assert program.ask("POST", "/rules", rule(cast, account_ids=[carla.chat.pk])).status_code == 422


def test_without_the_plan_no_rule_is_saved(cast: Cast, program: Program) -> None:
    coverage.entitle(cast.workspace, plan=Plan.BASIC, addons=[])
    assert program.ask("POST", "/rules", rule(cast)).status_code == 403


def test_closing_is_paused_and_resumed(cast: Cast, carla: Cast, program: Program, clock: Clock) -> None:
    """closing H1, H2: twice is once, and while it lasts nobody is told a deadline."""
    cast.rule()
    address = f"/conversations/{cast.write('lia').pk}"
    assert program.get(address)["closes_at"]
    for why in ("", " ", "\u200b", "x" * 201):
        assert program.ask("PUT", "/pause", {"why": why}).status_code == 422
    paused = program.ask("PUT", "/pause", {"why": " Se cayó la línea "}).json()
    assert (paused["account_id"], paused["why"], paused["agent_id"]) == (None, "Se cayó la línea", cast.ana.pk)
    assert program.ask("PUT", "/pause", {"why": "Otra"}).json() == paused
    assert program.get("/pauses") == [paused]
    assert program.get(address)["closes_at"] is None
    told = program.get(f"{address}/clock")
    assert (told["standing"], told["closes_at"], told["armed_at"]) == ("paused", None, None)
    assert any("Se cayó la línea" in moment["text"] for moment in told["story"])
    assert [program.ask("DELETE", "/pause").status_code for _ in range(2)] == [204, 204]
    assert program.get("/pauses") == []
    assert program.get(address)["closes_at"]


def test_closings_are_listed_and_counted(cast: Cast, program: Program) -> None:
    for number, reason in enumerate(["Listo", "Listo", "Otro"]):
        written = cast.write(f"c{number}")
        program.ask("POST", f"/conversations/{written.pk}/closure", {"reason": reason})
    assert len(program.get("/closures?reason=Listo&limit=1")["items"]) == 1
    assert program.get("/closures/report?by=reason") == [
        {"id": None, "value": "Listo", "closings": 2, "by_rule": 0},
        {"id": None, "value": "Otro", "closings": 1, "by_rule": 0},
    ]
    assert program.get("/closures?since=2199-01-01T00:00:00Z")["items"] == []
    assert Program(cast.bruno).ask("GET", "/closures/report").status_code == 403


def test_closings_are_counted_by_each_side_and_by_when_they_were(cast: Cast, program: Program) -> None:
    at = datetime(2026, 3, 20, 4, 59, tzinfo=UTC)
    Workspace.objects.filter(pk=cast.workspace.pk).update(time_zone="America/Bogota")
    closed(cast, at, Cause.RULE, owner_id=cast.bruno.pk)
    closed(cast, at)
    assert _counts(program, "rule") == [(1, "Ventas", 1, 1)]
    assert _counts(program, "account") == [(cast.chat.pk, str(cast.chat.pk), 2, 1)]
    assert _counts(program, "owner") == [(cast.bruno.pk, str(cast.bruno.pk), 1, 1), (None, "", 1, 0)]
    assert _counts(program, "day") == [(None, "2026-03-19", 2, 1)]
    assert _counts(program, "hour") == [(None, "23", 2, 1)]
    assert _counts(program, "cause&cause=rule") == [(None, "rule", 1, 1)]
    for query in ("account=0", "rule=2", "until=2026-03-20T04:59:00Z", "since=2026-03-20T04:59:01Z"):
        assert _counts(program, f"cause&{query}") == [], query
    # A zone farther from UTC than PostgreSQL takes; none on earth is.
    assert sum(count[2] for count in _counts(program, "cause&since=2026-03-20T21:19:00%2B16:20")) == 2
    assert _counts(program, "cause&since=2026-03-20T21:19:01%2B16:20") == []


def _counts(program: Program, by: str) -> list[tuple[Any, ...]]:
    return [tuple(each.values()) for each in program.get(f"/closures/report?by={by}")]


def test_what_became_of_closings_is_told(cast: Cast, carla: Cast, program: Program, clock: Clock) -> None:
    at = clock.set(datetime(2026, 3, 20, 12, tzinfo=UTC))
    closed(cast, at - timedelta(days=2), Cause.RULE, deadline=at - timedelta(days=2, seconds=1))
    closed(carla, at, Cause.RULE)
    told = program.get("/closures/outcomes")
    assert (told["every"], told["total"]["closings"]) == (1, 1)
    assert [each["cause"] for each in told["causes"]] == ["rule"]
    (rule,) = told["rules"]
    assert rule["rule_id"] == 1
    assert rule["outcome"] == {
        "closings": 1, "unanswered": {"count": 1, "of": 1}, "silence": 3600.0,
        "back_in_an_hour": {"count": 0, "of": 1}, "back_in_a_day": {"count": 0, "of": 1},
        "back_in_a_week": {"count": 0, "of": 0}, "late_median": 1.0, "late_most": 1.0,
    }  # fmt: skip
    assert program.get("/closures/outcomes?cause=agent")["total"]["silence"] is None
    assert Program(cast.bruno).ask("GET", "/closures/outcomes").status_code == 403


def test_what_is_too_much_to_count_is_a_problem(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "PATIENCE", "300ms")
    monkeypatch.setattr("bandeja.reports.counting.CLOSINGS", "select pg_sleep(30)")
    for path in ("report", "outcomes"):
        answer = program.ask("GET", f"/closures/{path}")
        assert (answer.status_code, "Elige menos días" in answer.json()["detail"]) == (503, True)


def test_whoever_counts_while_another_does_is_told_when_to_try_again(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_args: Any, **_named: Any) -> None:
        raise looking.Busy("Somebody is.")

    monkeypatch.setattr("bandeja.api.closures.sides_of", busy)
    answer = program.ask("GET", "/closures/report")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")


def test_many_close_as_a_job_that_tells_how_far_it_is(
    cast: Cast, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "BATCH", 2)
    for number in range(5):
        cast.write(f"c{number}")
    begun = program.ask("POST", "/bulk-closures", {"matching": {"status": "open"}, "reason": "Limpieza"})
    assert (begun.status_code, begun.json()["ended_at"]) == (202, None)
    while carrying.step(WAYS):
        pass
    job = program.get(begun["location"].removeprefix("/api/v1"))
    assert (job["state"], job["total"], job["done"]) == ("ended", 5, 5)
    assert set(Closure.objects.values_list("cause", "reason")) == {("bulk", "Limpieza")}
    undone = program.ask("POST", f"/bulk-closures/{job['id']}/undoing")
    assert undone.status_code == 202
    assert Program(cast.bruno).ask("GET", f"/bulk-closures/{job['id']}").status_code == 404


def test_a_few_close_at_once(cast: Cast, carla: Cast, program: Program) -> None:
    mine, theirs = cast.write(), carla.write()
    job = program.ask("POST", "/bulk-closures", {"ids": [mine.pk, theirs.pk], "reason": "Listo"}).json()
    assert (job["state"], job["done"], job["unavailable"]) == ("ended", 1, 1)
    theirs.refresh_from_db()
    assert theirs.status == Status.OPEN


# What a look-up leaves that found nothing: not a way to say all there is.
EVERYTHING = [{"matching": {}}, {"matching": {"q": " "}}, {"matching": {"tag": None}}]


@pytest.mark.parametrize(
    "body", [{}, {"ids": []}, {"ids": [1], "matching": {}}, {"matching": {"days": 2}}, *EVERYTHING]
)
def test_a_bulk_of_nothing_certain_is_refused(program: Program, body: dict[str, object]) -> None:
    assert program.ask("POST", "/bulk-closures", {"reason": "Listo", **body}).status_code == 422


def test_tags_are_made_by_who_may(cast: Cast, program: Program) -> None:
    made = program.ask("POST", "/tags", {"name": " VIP ", "colour": "red"})
    assert (made.status_code, made.json()["name"]) == (201, "VIP")
    assert program.ask("POST", "/tags", {"name": "vip"}).status_code == 422
    address = f"/tags/{made.json()['id']}"
    assert program.ask("PUT", address, {"name": "Oro"}).json()["name"] == "Oro"
    assert Program(cast.bruno).ask("DELETE", address).status_code == 403
    assert program.ask("DELETE", address).status_code == 204


def test_the_workspace_is_told(cast: Cast, carla: Cast, program: Program) -> None:
    accounts.connect(cast.workspace, ChannelKey.WEBCHAT, name="Otro sitio")
    kept = cast.rule()
    assert [each["rule_id"] for each in program.get("/accounts")] == [kept.pk, None]
    assert program.ask("GET", f"/accounts/{carla.chat.pk}").status_code == 404
    assert {each["name"] for each in program.get("/agents")} == {"Ana", "Bruno"}
    assert program.get("/teams") == program.get("/fields") == []
    assert program.get("/me")["agent_id"] == cast.ana.pk


def test_a_text_may_be_so_long_as_it_is_sent(cast: Cast, program: Program) -> None:
    """Blanks around it count, as the description has it."""
    address = f"/contacts/{cast.write().contact_id}/notes"
    assert program.ask("POST", address, {"text": "x" + " " * contacts.NOTE_LENGTH}).status_code == 422
    assert program.ask("POST", address, {"text": " x "}).json()["text"] == "x"


def test_a_rules_closings_are_taken_back_as_a_job(
    cast: Cast, carla: Cast, program: Program, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.set(clock.now())
    mine = cast.rule(name="Ventas")
    chosen = [cast.write(f"c{number}") for number in range(3)]
    clock.advance(minutes=2)
    sweep.sweep()
    clock.advance(minutes=1)
    foreseen = program.get(f"/undoings/preview?rule_id={mine.pk}")
    assert {name: foreseen[name] for name in ("total", "opens", "clocks", "is_bounded")} == {
        "total": 3, "opens": 3, "clocks": 0, "is_bounded": False,
    }  # fmt: skip
    monkeypatch.setattr(freezing, "BATCH", 2)
    begun = program.ask("POST", "/undoings", {"rule_id": mine.pk})
    assert (begun.status_code, begun.json()["state"]) == (202, "finding")
    while carrying.step(WAYS):
        pass
    job = program.get(begun["location"].removeprefix("/api/v1"))
    assert (job["state"], job["total"], job["done"], job["name"]) == ("ended", 3, 3, "Ventas")
    assert {Conversation.objects.get(pk=each.pk).status for each in chosen} == {"open"}
    closures = program.get("/closures")["items"]
    assert {each["undone_by_id"] for each in closures} == {cast.ana.pk}
    assert program.get("/closures/report?by=rule") == []
    assert Program(carla.ana).ask("GET", f"/undoings/{job['id']}").status_code == 404
    assert Program(carla.ana).ask("GET", f"/undoings/preview?rule_id={mine.pk}").status_code == 422


def test_a_bulk_closing_is_taken_back_as_a_job_once(cast: Cast, program: Program) -> None:
    lia = cast.write()
    bulk = program.ask("POST", "/bulk-closures", {"ids": [lia.pk], "reason": "Listo"}).json()
    body = {"bulk_closure_id": bulk["id"]}
    assert program.get(f"/undoings/preview?bulk_closure_id={bulk['id']}")["opens"] == 1
    undone = program.ask("POST", "/undoings", body).json()
    assert (undone["state"], undone["done"], undone["bulk_closure_id"]) == ("ended", 1, bulk["id"])
    assert program.ask("POST", "/undoings", body).status_code == 409
    assert Program(cast.bruno).ask("POST", "/undoings", body).status_code == 422


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["rule_id", "flow_id", "bulk_closure_id"]),
        ({"flow_id": 1, "bulk_closure_id": 2}, ["flow_id", "bulk_closure_id"]),
        ({"rule_id": 404}, ["rule_id"]),
        ({"flow_id": 404}, ["flow_id"]),
        ({"bulk_closure_id": 404}, ["bulk_closure_id"]),
        ({"rule_id": 1, "since": "2999-01-01T00:00:00Z"}, ["since"]),
        ({"rule_id": 1, "until": "2001-01-01T00:00:00Z"}, ["until"]),
        ({"rule_id": 1, "since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, ["until"]),
    ],
)
def test_an_undoing_of_nothing_certain_is_refused_beside_what_was_said(
    program: Program, body: dict[str, object], fields: list[str]
) -> None:
    refused = program.ask("POST", "/undoings", body)
    assert (refused.status_code, [each["field"] for each in refused.json()["errors"]]) == (422, fields)
    query = "&".join(f"{name}={value}" for name, value in body.items())
    assert program.ask("GET", f"/undoings/preview?{query}").content == refused.content


def test_what_is_not_allowed_is_not_undone(cast: Cast) -> None:
    assert Program(cast.bruno).ask("POST", "/undoings", {"flow_id": 404}).status_code == 403


def test_what_is_open_is_included_by_a_job(cast: Cast, carla: Cast, program: Program, clock: Clock) -> None:
    """closing I: count, ask, look, stop, take back."""
    clock.set(datetime(2030, 1, 1, 12, tzinfo=UTC))
    cast.write("lia")
    clock.advance(minutes=1)
    made = cast.rule()
    address = f"/rules/{made.pk}/inclusions"
    counted = {"count": 1, "accounts": [{"account_id": cast.chat.pk, "count": 1}]}
    assert program.get(f"/rules/{made.pk}/includable") == counted
    begun = program.ask("POST", address)
    assert (begun.status_code, begun.json()["stage"]) == (202, "finding")
    job = begun.headers["Location"].removeprefix("/api/v1")
    assert program.ask("POST", address).status_code == 409
    while inclusions.step():
        pass
    assert {name: program.get(job)[name] for name in ("stage", "total", "included", "halted")} == {
        "stage": "ended", "total": 1, "included": 1, "halted": "",
    }  # fmt: skip
    assert program.ask("DELETE", job).json()["stage"] == "ended"
    assert program.ask("POST", f"{job}/undoing").status_code == 202
    assert program.ask("DELETE", job).json()["halted"] == "cancelled"
    assert program.ask("POST", f"{job}/undoing").status_code == 409
    theirs = Program(carla.ana)
    assert theirs.ask("GET", job).status_code == theirs.ask("POST", address).status_code == 404
    rules.switch_off(made.pk, workspace=cast.workspace, by=cast.ana)
    assert program.get(f"/rules/{made.pk}/includable") == {"count": 0, "accounts": []}
    assert program.ask("POST", address).status_code == 409


def test_including_takes_the_permission_and_the_scope(cast: Cast) -> None:
    made = cast.rule()
    assert Program(cast.ana, Scopes.READ_RULES).ask("POST", f"/rules/{made.pk}/inclusions").status_code == 403
    Role.objects.filter(pk=cast.bruno.role_id).update(permissions=["see_all"])
    bruno = Program(Agent.objects.get(pk=cast.bruno.pk))
    assert bruno.ask("GET", f"/rules/{made.pk}/includable").status_code == 403
    assert bruno.ask("POST", f"/rules/{made.pk}/inclusions").status_code == 403
