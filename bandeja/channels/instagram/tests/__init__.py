"""What the channel understands, by example and by force."""
