"""Messenger: what people write to a page."""
