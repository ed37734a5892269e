"""Tells Django where this folder is."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    """The lines a contact writes on, and what each kind of line can do."""

    name = "bandeja.channels"
