"""A rule's options with the names of what they name: as the audit log keeps them, and as people read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Model
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from bandeja.closing.models import Rule, Since, Unit, Waiting
from bandeja.closing.options import NONE, Options
from bandeja.closing.spans import span
from bandeja.conversations.models import ContactField, Tag
from bandeja.hours.models import Calendar
from bandeja.people.models import Agent, Team


@dataclass
class Names:
    """What a workspace's tags, people, teams and fields are called, each read once and only if asked for."""

    workspace_id: int

    @cached_property
    def tags(self) -> list[Tag]:
        return list(Tag.objects.filter(workspace_id=self.workspace_id).order_by("name"))

    @cached_property
    def people(self) -> list[Agent]:
        """Those who left too: a rule may name them."""
        return list(Agent.objects.filter(workspace_id=self.workspace_id).order_by("name", "pk"))

    @cached_property
    def teams(self) -> list[Team]:
        return list(Team.objects.filter(workspace_id=self.workspace_id).order_by("name"))

    @cached_property
    def fields(self) -> list[ContactField]:
        return list(ContactField.objects.filter(workspace_id=self.workspace_id).order_by("name"))

    @cached_property
    def calendars(self) -> list[Calendar]:
        return list(Calendar.objects.filter(workspace_id=self.workspace_id).order_by("name"))


def snapshot(rule: Rule) -> dict[str, Any]:
    """What differs from a rule that says nothing, in plain values: readable after what it names is gone."""
    return {name: value for name, value in named(Options.of(rule), Names(rule.workspace_id)).items() if value}


def named(options: Options, names: Names) -> dict[str, Any]:
    """The options that are not as they would be unsaid; ids of another workspace name nothing."""
    fields = [each for each in names.fields if each.pk == options.exempt_field] if options.exempt_field else []
    return {
        "since": options.since if options.since != NONE.since else "",
        "waiting": options.waiting if options.waiting != NONE.waiting else "",
        "waiting_to": _to(options, names),
        "exempt_tags": _called(names.tags, options.exempt_tags) if options.exempt_tags else [],
        "exempt_owners": _called(names.people, options.exempt_owners) if options.exempt_owners else [],
        "exempt_field": {"name": fields[0].name, "value": options.exempt_value} if fields else {},
        "hours": "".join(_called(names.calendars, [options.calendar])) if options.calendar else "",
        "unheard": _unheard(options),
    }


def _unheard(options: Options) -> dict[str, Any]:
    amount = options.unheard_amount
    return {"amount": amount, "unit": options.unheard_unit} if amount and options.unheard_unit in Unit.values else {}


def _to(options: Options, names: Names) -> str:
    if options.waiting_agent:
        return "".join(_called(names.people, [options.waiting_agent]))
    return "".join(_called(names.teams, [options.waiting_team])) if options.waiting_team else ""


def _called(known: Iterable[Model], ids: Collection[int]) -> list[str]:
    return [str(each) for each in known if each.pk in ids]


def facts(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A snapshot's options, labelled: what two versions of a rule are compared by. Always as many."""
    yield _("Count"), _("Only in the hours “%(hours)s”") % said if said.get("hours") else _("All the time")
    yield _("Counts from"), str(Since(said.get("since") or Since.CONTACT).label)
    yield _("If the contact waits for an answer"), _waits(said)
    yield _("Leaves open"), ", ".join(spared(said)) or "–"
    unheard = said.get("unheard")
    yield _("What nobody answered"), _("Closes after %(time)s") % {"time": span(**unheard)} if unheard else "–"


def _waits(said: Mapping[str, Any]) -> str:
    waiting = Waiting(said.get("waiting") or Waiting.CLOSE)
    if waiting == Waiting.GIVE and said.get("waiting_to"):
        return _("Leave it open and give it to %(name)s") % {"name": said["waiting_to"]}
    return str(waiting.label)


def spared(said: Mapping[str, Any]) -> Iterator[str]:
    """What a rule spares, each as the end of a sentence."""
    if tags := said.get("exempt_tags"):
        yield _("conversations with the tag %(tags)s") % {"tags": _any(tags)}
    if owners := said.get("exempt_owners"):
        yield _("conversations of %(owners)s") % {"owners": _any(owners)}
    if field := said.get("exempt_field"):
        said_of = {"field": field["name"], "value": field["value"]}
        yield _("conversations of contacts whose “%(field)s” is “%(value)s”") % said_of


def _any(names: list[str]) -> str:
    return str(get_text_list(names, _("or")))
