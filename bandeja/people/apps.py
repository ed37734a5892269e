"""Tells Django where this folder is."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from bandeja.database import without_jit


class PeopleConfig(AppConfig):
    """Workspaces, the agents who work in them, and how they sign in."""

    name = "bandeja.people"

    def ready(self) -> None:
        """Every connection is ours from its first statement on."""
        connection_created.connect(without_jit, dispatch_uid="without jit")
