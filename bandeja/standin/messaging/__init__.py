"""Messenger and Instagram messaging, which share most of what they say."""
