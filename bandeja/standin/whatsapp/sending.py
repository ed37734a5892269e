"""Sending on WhatsApp: what is refused at once, and what is accepted and fails later."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from bandeja.standin import errors, pace
from bandeja.standin.post import Post
from bandeja.standin.whatsapp import media, numbers, shapes, telling, templates
from bandeja.standin.wire import Answer, answer
from bandeja.standin.world import DAY, App, Json, Number, Person, Said, Thread, bsuid

FREE_ENTRY = 3 * DAY


@dataclass(slots=True)
class Parcel:
    """One accepted message, until it is known what becomes of it. `why` is the code and details it will fail with."""

    number: Number
    person: Person | None
    thread: Thread | None
    said: Said
    to: str
    why: tuple[int, str] | None = None


async def send(post: Post, number: Number, app: App, given: Json) -> Answer:
    """`POST /{phone_number_id}/messages`: a message, or the mark that one was read."""
    if "status" in given:
        return _mark_read(post, number, given)
    if not number.registered:
        raise errors.whatsapp(133010, "The phone number is not registered on the WhatsApp Business Platform.")
    kind = shapes.check(given)
    person, told = _recipient(post, number, given, kind)
    pace.keep_to_rate(post.world, number, number.rate)
    thread = post.world.thread(number, person) if person else None
    if thread:
        pace.keep_to_pair(post.world, number, thread)
    said = _said(post, number, app, given, kind)
    parcel = Parcel(number, person, thread, said, told.get("wa_id", ""), _why_not(post, number, thread, said, person))
    if app.weather.early:
        await _go(post, parcel)
    else:
        post.agenda.add(post.world.now, partial(_go, post, parcel))
    return answer({"messaging_product": "whatsapp", "contacts": [told], "messages": [{"id": said.id}]})


def _mark_read(post: Post, number: Number, given: Json) -> Answer:
    """Two blue ticks for the person, on this message and those before it."""
    shapes.product(given)
    if given["status"] != "read":
        raise errors.bad_value("Param status must be one of {read}.")
    found = post.world.find_said(str(given.get("message_id", "")), number)
    if not found or found[1].ours:
        raise errors.whatsapp(131009, "Message with given ID was not found.")
    thread, read = found
    for said in thread.said.values():
        said.seen = said.seen or (not said.ours and said.at <= read.at)
    return answer({"success": True})


def _recipient(post: Post, number: Number, given: Json, kind: str) -> tuple[Person | None, Json]:
    """Whom it is for, and how the answer tells them; `to` wins over `recipient`."""
    if given.get("to"):
        return _by_number(post, number, str(given["to"]))
    if not given.get("recipient"):
        raise errors.GraphError(100, "(#100) The parameter to is required.", details="Parameter to is missing.")
    known_as = str(given["recipient"])
    owner = telling.owner_of(post, number)
    if kind == "template" and templates.fill(owner, given["template"])["category"] == "AUTHENTICATION":
        raise errors.whatsapp(131062, "Authentication templates cannot be sent to a BSUID.")
    found = [each for each in post.world.people.values() if bsuid(owner, each) == known_as]
    return (found[0] if found else None), {"input": known_as, "user_id": known_as}


def _by_number(post: Post, number: Number, written: str) -> tuple[Person | None, Json]:
    """`wa_id` is how WhatsApp writes it, which may differ from what was given."""
    digits = numbers.digits(written)
    if not 8 <= len(digits) <= 15 or set(written) - set("+0123456789 -()"):
        raise errors.bad_value("Param to is not a valid phone number.")
    if digits in numbers.forms(numbers.digits(number.display)):
        raise errors.whatsapp(131021, "Sender and recipient phone number is the same.")
    person = numbers.find(post.world, digits)
    return person, {"input": written, "wa_id": person.phone if person else digits}


def _said(post: Post, number: Number, app: App, given: Json, kind: str) -> Said:
    """The message as it is kept. Raises GraphError for a file, template or message that is not there."""
    node: Json = {kind: given[kind]}
    if kind == "template":
        template = templates.fill(telling.owner_of(post, number), given[kind])
        node |= {"category": template["category"], "shown": templates.shown(template, given[kind])}
    for target in (given.get("context", {}), given[kind] if kind == "reaction" else {}):
        if target and not post.world.find_said(target["message_id"], number):
            raise errors.whatsapp(131009, f"Message {target['message_id']} was not found.")
    reply_to = given.get("context", {}).get("message_id", "")
    handle = given.get("biz_opaque_callback_data", "")
    return Said(telling.new_id(), "app", kind, node, post.world.now, handle, app.id, reply_to)


def _why_not(
    post: Post, number: Number, thread: Thread | None, said: Said, person: Person | None
) -> tuple[int, str] | None:
    """Why it will fail although it is accepted."""
    if said.type in shapes.MEDIA and "id" in said.node[said.type]:
        lost = media.lost(post, number, said.type, said.node[said.type])
        if lost:
            return 131053, lost
    if thread is None or person is None or person.blocks:
        return 131026, "Message Undeliverable."
    if said.type != "template" and not telling.can_write_freely(post, thread):
        details = "Message failed to send because more than 24 hours have passed since the customer last replied"
        return 131047, f"{details} to this number."
    return None


async def _go(post: Post, parcel: Parcel) -> None:
    """What becomes of it: told by statuses."""
    number, person, said = parcel.number, parcel.person, parcel.said
    node = said.node.get(said.type, {})
    if parcel.why is None and said.type in shapes.MEDIA and "link" in node:
        why, fetched = await media.fetched(post, said.type, node["link"])
        parcel.why = (131053, why) if why else None
        said.node["file"] = fetched.id if fetched else ""
    if parcel.thread is not None:
        _keep(post, parcel.thread, said, failed=parcel.why is not None)
    if parcel.why is not None:
        await telling.failed(post, number, person, said, *parcel.why, to=parcel.to)
        return
    await telling.status(post, number, person, said, "sent", to=parcel.to)
    if person and person.reachable:
        await telling.status(post, number, person, said, "delivered")


def _keep(post: Post, thread: Thread, said: Said, *, failed: bool) -> None:
    """A reaction stays on what it is about; a first answer to an ad opens the free entry point."""
    if said.type == "reaction" and not failed:
        target = thread.said.get(said.node["reaction"]["message_id"])
        if target:
            target.reactions["us"] = said.node["reaction"]["emoji"]
    thread.said[said.id] = said
    if not failed and thread.ad_at is not None and post.world.now < thread.ad_at + DAY and thread.free_until is None:
        thread.free_until = post.world.now + FREE_ENTRY


async def come_back(post: Post, number: Number, person: Person) -> None:
    """A phone that was off is on again: what waited is delivered."""
    for said in list(post.world.thread(number, person).said.values()):
        if "sent" in said.states and "failed" not in said.states:
            await telling.status(post, number, person, said, "delivered")
