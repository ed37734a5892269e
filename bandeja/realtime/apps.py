"""Tells Django where this folder is."""

from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    """The doorbell: tells open pages that something changed."""

    name = "bandeja.realtime"
