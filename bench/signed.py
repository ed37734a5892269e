"""Deliveries as Meta signs and sends them: the requests, whole, for the door to verify."""

import hashlib
import hmac
import json
from itertools import count
from typing import Any

SECRET = "a secret of the app"
MESSAGES = 2_000
TEXT = "Hola, quisiera saber si todavía tienen la talla 38 en azul, y cuánto sale el envío. " * 5


def requests() -> dict[str, list[bytes]]:
    """Of one message, of about a kilobyte, and of a hundred."""
    from bandeja.channels.models import MetaApp
    from bandeja.people import links

    workspace = links.make_workspace("Meta")
    MetaApp.objects.create(workspace=workspace, key="bench", name="Bench", app_id="1", secret=SECRET)
    numbers = count()
    return {
        name: [_request(_body([next(numbers) for _ in range(size)])) for _ in range(MESSAGES // size)]
        for name, size in (("meta", 1), ("meta_100", 100))
    }


def _request(body: bytes) -> bytes:
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        "POST /hooks/meta/bench HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _body(numbers: list[int]) -> bytes:
    contact = {"profile": {"name": "Lía Gómez"}, "wa_id": "573001234567", "user_id": "CO.1349120865530274"}
    messages: list[dict[str, Any]] = [
        {"id": f"wamid.{number}", "from": "573001234567", "timestamp": "1793707200", "type": "text",
         "text": {"body": TEXT}}
        for number in numbers
    ]  # fmt: skip
    about = {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}
    value = {"messaging_product": "whatsapp", "metadata": about, "contacts": [contact], "messages": messages}
    entry = {"id": "215589313241560", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
