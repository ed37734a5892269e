"""Whether what a program read is what is there, by its ETag, or by the version that it names."""

from __future__ import annotations

import re
from typing import Annotated

from django.utils.translation import gettext as _
from ninja import Header

from bandeja.api.problems import Problem

ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')
IfMatch = Annotated[str | None, Header(alias="If-Match")]


def names(said: str, etag: str) -> bool:
    """Whether If-Match or If-None-Match, as it was sent, names this one.

    Weak or not is the same: a proxy that compresses an answer weakens its ETag (RFC 9110, 8.8.1), and ours tell every
    change there is.
    """
    named = [each.strip().removeprefix("W/") for each in said.split(",")]
    return etag.removeprefix("W/") in named or "*" in named


def asked_version(if_match: str | None, version: int | None) -> int:
    """The version that something was made from; 428 where neither says it."""
    found = named_version(if_match, version)
    if found is None:
        raise Problem(428, _("Say which version it was made from: in version, or with If-Match."))
    return found


def named_version(if_match: str | None, version: int | None) -> int | None:
    """The version that If-Match names, else the one that was said; one that never was where If-Match names none."""
    if not if_match:
        return version
    found = ETAG.fullmatch(if_match.strip())
    return int(found[1]) if found else 0


def stale(version: int) -> Problem:
    """Somebody was faster."""
    said = _("Somebody saved it since: it is at version %(version)s. Read it again first. Nothing was saved.")
    return Problem(412, said % {"version": version})
