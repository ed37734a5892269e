"""Tells Django where this folder is."""

from django.apps import AppConfig


class WidgetConfig(AppConfig):
    """The visitor's side of web chat."""

    name = "bandeja.widget"
