"""What a closing rule may be told beside its time, as a command says it: by names where people know names.

What is not typed is not said. An empty value takes away what there was.
"""

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bandeja.cli.remote import Unclear
from bandeja.client import Call, Client

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
TIME = re.compile(r"([0-9]{1,6})([mhd])", re.ASCII)
LANGUAGE = re.compile(r"([a-z]{2}(?:-[a-z]{2})?)=(.*)", re.DOTALL | re.IGNORECASE)
LANGUAGES = ("es", "en", "pt-br")


def arguments(verb: argparse.ArgumentParser) -> None:
    """The options of a rule."""
    verb.add_argument("--hours", metavar="CALENDAR", help="count only these business hours, by name or number")
    verb.add_argument(
        "--since", choices=["contact", "either", "answer"], help="whose last message its time counts from"
    )
    verb.add_argument(
        "--never-answered", metavar="TIME", help="close what you began and nobody answered so long after: 30m, 2h, 3d"
    )
    waiting = verb.add_mutually_exclusive_group()
    waiting.add_argument(
        "--when-waiting", choices=["close", "tell", "free"],
        help="who waits for an answer is closed on; left open and the owner told; left open and given to nobody",
    )  # fmt: skip
    waiting.add_argument("--give-to", metavar="WHOM", help="or left open and given to a person, 7, or a team, team-3")
    verb.add_argument("--spare-tag", metavar="TAG", action="append", help="leave open what has it; may be repeated")
    verb.add_argument("--spare-owner", metavar="NUMBER", action="append", help="leave open what a person has")
    verb.add_argument("--spare-field", metavar="FIELD=VALUE", help="leave open those whose field says it")
    verb.add_argument(
        "--warn", metavar="TIME", action="append", help="so long before the end, 30m, 2h, 1d; up to twice"
    )
    verb.add_argument(
        "--warning", metavar="TEXT", action="append",
        help="what a warning says; {{time}} is the time left; pt-br=TEXT in another language",
    )  # fmt: skip
    verb.add_argument("--farewell", metavar="TEXT", action="append", help="what the contact reads once it has closed")


def typed(client: Client, chosen: argparse.Namespace) -> dict[str, Any]:
    """The options that were typed, as the API has them. Raises Unclear, Refused."""
    return {name: value for option in OPTIONS for name, value in option(client, chosen)}


def time(text: str) -> dict[str, Any]:
    """30m as an amount and a unit. Raises Unclear."""
    found = TIME.fullmatch(text)
    if not found:
        raise Unclear(f"{text!r} is no time: write 30m, 2h or 1d.")
    return {"amount": int(found[1]), "unit": UNITS[found[2]]}


def _counting(client: Client, chosen: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    if chosen.hours is not None:
        yield "calendar_id", _named(client, "/calendars", chosen.hours) if chosen.hours else None
    if chosen.since:
        yield "since", chosen.since
    if chosen.never_answered is not None:
        yield "unheard", time(chosen.never_answered) if chosen.never_answered else None


def _waiting(_client: Client, chosen: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    if chosen.when_waiting:
        yield "waiting", chosen.when_waiting
    if chosen.give_to:
        number = _number(chosen.give_to.removeprefix("team-"))
        to_team = chosen.give_to.startswith("team-")
        yield "waiting", "give"
        yield "waiting_team_id", number if to_team else None
        yield "waiting_agent_id", None if to_team else number


def _sparing(client: Client, chosen: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    if chosen.spare_tag is not None:
        yield "exempt_tag_ids", [_named(client, "/tags", name) for name in chosen.spare_tag if name]
    if chosen.spare_owner is not None:
        yield "exempt_owner_ids", [_number(text) for text in chosen.spare_owner if text]
    if chosen.spare_field is not None:
        name, _, value = chosen.spare_field.partition("=")
        yield "exempt_field_id", _named(client, "/fields", name) if name else None
        yield "exempt_value", value


def _telling(client: Client, chosen: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    if chosen.warn is not None:
        yield "warnings", [time(text) for text in chosen.warn if text]
    if chosen.warning is not None:
        yield "warning_texts", _texts(client, chosen.warning)
    if chosen.farewell is not None:
        yield "farewell_texts", _texts(client, chosen.farewell)


OPTIONS: Sequence[Callable[[Client, argparse.Namespace], Iterator[tuple[str, Any]]]] = (
    _counting, _waiting, _sparing, _telling,
)  # fmt: skip


def _texts(client: Client, said: Sequence[str]) -> dict[str, str]:
    """By language: the workspace's own where none is named. Raises Unclear."""
    found: dict[str, str] = {}
    for text in filter(None, said):
        named = LANGUAGE.fullmatch(text)
        language = named[1].lower() if named else client.ask(Call("GET", "/me"))["language"]
        if language not in LANGUAGES:
            raise Unclear(f"{text!r} begins with no language of Bandeja's: {', '.join(LANGUAGES)}.")
        if language in found:
            raise Unclear(f"Two texts in one language, {language}: {found[language]!r} and {text!r}.")
        found[language] = named[2] if named else text
    return found


def _named(client: Client, path: str, name: str) -> int:
    """The number of what is called so; a name that is a number names also what has it."""
    there = client.ask(Call("GET", path))
    for each in there:
        if name.casefold() == each["name"].casefold():
            return int(each["id"])
    for each in there:
        if name == str(each["id"]):
            return int(each["id"])
    raise Unclear(f"{name!r} is none of these: {', '.join(each['name'] for each in there) or 'there are none'}.")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Unclear(f"{text!r} is no number.")
    return int(text)
