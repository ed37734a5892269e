"""Who hears what, and who does not."""
