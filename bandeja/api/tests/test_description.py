"""The document against the routes, and the page that tells the same to people."""

from __future__ import annotations

import pkgutil
from collections import defaultdict
from importlib import import_module
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from ninja import Schema

import bandeja.api
from bandeja.api.description import operations
from bandeja.api.models import Scope
from bandeja.api.root import api
from bandeja.api.views.reference import operations as read
from tests.cast import Cast
from tests.world import BACKEND

DOCUMENT: dict[str, Any] = api.get_openapi_schema(path_prefix="/api/v1/")


def routes() -> set[str]:
    """Where the resolver leads into the API, as the document writes it."""
    within = next(each for each in get_resolver().url_patterns if str(each.pattern) == "api/v1/")
    found = {f"/api/v1/{each.pattern}" for each in within.url_patterns}  # type: ignore[union-attr]  # ninja's patterns are one resolver
    return {path.replace("<int:", "{").replace(">", "}") for path in found} - {"/api/v1/openapi.json", "/api/v1/"}


def test_the_document_and_the_routes_agree() -> None:
    assert set(DOCUMENT["paths"]) == routes() == {path for path, _operation in operations(api)}
    assert DOCUMENT["openapi"].startswith("3.1")


def test_every_operation_says_its_scope_and_its_refusals() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method, told in methods.items():
            assert told["x-scope"] in Scope.values, path
            assert {"401", "403", "429"} <= told["responses"].keys(), path
            assert ("Idempotency-Key" in {each["name"] for each in told["parameters"]}) == (
                method in {"post", "put", "patch"}
            ), path
            assert told["description"], path


def test_no_two_operations_are_called_alike() -> None:
    names = [told["operationId"] for methods in DOCUMENT["paths"].values() for told in methods.values()]
    assert len(names) == len(set(names))


@pytest.mark.django_db
def test_the_page_tells_all_of_it(cast: Cast) -> None:
    browser = Client()
    assert browser.get("/settings/tokens/reference").status_code == 302
    browser.force_login(cast.bruno, backend=BACKEND)
    page = browser.get("/settings/tokens/reference").content.decode()
    told = list(read(DOCUMENT))
    assert len(told) == sum(len(methods) for methods in DOCUMENT["paths"].values())
    assert all(f"{each.method} {each.path}" in page for each in told)


def test_no_two_shapes_have_the_same_name() -> None:
    """The description would have only one of them."""
    named: dict[str, set[str]] = defaultdict(set)
    for module in pkgutil.iter_modules(bandeja.api.__path__, "bandeja.api."):
        for name, each in vars(import_module(module.name)).items():
            if isinstance(each, type) and issubclass(each, Schema) and each.__module__.startswith("bandeja.api."):
                named[name].add(each.__module__)
    assert {name: modules for name, modules in named.items() if len(modules) > 1} == {}
