"""Serving: to whoever may see the conversation and nobody else, in the parts asked for, and harmless in a browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.test.client import RequestFactory

from bandeja.channels.contract import Kind, Media
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Attachment, Conversation, FileState
from bandeja.conversations.scope import Scope
from bandeja.media import links, ranges, serve
from bandeja.media.download import keep
from bandeja.media.storage import new_key, storage
from bandeja.media.tests import remote as remotes
from bandeja.media.tests.conftest import told
from bandeja.people.clock import database_now
from bandeja.people.models import Agent
from tests.cast import Cast

BODY = bytes(range(256)) * 1000


def as_(agent: Agent) -> Client:
    browser = Client()
    browser.force_login(agent)
    return browser


def a_file(cast: Cast, body: bytes = BODY, kind: Kind = Kind.DOCUMENT, name: str = "", mime: str = "") -> Attachment:
    """A file of Lía's, fetched."""
    attachment = told(cast, cast.chat, Media(kind, "x", name=name)).attachments.get()
    key = new_key(cast.workspace.pk, database_now())
    stored = keep(BytesIO(body), key, "5a" * 32, storage(), declared=mime, kind=Kind.DOCUMENT)
    values = {"mime": stored.mime, "thumb": stored.thumb, "sha256": stored.sha256, "size": len(body)}
    Attachment.objects.filter(pk=attachment.pk).update(
        state=FileState.STORED, file=key, look_at=None, width=stored.width, height=stored.height, **values
    )
    attachment.refresh_from_db()
    return attachment


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def status(response: Any) -> int:
    """Its status, once it was read to the end: a file that is being sent is open."""
    body(response)
    return int(response.status_code)


def address(attachment: Attachment) -> str:
    return f"/media/{attachment.pk}"


def test_an_agent_gets_the_file(cast: Cast) -> None:
    attachment = a_file(cast)
    response = as_(cast.ana).get(address(attachment))
    assert (response.status_code, response["Content-Length"], body(response)) == (200, str(len(BODY)), BODY)


@pytest.mark.parametrize("page", ["", "/thumb"])
def test_it_requires_somebody_signed_in(cast: Cast, client: Client, page: str) -> None:
    attachment = a_file(cast, remotes.picture())
    assert client.get(address(attachment) + page)["location"].startswith("/accounts/login/")


@pytest.mark.parametrize("page", ["", "/thumb"])
def test_a_file_of_another_workspace_does_not_exist(cast: Cast, carla: Cast, page: str) -> None:
    attachment = a_file(cast, remotes.picture())
    assert as_(carla.ana).get(address(attachment) + page).status_code == 404


@pytest.mark.parametrize("page", ["", "/thumb"])
def test_a_seller_has_the_files_of_the_conversations_they_may_see(cast: Cast, page: str) -> None:
    attachment = a_file(cast, remotes.picture())
    give: dict[str, Any] = {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana)}
    seen = []
    for owner in (None, cast.bruno.pk, cast.ana.pk):
        lifecycle.assign([attachment.conversation_id], owner, **give)
        seen.append(status(as_(cast.bruno).get(address(attachment) + page)))
    assert seen == [200, 200, 404]


def test_who_has_left_gets_nothing(cast: Cast) -> None:
    attachment = a_file(cast)
    browser = as_(cast.bruno)
    Agent.objects.filter(pk=cast.bruno.pk).update(is_active=False)
    assert browser.get(address(attachment)).status_code == 302


@pytest.mark.parametrize("state", [FileState.WAITING, FileState.FAILED, FileState.REFERRED])
def test_a_file_that_is_not_here_does_not_exist(cast: Cast, state: FileState) -> None:
    attachment = a_file(cast)
    Attachment.objects.update(state=state)
    assert as_(cast.ana).get(address(attachment)).status_code == 404
    assert as_(cast.ana).get("/media/99999999999999999999").status_code == 404


def test_a_file_the_storage_has_lost_does_not_exist(cast: Cast) -> None:
    attachment = a_file(cast, remotes.picture())
    storage().delete(attachment.file)
    storage().delete(attachment.thumb)
    for page in ("", "/thumb"):
        assert as_(cast.ana).get(address(attachment) + page).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_files_are_only_read(cast: Cast, method: str) -> None:
    assert getattr(as_(cast.ana), method)(address(a_file(cast))).status_code == 405


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=255990-", 255_990, 255_999),
        ("bytes=-10", 255_990, 255_999),
        ("bytes=-999999", 0, 255_999),
        ("bytes=5-999999999", 5, 255_999),
        (" bytes = 1 - 2 ", 1, 2),
    ],
)
def test_a_part_is_answered_with_that_part(cast: Cast, header: str, first: int, last: int) -> None:
    response = as_(cast.ana).get(address(a_file(cast)), headers={"Range": header})
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(BODY)}"
    assert response["Content-Length"] == str(last - first + 1)
    assert body(response) == BODY[first : last + 1]


@pytest.mark.parametrize("header", ["bytes=256000-", "bytes=999999-1000000", "bytes=-0"])
def test_a_part_that_is_not_there_is_refused(cast: Cast, header: str) -> None:
    response = as_(cast.ana).get(address(a_file(cast)), headers={"Range": header})
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(BODY)}")


@pytest.mark.parametrize(
    "header", ["bytes=5-1", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "", "bytes=٣-٤"]
)
def test_what_is_no_single_range_gets_all_of_it(cast: Cast, header: str) -> None:
    assert ranges.asked(header, 100) is None


def test_an_empty_file_has_no_parts() -> None:
    for header in ("bytes=0-", "bytes=-5"):
        with pytest.raises(ranges.NotThere):
            ranges.asked(header, 0)


def test_an_empty_file_is_served_whole(cast: Cast) -> None:
    response = as_(cast.ana).get(address(a_file(cast, b"")))
    assert (response.status_code, response["Content-Length"], body(response)) == (200, "0", b"")


def test_who_has_a_part_of_another_version_gets_all_of_it(cast: Cast) -> None:
    attachment = a_file(cast)
    browser, etag = as_(cast.ana), f'"{attachment.sha256}"'
    part = {"Range": "bytes=0-1"}
    assert status(browser.get(address(attachment), headers={**part, "If-Range": etag})) == 206
    assert status(browser.get(address(attachment), headers={**part, "If-Range": '"other"'})) == 200


def test_the_head_of_it_is_answered_without_its_bytes(cast: Cast) -> None:
    response = as_(cast.ana).head(address(a_file(cast)))
    assert (response.status_code, response["Content-Length"], response.content) == (200, str(len(BODY)), b"")


def test_a_browser_keeps_it_and_asks_each_time_whether_it_still_may(cast: Cast) -> None:
    attachment = a_file(cast)
    browser = as_(cast.ana)
    response = browser.get(address(attachment))
    body(response)
    assert response["Cache-Control"] == "private, no-cache"
    again = browser.get(address(attachment), headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", response["ETag"])
    lifecycle.assign([attachment.conversation_id], cast.ana.pk, scope=Scope.of(cast.ana), by=Actor.agent(cast.ana))
    assert as_(cast.bruno).get(address(attachment), headers={"If-None-Match": response["ETag"]}).status_code == 404


@pytest.mark.parametrize(
    ("content", "mime", "inline"),
    [
        (remotes.picture(), "image/png", True),
        (remotes.picture(form="JPEG"), "image/jpeg", True),
        (b"OggS" + b"\x00" * 60, "audio/ogg", True),
        (b"\x00\x00\x00\x18ftypisom" + b"\x00" * 60, "video/mp4", True),
        (remotes.PDF, "application/pdf", False),
        (remotes.SVG, "image/svg+xml", False),
        (remotes.PAGE, "text/html", False),
        (b"alert(1)", "text/plain", False),
        (b"MZ" + b"\x00" * 60, "application/x-msdownload", False),
        (b"\x00\x01\x02\x03", "application/octet-stream", False),
    ],
)
def test_only_what_can_do_no_harm_is_shown_in_the_browser(
    cast: Cast, content: bytes, mime: str, inline: bool
) -> None:
    response = as_(cast.ana).get(address(a_file(cast, content, mime="image/png", name="foto.png")))
    body(response)
    assert response["Content-Type"] == mime
    assert response["Content-Disposition"].startswith("inline" if inline else "attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("lista.pdf", 'attachment; filename="lista.pdf"'),
        ("año nuevo.pdf", "attachment; filename*=utf-8''a%C3%B1o%20nuevo.pdf"),
        ('a"b\\c.pdf', 'attachment; filename="c.pdf"'),
        ('a"b.pdf', 'attachment; filename="a\\"b.pdf"'),
        ("../../etc/passwd", 'attachment; filename="passwd"'),
        ("a\r\nSet-Cookie: x", 'attachment; filename="a Set-Cookie: x"'),
    ],
)
def test_it_keeps_its_name(cast: Cast, name: str, header: str) -> None:
    response = as_(cast.ana).get(address(a_file(cast, remotes.PDF, name=name)))
    body(response)
    assert response["Content-Disposition"] == header


def test_one_without_a_name_is_given_one(cast: Cast) -> None:
    attachment = a_file(cast, remotes.PDF)
    response = as_(cast.ana).get(address(attachment))
    body(response)
    assert response["Content-Disposition"] == f'attachment; filename="document-{attachment.pk}.pdf"'


def test_a_picture_has_a_thumbnail_and_nothing_else_has(cast: Cast) -> None:
    response = as_(cast.ana).get(address(a_file(cast, remotes.picture())) + "/thumb")
    assert (response["Content-Type"], body(response)[8:12]) == ("image/webp", b"WEBP")
    assert as_(cast.ana).get(address(a_file(cast)) + "/thumb").status_code == 404


def test_it_is_streamed_and_not_held_in_memory(cast: Cast) -> None:
    attachment = a_file(cast)
    request = RequestFactory().get("/")
    response: Any = serve.answer(request, serve.whole(attachment))
    chunks = [len(chunk) for chunk in response.streaming_content]
    assert (sum(chunks), max(chunks)) == (len(BODY), 64 * 1024)


def test_an_address_for_channels_is_good_for_an_hour_and_needs_nobody(cast: Cast, client: Client) -> None:
    attachment = a_file(cast, remotes.picture())
    noon = datetime(2030, 1, 1, 12, tzinfo=UTC)
    with time_machine.travel(noon, tick=False) as now:
        url = links.public_url(attachment.pk)
        assert re.fullmatch(r"http://127\.0\.0\.1:8000/media/out/\d+:\w+:[\w-]+", url)
        path = url.removeprefix("http://127.0.0.1:8000")
        now.move_to(noon + timedelta(minutes=59))
        response = client.get(path)
        assert (response.status_code, body(response)) == (200, remotes.picture())
        assert (response["Cache-Control"], response["Content-Type"]) == ("private, no-store", "image/png")
        now.move_to(noon + timedelta(minutes=61))
        assert client.get(path).status_code == 404


def test_an_address_for_channels_cannot_be_made_by_others(cast: Cast, client: Client) -> None:
    first, second = a_file(cast), a_file(cast)
    token = links.public_url(first.pk).rpartition("/")[2]
    for forged in (f"{second.pk}:{token.partition(':')[2]}", str(first.pk), "x", token[:-1]):
        assert client.get(f"/media/out/{forged}").status_code == 404
    Conversation.objects.all().delete()
    assert client.get(f"/media/out/{token}").status_code == 404
