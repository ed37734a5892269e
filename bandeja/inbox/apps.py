"""Tells Django where this folder is."""

from django.apps import AppConfig


class InboxConfig(AppConfig):
    """The screens people work in."""

    name = "bandeja.inbox"
