"""The fields of a workspace's own, that say what it wants to know of its contacts."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from bandeja.channels.reading import is_visible, line
from bandeja.conversations.bell import ring_all
from bandeja.conversations.models import ContactField, FieldKind

NAME_LENGTH = 60
CHOICE_LENGTH = 100
MOST = 50
"""The most fields a workspace may have: all of them stand in one form."""
MOST_CHOICES = 100


class Unfit(ValueError):
    """A field needs a name, and a choice something to choose from, neither too many."""


class NameTaken(ValueError):
    """Another field of the workspace has that name."""


class TooMany(ValueError):
    """The workspace has as many fields as it may."""


def make(workspace_id: int, name: str, kind: str, choices: Sequence[str] = ()) -> ContactField:
    """A new field. Raises Unfit, NameTaken, TooMany."""
    if ContactField.objects.filter(workspace_id=workspace_id).count() >= MOST:
        raise TooMany(f"A workspace has up to {MOST} fields.")
    return _save(ContactField(workspace_id=workspace_id, kind=FieldKind(kind)), name, choices)


def change(field: ContactField, name: str, choices: Sequence[str] = ()) -> ContactField:
    """Give a field another name, or other choices; what was written in it stays. Raises Unfit, NameTaken."""
    return _save(field, name, choices)


def delete(field: ContactField) -> None:
    """Forget a field, and what it says of every contact."""
    with transaction.atomic():
        ContactField.objects.select_for_update().filter(pk=field.pk).first()  # whoever writes in it is done by then
        field.delete()
        ring_all(field.workspace_id)


def _save(field: ContactField, name: str, choices: Sequence[str]) -> ContactField:
    field.name = line(name, NAME_LENGTH)
    said = dict.fromkeys(line(choice, CHOICE_LENGTH) for choice in choices)
    field.choices = [choice for choice in said if is_visible(choice)] if field.kind == FieldKind.CHOICE else []
    wants = field.kind == FieldKind.CHOICE
    if not is_visible(field.name) or (wants and not 0 < len(field.choices) <= MOST_CHOICES):
        raise Unfit("A field needs a name, and a choice something to choose from.")
    try:
        with transaction.atomic():
            field.save()
            ring_all(field.workspace_id)
    except IntegrityError as error:
        raise NameTaken(f"Another field is called {field.name}.") from error
    return field
