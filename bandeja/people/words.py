"""What a role allows, in words: which conversations it sees, and what else."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.people.models import Permission


class Reach(models.TextChoices):
    """Which conversations a role sees: what is stored as two permissions is one choice to people."""

    OWN = "own", gettext_lazy("Only those assigned to them")
    UNASSIGNED = "unassigned", gettext_lazy("Theirs, and those of nobody")
    ALL = "all", gettext_lazy("All conversations")


REACHES: Mapping[str, list[str]] = {
    Reach.OWN: [],
    Reach.UNASSIGNED: [Permission.SEE_UNASSIGNED],
    Reach.ALL: [Permission.SEE_UNASSIGNED, Permission.SEE_ALL],
}
DUTIES = [each for each in Permission if each not in REACHES[Reach.ALL]]
"""What else a role may allow, each by itself."""


def reach(permissions: Collection[str]) -> str:
    """Which conversations somebody with these permissions sees."""
    if Permission.SEE_ALL in permissions:
        return str(Reach.ALL.label)
    return str((Reach.UNASSIGNED if Permission.SEE_UNASSIGNED in permissions else Reach.OWN).label)


def duties(permissions: Collection[str]) -> list[str]:
    """What else they may do; a permission this version does not know is told by its stored name."""
    known = {each.value for each in Permission}
    odd = [_("Unknown: %(name)s") % {"name": each} for each in permissions if each not in known]
    return [str(each.label) for each in DUTIES if each in permissions] + odd
