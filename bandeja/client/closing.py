"""What both clients ask and are answered of closing: rules, business hours, pauses, what may be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from bandeja.client.calls import Asked, Call, spelled

Options = dict[str, Any]
"""Of a rule, as the document names them: `since`, `waiting`, `calendar_id`, `warnings`, …"""


class Rule(TypedDict):
    """A closing rule."""

    id: int
    name: str
    active: bool
    amount: int
    unit: str
    reason: str
    account_ids: list[int]
    options: Options
    version: int


class Hours(TypedDict):
    """A stretch by the clock on the wall, `14:05`; what ends at or before it begins ends on the day after."""

    opens: str
    closes: str


class Calendar(TypedDict):
    """Business hours: those of each weekday, Monday first; the holidays of a country; dates that are different."""

    id: int
    name: str
    version: int
    time_zone: str
    week: list[list[Hours]]
    country: str
    subdivision: str
    exceptions: list[dict[str, Any]]


class Inclusion(TypedDict):
    """That what was open without a clock is included in a rule: a job, and how far it is."""

    id: int
    rule_id: int
    stage: str
    halted: str
    total: int
    included: int
    uncovered: int
    passed: int
    excluded: int
    kept: int


class Hindsight(TypedDict):
    """What a rule would have closed in 30 days, by one in `every` conversation; `silences` tell of its time."""

    every: int
    closings: int
    conversations: int
    back_in_an_hour: int
    back_in_a_day: int
    unanswered: int
    a_day: float
    days: list[dict[str, Any]]
    latest: list[dict[str, Any]]
    silences: dict[str, Any] | None


class Covered(TypedDict):
    """An account, the rule that covers it, and how its open conversations stand."""

    account_id: int
    rule_id: int | None
    running: int
    soon: int
    due: int
    includable: int
    without: list[dict[str, Any]]


class Coverage(TypedDict):
    """All accounts. Of very many conversations only the latest are counted: `is_bounded`."""

    accounts: list[Covered]
    is_bounded: bool


class Setback(TypedDict):
    """A conversation that could not be closed, and when that is tried next."""

    conversation_id: int
    failures: int
    error: str
    at: str
    next_at: str | None


class Pause(TypedDict):
    """Closing is paused: on all accounts, by somebody, or on one that a fault disconnects."""

    account_id: int | None
    since: str
    why: str
    agent: str


class Foreseen(TypedDict):
    """What would become of so many closings at the instant `at`: what `opens`, and why the rest stays as it is."""

    at: str
    total: int
    opens: int
    clocks: int
    kept: int
    written: int
    touched: int
    undone: int
    unavailable: int
    is_bounded: bool


class Undoing(TypedDict):
    """Closings that are taken back: a job, and how far it is. `state` is finding, opening, ended or halted."""

    id: int
    state: str
    halted: str
    name: str
    total: int
    done: int
    written: int
    touched: int
    undone: int
    unavailable: int
    failed: int


def rule(rule_id: int) -> Call:
    return Call("GET", f"/rules/{rule_id}")


def add_rule(said: Asked) -> Call:
    """What is None is left out."""
    return Call("POST", "/rules", body={name: value for name, value in said.items() if value is not None})


def change_rule(rule_id: int, changes: Asked) -> Call:
    return Call("PATCH", f"/rules/{rule_id}", body=dict(changes))


def preview_rule(amount: int, unit: str, account_ids: Sequence[int], options: Options | None) -> Call:
    said = {"amount": amount, "unit": unit, "account_ids": list(account_ids), "options": options}
    return Call("POST", "/rules/preview", body=said)


def switch_rule(rule_id: int, *, on: bool) -> Call:
    return Call("PUT" if on else "DELETE", f"/rules/{rule_id}/activation")


def delete_rule(rule_id: int) -> Call:
    return Call("DELETE", f"/rules/{rule_id}")


def includable(rule_id: int) -> Call:
    return Call("GET", f"/rules/{rule_id}/includable")


def include(rule_id: int) -> Call:
    return Call("POST", f"/rules/{rule_id}/inclusions")


def inclusion(rule_id: int, inclusion_id: int) -> Call:
    return Call("GET", f"/rules/{rule_id}/inclusions/{inclusion_id}")


def cancel_inclusion(rule_id: int, inclusion_id: int) -> Call:
    return Call("DELETE", f"/rules/{rule_id}/inclusions/{inclusion_id}")


def undo_inclusion(rule_id: int, inclusion_id: int) -> Call:
    return Call("POST", f"/rules/{rule_id}/inclusions/{inclusion_id}/undoing")


def calendar(calendar_id: int) -> Call:
    return Call("GET", f"/calendars/{calendar_id}")


def add_calendar(name: str, time_zone: str, week: Sequence[Sequence[Hours]], more: Asked) -> Call:
    said = {"name": name, "time_zone": time_zone, "week": [list(hours) for hours in week], **more}
    return Call("POST", "/calendars", body=said)


def change_calendar(said: Calendar) -> Call:
    read_only = {"id", "saved_at"}
    body = {name: value for name, value in said.items() if name not in read_only}
    return Call("PUT", f"/calendars/{said['id']}", body=body)


def delete_calendar(calendar_id: int) -> Call:
    return Call("DELETE", f"/calendars/{calendar_id}")


def pause_closing(why: str) -> Call:
    return Call("PUT", "/pause", body={"why": why})


def try_again(conversation_ids: Sequence[int]) -> Call:
    return Call("POST", "/setbacks/retries", body={"conversation_ids": list(conversation_ids)})


def foresee_undoing(said: Asked) -> Call:
    return Call("GET", "/undoings/preview", query=said)


def undo_closings(said: Asked) -> Call:
    """What is None is left out."""
    return Call("POST", "/undoings", body={name: spelled(value) for name, value in said.items() if value is not None})


def undoing(undoing_id: int) -> Call:
    return Call("GET", f"/undoings/{undoing_id}")


def cancel_undoing(undoing_id: int) -> Call:
    return Call("DELETE", f"/undoings/{undoing_id}")
