"""The visitor's endpoints: their own conversation, and nobody else's."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.test import Client

from bandeja.channels.accounts import connect, disconnect
from bandeja.channels.contract import Delivery
from bandeja.channels.models import Account, ChannelKey
from bandeja.channels.registry import get
from bandeja.channels.webchat import visitor
from bandeja.channels.webchat.appearance import Appearance
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.people.clock import database_now
from bandeja.people.links import make_agent, make_workspace
from bandeja.people.models import Agent
from bandeja.widget import history
from bandeja.widget.views import source

pytestmark = pytest.mark.django_db

KILOBYTE = 1024


@pytest.fixture
def account() -> Account:
    return connect(make_workspace("Tienda"), ChannelKey.WEBCHAT, name="Tienda en línea")


@pytest.fixture
def bruno(account: Account) -> Agent:
    return make_agent(account.workspace, "bruno@example.com", name="Bruno Díaz")


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


def write(account: Account, sender: str, client_id: str, text: str = "hola") -> int:
    """As the door and the drain do; answers the conversation."""
    body = json.dumps({"id": client_id, "text": text}).encode()
    parsed = get("webchat").parse(Delivery(account.pk, body, {"sender": sender}, database_now()))
    return lifecycle.receive(parsed.inbound, clock=lambda _: {}).conversations[0]


def reply(conversation_id: int, agent: Agent, text: str, *, note: bool = False) -> None:
    scope = Scope(agent.workspace_id)
    lifecycle.reply(conversation_id, text, scope=scope, by=Actor.agent(agent), note=note)


def ask(browser: Client, account: Account, token: str, after: object = 0) -> Any:
    return browser.get(
        f"/widget/{account.external_id}/messages?after={after}", headers={"authorization": f"Bearer {token}"}
    )


def test_the_script_is_at_most_15_kilobytes_and_says_who_may_use_it(browser: Client) -> None:
    response = browser.get("/widget.js")
    assert len(response.content) == len(source()) <= 15 * KILOBYTE
    assert response["content-type"] == "text/javascript; charset=utf-8"
    assert response["access-control-allow-origin"] == "*"
    assert not response.cookies


def test_the_script_is_not_sent_twice(browser: Client) -> None:
    first = browser.get("/widget.js", headers={"accept-encoding": "gzip"})
    assert gzip.decompress(first.content) == source()
    assert len(first.content) < 8 * KILOBYTE
    assert browser.get("/widget.js", headers={"if-none-match": first["etag"]}).status_code == 304


def test_the_script_never_interprets_html() -> None:
    for sink in (b"innerHTML", b"outerHTML", b"insertAdjacentHTML", b"document.write", b"eval(", b"setHTML"):
        assert sink not in source()


def test_a_session_gives_a_visitor_and_how_the_chat_looks(browser: Client, account: Account) -> None:
    Appearance("¿Dudas?", "#204060", "pt").save(account, account.name)
    response = browser.post(f"/widget/{account.external_id}/session")
    given = response.json()
    assert visitor.read(given["token"], account.external_id) == given["visitor"]
    assert (given["name"], given["greeting"]) == ("Tienda en línea", "¿Dudas?")
    assert (given["colour"], given["language"]) == ("#204060", "pt")
    assert response["access-control-allow-origin"] == "*"
    assert not response.cookies


def test_a_session_keeps_the_visitor_who_comes_back(browser: Client, account: Account) -> None:
    name, token = visitor.make(account.external_id)
    response = browser.post(f"/widget/{account.external_id}/session", token, content_type="text/plain")
    assert (response.json()["visitor"], response.json()["token"]) == (name, token)


@pytest.mark.parametrize("token", ["", "nonsense", "a.b", "x" * 5_000, "\x00", "ñ.ñ"])
def test_a_session_makes_a_new_visitor_of_an_odd_token(browser: Client, account: Account, token: str) -> None:
    response = browser.post(f"/widget/{account.external_id}/session", token, content_type="text/plain")
    assert visitor.read(response.json()["token"], account.external_id)


def test_an_address_is_only_so_many_new_visitors(browser: Client, account: Account) -> None:
    """Who is one already comes back all the same."""
    url = f"/widget/{account.external_id}/session"
    known = browser.post(url, b"", content_type="text/plain", REMOTE_ADDR="203.0.113.9").json()["token"]
    told = [browser.post(url, b"", content_type="text/plain", REMOTE_ADDR="203.0.113.9") for _ in range(100)]
    assert {answer.status_code for answer in told[:99]} == {200}
    assert told[99].status_code == 429
    assert told[99].json()["error"] == "too_many_visitors"
    assert browser.post(url, known, content_type="text/plain", REMOTE_ADDR="203.0.113.9").status_code == 200
    assert browser.post(url, b"", content_type="text/plain", REMOTE_ADDR="203.0.113.10").status_code == 200


def test_a_visitor_reads_both_sides_but_no_note(browser: Client, account: Account, bruno: Agent) -> None:
    name, token = visitor.make(account.external_id)
    conversation = write(account, name, "uuid-1", "<b>hola</b>")
    reply(conversation, bruno, "Hola, Lía")
    reply(conversation, bruno, "cuidado con el precio", note=True)
    page = ask(browser, account, token).json()
    assert [(m["from"], m["text"], m.get("client_id"), m.get("author")) for m in page["messages"]] == [
        ("visitor", "<b>hola</b>", "uuid-1", None),
        ("team", "Hola, Lía", None, "Bruno"),
    ]
    assert page["more"] is False


def test_a_nameless_agent_does_not_show_an_address(browser: Client, account: Account) -> None:
    name, token = visitor.make(account.external_id)
    reply(write(account, name, "1"), make_agent(account.workspace, "x@example.com"), "Hola")
    assert "example.com" not in ask(browser, account, token).content.decode()


def test_a_visitor_who_has_not_written_reads_nothing(browser: Client, account: Account) -> None:
    _, token = visitor.make(account.external_id)
    assert ask(browser, account, token).json() == {"messages": [], "more": False}


def test_after_gives_only_what_followed(browser: Client, account: Account, bruno: Agent) -> None:
    name, token = visitor.make(account.external_id)
    conversation = write(account, name, "1")
    last = ask(browser, account, token).json()["messages"][-1]["id"]
    reply(conversation, bruno, "Hola")
    assert [message["text"] for message in ask(browser, account, token, last).json()["messages"]] == ["Hola"]


def test_a_long_history_comes_in_pages(browser: Client, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE", 2)
    name, token = visitor.make(account.external_id)
    for number in range(5):
        write(account, name, str(number), str(number))
    first = Conversation.objects.get().messages.order_by("id")[0].pk
    latest = ask(browser, account, token).json()
    assert [message["text"] for message in latest["messages"]] == ["3", "4"]
    page = ask(browser, account, token, first).json()
    assert ([message["text"] for message in page["messages"]], page["more"]) == (["1", "2"], True)


def test_a_token_opens_only_its_own_conversation(browser: Client, account: Account) -> None:
    other = connect(account.workspace, ChannelKey.WEBCHAT, name="Otra")
    name, token = visitor.make(account.external_id)
    write(account, name, "1", "secreto")
    stranger = visitor.make(account.external_id)[1]
    assert ask(browser, account, stranger).json()["messages"] == []
    assert ask(browser, other, token).status_code == 403
    forged = f"{name}.{stranger.partition('.')[2]}"
    assert ask(browser, account, forged).status_code == 403


def test_two_accounts_may_know_a_visitor_by_the_same_id(browser: Client, account: Account) -> None:
    other = connect(account.workspace, ChannelKey.WEBCHAT, name="Otra")
    name, token = visitor.make(account.external_id)
    write(other, name, "1", "secreto")
    assert ask(browser, account, token).json()["messages"] == []


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eDp5"])
def test_without_a_token_nothing_is_told(browser: Client, account: Account, header: str) -> None:
    response = browser.get(f"/widget/{account.external_id}/messages", headers={"authorization": header})
    assert (response.status_code, response.json()["error"]) == (401, "no_token")
    assert response["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "٣", "9" * 30, "0" * 5_000, "1 or 1=1"])
def test_an_odd_after_is_refused_in_words(browser: Client, account: Account, after: str) -> None:
    _, token = visitor.make(account.external_id)
    assert ask(browser, account, token, after).status_code == 400


@pytest.mark.parametrize("key", ["%00", "a%00b", "%0A", "%C3%B1", "..", "a" * 101, "%ED%A0%80"])
@pytest.mark.parametrize(("page", "method"), [("session", "POST"), ("messages", "GET"), ("sample", "GET")])
def test_what_is_no_key_of_an_account_is_not_found(browser: Client, key: str, page: str, method: str) -> None:
    assert browser.generic(method, f"/widget/{key}/{page}").status_code == 404


def test_a_disconnected_account_is_not_found(browser: Client, account: Account) -> None:
    _, token = visitor.make(account.external_id)
    disconnect(account)
    assert ask(browser, account, token).status_code == 404
    assert browser.post(f"/widget/{account.external_id}/session").json()["error"] == "no_account"
    assert browser.get(f"/widget/{account.external_id}/sample").status_code == 404


def test_an_account_of_another_channel_is_not_found(browser: Client, account: Account) -> None:
    api = connect(account.workspace, ChannelKey.API, name="CRM")
    assert browser.post(f"/widget/{api.external_id}/session").status_code == 404


@pytest.mark.parametrize(("page", "method"), [("session", "GET"), ("messages", "POST")])
def test_the_wrong_method_is_refused_in_words(browser: Client, account: Account, page: str, method: str) -> None:
    response = browser.generic(method, f"/widget/{account.external_id}/{page}")
    assert (response.status_code, response.json()["error"]) == (405, "wrong_method")


def test_a_browser_may_ask_first(browser: Client, account: Account) -> None:
    response = browser.options(f"/widget/{account.external_id}/messages")
    assert response.status_code == 204
    assert "authorization" in response["access-control-allow-headers"]


def test_the_sample_site_carries_the_one_line(browser: Client, account: Account) -> None:
    page = browser.get(f"/widget/{account.external_id}/sample")
    assert f'<script src="/widget.js" data-account="{account.external_id}"' in page.content.decode()
    assert "style=" not in page.content.decode()
