"""The screens of the API: its tokens, and what it can do."""
