"""The lines a contact writes on, and what each kind of line can do."""
