"""The database's clock as tests see it: bandeja_now() reads a session setting instead of the time of day."""

from datetime import datetime, timedelta

from django.db import connection

CLOCK = """
CREATE OR REPLACE FUNCTION bandeja_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(nullif(current_setting('bandeja.now', true), '')::timestamptz, clock_timestamp())
$$
"""


class Clock:
    """The database's clock, on the connection of the test: it stands still once set."""

    def now(self) -> datetime:
        """What bandeja_now() answers."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT bandeja_now()")
            (at,) = cursor.fetchone()
        assert isinstance(at, datetime)
        return at

    def set(self, at: datetime) -> datetime:
        """Stops the clock at this instant, which must carry its time zone."""
        assert at.tzinfo is not None, "an instant without a time zone is no instant"
        self._write(at.isoformat())
        return at

    def advance(self, **spans: float) -> datetime:
        """Moves the clock on by seconds=, minutes=, hours= or days=, and leaves it there."""
        return self.set(self.now() + timedelta(**spans))

    def reset(self) -> None:
        """Lets it run again."""
        self._write("")

    def _write(self, text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('bandeja.now', %s, false)", [text])
