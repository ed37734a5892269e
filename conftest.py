"""What every test may ask for: a database whose clock obeys, and cheap passwords."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.clock import CLOCK, Clock
from tests.emptying import empty


@pytest.fixture
def clock(db: None) -> Iterator[Clock]:
    """The database's clock, to be set and moved; it runs by itself until then and after the test."""
    clock = Clock()
    yield clock
    if not connection.needs_rollback:
        clock.reset()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The test database, with the clock that tests may set, and an audit log that may be emptied between them."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(CLOCK)
        cursor.execute("alter table audit_entry disable trigger audit_entry_stays_whole")


def pytest_configure() -> None:
    """What production does for safety and tests need not wait for."""
    from django.conf import settings
    from django.test import TransactionTestCase

    # Django has no setting for how it empties the database.
    TransactionTestCase._fixture_teardown = empty  # type: ignore[attr-defined]  # noqa: SLF001
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
