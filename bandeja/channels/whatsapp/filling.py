"""A template's variables: which there are, what is sent when they are filled in, and how it reads. Pure.

Values are keyed by where they go: `header`, `body.1` or `body.name`, `button.0`. Meta's shapes: "Message templates",
components with positional `{{1}}` or named `{{name}}` placeholders (meta.md A7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bandeja.channels.meta import faults
from bandeja.channels.sending import Fault, Refused

Component = Mapping[str, Any]
Values = Mapping[str, str]

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
MEDIA = frozenset({"IMAGE", "VIDEO", "DOCUMENT"})


@dataclass(frozen=True, slots=True)
class Variable:
    """Something to fill in. `kind` is text, image, video, document, location, url or code.

    A file's value is a media id or an https address, a place's `latitude,longitude,name,address`. `name` is the
    placeholder as written; `example` what Meta approved it with.
    """

    key: str
    kind: str
    name: str
    example: str = ""


def variables(components: Sequence[Component]) -> list[Variable]:
    """What a template asks for, in the order it is read."""
    return [variable for component in components for variable in _of(component)]


def file_header(components: Sequence[Component]) -> Component | None:
    """The header that is a file, which may be sent along as one; None where there is none."""
    return next((each for each in components if _kind(each) == "HEADER" and _form(each) in MEDIA), None)


def missing(components: Sequence[Component], values: Values) -> list[str]:
    """The keys that have no value: blanks are none."""
    return [each.key for each in variables(components) if not values.get(each.key, "").strip()]


def fill(components: Sequence[Component], values: Values, *, parameter_format: str = "") -> list[dict[str, Any]]:
    """The components to send. Raises Refused naming what has no value."""
    lacking = missing(components, values)
    if lacking:
        raise Refused(Fault.CONTENT, text=faults.VALUES_MISSING, details=", ".join(lacking))
    named = parameter_format.upper() == "NAMED"
    filled = [part for component in components for part in _filled(component, values, named=named)]
    return [part for part in filled if part["parameters"]]


def preview(components: Sequence[Component], values: Values) -> str:
    """How it reads to whoever gets it, with what is filled in so far; placeholders stay where nothing is."""
    return "\n\n".join(part for component in components if (part := _read(component, values)))


def _of(component: Component) -> Iterator[Variable]:
    kind, form = _kind(component), _form(component)
    if kind == "HEADER" and form in MEDIA | {"LOCATION"}:
        yield Variable("header", form.lower(), form.lower())
    elif kind in {"HEADER", "BODY"}:
        examples = _examples(component, kind.lower())
        for place, name in enumerate(_names(component.get("text"))):
            example = examples.get(name) or examples.get(str(place + 1), "")
            yield Variable(f"{kind.lower()}.{name}", "text", name, example)
    elif kind == "BUTTONS":
        for index, button in enumerate(_buttons(component)):
            yield from _of_button(index, button)


def _of_button(index: int, button: Component) -> Iterator[Variable]:
    kind, label = _kind(button), str(button.get("text", ""))
    if kind == "URL" and _names(button.get("url")):
        yield Variable(f"button.{index}", "url", label)
    elif kind in {"COPY_CODE", "OTP"}:
        yield Variable(f"button.{index}", "code", label)


def _filled(component: Component, values: Values, *, named: bool) -> Iterator[dict[str, Any]]:
    kind, form = _kind(component), _form(component)
    if kind == "BUTTONS":
        for index, button in enumerate(_buttons(component)):
            yield from _button(index, button, values)
    elif kind == "HEADER" and form in MEDIA | {"LOCATION"}:
        yield {"type": "header", "parameters": [_media(form.lower(), values["header"].strip())]}
    elif kind in {"HEADER", "BODY"}:
        part = kind.lower()
        texts = [_text(values[f"{part}.{name}"], name if named else "") for name in _names(component.get("text"))]
        yield {"type": part, "parameters": texts}


def _button(index: int, button: Component, values: Values) -> Iterator[dict[str, Any]]:
    for variable in _of_button(index, button):
        value = values[variable.key].strip()
        coupon = _kind(button) == "COPY_CODE"
        yield {
            "type": "button",
            "sub_type": "copy_code" if coupon else "url",
            "index": str(index),
            "parameters": [{"type": "coupon_code", "coupon_code": value} if coupon else _text(value, "")],
        }


def _text(value: str, name: str) -> dict[str, str]:
    """WhatsApp refuses line breaks, tabs and runs of blanks in a value (132000 and its like)."""
    text = {"type": "text", "text": " ".join(value.split())}
    return {**text, "parameter_name": name} if name else text


def _media(kind: str, value: str) -> dict[str, Any]:
    if kind == "location":
        latitude, longitude, name, address = [*value.split(",", 3), "", "", ""][:4]
        return {
            "type": kind,
            kind: {"latitude": latitude.strip(), "longitude": longitude.strip(), "name": name, "address": address},
        }
    return {"type": kind, kind: {"link" if value.startswith("https://") else "id": value}}


def _read(component: Component, values: Values) -> str:
    kind, form = _kind(component), _form(component)
    if kind == "BUTTONS":
        return "\n".join(f"[{button.get('text', '')}]" for button in _buttons(component))
    if kind == "HEADER" and form != "TEXT":
        return ""
    text, part = component.get("text"), kind.lower()
    return PLACEHOLDER.sub(lambda found: _shown(found, part, values), text) if isinstance(text, str) else ""


def _shown(found: re.Match[str], part: str, values: Values) -> str:
    return " ".join(values.get(f"{part}.{found[1]}", "").split()) or found[0]


def _names(text: object) -> list[str]:
    """The placeholders of a text, each once: positional ones by number, whatever their order in the text."""
    names = list(dict.fromkeys(PLACEHOLDER.findall(text))) if isinstance(text, str) else []
    return sorted(names, key=int) if all(name.isdecimal() for name in names) else names


def _examples(component: Component, part: str) -> dict[str, str]:
    """`{"body_text": [["Ana", "2"]]}`, `{"header_text": ["Ana"]}`, or `{"body_text_named_params": [{…}]}`."""
    example = component.get("example")
    if not isinstance(example, Mapping):
        return {}
    named = example.get(f"{part}_text_named_params")
    if isinstance(named, list):
        pairs = [each for each in named if isinstance(each, Mapping)]
        return {str(each.get("param_name")): str(each.get("example", "")) for each in pairs}
    texts = example.get(f"{part}_text")
    row = texts[0] if isinstance(texts, list) and texts and isinstance(texts[0], list) else texts
    return {str(place + 1): str(text) for place, text in enumerate(row)} if isinstance(row, list) else {}


def _buttons(component: Component) -> list[Component]:
    buttons = component.get("buttons")
    return [each for each in buttons if isinstance(each, Mapping)] if isinstance(buttons, list) else []


def _form(component: Component) -> str:
    return str(component.get("format", "TEXT")).upper()


def _kind(component: Component) -> str:
    return str(component.get("type", "")).upper()
