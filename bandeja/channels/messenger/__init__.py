"""Messenger, by a page."""
