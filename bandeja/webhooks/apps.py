"""Tells Django where this folder is."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Telling the outside."""

    name = "bandeja.webhooks"
