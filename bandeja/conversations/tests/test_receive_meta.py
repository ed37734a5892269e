"""What Meta's channels bring besides a contact's messages: other names, echoes, history, files, windows."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from bandeja.channels.contract import Identity as Name
from bandeja.channels.contract import Inbound, Kind, Media, Renaming
from bandeja.closing import coverage
from bandeja.closing.tests.deeds import closes_at
from bandeja.conversations import known, lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import (
    Attachment,
    Cause,
    Contact,
    Conversation,
    Event,
    EventKind,
    Identity,
    MergeSuggestion,
    Message,
    Status,
)
from bandeja.conversations.scope import Scope
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PHONE, OTHER_FORM, BSUID = ("wa_id", "5215512345678"), ("wa_id", "525512345678"), ("bsuid", "MX.abc")


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


def said(cast: Cast, external_id: str, name: Name = PHONE, **more: Any) -> Inbound:
    return Inbound(cast.chat.pk, external_id, name, **{"text": "Hola", **more})


def receive(*batch: Inbound) -> lifecycle.Received:
    return lifecycle.receive(batch, clock=coverage.clock)


def closing(cast: Cast) -> dict[str, Any]:
    return {"scope": Scope.of(cast.ana), "by": Actor.agent(cast.ana), "cause": Cause.AGENT, "reason": "Resuelto"}


def beside(*works: Callable[[], object]) -> None:
    """Do these at once, each with a connection of its own, and wait for all."""

    def alone(work: Callable[[], object]) -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(alone, work) for work in works]:
            done.result()


def names() -> set[tuple[str, str]]:
    return set(Identity.objects.values_list("kind", "value"))


# Names (meta.md E6)


def test_a_contact_is_known_by_either_of_their_ids(cast: Cast) -> None:
    receive(said(cast, "1", PHONE, aliases=[BSUID]))
    receive(said(cast, "2", BSUID))
    receive(said(cast, "3", PHONE))
    assert Contact.objects.count() == Conversation.objects.count() == 1
    assert names() == {PHONE, BSUID}


def test_in_one_batch_too(cast: Cast) -> None:
    receive(said(cast, "1", BSUID), said(cast, "2", PHONE, aliases=[BSUID]), said(cast, "3", PHONE))
    assert Contact.objects.count() == Conversation.objects.count() == 1
    assert Message.objects.count() == 3


def test_who_was_known_by_number_gets_their_lasting_id(cast: Cast) -> None:
    receive(said(cast, "1", PHONE))
    receive(said(cast, "2", PHONE, aliases=[BSUID]))
    receive(said(cast, "3", BSUID))
    assert Contact.objects.count() == 1


def test_another_form_of_the_number_finds_them_and_is_written_as_meta_wrote_it(cast: Cast) -> None:
    receive(said(cast, "1", OTHER_FORM))
    receive(said(cast, "2", PHONE, variants=[OTHER_FORM]))
    assert Contact.objects.count() == 1
    assert names() == {OTHER_FORM, PHONE}
    assert Conversation.objects.get().address == ":".join(PHONE)


def test_where_two_have_a_form_of_the_number_neither_is_taken(cast: Cast) -> None:
    """Only if exactly one matches."""
    receive(said(cast, "1", ("wa_id", "a")), said(cast, "2", ("wa_id", "b")))
    receive(said(cast, "3", PHONE, variants=[("wa_id", "a"), ("wa_id", "b")]))
    assert Contact.objects.count() == 3


def test_two_contacts_that_turn_out_to_be_one_are_suggested_and_never_merged(cast: Cast) -> None:
    receive(said(cast, "1", PHONE), said(cast, "2", BSUID))
    for external_id in ("3", "4"):
        receive(said(cast, external_id, PHONE, aliases=[BSUID]))
    assert Contact.objects.count() == 2
    suggested = MergeSuggestion.objects.get()
    assert {suggested.first_id, suggested.second_id} == set(Contact.objects.values_list("pk", flat=True))
    theirs = Identity.objects.get(kind="bsuid").contact_id
    assert Message.objects.filter(external_id__in=["3", "4"], conversation__contact_id=theirs).count() == 2


def test_the_same_names_on_another_account_are_somebody_else(cast: Cast, carla: Cast) -> None:
    receive(said(cast, "1", PHONE, aliases=[BSUID]), said(carla, "1", PHONE, aliases=[BSUID]))
    assert Contact.objects.count() == 2


def test_who_only_reacts_to_nothing_is_not_made_a_contact(cast: Cast) -> None:
    receive(said(cast, "1", kind=Kind.REFERRAL))
    assert not Contact.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_stranger_in_many_batches_at_once_is_one_contact(cast: Cast) -> None:
    together = Barrier(4)
    failed: list[Exception] = []

    def write(start: int) -> None:
        try:
            together.wait(10)
            for number in range(start, start + 10):
                who = [("wa_id", f"{number % 3}"), ("bsuid", f"MX.{number % 3}")]
                receive(said(cast, str(number), who[0], aliases=[who[1]]))
        except Exception as error:  # noqa: BLE001  whatever it is, the assertion tells it
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=write, args=(start,)) for start in range(0, 40, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert (Contact.objects.count(), Conversation.objects.count(), Message.objects.count()) == (3, 3, 40)
    assert not MergeSuggestion.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_stranger_whom_another_makes_meanwhile_is_one_contact(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between our look and our writing: they keep the names we knew them by as well."""
    first_names = known._first_names
    written: list[bool] = []

    def meanwhile(people: Any) -> Any:
        if not written:
            written.append(True)
            beside(lambda: receive(said(cast, "2", BSUID)))
        return first_names(people)

    monkeypatch.setattr(known, "_first_names", meanwhile)
    receive(said(cast, "1", PHONE, aliases=[BSUID]))
    assert Contact.objects.count() == Conversation.objects.count() == 1
    assert names() == {PHONE, BSUID}
    assert not MergeSuggestion.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_names_are_written_in_one_order_whoever_tells_of_them(cast: Cast) -> None:
    """New names of the known, names of strangers and their other ones: no two batches wait for each other."""
    receive(*(said(cast, f"known {number}", ("wa_id", f"{number}")) for number in range(8)))

    def tell(seed: int) -> None:
        choose = Random(seed)
        for turn in range(12):
            new = [("bsuid", f"MX.{turn}.{number}") for number in range(8)]
            renamings = [Renaming(cast.chat.pk, ("wa_id", f"{number}"), [new[number]]) for number in range(8)]
            strangers = [("wa_id", f"{turn}.{number}") for number in range(4)]
            aliases = [[("bsuid", f"US.{turn}.{number}")] if choose.random() < 0.5 else [] for number in range(4)]
            batch = [
                said(cast, f"{seed} {turn} {number}", name, aliases=alias)
                for number, (name, alias) in enumerate(zip(strangers, aliases, strict=True))
            ]
            batch += [said(cast, f"{seed} {turn} new {number}", name) for number, name in enumerate(new)]
            choose.shuffle(batch)
            choose.shuffle(renamings)
            chosen = renamings[: choose.choice([0, 8])]
            lifecycle.receive(batch, clock=coverage.clock, renamings=chosen)

    beside(*(partial(tell, seed) for seed in range(4)))
    assert Message.objects.count() == 8 + 4 * 12 * 12


# Echoes


def test_an_echo_is_outbound_by_the_app_and_moves_no_clock(cast: Cast) -> None:
    """closing C2: what the team wrote in the phone app."""
    cast.rule()
    receive(said(cast, "1"))
    before = Conversation.objects.values("armed_at", "look_at", "last_inbound_at", "unread", "window_at").get()
    receive(said(cast, "2", text="Buenas", echo=True, provider_at=NOON + MINUTE))
    message = Message.objects.get(external_id="2")
    assert (message.direction, message.author_kind, message.state, message.counts) == ("out", "app", "sent", False)
    conversation = Conversation.objects.get()
    assert Conversation.objects.values(*before).get() == before
    assert (conversation.last_message_text, conversation.last_message_direction) == ("Buenas", "out")
    assert Event.objects.filter(kind=EventKind.MESSAGE_SENT, actor_kind="app").count() == 1


def test_an_echo_never_reopens(cast: Cast) -> None:
    """closing E2."""
    receive(said(cast, "1"))
    Conversation.objects.update(status="closed", closed_at=NOON)
    receive(said(cast, "2", echo=True))
    assert Conversation.objects.get().status == Status.CLOSED


def test_a_conversation_begun_in_the_phone_app_is_not_lost(cast: Cast) -> None:
    """It stands open and quiet; the answer to it opens nothing (closing F1)."""
    cast.rule()
    receive(said(cast, "1", echo=True))
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.unread, closes_at(conversation)) == (Status.OPEN, 0, None)
    receive(said(cast, "2"))
    assert not Event.objects.filter(kind=EventKind.CONVERSATION_OPENED).exists()
    conversation.refresh_from_db()
    assert (conversation.unread, conversation.armed_at) == (1, NOON)


def test_nor_when_the_answer_comes_in_the_same_batch(cast: Cast) -> None:
    """closing F1."""
    cast.rule()
    receive(said(cast, "1", echo=True), said(cast, "2"))
    assert not Event.objects.filter(kind=EventKind.CONVERSATION_OPENED).exists()
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.unread, conversation.armed_at) == (Status.OPEN, 1, NOON)


def test_whoever_is_answered_in_the_batch_that_brings_them_has_begun_it(cast: Cast) -> None:
    receive(said(cast, "1"), said(cast, "2", echo=True))
    assert Event.objects.filter(kind=EventKind.CONVERSATION_OPENED).count() == 1


def test_an_echo_of_a_message_that_is_there_is_nothing(cast: Cast) -> None:
    receive(said(cast, "1"))
    receive(said(cast, "1", text="otra", echo=True))
    assert Message.objects.get().text == "Hola"


# History (closing C5)


def test_history_arms_opens_and_counts_nothing(cast: Cast) -> None:
    cast.rule()
    receive(
        said(cast, "1", history=True, provider_at=NOON - 9 * MINUTE),
        said(cast, "2", history=True, echo=True, text="Buenas", provider_at=NOON - 8 * MINUTE),
    )
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.unread, conversation.armed_at) == (Status.CLOSED, 0, None)
    assert (conversation.last_message_text, conversation.last_message_at) == ("Buenas", NOON - 8 * MINUTE)
    assert not Event.objects.exists()
    assert list(Message.objects.order_by("at").values_list("direction", flat=True)) == ["in", "out"]


def test_whoever_writes_after_their_history_came_opens_for_the_first_time(cast: Cast) -> None:
    receive(said(cast, "1", history=True, provider_at=NOON - MINUTE))
    receive(said(cast, "2"))
    assert Conversation.objects.get().status == Status.OPEN
    assert Event.objects.get(kind=EventKind.CONVERSATION_OPENED).data["reopened"] is False


def test_history_of_an_open_conversation_leaves_it_as_it_is(cast: Cast) -> None:
    cast.rule()
    receive(said(cast, "1"))
    before = Conversation.objects.values().get()
    receive(said(cast, "2", history=True, provider_at=NOON - MINUTE))
    assert Conversation.objects.values().get() == before


def clock_and_unread() -> tuple[str, int, datetime | None]:
    conversation = Conversation.objects.get()
    return Status(conversation.status).value, conversation.unread, conversation.armed_at


def test_a_message_that_history_told_of_first_counts_all_the_same(cast: Cast, clock: Clock) -> None:
    """closing C4: a number that has just been connected brings its history while people write to it."""
    cast.rule()
    receive(said(cast, "1", history=True, provider_at=NOON - MINUTE))
    imported = Message.objects.get()
    clock.advance(minutes=1)
    assert receive(said(cast, "1", provider_at=NOON - MINUTE, opens_window=True)).reopened == 1
    message = Message.objects.get()
    assert (message.counts, message.imported, message.received_at) == (True, False, NOON + MINUTE)
    assert clock_and_unread() == ("open", 1, NOON + MINUTE)
    conversation = Conversation.objects.get()
    assert conversation.last_inbound_id == message.pk
    assert message.pk > imported.pk
    assert conversation.window_at == NOON - MINUTE
    assert sorted(Event.objects.values_list("kind", flat=True)) == ["conversation_opened", "message_received"]


def test_it_reopens_what_was_closed(cast: Cast) -> None:
    receive(said(cast, "0"), said(cast, "1", history=True))
    lifecycle.close(list(Conversation.objects.values_list("pk", flat=True)), **closing(cast))
    receive(said(cast, "1"))
    assert clock_and_unread()[:2] == ("open", 2)
    opened = Event.objects.filter(kind=EventKind.CONVERSATION_OPENED).latest("id")
    assert opened.data["reopened"] is True


def test_once_it_has_come_neither_history_nor_a_duplicate_changes_anything(cast: Cast, clock: Clock) -> None:
    cast.rule()
    receive(said(cast, "1", history=True))
    receive(said(cast, "1"))
    before = [list(model.objects.values()) for model in (Conversation, Message, Event)]
    clock.advance(seconds=30)
    receive(said(cast, "1"))
    receive(said(cast, "1", history=True))
    receive(said(cast, "1", history=True), said(cast, "1"))
    assert [list(model.objects.values()) for model in (Conversation, Message, Event)] == before


@pytest.mark.parametrize("first", [True, False], ids=["history first", "history last"])
def test_in_one_batch_the_message_itself_wins(cast: Cast, first: bool) -> None:
    batch = [said(cast, "1", history=first), said(cast, "1", history=not first)]
    receive(*batch)
    assert Message.objects.values_list("counts", "imported").get() == (True, False)
    assert clock_and_unread()[:2] == ("open", 1)


def test_its_file_is_the_one_it_came_with(cast: Cast) -> None:
    receive(said(cast, "1", kind=Kind.IMAGE, history=True, media=[photo("old"), photo("older")]))
    receive(said(cast, "1", kind=Kind.IMAGE, media=[photo("new")]))
    assert Attachment.objects.get().remote == "new"


def test_what_we_said_in_the_phone_app_stays_as_it_was_imported(cast: Cast) -> None:
    receive(said(cast, "1", history=True, echo=True))
    before = Message.objects.values().get()
    receive(said(cast, "1", echo=True))
    assert Message.objects.values().get() == before


def test_what_a_blocked_contact_writes_counts_for_nothing_then_either(cast: Cast) -> None:
    receive(said(cast, "1", history=True))
    Contact.objects.update(blocked_at=NOON)
    receive(said(cast, "1"))
    Contact.objects.update(blocked_at=None)
    receive(said(cast, "1"))
    assert clock_and_unread() == ("closed", 0, None)


def test_history_of_a_contact_known_by_another_id_gives_way_as_well(cast: Cast) -> None:
    receive(said(cast, "1", BSUID, history=True))
    receive(said(cast, "1", PHONE))
    assert Message.objects.get().conversation.contact.identities.get().kind == "wa_id"
    assert Message.objects.get().counts


@pytest.mark.django_db(transaction=True)
def test_history_that_comes_between_our_look_and_our_lock_gives_way(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.rule()
    receive(said(cast, "0"))
    looked: list[bool] = []

    def contacts(*given: Any) -> Any:
        if not looked:
            looked.append(True)
            beside(lambda: receive(said(cast, "1", history=True)))
        return known.contacts(*given)

    monkeypatch.setattr("bandeja.conversations.receive.contacts", contacts)
    receive(said(cast, "1"), said(cast, "2"))
    assert clock_and_unread() == ("open", 3, NOON)
    assert not Message.objects.filter(imported=True).exists()
    assert Event.objects.filter(kind=EventKind.MESSAGE_RECEIVED).count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_deliveries_of_it_at_once_count_once(cast: Cast) -> None:
    cast.rule()
    for number in range(5):
        receive(*(said(cast, f"{number}.{each}", history=True) for each in range(5)))
        together = Barrier(3)

        def write(number: int = number, together: Barrier = together) -> None:
            together.wait(10)
            receive(*(said(cast, f"{number}.{each}") for each in range(5)))

        beside(write, write, write)
        assert clock_and_unread()[:2] == ("open", 5 * (number + 1))
    assert Event.objects.filter(kind=EventKind.CONVERSATION_OPENED).count() == 1
    assert Event.objects.filter(kind=EventKind.MESSAGE_RECEIVED).count() == 25


# Files, windows, addresses


def photo(remote: str, **more: Any) -> Media:
    return Media(Kind.IMAGE, remote, **more)


def test_files_come_to_be_fetched_beside_their_message(cast: Cast) -> None:
    media = [photo("m1", mime="image/jpeg"), photo("https://cdn/2", is_url=True, name="b.jpg")]
    receive(said(cast, "1", kind=Kind.IMAGE, text="", media=media), said(cast, "2"))
    first, second = Attachment.objects.order_by("position")
    assert first.message.external_id == second.message.external_id == "1"
    assert (first.kind, first.remote, first.mime, first.is_url) == ("image", "m1", "image/jpeg", False)
    assert (second.remote, second.is_url, second.name, second.state) == ("https://cdn/2", True, "b.jpg", "waiting")
    assert first.look_at == NOON
    assert first.conversation_id == Conversation.objects.get(last_message_kind="text").pk


def test_what_may_only_be_referred_to_is_never_fetched(cast: Cast) -> None:
    """meta.md A6: stories."""
    receive(said(cast, "1", kind=Kind.STORY_MENTION, media=[photo("https://cdn/1", is_url=True, keep=False)]))
    assert Attachment.objects.values_list("state", "look_at").get() == ("referred", None)


def test_the_same_message_again_brings_no_file_again(cast: Cast) -> None:
    for _ in range(2):
        receive(said(cast, "1", kind=Kind.IMAGE, media=[photo("m1")]))
    assert Attachment.objects.count() == 1


def test_the_list_says_what_came_without_words(cast: Cast) -> None:
    receive(said(cast, "1", kind=Kind.IMAGE, text="", media=[photo("m1")]))
    conversation = Conversation.objects.get()
    assert (conversation.last_message_text, conversation.last_message_kind) == ("", "image")


def test_the_window_counts_from_the_channels_date_and_the_clock_from_ours(cast: Cast) -> None:
    """meta.md E1: two clocks; closing C1."""
    cast.rule()
    receive(said(cast, "1", provider_at=NOON - MINUTE, opens_window=True))
    conversation = Conversation.objects.get()
    assert (conversation.window_at, conversation.armed_at) == (NOON - MINUTE, NOON)


def test_an_answer_goes_where_they_last_wrote_from(cast: Cast) -> None:
    receive(said(cast, "1", PHONE, aliases=[BSUID]))
    receive(said(cast, "2", BSUID))
    assert Conversation.objects.get().address == ":".join(BSUID)


def test_a_quoted_message_is_named(cast: Cast) -> None:
    receive(said(cast, "1"), said(cast, "2", reply_to="1"))
    assert Message.objects.get(external_id="2").reply_to == "1"


def test_a_blocked_contacts_echo_and_file_are_kept(cast: Cast) -> None:
    receive(said(cast, "1"))
    Contact.objects.update(blocked_at=NOON)
    receive(said(cast, "2", kind=Kind.IMAGE, media=[photo("m1")], opens_window=True), said(cast, "3", echo=True))
    assert Message.objects.count() == 3
    assert Conversation.objects.get().window_at is None


def test_the_file_of_an_imported_message_may_come_after_it(cast: Cast) -> None:
    """meta.md A4: history tells of a message first, and of its media in a later delivery."""
    told = said(cast, "1", kind=Kind.IMAGE, text="", history=True)
    receive(told)
    for _ in range(2):
        receive(said(cast, "1", kind=Kind.IMAGE, text="", history=True, media=[photo("m1")]))
    assert Attachment.objects.get().remote == "m1"
    assert Message.objects.count() == 1
