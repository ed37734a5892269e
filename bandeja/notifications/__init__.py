"""Telling people what concerns them: in the page, by push to their devices, by e-mail."""
