"""The subscription that makes Meta deliver: of a page, a profile, or a WhatsApp business account (meta.md A3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bandeja.channels.meta.found import said
from bandeja.channels.meta.graph import Answer, Graph
from bandeja.channels.sending import Fault, Refused

CORE = ("messages", "messaging_postbacks")
"""Fields that are always there; the others may be unknown to an app's kind or permissions."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """`owner` is whose deliveries they are; `fields` which, none for WhatsApp, where the app's own settings say.

    Each method raises what `Graph` raises.
    """

    through: Graph
    owner: str
    fields: tuple[str, ...] = ()

    def begin(self, body: Mapping[str, str] | None = None) -> None:
        """Ask for deliveries; where Meta knows not all of the fields, at least for the messages."""
        try:
            self._begin(self.fields, body)
        except Refused as refused:
            if not self.fields or refused.fault is not Fault.CONTENT:
                raise
            self._begin(CORE, body)

    def lacking(self, app_id: str) -> frozenset[str] | None:
        """The fields that do not come; None when nothing is delivered to this app at all."""
        for entry in self.through.pages(f"{self.owner}/subscribed_apps"):
            if _app_of(entry) in {app_id, ""}:
                coming = _fields_of(entry)
                return frozenset() if coming is None else frozenset(self.fields) - coming
        return None

    def end(self) -> None:
        """Ask for no more deliveries."""
        self.through.delete(f"{self.owner}/subscribed_apps")

    def _begin(self, fields: tuple[str, ...], body: Mapping[str, str] | None) -> None:
        params = {"subscribed_fields": ",".join(fields)} if fields else {}
        self.through.post(f"{self.owner}/subscribed_apps", body, **params)


def _app_of(entry: Answer) -> str:
    """Whose subscription it is; empty with Instagram's own login, which lists only the asking app's."""
    inner = entry.get("whatsapp_business_api_data")
    return said((inner if isinstance(inner, Mapping) else entry).get("id"))


def _fields_of(entry: Answer) -> frozenset[str] | None:
    named = entry.get("subscribed_fields")
    if not isinstance(named, list):
        return None
    return frozenset(said(each.get("name") if isinstance(each, Mapping) else each) for each in named)
