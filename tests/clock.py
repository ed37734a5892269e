"""The database's clock as tests see it: bandeja_now() reads a session setting instead of the time of day."""

from datetime import UTC, datetime, timedelta

from django.db import connection

TODAY = datetime(2026, 2, 2, 14, tzinfo=UTC)
"""When every run of the tests begins, a Monday: what passes today passes in ten years."""

CLOCK = f"""
CREATE OR REPLACE FUNCTION bandeja_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(
        nullif(current_setting('bandeja.now', true), '')::timestamptz,
        clock_timestamp() - '{(datetime.now(UTC) - TODAY).total_seconds()} seconds'::interval
    )
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

    def tell_the_time(self) -> datetime:
        """Stops the clock now: for a story with something in it that has a clock of its own."""
        return self.set(datetime.now(UTC))

    def advance(self, **spans: float) -> datetime:
        """Moves the clock on by seconds=, minutes=, hours= or days=, and leaves it there."""
        return self.set(self.now() + timedelta(**spans))

    def reset(self) -> None:
        """Lets it run again."""
        self._write("")

    def _write(self, text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('bandeja.now', %s, false)", [text])
