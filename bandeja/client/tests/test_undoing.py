"""Taking closings back by the client, and by `bandeja closures undo`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bandeja.bulk import carrying, freezing
from bandeja.client import Call, Client, Refused
from bandeja.closing.models import Rule
from bandeja.closing.tests.deeds import swept
from bandeja.conversations.models import Conversation
from bandeja.inbox.ways import WAYS
from tests.cast import Cast
from tests.clock import Clock

pytestmark = pytest.mark.django_db

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
Command = Callable[..., tuple[int, str]]


@pytest.fixture
def rule(cast: Cast, clock: Clock) -> Rule:
    """One that closed on three an hour ago; one of them has written since."""
    clock.set(NOON)
    made = cast.rule(name="Ventas")
    for who in ("lia", "noa", "eva"):
        cast.write(who)
    clock.advance(minutes=2)
    swept()
    clock.advance(hours=1)
    cast.write("eva")
    clock.advance(seconds=1)
    return made


def statuses() -> list[str]:
    return sorted(Conversation.objects.values_list("status", flat=True))


def test_it_takes_closings_back(rule: Rule, client: Client) -> None:
    foreseen = client.foresee_undoing(rule_id=rule.pk, since=NOON)
    assert (foreseen["total"], foreseen["opens"], foreseen["written"] + foreseen["touched"]) == (3, 2, 1)
    assert client.foresee_undoing(rule_id=rule.pk, until=NOON)["total"] == 0
    job = client.undo_closings(rule_id=rule.pk, until=foreseen["at"])
    while carrying.step(WAYS):
        pass
    job = client.undoing(job["id"])
    assert (job["state"], job["done"], statuses()) == ("ended", 2, ["open"] * 3)
    assert client.cancel_undoing(job["id"]) == job
    with pytest.raises(Refused) as refused:
        client.undo_closings()
    assert refused.value.status == 422


def test_a_command_tells_first_what_would_become_of_them(rule: Rule, command: Command) -> None:
    status, said = command("closures", "undo", "--rule", rule.pk)
    assert (status, statuses()) == (0, ["closed", "closed", "open"])
    assert "3 closings: 2 open again" in said
    assert "1 stay as they are" in said
    assert "--yes" in said


def test_a_command_takes_them_back_and_follows_it(
    rule: Rule, command: Command, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What closes while it asks is none of what it told."""
    monkeypatch.setattr(freezing, "BATCH", 1)
    monkeypatch.setattr("bandeja.cli.closures.time.sleep", lambda _seconds: carrying.step(WAYS))
    status, said = command("closures", "undo", "--rule", rule.pk, "--yes")
    assert (status, statuses()) == (0, ["open"] * 3), said
    lines = said.splitlines()
    assert any("finding" in line for line in lines)
    [ended] = [line for line in lines if "ended" in line]
    assert "2 of 3 open again" in ended
    assert "Ventas" in ended
    number = ended.split()[0]
    assert "2 of 3 open again" in command("closures", "undoing", number)[1]
    assert command("closures", "undoing", number, "--stop")[0] == 0
    assert "1 closings: 0 open again" in command("closures", "undo", "--rule", rule.pk)[1]


def test_a_command_takes_a_bulk_closing_back_as_a_whole(cast: Cast, client: Client, command: Command) -> None:
    closed = client.ask(
        Call("POST", "/bulk-closures", body={"ids": [cast.write().pk], "reason": "Listo"})
    )["id"]  # fmt: skip
    assert command("closures", "undo", "--bulk", closed, "--since", "2030-01-01T00:00:00Z")[0] == 1
    assert "1 closings: 1 open again" in command("closures", "undo", "--bulk", closed)[1]
    assert command("closures", "undo", "--bulk", closed, "--yes")[0] == 0
    assert statuses() == ["open"]
    assert command("closures", "undo", "--bulk", closed, "--yes")[0] == 1


def test_too_many_to_foresee_are_taken_back_all_the_same_where_it_is_meant(
    rule: Rule, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bandeja.api.undoings.foresee", lambda *_args, **_named: None)
    assert command("closures", "undo", "--rule", rule.pk)[0] == 1
    assert statuses() == ["closed", "closed", "open"]
    assert command("closures", "undo", "--rule", rule.pk, "--yes")[0] == 0
    assert statuses() == ["open"] * 3


@pytest.mark.parametrize("of", [("--rule", 404), ("--flow", 404), ("--bulk", 404)])
def test_what_is_not_there_is_refused(command: Command, of: tuple[str, int]) -> None:
    assert command("closures", "undo", *of, "--yes")[0] == 1
