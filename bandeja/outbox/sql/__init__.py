"""The send lane's statements."""
