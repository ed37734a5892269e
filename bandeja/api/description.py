"""What the OpenAPI document says of every operation, beside what its view says: problems, headers, scopes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from bandeja.api.access import Token
from bandeja.api.problems import MEDIA_TYPE
from bandeja.api.types import LARGEST_ID

PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "Why it was not done (RFC 9457), in the language the request asks for.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
ALWAYS = {
    "401": "No token in force",
    "403": "Not with this token, or not in this role",
    "429": "Too many requests",
    "503": "The database does not answer, or it is too much for now",
}
WITH_BODY = {
    "400": "Not JSON that everybody reads alike, or an If-Match that nobody can read",
    "413": "More than 1 MB",
    "415": "Not JSON by its type",
    "422": "What was sent breaks the rules, field by field",
}
IDEMPOTENCY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "The same key and request again answer as the first did, for a day; another request is a 409.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}


def operations(api: NinjaAPI) -> Iterator[tuple[str, Operation]]:
    """Each operation there is, and its path as the document writes it."""
    for router in api._get_bound_routers():  # noqa: SLF001 - ninja's own way to them is its document
        for path, view in router.path_operations.items():
            whole = "/".join(part.strip("/") for part in ("api/v1", router.prefix, path) if part.strip("/"))
            for operation in view.operations:
                yield "/" + whole.replace("{int:", "{"), operation


def complete(document: OpenAPISchema, api: NinjaAPI) -> OpenAPISchema:
    """The document with what holds for every operation."""
    document["components"]["schemas"]["Problem"] = PROBLEM
    for path, operation in operations(api):
        for method in operation.methods:
            _complete(document["paths"][path][method.lower()], operation, path, method)
    return document


def _complete(told: dict[str, Any], operation: Operation, path: str, method: str) -> None:
    told["operationId"] = _name(operation)
    told["parameters"] = [_parameter(each) for each in told.get("parameters", ())]
    if method in {"POST", "PUT", "PATCH"}:
        told["parameters"].append(IDEMPOTENCY)
    if method == "GET":
        told["responses"][304] = {"description": "As If-None-Match knows it"}
    refused = {status: _problem(said) for status, said in _refusals(told, path, method).items()}
    answers = {str(status): said for status, said in told["responses"].items()} | refused
    told["responses"] = dict(sorted(answers.items()))
    for auth in operation.auth_callbacks:
        if isinstance(auth, Token):
            told["x-scope"] = auth.scope.value
            told["x-permission"] = auth.permission.value if auth.permission else ""


def _refusals(told: dict[str, Any], path: str, method: str) -> dict[str, str]:
    """What it may be refused with, beside what its view says."""
    where = {each["in"] for each in told["parameters"]}
    refusals = dict(ALWAYS)
    if "{" in path:
        refusals |= {"404": "There is no such thing here"}
    if "query" in where:
        refusals |= {"422": WITH_BODY["422"]}
    if method in {"POST", "PUT", "PATCH"}:
        refusals |= WITH_BODY | {"409": "It stands against what is there by now"}
    if method == "DELETE" and path.endswith("/{calendar_id}"):
        refusals |= {"409": "Rules count by it"}
    if any(each["name"] == "If-Match" for each in told["parameters"]):
        refusals |= {"412": "Somebody changed it since"}
        refusals |= {"428": "Say which version it was made from"} if method == "PUT" else {}
    return refusals


def _parameter(told: dict[str, Any]) -> dict[str, Any]:
    """As an address can say it: nothing there is null, and ids begin with 1."""
    schema = told["schema"]
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        schema = choices[0]
    if told["in"] == "path":
        schema = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
    return {**told, "schema": schema}


def _problem(said: str) -> dict[str, Any]:
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": said, "content": {MEDIA_TYPE: schema}}


def _name(operation: Operation) -> str:
    """Once in the document: the part and the verb."""
    module = operation.view_func.__module__.rsplit(".", 1)[-1]
    return f"{module}_{operation.view_func.__name__}"
