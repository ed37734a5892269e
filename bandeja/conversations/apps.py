"""Tells Django where this folder is."""

from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    """The heart: contacts, their conversations, messages, closures and events."""

    name = "bandeja.conversations"
