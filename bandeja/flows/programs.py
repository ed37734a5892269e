"""Published versions as the engine reads them; they are never edited, so each is read once in a process."""

from __future__ import annotations

from functools import lru_cache

from bandeja.flows import kinds
from bandeja.flows.definition import Definition, Program, compile_, parse
from bandeja.flows.models import Version

__all__ = ["definition", "kinds", "of"]


@lru_cache(maxsize=1_000)
def of(version_id: int) -> Program:
    """The program of a version. Raises Version.DoesNotExist."""
    return compile_(definition(version_id))


@lru_cache(maxsize=1_000)
def definition(version_id: int) -> Definition:
    """What was published. Raises Version.DoesNotExist."""
    return parse(Version.objects.values_list("definition", flat=True).get(pk=version_id))
