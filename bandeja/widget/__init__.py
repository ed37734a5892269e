"""The visitor's side of web chat."""
