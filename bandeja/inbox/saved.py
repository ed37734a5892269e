"""Saved views: filters under a name. Whoever made one may change it, and who manages people any that is shared."""

from __future__ import annotations

from dataclasses import replace

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict

from bandeja.inbox.filters import Filters
from bandeja.inbox.models import SavedView
from bandeja.people.models import Agent, Permission

MOST = 50
"""How many one person may have made: each is counted when the menu opens."""


class NameTaken(Exception):
    """There is one of that name already."""


class TooMany(Exception):
    """One person has made as many as they may."""


def of(agent: Agent) -> QuerySet[SavedView]:
    """Those a person sees: their own, and what their workspace shares."""
    ours = SavedView.objects.filter(workspace_id=agent.workspace_id)
    return ours.filter(Q(agent=agent) | Q(shared=True)).order_by("shared", "name", "pk")


def changeable(agent: Agent) -> QuerySet[SavedView]:
    """Those of them that they may rename, share or delete."""
    return of(agent) if agent.may(Permission.MANAGE_PEOPLE) else of(agent).filter(agent=agent)


def filters(view: SavedView) -> Filters:
    """What it shows."""
    return Filters.read(QueryDict(view.query.lstrip("?")))


def canonical(asked: Filters) -> str:
    """The filters as a view keeps them: which tab one is on is not part of it."""
    return replace(asked, tab="").query


def keep(agent: Agent, asked: Filters, *, name: str, shared: bool) -> SavedView:
    """Save filters under a name. Raises NameTaken or TooMany."""
    if SavedView.objects.filter(agent=agent).count() >= MOST:
        raise TooMany
    view = SavedView(workspace_id=agent.workspace_id, agent=agent, name=name, query=canonical(asked), shared=shared)
    _save(view)
    return view


def change(view: SavedView, *, name: str, shared: bool) -> None:
    """Give it another name, share it or keep it to its maker. Raises NameTaken."""
    view.name, view.shared = name, shared
    _save(view)


def _save(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise NameTaken from error
