"""What holds for every request: problems, languages, repeated POSTs, pages, ETags, allowances, strict JSON."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from bandeja.api import frame, once, rate, root, strict
from bandeja.api.models import Answered
from bandeja.api.problems import MEDIA_TYPE
from bandeja.api.root import api
from bandeja.api.tests.programs import Program
from bandeja.closing import rules
from bandeja.closing.models import Rule
from bandeja.conversations.models import Closure, ContactNote, Message
from tests.cast import Cast
from tests.clock import Clock
from tests.world import BACKEND

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(cast: Cast) -> Program:
    return Program(cast.ana)


@pytest.mark.parametrize(("language", "said"), [("es", "No hay"), ("pt-br", "Não"), ("en", "There is no such thing")])
def test_a_problem_speaks_the_language_that_was_asked_for(program: Program, language: str, said: str) -> None:
    answer = program.ask("GET", "/contacts/1", accept_language=language)
    assert (answer.status_code, answer["content-language"]) == (404, language)
    assert said in answer.json()["detail"]


def test_without_a_language_it_speaks_its_persons(cast: Cast, program: Program) -> None:
    cast.ana.language = "pt-br"
    cast.ana.save(update_fields=["language"])
    assert program.ask("GET", "/contacts/1")["content-language"] == "pt-br"


def test_what_is_wrong_is_told_field_by_field(program: Program) -> None:
    answer = program.ask("POST", "/rules", {"amount": "2", "unit": "weeks", "odd": 1}, accept_language="es")
    errors = {each["field"]: each["detail"] for each in answer.json()["errors"]}
    assert answer.status_code == 422
    assert set(errors) == {"amount", "unit", "odd", "reason", "account_ids"}
    assert errors["reason"] == "Es obligatorio."


@pytest.mark.parametrize(
    "path", ["/nothing", "/conversations/x", "/conversations/-1", "/contacts/9999999999999999999"]
)
def test_an_address_of_nothing_is_a_problem_too(program: Program, path: str) -> None:
    assert program.ask("GET", path).status_code == 404


@pytest.mark.parametrize("host", ["", "not a host!"])
def test_a_host_that_is_not_ours_is_a_problem_for_a_program_and_a_page_for_a_person(
    client: Client, host: str
) -> None:
    answer = client.get("/api/v1/tags", headers={"host": host})
    assert (answer.status_code, answer["Content-Type"], answer.json()["status"]) == (400, MEDIA_TYPE, 400)
    page = client.get("/inbox", headers={"host": host})
    assert (page.status_code, page["Content-Type"]) == (400, "text/html; charset=utf-8")


def test_a_method_that_is_not_there_says_which_are(program: Program) -> None:
    answer = program.ask("PATCH", "/rules")
    assert (answer.status_code, set(answer["allow"].split(", "))) == (405, {"GET", "POST"})


def test_what_breaks_is_told_without_its_details(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_named: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("bandeja.api.workspace._accounts", broken)
    answer = program.ask("GET", "/accounts")
    assert (answer.status_code, "secret" in answer.content.decode()) == (500, False)


def test_what_breaks_around_a_repeated_post_is_a_problem_too(
    cast: Cast, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is gone at the commit, say: that is outside of what the views tell."""

    def broken(*_args: object, **_named: object) -> None:
        raise OperationalError("secret")

    monkeypatch.setattr(once, "_claim", broken)
    address = f"/contacts/{cast.write().contact_id}/notes"
    answer = program.ask("POST", address, {"text": "x"}, idempotency_key="k-1")
    assert (answer.status_code, "secret" in answer.content.decode()) == (500, False)


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b'{"text": NaN}', b'{"text": "a", "text": "b"}', b"[" * 99 + b"]" * 99, b"[" * 100_000]
)
def test_what_two_readers_would_read_differently_is_refused(cast: Cast, program: Program, body: bytes) -> None:
    written = cast.write()
    assert program.ask("POST", f"/conversations/{written.pk}/notes", body).status_code == 400
    with pytest.raises(strict.NotJson):
        strict.loads(body)


def test_a_body_that_is_too_large_or_no_json_is_refused(cast: Cast, program: Program) -> None:
    address = f"/conversations/{cast.write().pk}/notes"
    assert program.ask("POST", address, b" " * (frame.LARGEST + 1)).status_code == 413
    assert program.ask("POST", address, b"text=x", content_type="text/plain").status_code == 415


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (None, 200), ({}, 200), (b"null", 200), ({"active": False, "when": 1}, 422), ([], 422), ([{"a": 1}], 422),
        (b"0", 422), (b"{", 400),
    ],
)  # fmt: skip
def test_where_nothing_is_to_be_said_nothing_is_done_with_what_is(
    cast: Cast, program: Program, body: object, status: int
) -> None:
    """Else PUT …/activation with `active: false` would switch it on."""
    rule = cast.rule()
    rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
    answer = program.ask("PUT", f"/rules/{rule.pk}/activation", body)
    assert (answer.status_code, Rule.objects.get(pk=rule.pk).active) == (status, status == 200)
    if isinstance(body, dict) and body:
        assert [each["field"] for each in answer.json()["errors"]] == ["active", "when"]


def test_what_reads_no_body_answers_though_there_is_one(cast: Cast, program: Program) -> None:
    rule = cast.rule()
    assert program.ask("GET", "/rules", {"odd": 1}).status_code == 200
    assert program.ask("DELETE", f"/rules/{rule.pk}", {"odd": 1}).status_code == 204


def test_the_same_key_does_it_once(cast: Cast, program: Program) -> None:
    address, body = f"/contacts/{cast.write().contact_id}/notes", {"text": "Paga tarde"}
    first, again = (program.ask("POST", address, body, idempotency_key="k-1") for _time in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert ("idempotency-replayed" in first, again["idempotency-replayed"]) == (False, "true")
    assert ContactNote.objects.count() == 1


def test_the_same_key_for_something_else_is_refused(cast: Cast, program: Program) -> None:
    address = f"/contacts/{cast.write().contact_id}/notes"
    program.ask("POST", address, {"text": "Paga tarde"}, idempotency_key="k-1")
    assert program.ask("POST", address, {"text": "Otra"}, idempotency_key="k-1").status_code == 409
    assert ContactNote.objects.count() == 1


def test_the_same_key_hands_over_and_notes_it_once(cast: Cast, program: Program) -> None:
    """A PUT with a note writes something, too."""
    written = cast.write()
    address, body = f"/conversations/{written.pk}/owner", {"owner_id": cast.bruno.pk, "note": "Te la dejo"}
    answers = [program.ask("PUT", address, body, idempotency_key="k-1") for _time in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Message.objects.filter(direction="note").count() == 1
    assert program.ask("PUT", address, {"owner_id": None}, idempotency_key="k-1").status_code == 409


def test_a_key_is_its_tokens_own(cast: Cast, program: Program) -> None:
    address, body = f"/contacts/{cast.write().contact_id}/notes", {"text": "Paga tarde"}
    for each in (program, Program(cast.ana)):
        assert each.ask("POST", address, body, idempotency_key="k-1").status_code == 201
    assert ContactNote.objects.count() == 2


def test_what_was_refused_may_be_sent_again_mended(cast: Cast, program: Program) -> None:
    address = f"/contacts/{cast.write().contact_id}/notes"
    assert program.ask("POST", address, {"text": " "}, idempotency_key="k-1").status_code == 422
    assert program.ask("POST", address, {"text": "Paga tarde"}, idempotency_key="k-1").status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "ñ", "x" * 256])
def test_a_key_nobody_could_keep_is_refused(cast: Cast, program: Program, key: str) -> None:
    address = f"/contacts/{cast.write().contact_id}/notes"
    assert program.ask("POST", address, {"text": "x"}, idempotency_key=key).status_code == 400


def test_answers_are_forgotten_after_a_day(cast: Cast, program: Program, clock: Clock) -> None:
    now = clock.set(clock.now())
    program.ask("POST", f"/contacts/{cast.write().contact_id}/notes", {"text": "x"}, idempotency_key="k-1")
    clock.set(now + timedelta(hours=23))
    assert once.prune() == 0
    clock.set(now + timedelta(hours=25))
    assert (once.prune(), Answered.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_key_close_once(cast: Cast) -> None:
    address, program = f"/conversations/{cast.write().pk}/closure", Program(cast.ana)
    answers: list[Any] = []
    start = threading.Barrier(4)

    def ask() -> None:
        start.wait()
        answers.append(program.ask("POST", address, {"reason": "Listo"}, idempotency_key="k-1"))
        connection.close()

    threads = [threading.Thread(target=ask) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert sum("idempotency-replayed" in answer for answer in answers) == 3
    assert Closure.objects.count() == 1


def test_what_is_known_is_not_sent_again(cast: Cast, program: Program) -> None:
    address = f"/conversations/{cast.write().pk}"
    etag = program.ask("GET", address)["etag"]
    known = program.ask("GET", address, if_none_match=f'"x", W/{etag}')
    assert (known.status_code, known.content, known["etag"]) == (304, b"", etag)
    cast.write(text="Otra cosa")
    assert program.ask("GET", address, if_none_match=etag).status_code == 200


def test_who_asks_too_often_waits(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDEJA_API_RATE", "2")
    program = Program(cast.ana)
    answers = [program.ask("GET", "/me") for _time in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert 1 <= int(answers[-1]["retry-after"]) <= 60
    assert Program(cast.bruno).ask("GET", "/me").status_code == 200


def test_strangers_who_read_the_document_too_often_wait_too(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDEJA_API_RATE", "2")
    browser = Client()
    answers = [browser.get("/api/v1/openapi.json") for _time in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert browser.get("/api/v1/openapi.json", REMOTE_ADDR="10.0.0.7").status_code == 200


def test_the_document_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = api.get_openapi_schema(path_params={})
    monkeypatch.setattr(root, "complete", None)
    assert api.get_openapi_schema(path_params={}) is first


def test_an_allowance_is_whole_again_after_a_minute() -> None:
    counter = rate.Counter(1)
    assert [counter.take("a", now).refused for now in (100.0, 159.9, 160.0)] == [False, True, False]
    assert not counter.take("b", 160.0).refused


def test_a_seller_without_the_conversation_does_not_know_of_it(cast: Cast) -> None:
    from bandeja.conversations import lifecycle
    from bandeja.conversations.actor import Actor
    from bandeja.conversations.scope import Scope

    written = cast.write()
    lifecycle.assign([written.pk], cast.ana.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    program = Program(cast.bruno)
    assert program.ask("GET", f"/conversations/{written.pk}").status_code == 404
    assert program.ask("POST", f"/conversations/{written.pk}/messages", {"text": "x"}).status_code == 404
    assert program.ask("GET", f"/contacts/{written.contact_id}").status_code == 404
    assert program.get("/events")["items"] == []
    assert Message.objects.count() == 1


def test_an_accounts_token_reaches_its_conversations_only(cast: Cast) -> None:
    from bandeja.channels import accounts
    from bandeja.channels.models import ChannelKey

    account = accounts.connect(cast.workspace, ChannelKey.API, name="CRM")
    program = Program(cast.ana, text=accounts.new_token(account))
    assert program.ask("GET", "/conversations").status_code == 200
    assert [program.ask("GET", path).status_code for path in ("/contacts", "/rules", "/events")] == [403] * 3


def test_nobody_signed_in_by_a_page_is_let_in(cast: Cast) -> None:
    browser = Client()
    browser.force_login(cast.ana, backend=BACKEND)
    assert browser.get("/api/v1/me").status_code == 401
