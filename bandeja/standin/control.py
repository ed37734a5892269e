"""The control API, `/_standin/…`: everything that people, phones, networks and time do in a test or a demo.

Every call takes and answers a JSON object. What is not there is 404, what makes no sense 422, each with a sentence.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import Any

from bandeja.standin import graph, making
from bandeja.standin.messaging import acts as messaging
from bandeja.standin.mishaps import Kind, Mishap
from bandeja.standin.state import State
from bandeja.standin.whatsapp import acts as whatsapp
from bandeja.standin.whatsapp import sending, telling
from bandeja.standin.wire import Answer, Request, answer
from bandeja.standin.world import Json, Line, Number, Person, Said, Subscription, bsuid

PREFIX = "/_standin/"
SAID = frozenset({
    "line", "person", "type", "text", "data", "mime", "name", "sample", "reply_to", "target", "emoji", "referral",
    "forwarded", "latitude", "longitude", "address", "url", "title", "id", "description", "payload", "ref", "optin",
    "as", "node", "contacts", "order", "answers", "unsupported",
})  # fmt: skip
"""All that may be told of what a person or our side says; a file's caption is its `text`."""


async def answered(state: State, request: Request) -> Answer:
    """Do what is asked. Raises Missing, KeyError, TypeError or ValueError when it cannot be done."""
    name = request.path.removeprefix(PREFIX).strip("/")
    if request.method == "GET" and name.startswith("files/"):
        media = state.world.media[name.removeprefix("files/")]
        return Answer(200, media.data, {"content-type": media.mime})
    table = READS if request.method == "GET" else WRITES
    if name not in table:
        return answer({"error": f"No such call: {request.method} {name}."}, status=404)
    return answer(await table[name](state, dict(request.query) if request.method == "GET" else request.given))


async def _reset(state: State, body: Json) -> Json:
    state.reset()
    del body
    return {}


async def _app(state: State, body: Json) -> Json:
    return making.app(state.world, body)


async def _number(state: State, body: Json) -> Json:
    return making.number(state.world, body)


async def _page(state: State, body: Json) -> Json:
    return making.page(state.world, body)


async def _profile(state: State, body: Json) -> Json:
    return making.profile(state.world, body)


async def _template(state: State, body: Json) -> Json:
    return making.template(state.world, body)


async def _webhook(state: State, body: Json) -> Json:
    """What is typed in the App Dashboard: `{app, object, callback_url, verify_token, fields}`. It is verified."""
    await graph.configure(state.post, state.world.app(str(body["app"])), body)
    return {}


async def _subscribe(state: State, body: Json) -> Json:
    """`{app, line, fields?}`: a line is subscribed without asking whoever speaks for it."""
    app, line = state.world.app(str(body["app"])), state.world.line(str(body["line"]))
    held = state.world.wabas[line.owner] if isinstance(line, Number) else line
    held.subscriptions[app.id] = Subscription(fields=frozenset(body.get("fields", [])))
    return {}


async def _person(state: State, body: Json) -> Json:
    """Made, or changed: a new `phone` for one who is there is a change of number, told to whoever they wrote to."""
    world = state.world
    known = world.people.get(str(body.get("id", "")))
    before = replace(known) if known else None
    told = making.person(world, body)
    person = world.person(told["id"])
    if before and before.phone != person.phone:
        person.generation += 1
        await _tell_new_number(state, before, person)
    if before and person.reachable and not before.reachable:
        for line in _lines_of(state, person):
            if isinstance(line, Number):
                await sending.come_back(state.post, line, person)
    return making.described(world, person)


async def _tell_new_number(state: State, before: Person, person: Person) -> None:
    for line in _lines_of(state, person):
        if isinstance(line, Number):
            was = before.phone, bsuid(state.world.wabas[line.owner], before)
            await telling.changed_number(state.post, line, person, was)


def _lines_of(state: State, person: Person) -> list[Line]:
    return [state.world.lines[line] for line, who in list(state.world.threads) if who == person.id]


async def _say(state: State, body: Json) -> Json:
    """`{line, person, type, …}`: what a person writes or does."""
    line, person = _speaking(state, body)
    said = await (
        whatsapp.say(state.post, line, person, body)
        if isinstance(line, Number)
        else messaging.say(state.post, line, person, body)
    )
    return {"id": said.id}


async def _echo(state: State, body: Json) -> Json:
    """`{line, person, type, …}`: our side writes in the phone app, or in Meta's own inbox."""
    line, person = _speaking(state, body)
    said = await (
        whatsapp.echo(state.post, line, person, body)
        if isinstance(line, Number)
        else messaging.echo(state.post, line, person, body)
    )
    return {"id": said.id}


async def _read(state: State, body: Json) -> Json:
    """`{line, person}`: they open the chat."""
    line, person = _sides(state, body)
    if isinstance(line, Number):
        await whatsapp.read(state.post, line, person)
    else:
        await messaging.read(state.post, line, person)
    return {}


async def _play(state: State, body: Json) -> Json:
    """`{line, person, message}`: they listen to a voice note of ours."""
    line, person = _sides(state, body)
    await whatsapp.play(state.post, state.world.number(line.id), person, body["message"])
    return {}


async def _window(state: State, body: Json) -> Json:
    """`{line, person, opened_at}`: when they last wrote, for a stand-in that has forgotten; unix seconds."""
    state.world.thread(*_sides(state, body)).opened_at = float(body["opened_at"])
    return {}


async def _notice(state: State, body: Json) -> Json:
    """`{line, field, value}`: any other webhook of a line, as it stands."""
    line = state.world.line(str(body["line"]))
    await state.post.send(line, {"field": body["field"], "value": body["value"]}, name=body["field"])
    return {}


async def _template_status(state: State, body: Json) -> Json:
    """`{line, template, event, reason?}`: a template is approved, rejected, paused…, and whoever listens is told."""
    number = state.world.number(str(body["line"]))
    template = state.world.wabas[number.owner].templates[str(body["template"])]
    template["status"] = body["event"]
    told = {
        "event": body["event"],
        "message_template_id": int(template["id"]),
        "message_template_name": template["name"],
        "message_template_language": template["language"],
        "reason": body.get("reason"),
    }
    await telling.owner_says(state.post, number, "message_template_status_update", told)
    return {}


async def _history(state: State, body: Json) -> Json:
    """`{line, chunks}`: chunks of coexistence history, told in the order they are given."""
    await telling.past(state.post, state.world.number(str(body["line"])), body["chunks"])
    return {}


async def _revoke(state: State, body: Json) -> Json:
    """`{token, subcode?}`: it is refused from here on, with 190 and 463."""
    state.world.tokens[body["token"]].dead = int(body.get("subcode", 463))
    return {}


async def _mishap(state: State, body: Json) -> Json:
    """`{kind, times?, match?, method?, code?, subcode?, status?, seconds?, minutes?}`: how calls go wrong."""
    state.mishaps.append(Mishap(**{**body, "kind": Kind(body["kind"])}))
    return {}


async def _weather(state: State, body: Json) -> Json:
    """`{app, duplicates?, shuffle?, batch?, delay?, early?, held?}`: how deliveries go; what is not named stays."""
    app = state.world.app(str(body["app"]))
    app.weather = replace(app.weather, **{name: each for name, each in body.items() if name != "app"})
    state.post.lift()
    return asdict(app.weather)


async def _clock(state: State, body: Json) -> Json:
    """`{advance?, set?, speed?, latency?}`: leap so many seconds, doing what is due on the way; set it; run it."""
    clock, agenda = state.world.clock, state.post.agenda
    if "speed" in body:
        clock.run(float(body["speed"]))
    if "set" in body:
        clock.set(float(body["set"]))
    if "advance" in body:
        await agenda.leap(clock.now() + float(body["advance"]))
    state.world.latency = float(body.get("latency", state.world.latency))
    agenda.wake()
    return {"now": clock.now()}


async def _settle(state: State, body: Json) -> Json:
    """All that is due now is delivered before this is answered."""
    del body
    await state.post.agenda.settle()
    return {"waiting": len(state.post.waiting)}


async def _state(state: State, asked: Json) -> Json:
    """The lines, people, alerts and the time."""
    del asked
    world = state.world
    lines = [
        {"id": line.id, "kind": line.kind, "name": line.name, "owner": line.owner} for line in world.lines.values()
    ]
    people = [making.described(world, person) for person in world.people.values()]
    return {"now": world.now, "lines": lines, "people": people, "alerts": world.alerts, "apps": sorted(world.apps)}


async def _received(state: State, asked: Json) -> Json:
    """Every Graph call so far, or those whose path holds `match`."""
    return {"calls": [asdict(each) for each in state.received if asked.get("match", "") in each.path]}


async def _deliveries(state: State, asked: Json) -> Json:
    """Every try to deliver a webhook."""
    del asked
    return {"deliveries": [asdict(each) for each in state.post.delivered], "waiting": len(state.post.waiting)}


async def _thread(state: State, asked: Json) -> Json:
    """`?line=…&person=…`: what both have said, and how far ours has come."""
    line, person = _sides(state, asked)
    thread = state.world.thread(line, person)
    return {"messages": [_told(state, each) for each in thread.said.values()], "opened_at": thread.opened_at}


def _told(state: State, said: Said) -> Json:
    told = {**asdict(said), "ours": said.ours, "text": _text(said), "file": _file(state, said)}
    media = state.world.media.get(told["file"])
    return {**told, "mime": media.mime if media else ""}


def _text(said: Said) -> str:
    """What it says, wherever its type keeps that."""
    node: Any = said.node.get(said.type, said.node)
    if said.node.get("shown"):
        return str(said.node["shown"])
    if isinstance(node, dict):
        text = node.get("body") or node.get("caption") or node.get("emoji") or node.get("text")
        text = said.node.get("text") or text if isinstance(said.node.get("text"), str) else text
        return str(text.get("text", "")) if isinstance(text, dict) else str(text or "")
    return str(node or "")


def _file(state: State, said: Said) -> str:
    """The id of the file it holds, if it is one that is kept here."""
    node = said.node.get(said.type)
    media_id = said.node.get("file") or (node.get("id", "") if isinstance(node, dict) else "")
    for attachment in said.node.get("attachments", []):
        url = str((attachment.get("payload") or {}).get("url", ""))
        media_id = state.world.links.get(url.rpartition("hash=")[2], ("", 0.0))[0] or media_id
    return str(media_id) if media_id in state.world.media else ""


def _speaking(state: State, body: Json) -> tuple[Line, Person]:
    """What is not understood is refused: it would be missing from what is told, and nobody would know why."""
    if unknown := body.keys() - SAID:
        raise ValueError(f"nothing is said by {', '.join(sorted(unknown))}")
    return _sides(state, body)


def _sides(state: State, body: Json) -> tuple[Line, Person]:
    return state.world.line(str(body["line"])), state.world.person(str(body["person"]))


Act = Callable[[State, Json], Awaitable[Json]]
WRITES: dict[str, Act] = {
    "reset": _reset,
    "apps": _app,
    "numbers": _number,
    "pages": _page,
    "profiles": _profile,
    "templates": _template,
    "templates/status": _template_status,
    "webhooks": _webhook,
    "subscribe": _subscribe,
    "people": _person,
    "say": _say,
    "echo": _echo,
    "read": _read,
    "play": _play,
    "history": _history,
    "window": _window,
    "notice": _notice,
    "revoke": _revoke,
    "mishaps": _mishap,
    "weather": _weather,
    "clock": _clock,
    "settle": _settle,
}
READS: dict[str, Act] = {"state": _state, "received": _received, "deliveries": _deliveries, "thread": _thread}
