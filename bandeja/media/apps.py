"""Tells Django where this folder is."""

from django.apps import AppConfig


class MediaConfig(AppConfig):
    """The files of messages: fetching, keeping, serving and taking them."""

    name = "bandeja.media"
