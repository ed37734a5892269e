"""An open conversation: its story, its clock, who may see it, and what opening it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bandeja.closing.sweep import sweep
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Cause, Conversation, Message
from bandeja.conversations.scope import Scope
from bandeja.inbox.story import LATEST, MOST
from bandeja.inbox.tests.browser import Browser
from bandeja.people.models import Agent
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def as_(cast: Cast, agent: Agent) -> dict[str, Any]:
    return {"scope": Scope(cast.workspace.pk), "by": Actor.agent(agent)}


def close(cast: Cast, conversation: Conversation, **more: Any) -> None:
    lifecycle.close([conversation.pk], reason="Resuelto", cause=Cause.AGENT, **as_(cast, cast.ana), **more)


PLACES = ["", "/earlier", "/closure"]


@pytest.mark.parametrize("place", PLACES)
def test_a_conversation_of_another_workspace_is_not_found(cast: Cast, carla: Cast, ana: Browser, place: str) -> None:
    other = carla.write("Ajena")
    assert ana.get(f"/inbox/{other.pk}{place}").status_code == 404
    assert ana.get(f"/inbox/{other.pk + 1000}{place}").status_code == 404


def test_a_conversation_that_a_seller_may_not_see_is_not_found(cast: Cast, bruno: Browser) -> None:
    conversation = cast.write("Lía")
    assert bruno.get(f"/inbox/{conversation.pk}").status_code == 200
    lifecycle.assign([conversation.pk], cast.ana.pk, **as_(cast, cast.ana))
    assert bruno.get(f"/inbox/{conversation.pk}").status_code == 404


def test_a_number_no_row_can_have_is_not_found(cast: Cast, ana: Browser) -> None:
    assert ana.get(f"/inbox/{'9' * 40}").status_code == 404


def test_the_whole_page_has_the_list_and_the_thread(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía", text="¿Hay café?")
    html = ana.page(f"/inbox/{conversation.pk}").content.decode()
    assert 'id="list"' in html
    assert 'id="timeline"' in html
    assert html.startswith("<!doctype html>")


def test_the_story_tells_messages_notes_closings_and_openings(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía", text="Hola")
    lifecycle.reply(conversation.pk, "Con gusto", **as_(cast, cast.bruno))
    lifecycle.reply(conversation.pk, "Es cliente de antes", note=True, **as_(cast, cast.ana))
    lifecycle.assign([conversation.pk], cast.bruno.pk, **as_(cast, cast.ana))
    lifecycle.assign([conversation.pk], cast.ana.pk, **as_(cast, cast.ana))
    lifecycle.assign([conversation.pk], None, **as_(cast, cast.ana))
    close(cast, conversation)
    cast.write("Lía", text="¿Siguen ahí?")
    close(cast, conversation)
    lifecycle.reopen([conversation.pk], **as_(cast, cast.bruno))
    seen = ana.see(f"/inbox/{conversation.pk}")
    for words in (
        "Hola", "Con gusto", "Internal note · Ana", "Ana gave it to Bruno", "Ana took it",
        "Ana left it without an owner", "Ana closed it · Resuelto", "Lía wrote and it opened again",
        "Bruno opened it again",
    ):  # fmt: skip
        assert words in seen, words
    assert seen.index("wrote and it opened again") < seen.index("¿Siguen ahí?")


def test_a_closing_by_rule_names_the_rule_its_time_and_the_reason(cast: Cast, ana: Browser, clock: Clock) -> None:
    clock.set(NOON)
    cast.rule(amount=90, name="De noche", reason="Sin respuesta")
    conversation = cast.write("Lía")
    clock.advance(minutes=91)
    sweep()
    seen = ana.see(f"/inbox/{conversation.pk}")
    assert "Closed by the rule “De noche” after 90 minutes without the contact writing · Sin respuesta" in seen
    assert "Writing here opens it again" in seen


def test_somebody_who_left_is_still_told_of(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    lifecycle.reopen([conversation.pk], **as_(cast, cast.bruno))
    lifecycle.close([conversation.pk], reason="Resuelto", cause=Cause.BULK, **as_(cast, cast.bruno))
    Agent.objects.filter(pk=cast.bruno.pk).delete()
    assert "Someone who left closed it together with others · Resuelto" in ana.see(f"/inbox/{conversation.pk}")


def test_messages_within_five_minutes_share_a_group(cast: Cast, ana: Browser, clock: Clock) -> None:
    clock.set(NOON + timedelta(hours=1))
    for minutes in (0, 4, 10):
        conversation = cast.write("Lía", received_at=NOON + timedelta(minutes=minutes))
    story = ana.get(f"/inbox/{conversation.pk}").context["story"]
    groups = [len(item.messages) for item in story.items if item.kind == "group"]
    assert groups == [2, 1]


def test_days_are_those_of_the_workspace(cast: Cast, ana: Browser, clock: Clock) -> None:
    cast.workspace.time_zone = "America/Bogota"
    cast.workspace.save(update_fields=["time_zone"])
    clock.set(datetime(2030, 1, 2, 20, tzinfo=UTC))
    for at in (datetime(2030, 1, 2, 4, 30, tzinfo=UTC), datetime(2030, 1, 2, 5, 30, tzinfo=UTC)):
        conversation = cast.write("Lía", received_at=at)  # half past eleven and past midnight in Bogotá
    story = ana.get(f"/inbox/{conversation.pk}").context["story"]
    assert [item.text for item in story.items if item.kind == "day"] == ["Yesterday", "Today"]


def talk(cast: Cast, number: int) -> Conversation:
    conversation = cast.write("Lía", text="la primera", received_at=NOON)
    Message.objects.bulk_create(
        Message(
            workspace_id=cast.workspace.pk,
            account=cast.chat,
            conversation=conversation,
            direction="in",
            kind="text",
            text=f"mensaje {n};",
            at=NOON + timedelta(hours=n),
            created_at=NOON,
            author_kind="contact",
        )
        for n in range(1, number)
    )
    return conversation


def test_a_long_thread_opens_at_its_end_and_goes_back_in_parts(cast: Cast, ana: Browser) -> None:
    conversation = talk(cast, LATEST + 10)
    opened = ana.get(f"/inbox/{conversation.pk}").context["story"]
    assert len(opened.messages) == LATEST
    seen = ana.see(f"/inbox/{conversation.pk}/earlier", before=opened.first)
    assert "la primera" in seen
    assert "mensaje 9;" in seen
    assert "mensaje 10;" not in seen
    assert "Earlier messages" not in seen


def test_what_happened_between_two_parts_is_told_once(cast: Cast, ana: Browser) -> None:
    conversation = talk(cast, LATEST + 10)
    edge = NOON + timedelta(hours=9, minutes=30)  # between the last of the older part and the first of the newer
    close(cast, conversation, at=edge)
    opened = ana.get(f"/inbox/{conversation.pk}").context["story"]
    older = ana.get(f"/inbox/{conversation.pk}/earlier", before=opened.first).context["story"]
    told = [item.text for story in (older, opened) for item in story.items if item.kind == "marker"]
    assert told == ["Ana closed it · Resuelto"]


def test_a_refresh_keeps_the_older_part_on_screen_up_to_a_bound(cast: Cast, ana: Browser) -> None:
    conversation = talk(cast, MOST + 60)
    first = conversation.messages.order_by("at").first()
    assert first is not None
    opened = ana.get(f"/inbox/{conversation.pk}").context["story"]
    older = ana.get(f"/inbox/{conversation.pk}/earlier", before=opened.first).context["story"]
    refreshed = ana.get(f"/inbox/{conversation.pk}", **{"from": older.first}).context["story"]
    assert (refreshed.first, len(refreshed.messages), refreshed.more) == (older.first, 2 * LATEST, True)
    whole = ana.get(f"/inbox/{conversation.pk}", **{"from": first.pk}).context["story"]
    assert (len(whole.messages), whole.more) == (MOST, True)


def test_a_message_of_another_conversation_is_no_place_in_this_one(cast: Cast, ana: Browser) -> None:
    other = cast.write("Mateo", text="ajeno")
    conversation = cast.write("Lía", text="propio")
    message = other.messages.get()
    for query in ({"before": message.pk}, {"from": message.pk}, {"from": "x"}):
        assert "propio" in ana.see(f"/inbox/{conversation.pk}", **query)


@pytest.mark.parametrize("number", [1, 40])
def test_a_thread_costs_the_same_queries_however_long(
    cast: Cast, ana: Browser, number: int, django_assert_max_num_queries: Any
) -> None:
    conversation = talk(cast, number)
    for _ in range(number // 4):
        close(cast, conversation)
        lifecycle.reopen([conversation.pk], **as_(cast, cast.bruno))
    with django_assert_max_num_queries(30):
        ana.page(f"/inbox/{conversation.pk}")


def unread(conversation: Conversation) -> int:
    return Conversation.objects.get(pk=conversation.pk).unread


def test_opening_clears_unread_for_anyone_while_nobody_owns_it(cast: Cast, bruno: Browser) -> None:
    conversation = cast.write("Lía")
    bruno.see(f"/inbox/{conversation.pk}")
    assert unread(conversation) == 0


def test_opening_what_another_owns_leaves_it_unread(cast: Cast, ana: Browser, bruno: Browser) -> None:
    conversation = cast.write("Lía")
    lifecycle.assign([conversation.pk], cast.bruno.pk, **as_(cast, cast.ana))
    ana.see(f"/inbox/{conversation.pk}")
    assert unread(conversation) == 1
    bruno.see(f"/inbox/{conversation.pk}")
    assert unread(conversation) == 0


def test_a_refresh_that_nobody_looks_at_leaves_it_unread(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía")
    ana.see(f"/inbox/{conversation.pk}", unseen=1)
    assert unread(conversation) == 1


def test_a_refresh_that_comes_after_somebody_marked_it_unread_leaves_it_so(cast: Cast, ana: Browser) -> None:
    """The bell of marking it rings here, too; only what came since is read as it comes."""
    conversation = cast.write("Lía")
    ana.see(f"/inbox/{conversation.pk}")
    lifecycle.mark_unread([conversation.pk], scope=Scope(cast.workspace.pk))
    conversation.refresh_from_db()
    ana.see(f"/inbox/{conversation.pk}", last=conversation.last_inbound_id)
    assert unread(conversation) == 1
    seen = conversation.last_inbound_id
    cast.write("Lía", "¿Siguen ahí?")
    ana.see(f"/inbox/{conversation.pk}", last=seen)
    assert unread(conversation) == 0


def test_the_clock_counts_down(cast: Cast, ana: Browser, clock: Clock) -> None:
    clock.set(NOON)
    cast.rule(amount=1, name="Regla 1")
    conversation = cast.write("Lía")
    clock.advance(seconds=1)
    html = ana.get(f"/inbox/{conversation.pk}").content.decode()
    assert f'data-deadline="{(NOON + timedelta(minutes=1)).isoformat()}"' in html
    seen = ana.see(f"/inbox/{conversation.pk}")
    assert "Closes in 0:59 if Lía does not write" in seen
    assert f'hx-get="/inbox/{conversation.pk}/why"' in html


def test_web_addresses_become_links_and_nothing_else_does(cast: Cast, ana: Browser) -> None:
    conversation = cast.write(
        "Lía", text='Mira https://a.example/x?y=1&z=<b>. y javascript:alert(1) "http://b.example"'
    )
    html = ana.get(f"/inbox/{conversation.pk}").content.decode()
    assert 'href="https://a.example/x?y=1&amp;z="' in html
    assert 'href="http://b.example"' in html
    assert 'href="javascript' not in html


def test_the_panel_shows_the_contact(cast: Cast, ana: Browser) -> None:
    conversation = cast.write("Lía", email="lia@correo.co", phone="+57 311 555 0192")
    seen = ana.see(f"/inbox/{conversation.pk}")
    assert "lia@correo.co" in seen
    assert "+57 311 555 0192" in seen


def test_nothing_inline_reaches_the_page(cast: Cast, ana: Browser) -> None:
    html = ana.page(f"/inbox/{cast.write('Lía').pk}").content.decode()
    assert " style=" not in html
    assert "<style" not in html
    assert " onclick" not in html
    assert "<script>" not in html


# ---- what is new


def shown(ana: Browser, address: str, **query: Any) -> str:
    return str(ana.get(address, **query).content.decode())


def test_a_line_stands_above_what_was_unread_and_stays_while_one_reads(cast: Cast, ana: Browser) -> None:
    for text in ("uno", "dos", "tres"):
        lia = cast.write("Lía", text=text)
    Conversation.objects.update(unread=2)
    first, second, third = lia.messages.order_by("pk").values_list("pk", flat=True)
    address = f"/inbox/{lia.pk}"
    html = shown(ana, address)
    assert f'id="m{first}"' in html.partition('id="fresh"')[0]
    assert f'id="m{second}"' in html.partition('id="fresh"')[2]
    assert f'data-fresh="{second}"' in html
    again = {"from": first, "fresh": second}
    assert f'id="m{second}"' in shown(ana, address, **again).partition('id="fresh"')[2]
    assert 'id="fresh"' not in shown(ana, address)
    assert third


def test_what_comes_while_one_reads_is_not_new_unless_nobody_looks(cast: Cast, ana: Browser) -> None:
    lia = cast.write("Lía")
    first = lia.messages.get().pk
    shown(ana, f"/inbox/{lia.pk}")
    cast.write("Lía", text="otro")
    assert 'id="fresh"' in shown(ana, f"/inbox/{lia.pk}", **{"from": first, "unseen": "1"})
    assert 'id="fresh"' not in shown(ana, f"/inbox/{lia.pk}", **{"from": first})


def test_where_all_is_new_no_line_says_so(cast: Cast, ana: Browser) -> None:
    lia = cast.write("Lía")
    assert 'id="fresh"' not in shown(ana, f"/inbox/{lia.pk}")


def test_more_unread_than_there_are_messages_is_no_trouble(cast: Cast, ana: Browser) -> None:
    lia = cast.write("Lía")
    for unread in (50, 100_000):
        Conversation.objects.update(unread=unread)
        assert 'id="fresh"' not in shown(ana, f"/inbox/{lia.pk}")
    for odd in ("x", "-1", "9" * 30, "0"):
        assert 'id="timeline"' in shown(ana, f"/inbox/{lia.pk}", fresh=odd)
