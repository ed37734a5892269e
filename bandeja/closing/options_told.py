"""A rule's options with the names of what they name: as the audit log keeps them, and as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from bandeja.closing.models import Rule, Since, Waiting
from bandeja.closing.options import NONE, Options
from bandeja.conversations.models import ContactField, Tag
from bandeja.people.models import Agent, Team


def snapshot(rule: Rule) -> dict[str, Any]:
    """What differs from a rule that says nothing, in plain values: readable after what it names is gone."""
    return {name: value for name, value in named(Options.of(rule), rule.workspace_id).items() if value}


def named(options: Options, workspace_id: int) -> dict[str, Any]:
    """The options that are not as they would be unsaid; ids of another workspace name nothing."""
    here = {"workspace_id": workspace_id}
    tags = Tag.objects.filter(**here, pk__in=options.exempt_tags).order_by("name")
    owners = Agent.objects.filter(**here, pk__in=options.exempt_owners).order_by("name", "pk")
    field = ContactField.objects.filter(**here, pk=options.exempt_field or 0).first()
    return {
        "since": options.since if options.since != NONE.since else "",
        "waiting": options.waiting if options.waiting != NONE.waiting else "",
        "waiting_to": _to(options, here),
        "exempt_tags": [tag.name for tag in tags] if options.exempt_tags else [],
        "exempt_owners": [str(owner) for owner in owners] if options.exempt_owners else [],
        "exempt_field": {"name": field.name, "value": options.exempt_value} if field else {},
    }


def _to(options: Options, here: Mapping[str, Any]) -> str:
    if options.waiting_agent:
        return str(Agent.objects.filter(**here, pk=options.waiting_agent).first() or "")
    if options.waiting_team:
        return str(Team.objects.filter(**here, pk=options.waiting_team).first() or "")
    return ""


def facts(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A snapshot's options, labelled: what two versions of a rule are compared by. Always as many."""
    yield _("Counts from"), str(Since(said.get("since") or Since.CONTACT).label)
    yield _("If the contact waits for an answer"), _waits(said)
    yield _("Leaves open"), ", ".join(spared(said)) or "–"


def _waits(said: Mapping[str, Any]) -> str:
    waiting = Waiting(said.get("waiting") or Waiting.CLOSE)
    if waiting == Waiting.GIVE:
        return _("Leave it open and give it to %(name)s") % {"name": said.get("waiting_to") or _("nobody")}
    return str(waiting.label)


def spared(said: Mapping[str, Any]) -> Iterator[str]:
    """What a rule spares, each as the end of a sentence."""
    if tags := said.get("exempt_tags"):
        yield _("what has the tag %(tags)s") % {"tags": _any(tags)}
    if owners := said.get("exempt_owners"):
        yield _("what %(owners)s has") % {"owners": _any(owners)}
    if field := said.get("exempt_field"):
        yield _("whose “%(field)s” is “%(value)s”") % {"field": field["name"], "value": field["value"]}


def _any(names: list[str]) -> str:
    return str(get_text_list(names, _("or")))
