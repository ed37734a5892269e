"""Tells Django where this folder is."""

from django.apps import AppConfig


class MentionsConfig(AppConfig):
    """Agents named in internal notes."""

    name = "bandeja.mentions"
