"""Tells Django where this folder is."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Contacts from a file."""

    name = "bandeja.imports"
