"""What a visitor's browser is given, and what it is refused."""
