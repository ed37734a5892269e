"""A pytest plugin: one PostgreSQL for the whole run, ready before Django reads its settings."""
