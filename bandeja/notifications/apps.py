"""Tells Django where this folder is."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """What people are told of."""

    name = "bandeja.notifications"
