"""After an outage: what was said while nothing was delivered, each thing once, from either side."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bandeja.channels import accounts
from bandeja.channels.contract import Kind
from bandeja.channels.meta import backfill
from bandeja.channels.meta.tests.answering import HTML, Fake
from bandeja.channels.models import Account, ChannelKey, Health, MetaApp
from bandeja.channels.sending import Unanswered
from tests.cast import Cast

SINCE = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def app(cast: Cast) -> MetaApp:
    return MetaApp.objects.create(
        workspace=cast.workspace, key="k", name="App", app_id="555", secret="s", verify_token="v"
    )


def connect(cast: Cast, app: MetaApp, channel: ChannelKey, external_id: str, **config: Any) -> Account:
    account = accounts.connect(
        cast.workspace, channel, name="x", external_id=external_id, app=app, config=config, token="t"
    )
    return Account.objects.select_related("credential", "app").get(pk=account.pk)


@pytest.fixture
def page(cast: Cast, app: MetaApp) -> Account:
    return connect(cast, app, ChannelKey.MESSENGER, "1906")


def at(minutes: int) -> str:
    return (SINCE + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S+0000")


US, LIA = {"id": "1906", "name": "Tienda"}, {"id": "654", "name": "Lía"}


def said(mid: str, minutes: int, text: str = "Hola", *, ours: bool = False, **more: Any) -> dict[str, Any]:
    writer, reader = (US, LIA) if ours else (LIA, US)
    return {"id": mid, "created_time": at(minutes), "from": writer, "to": {"data": [reader]}, "message": text, **more}


def conversation(minutes: int, *messages: dict[str, Any], following: str = "") -> dict[str, Any]:
    paging = {"next": f"https://graph.facebook.com/v26.0/t_1/messages?access_token=t&after={following}"}
    page = {"data": list(messages), "paging": paging if following else {}}
    return {"id": "t_1", "updated_time": at(minutes), "messages": page}


def fetch(account: Account) -> list[list[Any]]:
    return list(backfill.batches(account, SINCE, lambda: None))


def test_what_was_said_comes_oldest_first_from_both_sides(page: Account, meta: Fake) -> None:
    newest_first = [said("m3", 9, "¿Hola?"), said("m2", 5, "Ya vamos", ours=True), said("m1", 2, "¿Están?")]
    meta.on("GET /1906/conversations", {"data": [conversation(9, *newest_first)]})
    (batch,) = fetch(page)
    assert [(each.external_id, each.text, each.echo) for each in batch] == [
        ("m1", "¿Están?", False),
        ("m2", "Ya vamos", True),
        ("m3", "¿Hola?", False),
    ]
    assert {each.identity for each in batch} == {("psid", "654")}
    assert [each.opens_window for each in batch] == [True, False, True]
    assert batch[0].provider_at == SINCE + timedelta(minutes=2)
    assert meta.asked[0].url.params["platform"] == "messenger"


def test_it_counts_as_received_when_it_is_fetched(page: Account, meta: Fake) -> None:
    """closing C5: backfill is not history."""
    meta.on("GET /1906/conversations", {"data": [conversation(1, said("m1", 1))]})
    ((message,),) = fetch(page)
    assert (message.received_at, message.history, message.counts) == (None, False, True)


def test_nothing_older_is_fetched(page: Account, meta: Fake) -> None:
    recent = conversation(3, said("m2", 3), said("m1", -1), following="MQ")
    meta.on("GET /1906/conversations", {"data": [recent, conversation(-5, said("m0", -5))]})
    assert [[each.external_id for each in batch] for batch in fetch(page)] == [["m2"]]
    assert meta.paths == ["GET /1906/conversations"]


def test_a_long_conversation_is_followed_as_far_back_as_needed(page: Account, meta: Fake) -> None:
    meta.on("GET /1906/conversations", {"data": [conversation(9, said("m9", 9), following="MQ")]})
    more = {"data": [said("m8", 8)], "paging": {"next": "https://x/?after=Mg&access_token=t"}}
    meta.on(
        "GET /t_1/messages", more, {"data": [said("m7", 7), said("m0", -9)], "paging": {"next": "https://x/?a=b"}}
    )
    assert [each.external_id for each in fetch(page)[0]] == ["m7", "m8", "m9"]
    assert meta.asked[1].url.params["after"] == "MQ"
    assert "access_token" not in meta.asked[1].url.params
    assert len(meta.asked) == 3


def test_files_come_along(page: Account, meta: Fake) -> None:
    files = [
        {"id": "1", "mime_type": "image/jpeg", "name": "a.jpg", "image_data": {"url": "https://x/a.jpg"}},
        {"id": "2", "mime_type": "video/mp4", "video_data": {"url": "https://x/b.mp4"}},
        {"id": "3", "mime_type": "audio/mp4", "file_url": "https://x/c.m4a"},
        {"id": "4", "mime_type": "application/pdf", "name": "d.pdf", "file_url": "https://x/d.pdf"},
        {"id": "5"},
    ]
    with_files = said("m1", 1, "", attachments={"data": files})
    meta.on("GET /1906/conversations", {"data": [conversation(1, with_files)]})
    ((message,),) = fetch(page)
    assert message.kind is Kind.IMAGE
    assert [(each.kind, each.remote, each.is_url) for each in message.media] == [
        (Kind.IMAGE, "https://x/a.jpg", True),
        (Kind.VIDEO, "https://x/b.mp4", True),
        (Kind.AUDIO, "https://x/c.m4a", True),
        (Kind.DOCUMENT, "https://x/d.pdf", True),
    ]


@pytest.mark.parametrize(
    "message",
    [{}, {"id": "m1"}, {"id": "m1", "from": "x"}, {"id": "m1", "from": {"id": ""}}, {"id": "", "from": LIA}],
)
def test_what_names_nobody_is_left_out(page: Account, meta: Fake, message: dict[str, Any]) -> None:
    meta.on("GET /1906/conversations", {"data": [conversation(2, message), conversation(1, said("m2", 1))]})
    assert [[each.external_id for each in batch] for batch in fetch(page)] == [["m2"]]


def test_what_cannot_be_read_was_written_all_the_same(page: Account, meta: Fake) -> None:
    blank = {
        "id": "m1",
        "from": {"id": 654},
        "message": None,
        "created_time": "yesterday",
        "attachments": {"data": None},
    }
    meta.on("GET /1906/conversations", {"data": [conversation(1, blank), {"id": "t_2"}, {"messages": "?"}]})
    ((message,),) = fetch(page)
    assert (message.kind, message.provider_at, message.counts) == (Kind.UNSUPPORTED, None, True)


def test_instagram_is_asked_by_its_own_login_or_by_its_page(cast: Cast, app: MetaApp, meta: Fake) -> None:
    message = {**said("aWdf", 1), "from": {"id": "9", "username": "tienda"}, "to": {"data": [{"id": "77"}]}}
    itself = connect(cast, app, ChannelKey.INSTAGRAM, "178", login="instagram", username="tienda")
    meta.says({"data": [conversation(1, message)]})
    ((echo,),) = fetch(itself)
    assert (echo.echo, echo.identity) == (True, ("igsid", "77"))
    by_page = connect(cast, app, ChannelKey.INSTAGRAM, "179", login="page", page_id="1906")
    fetch(by_page)
    assert [f"{each.url.host}{each.url.path}" for each in meta.asked] == [
        "graph.instagram.com/v26.0/178/conversations",
        "graph.facebook.com/v26.0/1906/conversations",
    ]
    assert {each.url.params["platform"] for each in meta.asked} == {"instagram"}


def test_what_came_before_it_broke_off_stays_good(page: Account, meta: Fake) -> None:
    first = {"data": [conversation(9, said("m9", 9))], "paging": {"next": "https://x/?after=MQ"}}
    meta.on("GET /1906/conversations", first, HTML)
    batches = backfill.batches(page, SINCE, lambda: None)
    assert [each.external_id for each in next(batches)] == ["m9"]
    with pytest.raises(Unanswered):
        next(batches)


def test_two_calls_a_second_and_no_more() -> None:
    clock, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    pace = backfill.Pace(lambda: clock[0], sleep)
    pace()
    pace()
    clock[0] += 0.2
    pace()
    clock[0] += 5
    pace()
    assert slept == pytest.approx([0.5, 0.3])


def test_what_was_lost_is_to_be_fetched_until_it_was(page: Account, cast: Cast, app: MetaApp) -> None:
    assert backfill.lost() == []
    Health.objects.filter(account=page).update(missed_since=SINCE, is_subscribed=True)
    assert backfill.lost() == [(page, SINCE)]
    backfill.fetched(page, SINCE - timedelta(hours=1))
    assert backfill.lost() == [(page, SINCE)], "another loss was found meanwhile"
    backfill.fetched(page, SINCE)
    assert backfill.lost() == []


@pytest.mark.parametrize("ill", [{"has_valid_token": False}, {"is_subscribed": False}])
def test_an_account_that_cannot_be_asked_waits(page: Account, ill: dict[str, bool]) -> None:
    Health.objects.filter(account=page).update(**{"missed_since": SINCE, "is_subscribed": True, **ill})
    assert backfill.lost() == []
    accounts.disconnect(page)
    Health.objects.filter(account=page).update(has_valid_token=True, is_subscribed=True)
    assert backfill.lost() == []
