"""Tags about people, for every template."""
