"""The Conversations API: what was said while nobody listened."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from bandeja.standin import errors
from bandeja.standin.messaging import telling
from bandeja.standin.post import Post
from bandeja.standin.select import parse, select
from bandeja.standin.wire import Answer, Request, answer
from bandeja.standin.world import INSTAGRAM, Json, Line, Page, Said, Thread, scoped_id

KINDS = {"image": "image_data", "video": "video_data"}


def conversations(post: Post, line: Line, request: Request) -> Answer:
    """`GET /{line}/conversations`, the latest first. `platform` is messenger unless it says instagram."""
    query = request.query
    platform = query.get("platform", "instagram" if line.kind == INSTAGRAM else "messenger")
    if platform not in {"messenger", "instagram"}:
        raise errors.invalid("Param platform must be one of {INSTAGRAM, MESSENGER}")
    side = telling.linked_profile(post, line.id) if isinstance(line, Page) and platform == "instagram" else line
    if side is None:
        raise errors.invalid("No Instagram account is linked to this Page.")
    threads = [each for each in post.world.threads.values() if each.line == side.id and each.said]
    if "user_id" in query:
        threads = [each for each in threads if scoped_id(side, post.world.person(each.person)) == query["user_id"]]
    threads.sort(key=_updated, reverse=True)
    return answer(
        _paged(post, request, [_thread_node(post, side, each, query.get("fields", "id")) for each in threads])
    )


def conversation(post: Post, line: Line, thread: Thread, request: Request) -> Answer:
    return answer(_thread_node(post, line, thread, request.query.get("fields", "id,updated_time")))


def messages(post: Post, line: Line, thread: Thread, request: Request) -> Answer:
    """`GET /{conversation}/messages`."""
    fields = request.query.get("fields", "id,created_time")
    told = [_message_node(post, line, thread, said, fields) for said in _latest(thread)]
    return answer(_paged(post, request, told))


def message(post: Post, line: Line, thread: Thread, said: Said, request: Request) -> Answer:
    return answer(_message_node(post, line, thread, said, request.query.get("fields", "id,created_time")))


def _thread_node(post: Post, line: Line, thread: Thread, fields: str) -> Json:
    asked = parse(fields)
    node: Json = {
        "id": thread.id,
        "updated_time": _time(_updated(thread)),
        "link": f"/{line.id}/inbox/{thread.id}/",
        "message_count": len(thread.said),
        "unread_count": 0,
        "participants": {"data": [_side(post, line, thread, ours=False), _side(post, line, thread, ours=True)]},
        "messages": None,
    }
    if "messages" in asked:
        options, inner = asked["messages"]
        limit, inner = int(options.get("limit", 25)), inner or "id,created_time"
        told = [_message_node(post, line, thread, said, inner) for said in _latest(thread)]
        path, asked_for = f"/v26.0/{thread.id}/messages", {"fields": inner, "limit": str(limit)}
        node["messages"] = _paged(post, Request("GET", path, asked_for, {}, b""), told)
    return select(node, fields, "UnifiedThread")


def _message_node(post: Post, line: Line, thread: Thread, said: Said, fields: str) -> Json:
    node: Json = {
        "id": said.id,
        "created_time": _time(said.at),
        "from": _side(post, line, thread, ours=said.ours),
        "to": {"data": [_side(post, line, thread, ours=not said.ours)]},
        "message": said.node.get("text", ""),
        "attachments": _attachments(post, said),
        "sticker": None,
        "tags": None,
        "shares": None,
        "story": said.node.get("reply_to", {}).get("story"),
        "reply_to": {"mid": said.reply_to} if said.reply_to else None,
        "reactions": None,
        "is_unsupported": True if said.node.get("is_unsupported") else None,
    }
    return select(node, fields, "Message")


def _side(post: Post, line: Line, thread: Thread, *, ours: bool) -> Json:
    person = post.world.person(thread.person)
    known_as = line.id if ours else scoped_id(line, person)
    if line.kind == INSTAGRAM:
        return {"id": known_as, "username": getattr(line, "username", "") if ours else person.username or person.id}
    return {"id": known_as, "name": line.name if ours else person.name, "email": f"{known_as}@facebook.com"}


def _attachments(post: Post, said: Said) -> Json | None:
    """Not shaped as webhooks tell them: pictures and videos have their data, everything else a file's address."""
    told = []
    for index, attachment in enumerate(said.node.get("attachments", [])):
        url = (attachment.get("payload") or {}).get("url", "")
        media = post.world.media.get(post.world.links.get(url.rpartition("hash=")[2], ("", 0.0))[0])
        about = {"mime_type": media.mime, "name": media.name} if media else {}
        name = KINDS.get(attachment["type"])
        file = {name: {"url": url, "width": 640, "height": 420}} if name else {"file_url": url}
        told.append({"id": f"{said.id[-12:]}{index}", **about, **file})
    return {"data": told} if told else None


def _latest(thread: Thread) -> list[Said]:
    return sorted((said for said in thread.said.values() if not said.unsent), key=lambda said: said.at, reverse=True)


def _updated(thread: Thread) -> float:
    return max((said.at for said in thread.said.values()), default=0.0)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _paged(post: Post, request: Request, rows: list[Json]) -> Json:
    """One page of them; `paging.next` while there are more."""
    query = request.query
    start, limit = int(query.get("after") or 0), int(query.get("limit", 25))
    body: Json = {"data": rows[start : start + limit]}
    if rows[start + limit :]:
        kept = {name: each for name, each in query.items() if name not in {"after", "access_token"}}
        following = urlencode({**kept, "after": str(start + limit)})
        body["paging"] = {"cursors": {"after": str(start + limit)}}
        body["paging"]["next"] = f"{post.world.base}{request.path}?{following}"
    return body
