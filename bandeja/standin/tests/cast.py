"""A shop on all three channels, and somebody who writes to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from bandeja.standin.client import Control
from tests.standin import FIELDS, Callback

PAGE_FIELDS = [
    "messages",
    "messaging_postbacks",
    "message_echoes",
    "message_deliveries",
    "message_reads",
    "message_edits",
    "message_reactions",
    "messaging_referrals",
]
INSTAGRAM_FIELDS = ["messages", "messaging_seen", "message_reactions", "messaging_postbacks", "message_edit"]
NOON = 1_790_000_000.0
PHONE = "573001112233"


@dataclass
class Shop:
    """An app with one line on each channel, subscribed; time stands still at NOON."""

    control: Control
    callback: Callback
    http: httpx.Client
    app: str
    number: dict[str, Any]
    page: dict[str, Any]
    profile: dict[str, Any]

    def call(self, method: str, path: str, line: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """A Graph call with the token of a line, the WhatsApp number's unless another is named."""
        headers = {"authorization": f"Bearer {(line or self.number)['token']}", **more.pop("headers", {})}
        return self.http.request(method, f"/v26.0/{path}", headers=headers, **more)

    def send(self, **body: Any) -> httpx.Response:
        """A WhatsApp message to Lía."""
        said = {"messaging_product": "whatsapp", "to": PHONE, "type": "text", **body}
        if said["type"] == "text":
            said.setdefault("text", {"body": "Hola"})
        return self.call("POST", f"{self.number['id']}/messages", json=said)

    def tell(self, line: dict[str, Any], **body: Any) -> httpx.Response:
        """A Messenger or Instagram message to Lía."""
        said = {"recipient": {"id": self.lia(line)}, "message": {"text": "Hola"}, **body}
        if line is self.page:
            said.setdefault("messaging_type", "RESPONSE")
        return self.call("POST", f"{line['id']}/messages", line, json=said)

    def lia(self, line: dict[str, Any]) -> str:
        """How a Page or a profile knows her."""
        return str(self.control.person(id="lia")["known_as"][line["id"]]["id"])

    def write(self, line: dict[str, Any] | None = None, kind: str = "text", **body: Any) -> str:
        """Lía writes."""
        if kind == "text":
            body.setdefault("text", "¿Tienen azul?")
        message = self.control.say((line or self.number)["id"], "lia", kind, **body)
        self.control.settle()
        return message

    def states(self) -> list[str]:
        """The steps of our messages that were told on WhatsApp."""
        self.control.settle()
        return [str(status["status"]) for status in self.callback.statuses()]


def open_shop(control: Control, callback: Callback, http: httpx.Client) -> Shop:
    """Everything made and subscribed, by the ways a product has."""
    control.clock(set=NOON, speed=0)
    app = control.app(id="4417", secret="s3cret", name="Bandeja")["id"]
    for name, fields in (
        ("whatsapp_business_account", FIELDS),
        ("page", PAGE_FIELDS),
        ("instagram", INSTAGRAM_FIELDS),
    ):
        control.webhook(app, name, callback.url, callback.verify_token, fields)
    number = control.number(app, display="+57 601 7940000", name="Ruta 28", coexistence=True)
    page, profile = control.page(app, name="Ruta 28"), control.profile(app, username="ruta28")
    control.person(id="lia", name="Lía Rendón", phone=PHONE, username="lia.r")
    shop = Shop(control, callback, http, app, number, page, profile)
    assert shop.call("POST", f"{number['waba']}/subscribed_apps").json() == {"success": True}
    for line, names in ((page, PAGE_FIELDS), (profile, INSTAGRAM_FIELDS)):
        asked = {"subscribed_fields": ",".join(names)}
        assert shop.call("POST", f"{line['id']}/subscribed_apps", line, params=asked).json() == {"success": True}
    return shop
