"""Closings, over the API: how many there were, why, and what became of them."""

import argparse
from typing import Any

from bandeja.cli import remote
from bandeja.client import Client

SIDES = ("cause", "reason", "rule", "account", "owner", "day", "hour")
CAUSES = ("agent", "bulk", "rule", "flow", "api")
SPANS = {"back_in_an_hour": "an hour", "back_in_a_day": "a day", "back_in_a_week": "a week"}
FILTERS = ("since", "until", "cause", "account", "rule")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Two verbs: report and outcomes."""
    remote.arguments(parser)
    verbs = parser.add_subparsers(dest="verb", required=True)
    report = verbs.add_parser("report", help="how many closings there were by one of their sides")
    report.add_argument("--by", choices=SIDES, default="cause")
    report.set_defaults(act=_report)
    outcomes = verbs.add_parser("outcomes", help="what became of closings: who came back, how late rules were")
    outcomes.set_defaults(act=_outcomes)
    for verb in (report, outcomes):
        verb.add_argument("--since", help="an instant such as 2026-11-01T00:00:00-05:00")
        verb.add_argument("--until")
        verb.add_argument("--cause", choices=CAUSES)
        verb.add_argument("--account", type=int, help="the number of an account")
        verb.add_argument("--rule", type=int, help="the number of a rule")


def run(chosen: argparse.Namespace) -> int:
    """Does it."""
    return remote.run(chosen)


def _report(client: Client, chosen: argparse.Namespace) -> None:
    """What rules closed is nobody's, so it is told apart."""
    for each in client.report(chosen.by, **_filters(chosen)):
        by_rule = f"  ({each['by_rule']} of them by rules)" if each["by_rule"] and chosen.by != "rule" else ""
        remote.say(f"{each['closings']:>8}  {each['value'] or '–'}{by_rule}")


def _outcomes(client: Client, chosen: argparse.Namespace) -> None:
    found = client.outcomes(**_filters(chosen))
    if found["every"] > 1:
        remote.say(f"one in {found['every']} closings was looked at")
    _say_outcome("all", found["total"])
    for cause in found["causes"]:
        _say_outcome(cause["cause"], cause["outcome"])
    for rule in found["rules"]:
        _say_outcome(f"rule {rule['rule_id']}", rule["outcome"])


def _say_outcome(name: str, outcome: dict[str, Any]) -> None:
    remote.say(f"{name}: {outcome['closings']} closings, {_part(outcome['unanswered'])} not answered")
    if outcome["back_in_an_hour"]["of"]:
        back = (f"{_part(outcome[name])} within {words}" for name, words in SPANS.items())
        remote.say(f"    written again: {', '.join(back)}")
    if outcome["late_median"] is not None:
        remote.say(f"    late: half within {outcome['late_median']:g} s, 99 of 100 within {outcome['late_most']:g} s")


def _part(part: dict[str, int]) -> str:
    return f"{part['count']} of {part['of']}"


def _filters(chosen: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(chosen, name) for name in FILTERS}
