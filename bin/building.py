"""Builds the package as flit does, with its translations compiled: git keeps only what people write.

What pyproject.toml names as its build backend; the hooks are those of PEP 517 and PEP 660.
"""

import sys
from pathlib import Path
from typing import Any

import checkout
from flit_core import buildapi
from flit_core.buildapi import build_sdist, prepare_metadata_for_build_editable, prepare_metadata_for_build_wheel

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]


def build_wheel(directory: str, settings: Any = None, metadata: str | None = None) -> str:
    """Writes the wheel into this directory and answers its name; `settings` are flit's."""
    checkout.translate(Path(sys.executable))
    return buildapi.build_wheel(directory, settings, metadata)


def build_editable(directory: str, settings: Any = None, metadata: str | None = None) -> str:
    """The same for a package that stays in this checkout."""
    checkout.translate(Path(sys.executable))
    return buildapi.build_editable(directory, settings, metadata)
