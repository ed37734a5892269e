"""What of it is the contact writing to us (closing C4): one row for each thing that Meta tells of.

What counts may open a conversation, create one, add unread and start its clock. Nothing else may.
"""

import pytest

from bandeja.channels.contract import Parsed
from bandeja.channels.meta.tests import events
from bandeja.channels.meta.tests.reading import parse
from bandeja.channels.whatsapp.tests import payloads

SILENT_MESSAGES = {
    "call permission",
    "unsupported edit",
    "unsupported revoke",
    "unsupported reaction",
    "welcome",
}
"""Messages of WhatsApp's that are not writing: edits, deletions, reactions, leave to call, and opening a chat."""
COUNTING_EVENTS = {"postback", "old postback", "standby postback", "order"}


def counting(parsed: Parsed) -> int:
    assert not parsed.bad
    return sum(inbound.counts for inbound in parsed.inbound)


@pytest.mark.parametrize("name", list(payloads.MESSAGES))
def test_a_whatsapp_message_counts_unless_c4_names_it(name: str) -> None:
    parsed = parse(payloads.body(payloads.change(messages=[payloads.MESSAGES[name]])))
    assert (len(parsed.inbound), counting(parsed)) == (1, 0 if name in SILENT_MESSAGES else 1)


@pytest.mark.parametrize(
    ("field", "items"),
    [
        ("messages", payloads.ANNOTATIONS),
        ("messages", payloads.SYSTEMS),
        ("statuses", payloads.STATUSES),
        ("statuses", payloads.FORMER_STATUSES),
        ("message_echoes", payloads.ECHOES),
        ("message_echoes", payloads.ECHOED_ANNOTATIONS),
        ("calls", payloads.CALLS),
        ("history", {"history": payloads.HISTORY, "refused": payloads.HISTORY_REFUSED}),
        ("user_id_update", payloads.USER_ID_UPDATES),
        ("user_preferences", {"stop": {"value": "stop"}}),
        ("state_sync", {"contact": {"type": "contact"}}),
        ("errors", {"rate": {"code": 130429}}),
    ],
)
def test_nothing_else_of_whatsapps_counts(field: str, items: dict[str, payloads.Item]) -> None:
    for item in items.values():
        assert counting(parse(payloads.body({"field": field, "value": payloads.value(**{field: [item]})}))) == 0


@pytest.mark.parametrize("name", ["text", "image"])
def test_a_copied_message_of_whatsapps_does_not_count(name: str) -> None:
    assert counting(parse(payloads.body(payloads.change("history", messages=[payloads.MESSAGES[name]])))) == 0


def test_a_whatsapp_group_is_not_taken_in() -> None:
    parsed = parse(payloads.body(payloads.change(messages=[{**payloads.MESSAGES["text"], "group_id": "g"}])))
    assert (len(parsed.inbound), len(parsed.bad)) == (0, 1)


@pytest.mark.parametrize("side", ["page", "instagram"])
@pytest.mark.parametrize("under", ["messaging", "standby"])
@pytest.mark.parametrize("name", list(events.MESSAGES))
def test_a_message_counts_on_messenger_and_instagram(side: str, under: str, name: str) -> None:
    assert counting(parse(events.body(side, events.MESSAGES[name], under=under))) == 1


@pytest.mark.parametrize("side", ["page", "instagram"])
@pytest.mark.parametrize("name", list(events.OTHERS))
def test_of_the_other_events_only_a_button_and_a_cart_count(side: str, name: str) -> None:
    assert counting(parse(events.body(side, events.OTHERS[name]))) == (name in COUNTING_EVENTS)


@pytest.mark.parametrize("side", ["page", "instagram"])
@pytest.mark.parametrize("items", [events.ECHOES, events.ANNOTATIONS, events.REACHED, events.NOTICES])
def test_nothing_else_of_messengers_and_instagrams_counts(side: str, items: dict[str, events.Item]) -> None:
    for item in items.values():
        assert counting(parse(events.body(side, item))) == 0
