"""The embedded PostgreSQL, for real: every test runs one."""
