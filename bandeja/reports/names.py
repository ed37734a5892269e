"""What the accounts, rules and owners of a report are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from bandeja.channels.models import Account
from bandeja.closing.models import Rule
from bandeja.people.models import Agent, Workspace
from bandeja.reports.counting import Line


@dataclass(frozen=True, slots=True)
class Names:
    """Those that are there still, by their ids."""

    accounts: Mapping[int, str]
    rules: Mapping[int, str]
    agents: Mapping[int, str]

    @classmethod
    def of(cls, workspace: Workspace) -> Names:
        agents = {agent.pk: str(agent) for agent in Agent.objects.filter(workspace=workspace)}
        accounts = Account.objects.filter(workspace=workspace).values_list("pk", "name")
        rules = Rule.objects.filter(workspace=workspace).values_list("pk", "name")
        return cls(dict(accounts), dict(rules), agents)

    def account(self, line: Line) -> str:
        return self.accounts.get(line.id or 0, _("An account that is gone"))

    def rule(self, line: Line) -> str:
        """As it is called now; one that was deleted, as it was called at its last closing."""
        name = self.rules.get(line.id or 0)
        return name if name is not None else _("%(rule)s (deleted)") % {"rule": line.value}

    def owner(self, line: Line) -> str:
        if line.id is None:
            return _("Without owner")
        return self.agents.get(line.id, _("Somebody who is gone"))
