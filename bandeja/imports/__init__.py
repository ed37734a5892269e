"""Contacts from a file: read, shown as they would be, and written once somebody says so."""
