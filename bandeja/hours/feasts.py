"""Public holidays by country and part of it, by the `holidays` library, which is loaded when it is first asked."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import ModuleType

from babel import Locale

log = logging.getLogger(__name__)


def dates(country: str, subdivision: str, first: date, end: date, language: str = "") -> Mapping[date, str]:
    """The holidays of a country from `first` to the one before `end`, and what each is called; of no country none.

    In `language` where the library knows them so, else in the country's own. Of a place that an update of it knows no
    more, those of the whole country, or none: a calendar must open all the same.
    """
    if not country:
        return {}
    if not is_known(country, subdivision):
        log.warning("No holidays are known any more of this place", extra={"country": country, "part": subdivision})
        return dates(country, "", first, end, language) if subdivision else {}
    years = range(first.year, end.year + 1)
    spoken = next((each for each in _languages(country) if _root(each) == _root(language)), None)
    found = _library().country_holidays(country, subdiv=subdivision or None, years=years, language=spoken)
    return {on: name for on, name in sorted(found.items()) if first <= on < end}


def countries(language: str) -> Sequence[tuple[str, str]]:
    """The codes of the countries whose holidays are known, and what each is called, in the order of that.

    The library knows some by a second code, which has no name.
    """
    names = Locale.parse(language.replace("-", "_")).territories
    known = ((code, names[code]) for code in _codes() if code in names)
    return sorted(known, key=lambda each: each[1].casefold())


def country_name(code: str, language: str) -> str:
    """What a country is called."""
    return str(Locale.parse(language.replace("-", "_")).territories.get(code, code))


def subdivisions(country: str) -> Sequence[tuple[str, str]]:
    """The parts of a country that have holidays of their own: code, and what it is called where that is known."""
    if country not in _codes():
        return ()
    found = _library().country_holidays(country)
    aliases = found.get_subdivision_aliases()
    named = [(code, next(iter(aliases.get(code, ())), code)) for code in found.subdivisions]
    return sorted(named, key=lambda each: each[1].casefold())


def is_known(country: str, subdivision: str) -> bool:
    """Whether there are holidays to be had of it."""
    if country not in _codes():
        return False
    return not subdivision or subdivision in dict(subdivisions(country))


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    _library()
    from holidays.registry import COUNTRIES  # noqa: PLC0415  see below

    return frozenset(code for entry in COUNTRIES.values() for code in entry if len(code) == 2)


@lru_cache(maxsize=64)
def _languages(country: str) -> Sequence[str]:
    return tuple(_library().country_holidays(country).supported_languages)


def _root(language: str) -> str:
    """The language without its region: pt of pt_BR."""
    return language.lower().replace("-", "_").partition("_")[0]


def _library() -> ModuleType:
    import holidays  # noqa: PLC0415  its 25 MB are only for whoever has holidays

    return holidays
