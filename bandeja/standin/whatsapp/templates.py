"""Templates: their list in pages, and whether a message fills one in as it was approved."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from urllib.parse import urlencode

from bandeja.standin import errors
from bandeja.standin.post import Post
from bandeja.standin.select import select
from bandeja.standin.wire import Answer, Request, answer
from bandeja.standin.world import Json, Waba

PLACES = re.compile(r"{{\s*(\w+)\s*}}")
MOST = 100
FILES = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document", "LOCATION": "location"}
REFUSED = {"PAUSED": 132015, "DISABLED": 132016}


def listed(post: Post, waba: Waba, request: Request) -> Answer:
    """One page of templates, with the address of the next while there is one."""
    query = request.query
    found = [each for each in waba.templates.values() if _is_asked_for(each, query)]
    limit = int(query.get("limit", 25))
    if not 1 <= limit <= MOST:
        raise errors.invalid(f"Param limit must be between 1 and {MOST}.")
    start = _position(query.get("after", ""))
    page = found[start : start + limit]
    fields = query.get("fields", "id,name,status,category,language,components,parameter_format")
    body: Json = {"data": [select(each, fields, "WhatsAppMessageTemplate") for each in page]}
    if page:
        body["paging"] = {"cursors": {"before": _cursor(start), "after": _cursor(start + len(page))}}
    if start + limit < len(found):
        rest = {name: value for name, value in query.items() if name != "access_token"}
        following = urlencode({**rest, "after": _cursor(start + len(page))})
        body["paging"]["next"] = f"{post.world.base}{request.path}?{following}"
    return answer(body)


def fill(waba: Waba, node: Json) -> Json:
    """The template that a message means. Raises GraphError when there is none, or when it is filled in wrongly."""
    name, language = node["name"], node["language"]["code"]
    found = [each for each in waba.templates.values() if (each["name"], each["language"]) == (name, language)]
    if not found or found[0]["status"] in {"PENDING", "REJECTED", "DELETED", "IN_APPEAL"}:
        raise errors.whatsapp(132001, f"template name ({name}) does not exist in {language}")
    template = found[0]
    if template["status"] in REFUSED:
        raise errors.whatsapp(REFUSED[template["status"]], f"Template {name} is {template['status'].lower()}")
    given = {_key(part): part.get("parameters", []) for part in node.get("components", [])}
    for component in template["components"]:
        _compare(component, given, named=template.get("parameter_format") == "NAMED")
    if given:
        raise errors.whatsapp(132000, f"Unexpected component {next(iter(given))[0]}")
    return template


def shown(template: Json, node: Json) -> str:
    """The body as the person reads it."""
    body = next((part["text"] for part in template["components"] if part["type"] == "BODY"), "")
    given: list[Json] = next(
        (part["parameters"] for part in node.get("components", []) if part["type"] == "body"), []
    )
    words = {
        str(each.get("parameter_name", number)): str(each.get("text", "")) for number, each in enumerate(given, 1)
    }
    return PLACES.sub(lambda match: words.get(match[1], match[0]), body)


def _compare(component: Json, given: dict[tuple[str, str], list[Json]], *, named: bool) -> None:
    kind = component["type"].lower()
    if kind in {"header", "body"}:
        _compare_text(component, given.pop((kind, ""), []), named=named)
    for index, button in enumerate(component.get("buttons", [])):
        filled = given.pop(("button", str(index)), [])
        wanted = 1 if PLACES.search(button.get("url", "")) else None
        if wanted and len(filled) != wanted:
            raise errors.whatsapp(132000, f"button {index}: number of localizable_params ({len(filled)}) is not 1")


def _compare_text(component: Json, filled: list[Json], *, named: bool) -> None:
    wanted_file = FILES.get(component.get("format", "TEXT"))
    if wanted_file:
        if [each["type"] for each in filled] != [wanted_file]:
            raise errors.whatsapp(132012, f"header: Format mismatch, expected {wanted_file.upper()}")
        return
    places = list(dict.fromkeys(PLACES.findall(component.get("text", ""))))
    where = component["type"].lower()
    if len(filled) != len(places):
        raise errors.whatsapp(
            132000,
            f"{where}: number of localizable_params ({len(filled)}) does not match the expected number of params "
            f"({len(places)})",
        )
    if named and {each.get("parameter_name") for each in filled} != set(places):
        raise errors.whatsapp(132012, f"{where}: parameter_name must be each of {', '.join(places)}")
    if len(component.get("text", "")) + sum(len(str(each.get("text", ""))) for each in filled) > 2048:
        raise errors.whatsapp(132005, f"{where}: text is too long")


def _key(part: Json) -> tuple[str, str]:
    return part["type"].lower(), str(part.get("index", ""))


def _is_asked_for(template: Json, asked: Mapping[str, str]) -> bool:
    return all(asked.get(name) in {None, "", template[name]} for name in ("name", "status", "category", "language"))


def _cursor(position: int) -> str:
    return base64.b64encode(f"standin:{position}".encode()).decode()


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("standin:"))
    except ValueError as error:
        raise errors.invalid("Invalid cursors values: after") from error
