"""What tests ask the API with: a program that has a person's token."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from bandeja.api import tokens
from bandeja.api.models import Scope
from bandeja.people.models import Agent

ROOT = "/api/v1"


class Program:
    """A program that acts as `agent`, with every scope unless it is told."""

    def __init__(self, agent: Agent, *scopes: Scope, text: str = "") -> None:
        given = scopes or tuple(Scope)
        self.text = text or tokens.make(agent, name="CRM", scopes=given, by=agent)[1]
        self._browser = Client(headers={"authorization": f"Bearer {self.text}"}, enforce_csrf_checks=True)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """The answer; a refusal is a whole problem each time."""
        sent = body if isinstance(body, bytes) else json.dumps(body) if body is not None else ""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self._browser.generic(
            method, f"{ROOT}{path}", sent, content_type=named.pop("content-type", "application/json"), headers=named
        )
        if answer.status_code >= 400:
            assert answer["content-type"] == "application/problem+json", answer.content
            told = answer.json()
            assert (told["status"], bool(told["detail"])) == (answer.status_code, True)
        return answer

    def get(self, path: str, **headers: str) -> Any:
        """What a GET answers, read."""
        answer = self.ask("GET", path, **headers)
        assert answer.status_code == 200, answer.content
        return answer.json()
