"""The phone simulator: whoever tries Bandeja plays the customers of WhatsApp, Messenger and Instagram.

Only for a workspace whose Meta app lives on the stand-in. Everything goes through here to the stand-in's control API;
what the customer does comes back by the ordinary door, signed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from typing import Any

import httpx
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from bandeja.channels.models import Account, MetaApp
from bandeja.demo import phones
from bandeja.people.access import for_agents
from bandeja.people.models import Agent, Permission
from bandeja.standin.client import Control, ControlError

SHOWN = ("image/jpeg", "image/png", "image/gif", "image/webp", "audio/", "video/")
KINDS = {"image": "image", "audio": "audio", "video": "video"}
LARGEST = 2_500_000  # bytes of a file to send; the form as a whole may have 3 MB


@dataclass(slots=True)
class Phone:
    """One customer's phone, open at the chat with one line of ours."""

    app: MetaApp
    control: Control
    lines: list[Account]
    people: list[dict[str, Any]]
    line: Account
    person: dict[str, Any]
    asked: Mapping[str, str]
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def has_news(self) -> bool:
        """Whether the team wrote something that was not read yet."""
        return any(each["ours"] and not each["states"].keys() & {"read", "failed"} for each in self.messages)

    @property
    def target(self) -> dict[str, Any] | None:
        """The message that is being answered or edited."""
        named = self.asked.get("edit") or self.asked.get("reply")
        return next((each for each in self.messages if each["id"] == named), None)

    @property
    def is_editing(self) -> bool:
        return bool(self.asked.get("edit"))

    @property
    def address(self) -> str:
        """This very phone."""
        return f"{reverse('simulator')}?{self.query}"

    @property
    def query(self) -> str:
        return urlencode({"line": self.line.external_id, "person": self.person["id"]})


def with_phone(view: Callable[[HttpRequest, Phone], HttpResponse]) -> Callable[..., HttpResponse]:
    """Hands a view the phone that the request names; says so when the stand-in does not answer."""

    @for_agents(Permission.MANAGE_ACCOUNTS)
    @wraps(view)
    def opened(request: HttpRequest, agent: Agent) -> HttpResponse:
        app = phones.of(agent.workspace)
        if app is None:
            raise Http404
        try:
            with Control(app.graph_url) as control:
                return view(request, _open(app, control, {**request.GET.dict(), **request.POST.dict()}))
        except httpx.HTTPError:
            return render(request, "demo/no_standin.html", status=503)
        except ControlError as error:
            return render(request, "demo/no_standin.html", {"said": str(error)}, status=422)

    return opened


@require_GET
@with_phone
def simulator(request: HttpRequest, phone: Phone) -> HttpResponse:
    """The page."""
    return render(request, "demo/simulator.html", {"phone": phone})


@require_GET
@with_phone
def talk(request: HttpRequest, phone: Phone) -> HttpResponse:
    """What was said, asked for again and again."""
    return render(request, "demo/talk.html", {"phone": phone})


@require_POST
@with_phone
def say(request: HttpRequest, phone: Phone) -> HttpResponse:
    """The customer writes, sends a file, reacts, edits or unsends."""
    kind, data = _said(request)
    if kind:
        phone.control.say(phone.line.external_id, phone.person["id"], kind, data=data, **_details(request, kind))
    return redirect(phone.address)


@require_POST
@with_phone
def read(request: HttpRequest, phone: Phone) -> HttpResponse:
    """The customer opens the chat: the ticks reach the inbox."""
    del request
    phone.control.read(phone.line.external_id, phone.person["id"])
    return redirect(phone.address)


@require_POST
@with_phone
def away(request: HttpRequest, phone: Phone) -> HttpResponse:
    """The customer's phone goes off or on."""
    phone.control.person(id=phone.person["id"], reachable=request.POST.get("reachable") == "yes")
    return redirect(phone.address)


@require_POST
@with_phone
def person(request: HttpRequest, phone: Phone) -> HttpResponse:
    """Another customer."""
    name = " ".join(request.POST.get("name", "").split())[:80]
    if not name:
        return redirect(phone.address)
    shows_phone = "username_only" not in request.POST
    made = phone.control.person(id=phones.person_id(phone.app, name), name=name, shows_phone=shows_phone)
    return redirect(f"{reverse('simulator')}?{urlencode({'line': phone.line.external_id, 'person': made['id']})}")


@require_GET
@with_phone
def file(request: HttpRequest, phone: Phone) -> HttpResponse:
    """A picture, sound or video of this chat; anything else is downloaded."""
    named = request.GET.get("file", "")
    if not any(each["file"] == named for each in phone.messages):
        raise Http404
    mime, data = phone.control.file(named)
    answer = HttpResponse(data, content_type=mime, headers={"X-Content-Type-Options": "nosniff"})
    if not mime.startswith(SHOWN):
        answer["Content-Disposition"] = "attachment"
    return answer


def _open(app: MetaApp, control: Control, asked: Mapping[str, str]) -> Phone:
    """The phone that was asked for, or the first; the stand-in is told what it has forgotten."""
    state = control.state()
    if app.app_id not in state["apps"]:
        phones.teach(app, control)
        state = control.state()
    lines = phones.lines(app)
    mine = [each for each in state["people"] if each["id"].startswith(phones.person_id(app, ""))]
    line = _chosen(lines, asked.get("line"), lambda each: each.external_id)
    who = _chosen(mine, asked.get("person"), lambda each: str(each["id"]))
    phone = Phone(app, control, lines, mine, line, who, asked)
    phone.messages = [_shown(each) for each in control.thread(line.external_id, who["id"])]
    return phone


def _chosen(things: list[Any], named: str | None, name: Callable[[Any], str]) -> Any:
    if not things:
        raise Http404
    if named is None:
        return things[0]
    found = [each for each in things if name(each) == named]
    if not found:
        raise Http404
    return found[0]


def _shown(message: dict[str, Any]) -> dict[str, Any]:
    """A message as the page shows it."""
    family = message["mime"].partition("/")[0]
    reactions = [emoji for emoji in message["reactions"].values() if emoji]
    at = datetime.fromtimestamp(message["at"], UTC)
    text = message["text"] or ("" if message["file"] else _named(message["type"]))
    return {**message, "text": text, "family": KINDS.get(family, "file"), "emojis": reactions, "at": at}


def _named(kind: str) -> str:
    """What is shown of a message that has no words."""
    named = {"location": _("Location"), "story_mention": _("Story mention"), "postback": _("Get started")}
    return named.get(kind, kind.replace("_", " "))


def _said(request: HttpRequest) -> tuple[str, bytes | None]:
    """What kind of thing it is, with the bytes of a picked file; no kind when there is nothing to say."""
    picked = request.FILES.get("file")
    if picked is not None:
        return (_kind_of(picked.content_type or ""), picked.read()) if (picked.size or 0) <= LARGEST else ("", None)
    kind = request.POST.get("type", "text")
    is_empty = kind in {"text", "edit"} and not request.POST.get("text", "").strip()
    return ("" if is_empty else kind), None


def _kind_of(mime: str) -> str:
    return KINDS.get(mime.partition("/")[0], "document")


def _details(request: HttpRequest, kind: str) -> dict[str, Any]:
    """All else that the form says, as the control API takes it."""
    said: dict[str, Any] = {"text": request.POST.get("text", "").strip()[:4000]}
    for name in ("target", "emoji", "reply_to"):
        if request.POST.get(name):
            said[name] = request.POST[name]
    picked = request.FILES.get("file")
    if picked is not None:
        said |= {"mime": picked.content_type, "name": (picked.name or "")[:120]}
    if kind == "location":
        said |= {"latitude": 4.6533, "longitude": -74.0836, "name": _("The workshop")}
    if kind == "postback":
        said |= {"title": _("Get started"), "payload": "GET_STARTED"}
    return said
