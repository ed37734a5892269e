"""Tells Django where this folder is."""

from django.apps import AppConfig


class AttendanceConfig(AppConfig):
    """What follows from who is there."""

    name = "bandeja.attendance"
