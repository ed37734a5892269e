"""The API, version 1: its parts, and its description at `openapi.json`."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder

from bandeja.api import (
    amending,
    bulk,
    calendars,
    clock,
    closures,
    contacts,
    conversations,
    drafts,
    feed,
    flows,
    hindsight,
    inclusions,
    messages,
    overview,
    pauses,
    undoings,
    workspace,
)
from bandeja.api.description import complete
from bandeja.api.known import known_only
from bandeja.api.problems import tell_problems


class ExactEncoder(NinjaJSONEncoder):
    """Writes instants whole: cut to milliseconds, a `confirmed_at` copied from here would lie before its message."""

    def default(self, o: object) -> object:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


class ExactRenderer(JSONRenderer):
    encoder_class = ExactEncoder


class ReadAlready(Parser):
    """The body as `frame` has read it."""

    def parse_body(self, request: HttpRequest) -> Any:
        return getattr(request, "parsed", None)


class Api(NinjaAPI):
    """Describes what holds for every request beside what each of its views says."""

    def get_openapi_schema(self, **named: Any) -> OpenAPISchema:
        """Made once for each way it is asked for: it takes a third of a second, and strangers may ask."""
        asked = repr(sorted(named.items()))
        if asked not in self._told:
            self._told[asked] = complete(super().get_openapi_schema(**named), self)
        return self._told[asked]

    @cached_property
    def _told(self) -> dict[str, OpenAPISchema]:
        return {}


api = Api(
    title="Bandeja",
    version="1",
    description="Conversations, contacts, closing rules and what happens, for programs. See docs/api.md.",
    docs_url=None,
    urls_namespace="api",
    renderer=ExactRenderer(),
    parser=ReadAlready(),
)
api.add_decorator(known_only, mode="view")
api.add_router("/conversations", conversations.router)
api.add_router("/conversations", messages.router)
api.add_router("/conversations", clock.router)
api.add_router("/contacts", contacts.router)
api.add_router("/rules", amending.router)
api.add_router("/rules", hindsight.router)
api.add_router("/calendars", calendars.router)
api.add_router("", pauses.router)
api.add_router("", overview.router)
api.add_router("/rules", inclusions.router)
api.add_router("/closures", closures.router)
api.add_router("/bulk-closures", bulk.router)
api.add_router("/undoings", undoings.router)
api.add_router("/flows", drafts.router)
api.add_router("/conversations", flows.of_conversations)
api.add_router("/runs", flows.runs)
api.add_router("", workspace.router)
api.add_router("", feed.router)
tell_problems(api)
