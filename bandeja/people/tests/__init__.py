"""Coming in, and who may do what to whom."""
