"""Contacts from a file, from the upload to the row."""
