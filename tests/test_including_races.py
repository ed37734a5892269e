"""Including against everything else at once, on connections of their own: nothing closes before its whole time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction

from bandeja.closing import coverage, including, inclusions, rules
from bandeja.closing.models import Inclusion, InclusionBatch
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.merge import Changed, OutOfReach, merge
from bandeja.conversations.models import Cause, Closure, Contact, Conversation
from bandeja.conversations.scope import Scope
from tests.cast import Cast
from tests.test_races import Crowd, Numbers, contact_writes_at_once, shop, swept, team_works, wrongs

__all__ = ["shop"]

WRONGS = {
    "counts that are not what was decided on": """
        select count(*) from inclusion where ended_at is not null and halted = '' and stage = 'ended'
          and included + uncovered + passed <> total""",
    "included by two that were under way at once": """
        select count(*) from (
            select unnest(ids) as id, at from inclusion_batch group by id, at having count(*) > 1
        ) as twice""",
    "closed by a clock that was taken back": """
        select count(*) from closure
        join inclusion_batch on inclusion_batch.at = closure.armed_at and conversation_id = any(ids)
        join inclusion on inclusion.id = inclusion_id
        where closure.cause = 'rule' and inclusion.undone_at is not null and inclusion.halted = ''
          and closure.closed_at > inclusion.undone_at""",
}


def wrongs_of_including() -> dict[str, int]:
    told = {}
    with connection.cursor() as cursor:
        for what, query in WRONGS.items():
            cursor.execute(query)
            told[what] = cursor.fetchone()[0]
    return {what: found for what, found in told.items() if found} | wrongs()


def includes(shop: Cast) -> Callable[[], None]:
    """Somebody asks again and again, takes some of it back, and workers carry it out."""
    rule = shop.workspace.rules.get()

    def include() -> None:
        with suppress(including.UnderWay, including.NothingCovered):
            including.ask(rule.pk, workspace=shop.workspace, by=shop.ana)
        if random.random() < 0.15 and (done := Inclusion.objects.filter(stage="ended", included__gt=0).first()):
            including.undo(done, by=shop.ana)
        time.sleep(random.random() * 0.02)

    return include


def works() -> None:
    if not inclusions.step():
        time.sleep(0.002)


def test_writers_sweepers_the_team_and_inclusions_at_once_close_nothing_too_early(
    shop: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inclusions, "BATCH", 7)
    rule = shop.workspace.rules.get()
    scope, by = Scope.of(shop.ana), Actor.agent(shop.ana)
    rules.switch_off(rule.pk, workspace=shop.workspace, by=shop.ana)
    for number in range(60):
        shop.write(f"quiet{number}")

    def switch() -> None:
        """Off and on: every clock is void, so that there is something to include."""
        rules.switch_off(rule.pk, workspace=shop.workspace, by=shop.ana)
        time.sleep(0.01)
        rules.switch_on(rule.pk, workspace=shop.workspace, by=shop.ana)
        time.sleep(0.5)

    def keep() -> None:
        ids = list(Conversation.objects.filter(status="open").values_list("pk", flat=True)[:20])
        chosen = random.sample(ids, min(2, len(ids)))
        lifecycle.keep(chosen, scope=scope, by=by)
        time.sleep(random.random() * 0.03)
        lifecycle.release(chosen, scope=scope, by=by, clock=coverage.clock)

    crowd = Crowd()
    crowd.add(contact_writes_at_once(shop, Numbers()))
    crowd.add(team_works(shop))
    crowd.add(includes(shop))
    crowd.add(works, 2)
    crowd.add(switch)
    crowd.add(keep)
    crowd.add(swept)
    crowd.run()
    while inclusions.step():
        pass
    assert wrongs_of_including() == {}
    assert sum(Inclusion.objects.values_list("included", flat=True)) > 20, "too quiet to prove anything"
    by_inclusion = Closure.objects.filter(cause=Cause.RULE, armed_at__in=InclusionBatch.objects.values("at"))
    assert by_inclusion.exists(), "none of them ever closed"


def test_contacts_merged_while_they_are_included_keep_what_holds(shop: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inclusions, "BATCH", 3)
    rule = shop.workspace.rules.get()
    for number in range(30):
        shop.write(f"c{number}", account=shop.chat)
    rules.switch_off(rule.pk, workspace=shop.workspace, by=shop.ana)
    rules.switch_on(rule.pk, workspace=shop.workspace, by=shop.ana)

    def join() -> None:
        pair = random.sample(list(Contact.objects.values_list("pk", flat=True)), 2)
        with suppress(OutOfReach, Changed, Contact.DoesNotExist):
            merge(*pair, scope=Scope.of(shop.ana), by=Actor.agent(shop.ana))

    crowd = Crowd(1.0)
    crowd.add(includes(shop))
    crowd.add(works, 2)
    crowd.add(join)
    crowd.run()
    while inclusions.step():
        pass
    assert not Conversation.objects.exclude(armed_at=None).filter(look_at=None).exists()
    assert Conversation.objects.count() == Contact.objects.count()


@pytest.mark.django_db(transaction=True)
def test_a_rule_switched_off_while_a_batch_is_under_way_waits_for_it_and_then_closes_nothing(cast: Cast) -> None:
    """The batch is behind the gates: the rule's verb comes after it, whole."""
    lia = cast.write("lia")
    rule = cast.rule()
    asked = including.ask(rule.pk, workspace=cast.workspace, by=cast.ana)
    inclusions.step()
    crowd = Crowd(5.0)
    done: list[str] = []

    def off() -> None:
        if not done:
            rules.switch_off(rule.pk, workspace=cast.workspace, by=cast.ana)
            done.append("off")
        time.sleep(0.01)

    with transaction.atomic():
        inclusions.step()
        crowd.until = time.monotonic() + 0.4
        crowd.add(off)
        crowd.threads[0].start()
        time.sleep(0.2)
        assert not done, "the rule was switched off past the gate"
    crowd.threads[0].join()
    assert not crowd.errors
    assert done == ["off"]
    lia.refresh_from_db()
    assert lia.look_at is not None
    assert lia.look_at - (lia.armed_at or lia.look_at) == timedelta(minutes=1)
    assert coverage.clock([cast.chat.pk]) == {}
    assert Inclusion.objects.get(pk=asked.pk).included == 1
