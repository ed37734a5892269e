"""Tells Django where this folder is."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """The durable door: store what a channel delivers, then join it to conversations."""

    name = "bandeja.intake"
