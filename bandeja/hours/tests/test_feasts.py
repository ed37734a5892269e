"""Holidays by the library: which, what they are called, and of where."""

from __future__ import annotations

from datetime import date

import pytest

from bandeja.hours import feasts

YEAR = (date(2026, 1, 1), date(2027, 1, 1))


def test_the_holidays_of_a_country_are_called_in_the_readers_language() -> None:
    assert feasts.dates("CL", "", *YEAR, "es")[date(2026, 9, 18)] == "Día de la Independencia"
    assert feasts.dates("BR", "", *YEAR, "pt-br")[date(2026, 9, 7)] == "Independência do Brasil"
    assert date(2026, 9, 18) in feasts.dates("CL", "", *YEAR)


def test_a_part_of_a_country_has_more_of_its_own() -> None:
    whole, part = feasts.dates("ES", "", *YEAR), feasts.dates("ES", "MD", *YEAR)
    assert date(2026, 5, 2) in part
    assert date(2026, 5, 2) not in whole


def test_of_no_country_there_are_none() -> None:
    assert feasts.dates("", "", *YEAR) == {}


def test_of_a_place_that_the_library_knows_no_more_there_are_the_countrys_or_none() -> None:
    """What was chosen by an older version of it."""
    assert feasts.dates("ES", "XX", *YEAR) == feasts.dates("ES", "", *YEAR) != {}
    assert feasts.dates("QQ", "MD", *YEAR) == {}


@pytest.mark.parametrize(
    ("country", "subdivision", "known"),
    [("CL", "", True), ("ES", "MD", True), ("ES", "XX", False), ("QQ", "", False), ("ZZZ", "MD", False)],
)
def test_only_what_is_known_may_be_chosen(country: str, subdivision: str, known: bool) -> None:
    assert feasts.is_known(country, subdivision) is known


def test_countries_are_named_in_the_readers_language() -> None:
    named = dict(feasts.countries("es"))
    assert named["DE"] == "Alemania"
    assert len(named) > 100
    assert [code for code, name in named.items() if code == name] == []
    assert dict(feasts.subdivisions("ES"))["MD"] == "Madrid"
