"""WhatsApp as the Cloud API does it."""
