"""What follows from who is there: to whom conversations go by themselves, what contacts are answered."""
