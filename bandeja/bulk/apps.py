"""Tells Django where this folder is."""

from django.apps import AppConfig


class BulkConfig(AppConfig):
    """Bulk actions."""

    name = "bandeja.bulk"
