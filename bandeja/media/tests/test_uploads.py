"""Files for a message still to be written: kept by what they are, refused in a sentence, used once, gone in a day."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import translation

from bandeja.channels import registry
from bandeja.channels.contract import Kind
from bandeja.channels.models import Account
from bandeja.channels.sending import Limit
from bandeja.channels.whatsapp.send import WhatsAppSender
from bandeja.conversations.models import Attachment, Conversation, FileState
from bandeja.media import prune, uploads
from bandeja.media.models import ErasedFile, Upload
from bandeja.media.sizes import MEGABYTE, shown
from bandeja.media.storage import storage
from bandeja.media.tests import remote as remotes
from bandeja.media.tests.test_fetch import kept
from bandeja.media.tests.test_ogg import TWENTY_MS, block, webm
from bandeja.media.tests.test_serve import as_
from bandeja.people.clock import database_now
from bandeja.people.models import Agent
from tests.cast import Cast

URL = "/media/uploads"
WEBM = (
    b"\x1a\x45\xdf\xa3"
    b"\x01\x00\x00\x00\x00\x00\x00\x1fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm"
)
OGG = b"OggS" + b"\x00" * 60
MP4 = b"\x00\x00\x00\x18ftypisom" + b"\x00" * 60


class Whatsapp(WhatsAppSender):
    """What WhatsApp takes, on a smaller scale."""

    limits: Mapping[Kind, Limit] = {
        Kind.IMAGE: Limit(frozenset({"image/jpeg", "image/png"}), 5 * MEGABYTE),
        Kind.VIDEO: Limit(frozenset({"video/mp4"}), MEGABYTE),
        Kind.AUDIO: Limit(frozenset({"audio/ogg", "audio/mpeg"}), MEGABYTE),
        Kind.DOCUMENT: Limit(frozenset(), 3 * MEGABYTE),
    }


@pytest.fixture
def sends(monkeypatch: pytest.MonkeyPatch) -> None:
    """WhatsApp sends."""
    monkeypatch.setitem(registry.SENDERS, "whatsapp", Whatsapp())


@pytest.fixture
def conversation(cast: Cast, whatsapp: Account, sends: None) -> Conversation:
    return cast.write(account=whatsapp)


def post(agent: Agent, conversation: Conversation, content: bytes, name: str = "a.bin", **more: Any) -> Any:
    declared = more.pop("declared", "application/octet-stream")
    file = SimpleUploadedFile(name, content, content_type=declared)
    with translation.override("es"):
        return as_(agent).post(URL, {"file": file, "conversation": conversation.pk, **more})


def test_a_file_is_kept_and_described(cast: Cast, conversation: Conversation) -> None:
    response = post(cast.ana, conversation, remotes.picture(), "foto año.png", declared="text/html")
    told = response.json()
    assert (response.status_code, told["mime"], told["kind"], told["name"]) == (
        201,
        "image/png",
        "image",
        "foto año.png",
    )
    assert (told["size"], told["width"], told["height"]) == (len(remotes.picture()), 60, 40)
    head, _, data = told["thumb"].partition(",")
    assert (head, base64.b64decode(data)[8:12]) == ("data:image/webp;base64", b"WEBP")
    taken = uploads.take(told["token"], cast.ana)
    assert (taken.kind, taken.mime, taken.name, taken.size) == (Kind.IMAGE, "image/png", "foto año.png", told["size"])
    assert b"".join(storage().stream(taken.file, 0, taken.size - 1)) == remotes.picture()


def test_it_requires_somebody_who_may_see_the_conversation(
    cast: Cast, carla: Cast, conversation: Conversation, client: Client, folder: Path
) -> None:
    assert client.post(URL)["location"].startswith("/accounts/login/")
    assert post(carla.ana, conversation, b"x").status_code == 404
    Conversation.objects.update(owner=cast.ana)
    assert post(cast.bruno, conversation, b"x").status_code == 404
    assert not Upload.objects.exists()


def test_it_cannot_be_forged(cast: Cast, conversation: Conversation) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.ana)
    given = {"file": SimpleUploadedFile("a.txt", b"x"), "conversation": conversation.pk}
    assert browser.post(URL, given).status_code == 403
    browser.get(f"/inbox/{conversation.pk}")
    given["file"] = SimpleUploadedFile("a.txt", b"x")
    token = browser.cookies["bandeja_csrf"].value
    assert browser.post(URL, given, headers={"X-CSRFToken": token}).status_code == 201


@pytest.mark.parametrize("given", [{}, {"conversation": "1"}, {"conversation": "x", "file": ""}])
def test_what_is_no_file_is_refused(cast: Cast, given: dict[str, str]) -> None:
    assert as_(cast.ana).post(URL, given).status_code == 422


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Este archivo está vacío."),
        (MP4 + b"\x00" * MEGABYTE, "El video pesa 1,1 MB y WhatsApp acepta hasta 1 MB."),
        (OGG + b"\x00" * MEGABYTE * 2, "El audio pesa 2,1 MB y WhatsApp acepta hasta 1 MB."),
        (b"\x00" * 3 * MEGABYTE + b"x", "El archivo pesa 3,1 MB y WhatsApp acepta hasta 3 MB."),
    ],
)
def test_what_the_channel_does_not_take_is_refused_with_its_limit(
    cast: Cast, conversation: Conversation, folder: Path, content: bytes, said: str
) -> None:
    response = post(cast.ana, conversation, content)
    assert (response.status_code, response.json()["error"]) == (422, said)
    assert (kept(folder), Upload.objects.count()) == ([], 0)


def test_a_type_the_channel_does_not_know_goes_as_a_document(cast: Cast, conversation: Conversation) -> None:
    webp = post(cast.ana, conversation, remotes.picture(form="WEBP")).json()
    assert (webp["mime"], webp["kind"]) == ("image/webp", "document")


STICKER, MOVING = remotes.picture(512, 512, "WEBP"), remotes.moving(512, 512)


@pytest.mark.parametrize(
    ("content", "limit", "kind"),
    [
        (STICKER, Limit(frozenset({"image/webp"}), len(STICKER)), "sticker"),
        (STICKER, Limit(frozenset({"image/webp"}), len(STICKER) - 1, moving=MEGABYTE), "document"),
        (MOVING, Limit(frozenset({"image/webp"}), len(MOVING) - 1, moving=len(MOVING)), "sticker"),
        (MOVING, Limit(frozenset({"image/webp"}), 9, moving=len(MOVING) - 1), "document"),
        (remotes.picture(513, 9, "WEBP"), Limit(frozenset({"image/webp"}), MEGABYTE), "document"),
        (remotes.picture(9, 9, "PNG"), Limit(frozenset({"image/webp"}), MEGABYTE), "image"),
    ],
)
def test_a_small_and_light_webp_goes_as_a_sticker_where_the_channel_has_them(
    cast: Cast, conversation: Conversation, monkeypatch: pytest.MonkeyPatch, content: bytes, limit: Limit, kind: str
) -> None:
    monkeypatch.setattr(Whatsapp, "limits", {**Whatsapp.limits, Kind.STICKER: limit})
    response = post(cast.ana, conversation, content, "hola.webp")
    assert (response.status_code, response.json()["kind"]) == (201, kind)


def test_a_type_the_channel_does_not_take_at_all_is_named(
    cast: Cast, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Whatsapp, "limits", {Kind.IMAGE: Limit(frozenset({"image/png"}), MEGABYTE)})
    said = post(cast.ana, conversation, remotes.PDF).json()["error"]
    assert said == "WhatsApp no acepta archivos de este tipo (application/pdf)."


@pytest.mark.parametrize(
    ("content", "declared", "mime", "kind"),
    [
        (OGG, "audio/ogg;codecs=opus", "audio/ogg", "audio"),
        (webm(block(TWENTY_MS + b"x")), "audio/webm;codecs=opus", "audio/ogg", "audio"),
        (WEBM, "video/webm", "video/webm", "document"),
    ],
)
def test_what_a_browser_recorded_is_taken(
    cast: Cast, conversation: Conversation, content: bytes, declared: str, mime: str, kind: str
) -> None:
    told = post(cast.ana, conversation, content, declared=declared, voice="1").json()
    assert (told["mime"], told["kind"]) == (mime, kind)


def test_a_recording_that_cannot_be_read_is_refused(cast: Cast, conversation: Conversation) -> None:
    response = post(cast.ana, conversation, WEBM, declared="audio/webm", voice="1")
    assert (response.status_code, response.json()["error"]) == (
        422,
        "Esta grabación no se puede leer. Grábala otra vez.",
    )
    assert not Upload.objects.exists()


def test_where_nothing_is_sent_anything_is_taken_as_what_it_is(cast: Cast) -> None:
    told = post(cast.ana, cast.write(), WEBM, declared="audio/webm", voice="1").json()
    assert (told["mime"], told["kind"]) == ("audio/webm", "voice")


def test_the_installation_has_a_limit_of_its_own(
    cast: Cast, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANDEJA_MEDIA_LIMIT", "1")
    response = post(cast.ana, conversation, b"\x00" * (MEGABYTE + 1))
    said = "Este archivo pesa 1,1 MB y aquí se aceptan hasta 1 MB."
    assert (response.status_code, response.json()["error"]) == (422, said)
    response = post(cast.ana, conversation, b"\x00" * (2 * MEGABYTE + 1))
    assert response.status_code == 413
    assert "MB" in response.json()["error"]


def test_a_workspace_may_not_fill_the_disk_with_what_it_never_sends(
    cast: Cast, carla: Cast, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_WAITING", 10)
    first = post(cast.ana, conversation, b"\x00" * 6)
    assert (first.status_code, post(cast.bruno, conversation, b"\x00" * 6).status_code) == (201, 422)
    uploads.take(first.json()["token"], cast.ana)
    assert post(cast.bruno, conversation, b"\x00" * 6).status_code == 201


def test_a_full_disk_is_said(cast: Cast, conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bandeja.media.folder.shutil.copyfileobj", full)
    response = post(cast.ana, conversation, b"\x00")
    assert (response.status_code, Upload.objects.count()) == (422, 0)


def test_a_file_is_for_one_message_of_whoever_handed_it_over(
    cast: Cast, carla: Cast, conversation: Conversation
) -> None:
    token = post(cast.ana, conversation, b"\x00").json()["token"]
    message = uuid4()
    for agent in (cast.bruno, carla.ana):
        with pytest.raises(uploads.NoUpload):
            uploads.take(token, agent, message)
    assert uploads.take(token, cast.ana, message) == uploads.take(token, cast.ana, message)
    with pytest.raises(uploads.NoUpload):
        uploads.take(token, cast.ana, uuid4())


@pytest.mark.parametrize("token", ["", "x", "x:y", "8cf12bf0-62a5-4fef-92cc-07c581158332:AAAA"])
def test_a_token_is_made_here_only(cast: Cast, token: str) -> None:
    with pytest.raises(uploads.NoUpload):
        uploads.take(token, cast.ana)


def test_a_message_that_was_not_written_leaves_its_file_free(cast: Cast, conversation: Conversation) -> None:
    token = post(cast.ana, conversation, b"\x00").json()["token"]
    with transaction.atomic():
        uploads.take(token, cast.ana, uuid4())
        transaction.set_rollback(True)
    uploads.take(token, cast.ana, uuid4())


def aged(**span: float) -> None:
    """Everything was handed over, and erased, so long ago."""
    Upload.objects.update(created_at=database_now() - timedelta(**span))
    ErasedFile.objects.update(erased_at=database_now() - timedelta(**span))


def test_what_was_never_sent_goes_after_a_day(cast: Cast, conversation: Conversation, folder: Path) -> None:
    post(cast.ana, conversation, remotes.picture())
    aged(hours=23)
    assert prune.step() == 0
    aged(hours=25)
    assert prune.step() == 1
    assert (Upload.objects.count(), len(kept(folder))) == (0, 2)  # somebody may still be reading it
    aged(hours=2)
    assert prune.step() == 2
    assert (kept(folder), ErasedFile.objects.count(), prune.step()) == ([], 0, 0)


def test_what_was_sent_stays_for_as_long_as_its_message(cast: Cast, conversation: Conversation, folder: Path) -> None:
    taken = uploads.take(post(cast.ana, conversation, remotes.picture()).json()["token"], cast.ana)
    message = conversation.messages.get()
    Attachment.objects.create(
        message=message, workspace_id=cast.workspace.pk, account_id=message.account_id,
        conversation_id=conversation.pk, kind=taken.kind, state=FileState.STORED, file=taken.file, thumb=taken.thumb,
    )  # fmt: skip
    aged(days=2)
    assert prune.step() == 1
    assert (Upload.objects.count(), ErasedFile.objects.count(), len(kept(folder))) == (0, 0, 2)
    conversation.delete()
    assert sorted(ErasedFile.objects.values_list("file", flat=True)) == [taken.file, taken.thumb]
    assert (prune.step(), len(kept(folder))) == (0, 2)
    aged(hours=2)
    assert (prune.step(), kept(folder)) == (2, [])


def test_files_that_are_gone_already_are_no_trouble(db: None) -> None:
    ErasedFile.objects.create(file="1/2030/01/01/abc")
    aged(hours=2)
    assert (prune.step(), prune.step()) == (1, 0)


@pytest.mark.parametrize(
    ("size", "up", "text"),
    [
        (1, True, "0.1 KB"),
        (100 * 1024, True, "100 KB"),
        (16 * MEGABYTE, False, "16 MB"),
        (16 * MEGABYTE + 1, True, "16.1 MB"),
    ],
)
def test_what_is_too_large_never_reads_as_just_fitting(size: int, up: bool, text: str) -> None:
    with translation.override("en"):
        assert shown(size, up=up) == text
