"""A whole workspace as one file, and a fresh workspace out of such a file."""
