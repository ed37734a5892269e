"""Closing rules, over the API: list them, add one, include what is open, switch one off, pause all of them."""

import argparse

from bandeja.cli import remote
from bandeja.client import Client, Rule


def arguments(parser: argparse.ArgumentParser) -> None:
    """Six verbs: list, add, include, off, pause, resume."""
    remote.arguments(parser)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="all of them").set_defaults(act=_list)

    add = verbs.add_parser("add", help="close after so long without a word from the contact")
    add.add_argument("amount", type=int)
    add.add_argument("unit", choices=["minutes", "hours", "days"])
    add.add_argument("--reason", required=True)
    add.add_argument("--account", type=int, action="append", required=True, help="its number; may be repeated")
    add.add_argument("--name", default="")
    add.set_defaults(act=_add)

    include = verbs.add_parser("include", help="include what is open without a clock: none closes at once")
    include.add_argument("id", type=int)
    include.set_defaults(act=_include)

    off = verbs.add_parser("off", help="switch one off: it closes nothing from this instant")
    off.add_argument("id", type=int)
    off.set_defaults(act=_off)

    pause = verbs.add_parser("pause", help="no rule closes anything until somebody resumes")
    pause.add_argument("why", help="what whoever comes next must know")
    pause.set_defaults(act=_pause)
    verbs.add_parser("resume", help="rules close again; what ran out meanwhile starts anew").set_defaults(act=_resume)


def run(chosen: argparse.Namespace) -> int:
    """Does one of them."""
    return remote.run(chosen)


def _list(client: Client, chosen: argparse.Namespace) -> None:
    del chosen
    for rule in client.rules():
        remote.say(_said(rule))


def _add(client: Client, chosen: argparse.Namespace) -> None:
    said = {"amount": chosen.amount, "unit": chosen.unit, "reason": chosen.reason, "name": chosen.name}
    remote.say(_said(client.add_rule(account_ids=chosen.account, **said)))


def _off(client: Client, chosen: argparse.Namespace) -> None:
    remote.say(_said(client.switch_off_rule(chosen.id)))


def _include(client: Client, chosen: argparse.Namespace) -> None:
    job = client.include(chosen.id)
    remote.say(f"{job['id']:>6}  {job['stage']}  rule {job['rule_id']}")


def _pause(client: Client, chosen: argparse.Namespace) -> None:
    paused = client.pause_closing(chosen.why)
    remote.say(f"paused since {paused['since']} by {paused['agent']}: {paused['why']}")


def _resume(client: Client, chosen: argparse.Namespace) -> None:
    del chosen
    client.resume_closing()
    remote.say("not paused")


def _said(rule: Rule) -> str:
    accounts = ", ".join(map(str, rule["account_ids"]))
    state = "on" if rule["active"] else "off"
    return (
        f"{rule['id']:>6}  {state:3}  {rule['amount']} {rule['unit']}  {rule['name']}  [{accounts}]  {rule['reason']}"
    )
