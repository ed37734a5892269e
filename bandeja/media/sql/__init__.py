"""The media statements."""
