"""Stories across folders, the cast, and what holds the architecture."""
