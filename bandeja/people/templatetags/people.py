"""Roles in a template."""

from __future__ import annotations

from django import template

from bandeja.people.models import Role
from bandeja.people.words import duties, reach

register = template.Library()


@register.filter
def allows(role: Role) -> str:
    """What a role allows, in one line: which conversations, then what else."""
    return " · ".join([reach(role.permissions), *duties(role.permissions)])
