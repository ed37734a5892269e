"""Tells Django where this folder is."""

from importlib import import_module

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """What people are told of."""

    name = "bandeja.notifications"

    def ready(self) -> None:
        """Whoever is signed out somewhere is told nothing there."""
        devices, sessions = import_module("bandeja.notifications.devices"), import_module("bandeja.people.sessions")
        sessions.afterwards(devices.keep_signed_in)
