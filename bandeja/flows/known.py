"""What a flow may name in its workspace: accounts, people, teams, tags, fields, replies, templates, rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from django.utils.translation import gettext as _

from bandeja.channels.models import Account, ChannelKey, Template
from bandeja.channels.whatsapp.templates import APPROVED
from bandeja.closing.models import Rule
from bandeja.conversations.models import ContactField, Tag
from bandeja.people.models import Agent, Team, Workspace
from bandeja.quickreplies.models import QuickReply

Choices = Mapping[str, str]
"""What is stored, as text, and what it is called."""


class Known:
    """Asked once for each list that is needed. `by` is who drafts or publishes, where it matters what they may."""

    def __init__(self, workspace: Workspace, by: Agent | None = None) -> None:
        self.workspace, self.by = workspace, by

    def of(self, what: str) -> Choices:
        """The list called `what`."""
        found: Choices = getattr(self, what)
        return found

    def names(self, what: str, keys: Iterable[object]) -> str:
        """What these are called, in a list; what is gone is told as such, what is not chosen yet not at all."""
        listed = self.of(what)
        return ", ".join(listed.get(str(key)) or _("something deleted") for key in keys if key not in {None, ""})

    def name(self, what: str, key: object) -> str:
        return self.names(what, [key])

    @cached_property
    def accounts(self) -> Choices:
        return _named(Account.objects.filter(workspace=self.workspace).order_by("name", "pk"))

    @cached_property
    def channels(self) -> Choices:
        return {key.value: str(key.label) for key in ChannelKey}

    @cached_property
    def agents(self) -> Choices:
        return _named(Agent.objects.filter(workspace=self.workspace, is_active=True).order_by("name", "email"))

    @cached_property
    def teams(self) -> Choices:
        return _named(Team.objects.filter(workspace=self.workspace).order_by("name"))

    @cached_property
    def tags(self) -> Choices:
        return _named(Tag.objects.filter(workspace=self.workspace).order_by("name"))

    @cached_property
    def rules(self) -> Choices:
        return _named(Rule.objects.filter(workspace=self.workspace).order_by("name"))

    @cached_property
    def replies(self) -> Choices:
        return _named(QuickReply.objects.filter(workspace=self.workspace, agent=None).order_by("word"))

    @cached_property
    def fields(self) -> Choices:
        own = {"name": _("Name"), "email": _("E-mail"), "phone": _("Phone")}
        return {**own, **_named(ContactField.objects.filter(workspace=self.workspace).order_by("name"))}

    @cached_property
    def templates(self) -> Choices:
        """By name and language: each number may have its own of the same name."""
        found = Template.objects.filter(app__workspace=self.workspace, status=APPROVED).order_by("name", "language")
        return {f"{each.name}/{each.language}": f"{each.name} ({each.language})" for each in found}


def _named(rows: Iterable[object]) -> Choices:
    return {str(getattr(row, "pk", "")): str(row) for row in rows}
