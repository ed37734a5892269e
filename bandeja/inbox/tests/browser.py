"""A browser signed in as somebody of the cast, that asks like htmx does and reads like a person."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from django.test import Client

from bandeja.people.models import Agent

PART = {"HX-Request": "true"}


class Browser:
    """Reads in English, whatever the workspace speaks, so that a test can quote what it sees."""

    def __init__(self, agent: Agent) -> None:
        Agent.objects.filter(pk=agent.pk).update(language="en")
        self._client = Client(headers=PART)
        self._client.force_login(agent)

    def see(self, path: str, **query: Any) -> str:
        """The words of a page or part, without its tags."""
        response = self._client.get(path, query)
        assert response.status_code == 200, f"{path} answered {response.status_code}"
        return words(response.content.decode())

    def page(self, path: str, **query: Any) -> Any:
        """A whole page, as without htmx."""
        return self._client.get(path, query, headers={"HX-Request": ""})

    def names(self, **query: Any) -> list[str]:
        """The contacts in the list, from the top."""
        html = self._client.get("/inbox/list", query).content.decode()
        links = re.findall(r'<a class="row-link[^>]*>(.*?)</a>', html)
        return [unescape(re.sub(r"</?mark>", "", name)) for name in links]

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(path, query)

    def post(self, path: str, **data: Any) -> Any:
        return self._client.post(path, data)

    def delete(self, path: str, **query: Any) -> Any:
        return self._client.delete(path, query_params=query)


def words(html: str) -> str:
    """What stands between the tags, with single spaces."""
    visible = re.sub(r"<template.*?</template>|<svg.*?</svg>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", visible)).split())


def told(response: Any) -> str:
    """What the toast of an answer says."""
    toast = json.loads(response["HX-Trigger"]).get("toast")
    return toast["text"] if toast else ""
