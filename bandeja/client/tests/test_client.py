"""The client against the API itself, and against what its document says; and the commands over it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_type_hints

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from bandeja.api.root import api
from bandeja.client import AsyncClient, Client, Refused, awaiting, calls, closing, waiting
from bandeja.client.tests.conftest import answer
from bandeja.closing.tests.deeds import swept
from bandeja.conversations import events
from bandeja.conversations.models import Message
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db


def test_it_reads_writes_and_closes(cast: Cast, client: Client) -> None:
    written = cast.write("lia", "¿Ya salió?")
    assert [each["id"] for each in client.conversations(status="open")] == [written.pk]
    assert client.reply(written.pk, "Salió ayer")["text"] == "Salió ayer"
    assert [each["text"] for each in client.messages(written.pk)] == ["¿Ya salió?", "Salió ayer"]
    assert client.close(written.pk, "Entregado")["status"] == "closed"
    assert client.report() == [{"id": None, "value": "api", "closings": 1, "by_rule": 0}]
    assert client.outcomes(cause="api")["total"]["unanswered"] == {"count": 0, "of": 1}
    assert [each["reason"] for each in client.closures()] == ["Entregado"]
    assert client.reopen(written.pk)["status"] == "open"
    assert [each["name"] for each in client.contacts()] == ["lia"]
    assert client.conversation(written.pk)["contact"]["name"] == "lia"


def test_it_goes_through_all_pages(cast: Cast, client: Client) -> None:
    ids = {cast.write(f"c{number}").pk for number in range(5)}
    found = list(client.conversations(limit=2))
    assert ({each["id"] for each in found}, len(found)) == (ids, 5)


def test_it_snoozes(cast: Cast, client: Client) -> None:
    lia = cast.write("lia")
    snoozed = client.snooze(lia.pk, reason="Espera su pedido", seen=lia.last_inbound_id)["snoozed"]
    assert snoozed is not None
    assert (snoozed["until"], snoozed["reason"]) == (None, "Espera su pedido")
    assert [each["id"] for each in client.conversations(snoozed=True)] == [lia.pk]
    assert client.wake(lia.pk)["snoozed"] is None


def test_what_is_refused_is_an_exception_with_its_problem(cast: Cast, client: Client) -> None:
    with pytest.raises(Refused) as refused:
        client.close(cast.write().pk, "")
    assert (refused.value.status, refused.value.problem["errors"][0]["field"]) == (422, "reason")


def test_an_answer_that_is_no_problem_is_refused_too() -> None:
    broken = httpx.MockTransport(lambda _request: httpx.Response(502, content=b"<html>"))
    with Client("http://x", "t", transport=broken) as client, pytest.raises(Refused, match="502"):
        client.rules()


def test_what_is_sent_again_over_a_broken_connection_is_done_once(cast: Cast, token: str) -> None:
    written = cast.write()
    turns: list[str | None] = []

    def breaks_off(request: httpx.Request) -> httpx.Response:
        turns.append(request.headers.get("idempotency-key"))
        answered = answer(request)
        if len(turns) == 1:
            raise httpx.ReadError("It was done, and nobody heard it.")
        return answered

    with Client("http://testserver", token, transport=httpx.MockTransport(breaks_off)) as client:
        client.reply(written.pk, "Ya voy")
        assert (len(turns), len(set(turns))) == (2, 1)
        client.reply(written.pk, "Otra vez", key="pedido-7")
        client.reply(written.pk, "Otra vez", key="pedido-7")
    said = Message.objects.filter(direction="out").order_by("pk").values_list("text", flat=True)
    assert list(said) == ["Ya voy", "Otra vez"]


def test_a_connection_that_stays_broken_is_told() -> None:
    turns: list[httpx.Request] = []

    def breaks_off(request: httpx.Request) -> httpx.Response:
        turns.append(request)
        raise httpx.ConnectError("Nobody there.")

    with (
        Client("http://x", "t", transport=httpx.MockTransport(breaks_off)) as client,
        pytest.raises(httpx.ConnectError),
    ):
        client.rules()
    assert len(turns) == calls.TURNS


def test_who_asked_too_often_waits_and_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    busy = [httpx.Response(429, headers={"Retry-After": "7"}, json={"detail": "Wait."}) for _turn in range(4)]
    left = [busy[0], httpx.Response(200, json=[]), *busy[1:]]
    with Client("http://x", "t", transport=httpx.MockTransport(lambda _request: left.pop(0))) as client:
        assert (client.rules(), slept) == ([], [7])
        with pytest.raises(Refused) as refused:
            client.rules()
    assert (refused.value.status, refused.value.retry_after, slept) == (429, 7, [7, 7, 7])


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        (httpx.Response(200, content=b"<html>"), "no answer of Bandeja"),
        (httpx.Response(301, headers={"location": "https://x/"}), "moved to https://x/"),
    ],
)
def test_an_answer_that_is_nobody_of_ours_is_refused_in_a_sentence(answered: httpx.Response, said: str) -> None:
    there = httpx.MockTransport(lambda _request: answered)
    with Client("http://x", "t", transport=there) as client, pytest.raises(Refused, match=said):
        client.rules()


def test_an_instant_is_spelled_as_the_api_takes_it(cast: Cast, client: Client) -> None:
    assert client.report(since=datetime(2026, 11, 1, tzinfo=UTC)) == []


def test_events_are_told_though_others_filled_a_page(
    cast: Cast, carla: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bandeja.api.feed.AMONG", 2)
    for number in range(3):
        carla.write(f"c{number}")
    events.publish()
    written = cast.write()
    events.publish()
    assert {each["conversation_id"] for each in client.events()[0]} == {written.pk}


def answer_and_leave(request: httpx.Request) -> httpx.Response:
    """The same from another thread, which keeps no connection."""
    try:
        return answer(request)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_who_awaits_gets_the_same(cast: Cast, token: str) -> None:
    written = cast.write()

    class Here(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await request.aread()
            return await sync_to_async(answer_and_leave)(request)

    async def story() -> list[Any]:
        async with AsyncClient("http://testserver", token, transport=Here()) as client:
            found = [each["id"] async for each in client.conversations()]
            return [found, (await client.close(written.pk, "Listo"))["status"], await client.events()]

    assert asyncio.run(story()) == [[written.pk], "closed", ([], 0)]


def test_both_clients_can_do_the_same() -> None:
    ours = {name: each for name, each in vars(waiting.Client).items() if not name.startswith("_")}
    theirs = {name: each for name, each in vars(awaiting.AsyncClient).items() if not name.startswith("_")}
    assert ours.keys() == theirs.keys()
    for name, each in ours.items():
        assert inspect.signature(each).parameters == inspect.signature(theirs[name]).parameters, name


CALENDAR: closing.Calendar = {
    "id": 1, "name": "x", "version": 1, "time_zone": "UTC", "week": [], "country": "", "subdivision": "",
    "exceptions": [],
}  # fmt: skip
CALLS: list[calls.Call] = [
    calls.pages("/conversations", {"status": "open"})(None), calls.pages("/contacts", {"q": "x"})(None),
    calls.pages("/closures", {})(None), calls.show(1), calls.messages(1, 0), calls.reply(1, "x"),
    calls.snooze(1, "x", "x", 1), calls.wake(1),
    calls.close(1, "x", None), calls.reopen(1), calls.Call("GET", "/rules"), closing.rule(1),
    closing.add_rule({"amount": 1, "options": {}}), closing.change_rule(1, {"options": {}, "version": 1}),
    closing.switch_rule(1, on=True), closing.switch_rule(1, on=False), closing.delete_rule(1), closing.includable(1),
    closing.include(1), closing.inclusion(1, 1), closing.cancel_inclusion(1, 1), closing.undo_inclusion(1, 1),
    calls.Call("GET", "/calendars"), closing.calendar(1), closing.add_calendar("x", "UTC", [], {"country": "CL"}),
    closing.change_calendar(CALENDAR), closing.delete_calendar(1),
    closing.preview_rule(1, "hours", [1], {}), calls.Call("GET", "/coverage"), calls.Call("GET", "/setbacks"),
    closing.try_again([1]),
    closing.foresee_undoing({"rule_id": 1, "flow_id": 1, "bulk_closure_id": 1, "since": "x", "until": "x"}),
    closing.undo_closings({"rule_id": 1, "flow_id": 1, "bulk_closure_id": 1, "since": "x", "until": "x"}),
    closing.undoing(1), closing.cancel_undoing(1),
    calls.Call("GET", "/pauses"), closing.pause_closing("x"), calls.Call("DELETE", "/pause"),
    calls.report("cause", {"since": "x", "account": 1}),
    calls.outcomes({"until": "x", "rule": 1, "cause": "rule"}),
    calls.Call("GET", "/flows"), calls.publish_flow(1), calls.switch_flow(1, on=True), calls.switch_flow(1, on=False),
    calls.pages("/conversations/1/runs", {})(None), calls.events(0, 1),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_whatever_it_asks_is_in_the_document(call: calls.Call) -> None:
    document = api.get_openapi_schema(path_prefix="/api/v1/")
    paths = [path for path in document["paths"] if path.count("/") == call.path.count("/") + 2]
    path = min((path for path in paths if _names(path, f"/api/v1{call.path}")), key=lambda path: path.count("{"))
    operation = document["paths"][path][call.method.lower()]
    assert set(call.query) <= {each["name"] for each in operation["parameters"] if each["in"] == "query"}
    if call.body:
        named = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
        assert set(call.body) <= set(document["components"]["schemas"][named]["properties"])


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (calls.Conversation, "ConversationOut"), (calls.Message, "MessageOut"), (closing.Rule, "RuleOut"),
        (calls.Event, "EventOut"), (calls.Count, "CountOut"), (calls.Person, "PersonOut"),
        (calls.Outcomes, "OutcomesOut"), (calls.Closure, "ClosureOut"),
        (calls.Contact, "ContactOut"), (calls.Flow, "FlowOut"), (calls.Run, "RunOut"), (closing.Pause, "PauseOut"),
        (closing.Inclusion, "InclusionOut"), (closing.Calendar, "CalendarOut"), (closing.Hours, "Hours"),
        (closing.Hindsight, "HindsightOut"), (closing.Covered, "CoveredOut"),
        (closing.Setback, "SetbackOut"), (closing.Foreseen, "ForeseenOut"), (closing.Undoing, "UndoingOut"),
    ],
)  # fmt: skip
def test_what_it_says_of_answers_is_in_the_document(kind: Any, name: str) -> None:
    schemas = api.get_openapi_schema(path_prefix="/api/v1/")["components"]["schemas"]
    assert set(get_type_hints(kind)) <= set(schemas[name]["properties"])


def _names(path: str, asked: str) -> bool:
    return all(a == b or a.startswith("{") for a, b in zip(path.split("/"), asked.split("/"), strict=True))


def test_the_commands_do_the_same(cast: Cast, command: Callable[..., tuple[int, str]]) -> None:
    written = cast.write("lia", "¿Ya salió?")
    assert "lia" in command("conversations", "list", "--status", "open")[1]
    assert "¿Ya salió?" in command("conversations", "show", written.pk)[1]
    assert command("conversations", "close", written.pk, "--reason", "Listo")[0] == 0
    assert command("closures", "report", "--by", "reason")[1].split() == ["1", "Listo"]
    assert command("closures", "report", "--by", "reason", "--account", 0)[1] == ""
    assert command("closures", "outcomes")[1].splitlines()[0] == "all: 1 closings, 1 of 1 not answered"


def test_the_command_tells_what_became_of_closings_by_a_rule(
    cast: Cast, command: Callable[..., tuple[int, str]], clock: Clock
) -> None:
    clock.set(datetime(2030, 3, 20, tzinfo=UTC))
    rule = cast.rule(amount=1, unit="hours")
    cast.write("lia")
    clock.advance(hours=1)
    swept()
    clock.advance(minutes=5)
    cast.write("lia")
    clock.advance(hours=2)
    assert command("closures", "outcomes", "--rule", rule.pk)[1].splitlines()[-3:] == [
        f"rule {rule.pk}: 1 closings, 1 of 1 not answered",
        "    written again: 1 of 1 within an hour, 0 of 0 within a day, 0 of 0 within a week",
        "    late: half within 0 s, 99 of 100 within 0 s",
    ]
    said = command("closures", "report", "--by", "owner")[1]
    assert said.split() == ["1", "–", "(1", "of", "them", "by", "rules)"]


def test_a_conversation_is_shown_with_its_last_messages_and_nothing_a_terminal_obeys(
    cast: Cast, command: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bandeja.cli.conversations.SHOWN", 2)
    for text in ("primero", "segundo", "tercero \x1b]52;c;cm0gLXJm\x07"):
        written = cast.write("lia", text)
    said = command("conversations", "show", written.pk)[1]
    assert ("primero" in said, "segundo" in said, "tercero" in said) == (False, True, True)
    assert not [sign for sign in said if not sign.isprintable() and sign != "\n"]


def test_a_command_that_is_refused_says_why(command: Callable[..., tuple[int, str]]) -> None:
    status, said = command("conversations", "show", 99)
    assert (status, "bandeja: " in said) == (1, True)


def test_a_command_without_a_token_says_where_to_get_one(
    command: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BANDEJA_TOKEN")
    status, said = command("rules", "list")
    assert (status, "BANDEJA_TOKEN" in said) == (2, True)


@pytest.mark.parametrize("spoilt", ["bdj_secreto\nX-Otra: 1", "bdj_…", "bdj secreto"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(
    command: Callable[..., tuple[int, str]], spoilt: str
) -> None:
    status, said = command("rules", "--token", spoilt, "list")
    assert (status, "secreto" in said, "BANDEJA_TOKEN" in said) == (2, False, True)


def test_a_token_from_a_file_may_end_in_a_line(
    command: Callable[..., tuple[int, str]], token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANDEJA_TOKEN", f"{token}\n")
    assert command("rules", "list")[0] == 0


def test_a_refusal_is_told_in_the_language_its_person_chose(
    cast: Cast, command: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert "No hay" in command("conversations", "show", 99)[1]
