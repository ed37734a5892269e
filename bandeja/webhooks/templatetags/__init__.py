"""What templates say of webhooks."""
