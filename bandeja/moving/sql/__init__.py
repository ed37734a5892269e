"""What bringing a workspace in is prepared by."""
