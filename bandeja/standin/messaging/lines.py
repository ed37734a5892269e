"""Pages and Instagram accounts: what Graph tells of them and their contacts, and who is subscribed."""

from __future__ import annotations

from bandeja.standin import errors
from bandeja.standin.messaging import telling
from bandeja.standin.post import Post
from bandeja.standin.select import select
from bandeja.standin.wire import Answer, Request, answer
from bandeja.standin.world import App, Json, Line, Person, Profile, Subscription, scoped_id

PAGE_FIELDS = frozenset(
    {
        "messages",
        "messaging_postbacks",
        "message_echoes",
        "message_deliveries",
        "message_reads",
        "message_edits",
        "message_reactions",
        "messaging_referrals",
        "messaging_handovers",
        "standby",
        "messaging_policy_enforcement",
        "messaging_optins",
        "message_template_status_update",
        "feed",
        "mention",
        "messaging_account_linking",
        "message_context",
    }
)
INSTAGRAM_FIELDS = frozenset(
    {
        "messages",
        "message_echoes",
        "message_reactions",
        "messaging_seen",
        "messaging_postbacks",
        "messaging_referral",
        "message_edit",
        "messaging_optins",
        "messaging_handover",
        "standby",
        "comments",
        "mentions",
        "live_comments",
    }
)


def show(post: Post, line: Line, request: Request) -> Answer:
    fields, kind = request.query.get("fields", ""), "IGUser" if isinstance(line, Profile) else "Page"
    node = _profile_node(line) if isinstance(line, Profile) else _page_node(post, line)
    default = "id,user_id,username" if isinstance(line, Profile) else "id,name"
    return answer(select(node, fields or default, kind))


def subscribe(line: Line, app: App, request: Request) -> Answer:
    """`POST /{line}/subscribed_apps?subscribed_fields=…`: these fields, in place of those before."""
    written = request.params.get("subscribed_fields", "")
    wanted = written if isinstance(written, list) else [name.strip() for name in str(written).split(",")]
    known = INSTAGRAM_FIELDS if isinstance(line, Profile) else PAGE_FIELDS
    wrong = [name for name in wanted if name not in known]
    if wrong:
        raise errors.invalid(
            f"Param subscribed_fields[0] must be one of {{{', '.join(sorted(known))}}} - got {wrong}."
        )
    line.subscriptions[app.id] = Subscription(fields=frozenset(wanted))
    return answer({"success": True})


def list_subscriptions(post: Post, line: Line) -> Answer:
    told = []
    for app_id, subscription in line.subscriptions.items():
        app = post.world.app(app_id)
        told.append({"id": app.id, "name": app.name, "subscribed_fields": sorted(subscription.fields)})
    return answer({"data": told})


def unsubscribe(line: Line, app: App) -> Answer:
    line.subscriptions.pop(app.id, None)
    return answer({"success": True})


def show_person(post: Post, line: Line, person: Person, person_id: str, request: Request) -> Answer:
    """A contact's profile, for whom they have written to. A picture's address expires."""
    thread = post.world.threads.get((line.id, person.id))
    if thread is None or thread.opened_at is None:
        raise errors.invalid("User consent is required to access user profile", subcode=2018218)
    first, _, last = person.name.partition(" ")
    node: Json = {"id": person_id, "name": person.name, "profile_pic": None}
    if line.kind == "instagram":
        node |= {"username": person.username or person.id, "follower_count": 28, "is_verified_user": False}
        return answer(select(node, request.query.get("fields", "name,username"), "InstagramUser"))
    node |= {"first_name": first, "last_name": last, "locale": None, "timezone": None, "gender": None}
    return answer(select(node, request.query.get("fields", "first_name,last_name"), "User"))


def whose(post: Post, line: Line, person_id: str) -> tuple[Line, Person] | None:
    """The contact of this line, or of the Instagram account linked to it, with this id."""
    for each in (line, telling.linked_profile(post, line.id)):
        for person in post.world.people.values() if each else ():
            if each and scoped_id(each, person) == person_id:
                return each, person
    return None


def _page_node(post: Post, line: Line) -> Json:
    profile = telling.linked_profile(post, line.id)
    token = next(
        (each.value for each in post.world.tokens.values() if each.kind == "PAGE" and line.id in each.subjects), ""
    )
    return {
        "id": line.id,
        "name": line.name,
        "category": "Shopping & retail",
        "access_token": token,
        "tasks": ["MESSAGING", "MODERATE", "MANAGE"],
        "link": f"https://www.facebook.com/{line.id}",
        "picture": None,
        "username": None,
        "instagram_business_account": linked_node(profile) if profile else None,
    }


def linked_node(line: Profile) -> Json:
    """An Instagram account as its Page's Graph tells it: there its only id is the one webhooks name."""
    return {"id": line.id, "username": line.username, "name": line.name, "followers_count": 428, "media_count": 28}


def _profile_node(line: Profile) -> Json:
    return {
        "id": line.scoped,
        "user_id": line.id,
        "username": line.username,
        "name": line.name,
        "account_type": "BUSINESS",
        "profile_picture_url": None,
        "followers_count": 428,
        "media_count": 28,
    }
