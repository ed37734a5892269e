"""Roles in a template."""

from __future__ import annotations

from django import template
from django.conf import settings

from bandeja.people.models import Role
from bandeja.people.words import duties, reach

register = template.Library()


@register.simple_tag
def sso() -> str:
    """What the organisation's own sign-in is called; empty where there is none."""
    return str(settings.BANDEJA_OIDC_NAME)


@register.filter
def allows(role: Role) -> str:
    """What a role allows, in one line: which conversations, then what else."""
    return " · ".join([reach(role.permissions), *duties(role.permissions)])
