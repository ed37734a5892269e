"""Contacts found by a part of their name or e-mail, or by their number however it is written."""

from __future__ import annotations

import re

from django.db import connection, transaction
from django.db.models import QuerySet

from bandeja.conversations.models import Contact
from bandeja.conversations.plain import Words, is_indexed, plain

FEW = 1_000
"""Up to so many are taken by name; of more, conversations are gone through newest first, which finds many soon."""
NUMBER = re.compile(r"[\s\d+()./-]+")
TELLING = 8
"""The last digits of a number that are the same however its country and area are written."""
TRIGRAM = re.compile(r"[^\W_]{3}")


def terms(q: str) -> list[str]:
    """What is looked for, plain: a number's digits, or each word."""
    digits = _digits(q)
    return [digits] if digits else [plain(word) for word in q.split()]


def matching(workspace_id: int, q: str) -> QuerySet[Contact]:
    """The contacts of a workspace that have every word of `q`, or the number it is."""
    found = Contact.objects.filter(workspace_id=workspace_id).alias(words=Words("name", "email", "phone"))
    digits = _digits(q)
    if len(digits) > TELLING:
        return found.filter(words__endswith=digits[-TELLING:])
    for term in terms(q):
        found = found.filter(words__contains=term)
    return found


def few(workspace_id: int, q: str) -> list[int] | None:
    """The ids of all contacts that match; None if they are many, or the index cannot tell."""
    if not any(TRIGRAM.search(term) for term in terms(q)) or not is_indexed(connection):
        return None
    with transaction.atomic(), connection.cursor() as cursor:
        # A guess of how many match must not lead past the index: a walk over a million contacts takes seconds.
        cursor.execute("set local enable_seqscan = off; set local enable_indexscan = off")
        ids = list(matching(workspace_id, q).values_list("pk", flat=True)[: FEW + 1])
        cursor.execute("set local enable_seqscan = on; set local enable_indexscan = on")
    return ids if len(ids) <= FEW else None


def _digits(q: str) -> str:
    """The digits of a number, without what stands for abroad or for the area; nothing if `q` is none."""
    if not NUMBER.fullmatch(q):
        return ""
    digits = re.sub(r"\D", "", q).lstrip("0")
    return digits if len(digits) >= 3 else ""
