"""How times, names and icons read."""
