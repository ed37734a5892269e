"""The pages about people: coming in, oneself, one's colleagues, the workspace."""
