"""Teams as the inbox speaks of them: `team-3` in an address or a form, and the conversations that are a team's."""

from __future__ import annotations

import re

from django.db.models import Q

from bandeja.people.models import Membership

SPELLED = re.compile(r"team-(\d{1,18})")


def spelled(text: str) -> int | None:
    """The team that `text` names, or None."""
    found = SPELLED.fullmatch(text)
    return int(found[1]) if found else None


def conversations(team_id: int) -> Q:
    """What the team was given, and what its members own that is no team's: what its leaders see (`Scope`)."""
    members = Membership.objects.filter(team_id=team_id).values("agent")
    return Q(team_id=team_id) | Q(team=None, owner__in=members)
