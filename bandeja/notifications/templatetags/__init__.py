"""What the bell in the rail says."""
