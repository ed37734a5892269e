"""Mentions, as they are written, recorded and seen."""
