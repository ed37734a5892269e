"""Closings, over the API: how many there were, and why."""

import argparse

from bandeja.cli import remote
from bandeja.client import Client


def arguments(parser: argparse.ArgumentParser) -> None:
    """One verb: report."""
    remote.arguments(parser)
    verbs = parser.add_subparsers(dest="verb", required=True)
    report = verbs.add_parser("report", help="how many closings there were by one of their sides")
    report.add_argument("--by", choices=["cause", "reason", "rule", "account", "owner"], default="cause")
    report.add_argument("--since", help="an instant such as 2026-11-01T00:00:00-05:00")
    report.add_argument("--until")
    report.set_defaults(act=_report)


def run(chosen: argparse.Namespace) -> int:
    """Does it."""
    return remote.run(chosen)


def _report(client: Client, chosen: argparse.Namespace) -> None:
    for each in client.report(chosen.by, since=chosen.since, until=chosen.until):
        remote.say(f"{each['closings']:>8}  {each['value'] or '–'}")
