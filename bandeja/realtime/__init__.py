"""The doorbell: tells open pages that something changed."""
