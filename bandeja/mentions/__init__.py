"""Who was named in an internal note, and whether they have seen it."""
