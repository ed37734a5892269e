"""The handle of a message: found again from it, and nobody else's is taken for ours."""

from __future__ import annotations

import pytest

from bandeja.conversations.handle import handle_of, message_of


@pytest.mark.parametrize("message_id", [1, 42, 9_223_372_036_854_775_807])
def test_a_message_is_found_by_its_handle(message_id: int) -> None:
    assert message_of(handle_of(message_id)) == message_id


def test_a_handle_fits_where_channels_take_one() -> None:
    assert len(handle_of(9_223_372_036_854_775_807)) < 50


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "b",
        "b42",
        "b42.",
        "b42.00000000",
        "b42.0000000000000000",
        "42",
        "order-42",
        "b٤٢.0000000000000000",
        "b" * 600,
    ],
)
def test_what_other_programs_write_there_is_not_ours(foreign: str) -> None:
    assert message_of(foreign) is None


def test_a_handle_is_good_for_its_own_message_only() -> None:
    assert message_of(handle_of(42).replace("b42.", "b43.")) is None
    assert message_of(f" {handle_of(42)}") is None
    assert message_of(f"{handle_of(42)}\n") is None


def test_a_handle_of_another_install_is_not_ours(settings: pytest.FixtureRequest) -> None:
    theirs = handle_of(42)
    settings.SECRET_KEY = "another key, at least thirty-two characters"  # type: ignore[attr-defined]  # pytest-django's settings take any
    assert message_of(theirs) is None
