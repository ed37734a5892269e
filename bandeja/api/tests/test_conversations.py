"""Reading, answering, handing over, closing and opening again by API, within one account."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from bandeja.channels import accounts
from bandeja.channels.models import Account, ChannelKey
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import ActorKind, Cause, Closure, Conversation, Message, Status
from bandeja.conversations.scope import Scope
from bandeja.people import teams
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/conversations"


class Program:
    """An integrator's program with the token of an account."""

    def __init__(self, account: Account, token: str) -> None:
        self.account = account
        self._browser = Client(headers={"authorization": f"Bearer {token}"}, enforce_csrf_checks=True)

    def ask(self, method: str, path: str = "", body: object = None, kind: str = "application/json") -> Any:
        sent = json.dumps(body) if body is not None else ""
        answer = self._browser.generic(method, f"{ROOT}{path}", sent, content_type=kind)
        if answer.status_code >= 400:
            assert answer["content-type"] == "application/problem+json"
            assert answer.json()["status"] == answer.status_code
            assert answer.json()["detail"]
        return answer


@pytest.fixture
def program(cast: Cast) -> Program:
    account = accounts.connect(cast.workspace, ChannelKey.API, name="CRM")
    return Program(account, accounts.new_token(account))


@pytest.fixture
def written(cast: Cast, program: Program) -> Conversation:
    return cast.write("c-501", "¿Ya salió mi pedido?", account=program.account)


def close(cast: Cast, conversation: Conversation) -> None:
    scope = Scope(cast.workspace.pk)
    lifecycle.close([conversation.pk], scope=scope, reason="Listo", cause=Cause.AGENT, by=Actor.agent(cast.ana))
    conversation.refresh_from_db()


def test_a_conversation_is_shown_with_its_contact_and_its_deadline(
    cast: Cast, program: Program, clock: Clock
) -> None:
    at = clock.set(clock.now())
    cast.rule(program.account, amount=2, unit="hours")
    conversation = cast.write("c-501", account=program.account)
    shown = program.ask("GET", f"/{conversation.pk}").json()
    assert shown["contact"]["external_id"] == "c-501"
    assert (shown["status"], shown["unread"], shown["closure"]) == ("open", 1, None)
    assert shown["closes_at"] == (at + timedelta(hours=2)).isoformat()


def test_without_a_rule_nothing_closes(program: Program, written: Conversation) -> None:
    assert program.ask("GET", f"/{written.pk}").json()["closes_at"] is None


def test_conversations_come_in_pages(cast: Cast, program: Program) -> None:
    for number in range(5):
        cast.write(f"c-{number}", account=program.account)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = program.ask("GET", f"?limit=2&cursor={cursor}" if cursor else "?limit=2").json()
        seen += [conversation["contact"]["external_id"] for conversation in page["items"]]
        cursor = page["next"]
    assert seen == ["c-4", "c-3", "c-2", "c-1", "c-0"]


def test_conversations_are_found_by_state_and_contact(cast: Cast, program: Program, written: Conversation) -> None:
    other = cast.write("c-502", account=program.account)
    close(cast, other)
    closed = program.ask("GET", "?status=closed").json()["items"]
    assert [conversation["id"] for conversation in closed] == [other.pk]
    found = program.ask("GET", "?contact=c-501").json()["items"]
    assert [conversation["id"] for conversation in found] == [written.pk]


def test_messages_are_read_after_the_last_one_and_notes_are_not(
    cast: Cast, program: Program, written: Conversation
) -> None:
    first = program.ask("GET", f"/{written.pk}/messages").json()["items"][0]
    scope, by = Scope(cast.workspace.pk), Actor.agent(cast.bruno)
    lifecycle.reply(written.pk, "Salió ayer", scope=scope, by=by)
    lifecycle.reply(written.pk, "paga tarde", scope=scope, by=by, note=True)
    page = program.ask("GET", f"/{written.pk}/messages?after={first['id']}").json()
    assert [(message["text"], message["author"]) for message in page["items"]] == [("Salió ayer", "Bruno")]
    assert page["more"] is False
    assert program.ask("GET", f"/{written.pk}/messages?limit=1").json()["more"] is True


def test_a_reply_is_written_once_for_its_client_id(program: Program, written: Conversation) -> None:
    body = {"text": " Salió ayer ", "client_id": str(uuid.uuid4())}
    first = program.ask("POST", f"/{written.pk}/messages", body)
    again = program.ask("POST", f"/{written.pk}/messages", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    sent = Message.objects.get(direction="out")
    assert (sent.text, sent.author_kind) == ("Salió ayer", ActorKind.API)


def test_a_reply_is_taken_with_more_than_we_look_at(program: Program, written: Conversation) -> None:
    """What worked yesterday works: a program's own fields, and a body whose type it left to its library."""
    said = {"text": "Sale mañana", "order": {"id": 4417}}
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        assert program.ask("POST", f"/{written.pk}/messages", said, kind).status_code == 201
    assert Message.objects.filter(direction="out", text="Sale mañana").count() == 2


def test_a_reply_opens_a_closed_conversation_only_when_it_says_so(
    cast: Cast, program: Program, written: Conversation
) -> None:
    close(cast, written)
    program.ask("POST", f"/{written.pk}/messages", {"text": "Por cierto"})
    written.refresh_from_db()
    assert written.status == Status.CLOSED
    program.ask("POST", f"/{written.pk}/messages", {"text": "Por cierto", "reopen": True})
    written.refresh_from_db()
    assert written.status == Status.OPEN


def test_a_conversation_is_handed_over(cast: Cast, carla: Cast, program: Program, written: Conversation) -> None:
    answer = program.ask("PUT", f"/{written.pk}/owner", {"owner_id": cast.bruno.pk})
    assert answer.json()["owner"] == {"id": cast.bruno.pk, "name": "Bruno"}
    assert program.ask("PUT", f"/{written.pk}/owner", {"owner_id": carla.ana.pk}).status_code == 422
    assert program.ask("PUT", f"/{written.pk}/owner", {"owner_id": None}).json()["owner"] is None


def test_a_team_has_it_and_nobodys_giving_is_undone(program: Program, cast: Cast, written: Conversation) -> None:
    north = teams.save(cast.workspace, "Norte", members=set(), leaders=set(), by=None)
    to_north = {"owner_id": None, "team_id": north.pk, "seen": {"owner_id": None}}
    answer = program.ask("PUT", f"/{written.pk}/owner", to_north)
    assert answer.json()["team"] == {"id": north.pk, "name": "Norte"}
    late = {"owner_id": cast.bruno.pk, "seen": {"owner_id": None}}
    assert program.ask("PUT", f"/{written.pk}/owner", late).status_code == 409
    assert program.ask("PUT", f"/{written.pk}/owner", {"owner_id": None, "team_id": 2**62}).status_code == 422


def test_a_conversation_is_closed_once_with_its_reason(program: Program, written: Conversation) -> None:
    first = program.ask("POST", f"/{written.pk}/closure", {"reason": " Pedido entregado "})
    again = program.ask("POST", f"/{written.pk}/closure", {"reason": "Otra"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["closure"]["reason"] == again.json()["closure"]["reason"] == "Pedido entregado"
    closure = Closure.objects.get()
    assert (closure.cause, closure.actor_kind, closure.actor_id) == ("api", "api", program.account.pk)


def test_a_contact_who_wrote_since_is_not_closed_on(cast: Cast, program: Program, written: Conversation) -> None:
    seen = Message.objects.get().pk
    cast.write("c-501", "otra cosa", account=program.account)
    body = {"reason": "Listo", "seen": seen}
    assert program.ask("POST", f"/{written.pk}/closure", body).status_code == 409
    assert program.ask("GET", f"/{written.pk}").json()["status"] == "open"


def test_a_closed_conversation_is_opened_again(cast: Cast, program: Program, written: Conversation) -> None:
    close(cast, written)
    for _time in range(2):
        assert program.ask("DELETE", f"/{written.pk}/closure").json()["status"] == "open"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "/messages", None),
        ("POST", "/messages", {"text": "hola"}),
        ("PUT", "/owner", {"owner_id": None}),
        ("POST", "/closure", {"reason": "x"}),
        ("DELETE", "/closure", None),
    ],
)
def test_what_is_out_of_reach_is_not_there(
    cast: Cast, carla: Cast, program: Program, method: str, path: str, body: object
) -> None:
    sibling, stranger = cast.write("x"), carla.write("x")
    for pk in (sibling.pk, stranger.pk, 999_999, 10**30):
        assert program.ask(method, f"/{pk}{path}", body).status_code == 404
    assert not Closure.objects.exists()
    assert program.ask("GET").json()["items"] == []


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic eDp5", "Bearer ñ"])
def test_without_a_token_of_an_account_nothing_is_told(header: str, cast: Cast) -> None:
    answer = Client(headers={"authorization": header}).get(ROOT)
    assert (answer.status_code, answer["www-authenticate"]) == (401, "Bearer")
    assert answer["content-type"] == "application/problem+json"


def test_a_disconnected_account_has_no_token(program: Program, written: Conversation) -> None:
    accounts.disconnect(program.account)
    assert program.ask("GET", f"/{written.pk}").status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/messages", {"text": ""}),
        ("/messages", {"text": " \x00 "}),
        ("/messages", {"text": "\ud800"}),
        ("/messages", {"text": "x" * 65_537}),
        ("/messages", {"text": 5}),
        ("/messages", {"text": "hola", "client_id": "1"}),
        ("/messages", []),
        ("/messages", None),
        ("/closure", {"reason": " "}),
        ("/closure", {"reason": "\x00"}),
        ("/closure", {"reason": "x" * 201}),
        ("/closure", {"reason": "x", "seen": 10**30}),
        ("/closure", {"reason": "x", "confirmed_at": "2026-01-01T00:00:00"}),
        ("/closure", {}),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    program: Program, written: Conversation, path: str, body: object
) -> None:
    assert program.ask("POST", f"/{written.pk}{path}", body).status_code in {400, 422}
    assert Message.objects.count() == 1
    assert not Closure.objects.exists()


@pytest.mark.parametrize(
    "query", ["status=resolved", "limit=0", "limit=101", "cursor=-1", "cursor=x", f"cursor={10**30}", "contact=%00"]
)
def test_an_odd_question_is_refused_in_words(program: Program, query: str) -> None:
    assert program.ask("GET", f"?{query}").status_code == 422


def test_malformed_json_is_refused_in_words(program: Program, written: Conversation) -> None:
    browser = program._browser
    answer = browser.post(f"{ROOT}/{written.pk}/messages", b"{", content_type="application/json")
    assert (answer.status_code, answer["content-type"]) == (400, "application/problem+json")


def test_the_description_names_every_resource() -> None:
    described = Client().get("/api/v1/openapi.json").json()
    assert f"{ROOT}/{{conversation_id}}/closure" in described["paths"]


def test_a_program_keeps_it_open_and_lets_it_close(
    cast: Cast, program: Program, written: Conversation, clock: Clock
) -> None:
    cast.rule(program.account)
    cast.write("c-501", account=program.account)
    until = (clock.now() + timedelta(days=1)).isoformat()
    kept = program.ask("PUT", f"/{written.pk}/keeping", {"until": until, "reason": "Espera su pedido"}).json()
    assert (kept["closes_at"], kept["kept"]["reason"]) == (None, "Espera su pedido")
    assert datetime.fromisoformat(kept["kept"]["until"]) == datetime.fromisoformat(until)
    for body in ({"until": "2020-01-01T00:00:00Z"}, {"until": "mañana"}, {"reason": "x" * 201}, {"reason": "\0"}):
        assert program.ask("PUT", f"/{written.pk}/keeping", body).status_code == 422
    released = program.ask("DELETE", f"/{written.pk}/keeping").json()
    assert (released["kept"], released["closes_at"] is not None) == (None, True)
    program.ask("POST", f"/{written.pk}/closure", {"reason": "Listo"})
    assert program.ask("PUT", f"/{written.pk}/keeping", {}).status_code == 409
