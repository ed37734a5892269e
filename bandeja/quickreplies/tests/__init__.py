"""Quick replies, as they are kept, found and filled in."""
