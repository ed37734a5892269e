"""Numbers and their business accounts: what Graph tells of them, subscriptions, and addresses of their own."""

from __future__ import annotations

from functools import partial

from bandeja.standin import errors
from bandeja.standin.post import Post
from bandeja.standin.select import select
from bandeja.standin.shape import child, one_of, only, text
from bandeja.standin.whatsapp import shapes, telling
from bandeja.standin.wire import Answer, Request, answer
from bandeja.standin.world import App, Json, Number, Said, Subscription, Waba

SYNCS = {"history", "smb_app_state_sync"}


def number_node(post: Post, number: Number) -> Json:
    overrides = {
        "application": next((app.webhooks["whatsapp_business_account"].callback for app in _apps(post, number)), ""),
        "phone_number": next((each.override for each in number.subscriptions.values() if each.override), ""),
    }
    return {
        "id": number.id,
        "display_phone_number": number.display,
        "verified_name": number.name,
        "code_verification_status": "VERIFIED" if number.registered else "NOT_VERIFIED",
        "quality_rating": number.quality,
        "quality_score": {"score": number.quality},
        "platform_type": "CLOUD_API" if number.registered else "NOT_APPLICABLE",
        "throughput": {"level": "STANDARD" if number.rate <= 80 else "HIGH"},
        "messaging_limit_tier": number.tier,
        "whatsapp_business_manager_messaging_limit": number.tier,
        "name_status": "APPROVED",
        "status": "CONNECTED" if number.registered else "DISCONNECTED",
        "account_mode": "LIVE",
        "is_on_biz_app": number.coexistence,
        "health_status": {"can_send_message": "AVAILABLE" if number.registered else "BLOCKED"},
        "webhook_configuration": {name: url for name, url in overrides.items() if url},
    }


def show_number(post: Post, number: Number, request: Request) -> Answer:
    default = "id,display_phone_number,verified_name,quality_rating"
    return answer(
        select(number_node(post, number), request.query.get("fields", default), "WhatsAppBusinessPhoneNumber")
    )


def show_waba(waba: Waba, request: Request) -> Answer:
    node = {
        "id": waba.id,
        "name": waba.name,
        "timezone_id": "1",
        "currency": "USD",
        "message_template_namespace": f"ns_{waba.id}",
        "account_review_status": "APPROVED",
        "owner_business_info": {"id": waba.portfolio, "name": waba.name},
    }
    return answer(select(node, request.query.get("fields", "id,name,timezone_id"), "WhatsAppBusinessAccount"))


def list_numbers(post: Post, waba: Waba, request: Request) -> Answer:
    fields = request.query.get("fields", "id,display_phone_number,verified_name,quality_rating")
    mine = [each for each in post.world.lines.values() if isinstance(each, Number) and each.owner == waba.id]
    told = [select(number_node(post, each), fields, "WhatsAppBusinessPhoneNumber") for each in mine]
    return answer({"data": told, "paging": {"cursors": {"before": "QVFI", "after": "QVFJ"}}})


async def subscribe(post: Post, waba: Waba, app: App, request: Request) -> Answer:
    """`POST /{waba}/subscribed_apps`; an address of its own is called first, and believed when it answers."""
    given = request.given
    only(given, {"override_callback_uri", "verify_token", "access_token"})
    override = ""
    if given:
        override = text(given, "override_callback_uri", most=2048)
        await post.verify(override, text(given, "verify_token", most=512))
    waba.subscriptions[app.id] = Subscription(override=override)
    return answer({"success": True})


def list_subscriptions(post: Post, waba: Waba) -> Answer:
    told = []
    for app_id, subscription in waba.subscriptions.items():
        app = post.world.app(app_id)
        data = {"id": app.id, "name": app.name, "link": f"https://www.facebook.com/games/?app_id={app.id}"}
        own = {"override_callback_uri": subscription.override} if subscription.override else {}
        told.append({"whatsapp_business_api_data": data, **own})
    return answer({"data": told})


def unsubscribe(waba: Waba, app: App) -> Answer:
    waba.subscriptions.pop(app.id, None)
    return answer({"success": True})


async def configure(post: Post, number: Number, app: App, request: Request) -> Answer:
    """`POST /{phone_number_id}`: an address for this number alone; an empty one takes it back."""
    only(request.given, {"webhook_configuration", "access_token"})
    wanted = child(request.given, "webhook_configuration")
    only(wanted, {"override_callback_uri", "verify_token"}, "webhook_configuration")
    if wanted.get("override_callback_uri"):
        await post.verify(wanted["override_callback_uri"], text(wanted, "verify_token", most=512))
        number.subscriptions[app.id] = Subscription(override=wanted["override_callback_uri"])
    else:
        number.subscriptions.pop(app.id, None)
    return answer({"success": True})


def register(number: Number, request: Request) -> Answer:
    """`POST /{phone_number_id}/register` with the six digits of its PIN."""
    shapes.product(request.given)
    only(request.given, {"messaging_product", "pin", "access_token"})
    if not str(request.given.get("pin", "")).isdigit() or len(str(request.given["pin"])) != 6:
        raise errors.bad_value("Param pin must be 6 characters long.")
    number.registered = True
    return answer({"success": True})


def sync(post: Post, number: Number, request: Request) -> Answer:
    """`POST /{phone_number_id}/smb_app_data`: what the phone app has of before is told by webhooks."""
    shapes.product(request.given)
    kind = one_of(request.given, "sync_type", SYNCS)
    if not number.coexistence:
        raise errors.invalid("This phone number is not on the WhatsApp Business app.")
    tell = _tell_history if kind == "history" else _tell_contacts
    post.agenda.add(post.world.now, partial(tell, post, number))
    return answer({"messaging_product": "whatsapp", "request_id": post.world.next_id()})


async def _tell_history(post: Post, number: Number) -> None:
    """Everything that was said on this number, as one chunk."""
    threads = [
        {
            "id": post.world.person(person).phone,
            "messages": [_past(post, number, person, each) for each in thread.said.values()],
        }
        for (line, person), thread in post.world.threads.items()
        if line == number.id
    ]
    metadata = {"phase": 0, "chunk_order": 1, "progress": 100}
    await telling.past(post, number, [{"metadata": metadata, "threads": threads}])


async def _tell_contacts(post: Post, number: Number) -> None:
    known = [post.world.person(person) for line, person in post.world.threads if line == number.id]
    rows = [
        {
            "type": "contact",
            "contact": {"full_name": each.name, "first_name": each.name.split()[0], "phone_number": each.phone},
            "action": "add",
            "metadata": {"timestamp": str(int(post.world.now))},
        }
        for each in known
    ]
    body = telling.value(number, state_sync=rows)
    await telling.owner_says(post, number, "smb_app_state_sync", body)


def _past(post: Post, number: Number, person: str, said: Said) -> Json:
    """One message of before; its status as the phone app shows it."""
    phone = post.world.person(person).phone
    ours = "".join(filter(str.isdigit, number.display))
    sides = {"from": ours, "to": phone} if said.ours else {"from": phone}
    rank = next((state for state in reversed(telling.RANKS) if state in said.states), "delivered")
    context = {"history_context": {"status": rank.upper()}}
    return {**sides, "id": said.id, "timestamp": str(int(said.at)), "type": said.type, **said.node, **context}


def _apps(post: Post, number: Number) -> list[App]:
    subscribed = telling.owner_of(post, number).subscriptions
    return [
        app
        for app in post.world.apps.values()
        if app.id in subscribed and "whatsapp_business_account" in app.webhooks
    ]
