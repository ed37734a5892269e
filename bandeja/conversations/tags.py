"""Tags: put on and taken off any number of conversations, and the words of a workspace themselves.

A tag opens nothing and moves no clock (closing C4). Each verb is one transaction, idempotent, and answers what it
changed; what lies outside `scope` is not touched and not told apart from what does not exist. Whoever calls with
`rings` false tells the pages themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef

from bandeja.channels.reading import is_visible, line
from bandeja.conversations.actor import SYSTEM, Actor
from bandeja.conversations.bell import ring, ring_all
from bandeja.conversations.models import Colour, Tag, Tagging
from bandeja.conversations.scope import WITHIN, Scope
from bandeja.conversations.sql import statement

NAME_LENGTH = 40
MOST = 200
"""The most tags a workspace may have: they are chosen from one list."""

TAG = statement("bandeja.conversations", "tag").replace("{within}", WITHIN)
UNTAG = statement("bandeja.conversations", "untag").replace("{within}", WITHIN)


class BlankName(ValueError):
    """A tag needs a name."""


class NameTaken(ValueError):
    """Another tag of the workspace has that name."""


class TooMany(ValueError):
    """The workspace has as many tags as it may."""


def tag(
    ids: Sequence[int],
    tag_ids: Sequence[int],
    *,
    scope: Scope,
    by: Actor = SYSTEM,
    at: datetime | None = None,
    rings: bool = True,
) -> list[int]:
    """Put tags on conversations; answers those that got one they did not have. Tags of elsewhere are passed over."""
    return _apply(TAG, ids, tag_ids, scope, rings=rings, told={"at": at, **by.params()})


def untag(ids: Sequence[int], tag_ids: Sequence[int], *, scope: Scope, rings: bool = True) -> list[int]:
    """Take tags off conversations; answers those that lost one."""
    return _apply(UNTAG, ids, tag_ids, scope, rings=rings)


def tags_of(ids: Sequence[int]) -> Mapping[int, Sequence[Tag]]:
    """The tags of those of these conversations that have any, by name: one query for a page of the list."""
    found: dict[int, list[Tag]] = {}
    taggings = Tagging.objects.filter(conversation_id__in=list(ids)).select_related("tag")
    for tagging in sorted(taggings, key=lambda tagging: tagging.tag.name.casefold()):
        found.setdefault(tagging.conversation_id, []).append(tagging.tag)
    return found


def called(workspace_id: int, name: str) -> Tag | None:
    """The tag of that name, whatever its capitals; None when there is none."""
    return Tag.objects.filter(workspace_id=workspace_id).filter(name__iexact=line(name, NAME_LENGTH)).first()


def make(workspace_id: int, name: str, colour: str = Colour.GREY) -> Tag:
    """A new tag. Raises BlankName, NameTaken, TooMany."""
    if Tag.objects.filter(workspace_id=workspace_id).count() >= MOST:
        raise TooMany(f"A workspace has up to {MOST} tags.")
    return _save(Tag(workspace_id=workspace_id), name, colour)


def change(tag: Tag, name: str, colour: str) -> Tag:
    """Give a tag another name or colour, wherever it is. Raises BlankName, NameTaken."""
    return _save(tag, name, colour)


def delete(tag: Tag) -> None:
    """Take a tag off every conversation, and forget it."""
    with transaction.atomic():
        Tag.objects.select_for_update().filter(
            pk=tag.pk
        ).first()  # whoever is putting it on something is done by then
        tag.delete()
        ring_all(tag.workspace_id)


def hold(conversations: Sequence[int]) -> None:
    """Hold the tags of conversations whose rows are about to go or move, within a transaction.

    Whoever deletes a tag holds it before what is tagged with it; whoever tags waits for nobody.
    """
    tags = Tag.objects.filter(Exists(Tagging.objects.filter(tag=OuterRef("pk"), conversation__in=conversations)))
    list(tags.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def _apply(
    text: str,
    ids: Sequence[int],
    tag_ids: Sequence[int],
    scope: Scope,
    *,
    rings: bool,
    told: Mapping[str, Any] | None = None,
) -> list[int]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(text, {"ids": list(ids), "tags": list(tag_ids), **(told or {}), **scope.params()})
            changed: list[int] = cursor.fetchone()[0]
        ring([scope.workspace_id], changed if rings else [])
    return changed


def _save(tag: Tag, name: str, colour: str) -> Tag:
    tag.name, tag.colour = line(name, NAME_LENGTH), Colour(colour)
    if not is_visible(tag.name):
        raise BlankName("A tag needs a name.")
    try:
        with transaction.atomic():
            tag.save()
            ring_all(tag.workspace_id)
    except IntegrityError as error:
        raise NameTaken(f"Another tag is called {tag.name}.") from error
    return tag
