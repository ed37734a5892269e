"""Closing rules, over the API: list, show, add and change them, include what is open, switch them, pause all."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from bandeja.cli import remote, rule_options
from bandeja.client import Client, Rule

VERBS = {
    "on": "switch one on: it counts from this instant",
    "off": "switch one off: it closes nothing from this instant",
    "delete": "delete one; what it closed keeps its name and reason",
    "include": "include what is open without a clock: none closes at once",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """A verb for each thing to do."""
    remote.arguments(parser)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="all of them").set_defaults(act=_list)
    verbs.add_parser("coverage", help="what covers each account, and how much has a clock").set_defaults(
        act=_coverage
    )
    show = verbs.add_parser("show", help="one, with its options")
    show.add_argument("id", type=int)
    show.set_defaults(act=_show)
    _previewing(
        verbs.add_parser("preview", help="what such a rule would have closed in the last 30 days; saves nothing")
    )
    _adding(verbs.add_parser("add", help="close after so long without a word from the contact"))
    _changing(verbs.add_parser("change", help="change only what is said; an empty value takes an option away"))
    for name, act in (("on", _on), ("off", _off), ("delete", _delete), ("include", _include)):
        verb = verbs.add_parser(name, help=VERBS[name])
        verb.add_argument("id", type=int)
        verb.set_defaults(act=act)
    pause = verbs.add_parser("pause", help="no rule closes anything until somebody resumes")
    pause.add_argument("why", help="what whoever comes next must know")
    pause.set_defaults(act=_pause)
    verbs.add_parser("resume", help="rules close again; what ran out meanwhile starts anew").set_defaults(act=_resume)


def _timed(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("amount", type=int)
    verb.add_argument("unit", choices=["minutes", "hours", "days"])
    verb.add_argument("--account", type=int, action="append", required=True, help="its number; may be repeated")
    rule_options.arguments(verb)


def _previewing(preview: argparse.ArgumentParser) -> None:
    _timed(preview)
    preview.set_defaults(act=_preview)


def _adding(add: argparse.ArgumentParser) -> None:
    _timed(add)
    add.add_argument("--reason", required=True)
    add.add_argument("--name", default="")
    add.add_argument("--off", action="store_true", help="only save it: it closes nothing until it is switched on")
    add.add_argument(
        "--include", action="store_true", help="include what is open without a clock: none closes at once"
    )
    add.set_defaults(act=_add)


def _changing(change: argparse.ArgumentParser) -> None:
    change.add_argument("id", type=int)
    change.add_argument("--time", help="30m, 48h or 3d")
    change.add_argument("--reason")
    change.add_argument("--account", type=int, action="append", help="its number; may be repeated, and these are all")
    change.add_argument("--name")
    rule_options.arguments(change)
    change.set_defaults(act=_change)


def run(chosen: argparse.Namespace) -> int:
    """Does one of them."""
    return remote.run(chosen)


def _list(client: Client, chosen: argparse.Namespace) -> None:
    del chosen
    for rule in client.rules():
        remote.say(_said(rule))


def _show(client: Client, chosen: argparse.Namespace) -> None:
    rule = client.rule(chosen.id)
    remote.say(_said(rule))
    remote.say(f"        version: {rule['version']}")
    for name, value in rule["options"].items():
        if value:
            remote.say(f"        {name}: {_value(value)}")


def _preview(client: Client, chosen: argparse.Namespace) -> None:
    found = client.preview_rule(
        amount=chosen.amount, unit=chosen.unit, account_ids=chosen.account, options=rule_options.typed(client, chosen)
    )  # fmt: skip
    closings, conversations = found["closings"], found["conversations"]
    remote.say(f"{closings} closings of {conversations} conversations, about {found['a_day']:.1f} a day")
    if found["every"] > 1:
        remote.say(f"    worked out from one in {found['every']} conversations")
    soon, day, unanswered = found["back_in_an_hour"], found["back_in_a_day"], found["unanswered"]
    remote.say(f"    written again: {soon} within an hour, {day} within a day; {unanswered} not answered")
    silences = found["silences"]
    if silences and (best := silences["suggested"]):
        of = f"of {silences['total']} who came back"
        remote.say(f"    {silences['late']:.1%} {of} would have found it closed")
        remote.say(f"    {best['late']:.1%} with {best['amount']} {best['unit']}")


def _coverage(client: Client, chosen: argparse.Namespace) -> None:
    del chosen
    found = client.coverage()
    for each in found["accounts"]:
        rule = f"rule {each['rule_id']}" if each["rule_id"] else "no rule"
        without = ", ".join(f"{group['count']} {group['standing']}" for group in each["without"])
        clocks = f"{each['running']} with a clock, {each['soon']} in 24 hours"
        remote.say(f"account {each['account_id']:>6}  {rule}  {clocks}{'; without: ' if without else ''}{without}")
    if found["is_bounded"]:
        remote.say("there are more open conversations: only the latest were counted")


def _add(client: Client, chosen: argparse.Namespace) -> None:
    options = rule_options.typed(client, chosen)
    _require_times(options, had=[])
    rule = client.add_rule(
        amount=chosen.amount, unit=chosen.unit, reason=chosen.reason, account_ids=chosen.account, name=chosen.name,
        active=not chosen.off, options=options or None,
    )  # fmt: skip
    remote.say(_said(rule))
    if chosen.include:
        _say_job(client.include(rule["id"]))


def _require_times(options: Mapping[str, Any], had: Sequence[Any]) -> None:
    """A warning without a time goes out never."""
    if options.get("warning_texts") and not options.get("warnings", had):
        raise remote.Unclear("Say with --warn how long before the end it goes out, such as 30m.")


def _change(client: Client, chosen: argparse.Namespace) -> None:
    changes = {"reason": chosen.reason, "account_ids": chosen.account, "name": chosen.name}
    changes |= rule_options.time(chosen.time) if chosen.time else {}
    said = {name: value for name, value in changes.items() if value is not None}
    options = rule_options.typed(client, chosen)
    if not said and not options:
        raise remote.Unclear("Say what is to be different.")
    rule = client.rule(chosen.id)
    _require_times(options, had=rule["options"]["warnings"])
    for name in ("warning_texts", "farewell_texts"):
        if options.get(name):  # in one language: the others stay
            options[name] = {**rule["options"][name], **options[name]}
    remote.say(_said(client.change_rule(chosen.id, version=rule["version"], **said, options=options)))


def _on(client: Client, chosen: argparse.Namespace) -> None:
    remote.say(_said(client.switch_on_rule(chosen.id)))


def _off(client: Client, chosen: argparse.Namespace) -> None:
    remote.say(_said(client.switch_off_rule(chosen.id)))


def _delete(client: Client, chosen: argparse.Namespace) -> None:
    client.delete_rule(chosen.id)
    remote.say(f"{chosen.id:>6}  deleted")


def _include(client: Client, chosen: argparse.Namespace) -> None:
    _say_job(client.include(chosen.id))


def _pause(client: Client, chosen: argparse.Namespace) -> None:
    paused = client.pause_closing(chosen.why)
    remote.say(f"paused since {paused['since']} by {paused['agent']}: {paused['why']}")


def _resume(client: Client, chosen: argparse.Namespace) -> None:
    del chosen
    client.resume_closing()
    remote.say("not paused")


def _say_job(job: Any) -> None:
    remote.say(f"{job['id']:>6}  {job['stage']}  rule {job['rule_id']}")


def _said(rule: Rule) -> str:
    accounts = ", ".join(map(str, rule["account_ids"]))
    state = "on" if rule["active"] else "off"
    return (
        f"{rule['id']:>6}  {state:3}  {rule['amount']} {rule['unit']}  {rule['name']}  [{accounts}]  {rule['reason']}"
    )


def _value(value: Any) -> str:
    """An option as a line has room for it."""
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    if isinstance(value, dict) and "amount" in value:
        return f"{value['amount']} {value['unit']}"
    return "; ".join(f"{name}: {text}" for name, text in value.items()) if isinstance(value, dict) else str(value)
