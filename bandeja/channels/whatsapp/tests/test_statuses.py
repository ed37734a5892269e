"""What became of our messages, and what else WhatsApp tells of a line."""

from datetime import timedelta

import pytest

from bandeja.channels.contract import Kind, Notice, Renaming, State
from bandeja.channels.meta.tests.reading import NOON, parse
from bandeja.channels.whatsapp.status import UNKNOWN_STATUS
from bandeja.channels.whatsapp.tests.payloads import (
    BUSINESS,
    CALLS,
    ECHOED_ANNOTATIONS,
    ECHOES,
    FORMER_STATUSES,
    HISTORY,
    HISTORY_REFUSED,
    LIA,
    MESSAGES,
    NOTICES,
    PHONE_ID,
    STATUSES,
    USER_ID_UPDATES,
    WABA,
    body,
    change,
    status,
)


def test_a_status_moves_the_message_it_names() -> None:
    statuses = parse(body(change(statuses=list(STATUSES.values())))).statuses
    assert [one.state for one in statuses] == [
        State.SENT,
        State.DELIVERED,
        State.READ,
        State.PLAYED,
        State.FAILED,
        State.SENT,
        State.SENT,
        State.READ,
    ]
    assert {(one.account_id, one.external_id, one.at) for one in statuses} == {(1, "wamid.ours", NOON)}
    assert statuses[0].handle == "7c4d"


def test_a_failure_says_why_in_metas_code_and_words() -> None:
    (failed,) = parse(body(change(statuses=[STATUSES["failed"]]))).statuses
    assert failed.error == {
        "code": 131047,
        "text": "Re-engagement message",
        "details": "More than 24 hours have passed",
    }


def test_only_a_free_entry_point_tells_until_when_writing_is_free() -> None:
    free, other = parse(body(change(statuses=[STATUSES["free"], STATUSES["not free"]]))).statuses
    assert free.free_until == NOON + timedelta(hours=72)
    assert other.free_until is None


def test_former_statuses_move_nothing_and_unknown_ones_are_set_aside() -> None:
    parsed = parse(body(change(statuses=[*FORMER_STATUSES.values(), status("levitating")])))
    assert not parsed.statuses
    assert [notice.topic for notice in parsed.notices] == ["status"] * 3
    assert [bad.reason for bad in parsed.bad] == [UNKNOWN_STATUS]


@pytest.mark.parametrize("kind", [["call"], {"value": "call"}, 7, None])
def test_a_status_whose_type_is_no_text_is_of_a_message(kind: object) -> None:
    parsed = parse(body(change(statuses=[{**status("read"), "type": kind}])))
    assert ([each.state for each in parsed.statuses], parsed.bad) == ([State.READ], [])


def test_a_status_that_is_none_does_not_take_messages_along() -> None:
    parsed = parse(body(change(statuses=[None, 5, {}, status("read")], messages=[MESSAGES["text"]])))
    assert (len(parsed.inbound), len(parsed.statuses), len(parsed.bad)) == (1, 1, 3)


def test_what_our_side_writes_in_the_phone_app_is_an_echo() -> None:
    parsed = parse(body(change("smb_message_echoes", message_echoes=list(ECHOES.values()))))
    assert [(one.echo, one.counts, one.opens_window, one.identity) for one in parsed.inbound] == [
        (True, False, False, ("wa_id", LIA))
    ] * 2


def test_what_our_side_does_to_a_message_in_the_phone_app_is_ours() -> None:
    parsed = parse(body(change("smb_message_echoes", message_echoes=list(ECHOED_ANNOTATIONS.values()))))
    assert [(one.kind, one.by_us, one.identity) for one in parsed.annotations] == [
        (Kind.UNSEND, True, ("wa_id", LIA)),
        (Kind.EDIT, True, ("wa_id", LIA)),
        (Kind.REACTION, True, ("wa_id", LIA)),
    ]


def test_copied_chats_are_history_and_both_sides_are_told_apart() -> None:
    parsed = parse(body(change("history", history=[HISTORY])))
    assert [(one.external_id, one.echo, one.history, one.counts) for one in parsed.inbound] == [
        ("wamid.h1", False, True, False),
        ("wamid.h2", True, True, False),
        ("wamid.h3", False, True, False),
    ]
    assert {one.identity for one in parsed.inbound} == {("wa_id", LIA)}
    assert parsed.inbound[0].data == {"status": "READ"}
    assert not any(one.opens_window for one in parsed.inbound)
    assert parsed.notices == [
        Notice("whatsapp", "line", PHONE_ID, "history", {"phase": 0, "chunk_order": 1, "progress": 55})
    ]


def test_files_of_copied_chats_come_later_and_are_history_as_well() -> None:
    (inbound,) = parse(body(change("history", messages=[MESSAGES["image"]]))).inbound
    assert (inbound.history, inbound.counts, len(inbound.media)) == (True, False, 1)


def test_an_owner_who_shares_no_chats_is_told() -> None:
    (notice,) = parse(body(change("history", history=[HISTORY_REFUSED]))).notices
    assert (notice.topic, notice.data["errors"][0]["code"]) == ("history_refused", 2593109)


def test_the_phones_address_book_is_told() -> None:
    contact = {"type": "contact", "action": "add", "contact": {"full_name": "Lía", "phone_number": "+57 300 1234567"}}
    (notice,) = parse(body(change("smb_app_state_sync", state_sync=[contact]))).notices
    assert notice.data == {"phone": LIA, "name": "Lía", "action": "add"}


def test_a_call_of_theirs_opens_the_window_and_one_of_ours_does_not() -> None:
    theirs, ours = parse(body(change("calls", calls=list(CALLS.values())))).inbound
    assert (theirs.external_id, theirs.opens_window, theirs.echo, theirs.counts) == (
        "wacid.in:connect",
        True,
        False,
        False,
    )
    assert (ours.external_id, ours.opens_window, ours.echo) == ("wacid.out:terminate", False, True)
    assert theirs.identity == ours.identity == ("wa_id", LIA)


def test_an_id_that_meta_gave_anew_renames() -> None:
    parsed = parse(body(change("user_id_update", user_id_update=list(USER_ID_UPDATES.values()))))
    assert parsed.renamings == [
        Renaming(1, ("bsuid", "CO.1"), (("bsuid", "CO.2"), ("parent_bsuid", "CO.ENT.2"), ("wa_id", LIA))),
        Renaming(1, ("wa_id", LIA), (("bsuid", "CO.2"), ("parent_bsuid", "CO.ENT.2")), is_gone=False),
        Renaming(1, ("wa_id", LIA), (("bsuid", "CO.2"),), is_gone=False),
    ]


@pytest.mark.parametrize("field", list(NOTICES))
def test_what_concerns_the_whole_business_account_is_told_of_it(field: str) -> None:
    (notice,) = parse(body({"field": field, "value": NOTICES[field]})).notices
    assert (notice.scope, notice.topic, notice.data) == ("waba", field, NOTICES[field])
    assert notice.line == ("980198427658004" if field == "account_update" else WABA)


def test_an_error_without_a_message_is_of_the_line() -> None:
    parsed = parse(body(change(errors=[{"code": 130429, "title": "Rate limit hit"}])))
    assert parsed.notices == [
        Notice("whatsapp", "line", PHONE_ID, "error", {"code": 130429, "text": "Rate limit hit"})
    ]


def test_a_preference_of_a_contacts_is_told() -> None:
    preference = {"wa_id": LIA, "category": "marketing_messages", "value": "stop", "timestamp": 1793707200}
    (notice,) = parse(body(change("user_preferences", user_preferences=[preference]))).notices
    assert (notice.line, notice.data) == (PHONE_ID, preference)


def test_our_number_is_compared_by_its_digits() -> None:
    item = {"id": "wamid.h", "from": BUSINESS, "to": LIA, "type": "text", "text": {"body": "Sí"}}
    chunk = {"threads": [{"messages": [item]}]}
    (inbound,) = parse(body(change("history", history=[chunk]))).inbound
    assert (inbound.echo, inbound.identity) == (True, ("wa_id", LIA))
