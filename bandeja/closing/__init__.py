"""Rules that close quiet conversations, and the sweep that carries them out."""
