"""What came by Meta's channels, for every screen to be looked at with: one message of each kind, and each fate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from itertools import count
from typing import TYPE_CHECKING, Any

from PIL import Image

from bandeja.channels import accounts
from bandeja.channels.contract import Annotation, Kind, State
from bandeja.channels.models import Account, ChannelKey, MetaApp, Template
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.annotations import annotate
from bandeja.conversations.models import Attachment, Conversation, FileState, Message, Outgoing
from bandeja.conversations.scope import Scope
from bandeja.media.storage import new_key
from bandeja.people.clock import database_now
from tests.cast import Cast

if TYPE_CHECKING:
    from tests.world import World

EVERYTHING: list[dict[str, Any]] = [
    {
        "text": "Hola, vi su anuncio",
        "data": {"referral": {"source_type": "ad", "headline": "Ruta 28 con 20 % de descuento", "body": "Solo hoy"}},
    },
    {"kind": Kind.LOCATION, "text": "Tienda, Calle 10", "data": {"location": {
        "latitude": 4.65, "longitude": -74.05, "name": "Tienda", "address": "Calle 10 # 43-21, Bogotá"}}},
    {"kind": Kind.CONTACTS, "text": "Mateo Díaz", "data": {"contacts": [
        {"name": "Mateo Díaz", "phones": ["+57 300 555 0134"], "emails": ["mateo@correo.example"], "org": "Andes"}]}},
    {"kind": Kind.ORDER, "text": "2 × Ruta 28, 1 × Casco", "data": {"order": {"items": [
        {"id": "Ruta 28", "quantity": 2, "price": 1200, "currency": "COP"}, {"id": "Casco", "quantity": 1}]}}},
    {"kind": Kind.BUTTON_REPLY, "text": "Sí, la quiero", "data": {"button": {"id": "si", "title": "Sí, la quiero"}}},
    {"kind": Kind.LIST_REPLY, "text": "Talla M"},
    {"kind": Kind.FORM_REPLY, "text": "Enviado", "data": {"form": {
        "name": "Cita", "answers": {"flow_token": "x", "dia_de_la_cita": "martes"}}}},
    {"kind": Kind.STORY_REPLY, "text": "¡Qué linda!", "data": {"story": {"url": "https://lookaside.example/1"}}},
    {"kind": Kind.STORY_MENTION},
    {"kind": Kind.SHARE, "data": {"shares": [{"title": "Ruta 28 en la montaña", "url": "https://ig.example/p/1"}]}},
    {"kind": Kind.UNSUPPORTED},
    {"kind": Kind.UNKNOWN},
    {"kind": Kind.CALL, "data": {"call": {"status": "MISSED"}}},
    {"kind": Kind.SYSTEM, "data": {"system": "request_welcome"}},
]  # fmt: skip

SHOWN: list[tuple[Kind, str, FileState, str]] = [
    (Kind.IMAGE, "image/png", FileState.STORED, ""),
    (Kind.STICKER, "image/png", FileState.STORED, ""),
    (Kind.VOICE, "audio/ogg", FileState.STORED, ""),
    (Kind.DOCUMENT, "application/pdf", FileState.STORED, "Cotización de la Ruta 28 azul en talla M para Lía.pdf"),
    (Kind.VIDEO, "", FileState.WAITING, ""),
    (Kind.IMAGE, "", FileState.FAILED, ""),
    (Kind.STORY_REPLY, "", FileState.REFERRED, ""),
]

FATES = [
    *(State.SENT, State.DELIVERED, State.READ, State.PLAYED, State.UNKNOWN, State.FAILED, State.SENDING, State.QUEUED)
]


def make(shop: Cast, world: World, language: str) -> None:
    """Lía writes to a number in every way; Noa wrote to it, and Teo to a profile, too long ago."""
    app = MetaApp.objects.create(
        workspace=shop.workspace, key=f"k{language}", name="App", app_id=f"a{language}", secret="s", verify_token="v"
    )
    ids = count()

    def connect(channel: ChannelKey, name: str) -> Account:
        external_id = f"{language}-{channel}"
        return accounts.connect(
            shop.workspace, channel, name=name, external_id=external_id, app=app, config={"waba": f"w{language}"}
        )

    number, profile = connect(ChannelKey.WHATSAPP, "Ventas"), connect(ChannelKey.INSTAGRAM, "@tienda")
    world.names["template"] = _templates(app, language)
    now = database_now()
    names = (f"wamid.{language}.{each}" for each in ids)
    world.names["everything"] = _everything(shop, number, world, names, now)
    for name, who, account in (("late", "Noa", number), ("silenced", "Teo", profile)):
        chat = shop.write(
            who, text="¿Siguen ahí?", account=account, external_id=next(names), at=now - timedelta(days=30)
        )
        world.names[name] = chat.pk


def _everything(shop: Cast, number: Account, world: World, names: Iterator[str], now: datetime) -> int:
    begin = now - timedelta(minutes=50)
    chat = shop.write("Lía Restrepo", account=number, external_id=next(names), opens_window=True, at=begin)
    Conversation.objects.filter(pk=chat.pk).update(window_at=now - timedelta(hours=20, minutes=40))
    for turn, said in enumerate(EVERYTHING):
        at = begin + timedelta(minutes=turn)
        shop.write("Lía Restrepo", account=number, external_id=next(names), at=at, **{"text": "", **said})
    for kind, mime, state, name in SHOWN:
        key = next(names)
        shop.write(
            "Lía Restrepo", text="", account=number, external_id=key, kind=kind, at=now - timedelta(minutes=30)
        )
        _attach(world, Message.objects.get(account=number, external_id=key), kind, mime, state, name)
    album = next(names)
    shop.write(
        "Lía Restrepo", "Tres", account=number, external_id=album, kind=Kind.IMAGE, at=now - timedelta(minutes=25)
    )
    for position in range(3):
        message = Message.objects.get(account=number, external_id=album)
        _attach(world, message, Kind.IMAGE, "image/png", FileState.STORED, "", position)
    _answered(shop, chat, names, now - timedelta(minutes=9), answers=album)
    _done(shop, number, chat, names, now)
    world.names["lost"] = chat.messages.get(state=State.UNKNOWN).pk
    return chat.pk


def _answered(shop: Cast, chat: Conversation, names: Iterator[str], at: datetime, *, answers: str) -> None:
    scope, bruno = Scope(shop.workspace.pk), Actor.agent(shop.bruno)
    for turn, state in enumerate(FATES):
        answered = Message.objects.get(external_id=answers, account=chat.account_id).pk if not turn else None
        when = at + timedelta(seconds=turn)
        text = f"Ya te cuento ({turn})"
        said = lifecycle.reply(chat.pk, text, scope=scope, by=bruno, at=when, reply_to=answered).message
        error = {"code": 131026, "text": "Message undeliverable"} if state == State.FAILED else None
        key = next(names) if state not in {State.QUEUED, State.SENDING, State.UNKNOWN} else None
        Message.objects.filter(pk=said.pk).update(state=state, error=error, external_id=key)
    Outgoing.objects.filter(conversation_id=chat.pk).delete()
    Message.objects.create(
        workspace_id=shop.workspace.pk, account=chat.account, conversation=chat, direction="out", kind="text",
        text="Te llamo al rato", at=at + timedelta(minutes=1), created_at=at, author_kind="app",
        external_id=next(names), state=State.READ,
    )  # fmt: skip


def _done(shop: Cast, number: Account, chat: Conversation, names: Iterator[str], now: datetime) -> None:
    """Reacted to, edited, deleted."""
    at = now - timedelta(minutes=3)
    for kind, text in ((Kind.REACTION, "❤️"), (Kind.EDIT, "Mejor la talla L"), (Kind.UNSEND, "")):
        target = next(names)
        shop.write("Lía Restrepo", "La talla M", account=number, external_id=target, at=at)
        annotate([Annotation(number.pk, next(names), target, kind, ("visitor", "Lía Restrepo"), text, at=now)])


def _attach(
    world: World, message: Message, kind: Kind, mime: str, state: FileState, name: str, position: int = 0
) -> None:
    key = new_key(message.workspace_id, message.at) if state == FileState.STORED else ""
    is_picture = mime.startswith("image/")
    content = _picture(position) if is_picture else b"OggS" + bytes(400)
    if key:
        world.files[key] = content
    Attachment.objects.create(
        message=message, workspace_id=message.workspace_id, account_id=message.account_id,
        conversation_id=message.conversation_id, position=position, kind=kind, mime=mime, name=name,
        size=len(content) if key else None, state=state, file=key, width=400 if is_picture else None,
        height=300 if is_picture else None, created_at=message.at,
        error="The channel no longer has this file." if state == FileState.FAILED else "",
    )  # fmt: skip


def _picture(turn: int) -> bytes:
    file = BytesIO()
    hue = [(38, 92, 140), (196, 120, 60), (70, 130, 90)][turn]
    picture = Image.linear_gradient("L").resize((400, 300))
    Image.merge("RGB", [picture.point(lambda light, c=c: light * c // 255) for c in hue]).save(file, "PNG")
    return file.getvalue()


def _templates(app: MetaApp, language: str) -> int:
    body = "Hola {{1}}, tu pedido {{2}} ya salió hacia tu casa. Puedes seguirlo en nuestra página."
    examples = {"body_text": [["Lía", "4417"]]}
    for name, text in (("pedido_enviado", body), ("recordatorio_de_cita_para_el_taller", "Te esperamos mañana")):
        header = {"type": "HEADER", "format": "IMAGE"}
        components: list[dict[str, Any]] = [{"type": "BODY", "text": text}]
        if "{{" in text:
            components[0]["example"] = examples
            components.insert(0, header)
            components.append({"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Gracias"}]})
        Template.objects.create(
            app=app, line=f"w{language}", external_id=name[:20], name=name, language="es_CO", status="APPROVED",
            category="UTILITY", components=components,
        )  # fmt: skip
    return Template.objects.get(app=app, name="pedido_enviado").pk
