"""Quick replies: texts that a team or a person writes often, found by a word."""
