"""What the door takes in, and what it refuses: clearly, and never with a 500 for what a sender did."""

import asyncio
from typing import Any

import pytest

from bandeja.channels import accounts
from bandeja.channels.models import Account, ChannelKey, Receipt
from bandeja.channels.webchat import visitor
from bandeja.intake.door import Door
from bandeja.intake.tests.knocking import HELLO, Answer, a_visitor, at_the_door, knock, path_of
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def write(account: Account, body: Any = HELLO, **more: Any) -> Answer:
    """One delivery to this account, by a visitor of its own unless a token is given."""
    more.setdefault("token", a_visitor(account))
    return at_the_door(lambda door: knock(door, more.pop("path", path_of(account)), body, **more))


@pytest.fixture
def api(cast: Cast) -> Account:
    return accounts.connect(cast.workspace, ChannelKey.API, name="CRM")


def test_a_delivery_is_stored_as_it_came_and_then_answered(cast: Cast) -> None:
    name, token = visitor.make(cast.chat.external_id)
    answer = write(cast.chat, b'{"text": "\xc3\xa1"}', token=token)
    assert (answer.status, answer.said) == (200, {"ok": True})
    receipt = Receipt.objects.get()
    assert (receipt.account_id, receipt.channel) == (cast.chat.pk, "webchat")
    assert bytes(receipt.body) == b'{"text": "\xc3\xa1"}'
    assert receipt.headers == {"sender": name}
    assert receipt.processed_at is None


def test_an_integrators_program_is_known_by_its_token(api: Account) -> None:
    assert write(api, token=accounts.new_token(api)).status == 200
    assert Receipt.objects.get().headers == {"sender": api.external_id}


def test_the_same_delivery_twice_is_two_receipts(cast: Cast) -> None:
    token = a_visitor(cast.chat)
    assert [write(cast.chat, token=token).status for _ in range(2)] == [200, 200]
    assert Receipt.objects.count() == 2


def test_a_delivery_may_come_in_pieces(cast: Cast) -> None:
    assert write(cast.chat, [b'{"id":', b"", b' "1"}']).status == 200
    assert bytes(Receipt.objects.get().body) == b'{"id": "1"}'


@pytest.mark.parametrize(
    "body", [b"", b"\0", b"\xff\xfe", b"{", b"[" * 10_000, b'{"text": "\\u0000\\ud800"}', b"null"]
)
def test_what_nobody_understands_is_stored_for_the_drain_to_park(cast: Cast, body: bytes) -> None:
    assert write(cast.chat, body).status == 200
    assert bytes(Receipt.objects.get().body) == body


def test_without_a_token_it_is_refused_401(cast: Cast) -> None:
    for told in ([], [(b"authorization", b"Basic YTpi")], [(b"authorization", b"Bearer ")]):
        answer = write(cast.chat, token=None, headers=told)
        assert (answer.status, answer.said["error"]) == (401, "no_token")
    assert not Receipt.objects.exists()


@pytest.mark.parametrize("token", ["x", "a.b", "ñ", "0" * 32 + "." + "0" * 64, "." * 5_000])
def test_with_a_token_that_was_not_made_here_it_is_refused_403(cast: Cast, api: Account, token: str) -> None:
    for account in (cast.chat, api):
        answer = write(account, token=token)
        assert (answer.status, answer.said["error"]) == (403, "bad_token")
    assert not Receipt.objects.exists()


def test_a_visitor_of_one_account_is_a_stranger_to_another(cast: Cast, carla: Cast) -> None:
    assert write(cast.chat, token=a_visitor(carla.chat)).status == 403


def test_an_account_nobody_connected_is_not_found(cast: Cast) -> None:
    token = visitor.make("web_nobody")[1]
    assert write(cast.chat, path="/hooks/webchat/web_nobody", token=token).status == 404


def test_a_disconnected_account_is_not_found(cast: Cast) -> None:
    accounts.disconnect(cast.chat)
    assert write(cast.chat).status == 404
    assert not Receipt.objects.exists()


@pytest.mark.parametrize(
    "path", ["/hooks/", "/hooks/webchat", "/hooks/webchat/", "/hooks/fax/1", "/hooks/webchat/a\0b", "/hooks/api/ñ"]
)
def test_an_address_that_is_none_is_not_found(cast: Cast, path: str) -> None:
    assert write(cast.chat, path=path).status == 404


def test_a_delivery_is_posted(cast: Cast) -> None:
    answer = write(cast.chat, method="GET")
    assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")


def test_a_page_of_any_site_may_send(cast: Cast, api: Account) -> None:
    allowed = write(cast.chat, method="OPTIONS", token=None)
    assert allowed.status == 204
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert "authorization" in allowed.headers["access-control-allow-headers"]
    assert write(cast.chat).headers["access-control-allow-origin"] == "*"
    assert write(cast.chat, token="x").headers["access-control-allow-origin"] == "*"
    assert write(api, method="OPTIONS", token=None).status == 405


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data; boundary=x"])
def test_what_is_not_json_by_its_header_is_refused_415(cast: Cast, content_type: str) -> None:
    assert write(cast.chat, content_type=content_type).status == 415


def test_json_with_a_charset_is_json(cast: Cast) -> None:
    assert write(cast.chat, content_type="Application/JSON; charset=utf-8").status == 200


def test_a_delivery_that_says_it_is_too_large_is_refused_unread(cast: Cast) -> None:
    answer = write(cast.chat, b"{}", headers=[(b"content-length", b"999999")])
    assert (answer.status, answer.said["error"]) == (413, "too_large")


def test_a_delivery_that_grows_too_large_is_refused_413(cast: Cast) -> None:
    answer = write(cast.chat, [b" " * 30_000] * 10)
    assert answer.status == 413
    assert "bytes" in answer.said["detail"]
    assert not Receipt.objects.exists()


def test_a_visitor_who_writes_without_pause_is_asked_to_wait(cast: Cast) -> None:
    async def hurry(door: Door) -> list[Answer]:
        token = a_visitor(cast.chat)
        answers = [await knock(door, path_of(cast.chat), token=token) for _ in range(25)]
        return [*answers, await knock(door, path_of(cast.chat), token=a_visitor(cast.chat))]

    *hurried, patient = at_the_door(hurry)
    assert [answer.status for answer in hurried] == [200] * 20 + [429] * 5
    assert int(hurried[-1].headers["retry-after"]) >= 1
    assert patient.status == 200
    assert Receipt.objects.count() == 21


def test_a_program_may_write_without_pause(api: Account) -> None:
    token = accounts.new_token(api)

    async def hurry(door: Door) -> list[Answer]:
        return await asyncio.gather(*(knock(door, path_of(api), token=token) for _ in range(50)))

    assert {answer.status for answer in at_the_door(hurry)} == {200}


def test_whoever_hangs_up_halfway_leaves_nothing(cast: Cast) -> None:
    said: list[Any] = []

    async def hang_up(door: Door) -> None:
        arriving: list[dict[str, Any]] = [
            {"type": "http.request", "body": b"{", "more_body": True},
            {"type": "http.disconnect"},
        ]
        told = [
            (b"content-type", b"application/json"),
            (b"authorization", b"Bearer " + a_visitor(cast.chat).encode()),
        ]

        async def receive() -> dict[str, Any]:
            return arriving.pop(0)

        async def send(message: Any) -> None:
            said.append(message)

        await door({"method": "POST", "path": path_of(cast.chat), "headers": told}, receive, send)

    at_the_door(hang_up)
    assert not said
    assert not Receipt.objects.exists()
