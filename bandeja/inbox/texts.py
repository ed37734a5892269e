"""Messages found by their words: conversation after conversation, the newest first, for as long as one may wait."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from bandeja.channels.contract import Kind
from bandeja.conversations.models import Annotation, Message
from bandeja.conversations.plain import Plain, plain
from bandeja.inbox.filters import Asked
from bandeja.inbox.rows import Page, along, path, shown
from bandeja.inbox.walk import walk

PAGE = 20
PATIENCE = 0.12
"""Seconds that are looked before the page says how far it came. No index holds the words of messages: each message
would pay for it."""
FIRST = 50
"""How many conversations are gone through before the first look at the clock."""


def words(q: str) -> list[str]:
    """The words of a search, plain, the most telling first."""
    return sorted((plain(word) for word in q.split()), key=len, reverse=True)


def page(asked: Asked, *, before: str = "") -> Page:
    """Conversations with a message that has every word, each with the newest such message."""
    newest = _with(words(asked.filters.q)).filter(conversation=OuterRef("pk")).order_by("-at", "-pk").values("pk")[:1]
    way, wanted, hit = path(asked), along(asked), Subquery(newest)
    walked = walk(way, wanted, count=PAGE, seconds=PATIENCE, after=before, hit=hit, first=FIRST)
    found = shown(asked, walked)
    messages = Message.objects.in_bulk([step.hit for step in walked.found])
    hits = {step.pk: messages.get(step.hit) for step in walked.found}
    return replace(found, rows=[replace(row, message=hits[row.conversation.pk]) for row in found.rows])


def _with(terms: list[str]) -> QuerySet[Message]:
    """The messages that have all of these, but for those their author took back."""
    taken_back = Annotation.objects.filter(
        account_id=OuterRef("account_id"), target=OuterRef("external_id"), kind=Kind.UNSEND
    )
    found = Message.objects.alias(plain=Plain("text")).filter(~Exists(taken_back))
    for term in terms:
        found = found.filter(plain__contains=term)
    return found
