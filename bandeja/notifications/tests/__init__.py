"""Who is told of what, and how."""
