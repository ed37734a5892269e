"""The statements of bulk actions."""
