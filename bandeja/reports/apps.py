"""Tells Django where this folder is."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """What became of conversations, counted."""

    name = "bandeja.reports"
