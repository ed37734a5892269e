"""The files that came with a message become rows that wait, or that never will."""

from __future__ import annotations

import base64
import hashlib

import pytest

from bandeja.channels.contract import Inbound, Kind, Media
from bandeja.channels.fetching import GONE
from bandeja.closing import coverage
from bandeja.conversations import lifecycle
from bandeja.conversations.attachments import hexadecimal
from bandeja.conversations.models import FileState, Message
from tests.cast import Cast

DIGEST = hashlib.sha256(b"x")


def test_each_file_waits_in_its_place_to_be_fetched(cast: Cast) -> None:
    told = base64.b64encode(DIGEST.digest()).decode()
    media = [
        Media(Kind.IMAGE, "77", mime="image/png", name="a\x00\nb.png", sha256=told),
        Media(Kind.STORY_MENTION, "https://x/1", is_url=True, keep=False),
        Media(Kind.AUDIO, ""),
    ]
    lifecycle.receive([Inbound(cast.chat.pk, "1", ("visitor", "lia"), media=media)], clock=coverage.clock)
    message = Message.objects.get()
    image, story, audio = message.attachments.order_by("position")
    assert (image.state, image.remote, image.name) == (FileState.WAITING, "77", "a b.png")
    assert image.look_at is not None
    assert (image.workspace_id, image.account_id, image.conversation_id) == (
        message.workspace_id, message.account_id, message.conversation_id,
    )  # fmt: skip
    assert image.sha256 == DIGEST.hexdigest()
    assert (story.state, story.look_at, story.remote) == (FileState.REFERRED, None, "https://x/1")
    assert (audio.state, audio.look_at, audio.error) == (FileState.FAILED, None, GONE)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (base64.b64encode(DIGEST.digest()).decode(), DIGEST.hexdigest()),
        (DIGEST.hexdigest().upper(), DIGEST.hexdigest()),
        ("", ""), ("x", ""), ("ñ" * 64, ""), ("AAAA", ""), ("z" * 64, ""),
    ],
)  # fmt: skip
def test_a_digest_is_read_as_channels_write_it(told: str, expected: str) -> None:
    assert hexadecimal(told) == expected
