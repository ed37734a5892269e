"""Tells Django where this folder is."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """A workspace with a believable past, to try Bandeja with."""

    name = "bandeja.demo"
