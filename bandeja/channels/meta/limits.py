"""What is checked before anything is sent, so that the refusal names the limit (meta.md A8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bandeja.channels import webp
from bandeja.channels.contract import Kind
from bandeja.channels.meta import faults
from bandeja.channels.meta.splitting import Width, width_of
from bandeja.channels.sending import Fault, File, Limit, Refused

KB, MB = 1024, 1024 * 1024

BUTTON_TITLE = 20
"""Characters of a button's title, on all three channels."""


def check_file(limits: Mapping[Kind, Limit], file: File) -> None:
    """Raises Refused when the channel takes no such file, naming what it does take."""
    limit = limits.get(file.kind)
    if limit is None:
        raise _refused(faults.KIND, file.kind.value)
    if limit.mimes and plain(file.mime) not in limit.mimes:
        raise _refused(faults.FILE_TYPE, ", ".join(sorted({_short(mime) for mime in limit.mimes})))
    if file.size > limit.size and file.size > (most := _most(limit, file)):
        raise _refused(faults.FILE_TOO_LARGE, _size(most))


def check_text(text: str, limit: int, width: Width) -> None:
    """Raises Refused when the text is longer than `limit`."""
    if width_of(text, width) > limit:
        raise _refused(faults.TEXT_TOO_LONG, str(limit))


def check_buttons(buttons: Sequence[Mapping[str, Any]], most: int) -> None:
    """Raises Refused when there are too many buttons, or a title is blank or too long."""
    if not 0 < len(buttons) <= most:
        raise _refused(faults.BUTTONS, str(most))
    if any(not 0 < len(str(button["title"])) <= BUTTON_TITLE for button in buttons):
        raise _refused(faults.TEXT_TOO_LONG, str(BUTTON_TITLE))


def cannot_send(kind: Kind) -> Refused:
    """What to raise for a kind of message that the channel does not have."""
    return _refused(faults.KIND, kind.value)


def too_late() -> Refused:
    """What to raise, without a call, where the window is closed and there is no other way."""
    return Refused(Fault.WINDOW, text=faults.WINDOW_CLOSED)


def plain(mime: str) -> str:
    """A MIME type without its parameters: WhatsApp writes `audio/ogg; codecs=opus`."""
    return mime.partition(";")[0].strip().lower()


def _most(limit: Limit, file: File) -> int:
    """It is opened only where what it holds could allow it more."""
    if not limit.moving:
        return limit.size
    with file.open() as stream:
        return limit.most(stream.read(webp.HEAD))


def _refused(word: str, details: str) -> Refused:
    return Refused(Fault.CONTENT, text=word, details=details)


def _short(mime: str) -> str:
    """What people call a type: JPEG, MP4."""
    return mime.rpartition("/")[2].removeprefix("x-").upper()


def _size(size: int) -> str:
    return f"{size // MB} MB" if size >= MB else f"{size // KB} KB"
