"""What a closing rule told a contact, or could not tell them, as the thread shows it (closing W2, W5)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bandeja.conversations import lifecycle
from bandeja.conversations.actor import SYSTEM
from bandeja.conversations.models import Event, EventKind
from bandeja.conversations.scope import Scope
from bandeja.people.models import Agent
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def thread(client: Client, cast: Cast, pk: int, language: str = "en") -> str:
    Agent.objects.filter(pk=cast.ana.pk).update(language=language)
    client.force_login(cast.ana)
    return " ".join(client.get(f"/inbox/{pk}").content.decode().split())


def test_what_a_rule_wrote_is_told_from_an_automatic_reply(cast: Cast, client: Client) -> None:
    lia = cast.write("lia")
    by: dict[str, Any] = {"scope": Scope(cast.workspace.pk), "by": SYSTEM}
    lifecycle.reply(lia.pk, "¿Seguimos?", data={"closing": "warning"}, **by)
    page = thread(client, cast, lia.pk)
    assert "A closing rule" in page
    assert "Automatic reply" not in page
    lifecycle.reply(lia.pk, "Estoy de vacaciones", **by)
    assert "Automatic reply" in thread(client, cast, lia.pk)


@pytest.mark.parametrize(("what", "said"), [("warning", "no avisó"), ("farewell", "no envió su mensaje al cerrar")])
def test_what_a_rule_could_not_write_is_noted(cast: Cast, client: Client, what: str, said: str) -> None:
    lia = cast.write("lia")
    data = {"what": what, "why": "window", "rule": 1, "rule_name": "Ventas <b>"}
    Event.objects.create(
        workspace_id=cast.workspace.pk, conversation=lia, kind=EventKind.MESSAGE_WITHHELD, actor_kind="system",
        data=data,
    )  # fmt: skip
    page = thread(client, cast, lia.pk, "es")
    assert f"La regla «Ventas &lt;b&gt;» {said}" in page
