"""Fetching: what comes is kept by its own bytes, what does not is tried again, and the message always stands."""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from bandeja import guard
from bandeja.channels.contract import Kind, Media
from bandeja.channels.fetching import (
    ALTERED,
    BROKEN,
    GONE,
    LOCKED,
    NOT_KEPT,
    PAGE,
    PRIVATE,
    SILENT,
    TOO_LARGE,
    Trouble,
)
from bandeja.channels.models import Account
from bandeja.conversations.models import Attachment, FileState, Message
from bandeja.media import download, fetch, prune
from bandeja.media.fetch import Lane
from bandeja.media.folder import Folder
from bandeja.media.models import ErasedFile
from bandeja.media.storage import storage
from bandeja.media.tests import remote as remotes
from bandeja.media.tests.conftest import With
from bandeja.media.tests.remote import UNTOLD, Answer, Remote
from bandeja.media.tests.rows import attachments
from bandeja.people.clock import database_now
from tests.cast import Cast

PICTURE = remotes.picture()


def run(lane: Lane) -> int:
    """Step until nothing is under way; answers how many were settled."""
    count = 0
    until = time.monotonic() + 20
    while time.monotonic() < until:
        outcome = lane.step()
        count += outcome.count
        if outcome.next_in is None and not outcome.count:
            return count
    raise AssertionError("files are still under way")


def kept(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def due(attachment: Attachment) -> None:
    """As if the wait were over."""
    Attachment.objects.filter(pk=attachment.pk).update(look_at=database_now())


def test_a_whatsapp_file_is_fetched_with_the_token_and_kept(by_id: With, remote: Remote, lane: Lane) -> None:
    remote.put_media("77", Answer(PICTURE))
    attachment = by_id("77", mime="image/jpeg", sha256=base64.b64encode(hashlib.sha256(PICTURE).digest()).decode())
    assert run(lane) == 1
    attachment.refresh_from_db()
    assert (attachment.state, attachment.look_at, attachment.error) == (FileState.STORED, None, "")
    assert (attachment.mime, attachment.size, attachment.sha256) == (
        "image/png", len(PICTURE), hashlib.sha256(PICTURE).hexdigest(),
    )  # fmt: skip
    assert (attachment.width, attachment.height) == (60, 40)
    assert b"".join(storage().stream(attachment.file, 0, len(PICTURE) - 1)) == PICTURE
    assert "phone_number_id=ewhatsapp" in remote.asked[0].path
    assert [asked.headers["Authorization"] for asked in remote.asked] == ["Bearer a-token"] * 2


def test_a_file_by_address_is_fetched_without_the_token(by_url: With, remote: Remote, lane: Lane) -> None:
    attachment = by_url(remote.put("/file", Answer(PICTURE)))
    run(lane)
    attachment.refresh_from_db()
    assert attachment.state == FileState.STORED
    assert "Authorization" not in remote.asked[0].headers


def test_the_key_is_of_the_workspace_and_the_day_and_cannot_be_guessed(
    by_url: With, remote: Remote, lane: Lane, cast: Cast, folder: Path
) -> None:
    attachment = by_url(remote.put("/file", Answer(PICTURE)))
    run(lane)
    attachment.refresh_from_db()
    workspace, year, month, day, name = attachment.file.split("/")
    assert (workspace, f"{year}-{month}-{day}") == (str(cast.workspace.pk), f"{attachment.created_at:%Y-%m-%d}")
    assert len(name) == 32
    assert kept(folder) == [attachment.file, attachment.thumb]
    assert (folder / attachment.file).stat().st_mode & 0o777 == 0o600


def test_an_address_that_died_is_asked_for_anew_at_once(by_id: With, remote: Remote, lane: Lane) -> None:
    remote.put_media("77", Answer(b"", 404), Answer(PICTURE))
    attachment = by_id("77")
    run(lane)
    attachment.refresh_from_db()
    assert attachment.state == FileState.STORED
    assert remote.paths() == ["/v26.0/77", "/cdn/77/0", "/v26.0/77", "/cdn/77/1"]


UNKNOWN_ID = Answer(b'{"error": {"code": 100, "error_subcode": 33, "message": "Unsupported get request"}}', 400)
BAD_TOKEN = Answer(b'{"error": {"code": 190, "message": "The access token is invalid"}}', 401)


@pytest.mark.parametrize(
    ("answer", "sentence", "last"),
    [
        (Answer(b"", 404), GONE, False),
        (Answer(b"", 401), LOCKED, False),
        (Answer(b"", 403), LOCKED, False),
        (Answer(b"", 429), SILENT, False),
        (Answer(b"<html>bad gateway</html>", 502), SILENT, False),
        (Answer(b"half", length=100), SILENT, False),
        (Answer(remotes.PAGE), PAGE, False),
        (Answer(b'{"error": "no"}'), PAGE, False),
        (Answer(b"", 302, {"Location": "https://127.0.0.1/x"}), PRIVATE, True),
        (Answer(b"", 302, {"Location": "http://example.com/x"}), PRIVATE, True),
        (Answer(b"", 302, {"Location": "https://localhost/x"}), PRIVATE, True),
        (Answer(b"", 302, {"Location": "/file"}), SILENT, False),
    ],
    ids=lambda each: str(getattr(each, "status", each)),
)
def test_what_does_not_come_is_told_and_tried_again_where_that_may_help(
    by_url: With, remote: Remote, lane: Lane, folder: Path, answer: Answer, sentence: str, last: bool
) -> None:
    attachment = by_url(remote.put("/file", answer))
    run(lane)
    attachment.refresh_from_db()
    assert (attachment.error, attachment.state) == (sentence, FileState.FAILED if last else FileState.WAITING)
    assert kept(folder) == []
    assert Message.objects.filter(attachments=attachment, text="Hola").exists()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(UNKNOWN_ID, GONE), (BAD_TOKEN, LOCKED), (Answer(b"<html>", 502), SILENT), (Answer(b"{}"), BROKEN)],
)
def test_what_graph_refuses_is_told_in_a_sentence(
    by_id: With, remote: Remote, lane: Lane, answer: Answer, sentence: str
) -> None:
    remote.put("/v26.0/77", answer)
    attachment = by_id("77")
    run(lane)
    attachment.refresh_from_db()
    assert (attachment.error, attachment.state, attachment.tries) == (sentence, FileState.WAITING, 1)


def test_a_missing_file_is_given_up_after_three_tries(by_id: With, remote: Remote, lane: Lane) -> None:
    remote.put("/v26.0/77", UNKNOWN_ID)
    attachment = by_id("77")
    for _ in range(3):
        due(attachment)
        run(lane)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.error, attachment.look_at, attachment.file) == (
        FileState.FAILED, GONE, None, "",
    )  # fmt: skip


def test_it_comes_after_a_failure(by_url: With, remote: Remote, lane: Lane) -> None:
    attachment = by_url(remote.put("/file", Answer(b"", 500), Answer(PICTURE)))
    assert (run(lane), run(lane)) == (1, 0)
    due(attachment)
    assert run(lane) == 1
    attachment.refresh_from_db()
    assert (attachment.state, attachment.error, attachment.tries) == (FileState.STORED, "", 2)


@pytest.mark.parametrize("told", [True, False])
def test_what_is_too_large_is_not_kept(
    by_url: With, remote: Remote, lane: Lane, folder: Path, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    monkeypatch.setenv("BANDEJA_MEDIA_LIMIT", "1")
    large = Answer(b"\x00" * (1024 * 1024 + 1))
    if not told:
        large.length = UNTOLD
    attachment = by_url(remote.put("/file", large), Kind.DOCUMENT)
    run(lane)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.error) == (FileState.FAILED, TOO_LARGE)
    assert kept(folder) == []


def test_what_is_as_large_as_may_be_is_kept(
    by_url: With, remote: Remote, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANDEJA_MEDIA_LIMIT", "1")
    attachment = by_url(remote.put("/file", Answer(b"\x00" * 1024 * 1024)), Kind.DOCUMENT)
    run(lane)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.size) == (FileState.STORED, 1024 * 1024)


def test_another_file_than_was_told_of_is_not_kept(by_id: With, remote: Remote, lane: Lane, folder: Path) -> None:
    remote.put_media("77", Answer(PICTURE))
    attachment = by_id("77", sha256=base64.b64encode(hashlib.sha256(b"other").digest()).decode())
    run(lane)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.error) == (FileState.WAITING, ALTERED)
    assert kept(folder) == []


@pytest.mark.parametrize(
    ("body", "mime"),
    [
        (remotes.SVG, "image/svg+xml"),
        (remotes.PDF, "application/pdf"),
        (b"MZ" + b"\x00" * 100, "application/x-msdownload"),
        (b"\x00\x01\x02 what is this", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_bytes_say_whatever_it_was_told_to_be(
    by_url: With, remote: Remote, lane: Lane, body: bytes, mime: str
) -> None:
    attachment = by_url(remote.put("/file", Answer(body, headers={"Content-Type": "image/png"})), mime="image/png")
    run(lane)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.mime, attachment.thumb) == (FileState.STORED, mime, "")


def test_a_page_sent_as_a_document_is_one(by_url: With, remote: Remote, lane: Lane) -> None:
    attachment = by_url(remote.put("/file", Answer(remotes.PAGE)), Kind.DOCUMENT)
    run(lane)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.mime) == (FileState.STORED, "text/html")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x", "https://[::1]/x", "https://169.254.169.254/latest", "ftp://x"]
)
def test_addresses_that_are_not_public_are_never_asked(by_url: With, lane: Lane, url: str) -> None:
    attachment = by_url(url)
    run(lane)
    attachment.refresh_from_db()
    assert attachment.state == FileState.FAILED
    assert attachment.error in {PRIVATE, BROKEN}


def test_an_address_that_is_none_is_given_up(by_url: With, lane: Lane) -> None:
    attachment = by_url("https://exa mple\x7f/")
    run(lane)
    attachment.refresh_from_db()
    assert attachment.state == FileState.FAILED


def test_a_host_of_the_operators_own_network_may_be_named(
    by_url: With, cast: Cast, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Remote()
    try:
        attachment = by_url(own.put("/file", Answer(PICTURE)))
        monkeypatch.setenv("BANDEJA_MEDIA_HOSTS", f"files.internal, {urlsplit(own.url).netloc}")
        run(lane)
        attachment.refresh_from_db()
        assert attachment.state == FileState.STORED
    finally:
        own.close()


def test_a_token_is_not_handed_on_to_where_an_address_leads(by_id: With, lane: Lane, remote: Remote) -> None:
    other = Remote()
    try:
        elsewhere = other.put("/stolen", Answer(PICTURE))
        remote.put_media("77", Answer(b"", 302, {"Location": elsewhere}), told=PICTURE)
        os.environ["BANDEJA_MEDIA_HOSTS"] = urlsplit(other.url).netloc
        by_id("77")
        run(lane)
        assert [asked.path for asked in other.asked] == ["/stolen"]
        assert "Authorization" not in other.asked[0].headers
    finally:
        del os.environ["BANDEJA_MEDIA_HOSTS"]
        other.close()


def test_a_slow_channel_is_given_up_for_now(
    by_url: With, remote: Remote, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bandeja.guard.TIMEOUT", 0.2)
    hold = threading.Event()
    attachment = by_url(remote.put("/file", Answer(PICTURE, hold=hold)))
    run(lane)
    hold.set()
    attachment.refresh_from_db()
    assert (attachment.state, attachment.error) == (FileState.WAITING, SILENT)


def test_a_trickle_is_cut_off(by_url: With, remote: Remote, lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bandeja.media.download.MOST_SECONDS", 0.0)
    attachment = by_url(remote.put("/file", Answer(PICTURE)))
    run(lane)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.error) == (FileState.WAITING, SILENT)


def test_a_full_disk_loses_nothing(
    by_url: With, remote: Remote, lane: Lane, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attachment = by_url(remote.put("/file", Answer(PICTURE)))

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("bandeja.media.folder.shutil.copyfileobj", full)
        run(lane)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.error, kept(folder)) == (FileState.WAITING, NOT_KEPT, [])
    due(attachment)
    run(lane)
    attachment.refresh_from_db()
    assert attachment.state == FileState.STORED


def test_a_failure_nobody_thought_of_is_tried_again(
    by_url: With, remote: Remote, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    attachment = by_url(remote.put("/file", Answer(PICTURE)))
    monkeypatch.setattr("bandeja.media.download.sniff.sniff", lambda *_: 1 / 0)
    run(lane)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.error) == (FileState.WAITING, BROKEN)


def claimed(fetcher: Any, *, tries: int, age: timedelta = timedelta()) -> Any:
    return fetch.Claimed(1, 1, 1, tries, age, None, fetcher, frozenset())  # type: ignore[arg-type]  # what this test does not look at is left out


def test_the_waits_grow_up_to_an_hour_and_end_with_the_channels_patience() -> None:
    whatsapp, url = fetch.BY_ID["whatsapp"], fetch.BY_URL
    waits = [fetch.pause(claimed(url, tries=tries), Trouble(SILENT)) for tries in (1, 2, 3, 6, 900)]
    assert [wait.total_seconds() for wait in waits if wait] == [5, 20, 80, 3600, 3600]
    for fetcher, days in ((whatsapp, 7), (url, 1)):
        late = timedelta(days=days)
        assert fetch.pause(claimed(fetcher, tries=9, age=late - timedelta(hours=2)), Trouble(SILENT))
        assert not fetch.pause(claimed(fetcher, tries=9, age=late - timedelta(minutes=59)), Trouble(SILENT))


def test_a_file_is_fetched_by_one_worker_only(by_url: With, remote: Remote, lane: Lane) -> None:
    hold = threading.Event()
    by_url(remote.put("/file", Answer(PICTURE, hold=hold)))
    assert lane.step().next_in == 0.0
    other = Lane()
    assert other.step().next_in is None
    other.close()
    hold.set()
    assert run(lane) == 1
    assert len(remote.asked) == 1


def test_no_more_are_fetched_at_once_than_may_be(cast: Cast, messenger: Account, remote: Remote) -> None:
    lane, hold = Lane(at_once=2), threading.Event()
    url = remote.put("/file", Answer(PICTURE, hold=hold))
    media = [Media(Kind.IMAGE, url, is_url=True)] * 5
    message = cast.write(account=messenger).messages.get()
    Attachment.objects.bulk_create(attachments(message, media, at=database_now()))
    lane.step()
    lane.step()
    assert Attachment.objects.filter(tries=1).count() == 2
    hold.set()
    assert run(lane) == 5
    lane.close()


def test_who_has_lost_the_lease_changes_nothing(by_url: With, remote: Remote, lane: Lane) -> None:
    hold = threading.Event()
    attachment = by_url(remote.put("/file", Answer(b"\x00late" * 10, hold=hold), Answer(PICTURE)))
    lane.step()
    due(attachment)  # the lease is over
    other = Lane()
    run(other)
    other.close()
    hold.set()
    run(lane)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.size, attachment.tries) == (FileState.STORED, len(PICTURE), 2)


def test_what_is_erased_meanwhile_is_not_kept(by_url: With, remote: Remote, lane: Lane, folder: Path) -> None:
    hold = threading.Event()
    attachment = by_url(remote.put("/file", Answer(PICTURE, hold=hold)))
    lane.step()
    attachment.delete()
    hold.set()
    run(lane)
    ErasedFile.objects.update(erased_at=database_now() - timedelta(hours=2))
    prune.step()
    assert kept(folder) == []


def test_what_was_kept_of_a_file_that_is_given_up_goes(
    by_url: With, remote: Remote, lane: Lane, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file itself was stored, its thumbnail was not, and the channel's patience is over."""
    inner = Folder.keep

    def keep(self: Folder, key: str, file: Any) -> None:
        if key.endswith(".webp"):
            raise OSError(errno.ENOSPC, "No space left on device")
        inner(self, key, file)

    monkeypatch.setattr(Folder, "keep", keep)
    attachment = by_url(remote.put("/file", Answer(PICTURE)))
    Attachment.objects.update(created_at=database_now() - timedelta(hours=25))
    run(lane)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.error, len(kept(folder))) == (FileState.FAILED, NOT_KEPT, 1)
    ErasedFile.objects.update(erased_at=database_now() - timedelta(hours=2))
    prune.step()
    assert kept(folder) == []


@pytest.mark.django_db(transaction=True)
def test_threads_are_told_when_a_file_has_come_and_when_it_is_lost(by_url: With, remote: Remote, lane: Lane) -> None:
    heard = _listening(lambda: (by_url(remote.put("/file", Answer(PICTURE))), run(lane)))
    assert len(heard) == 2  # the message, then its file
    heard = _listening(lambda: (by_url("http://10.0.0.1/"), run(lane)))
    assert len(heard) == 2


def _listening(act: Callable[[], object]) -> list[str]:
    import psycopg

    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    with psycopg.connect(address, autocommit=True) as ear:
        ear.execute("listen bandeja")
        act()
        return [notify.payload for notify in ear.notifies(timeout=0.3)]


KILLED = """
import os, time, django
django.setup()
from bandeja.media import folder
from bandeja.media.fetch import Lane

def slow(source, target, length):
    target.write(source.read(10)); target.flush()
    print("half-way", flush=True)
    time.sleep(60)

folder.shutil.copyfileobj = slow
lane = Lane()
while True:
    lane.step()
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_half_way_leaves_nothing_and_the_file_still_comes(
    by_url: With, remote: Remote, lane: Lane, folder: Path, tmp_path: Path
) -> None:
    attachment = by_url(remote.put("/file", Answer(PICTURE)))
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    told = {"DATABASE_URL": address, "BANDEJA_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "bandeja.settings"}
    worker = subprocess.Popen([sys.executable, "-c", KILLED], env={**os.environ, **told}, stdout=subprocess.PIPE)
    assert worker.stdout
    assert worker.stdout.readline() == b"half-way\n"
    os.kill(worker.pid, signal.SIGKILL)
    worker.communicate()

    assert [name for name in kept(folder) if not name.startswith(".parts/")] == []
    attachment.refresh_from_db()
    assert attachment.look_at is not None
    assert attachment.look_at > database_now() + timedelta(minutes=5)  # its lease; then somebody else looks
    due(attachment)
    run(lane)
    attachment.refresh_from_db()
    assert attachment.state == FileState.STORED

    (part,) = (folder / ".parts").iterdir()
    os.utime(part, (0, 0))
    Folder(location=str(folder)).clear()
    assert kept(folder) == [attachment.file, attachment.thumb]


def test_no_transaction_is_open_while_a_channel_is_asked(
    by_url: With, remote: Remote, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that fetches has never opened a connection to the database."""
    seen: list[object] = []
    by_url(remote.put("/file", Answer(PICTURE)))
    inner = download.fetch

    def watched(*given: Any, **named: Any) -> Any:
        try:
            return inner(*given, **named)
        finally:
            seen.append(connection.connection)

    monkeypatch.setattr(fetch, "fetch", watched)
    run(lane)
    assert seen == [None]


def test_the_address_of_a_stand_in_is_trusted_as_it_is_written() -> None:
    assert guard.origin_of("https://graph.example.com:443/x") == "graph.example.com"
    assert guard.origin_of("http://127.0.0.1:8100") == "127.0.0.1:8100"
    assert guard.origin_of("http://[::1") == ""
