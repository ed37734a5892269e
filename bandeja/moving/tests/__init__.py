"""A workspace carried from one installation to another."""
