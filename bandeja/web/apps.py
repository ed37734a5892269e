"""Tells Django where this folder is."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Base templates, styles, scripts and icons."""

    name = "bandeja.web"
