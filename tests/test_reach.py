"""Every address there is, pages and API alike: asked by a stranger, from elsewhere, and by a seller without it.

Nobody is told that a thing exists which they may not see: what is another workspace's is a 404, what a role does not
allow a 403, and whoever has not signed in is a 401, or is led to where one does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from bandeja.api.description import operations
from bandeja.api.root import api
from bandeja.api.tests.programs import Program
from bandeja.bulk.models import Bulk
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Attachment, Conversation, MergeSuggestion
from bandeja.conversations.scope import Scope
from bandeja.notifications.models import Device
from bandeja.people.models import Agent
from bandeja.standin.client import Control
from tests import world
from tests.test_screens import STANDS_FOR
from tests.world import World

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OPEN = {
    "/healthz", "/manifest.webmanifest", "/sw.js", "/offline", "/api/v1/openapi.json",
}  # fmt: skip
"""What anybody may read: it says nothing of anybody."""
ENTRANCE = ("/accounts/", "/welcome/")
VISITORS = ("/widget", "/simulator")
BODIES: dict[str, Any] = {
    "OwnerIn": {"owner_id": None},
    "ClosureIn": {"reason": "Listo"},
    "MessageIn": {"text": "Hola"},
    "NoteIn": {"text": "Hola"},
    "ContactIn": {"name": "Otra"},
    "ContactNoteIn": {"text": "Hola"},
    "RuleIn": {"amount": 1, "unit": "hours", "reason": "Listo", "account_ids": [1]},
    "RuleChange": {"amount": 1, "unit": "hours", "reason": "Listo", "account_ids": [1], "version": 1},
    "CalendarIn": {"name": "Otro", "time_zone": "UTC", "week": [[]] * 6 + [[{"opens": "09:00", "closes": "18:00"}]]},
    "CalendarChange": {"name": "Otro", "time_zone": "UTC", "week": [[]] * 7, "version": 1},
    "BulkIn": {"ids": [1], "reason": "Listo"},
    "TagIn": {"name": "Nueva"},
    "PauseIn": {"why": "Se cayó la línea"},
    "FlowIn": {"name": "Nuevo"},
    "NameIn": {"name": "Nuevo"},
    "DraftIn": {"draft": {"start": {"kind": "conversation_opened"}}, "revision": 1},
}


@dataclass(frozen=True)
class Place:
    """An address in the world of the tests, and what it is called in the routes."""

    route: str
    path: str
    names: frozenset[str]

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/v1/")

    @property
    def is_open(self) -> bool:
        """Whether strangers belong here: the ways in, and what visitors of a site use."""
        return self.path in OPEN or (self.path.startswith((*ENTRANCE, *VISITORS)) and "/simulator" not in self.path)


@pytest.fixture
def shown(db: None, one_standin: Control) -> World:
    made = world.make("es", one_standin.url)
    everything = Conversation.objects.get(pk=int(str(made.names["everything"])))
    bulk = Bulk.objects.filter(agent=made.people["ana"]).first()
    attachment = Attachment.objects.filter(workspace_id=everything.workspace_id).first()
    suggestion = MergeSuggestion.objects.filter(workspace_id=everything.workspace_id).first()
    device = Device.objects.filter(agent__workspace_id=everything.workspace_id).first()
    for name, row in (("bulk", bulk), ("attachment", attachment), ("suggestion", suggestion), ("device", device)):
        made.names[name] = row.pk if row else 1
    return made


NAMED = {
    **STANDS_FOR,
    "bulk_id": "bulk",
    "attachment_id": "attachment",
    "suggestion_id": "suggestion",
    "device_id": "device",
}
SECRET = frozenset({"uid", "token", "uidb36", "key", "provider_id"})
"""What opens by itself whoever knows it, so that nobody can be a stranger to it."""


def places(shown: World) -> Iterator[Place]:
    """Every route there is, with something of Ana's in its address."""
    for route, pattern in _patterns(get_resolver(), ""):
        names = frozenset(pattern.pattern.regex.groupindex)
        if names & SECRET:
            continue
        for name in names:
            assert name in NAMED, f"say in STANDS_FOR what {name} of {route} may be"
        path = route
        for name in names:
            for kind in ("int", "str", "slug"):
                path = path.replace(f"<{kind}:{name}>", str(shown.names[NAMED[name]]))
        yield Place(route, f"/{path}", names)


def _patterns(resolver: URLResolver, within: str) -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        route = f"{within}{each.pattern}"
        if isinstance(each, URLResolver):
            yield from _patterns(each, route)
        elif not str(each.pattern).startswith("^"):
            yield route, each


def bodies() -> dict[tuple[str, str], Any]:
    """What each operation of the API would be sent if it were meant."""
    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    found = {}
    for path, operation in operations(api):
        for method in operation.methods:
            told = schema["paths"][path][method.lower()]
            if "requestBody" in told:
                named = told["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
                found[path.replace("{", "<int:").replace("}", ">"), method] = named
    return found


def ask(client: Client, place: Place, method: str, body: Any = None) -> Any:
    if place.is_api:
        return client.generic(method, place.path, json.dumps(body or {}), content_type="application/json")
    return client.generic(method, place.path, "", content_type="application/x-www-form-urlencoded")


def test_a_stranger_is_told_nothing(shown: World) -> None:
    wrong = []
    for place in places(shown):
        for method in METHODS:
            answer = ask(Client(), place, method)
            if place.is_open or answer.status_code == 405:
                continue
            if answer.status_code not in ({401} if place.is_api else {401, 403}) and not _is_led(answer):
                wrong.append((method, place.path, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


def _is_led(answer: Any) -> bool:
    """To where one signs in, perhaps by way of a page that leads there."""
    while answer.status_code == 302 and not answer["location"].startswith("/accounts/login"):
        answer = Client().get(answer["location"])
    return bool(answer.status_code == 302)


def test_the_api_opens_nothing_to_a_strangers_token_either(shown: World) -> None:
    stranger = Client(headers={"authorization": "Bearer bdj_nobody"})
    for place in places(shown):
        if place.is_api and not place.is_open:
            assert {ask(stranger, place, method).status_code for method in METHODS} <= {401, 405}, place.path


def test_another_workspaces_administrator_finds_nothing(shown: World) -> None:
    carla = shown.people["carla"]
    wrong = _found_by(shown, carla, lambda place: bool(place.names) and not place.is_open)
    assert not wrong, "\n".join(map(str, wrong))


def test_a_seller_without_the_conversation_finds_nothing_of_it(shown: World) -> None:
    bruno, ana = shown.people["bruno"], shown.people["ana"]
    scope, by = Scope(ana.workspace_id), Actor.agent(ana)
    theirs = Conversation.objects.filter(workspace_id=ana.workspace_id).values_list("pk", flat=True)
    lifecycle.transfer(list(theirs), lifecycle.To(ana.pk, exactly=True), scope=scope, by=by)
    bruno.memberships.all().delete()
    of_conversations = {"conversation_id", "contact_id", "attachment_id", "bulk_id"}
    wrong = _found_by(shown, bruno, lambda place: bool(place.names & of_conversations))
    assert not wrong, "\n".join(map(str, wrong))


def _found_by(shown: World, agent: Agent, which: Any) -> list[tuple[str, str, int]]:
    """What of Ana's this person was not told is not there, or not theirs to ask for."""
    page = Client()
    page.force_login(agent, backend=world.BACKEND)
    program = Client(headers={"authorization": f"Bearer {Program(agent).text}"})
    sent, wrong = bodies(), []
    for place in filter(which, places(shown)):
        for method in METHODS:
            named = sent.get((f"/{place.route}", method), "")
            body = BODIES.get(named, {"other_id": shown.names["contact"]} if named == "MergeIn" else None)
            answer = ask(program if place.is_api else page, place, method, body)
            if answer.status_code not in {403, 404, 405}:
                wrong.append((method, place.path, answer.status_code))
    return wrong


def test_what_is_said_to_be_open_is_there(shown: World) -> None:
    assert {place.path for place in places(shown)} >= OPEN
    assert all(Client().get(path).status_code in {200, 503} for path in OPEN)
