"""Bulk actions on screen: choosing, confirming, what is told at the head of the list, cancelling and undoing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from bandeja.bulk.models import Bulk, Halt
from bandeja.bulk.tests.doing import carry_out, fresh, small_batches, statuses, step
from bandeja.conversations import lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Closure, Conversation
from bandeja.conversations.scope import Scope
from bandeja.inbox.tests.browser import Browser, told
from bandeja.people.clock import database_now
from tests.cast import Cast


def choose(*conversations: Conversation) -> str:
    return ",".join(str(conversation.pk) for conversation in conversations)


def confirm(browser: Browser, *, reason: str = "Limpieza", **chosen: Any) -> Any:
    """Opens the dialog, and answers it as it stands there."""
    form = browser.get("/inbox/closures", **chosen).context["form"]
    return browser.post("/inbox/closures", **{**chosen, "seen_at": form["seen_at"].value()}, reason=reason)


def latest() -> Bulk:
    return Bulk.objects.latest("id")


def test_many_close_with_one_reason_and_open_again_with_one_press(cast: Cast, ana: Browser) -> None:
    chosen = [cast.write("Lía"), cast.write("Mateo")]
    assert "Close 2 conversations" in ana.see("/inbox/closures", ids=choose(*chosen))
    answer = confirm(ana, ids=choose(*chosen))
    assert json.loads(answer["HX-Trigger"])["changed"] == {"c": sorted(each.pk for each in chosen)}
    assert "2 conversations closed." in ana.see("/inbox/list")
    assert {c.reason for c in Closure.objects.filter(cause="bulk")} == {"Limpieza"}
    ana.post(f"/inbox/bulks/{latest().pk}/undoing")
    assert "2 conversations are open again." in ana.see("/inbox/list")
    assert statuses(chosen) == ["open", "open"]
    assert "Ana undid the closing" in ana.see(f"/inbox/{chosen[0].pk}")


def test_only_an_action_upon_what_was_chosen_lets_it_go(cast: Cast, ana: Browser) -> None:
    chosen, other = [cast.write("Lía"), cast.write("Mateo")], cast.write("Vera")
    single = json.loads(ana.post(f"/inbox/{other.pk}/unread")["HX-Trigger"])
    assert not {"unpick", "bulks"} & set(single)
    many = json.loads(ana.post("/inbox/unread", ids=choose(*chosen))["HX-Trigger"])
    assert {"unpick", "bulks"} <= set(many)
    read = json.loads(ana.delete(f"/inbox/bulks/{latest().pk}/notice")["HX-Trigger"])
    assert "bulks" in read
    assert "unpick" not in read


def test_giving_many_back_is_told_in_each_thread(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    ana.post("/inbox/owner", ids=choose(conversation), owner=cast.bruno.pk)
    ana.post("/inbox/owner", ids=choose(conversation), owner=cast.ana.pk)
    ana.post(f"/inbox/bulks/{latest().pk}/undoing")
    assert "Ana gave it back to Bruno" in ana.see(f"/inbox/{conversation.pk}")


def test_all_that_match_close_however_many_are_on_screen(
    cast: Cast, ana: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    chosen = [cast.write(f"Cliente {number}") for number in range(5)]
    lifecycle.assign([chosen[0].pk], cast.ana.pk, scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))
    assert ana.get("/inbox/selection", owner="nobody").content == b"4"
    assert "Close 4 conversations" in ana.see("/inbox/closures", every="1", query="?owner=nobody")
    confirm(ana, every="1", query="?owner=nobody")
    assert "Finding the conversations…" in ana.see("/inbox/list")
    step()
    step()
    page = ana.get("/inbox/list").content.decode()
    assert "Closing: 2 of 4" in page
    assert '<progress max="4" value="2"' in page
    carry_out()
    assert "4 conversations closed." in ana.see("/inbox/list")
    assert statuses(chosen) == ["open"] + ["closed"] * 4


def test_more_than_are_counted_are_said_to_be_more(cast: Cast, ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    from bandeja.inbox import found
    from bandeja.inbox.views import bulk

    for module in (found, bulk):
        monkeypatch.setattr(module, "COUNTED", 2)
    [cast.write(f"Cliente {number}") for number in range(4)]
    assert ana.get("/inbox/selection").content == b"2+"
    assert "Close 2+ conversations" in ana.see("/inbox/closures", every="1", query="")


def test_what_could_not_be_closed_is_told_plainly_until_it_is_read(cast: Cast, carla: Cast, bruno: Browser) -> None:
    quiet, talking, done, owned = (cast.write(who) for who in ("Lía", "Mateo", "Vera", "Zoe"))
    foreign = carla.write("Ajena")
    given: dict[str, Any] = {"scope": Scope(cast.workspace.pk), "by": Actor.agent(cast.ana)}
    lifecycle.close([done.pk], reason="x", cause=Cause.AGENT, **given)
    lifecycle.assign([owned.pk], cast.ana.pk, **given)
    ids = choose(quiet, talking, done, owned, foreign)
    form = bruno.get("/inbox/closures", ids=ids).context["form"]
    cast.write("Mateo", text="Espera")
    bruno.post("/inbox/closures", ids=ids, reason="x", seen_at=form["seen_at"].value())
    said = (
        "1 conversation closed. 1 skipped: the contact has just written. 1 was so already. 2 are no longer available"
    )
    Bulk.objects.update(ended_at=database_now() - timedelta(days=1))
    seen = bruno.see("/inbox/list")
    assert said in seen
    assert "Undo" not in seen.split(said)[1][:60]
    assert [fresh(c).status for c in (quiet, talking, owned, foreign)] == ["closed", "open", "open", "open"]
    bruno.delete(f"/inbox/bulks/{latest().pk}/notice")
    assert said not in bruno.see("/inbox/list")


def test_all_done_is_told_while_it_can_be_undone(cast: Cast, ana: Browser) -> None:
    confirm(ana, ids=choose(cast.write("Lía")))
    assert "1 conversation closed. Undo" in ana.see("/inbox/list")
    Bulk.objects.update(ended_at=database_now() - timedelta(minutes=3))
    assert "conversation closed." not in ana.see("/inbox/list")
    Bulk.objects.update(ended_at=database_now() - timedelta(days=7, minutes=1))
    assert told(ana.post(f"/inbox/bulks/{latest().pk}/undoing")) == "It is too late to undo that."


def test_nobody_hears_of_anothers_actions_nor_reaches_them(
    cast: Cast, carla: Cast, ana: Browser, bruno: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch)
    chosen = [cast.write(f"Cliente {number}") for number in range(3)]
    confirm(ana, every="1", query="")
    assert "Finding" not in bruno.see("/inbox/list")
    pk = latest().pk
    for other in (bruno, Browser(carla.ana)):
        assert other.delete(f"/inbox/bulks/{pk}").status_code == 404
        assert other.post(f"/inbox/bulks/{pk}/undoing").status_code == 404
        assert other.delete(f"/inbox/bulks/{pk}/notice").status_code == 404
    carry_out()
    assert statuses(chosen) == ["closed"] * 3


def test_cancelling_leaves_the_rest_and_says_so(cast: Cast, ana: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    small_batches(monkeypatch)
    chosen = [cast.write(f"Cliente {number}") for number in range(5)]
    confirm(ana, every="1", query="")
    step()
    step()
    ana.delete(f"/inbox/bulks/{latest().pk}")
    carry_out()
    assert "2 conversations closed. Cancelled: 3 left as they were. Undo" in ana.see("/inbox/list")
    assert statuses(chosen).count("open") == 3


def test_an_owner_who_left_is_named_and_the_rest_left(cast: Cast, ana: Browser) -> None:
    for number in range(2):
        cast.write(f"Cliente {number}")
    ana.post("/inbox/owner", every="1", query="", owner=cast.bruno.pk)
    Bulk.objects.update(done=1, halted=Halt.NO_OWNER)
    said = "1 conversation changed hands. 1 left as it was: whoever was to have it is no longer here."
    assert said in ana.see("/inbox/list")


def test_many_need_a_reason_too_and_keep_what_was_chosen(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    for chosen in ({"ids": choose(conversation)}, {"every": "1", "query": "?state=all"}):
        answer = confirm(ana, reason=" ", **chosen)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert all(f'name="{name}" value="{value}"' in html for name, value in chosen.items())
    assert fresh(conversation).status == "open"
    assert not Bulk.objects.exists()


@pytest.mark.parametrize("ids", ["", "x", "1,x", "9" * 40, "-1", ",".join(["1"] * 6_000), "1;2"])
def test_ids_that_make_no_sense_are_refused(cast: Cast, ana: Browser, ids: str) -> None:
    assert ana.post("/inbox/closures", ids=ids, reason="x", seen_at="2030-01-01T00:00Z").status_code == 422
    assert ana.post("/inbox/unread", ids=ids).status_code == 422
    assert ana.delete("/inbox/unread", ids=ids).status_code == 422


@pytest.mark.parametrize("query", ["?state=nonsense&owner=x", "\x00", "?q=%00%ff", "🙃", "?owner=" + "9" * 99])
def test_a_query_that_makes_no_sense_is_none(cast: Cast, ana: Browser, query: str) -> None:
    conversation = cast.write("Lía")
    assert ana.post("/inbox/unread", every="1", query=query).status_code in {204, 422}
    assert ana.post("/inbox/unread", every="1", query="?" + "a" * 9_000).status_code == 422
    assert fresh(conversation).unread == 1


def test_many_are_marked_and_change_hands_at_once(cast: Cast, carla: Cast, ana: Browser) -> None:
    chosen = [cast.write("Lía"), cast.write("Mateo")]
    foreign = carla.write("Ajena")
    ids = choose(*chosen, foreign)
    ana.delete("/inbox/unread", ids=ids)
    assert [fresh(c).unread for c in (*chosen, foreign)] == [0, 0, 1]
    ana.post("/inbox/unread", ids=ids)
    assert [fresh(c).unread for c in chosen] == [1, 1]
    ana.post("/inbox/owner", ids=ids, owner=cast.bruno.pk)
    assert "2 conversations changed hands. 1 is no longer available to you." in ana.see("/inbox/list")
    assert [fresh(c).owner for c in (*chosen, foreign)] == [cast.bruno, cast.bruno, None]


def test_nobody_of_another_workspace_is_given_many(cast: Cast, carla: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    for owner in (carla.ana.pk, "x", 10**30):
        assert "cannot have them" in told(ana.post("/inbox/owner", ids=choose(conversation), owner=owner))
    assert fresh(conversation).owner is None


def test_marking_many_unread_leaves_the_thread_among_them(cast: Cast, ana: Browser) -> None:
    chosen = [cast.write("Lía"), cast.write("Mateo")]
    answer = ana.post("/inbox/unread", ids=choose(*chosen))
    assert json.loads(answer["HX-Trigger"])["left"] == {"c": sorted(each.pk for each in chosen)}
    assert json.loads(ana.post("/inbox/unread", every="1", query="")["HX-Trigger"])["left"] == {"c": "many"}


def test_many_are_tagged_and_the_tags_taken_off_again(cast: Cast, carla: Cast, ana: Browser) -> None:
    chosen = [cast.write("Lía"), cast.write("Mateo")]
    tag, foreign = tags.make(cast.workspace.pk, "Feria"), tags.make(carla.workspace.pk, "Ajena")
    dialog = ana.see("/inbox/tags", ids=choose(*chosen))
    assert "Tags of 2 conversations" in dialog
    assert "Feria" in dialog
    assert "Ajena" not in dialog
    for wrong in ([], [foreign.pk], ["x"]):
        assert ana.post("/inbox/tags", ids=choose(*chosen), tags=wrong).status_code == 422
    ana.post("/inbox/tags", ids=choose(*chosen), tags=tag.pk)
    assert "2 conversations tagged." in ana.see("/inbox/list")
    assert len(tags.tags_of([each.pk for each in chosen])) == 2
    ana.delete("/inbox/tags", every="1", query="", tags=tag.pk)
    assert "Tags taken off 2 conversations." in ana.see("/inbox/list")
    assert tags.tags_of([each.pk for each in chosen]) == {}


def test_what_takes_long_to_find_is_left_to_the_worker(
    cast: Cast, ana: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bandeja.bulk import asking, patience

    chosen = [cast.write("Lía"), cast.write("Mateo")]
    monkeypatch.setattr(patience, "PATIENCE", "300ms")
    slow = Conversation.objects.extra(where=["pg_sleep(2) is not null"])
    assert asking._few(slow) is None
    assert sorted(asking._few(Conversation.objects.all()) or []) == [each.pk for each in chosen]
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('statement_timeout')")
        assert cursor.fetchone() == ("0",)
