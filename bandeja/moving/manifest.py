"""What a file of a workspace says of itself, so that whoever brings it in knows before they begin."""

from __future__ import annotations

import msgspec

FORMAT = "bandeja workspace"
VERSION = 1
NAME = "manifest.json"


class Part(msgspec.Struct, frozen=True):
    """One kind's rows: how many, what each says, and the SHA-256 of its file, in hexadecimal."""

    rows: int
    columns: list[str]
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """`kinds` by table, `files` the SHA-256 of each file of a message by its name in the archive."""

    format: str
    version: int
    name: str
    made_at: str
    kinds: dict[str, Part]
    files: dict[str, str]
    missing: int = 0
