"""The statements of webhooks, each in a file of its own that says what it does."""
