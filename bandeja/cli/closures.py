"""Closings, over the API: how many there were, why, and what became of them; and taking them back."""

import argparse
import time
from typing import Any

from bandeja.cli import remote
from bandeja.client import Client, Foreseen, Refused, Undoing

SIDES = ("cause", "reason", "rule", "account", "owner", "day", "hour")
CAUSES = ("agent", "bulk", "rule", "flow", "api")
SPANS = {"back_in_an_hour": "an hour", "back_in_a_day": "a day", "back_in_a_week": "a week"}
STAYS = {
    "written": "somebody has written in them since",
    "touched": "somebody has changed them since",
    "undone": "were taken back already",
    "unavailable": "out of your reach",
    "failed": "failed",
}
"""Why what was closed is left as it is."""
OVER = {"ended", "halted"}
LOOK = 1.0
"""Seconds between looks at how far a job is."""
FILTERS = ("since", "until", "cause", "account", "rule")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Four verbs: report and outcomes, undo and undoing."""
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
    _undo_arguments(
        verbs.add_parser("undo", help="open again what was closed in the last 7 days: told first, then done")
    )
    undoing = verbs.add_parser("undoing", help="how far a taking back is")
    undoing.add_argument("id", type=int)
    undoing.add_argument("--stop", action="store_true", help="where it is; what is open again stays open")
    undoing.set_defaults(act=_undoing)


def _undo_arguments(undo: argparse.ArgumentParser) -> None:
    of = undo.add_mutually_exclusive_group(required=True)
    of.add_argument("--rule", type=int, help="what the rule of this number closed")
    of.add_argument("--flow", type=int, help="what the flow of this number closed")
    of.add_argument("--bulk", type=int, help="what the bulk closing of this number closed, all of it")
    undo.add_argument("--since", help="of a rule or flow: from this instant on, 7 days ago unless you say it")
    undo.add_argument("--until", help="and until just before this one, or now")
    undo.add_argument("--yes", action="store_true", help="do it; without, it is only told what would become of them")
    undo.set_defaults(act=_undo)


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


def _undo(client: Client, chosen: argparse.Namespace) -> None:
    """All that was closed until it was told is taken back, though more than was looked at; nothing closed since."""
    of = {"rule_id": chosen.rule, "flow_id": chosen.flow, "bulk_closure_id": chosen.bulk}
    if chosen.bulk is not None and (chosen.since or chosen.until):
        raise remote.Unclear("A bulk closing is taken back as a whole: leave out --since and --until.")
    span = {"since": chosen.since, "until": chosen.until}
    foreseen = _foreseen(client, {**of, **span}, is_meant=chosen.yes)
    if foreseen:
        _say_foreseen(foreseen)
    if not chosen.yes:
        remote.say("Nothing was done. Say --yes to open them again.")
        return
    if foreseen and chosen.bulk is None:
        span["until"] = chosen.until or foreseen["at"]
    job = client.undo_closings(**of, **span)
    while job["state"] not in OVER:
        _say_undoing(job)
        time.sleep(LOOK)
        job = client.undoing(job["id"])
    _say_undoing(job)


def _foreseen(client: Client, asked: dict[str, Any], *, is_meant: bool) -> Foreseen | None:
    """None where there are too many to say, and whoever asks means it all the same."""
    try:
        return client.foresee_undoing(**asked)
    except Refused as refused:
        if refused.status != 503 or not is_meant:
            raise
        remote.say(refused)
        return None


def _say_foreseen(found: Foreseen) -> None:
    latest = " (the latest were looked at)" if found["is_bounded"] else ""
    remote.say(f"{found['total']} closings{latest}: {found['opens']} open again")
    if found["opens"]:
        remote.say(f"    {found['clocks']} of them with a clock that runs on, {found['kept']} kept open")
    _say_rest(found)


def _say_undoing(job: Undoing) -> None:
    why = f", {job['halted']}" if job["halted"] else ""
    remote.say(f"{job['id']:>6}  {job['state']}{why}  {job['name']}  {job['done']} of {job['total']} open again")
    if job["state"] in OVER:
        _say_rest(job)


def _say_rest(found: Foreseen | Undoing) -> None:
    for name, words in STAYS.items():
        if count := found.get(name):
            remote.say(f"    {count} stay as they are: {words}")


def _undoing(client: Client, chosen: argparse.Namespace) -> None:
    _say_undoing(client.cancel_undoing(chosen.id) if chosen.stop else client.undoing(chosen.id))
