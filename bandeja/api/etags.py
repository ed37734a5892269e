"""Whether what a program read is what is there, by its ETag."""

from __future__ import annotations


def names(said: str, etag: str) -> bool:
    """Whether If-Match or If-None-Match, as it was sent, names this one.

    Weak or not is the same: a proxy that compresses an answer weakens its ETag (RFC 9110, 8.8.1), and ours tell every
    change there is.
    """
    named = [each.strip().removeprefix("W/") for each in said.split(",")]
    return etag.removeprefix("W/") in named or "*" in named
