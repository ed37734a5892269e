"""Tells Django where this folder is, and what kinds of starts and steps there are."""

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    """What happens by itself after a conversation opens or closes."""

    name = "bandeja.flows"

    def ready(self) -> None:
        """Enter every kind in the registry: whoever reads a flow knows them all, whatever it has imported."""
        from bandeja.flows import kinds  # noqa: F401, PLC0415  registers them, once the models are there
