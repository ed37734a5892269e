"""Which Graph call means what: the version, the object in the path, and the edge of it."""

from __future__ import annotations

import re

from bandeja.standin import errors, tokens
from bandeja.standin.messaging import lines as messaging_lines
from bandeja.standin.messaging import reading
from bandeja.standin.messaging import sending as messaging_sending
from bandeja.standin.post import Post
from bandeja.standin.select import select
from bandeja.standin.whatsapp import lines as whatsapp_lines
from bandeja.standin.whatsapp import media, templates
from bandeja.standin.whatsapp import sending as whatsapp_sending
from bandeja.standin.wire import Answer, Request, answer
from bandeja.standin.world import App, Line, Number, Profile, Token, Waba, Webhook

VERSIONS = {f"v{number}.0" for number in range(21, 27)}
HOSTS = {"graph.facebook.com", "graph.instagram.com"}
WITHOUT_TOKEN = {("GET", "oauth/access_token")}
WEBHOOK_OBJECTS = {"whatsapp_business_account", "page", "instagram"}


async def call(post: Post, request: Request) -> Answer:
    """Answer one Graph call. Raises GraphError with the refusal.

    The path may begin with the name of one of Graph's hosts, as in `/graph.instagram.com/v26.0/me`: then a token of
    the other host is not understood, as there.
    """
    parts = [part for part in request.path.split("/") if part]
    host = parts.pop(0) if parts and parts[0] in HOSTS else ""
    if parts and re.fullmatch(r"v\d+\.\d+", parts[0]) and parts.pop(0) not in VERSIONS:
        raise errors.unknown_path(request.path)
    if not parts or len(parts) > 2:
        raise errors.unknown_path(request.path)
    method = "POST" if request.method == "PUT" else request.method
    if (method, "/".join(parts)) in WITHOUT_TOKEN:
        return tokens.for_app(post.world, request)
    token = tokens.speaker(post.world, request)
    if host and (host == "graph.instagram.com") != (token.kind == "INSTAGRAM"):
        raise errors.token_malformed()
    return await _Call(post, request, token, method).answer(parts[0], parts[1] if len(parts) > 1 else "")


class _Call:
    """One call by one who may speak."""

    def __init__(self, post: Post, request: Request, token: Token, method: str) -> None:
        self.post, self.world, self.request = post, post.world, request
        self.token, self.method = token, method
        self.app = tokens.app_of(post.world, token)

    async def answer(self, object_id: str, edge: str) -> Answer:
        if (self.method, edge) == ("GET", "") and object_id in {"debug_token", "refresh_access_token"}:
            ask = tokens.debug if object_id == "debug_token" else tokens.refresh
            return ask(self.world, self.request)
        if object_id in {self.app.id, "app"}:
            return await self._of_app(edge)
        object_id = self._me() if object_id == "me" else object_id
        return await self._of_object(object_id, edge)

    async def _of_object(self, object_id: str, edge: str) -> Answer:
        waba, line = self.world.wabas.get(object_id), self.world.lines.get(object_id)
        if waba and waba.id in self.token.subjects:
            return await self._of_waba(waba, edge)
        if isinstance(line, Number) and {line.id, line.owner} & self.token.subjects:
            return await self._of_number(line, edge)
        if line and line.id in self.token.subjects:
            return await self._of_line(line, edge)
        return self._of_media(object_id, edge) or self._of_contact(object_id, edge) or self._nothing(object_id)

    def _nothing(self, object_id: str) -> Answer:
        raise errors.unknown_object(self.method, object_id)

    def _me(self) -> str:
        lines = sorted(self.token.subjects)
        if self.token.kind not in {"PAGE", "INSTAGRAM"} or len(lines) != 1:
            raise errors.GraphError(
                2500, "An active access token must be used to query information about the current user."
            )
        return lines[0]

    async def _of_app(self, edge: str) -> Answer:
        if (self.method, edge) == ("GET", ""):
            node = {"id": self.app.id, "name": self.app.name, "category": "Business and pages", "link": None}
            return answer(select(node, self.request.query.get("fields", "id,name"), "Application"))
        if edge != "subscriptions":
            raise errors.unknown_path(self.request.path)
        if self.token.kind != "APP":
            raise errors.GraphError(15, "(#15) This method must be called with an app access_token.")
        if self.method == "GET":
            return answer({"data": [_told(name, each) for name, each in self.app.webhooks.items()]})
        if self.method == "DELETE":
            self.app.webhooks.pop(str(self.request.params.get("object", "")), None)
            return answer({"success": True})
        await configure(self.post, self.app, self.request.params)
        return answer({"success": True})

    async def _of_waba(self, waba: Waba, edge: str) -> Answer:
        match self.method, edge:
            case "GET", "":
                return whatsapp_lines.show_waba(waba, self.request)
            case "GET", "phone_numbers":
                return whatsapp_lines.list_numbers(self.post, waba, self.request)
            case "GET", "message_templates":
                return templates.listed(self.post, waba, self.request)
            case "GET", "subscribed_apps":
                return whatsapp_lines.list_subscriptions(self.post, waba)
            case "POST", "subscribed_apps":
                return await whatsapp_lines.subscribe(self.post, waba, self.app, self.request)
            case "DELETE", "subscribed_apps":
                return whatsapp_lines.unsubscribe(waba, self.app)
        raise errors.unknown_path(self.request.path)

    async def _of_number(self, number: Number, edge: str) -> Answer:
        match self.method, edge:
            case "GET", "":
                return whatsapp_lines.show_number(self.post, number, self.request)
            case "POST", "":
                return await whatsapp_lines.configure(self.post, number, self.app, self.request)
            case "POST", "messages":
                given = {name: each for name, each in self.request.given.items() if name != "access_token"}
                return await whatsapp_sending.send(self.post, number, self.app, given)
            case "POST", "media":
                return media.upload(self.post, number, self.request)
            case "POST", "register":
                return whatsapp_lines.register(number, self.request)
            case "POST", "smb_app_data":
                return whatsapp_lines.sync(self.post, number, self.request)
        raise errors.unknown_path(self.request.path)

    async def _of_line(self, line: Line, edge: str) -> Answer:
        match self.method, edge:
            case "GET", "":
                return messaging_lines.show(self.post, line, self.request)
            case "POST", "messages":
                return await messaging_sending.send(self.post, line, self.app, self.request)
            case "POST", "message_attachments":
                return await messaging_sending.attach(self.post, line, self.request)
            case "GET", "conversations":
                return reading.conversations(self.post, line, self.request)
            case _, "subscribed_apps":
                return self._subscriptions(line)
        raise errors.unknown_path(self.request.path)

    def _subscriptions(self, line: Line) -> Answer:
        if self.method == "GET":
            return messaging_lines.list_subscriptions(self.post, line)
        if self.method == "DELETE":
            return messaging_lines.unsubscribe(line, self.app)
        return messaging_lines.subscribe(line, self.app, self.request)

    def _of_media(self, object_id: str, edge: str) -> Answer | None:
        file = self.world.media.get(object_id)
        line = self.world.lines.get(file.line) if file else None
        if file is None or not isinstance(line, Number) or edge or not {line.id, line.owner} & self.token.subjects:
            return None
        if self.method == "DELETE":
            del self.world.media[file.id]
            return answer({"success": True})
        return media.describe(self.post, file, self.request) if self.method == "GET" else None

    def _of_contact(self, object_id: str, edge: str) -> Answer | None:
        """A person, a conversation or a message of a line that this token speaks for."""
        if self.method != "GET":
            return None
        for line in self._my_lines():
            if line.id == object_id and isinstance(line, Profile) and not edge:
                fields = self.request.query.get("fields", "id")
                return answer(select(messaging_lines.linked_node(line), fields, "IGUser"))
            found = messaging_lines.whose(self.post, line, object_id)
            if found and not edge:
                return messaging_lines.show_person(self.post, *found, object_id, self.request)
            for thread in self.world.threads.values():
                if thread.line == line.id and thread.id == object_id:
                    read = reading.messages if edge == "messages" else reading.conversation
                    return read(self.post, line, thread, self.request)
                if thread.line == line.id and object_id in thread.said and not edge:
                    return reading.message(self.post, line, thread, thread.said[object_id], self.request)
        return None

    def _my_lines(self) -> list[Line]:
        """Pages and profiles, with the profiles that are linked to these Pages."""
        mine = [self.world.lines[each] for each in sorted(self.token.subjects) if each in self.world.lines]
        linked = [self.world.lines.get(getattr(line, "profile", "")) for line in mine]
        return [line for line in (*mine, *linked) if line and not isinstance(line, Number)]


async def configure(post: Post, app: App, given: dict[str, object]) -> None:
    """`POST /{app}/subscriptions`: where an app hears of an object. The address is called first."""
    name, callback = str(given.get("object", "")), str(given.get("callback_url", ""))
    if name not in WEBHOOK_OBJECTS:
        raise errors.invalid(f"Param object must be one of {{{', '.join(sorted(WEBHOOK_OBJECTS))}}}")
    if not callback.startswith(("http://", "https://")):
        raise errors.invalid("Param callback_url must be a valid URL")
    fields = given.get("fields", "")
    names = fields if isinstance(fields, list) else [each.strip() for each in str(fields).split(",") if each.strip()]
    await post.verify(callback, str(given.get("verify_token", "")))
    app.webhooks[name] = Webhook(callback, frozenset(names))


def _told(name: str, webhook: Webhook) -> dict[str, object]:
    fields = [{"name": field, "version": "v26.0"} for field in sorted(webhook.fields)]
    return {"object": name, "callback_url": webhook.callback, "active": True, "fields": fields}
