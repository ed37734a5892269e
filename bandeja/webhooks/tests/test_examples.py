"""Each event as docs/webhooks.md shows it is what is sent: the same keys, in the same order, and the same words.

Only numbers and instants are other ones.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bandeja.channels import registry
from bandeja.closing import coverage, sweep, warnings, withholding
from bandeja.closing.courtesy import Before, Courtesy
from bandeja.closing.options import Options
from bandeja.closing.tests.deeds import edit
from bandeja.conversations import calling, contacts, lifecycle, merge, tags
from bandeja.conversations.actor import Actor
from bandeja.conversations.lifecycle import To
from bandeja.conversations.models import Cause
from bandeja.conversations.scope import Scope
from bandeja.people import teams
from bandeja.webhooks import endpoints
from bandeja.webhooks.models import WebhookMessage
from bandeja.webhooks.tests.stories import dispatched, make_webhook
from tests.cast import Cast
from tests.clock import Clock
from tests.lines import FakeSender

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).parents[3] / "docs" / "webhooks.md"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


def examples() -> dict[str, Any]:
    """By their kind."""
    found = re.findall(r"```json\n(.*?)```", DOCS.read_text(), re.DOTALL)
    return {said["type"]: said for said in map(json.loads, found)}


def shape(said: Any) -> Any:
    """What must be the same: keys in their order, words, and of what kind the rest is."""
    if isinstance(said, dict):
        return [(key, shape(value)) for key, value in said.items()]
    if isinstance(said, list):
        return [shape(each) for each in said]
    if isinstance(said, str):
        return "an instant" if INSTANT.fullmatch(said) else said
    return said if said is None or isinstance(said, bool) else "a number"


@pytest.fixture
def told(cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """One of each kind, as it is sent; the latest where a story has several."""
    clock.set(NOON)
    webhook = make_webhook(cast.ana, "https://crm.example.com/bandeja")
    ana, scope = Actor.agent(cast.ana), Scope.of(cast.ana)
    rule = cast.rule(amount=1, unit="hours", name="Ventas", reason="Sin respuesta del contacto")
    lia = cast.write(text="¿Tienen la Ruta 28 en talla M?", who="Lía")
    lifecycle.assign([lia.pk], cast.bruno.pk, scope=scope, by=ana)
    lifecycle.reply(lia.pk, "Sí, te la aparto.", scope=scope, by=Actor.agent(cast.bruno))
    clock.advance(hours=2)
    sweep.sweep()
    dispatched()
    by_rule = latest()["conversation_closed"]
    lifecycle.reopen([lia.pk], scope=scope, by=ana)
    lifecycle.close([lia.pk], scope=scope, reason="Compró", cause=Cause.AGENT, by=ana)
    mia = cast.write(text="Soy yo también", who="Lía Restrepo")
    clock.advance(hours=1)
    cast.write(text="Hola de nuevo", who="Lía")
    ventas = teams.save(cast.workspace, "Ventas", members=[cast.bruno.pk], leaders=[], by=cast.ana)
    lifecycle.transfer([lia.pk], To(cast.bruno.pk, ventas.pk), scope=scope, by=ana)
    tags.tag([lia.pk], [tags.make(cast.workspace.pk, "VIP").pk], scope=scope, by=ana)
    lifecycle.keep([lia.pk], scope=scope, by=ana, until=clock.now() + timedelta(days=3), reason="Espera su pedido")
    lifecycle.release([lia.pk], scope=scope, by=ana, clock=coverage.clock)
    lifecycle.snooze([lia.pk], scope=scope, by=ana, until=clock.now() + timedelta(days=3), reason="Vuelve el jueves")
    lifecycle.wake([lia.pk], scope=scope, by=ana, clock=coverage.clock)
    edit(cast, rule, courtesy=Courtesy((Before(30, "minutes"),), {"es": "¿Seguimos?"}))
    clock.advance(minutes=40)
    with monkeypatch.context() as windowed:
        windowed.setitem(registry.SENDERS, "webchat", FakeSender())
        warnings.step()
    edit(cast, rule, options=Options(waiting="tell"))
    clock.advance(hours=2)
    sweep.sweep()
    edit(cast, rule, options=Options())
    withholding.Rounds().step()
    calling.call(lia.pk, [cast.bruno.pk], "Mírala, por favor", scope=scope, by=ana)
    contacts.block(lia.contact_id, by=ana)
    contacts.unblock(lia.contact_id, by=ana)
    merge.merge(lia.contact_id, mia.contact_id, scope=scope, by=ana)
    endpoints.test(webhook)
    dispatched()
    return {**latest(), "conversation_closed": by_rule}


def latest() -> dict[str, Any]:
    """What was said last, by its kind."""
    bodies = WebhookMessage.objects.order_by("id").values_list("body", flat=True)
    return {said["type"]: said for said in map(json.loads, bodies)}


def test_every_event_has_an_example() -> None:
    assert sorted(examples()) == sorted([*endpoints.EVENTS, endpoints.TEST])


@pytest.mark.parametrize("kind", sorted([*endpoints.EVENTS, endpoints.TEST]))
def test_each_example_is_what_is_sent(told: dict[str, Any], kind: str) -> None:
    assert shape(examples()[kind]) == shape(told[kind])


def test_a_closing_tells_why_by_whom_and_when(told: dict[str, Any], cast: Cast) -> None:
    said = told["conversation_closed"]["data"]
    closure = said["closure"]
    assert (closure["cause"], closure["reason"]) == ("rule", "Sin respuesta del contacto")
    assert said["actor"] == {"kind": "system", "id": None, "name": None}
    assert (closure["rule"]["name"], closure["rule"]["amount"], closure["rule"]["unit"]) == ("Ventas", 1, "hours")
    at = {name: datetime.fromisoformat(closure[f"{name}_at"]) for name in ("last_inbound", "armed", "due", "closed")}
    assert at["last_inbound"] == at["armed"] == NOON
    assert at["due"] == NOON + timedelta(hours=1)
    assert at["closed"] == NOON + timedelta(hours=2)
    assert closure["owner"] == {"id": cast.bruno.pk, "name": "Bruno"}
    assert closure["unread"] == 1
