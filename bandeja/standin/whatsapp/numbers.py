"""Numbers in the forms people and Meta write them: which of them are one person's."""

from __future__ import annotations

from bandeja.standin.world import Person, World


def digits(written: str) -> str:
    return "".join(filter(str.isdigit, written))


def forms(number: str) -> set[str]:
    """Every form of one number: Brazil's ninth digit, Mexico's 1, Argentina's 9.

    BR `55 DD 9XXXXXXXX` and `55 DD XXXXXXXX` when the eight digits begin with 6 to 9; MX `521` and `52`; AR `549`
    and `54`, ten digits after each.
    """
    return {number, _other(number)}


def find(world: World, written: str) -> Person | None:
    """Whose number this is, in any of its forms."""
    wanted = forms(digits(written))
    return next((person for person in world.people.values() if person.phone in wanted), None)


def _other(number: str) -> str:
    country, rest = number[:2], number[2:]
    if country == "55":
        return _brazilian(number, rest)
    mark = {"52": "1", "54": "9"}.get(country)
    if mark is None:
        return number
    if len(rest) == 11 and rest.startswith(mark):
        return country + rest[1:]
    return country + mark + rest if len(rest) == 10 else number


def _brazilian(number: str, rest: str) -> str:
    if len(rest) == 11 and rest[2] == "9" and rest[3] in "6789":
        return "55" + rest[:2] + rest[3:]
    if len(rest) == 10 and rest[2] in "6789":
        return "55" + rest[:2] + "9" + rest[2:]
    return number
