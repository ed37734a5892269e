"""Columns that the database only holds encrypted."""

from __future__ import annotations

from typing import Any

from django.db import models

from bandeja.seal import Unreadable, seal, unseal

__all__ = ["SecretField", "Unreadable", "seal", "unseal"]


class SecretField(models.TextField):  # type: ignore[type-arg]  # generic for the type checker alone
    """A text that the database only holds encrypted; it cannot be searched by."""

    def get_prep_value(self, value: Any) -> str:
        return seal(str(value or ""))

    def from_db_value(self, value: str, *_: Any) -> str:
        """The secret; empty when it cannot be read any more, so that its account can be connected anew."""
        try:
            return unseal(value)
        except Unreadable:
            return ""
