"""Tells Django where this folder is."""

from django.apps import AppConfig


class ClosingConfig(AppConfig):
    """Rules that close quiet conversations, and the sweep that carries them out."""

    name = "bandeja.closing"
