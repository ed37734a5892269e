"""Whatever is asked of whatever there is, by an administrator and by a seller: what Schemathesis can think of.

Every check it has, on every operation of the document: statuses, types, headers and bodies as described, what is
described is taken and what is not is refused, no 500, no way in without a token.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import APIOperation

from bandeja.api.root import api
from bandeja.api.tests.programs import Program
from bandeja.bulk import asking
from bandeja.bulk.models import Bulk, Verb
from bandeja.closing import calendars
from bandeja.conversations import contacts, lifecycle, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation
from bandeja.conversations.scope import Scope
from bandeja.flows.models import Run
from bandeja.flows.tests.conftest import Engine, start, step
from bandeja.hours.drafts import Draft
from bandeja.inbox.ways import WAYS
from bandeja.people.models import Agent
from tests.cast import Cast

pytestmark = pytest.mark.django_db

EXAMPLES = 20 if os.environ.get("BANDEJA_TEST_ALL") else 5
"""How many of each kind: as described and not, for what is there and for what is not."""
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            # What is well formed may still stand against what is there, or break a rule no schema says.
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "304", "401", "403", "404", "409", "412", "422", "428"]
            },
            "negative_data_rejection": {
                "expected-statuses": ["400", "401", "403", "404", "409", "412", "422", "428"]
            },
        }
    }
)
OFFICE = Draft("Oficina", "America/Santiago", [[(540, 1_080)]] * 5 + [[]] * 2, "CL")
SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema(path_prefix="/api/v1/"), config=CONFIG)
SCHEMA.app = get_wsgi_application()
OPERATIONS = [(path, method) for path, methods in SCHEMA.raw_schema["paths"].items() for method in methods]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody waits, and the test's connection outlives its requests, as under Django's own client."""
    monkeypatch.setenv("BANDEJA_API_RATE", "1000000")
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


def a_world(cast: Cast, agent: Agent) -> dict[str, int]:
    """One of each thing an address may name, in reach of the agent."""
    conversation, other = cast.write("lia"), cast.write("otra")
    note = contacts.note(conversation.contact, "Paga tarde", by=Actor.agent(agent))
    bulk = asking.begin(agent, Verb.CLOSE, asking.Chosen([other.pk]), ways=WAYS, reason="Listo")
    return {
        "conversation_id": conversation.pk,
        "contact_id": conversation.contact_id,
        "note_id": note.pk,
        "tag_id": tags.make(cast.workspace.pk, "VIP").pk,
        "rule_id": cast.rule().pk,
        "calendar_id": calendars.save(cast.workspace, OFFICE, by=cast.ana).pk,
        "account_id": cast.chat.pk,
        "bulk_id": bulk.pk,
        "undoing_id": an_undoing(cast, agent, other).pk,
        **a_run(cast),
    }


def an_undoing(cast: Cast, agent: Agent, closed: Conversation) -> Bulk:
    """Of a bulk closing of one."""
    lifecycle.reopen([closed.pk], scope=Scope(cast.workspace.pk), by=Actor.agent(agent))
    bulk = asking.begin(agent, Verb.CLOSE, asking.Chosen([closed.pk]), ways=WAYS, reason="Listo")
    undoing = asking.undo(bulk, ways=WAYS)
    assert undoing is not None
    return undoing


def a_run(cast: Cast) -> dict[str, int]:
    """A flow that is on, and what it has held back."""
    engine = Engine(cast)
    flow = engine.flow(start(), step("a", "send_text", text="Hola"))
    cast.write("noa")
    engine.run()
    Run.objects.update(state="parked", ended_at=None, why="sends")
    return {"flow_id": flow.pk, "run_id": Run.objects.get().pk}


@pytest.mark.parametrize("who", ["ana", "bruno"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_whatever_is_asked_is_answered_as_described(cast: Cast, who: str, path: str, method: str) -> None:
    agent: Agent = getattr(cast, who)
    names = a_world(cast, agent)
    headers = {"Authorization": f"Bearer {Program(agent).text}"}
    operation: APIOperation[Any, Any, Any, Any] = SCHEMA[path][method]
    here = {name: names[name] for name in names if f"{{{name}}}" in path}
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        for given_ids in [here, {}] if here else [{}]:
            ask(operation, mode, given_ids, headers)


def ask(
    operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, names: dict[str, int], headers: dict[str, str]
) -> None:
    """So many times; what one leaves behind the next does not find."""
    if mode == GenerationMode.NEGATIVE and not (operation.body or operation.query or not names):
        return

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=names or None))
    def asked(case: Any) -> None:
        assume(mode == GenerationMode.POSITIVE or is_sent(case))
        with transaction.atomic():
            case.call_and_validate(headers=headers)
            connection.check_constraints()  # as a commit would
            transaction.set_rollback(True)

    asked()


def is_sent(case: Any) -> bool:
    """Whether what is wrong in a query is sent at all: an empty list leaves no trace in an address."""
    return all(value not in (None, [], {}) for value in (case.query or {}).values())
