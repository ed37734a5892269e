"""Two contacts become one: everything comes along, and no clock closes on somebody sooner than it should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import models

from bandeja.attendance.models import AwayReply
from bandeja.channels.contract import Annotation, Kind
from bandeja.channels.models import Account
from bandeja.closing import coverage, sweep
from bandeja.closing.deadline import deadline
from bandeja.conversations import contacts, lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.annotations import annotate
from bandeja.conversations.events import publish
from bandeja.conversations.identities import Double, suggest_merges
from bandeja.conversations.merge import Merged, OneBlocked, OutOfReach, Sending, merge
from bandeja.conversations.models import (
    Cause,
    Closure,
    Contact,
    ContactField,
    ContactValue,
    Conversation,
    Event,
    Identity,
    MergeSuggestion,
    Message,
    Outgoing,
    Status,
)
from bandeja.conversations.scope import Scope
from bandeja.mentions.models import Mention
from bandeja.notifications.models import Notification
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


def one(cast: Cast, kept: Conversation, gone: Conversation, **more: object) -> Merged:
    scope, by = Scope(cast.workspace.pk), Actor.agent(cast.ana)
    return merge(kept.contact_id, gone.contact_id, scope=scope, by=by, **more)  # type: ignore[arg-type]  # one set of arguments for several calls


def close(cast: Cast, conversation: Conversation) -> None:
    scope, by = Scope(cast.workspace.pk), Actor.agent(cast.ana)
    lifecycle.close([conversation.pk], reason="Listo", cause=Cause.AGENT, scope=scope, by=by)


def reopen(cast: Cast, conversation: Conversation) -> None:
    lifecycle.reopen([conversation.pk], scope=Scope(cast.workspace.pk), by=Actor.agent(cast.ana))


def test_a_conversation_on_an_account_of_its_own_comes_along_as_it_is(
    cast: Cast, another_account: Callable[[str], Account]
) -> None:
    lia, other = cast.write("lia"), cast.write("lia2", account=another_account("Otra"))
    gone = other.contact_id
    done = one(cast, lia, other)
    assert (list(done.conversations), done.absorbed) == ([lia.pk, other.pk], {})
    other.refresh_from_db()
    assert other.contact_id == lia.contact_id
    assert not Contact.objects.filter(pk=gone).exists()


def test_where_both_have_one_on_an_account_they_become_one(cast: Cast, clock: Clock) -> None:
    lia = cast.write("lia", "uno")
    clock.advance(minutes=1)
    double = cast.write("lía 2", "dos")
    clock.advance(minutes=1)
    cast.write("lia", "tres")
    assert one(cast, lia, double).absorbed == {double.pk: lia.pk}
    lia.refresh_from_db()
    assert list(lia.messages.order_by("at").values_list("text", flat=True)) == ["uno", "dos", "tres"]
    assert (lia.unread, lia.last_message_text, lia.last_inbound_at) == (3, "tres", NOON + 2 * MINUTE)
    assert not Conversation.objects.filter(pk=double.pk).exists()


def test_who_writes_as_the_one_that_went_writes_to_the_one_that_stays(cast: Cast) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2")
    one(cast, lia, double)
    assert cast.write("lía 2", "¿Me leen?").pk == lia.pk
    assert Contact.objects.count() == Conversation.objects.count() == 1


def test_a_redelivery_of_what_had_been_said_before_says_nothing_again(cast: Cast) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2", external_id="repetido")
    one(cast, lia, double)
    cast.write("lía 2", external_id="repetido")
    assert Message.objects.count() == 2


def test_closings_markers_files_and_tags_come_along(cast: Cast) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2")
    vip = tags.make(cast.workspace.pk, "VIP")
    for conversation in (lia, double):
        tags.tag([conversation.pk], [vip.pk], scope=Scope(cast.workspace.pk))
    tags.tag([double.pk], [tags.make(cast.workspace.pk, "Otra").pk], scope=Scope(cast.workspace.pk))
    close(cast, double)
    message = double.messages.get()
    message.attachments.create(
        workspace_id=cast.workspace.pk, account_id=cast.chat.pk, conversation_id=double.pk, kind="image"
    )
    one(cast, lia, double)
    assert Closure.objects.get().conversation_id == lia.pk
    assert message.attachments.get().conversation_id == lia.pk
    assert [tag.name for tag in tags.tags_of([lia.pk])[lia.pk]] == ["Otra", "VIP"]
    told = Event.objects.filter(conversation=lia, kind__startswith="con").values_list("kind", flat=True)
    assert sorted(told) == [
        "contact_merged", "conversation_closed", "conversation_opened", "conversation_opened",
        *["conversation_tagged"] * 3,
    ]  # fmt: skip


def test_it_is_told_in_every_conversation_who_it_was(cast: Cast, another_account: Callable[[str], Account]) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2")
    far = cast.write("lia3", account=another_account("Otra"))
    Identity.objects.filter(value="lia3").update(contact=lia.contact)
    Conversation.objects.filter(pk=far.pk).update(contact=lia.contact)
    one(cast, lia, double)
    told = {event.conversation_id: event for event in Event.objects.filter(kind="contact_merged")}
    assert told.keys() == {lia.pk, far.pk}
    assert told[lia.pk].data == {
        "contact": double.contact_id, "name": "lía 2", "conversation": double.pk, "both_open": True,
        "not_kept": ["lía 2"],
    }  # fmt: skip
    assert told[far.pk].data["conversation"] is None
    assert told[lia.pk].actor_id == cast.ana.pk


@pytest.mark.parametrize("kept_closed", [True, False])
@pytest.mark.parametrize("gone_closed", [True, False])
def test_it_is_open_if_either_was(cast: Cast, kept_closed: bool, gone_closed: bool) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2")
    for conversation, closed in ((lia, kept_closed), (double, gone_closed)):
        if closed:
            close(cast, conversation)
    one(cast, lia, double)
    lia.refresh_from_db()
    assert (lia.status == Status.CLOSED) == (kept_closed and gone_closed)
    assert (lia.closed_at is not None) == (lia.status == Status.CLOSED)


def test_the_later_clock_runs_on_whichever_stays(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=10)
    for stays_first in (True, False):
        first = cast.write(f"uno {stays_first}")
        clock.advance(minutes=3)
        second = cast.write(f"dos {stays_first}")
        kept, gone = (first, second) if stays_first else (second, first)
        one(cast, kept, gone)
        kept.refresh_from_db()
        assert (kept.armed_at, kept.look_at) == (second.armed_at, second.look_at)


def test_a_clock_counts_from_what_was_written_in_the_closed_one_too(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=10)
    lia, double = cast.write("lia"), cast.write("lía 2")
    clock.advance(minutes=5)
    double = cast.write("lía 2", "y otra cosa")
    close(cast, double)
    clock.advance(minutes=1)
    one(cast, lia, double)
    lia.refresh_from_db()
    assert lia.armed_at == NOON + 5 * MINUTE
    clock.set(NOON + 10 * MINUTE)
    sweep.step()
    assert Conversation.objects.get(pk=lia.pk).status == Status.OPEN
    clock.set(NOON + 15 * MINUTE)
    sweep.step()
    assert Conversation.objects.get(pk=lia.pk).status == Status.CLOSED


def test_no_clock_runs_where_an_agent_opened_one_of_them_since(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=10)
    lia, double = cast.write("lia"), cast.write("lía 2")
    close(cast, double)
    clock.advance(minutes=1)
    reopen(cast, double)
    one(cast, lia, double)
    lia.refresh_from_db()
    assert (lia.armed_at, lia.look_at, lia.agent_opened_at) == (None, None, NOON + MINUTE)


def test_merging_starts_no_clock(cast: Cast, clock: Clock) -> None:
    """Neither was covered when they wrote, or one was closed: only the contact's writing arms (closing C6, R6)."""
    early = cast.write("lia")
    cast.rule(amount=10)
    double = cast.write("lía 2")
    close(cast, double)
    one(cast, early, double)
    early.refresh_from_db()
    assert (early.status, early.armed_at) == (Status.OPEN, None)


def test_a_clock_never_runs_out_before_both_have_been_silent_long_enough(cast: Cast, clock: Clock) -> None:
    cast.rule(amount=10)
    lia = cast.write("lia")
    clock.advance(minutes=9)
    double = cast.write("lía 2")
    one(cast, lia, double)
    clock.set(NOON + 18 * MINUTE)
    sweep.step()
    lia.refresh_from_db()
    assert lia.status == Status.OPEN
    assert deadline(lia.armed_at, coverage.clock([cast.chat.pk])[cast.chat.pk]) == NOON + 19 * MINUTE


def test_the_owner_stays_and_where_there_is_none_the_other_has_it(cast: Cast) -> None:
    for before, other, after in ((cast.ana, cast.bruno, cast.ana), (None, cast.bruno, cast.bruno)):
        lia, double = cast.write(f"lia {before}"), cast.write(f"lía 2 {before}")
        Conversation.objects.filter(pk=lia.pk).update(owner=before)
        Conversation.objects.filter(pk=double.pk).update(owner=other)
        one(cast, lia, double)
        lia.refresh_from_db()
        assert lia.owner == after


def test_an_answer_goes_to_where_the_contact_wrote_from_last(cast: Cast, clock: Clock) -> None:
    lia = cast.write("lia")
    clock.advance(minutes=1)
    double = cast.write("lía 2")
    Conversation.objects.filter(pk=double.pk).update(window_at=NOON, free_until=NOON + MINUTE)
    one(cast, lia, double)
    lia.refresh_from_db()
    assert (lia.address, lia.window_at, lia.free_until) == ("visitor:lía 2", NOON, NOON + MINUTE)


def test_an_answer_to_who_never_wrote_still_goes_to_them(cast: Cast) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2")
    Conversation.objects.filter(pk=double.pk).update(address="", last_inbound_at=NOON + MINUTE)
    one(cast, lia, double)
    lia.refresh_from_db()
    assert lia.address == "visitor:lía 2"


def test_an_answer_to_who_never_wrote_goes_to_their_number_before_their_id(cast: Cast) -> None:
    """meta.md E6, whichever was written down first."""
    lia, double = cast.write("lia"), cast.write("lía 2")
    Identity.objects.filter(contact=double.contact).update(kind="bsuid", value="CO.1")
    number = {"kind": "wa_id", "value": "573001", "workspace_id": cast.workspace.pk}
    Identity.objects.create(account=cast.chat, contact=double.contact, **number)
    Conversation.objects.filter(pk=double.pk).update(address="", last_inbound_at=NOON + MINUTE)
    one(cast, lia, double)
    lia.refresh_from_db()
    assert lia.address == "wa_id:573001"


def test_what_the_one_that_stays_lacks_is_taken_and_the_rest_as_was_chosen(cast: Cast) -> None:
    lia, double = cast.write("lia", email="a@x.example"), cast.write("lía 2", email="b@x.example", phone="2")
    shirt = ContactField.objects.create(workspace=cast.workspace, name="Talla", kind="text")
    city = ContactField.objects.create(workspace=cast.workspace, name="Ciudad", kind="text")
    shoe = ContactField.objects.create(workspace=cast.workspace, name="Zapato", kind="text")
    for contact, field, value in (
        (lia.contact, shirt, "M"), (double.contact, shirt, "L"), (lia.contact, city, "Cali"),
        (double.contact, city, "Cúcuta"), (double.contact, shoe, "37"),
    ):  # fmt: skip
        ContactValue.objects.create(contact=contact, field=field, value=value)
    Contact.objects.filter(pk=double.contact_id).update(kind="contact")
    one(cast, lia, double, theirs={"email", str(shirt.pk)})
    assert Event.objects.get(kind="contact_merged").data["not_kept"] == ["lía 2", "a@x.example", "M", "Cúcuta"]
    told = contacts.details(Contact.objects.get())
    assert told == {
        "name": "lia", "email": "b@x.example", "phone": "2", "kind": "contact",
        str(shirt.pk): "L", str(city.pk): "Cali", str(shoe.pk): "37",
    }  # fmt: skip


def test_notes_and_suggestions_come_along_and_the_settled_one_is_gone(cast: Cast) -> None:
    lia, double, third = cast.write("lia"), cast.write("lía 2"), cast.write("tercera")
    contacts.note(double.contact, "Prefiere la tarde", by=Actor.agent(cast.ana))
    for other in (lia, third):
        suggest_merges([Double(cast.workspace.pk, double.contact_id, other.contact_id, "x")])
    suggest_merges([Double(cast.workspace.pk, lia.contact_id, third.contact_id, "x")])
    one(cast, lia, double)
    assert lia.contact.notes.get().text == "Prefiere la tarde"
    left = MergeSuggestion.objects.get()
    assert {left.first_id, left.second_id} == {lia.contact_id, third.contact_id}


def test_one_repeated_id_of_the_composer_does_not_stand_in_the_way(cast: Cast) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2")
    key, scope, by = uuid4(), Scope(cast.workspace.pk), Actor.agent(cast.ana)
    for conversation in (lia, double):
        lifecycle.reply(conversation.pk, "Hola", scope=scope, by=by, client_id=key)
    one(cast, lia, double)
    assert Message.objects.filter(conversation=lia, direction="out").count() == 2


def test_what_waits_to_be_sent_waits_on_and_two_under_way_are_let_finish(cast: Cast) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2")
    for conversation in (lia, double):
        Outgoing.objects.create(
            message=conversation.messages.get(), account_id=cast.chat.pk, conversation_id=conversation.pk,
            sending_at=NOON,
        )  # fmt: skip
    with pytest.raises(Sending):
        one(cast, lia, double)
    assert Conversation.objects.count() == 2
    Outgoing.objects.filter(conversation_id=lia.pk).update(sending_at=None)
    one(cast, lia, double)
    assert set(Outgoing.objects.values_list("conversation_id", flat=True)) == {lia.pk}


def test_events_that_wait_for_their_number_tell_of_a_conversation_that_is_there(cast: Cast) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2")
    publish()
    cast.write("lía 2")
    one(cast, lia, double)
    assert not Event.objects.filter(number=None).exclude(conversation=lia).exists()


def test_reactions_stay_on_their_message(cast: Cast) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2", external_id="reaccionado")
    one(cast, lia, double)
    reaction = Annotation(
        account_id=cast.chat.pk, external_id="r1", target="reaccionado", kind=Kind.REACTION,
        identity=("visitor", "lía 2"), text="👍",
    )  # fmt: skip
    assert annotate([reaction]) == [lia.pk]


def test_who_does_not_see_all_of_both_cannot_merge_them(
    cast: Cast, another_account: Callable[[str], Account]
) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2")
    hidden = cast.write("lia3", account=another_account("Otra"))
    Conversation.objects.filter(pk=hidden.pk).update(contact=double.contact, owner=cast.ana)
    with pytest.raises(OutOfReach):
        merge(lia.contact_id, double.contact_id, scope=Scope.of(cast.bruno), by=Actor.agent(cast.bruno))
    assert Contact.objects.filter(pk=double.contact_id).exists()


def test_one_blocked_and_one_not_are_never_merged_unasked(cast: Cast) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2")
    contacts.block(double.contact_id, by=Actor.agent(cast.ana))
    with pytest.raises(OneBlocked):
        one(cast, lia, double)
    contacts.block(lia.contact_id, by=Actor.agent(cast.ana))
    one(cast, lia, double)
    assert Contact.objects.get().blocked_at is not None


def test_nobody_merges_across_workspaces_nor_with_themselves_nor_twice(cast: Cast, carla: Cast) -> None:
    lia, double, theirs = cast.write("lia"), cast.write("lía 2"), carla.write("otra")
    for one_of_them in (lia, theirs):
        with pytest.raises(Contact.DoesNotExist):
            one(cast, lia, one_of_them)
    one(cast, lia, double)
    with pytest.raises(Contact.DoesNotExist):
        one(cast, lia, double)


def test_what_other_folders_keep_of_them_comes_along_once(cast: Cast) -> None:
    lia, double = cast.write("lia"), cast.write("lía 2")
    for contact in (lia.contact, double.contact):
        AwayReply.objects.create(agent=cast.ana, contact=contact)
    message = double.messages.get()
    Mention.objects.create(
        workspace_id=cast.workspace.pk, conversation=double, message=message, agent=cast.bruno
    )  # fmt: skip
    one(cast, lia, double)
    assert AwayReply.objects.get().contact_id == lia.contact_id
    assert Mention.objects.get().conversation_id == lia.pk


def test_what_two_keep_alike_costs_nobody_else_theirs(cast: Cast) -> None:
    """One has a notice of both conversations; the other's, of the one that goes, is told still."""
    lia, double = cast.write("lia"), cast.write("lía 2")
    told = [(cast.ana, lia, None), (cast.ana, double, None), (cast.ana, double, NOON), (cast.bruno, double, None)]
    for agent, conversation, read_at in told:
        Notification.objects.create(
            workspace_id=cast.workspace.pk, agent=agent, conversation=conversation, kind="message", at=NOON,
            read_at=read_at,
        )  # fmt: skip
    one(cast, lia, double)
    kept = Notification.objects.order_by("pk").values_list("agent", "conversation", "read_at")
    assert list(kept) == [
        (cast.ana.pk, lia.pk, None),
        (cast.ana.pk, lia.pk, NOON),
        (cast.bruno.pk, lia.pk, None),
    ]


MOVED = {
    "Message.conversation", "Attachment.conversation_id", "Outgoing.conversation_id", "Closure.conversation",
    "Event.conversation", "Tagging.conversation", "Identity.contact", "Conversation.contact",
    "ContactValue.contact", "ContactNote.contact", "MergeSuggestion.first", "MergeSuggestion.second",
}  # fmt: skip
LEFT = {
    "Setback.conversation_id": "forgotten with its clock",
    "Warned.conversation_id": "the clock of whoever stays may be warned of once more",
    "Farewell.conversation_id": "nobody is told of the closing of what is no more",
    "Erasure.contact_id": "tells of one that is no more",
    "Delivery.conversation_id": "the order in which webhooks are told: what comes begins another",
}


def test_whatever_points_at_a_conversation_or_a_contact_is_named_in_the_statements() -> None:
    """A new table must say here, and in absorb.sql or merge.sql, what becomes of it when two become one.

    What other folders point at them with is carried over, whatever it is.
    """
    pointing = set()
    for model in apps.get_models():
        own = model._meta.app_label == "conversations"
        for field in model._meta.concrete_fields:
            points = isinstance(field, models.ForeignKey) and field.related_model in {Conversation, Contact}
            if (points and own) or field.name in {"conversation_id", "contact_id"}:
                pointing.add(f"{model.__name__}.{field.name}")
    assert pointing == MOVED | LEFT.keys()
