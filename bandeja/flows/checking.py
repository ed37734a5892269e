"""What is wrong with a flow: what must not be blank, what is no more, and what makes no sense; by step and field."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from bandeja.flows.definition import Definition
from bandeja.flows.fields import FIELDS
from bandeja.flows.known import Known
from bandeja.flows.registry import Told

Faults = Mapping[str, str]
START = "start"


def faults(definition: Definition, known: Known) -> Mapping[str, Faults]:
    """Field → sentence, of each step by its id, and of the start as `start`; empty when it may be published."""
    found = {START: of(definition.start, known)}
    found |= {node.id: of(node.does, known) for node in definition.nodes}
    if not definition.steps:
        found[START] = {**found[START], "": _("Add at least one step.")}
    return {place: wrong for place, wrong in found.items() if wrong}


def of(told: Told, known: Known) -> Faults:
    """What is wrong with one of them, by its fields."""
    found: dict[str, str] = {}
    for name, value in vars(told).items():
        field = FIELDS[name]
        if name in told.needs and value in ("", None, ()):
            found[name] = _("Fill this in.")
        elif field.among and not _known(value, known.of(field.among)):
            found[name] = _("Something chosen here was deleted. Choose again.")
        elif wrong := field.check(value):
            found[name] = wrong
    return found or told.faults(known)


def _known(value: object, choices: Mapping[str, str]) -> bool:
    keys = value if isinstance(value, (tuple, list)) else [value] if value not in ("", None) else []
    return all(str(key) in choices for key in keys)
