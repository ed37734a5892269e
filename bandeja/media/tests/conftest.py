"""A storage of its own for each test, a channel's servers, and messages with files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bandeja.channels import accounts
from bandeja.channels.contract import Kind, Media
from bandeja.channels.models import Account, ChannelKey, MetaApp
from bandeja.conversations.models import Attachment, Message
from bandeja.media.fetch import Lane
from bandeja.media.tests.remote import Remote
from bandeja.media.tests.rows import attachments
from bandeja.people.clock import database_now
from tests.cast import Cast


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where this test's files are kept."""
    where = tmp_path / "media"
    entry = {"BACKEND": "bandeja.media.folder.Folder", "OPTIONS": {"location": str(where)}}
    settings.STORAGES = {**settings.STORAGES, "media": entry}
    return where


@pytest.fixture
def remote() -> Iterator[Remote]:
    remote = Remote()
    yield remote
    remote.close()


@pytest.fixture
def lane() -> Iterator[Lane]:
    lane = Lane()
    yield lane
    lane.close()


def meta_account(cast: Cast, channel: ChannelKey, remote: Remote) -> Account:
    app = MetaApp.objects.create(
        workspace=cast.workspace, key=f"k{channel}", name="App", app_id=f"a{channel}", secret="s", verify_token="v",
        graph_url=remote.url,
    )  # fmt: skip
    return accounts.connect(
        cast.workspace, channel, name=str(channel.label), external_id=f"e{channel}", app=app, token="a-token"
    )


@pytest.fixture
def whatsapp(cast: Cast, remote: Remote) -> Account:
    return meta_account(cast, ChannelKey.WHATSAPP, remote)


@pytest.fixture
def messenger(cast: Cast, remote: Remote) -> Account:
    return meta_account(cast, ChannelKey.MESSENGER, remote)


With = Callable[..., Attachment]


def told(cast: Cast, account: Account, *media: Media, **more: Any) -> Message:
    """A contact writes with files; answers the message, whose files wait to be fetched."""
    conversation = cast.write(account=account, **more)
    message = conversation.messages.latest("id")
    message.attachments.all().delete()  # whatever joining made of them: these are this test's own
    rows = attachments(message, media, at=database_now())
    Attachment.objects.bulk_create(rows)
    return message


@pytest.fixture
def by_id(cast: Cast, whatsapp: Account) -> With:
    """A WhatsApp message with a file of this id."""

    def make(remote_id: str = "77", kind: Kind = Kind.IMAGE, **more: Any) -> Attachment:
        return told(cast, whatsapp, Media(kind, remote_id, **more)).attachments.get()

    return make


@pytest.fixture
def by_url(cast: Cast, messenger: Account) -> With:
    """A Messenger message with a file at this address."""

    def make(url: str, kind: Kind = Kind.IMAGE, **more: Any) -> Attachment:
        return told(cast, messenger, Media(kind, url, is_url=True, **more)).attachments.get()

    return make
