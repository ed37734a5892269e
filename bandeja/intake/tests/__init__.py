"""Knocks at the door, politely and otherwise."""
