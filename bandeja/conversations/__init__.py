"""The heart: contacts, their conversations, messages, closures and events."""
