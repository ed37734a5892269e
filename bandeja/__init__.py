"""Bandeja: a self-hosted shared inbox whose quiet conversations close by themselves."""
