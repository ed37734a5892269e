"""Whether what a program read is what is there, by its ETag, or by the version that it names."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Protocol

from django.utils.translation import gettext as _
from ninja import Header, Schema

from bandeja.api.problems import Problem

TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
IF_MATCH = re.compile(rf"\*|{TAG}(?:[ \t]*,[ \t]*{TAG})*")
"""RFC 9110, 13.1.1."""
IfMatch = Annotated[str | None, Header(alias="If-Match")]


class Versioned(Protocol):
    """What counts its saves."""

    version: int

    def model_dump_json(self) -> str: ...


def of(told: Schema | Versioned) -> str:
    """Another whenever anything of what is told is another: also what changes without a save."""
    return f'"{hashlib.sha256(told.model_dump_json().encode()).hexdigest()[:32]}"'


def names(said: str, etag: str) -> bool:
    """Whether If-Match or If-None-Match, as it was sent, names this one.

    Weak or not is the same: a proxy that compresses an answer weakens its ETag (RFC 9110, 8.8.1), and ours tell every
    change there is.
    """
    named = [each.strip().removeprefix("W/") for each in said.split(",")]
    return etag.removeprefix("W/") in named or "*" in named


def require(if_match: str | None, told: Schema | Versioned) -> None:
    """Refuse what was made from something else than is told: 412; and an If-Match that nobody can read: 400."""
    if if_match is None:
        return
    if not IF_MATCH.fullmatch(if_match.strip()):
        raise Problem(400, _("If-Match must be *, or ETags as they were read, in their quotes."))
    if not names(if_match, of(told)):
        raise Problem(412, _("Somebody changed it since. Read it again first. Nothing was written."))


def version_from(if_match: str | None, version: int | None, told: Versioned) -> int | None:
    """The version that a save is made from: what was said, or that of what is told and If-Match names; None where
    neither says one, or If-Match is *, for any there is.
    """
    require(if_match, told)
    is_any = if_match is None or if_match.strip() == "*"
    return version if version is not None or is_any else told.version


def require_one(if_match: str | None, version: int | None) -> None:
    """Refuse what does not say what it was made from: 428."""
    if if_match is None and version is None:
        raise Problem(428, _("Say which version it was made from: in version, or with If-Match."))


def stale(version: int) -> Problem:
    """Somebody was faster."""
    said = _("Somebody saved it since: it is at version %(version)s. Read it again first. Nothing was saved.")
    return Problem(412, said % {"version": version})
