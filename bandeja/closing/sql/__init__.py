"""The sweep's statements."""
