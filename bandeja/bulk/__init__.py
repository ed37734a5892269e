"""What one person does to many conversations at once, in batches, with the way back."""
