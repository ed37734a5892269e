"""Refusing what is asked by names that a view does not know, in its address or where it takes no body: mostly a slip,
which would choose too much, or do what was not meant.
"""

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
    """The operation whose `run` it is, with no other names than its own; strangers hear first that they are.

    What its view takes of a body it reads itself. Where it takes none, one that says nothing is as none: `{}`, for
    there are programs that send one with every POST.
    """
    operation: Operation = run.__self__  # type: ignore[attr-defined]  # ninja hands the method of an operation
    names, takes_body = _names(operation), bool(_models(operation, "body"))

    @wraps(run)
    def answered(request: HttpRequest, **path: Any) -> HttpResponse:
        unknown = sorted(set(request.GET) - names) + ([] if takes_body else _said(request))
        if unknown and getattr(request, "caller", None):
            return problems.of(problems.unfit([(name, _("There is no such field.")) for name in unknown[:20]]))
        return run(request, **path)

    return answered


def _said(request: HttpRequest) -> list[str]:
    """The names in the body, as `frame` has read it; `body` where it is anything but an object."""
    sent = getattr(request, "parsed", None)
    if sent is None:
        return []
    return sorted(sent) if isinstance(sent, dict) else ["body"]


def _names(operation: Operation) -> set[str]:
    return {name for model in _models(operation, "query") for name in model.__ninja_flatten_map__}


def _models(operation: Operation, source: str) -> list[Any]:
    models: list[Any] = operation.models
    return [model for model in models if model.__ninja_param_source__ == source]
