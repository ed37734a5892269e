"""The demo's lines at Meta: a WhatsApp number, a Page and an Instagram account that live on the Graph stand-in.

The stand-in keeps everything in memory. Whatever it has forgotten it is told again from our rows: `teach` may be
called at any time, any number of times.
"""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta
from typing import Any

import httpx
from django.db import close_old_connections, transaction

from bandeja import environment
from bandeja.channels import accounts
from bandeja.channels.instagram import connect as instagram
from bandeja.channels.messenger import connect as messenger
from bandeja.channels.models import Account, ChannelKey, Health, MetaApp
from bandeja.conversations.models import Conversation, Identity
from bandeja.demo import mark
from bandeja.demo.names import plain
from bandeja.people.clock import database_now
from bandeja.people.models import Workspace
from bandeja.standin.client import Control, ControlError

SHOP = "Ciclos Ruta 28"
FIELDS = {
    "whatsapp_business_account": [
        "messages",
        "message_template_status_update",
        "user_id_update",
        "smb_message_echoes",
        "smb_app_state_sync",
        "history",
    ],
    "page": list(messenger.FIELDS),
    "instagram": list(instagram.FIELDS),
}
OBJECTS = {
    ChannelKey.WHATSAPP.value: "whatsapp_business_account",
    ChannelKey.MESSENGER.value: "page",
    ChannelKey.INSTAGRAM.value: "instagram",
}
TEMPLATES = (
    ("pedido_listo", "UTILITY", "Hola {{1}}, tu pedido {{2}} está listo. Te esperamos en la tienda."),
    ("seguimos_en_contacto", "MARKETING", "Hola {{1}}, ¿sigues interesado? Respóndenos y te contamos más."),
)
PEOPLE = (
    {"name": "Lía Rendón", "phone": "573001234567", "country": "CO", "username": "lia.rendon"},
    {"name": "Rui Nogueira", "phone": "551187654321", "country": "BR", "username": "rui.bike"},
    {"name": "Ximena Prado", "country": "MX", "username": "ximena.prado", "shows_phone": False},
)
UNKNOWN_YET = timedelta(minutes=5)
"""Until the first check-up of a line: a stand-in that is still starting is taught by then."""
PAUSE = 1.0  # seconds between tries to reach a stand-in or a door that is still starting


def connect(workspace: Workspace) -> MetaApp:
    """Connect the three lines; those there are stay as they are. The stand-in hears of them by `teach`."""
    own = {
        "key": f"demo-{secrets.token_urlsafe(12)}",
        "name": "Meta (demo)",
        "secret": secrets.token_hex(16),
        "verify_token": secrets.token_urlsafe(16),
        "graph_url": graph_url(),
    }
    app, _ = MetaApp.objects.get_or_create(workspace=workspace, app_id=_id(workspace, 1), defaults=own)
    phone = f"+57 601 794 {workspace.pk:04}"
    for channel, number, name, config in (
        (ChannelKey.WHATSAPP, 3, f"{SHOP} {phone}", {"waba": _id(workspace, 2), "phone": phone}),
        (ChannelKey.MESSENGER, 4, SHOP, {}),
        (ChannelKey.INSTAGRAM, 5, "@ruta28", {"login": "instagram", "username": "ruta28"}),
    ):
        external_id = _id(workspace, number)
        if not Account.objects.filter(app=app, external_id=external_id).exists():
            token = f"demo-{secrets.token_hex(32)}"
            account = accounts.connect(
                workspace, channel, name=name, external_id=external_id, app=app, config=config, token=token
            )
            if channel == ChannelKey.INSTAGRAM:
                accounts.keep_token(account, token, expires_at=database_now() + instagram.LIFE)
            # A stand-in that has not heard of it yet would say that its token is none.
            Health.objects.filter(account=account).update(look_at=database_now() + UNKNOWN_YET)
    transaction.on_commit(mark.put)
    return app


def of(workspace: Workspace) -> MetaApp | None:
    """The workspace's app that lives on a stand-in."""
    return MetaApp.objects.filter(workspace=workspace).exclude(graph_url="").order_by("pk").first()


def lines(app: MetaApp) -> list[Account]:
    """Its connected lines, in the order of their channels' making."""
    return list(Account.objects.filter(app=app, disconnected_at=None).select_related("credential").order_by("pk"))


def teach(app: MetaApp, control: Control) -> None:
    """Tell the stand-in of this app, its lines and whom they know. Raises ControlError and httpx.HTTPError.

    The door must be open: the stand-in calls it before it believes its address.
    """
    control.app(id=app.app_id, secret=app.secret, name=app.name)
    ours = lines(app)
    for account in ours:
        _teach_line(app, account, control)
    for name, fields in FIELDS.items():
        control.webhook(app.app_id, name, f"{_own_url()}/hooks/meta/{app.key}", app.verify_token, fields)
    for each in PEOPLE:
        control.person(**each, id=person_id(app, str(each["name"])))
    for account in ours:
        _teach_people(app, account, control)


def keep_taught(stop: threading.Event) -> None:
    """Teach every app of the demo as soon as the stand-in and the door answer."""
    while not stop.is_set():
        close_old_connections()
        try:
            with Control(graph_url()) as control:
                for app in MetaApp.objects.exclude(graph_url=""):
                    teach(app, control)
        except (ControlError, httpx.HTTPError):
            stop.wait(PAUSE)
        else:
            return


def person_id(app: MetaApp, name: str) -> str:
    """The id of one of the demo's people on the stand-in; no workspace meets another's."""
    return f"w{app.workspace_id}-{plain(name)}"


def graph_url() -> str:
    """The stand-in's address."""
    return f"http://127.0.0.1:{environment.STANDIN_PORT.value()}"


def _own_url() -> str:
    host = environment.HOST.value()
    host = "127.0.0.1" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104  compared with, not bound to
    return f"http://{host}:{environment.PORT.value()}"


def _teach_line(app: MetaApp, account: Account, control: Control) -> None:
    said = {"id": account.external_id, "token": account.credential.token}
    if account.channel == ChannelKey.WHATSAPP:
        waba = account.config["waba"]
        control.number(app.app_id, waba=waba, display=account.config["phone"], name=SHOP, coexistence=True, **said)
        for number, (name, category, text) in enumerate(TEMPLATES):
            body = [{"type": "BODY", "text": text}]
            control.template(waba, name, id=f"{waba}{number}", category=category, components=body)
    elif account.channel == ChannelKey.MESSENGER:
        control.page(app.app_id, name=account.name, **said)
    else:
        control.profile(app.app_id, name=SHOP, username=account.config["username"], **said)
    control.subscribe(app.app_id, account.external_id, FIELDS[OBJECTS[account.channel]])


def _teach_people(app: MetaApp, account: Account, control: Control) -> None:
    """Whoever wrote to this line, by the ids we know them by, and since when their window is open."""
    met = {name: str(each["id"]) for each in control.state()["people"] for name in _names(each, account)}
    for conversation in Conversation.objects.filter(account=account).select_related("contact"):
        ids = Identity.objects.filter(account=account, contact=conversation.contact)
        known = dict(ids.values_list("kind", "value"))
        person = next((met[value] for value in known.values() if value in met), "")
        person = person or _introduce(app, account, conversation, known, control)
        if conversation.window_at:
            control.window(account.external_id, person, conversation.window_at.timestamp())


def _names(person: dict[str, Any], account: Account) -> list[str]:
    """How this line knows somebody on the stand-in."""
    return [str(each) for each in person["known_as"].get(account.external_id, {}).values()]


def _introduce(
    app: MetaApp, account: Account, conversation: Conversation, known: dict[str, str], control: Control
) -> str:
    """Somebody the stand-in has forgotten; answers their id there."""
    name = conversation.contact.name or str(conversation.contact)
    holders = {"psid": account.external_id, "igsid": account.external_id, "bsuid": account.config.get("waba", "")}
    said: dict[str, Any] = {
        "id": person_id(app, f"{name} {conversation.contact_id}"),
        "name": name,
        "known_as": {holders[kind]: value for kind, value in known.items() if kind in holders},
    }
    if account.channel == ChannelKey.WHATSAPP:
        said |= {"phone": known["wa_id"]} if "wa_id" in known else {"shows_phone": False}
    return str(control.person(**said)["id"])


def _id(workspace: Workspace, number: int) -> str:
    """An id no other workspace's demo has."""
    return f"28{number:02}{workspace.pk:011}"
