"""The statements of notifications."""
