"""Tells Django where this folder is."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The HTTP interface for integrators."""

    name = "bandeja.api"
