"""Tells Django where this folder is."""

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    """What happens by itself after a conversation opens or closes."""

    name = "bandeja.flows"
