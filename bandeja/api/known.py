"""Refusing what an address asks by names that its view does not know: mostly a slip, which would choose too much."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja.operation import Operation

from bandeja.api import problems

Run = Callable[..., HttpResponse]


def known_only(run: Run) -> Run:
    """The operation whose `run` it is, with no other names than its own; strangers hear first that they are."""
    names = _names(run.__self__)  # type: ignore[attr-defined]  # ninja hands the method of an operation

    @wraps(run)
    def answered(request: HttpRequest, **path: Any) -> HttpResponse:
        unknown = sorted(set(request.GET) - names)
        if unknown and getattr(request, "caller", None):
            return problems.of(problems.unfit([(name, _("There is no such field.")) for name in unknown[:20]]))
        return run(request, **path)

    return answered


def _names(operation: Operation) -> set[str]:
    models: list[Any] = [model for model in operation.models if model.__ninja_param_source__ == "query"]
    return {name for model in models for name in model.__ninja_flatten_map__}
