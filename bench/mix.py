"""What Meta delivers on an ordinary day, to be drained: messages 40 %, statuses of what we sent 55 %, the rest 5 %.

Each event is a delivery of its own: the worst that Meta does.
"""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

from django.db import connections

from bench.harness import Connection

PEOPLE = 20_000
PHONE_ID, WABA, BUSINESS = "106540352242922", "215589313241560", "15550783881"
TEXT = "Hola, quisiera saber si todavía tienen la talla 38 en azul, y cuánto sale el envío. "


class Mix:
    """One WhatsApp number, with people who write and answers that are delivered and read; new events each time."""

    def __init__(self, connection: Connection, count: int) -> None:
        from bandeja.channels import accounts
        from bandeja.channels.models import ChannelKey, MetaApp
        from bandeja.people.models import Workspace

        self._connection, self._count, self._round = connection, count, 0
        workspace = Workspace.objects.order_by("pk")[0]
        self._app = MetaApp.objects.create(workspace=workspace, key="bench", name="Bench", app_id="1", secret="s")
        self._account = accounts.connect(
            workspace, ChannelKey.WHATSAPP, name="Línea", external_id=PHONE_ID, app=self._app, token="t",
            config={"waba": WABA, "phone": BUSINESS},
        )  # fmt: skip
        self._drained([_message(person, f"first-{person}") for person in range(PEOPLE)])

    def drain(self) -> float:
        """Events a second."""
        self._round += 1
        sent = self._send(self._count)
        events = [self._event(number, sent) for number in range(self._count)]
        random.shuffle(events)
        return self._drained(events)

    def _event(self, number: int, sent: list[str]) -> dict[str, Any]:
        chance, name = random.random(), f"{self._round}-{number}"
        if chance < 0.40:
            return _message(random.randrange(PEOPLE), name)
        if chance < 0.95:
            return _status(random.choice(sent), random.choice(("sent", "delivered", "read")))
        reaction = {"reaction": {"message_id": random.choice(sent), "emoji": "👍"}}
        return _message(random.randrange(PEOPLE), name, kind="reaction", **reaction)

    def _send(self, count: int) -> list[str]:
        """The ids of so many messages of ours that were just accepted, three statuses each on average."""
        made = self._connection.execute(
            """insert into message (workspace_id, account_id, conversation_id, direction, kind, text, external_id,
                                    author_kind, state)
               select workspace_id, account_id, id, 'out', 'text', 'Sí, claro.',
                      'wamid.' || %s || '-' || row_number() over (), 'agent', 'accepted'
               from (select * from conversation where account_id = %s order by random() limit %s) as chosen
               returning external_id""",
            [f"out-{self._round}", self._account.pk, count // 5],
        ).fetchall()
        return [external_id for (external_id,) in made]

    def _drained(self, events: list[dict[str, Any]]) -> float:
        from bandeja.intake import drain

        self._connection.execute("truncate receipt")
        for start in range(0, len(events), 1_000):
            bodies = [json.dumps(_body(event)).encode() for event in events[start : start + 1_000]]
            self._connection.execute(
                "insert into receipt (app_id, channel, body) select %s, 'meta', unnest(%s::bytea[])",
                [self._app.pk, bodies],
            )
        self._connection.execute("vacuum analyze receipt")
        self._connection.execute("checkpoint")
        begun = perf_counter()
        with ThreadPoolExecutor(drain.DRAINS) as drains:
            drained = sum(drains.map(lambda _: _steps(), range(drain.DRAINS)))
        taken = perf_counter() - begun
        (left,) = self._connection.execute(
            "select count(*) from receipt where processed_at is null or parked_at is not null"
        ).fetchone() or (0,)
        if drained != len(events) or left:
            raise AssertionError(f"of {len(events)} events {drained} were drained and {left} not understood")
        return drained / taken


def _steps() -> int:
    from bandeja.intake import drain

    drained = 0
    try:
        while done := drain.step():
            drained += done
    finally:
        connections.close_all()
    return drained


def _message(person: int, name: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    phone, bsuid = f"5730{person:08}", f"CO.{person:016}"
    contact = {"profile": {"name": "Lía Gómez"}, "wa_id": phone, "user_id": bsuid}
    said = {"id": f"wamid.in-{name}", "from": phone, "from_user_id": bsuid, "timestamp": "1793707200", "type": kind}
    return {"contacts": [contact], "messages": [{**said, **(more or {"text": {"body": TEXT}})}]}


def _status(wamid: str, state: str) -> dict[str, Any]:
    pricing = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"}
    told = {"id": wamid, "status": state, "timestamp": "1793707300", "recipient_id": "573000000000"}
    return {"statuses": [{**told, "pricing": pricing}]}


def _body(event: dict[str, Any]) -> dict[str, Any]:
    about = {"display_phone_number": BUSINESS, "phone_number_id": PHONE_ID}
    value = {"messaging_product": "whatsapp", "metadata": about, **event}
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [change]}]}
