"""What an app at Meta delivers, drained: each item to its account, once, and nothing lost with its neighbour."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from bandeja.channels import accounts
from bandeja.channels.contract import Inbound, Parsed, Renaming, State
from bandeja.channels.models import Account, ChannelKey, Health, MetaApp, Receipt, Template
from bandeja.channels.whatsapp.tests.payloads import BUSINESS, CONTACT, LIA, LIA_BSUID, PHONE_ID, WABA, message
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.handle import handle_of
from bandeja.conversations.models import Annotation, Contact, Conversation, Identity, Message
from bandeja.conversations.scope import Scope
from bandeja.intake import drain
from tests.cast import Cast
from tests.clock import Clock

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> datetime:
    return clock.set(NOON)


@pytest.fixture
def app(cast: Cast, noon: datetime) -> MetaApp:
    return MetaApp.objects.create(workspace=cast.workspace, key="k", name="Ventas", app_id="1", secret="s")


@pytest.fixture
def number(app: MetaApp) -> Account:
    return connect(app, PHONE_ID)


def connect(app: MetaApp, external_id: str) -> Account:
    config = {"waba": WABA, "phone": BUSINESS}
    return accounts.connect(
        app.workspace, ChannelKey.WHATSAPP, name="Línea", external_id=external_id, app=app, config=config, token="t"
    )


def body(*items: Any, phone_id: str = PHONE_ID, field: str = "messages", **more: Any) -> dict[str, Any]:
    about = {"display_phone_number": BUSINESS, "phone_number_id": phone_id}
    value = {"messaging_product": "whatsapp", "metadata": about, "contacts": [CONTACT], **more}
    if items:
        value["messages"] = list(items)
    return {"field": field, "value": value}


def deliver(app: MetaApp, *changes: dict[str, Any], **more: Any) -> Receipt:
    told = {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": list(changes)}]}
    return Receipt.objects.create(app_id=app.pk, channel="meta", body=json.dumps(told).encode(), **more)


def text(wamid: str, said: str = "Hola", **more: Any) -> dict[str, Any]:
    return message("text", wamid, text={"body": said}, **more)


def status(state: str, wamid: str = "wamid.out", **more: Any) -> dict[str, Any]:
    told = {"id": wamid, "status": state, "timestamp": "1793707300", "recipient_id": LIA, **more}
    return {**body(), "value": {**body()["value"], "statuses": [told]}}


def reasons(receipt: Receipt) -> list[str]:
    receipt.refresh_from_db()
    return [bad["reason"] for bad in receipt.bad_items or []]


def everything() -> list[Any]:
    return [list(table.objects.order_by("pk").values()) for table in (Contact, Identity, Conversation, Message)]


def test_a_message_reaches_the_account_it_was_sent_to(app: MetaApp, number: Account) -> None:
    deliver(app, body(text("wamid.1", "¿Tienen la talla 38?")))
    assert drain.step() == 1
    said = Message.objects.get()
    assert (said.account_id, said.external_id, said.text) == (number.pk, "wamid.1", "¿Tienen la talla 38?")
    conversation = Conversation.objects.get()
    assert (conversation.unread, conversation.address) == (1, f"wa_id:{LIA}")
    assert {("wa_id", LIA), ("bsuid", LIA_BSUID)} <= set(Identity.objects.values_list("kind", "value"))
    assert Contact.objects.get().name == "Lía Restrepo"


def test_a_batch_of_a_thousand_is_joined_whole_and_again_changes_nothing(app: MetaApp, number: Account) -> None:
    """meta.md A2: up to a thousand in one delivery, and any of them again in another."""
    people: list[dict[str, Any]] = [{"from": f"57300{each:07}", "from_user_id": None} for each in range(50)]
    items = [text(f"wamid.{each}", **people[each % 50]) for each in range(1_000)]
    deliver(app, *(body(*items[start : start + 100]) for start in range(0, 1_000, 100)))
    drain.step()
    assert (Message.objects.count(), Conversation.objects.count()) == (1_000, 50)
    before = everything()
    deliver(app, body(*reversed(items)))
    drain.step()
    assert everything() == before


def test_what_is_for_nobody_here_is_set_aside_and_its_neighbours_go_on(app: MetaApp, number: Account) -> None:
    receipt = deliver(app, body(text("wamid.1"), phone_id="999"), body(text("wamid.2")), body("nonsense"))
    drain.step()
    assert Message.objects.get().external_id == "wamid.2"
    assert len(reasons(receipt)) == 2
    assert receipt.parked_at is not None


def test_what_was_set_aside_is_joined_once_its_account_was_there(app: MetaApp, clock: Clock) -> None:
    """An item belongs to the account that was connected when it was received: not to one connected later."""
    early = deliver(app, body(text("wamid.1")))
    clock.advance(seconds=1)
    number = connect(app, PHONE_ID)
    late = deliver(app, body(text("wamid.2")))
    accounts.disconnect(number, at=NOON + 2 * SECOND)
    drain.step()
    assert list(Message.objects.values_list("external_id", flat=True)) == ["wamid.2"]
    assert (len(reasons(early)), reasons(late)) == (1, [])


def test_another_workspaces_app_cannot_speak_for_our_number(number: Account, carla: Cast) -> None:
    theirs = MetaApp.objects.create(workspace=carla.workspace, key="o", name="Otra", app_id="2", secret="s")
    receipt = deliver(theirs, body(text("wamid.1")), status("read"))
    drain.step()
    assert not Message.objects.exists()
    assert len(reasons(receipt)) == 2
    assert drain.replay([receipt.pk], number.workspace_id) == 0
    assert drain.replay([receipt.pk], carla.workspace.pk) == 1


def test_what_we_sent_is_told_delivered_and_read(app: MetaApp, number: Account) -> None:
    deliver(app, body(text("wamid.1")))
    drain.step()
    answer = Message.objects.create(
        workspace_id=number.workspace_id,
        account=number,
        conversation=Conversation.objects.get(),
        direction="out",
        kind="text",
        text="Sí",
        author_kind="agent",
        state=State.UNKNOWN,
    )
    deliver(app, status("read"), status("sent", biz_opaque_callback_data=handle_of(answer.pk)), status("delivered"))
    drain.step()
    deliver(app, status("read"))
    drain.step()
    answer.refresh_from_db()
    assert (answer.external_id, answer.state) == ("wamid.out", "read")


def test_an_echo_of_our_own_message_settles_it_and_is_no_other(app: MetaApp, number: Account) -> None:
    """meta.md E7: the answer to sending was lost; the page's echo brings our metadata back."""
    page = accounts.connect(
        app.workspace, ChannelKey.MESSENGER, name="Página", external_id="1906", app=app, token="t"
    )
    contact = Contact.objects.create(workspace=app.workspace)
    Identity.objects.create(account=page, contact=contact, workspace_id=app.workspace_id, kind="psid", value="77")
    conversation = Conversation.objects.create(workspace=app.workspace, account=page, contact=contact)
    answer = Message.objects.create(
        workspace_id=app.workspace_id,
        account=page,
        conversation=conversation,
        direction="out",
        kind="text",
        text="Sí",
        author_kind="agent",
        state=State.UNKNOWN,
    )
    said = {"mid": "m_1", "is_echo": True, "app_id": 1, "text": "Sí", "metadata": handle_of(answer.pk)}
    event = {"sender": {"id": "1906"}, "recipient": {"id": "77"}, "timestamp": 1793707200000, "message": said}
    told = {"object": "page", "entry": [{"id": "1906", "time": 1, "messaging": [event]}]}
    for _ in range(2):
        Receipt.objects.create(app_id=app.pk, channel="meta", body=json.dumps(told).encode())
        drain.step()
    answer.refresh_from_db()
    assert (answer.external_id, answer.state) == ("m_1", "accepted")
    assert Message.objects.count() == 1


def test_without_a_handle_it_is_known_by_its_text(app: MetaApp, number: Account) -> None:
    deliver(app, body(text("wamid.1")))
    drain.step()
    answers = [
        Message.objects.create(
            workspace_id=number.workspace_id,
            account=number,
            conversation=Conversation.objects.get(),
            direction="out",
            kind="text",
            text=said,
            author_kind="agent",
            state=State.UNKNOWN,
            at=NOON - SECOND,
        )
        for said in ("Sí", "No")
    ]
    echo = {"id": "wamid.2", "from": BUSINESS, "to": LIA, "timestamp": "1793707200", "type": "text"}
    change = body(field="smb_message_echoes", message_echoes=[{**echo, "text": {"body": "No"}}])
    deliver(app, change)
    drain.step()
    for answer in answers:
        answer.refresh_from_db()
    assert [(answer.external_id, answer.state) for answer in answers] == [(None, "unknown"), ("wamid.2", "accepted")]


def test_a_reaction_that_comes_before_its_message_is_kept_for_it(app: MetaApp, number: Account) -> None:
    deliver(app, body(message("reaction", "wamid.r", reaction={"message_id": "wamid.1", "emoji": "👍"})))
    deliver(app, body(text("wamid.1")))
    drain.step()
    assert Annotation.objects.get().target == Message.objects.get().external_id == "wamid.1"
    assert Conversation.objects.get().unread == 1


EDITED = {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "La 39"}}}
UNSENT = {"original_message_id": "wamid.1"}


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("kind", "node", "shown"), [("edit", EDITED, "La 39"), ("revoke", UNSENT, "")], ids=["edit", "revoke"]
)
def test_what_was_taken_back_in_the_delivery_that_brought_it_is_not_in_the_list(
    app: MetaApp, number: Account, kind: str, node: dict[str, Any], shown: str, first: bool
) -> None:
    told = [body(text("wamid.1", "mi clave es 1234")), body(message(kind, "wamid.2", **{kind: node}))]
    deliver(app, *(reversed(told) if first else told))
    drain.step()
    thread = Conversation.objects.get()
    assert (thread.last_message_text, thread.unread) == (shown, 1)


def test_an_edit_that_came_before_its_message_is_what_the_list_shows(app: MetaApp, number: Account) -> None:
    for change in (body(message("edit", "wamid.2", edit=EDITED)), body(text("wamid.1", "La 38"))):
        deliver(app, change)
        drain.step()
    assert Conversation.objects.get().last_message_text == "La 39"


def test_another_id_beside_the_number_leaves_answers_going_to_the_number(app: MetaApp, number: Account) -> None:
    deliver(app, body(text("wamid.1")))
    drain.step()
    before = Conversation.objects.get().address
    user = {"previous": LIA_BSUID, "current": "CO.2"}
    update = {"wa_id": LIA, "user_id": user, "detail": "changed", "timestamp": "1793707300"}
    deliver(app, {**body(field="user_id_update"), "value": {**body()["value"], "user_id_update": [update]}})
    drain.step()
    assert ("bsuid", "CO.2") in set(Identity.objects.values_list("kind", "value"))
    assert Conversation.objects.get().address == before == f"wa_id:{LIA}"


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "a stranger"])
def test_who_changes_their_number_is_answered_at_the_new_one(app: MetaApp, number: Account, is_known: bool) -> None:
    renamed = [Renaming(number.pk, ("wa_id", f"57300{one}"), [("wa_id", f"57300{one + 1}")]) for one in (1, 2)]
    said = Parsed([Inbound(number.pk, "wamid.1", ("wa_id", "573001"), text="Hola")])
    if is_known:
        drain.join([said], lambda: None)
    drain.join([said, Parsed(renamings=renamed)], lambda: None)
    assert Conversation.objects.get().address == "wa_id:573003"
    drain.join([said, Parsed(renamings=renamed)], lambda: None)
    assert (Conversation.objects.get().address, Contact.objects.count()) == ("wa_id:573003", 1)


def test_a_payment_that_failed_is_no_message_that_failed(app: MetaApp, number: Account, cast: Cast) -> None:
    deliver(app, body(text("wamid.1")))
    drain.step()
    answer = lifecycle.reply(
        Conversation.objects.get().pk, "Aquí el enlace", scope=Scope.of(cast.ana), by=Actor.agent(cast.ana)
    ).message
    Message.objects.filter(pk=answer.pk).update(state=State.SENT, external_id="wamid.out")
    receipt = deliver(app, status("failed", type="payment", payment={"reference_id": "1"}))
    drain.step()
    answer.refresh_from_db()
    assert (answer.state, reasons(receipt)) == (State.SENT, [])


def test_what_meta_says_of_a_template_is_heeded(app: MetaApp, number: Account) -> None:
    Template.objects.create(app=app, line=WABA, external_id="77", name="a", language="es", status="PENDING")
    told = {"event": "APPROVED", "message_template_id": 77, "message_template_name": "a", "reason": None}
    deliver(app, {"field": "message_template_status_update", "value": told})
    drain.step()
    assert Template.objects.get().status == "APPROVED"


def test_it_is_noted_when_meta_last_delivered(app: MetaApp, number: Account, clock: Clock) -> None:
    deliver(app, body(text("wamid.1")))
    drain.step()
    clock.advance(seconds=9)
    deliver(app, body(text("wamid.2")))
    drain.step()
    app.refresh_from_db()
    assert (Health.objects.get().last_delivery_at, app.last_delivery_at) == (NOON, NOON)
    clock.advance(seconds=1)
    deliver(app, body(text("wamid.3")))
    drain.step()
    assert Health.objects.get().last_delivery_at == NOON + 10 * SECOND


def test_what_is_drained_late_was_delivered_when_it_was_received(app: MetaApp, number: Account, clock: Clock) -> None:
    """What Meta lost since then is fetched from there on, and not from when we were back."""
    deliver(app, body(text("wamid.1")))
    clock.advance(minutes=85)
    drain.step()
    app.refresh_from_db()
    assert (Health.objects.get().last_delivery_at, app.last_delivery_at) == (NOON, NOON)


def test_a_delivery_replayed_takes_nothing_back_of_a_later_one(app: MetaApp, number: Account, clock: Clock) -> None:
    parked = deliver(app, body(text("wamid.1")))
    Receipt.objects.filter(pk=parked.pk).update(parked_at=NOON, processed_at=NOON)
    clock.advance(minutes=5)
    deliver(app, body(text("wamid.2")))
    drain.step()
    clock.advance(hours=1)
    assert drain.replay([parked.pk], app.workspace_id) == 1
    assert drain.step() == 1
    app.refresh_from_db()
    later = NOON + 300 * SECOND
    assert (Health.objects.get().last_delivery_at, app.last_delivery_at) == (later, later)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"null", b"[]", b'{"object": "page", "entry": {}}', b"\xff", b'{"a": 1e999}']
)
def test_whatever_was_signed_is_settled_with_its_reason(app: MetaApp, number: Account, raw: bytes) -> None:
    receipt = Receipt.objects.create(app_id=app.pk, channel="meta", body=raw)
    assert drain.step() == 1
    receipt.refresh_from_db()
    assert receipt.processed_at is not None


def test_a_delivery_of_an_app_that_is_gone_is_set_aside(app: MetaApp) -> None:
    receipt = deliver(app, body(text("wamid.1")))
    app.delete()
    drain.step()
    assert len(reasons(receipt)) == 1


def test_a_message_costs_no_query_of_its_own(app: MetaApp, number: Account) -> None:
    from django.test.utils import CaptureQueriesContext

    counts = []
    for size in (1, 50):
        deliver(app, body(*(text(f"wamid.{size}.{each}") for each in range(size))), status("read"))
        with CaptureQueriesContext(connection) as queries:
            drain.step()
        counts.append(len(queries))
    assert counts[1] <= counts[0]
