"""What the pages about people say."""
