"""Tells Django where this folder is."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Workspaces, the agents who work in them, and how they sign in."""

    name = "bandeja.people"
