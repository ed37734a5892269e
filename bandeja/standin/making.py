"""Making apps, lines and people through the control API; what is asked for twice is brought up to date."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, TypeVar

from bandeja.standin import tokens
from bandeja.standin.world import (
    INSTAGRAM,
    PAGE,
    WHATSAPP,
    App,
    Json,
    Line,
    Number,
    Page,
    Person,
    Profile,
    Waba,
    World,
    bsuid,
    scoped_id,
)

L = TypeVar("L", bound=Line)


def app(world: World, body: Json) -> Json:
    """`{id?, secret?, name?, instagram_secret?, human_agent?}`."""
    app_id = str(body.get("id") or world.next_id())
    known = world.apps.setdefault(app_id, App(app_id, f"secret-{app_id}", "App"))
    _take(known, body, "secret", "name", "instagram_secret", "human_agent")
    return {"id": app_id, "secret": known.secret, "name": known.name}


def number(world: World, body: Json) -> Json:
    """`{app, id?, waba?, portfolio?, display?, name?, token?, coexistence?, rate?, quality?, registered?, tier?}`."""
    app_id = world.app(str(body["app"])).id
    waba_id = str(body.get("waba") or world.next_id())
    waba = world.wabas.setdefault(waba_id, Waba(waba_id, body.get("name", "Business"), f"portfolio-{waba_id}"))
    _take(waba, body, "portfolio")
    line_id = str(body.get("id") or world.next_id())
    line = _line(world, line_id, Number(WHATSAPP, line_id, "Business", waba_id))
    line.display = line.display or f"+57 601 {line_id[-7:]}"
    _take(line, body, "name", "display", "coexistence", "rate", "quality", "registered", "tier")
    token = tokens.issue(world, "SYSTEM_USER", app_id, {waba_id, line_id}, body.get("token", ""))
    return {"id": line_id, "waba": waba_id, "display": line.display, "token": token.value}


def page(world: World, body: Json) -> Json:
    """`{app, id?, name?, token?, rate?}`."""
    app_id = world.app(str(body["app"])).id
    line_id = str(body.get("id") or world.next_id())
    line = _line(world, line_id, Page(PAGE, line_id, "Page", line_id))
    _take(line, body, "name", "rate")
    token = tokens.issue(world, "PAGE", app_id, {line_id}, body.get("token", ""))
    return {"id": line_id, "token": token.value}


def profile(world: World, body: Json) -> Json:
    """`{app, id?, username?, name?, token?, rate?, page?}`: with `page` it is linked to it, and has its token too."""
    app_id = world.app(str(body["app"])).id
    line_id = str(body.get("id") or world.next_id(17))
    line = _line(world, line_id, Profile(INSTAGRAM, line_id, "Profile", line_id))
    line.scoped = line.scoped or world.next_id(17)
    _take(line, body, "name", "username", "rate", "page")
    linked = world.lines.get(line.page)
    if isinstance(linked, Page):
        linked.profile = line_id
    token = tokens.issue(world, "INSTAGRAM", app_id, {line_id}, body.get("token", ""), days=body.get("token_days"))
    return {"id": line_id, "token": token.value}


def person(world: World, body: Json) -> Json:
    """`{id?, name?, phone?, username?, country?, shows_phone?, reachable?, blocks?, known_as?}`."""
    person_id = str(body.get("id") or f"p{world.next_id(6)}")
    known = world.people.setdefault(person_id, Person(person_id, body.get("name", person_id)))
    _take(known, body, "name", "phone", "username", "country", "shows_phone", "reachable", "blocks")
    known.known_as.update({str(line): str(each) for line, each in body.get("known_as", {}).items()})
    known.phone = known.phone or f"57300{_number_of(person_id) % 10**7:07}"
    return described(world, known)


def template(world: World, body: Json) -> Json:
    """`{waba, name, language?, category?, status?, components?, parameter_format?, id?}`."""
    waba = world.wabas[str(body["waba"])]
    template_id = str(body.get("id") or world.next_id())
    made = {
        "id": template_id,
        "name": body["name"],
        "language": body.get("language", "es"),
        "category": body.get("category", "UTILITY"),
        "status": body.get("status", "APPROVED"),
        "components": body.get("components", [{"type": "BODY", "text": "Hola"}]),
        "parameter_format": body.get("parameter_format", "POSITIONAL"),
        "quality_score": {"score": "UNKNOWN"},
        "rejected_reason": body.get("rejected_reason", "NONE"),
    }
    waba.templates[template_id] = made
    return made


def described(world: World, person: Person) -> Json:
    """A person, and how each line knows them."""
    known_as: dict[str, Any] = {}
    for line in world.lines.values():
        if isinstance(line, Number):
            known_as[line.id] = {"wa_id": person.phone, "user_id": bsuid(world.wabas[line.owner], person)}
        else:
            known_as[line.id] = {"id": scoped_id(line, person)}
    return {**asdict(person), "known_as": known_as}


def _number_of(text: str) -> int:
    """The same number for the same text, whenever."""
    return int.from_bytes(text.encode()[-8:], "big")


def _line(world: World, line_id: str, new: L) -> L:
    known = world.lines.setdefault(line_id, new)
    if not isinstance(known, type(new)):
        raise TypeError(f"{line_id} is another kind of line.")
    return known


def _take(thing: object, body: Json, *names: str) -> None:
    for name in names:
        if name in body:
            setattr(thing, name, body[name])
