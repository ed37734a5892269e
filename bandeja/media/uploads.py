"""Files that agents hand over for a message: checked, kept, and known by a token until the message is written."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO, cast
from uuid import UUID, uuid4

from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bandeja import environment
from bandeja.channels import registry, webp
from bandeja.channels.contract import Kind
from bandeja.channels.fetching import Trouble
from bandeja.channels.models import Account
from bandeja.channels.reading import line
from bandeja.channels.sending import Limit, Sender
from bandeja.media import ogg, sniff
from bandeja.media.download import Stored, keep
from bandeja.media.models import Upload
from bandeja.media.sizes import MEGABYTE, shown
from bandeja.media.storage import new_key, storage
from bandeja.people.clock import database_now
from bandeja.people.models import Agent

MOST_WAITING = 1024 * MEGABYTE
"""What a workspace's agents may have handed over and not sent, in bytes."""

WEBM, OGG = "audio/webm", "audio/ogg"
"""What most browsers record voice in, and the container of the same sound that WhatsApp takes."""

STICKER_SIDE = 512
"""Pixels of a sticker's longer side, at most."""

TOO_HEAVY = {
    Kind.IMAGE: _("The image weighs %(size)s and %(channel)s takes up to %(limit)s."),
    Kind.VIDEO: _("The video weighs %(size)s and %(channel)s takes up to %(limit)s."),
    Kind.AUDIO: _("The audio weighs %(size)s and %(channel)s takes up to %(limit)s."),
    Kind.VOICE: _("The audio weighs %(size)s and %(channel)s takes up to %(limit)s."),
    Kind.DOCUMENT: _("The file weighs %(size)s and %(channel)s takes up to %(limit)s."),
}

_signer = signing.Signer(salt="bandeja.media.uploads")


class Unfit(Exception):
    """A file that is not taken; the message is a sentence for the agent."""


class NoUpload(Exception):
    """The file is gone: a day has passed, another message has it, or somebody else handed it over."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A file for a message: `file` and `thumb` are keys in the storage, `size` is in bytes, the rest in pixels."""

    file: str
    kind: Kind
    mime: str
    name: str
    size: int
    thumb: str = ""
    width: int | None = None
    height: int | None = None


def hand_over(
    agent: Agent, given: UploadedFile[Any], account: Account, *, voice: bool = False, only: Kind | None = None
) -> Upload:
    """Keep a file for a message of `agent` by way of `account`, perhaps as this kind `only`. Raises Unfit."""
    _require_size(agent.workspace_id, given.size or 0)
    sender = registry.sender(account.channel)
    file = cast("BinaryIO", given.file)
    file.seek(0)
    head, size = file.read(sniff.HEAD), given.size or 0
    mime = sniff.sniff(head, given.content_type or "")
    if voice and mime == WEBM and sender and not _takes(sender.limits.get(Kind.VOICE), WEBM):
        file, mime, size = _in_ogg(file)
    kind = fitting(mime, size, sender, account, head=head, voice=voice, only=only)
    upload = Upload.objects.create(
        workspace_id=agent.workspace_id, agent=agent, kind=kind, mime=mime, size=size,
        name=_named(line(given.name or ""), mime), file=new_key(agent.workspace_id, database_now()),
    )  # fmt: skip
    try:
        return _described(upload, _kept(upload, file))
    except (OSError, Trouble) as error:
        upload.delete()
        raise Unfit(_("There is no room for this file now. Try again later.")) from error


def take(token: str, agent: Agent, client_id: UUID | None = None) -> Taken:
    """The file whose token this is, for the message `client_id`: again for the same, never for another.

    To be called in the transaction that writes the message. Raises NoUpload.
    """
    pk, client_id = _read(token), client_id or uuid4()
    free = Q(taken_for=None) | Q(taken_for=client_id)
    mine = Upload.objects.filter(free, pk=pk, agent=agent, workspace=agent.workspace_id)
    if not mine.update(taken_for=client_id):
        raise NoUpload
    upload = mine.get()
    return Taken(
        upload.file, Kind(upload.kind), upload.mime, upload.name, upload.size, upload.thumb, upload.width,
        upload.height,
    )  # fmt: skip


def token_of(upload: Upload) -> str:
    """What `take` is given for it."""
    return _signer.sign(str(upload.pk))


def told(upload: Upload) -> dict[str, object]:
    """What the composer is told of it; `thumb` is the picture made small as a data: address, empty without one."""
    return {
        "token": token_of(upload),
        "name": upload.name,
        "size": upload.size,
        "mime": upload.mime,
        "kind": upload.kind,
        "thumb": _data(upload.thumb) if upload.thumb else "",
        "width": upload.width,
        "height": upload.height,
    }


def fitting(
    mime: str,
    size: int,
    sender: Sender | None,
    account: Account,
    *,
    head: bytes,
    voice: bool = False,
    only: Kind | None = None,
) -> Kind:
    """As what a file that begins with `head` may be sent: as what it is, else as a document.

    Raises Unfit, naming the channel's limit.
    """
    kind = sniff.kind_of(mime)
    kinds = [only] if only else [Kind.VOICE] * (voice and kind == Kind.AUDIO) + [kind, Kind.DOCUMENT]
    if sender is None:
        return kinds[0]
    if only is None and _is_sticker(sender.limits.get(Kind.STICKER), mime, size, head):
        return Kind.STICKER
    fits = next((each for each in kinds if _takes(sender.limits.get(each), mime)), None)
    channel = account.get_channel_display()
    if fits is None:
        raise Unfit(
            _("%(channel)s does not take files of this type (%(mime)s).") % {"channel": channel, "mime": mime}
        )
    limit = sender.limits[fits].most(head)
    if size > limit:
        sizes = {"size": shown(size), "limit": shown(limit, up=False)}
        raise Unfit(TOO_HEAVY[fits] % {"channel": channel, **sizes})
    return fits


def too_large(size: int) -> Promise:
    """The sentence for a file above the installation's own limit."""
    limit = environment.MEDIA_LIMIT.value() * MEGABYTE
    sizes = {"size": shown(size), "limit": shown(limit, up=False)}
    return _("This file weighs %(size)s and up to %(limit)s are taken here.") % sizes  # type: ignore[return-value]  # a lazy text is shown as one


def _is_sticker(limit: Limit | None, mime: str, size: int, head: bytes) -> bool:
    """Whether a picture is as small and as light as stickers are, where the channel has them."""
    picture = webp.read(head)
    if limit is None or picture is None or not _takes(limit, mime):
        return False
    return max(picture.width, picture.height) <= STICKER_SIDE and size <= limit.most(head)


def _takes(limit: Limit | None, mime: str) -> bool:
    return limit is not None and (not limit.mimes or mime in limit.mimes)


def _require_size(workspace_id: int, size: int) -> None:
    if not size:
        raise Unfit(_("This file is empty."))
    if size > environment.MEDIA_LIMIT.value() * MEGABYTE:
        raise Unfit(too_large(size))
    waiting = Upload.objects.filter(workspace=workspace_id, taken_for=None).aggregate(size=Sum("size"))["size"] or 0
    if waiting + size > MOST_WAITING:
        raise Unfit(_("Too many files are waiting to be sent. Send or wait until tomorrow."))


def _named(name: str, mime: str) -> str:
    return f"{name.removesuffix('.webm')}.ogg" if mime == OGG and name.endswith(".webm") else name


def _in_ogg(file: BinaryIO) -> tuple[BinaryIO, str, int]:
    """A voice message as the browser recorded it, in the container that channels take; its type and size."""
    file.seek(0)
    try:
        data = ogg.from_webm(file.read())
    except ogg.NotOpus as error:
        raise Unfit(_("This recording cannot be read. Record it again.")) from error
    return BytesIO(data), OGG, len(data)


def _kept(upload: Upload, file: BinaryIO) -> Stored:
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # it is readable
    return keep(file, upload.file, digest, storage(), declared=upload.mime, kind=upload.kind)


def _described(upload: Upload, stored: Stored) -> Upload:
    upload.sha256, upload.thumb = stored.sha256, stored.thumb
    upload.width, upload.height = stored.width, stored.height
    upload.save(update_fields=["sha256", "thumb", "width", "height"])
    return upload


def _read(token: str) -> UUID:
    try:
        return UUID(_signer.unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise NoUpload from error


def _data(key: str) -> str:
    with storage().open(key) as file:
        return f"data:image/webp;base64,{base64.b64encode(file.read()).decode()}"
