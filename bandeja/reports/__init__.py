"""Reports: what became of conversations, counted over a time."""
