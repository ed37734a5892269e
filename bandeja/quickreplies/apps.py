"""Tells Django where this folder is."""

from django.apps import AppConfig


class QuickRepliesConfig(AppConfig):
    """Texts that are written often."""

    name = "bandeja.quickreplies"
