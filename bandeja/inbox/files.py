"""Files in a thread: what is shown of each, and in which words when it cannot be."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from bandeja.channels.contract import Kind
from bandeja.conversations.models import Attachment, FileState
from bandeja.inbox import kinds
from bandeja.media.sizes import shown
from bandeja.media.sniff import INLINE

WIDEST, TALLEST = 280, 320
"""The most pixels that a picture takes in the thread."""
STICKER = 128

PICTURES = frozenset({Kind.IMAGE, Kind.STICKER})
SOUNDS = frozenset({Kind.AUDIO, Kind.VOICE})


@dataclass(frozen=True, slots=True)
class File:
    """One file of a message. `shape` is picture, sound, film, document, or missing, of which `said` tells why."""

    attachment: Attachment

    @property
    def shape(self) -> str:
        kind, is_shown = self.attachment.kind, self.attachment.mime.partition(";")[0] in INLINE
        if self.attachment.state != FileState.STORED:
            return "missing"
        if kind in PICTURES and (is_shown or self.attachment.thumb) and self.attachment.width:
            return "picture"
        if kind in SOUNDS and is_shown:
            return "sound"
        return "film" if kind == Kind.VIDEO and is_shown else "document"

    @property
    def address(self) -> str:
        return f"/media/{self.attachment.pk}"

    @property
    def small(self) -> str:
        """Where the picture is made small; the file itself where it is small already."""
        return f"{self.address}/thumb" if self.attachment.thumb else self.address

    @property
    def box(self) -> tuple[int, int]:
        """Width and height in the thread, in pixels, in the picture's proportions: known before it has come."""
        width, height = self.attachment.width or WIDEST, self.attachment.height or WIDEST
        widest, tallest = (STICKER, STICKER) if self.attachment.kind == Kind.STICKER else (WIDEST, TALLEST)
        scale = min(1.0, widest / width, tallest / height)
        return max(1, round(width * scale)), max(1, round(height * scale))

    @property
    def is_sticker(self) -> bool:
        return self.attachment.kind == Kind.STICKER

    @property
    def icon(self) -> str:
        return kinds.icon(self.attachment.kind)

    @property
    def name(self) -> str:
        """What it was called, else what it is."""
        return self.attachment.name or kinds.label(self.attachment.kind)

    @property
    def size(self) -> str:
        return shown(self.attachment.size) if self.attachment.size else ""

    @property
    def waits(self) -> bool:
        return self.attachment.state == FileState.WAITING

    @property
    def may_be_fetched_again(self) -> bool:
        return self.attachment.state == FileState.FAILED and bool(self.attachment.remote)

    @property
    def said(self) -> str:
        """Where a file is that is not here."""
        if self.waits:
            return _("On its way from the channel…")
        if self.attachment.state == FileState.REFERRED:
            return _("The channel does not let us keep this. Look at it on the phone while it lasts.")
        return _(self.attachment.error) if self.attachment.error else _("This file did not come.")
