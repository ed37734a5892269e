"""Tells Django where this folder is."""

from django.apps import AppConfig


class HoursConfig(AppConfig):
    """Calendars and the stretches of time in which they are open."""

    name = "bandeja.hours"
