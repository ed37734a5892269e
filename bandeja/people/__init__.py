"""Workspaces, the agents who work in them, and how they sign in."""
