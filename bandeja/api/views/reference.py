"""What the API can do, as a page: the OpenAPI document, for people to read. It needs no script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from bandeja.api.root import api
from bandeja.people.access import for_agents
from bandeja.people.models import Agent


@dataclass(frozen=True, slots=True)
class Line:
    """A parameter, or a field of a body: what it is called, what it may be, and whether it must be said."""

    name: str
    kind: str
    required: bool


@dataclass(frozen=True, slots=True)
class Told:
    """An operation as it is read."""

    group: str
    method: str
    path: str
    text: list[str]
    """Its paragraphs."""
    scope: str
    permission: str
    parameters: list[Line]
    body: list[Line]
    answers: str

    @property
    def anchor(self) -> str:
        return f"{self.method}{self.path}".replace("/", "-").replace("{", "").replace("}", "")


@require_GET
@for_agents()
def reference(request: HttpRequest, agent: Agent) -> HttpResponse:
    """All of it, part by part."""
    told = list(operations(api.get_openapi_schema()))
    parts = [(group, list(found)) for group, found in groupby(told, key=lambda each: each.group)]
    return render(request, "api/reference.html", {"parts": parts})


def operations(document: dict[str, Any]) -> Iterator[Told]:
    """Each operation of the document, in its order; what belongs together stands together. Pure."""
    schemas = document["components"]["schemas"]
    found = [
        (path, method, operation) for path, each in document["paths"].items() for method, operation in each.items()
    ]
    groups = list(dict.fromkeys(operation["tags"][0] for _path, _method, operation in found))
    for path, method, operation in sorted(found, key=lambda each: groups.index(each[2]["tags"][0])):
        yield Told(
            group=operation["tags"][0],
            method=method.upper(),
            path=path,
            text=[" ".join(part.split()) for part in operation["description"].split("\n\n")],
            scope=operation["x-scope"],
            permission=operation["x-permission"],
            parameters=[
                Line(each["name"], _kind(each["schema"], schemas), each["required"])
                for each in operation["parameters"]
            ],
            body=list(_body(operation, schemas)),
            answers=" ".join(operation["responses"]),
        )


def _body(operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[Line]:
    if "requestBody" not in operation:
        return
    schema = _resolved(operation["requestBody"]["content"]["application/json"]["schema"], schemas)
    for name, each in schema["properties"].items():
        yield Line(name, _kind(each, schemas), name in schema.get("required", ()))


def _kind(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """What a value may be, in a word or two."""
    if "anyOf" in schema:
        return " | ".join(_kind(each, schemas) for each in schema["anyOf"])
    schema = _resolved(schema, schemas)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"[{_kind(schema['items'], schemas)}]"
    return str(schema.get("format") or schema.get("type") or schema.get("const", ""))


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    named: str = schema.get("$ref", "")
    found: dict[str, Any] = schemas[named.rsplit("/", 1)[-1]] if named else schema
    return found
