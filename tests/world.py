"""What every screen is looked at with: a busy inbox, an empty one, and one whose plan ended.

Names and words in it are long where people's are long, so that a narrow screen shows what it does with them.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import accumulate, count
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils.translation import override
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from bandeja.api import tokens
from bandeja.api.models import Scope as Scopes
from bandeja.bulk import asking
from bandeja.bulk.models import Bulk, Verb
from bandeja.channels import accounts, reading
from bandeja.channels.contract import Inbound, Kind
from bandeja.channels.models import Account, ChannelKey, Health, MetaApp, Receipt, Template
from bandeja.channels.secret import seal
from bandeja.channels.webchat import visitor
from bandeja.closing import calendars, coverage, pauses, rules
from bandeja.closing.models import Inclusion, Rule, Setback
from bandeja.closing.models import Stage as Included
from bandeja.closing.options import Options
from bandeja.conversations import contacts, fields, lifecycle, tags
from bandeja.conversations.actor import SYSTEM, Actor
from bandeja.conversations.identities import Double, suggest_merges
from bandeja.conversations.models import Cause, Closure, Colour, Conversation
from bandeja.conversations.scope import Scope
from bandeja.demo import names, phones
from bandeja.flows import flows
from bandeja.flows.models import Flow, Run, Taken
from bandeja.flows.samples import SAMPLES
from bandeja.hours import drafts as hours
from bandeja.hours.models import Calendar
from bandeja.imports import taking
from bandeja.imports.models import Import, Row, Stage
from bandeja.inbox import saved
from bandeja.inbox.filters import Filters
from bandeja.inbox.settings.connecting import CHOOSING
from bandeja.inbox.ways import WAYS
from bandeja.notifications.models import Device, Notification
from bandeja.notifications.models import Kind as Told
from bandeja.people import links, members, roles, teams
from bandeja.people.clock import database_now
from bandeja.people.models import Agent, Plan, Workspace
from bandeja.quickreplies.models import QuickReply
from bandeja.webhooks import endpoints
from bandeja.webhooks.models import Attempt, Delivery, Webhook, WebhookMessage
from tests import meta, reported
from tests.cast import Cast, make_cast

BACKEND = "bandeja.people.signedin.SignedIn"
PASSWORD = "caballo-verde-77"
LONG_NAME = "María Fernanda de los Ángeles Echeverry-Montealegre"
LONG_WORD = "https://tienda.example/pedidos/" + "4417" * 30
GREETING = "Hola, ¿la Ruta 28 azul en talla M la puedo ver hoy en la tienda?"


@dataclass
class World:
    """Who may look, and what stands for what in an address such as `/inbox/{thread}`."""

    people: dict[str, Agent]
    sessions: dict[str, str] = field(default_factory=dict)
    names: dict[str, object] = field(default_factory=dict)
    visitor_token: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    """What the storage holds, by its keys."""


def make(language: str, graph_url: str) -> World:
    """Ana and Bruno have a busy inbox; Carla has nothing yet; Darío is all quiet, on a plan without closing rules;
    Fabio has paused closing, and an account of his has a fault.

    Olga plays customers on the stand-in at `graph_url`; Pía would, but hers does not answer.

    They read in `language`, and so do their visitors; worlds in several languages stand side by side.
    """
    shop = make_cast("Tienda Sol y Montaña de los Andes", f"ana@{language}.example", f"bruno@{language}.example")
    carla = links.make_agent(
        links.make_workspace("Otra"), f"carla@{language}.example", role="admin", name="Carla Peña"
    )
    world = World({"ana": shop.ana, "bruno": shop.bruno, "carla": carla, "dario": _whose_plan_ended(language)})
    world.people["fabio"] = _who_paused(world, language)
    world.people["olga"] = _who_plays("Olga", language, graph_url)
    world.people["pia"] = _who_plays("Pía", language, "http://127.0.0.1:9")
    _team(shop, world, language)
    _rules(shop, world)
    _conversations(shop, world)
    week = Filters(days="7", owner="mine")
    world.names["view"] = saved.keep(shop.ana, week, name="Mis conversaciones de la semana", shared=False).pk
    saved.keep(shop.bruno, Filters(state="closed"), name="Cerradas que conviene volver a mirar", shared=True)
    meta.make(shop, world, language)
    _meta(shop, world, language)
    world.names["contact"] = Conversation.objects.get(pk=str(world.names["everything"])).contact_id
    _parked(shop)
    _bulks(shop)
    _undoings(shop, world)
    _quick_replies(shop, world)
    _imports(shop, world)
    reported.make(shop)
    with override(language):
        _flows(shop, world)
    _webhooks(shop, world)
    world.names["token"] = tokens.make(shop.ana, name="CRM de la tienda", scopes=Scopes, by=shop.ana)[0].pk
    _links(shop, world, language)
    _speak(world, language)
    world.sessions = {who: _session(agent) for who, agent in world.people.items()}
    _secure(shop, world)
    _choosing_numbers(world)
    return world


def _whose_plan_ended(language: str) -> Agent:
    quiet = make_cast("Quieta", f"dario@{language}.example", f"elisa@{language}.example")
    quiet.rule(name="Ventas", amount=2, unit="hours")
    coverage.entitle(quiet.workspace, plan=Plan.BASIC, addons=[])
    return quiet.ana


def _who_paused(world: World, language: str) -> Agent:
    paused = make_cast("Pausada", f"fabio@{language}.example", f"gina@{language}.example")
    faulty = accounts.connect(paused.workspace, ChannelKey.API, name="Aplicación de pedidos y devoluciones")
    paused.rule(paused.chat, faulty, name="Ventas", amount=25)
    world.names["withheld"] = paused.write("Camila Andrea Restrepo", text=GREETING).pk
    Health.objects.create(account=faulty, has_valid_token=False)
    pauses.follow()
    for why in (
        "Prueba de la nueva línea",
        f"Se cayó la línea de la costa y nadie recibe mensajes; {LONG_WORD}"[:200],
    ):
        pauses.resume(paused.workspace, by=paused.ana)
        pauses.pause(paused.workspace, by=paused.ana, why=why)
    return paused.ana


def _who_plays(name: str, language: str, graph_url: str) -> Agent:
    workspace = links.make_workspace(f"Juego de {name}")
    app = phones.connect(workspace)
    MetaApp.objects.filter(pk=app.pk).update(graph_url=graph_url)
    email = f"{names.plain(name)}@{language}.example"
    return links.make_agent(workspace, email, role="admin", name=name)


def _team(shop: Cast, world: World, language: str) -> None:
    for agent in (shop.ana, shop.bruno):
        agent.set_password(PASSWORD)
        agent.save(update_fields=["password"])
    former = links.make_agent(
        shop.workspace, f"maria.fernanda.echeverry@tienda-de-los-andes.{language}.example", name=LONG_NAME
    )
    members.deactivate(former, by=shop.ana)
    people = {shop.ana.pk, shop.bruno.pk}
    team = teams.save(
        shop.workspace, "Ventas de la costa y los Andes", members=people, leaders={shop.bruno.pk}, by=None
    )
    world.names["team"] = team.pk
    allowed = ["manage_closing", "manage_people", "see_all", "see_reports"]
    lead = roles.make(shop.workspace, name="Coordinación de turno y calidad", permissions=allowed, by=shop.ana)
    world.names["role"] = lead.pk


def _hours(shop: Cast, rule: Rule) -> Calendar:
    """Those of the shop, and others that a rule counts by."""
    week = [[(540, 780), (900, 1_110)]] * 4 + [[(540, 840)], [(600, 780)], []]
    draft = hours.Draft("Atención de la tienda", "America/Santiago", week, country="CL", subdivision="RM")
    draft = replace(draft, exceptions=[(date(2026, 12, 24), [(540, 720)]), (date(2026, 12, 31), [])])
    made = calendars.save(shop.workspace, draft, by=shop.ana)
    draft = replace(draft, name="Turno de noche", week=[[(1_320, 1_800)]] * 7, country="", exceptions=[])
    night = calendars.save(shop.workspace, draft, by=shop.ana)
    by_night = Options(calendar=night.pk)
    same = rules.Draft(rule.name, rule.amount, rule.unit, rule.reason, [*_accounts(rule)], options=by_night)
    rules.save(shop.workspace, same, by=shop.ana, rule_id=rule.pk)
    return made


def _accounts(rule: Rule) -> list[int]:
    return list(rule.coverage.values_list("account_id", flat=True))


def _used(rule: Rule) -> int:
    """The calendar it counts by."""
    return Rule.objects.values_list("calendar_id", flat=True).get(pk=rule.pk) or 0


def _rules(shop: Cast, world: World) -> None:
    app = accounts.connect(shop.workspace, ChannelKey.API, name="Aplicación de pedidos y devoluciones")
    gone = accounts.connect(shop.workspace, ChannelKey.WEBCHAT, name="Chat del sitio anterior")
    ventas = shop.rule(name="Ventas", amount=25)
    orders = shop.rule(app, name="Pedidos de la aplicación sin respuesta", amount=7, unit="days")
    idle = shop.rule(gone, name="Sitio anterior", amount=90)
    _who_comes_back(shop, gone)
    accounts.disconnect(gone)
    rules.switch_off(idle.pk, workspace=shop.workspace, by=shop.bruno)
    world.names |= {"chat": shop.chat.pk, "key": shop.chat.external_id, "api": app.pk, "gone": gone.pk}
    world.names |= {
        "rule": ventas.pk,
        "app": app,
        "calendar": _hours(shop, orders).pk,
        "calendar_used": _used(orders),
    }
    _inclusions(shop, world, ventas)


def _inclusions(shop: Cast, world: World, ventas: Rule) -> None:
    """One that came to its end, with some left out, and one that is under way."""
    now = database_now()
    more: dict[str, Any] = {"workspace": shop.workspace, "created_at": now - timedelta(hours=3)}
    done = Inclusion.objects.create(
        rule_id=ventas.pk, rule_name=ventas.name, agent=shop.ana, stage=Included.ENDED, total=1_204, included=1_190,
        uncovered=9, passed=5, ended_at=now - timedelta(hours=3), **more,
    )  # fmt: skip
    other = Rule.objects.exclude(pk=ventas.pk).get(workspace=shop.workspace, amount=7)
    going = Inclusion.objects.create(
        rule_id=other.pk, rule_name=other.name, agent=shop.bruno, stage=Included.INCLUDING, total=48_300,
        included=21_500, with_save=True, **more,
    )  # fmt: skip
    world.names |= {"inclusion": done.pk, "rule_including": going.rule_id}


def _who_comes_back(shop: Cast, account: Account) -> None:
    """Somebody who has written for months, now after minutes and now after days: enough to say something by."""
    now, identity = database_now(), ("visitor", "elena")
    pauses = accumulate([0.2, 0.4, 0.8, 1.5, 3, 6, 10, 18, 20, 22, 30, 40] * 10)
    said = [now - timedelta(days=88) + timedelta(hours=hours) for hours in pauses]
    told: dict[str, Any] = {"account_id": account.pk, "identity": identity, "name": "Elena Duarte", "text": "¿Hay?"}
    came = [Inbound(external_id=f"elena-{number}", received_at=at, **told) for number, at in enumerate(said)]
    lifecycle.receive(came, clock=coverage.clock)
    theirs = list(Conversation.objects.filter(account=account).values_list("pk", flat=True))
    scope = Scope(shop.workspace.pk)
    lifecycle.close(theirs, scope=scope, reason="Compró", cause=Cause.AGENT, by=Actor.agent(shop.ana))
    lifecycle.mark_read(theirs, scope=scope)


def _conversations(shop: Cast, world: World) -> None:
    now = database_now()
    for number in range(12):
        shop.write(f"Cliente {number}", text=GREETING, at=now - timedelta(days=2, hours=number))
    app = world.names.pop("app")
    assert isinstance(app, Account)
    shop.write(
        LONG_NAME, text=LONG_WORD, account=app, email=f"{'maria' * 8}@correo.example", phone="+57 300 555 0134"
    )
    waiting = shop.write("Berta", text=GREETING, at=now - timedelta(hours=30))
    to = lifecycle.To(team_id=int(str(world.names["team"])))
    lifecycle.transfer([waiting.pk], to, scope=Scope(shop.workspace.pk), by=Actor.agent(shop.ana))
    world.names["closed"] = _closed(shop, now)
    _told(shop, int(str(world.names["closed"])), now)
    _stepped_aside(shop)
    world.names["thread"] = _busy(shop, world, now)
    _tags(shop, world, int(str(world.names["thread"])))
    _contact(shop, world, int(str(world.names["thread"])))


def _stepped_aside(shop: Cast) -> None:
    """Two that a rule could not close, and that are tried again later."""
    for number, error in enumerate(("canceling statement due to lock timeout", f"value too long: {LONG_WORD}")):
        stuck = shop.write(f"Cliente que no se pudo cerrar {number}", text=GREETING)
        at = database_now()
        Setback.objects.create(
            conversation_id=stuck.pk, workspace_id=shop.workspace.pk, failures=number + 1, error=error, at=at
        )


def _tags(shop: Cast, world: World, thread: int) -> None:
    """One of each colour; the busy thread has some, the longest among them."""
    called = ["VIP", "Pedido atrasado por la transportadora", "Talla M", "Ruta 28", "Garantía", "Mayorista", "Cúcuta"]
    made = [tags.make(shop.workspace.pk, name, colour) for name, colour in zip(called, Colour.values, strict=False)]
    tags.tag([thread], [tag.pk for tag in made[:3]], scope=Scope(shop.workspace.pk))
    world.names["tag"] = made[0].pk


def _imports(shop: Cast, world: World) -> None:
    """A file whose columns are to be chosen, one to be confirmed, and one under way."""
    rows = "".join(f"Clienta {number};300 555 {number:04};Bogotá\n" for number in range(12))
    text = f"Nombre;Teléfono;Barrio\n{rows}{LONG_WORD};no tiene;Bogotá\n;300 555 0001;\n".encode()
    for name, agent in (("import", shop.ana), ("import_ready", shop.bruno), ("import_running", shop.bruno)):
        taken = taking.take(agent, f"clientes-de-la-feria-{name}.csv", text)
        world.names[name] = taken.pk
        if name != "import":
            Import.objects.filter(pk=taken.pk).update(agent=shop.ana)
            taking.match(taken.pk, ["name", "phone", ""], calling="57", keeps=False)
    ready, running = int(str(world.names["import_ready"])), int(str(world.names["import_running"]))
    Import.objects.filter(pk=running).update(stage=Stage.WRITING, cursor=8)
    for row in Row.objects.filter(batch=ready).order_by("number")[:1]:
        Row.objects.filter(pk=row.pk).update(outcome="changed", tags=["VIP", "Feria"])


def _contact(shop: Cast, world: World, thread: int) -> None:
    """What may be known of a contact, and who else they may be."""
    lia, double = Conversation.objects.get(pk=thread).contact, shop.write("Lía R.", email="lia@otra.example")
    told = {"email": "lia.restrepo@correo.example", "phone": "+57 300 555 0134"}
    for name, kind, said in (
        ("Ciudad donde recibe sus pedidos", "choice", "Santa Fe de Antioquia"), ("Talla", "text", "M"),
        ("Cumpleaños", "date", "1994-02-28"), ("Compras", "number", "12.5"),
    ):  # fmt: skip
        field = fields.make(shop.workspace.pk, name, kind, [said, "Cúcuta"])
        told[str(field.pk)] = said
        world.names["field"] = field.pk
    contacts.edit(lia.pk, told, seen={})
    note = contacts.note(lia, f"Prefiere que la llamen por la tarde. {LONG_WORD}", by=Actor.agent(shop.ana))
    world.names["note"] = note.pk
    suggest_merges([Double(shop.workspace.pk, lia.pk, double.contact_id, "x")])
    blocked = shop.write("Vendedor de seguros", text="Última oportunidad")
    contacts.block(blocked.contact_id, by=Actor.agent(shop.bruno))
    world.names["blocked"] = blocked.pk
    kept = shop.write("Amparo Giraldo", text="Me avisas cuando llegue, por favor.")
    until, reason = database_now() + timedelta(days=3), "Espera el pedido que llega el jueves"
    lifecycle.keep([kept.pk], until=until, reason=reason, scope=Scope.of(shop.ana), by=Actor.agent(shop.ana))
    world.names["kept"] = kept.pk
    snoozed = shop.write("Benjamín Rúa", text="El lunes te confirmo la talla.")
    lifecycle.snooze(
        [snoozed.pk], until=until, reason="Confirma la talla", scope=Scope.of(shop.ana), by=Actor.agent(shop.ana)
    )
    world.names["snoozed"] = snoozed.pk


def _closed(shop: Cast, now: datetime) -> int:
    chat = shop.write("Óscar", text="¿Tienen cascos?", at=now - timedelta(hours=5))
    _close(shop, chat, "Compró en la tienda", now - timedelta(hours=4))
    return chat.pk


def _told(shop: Cast, closed: int, now: datetime) -> None:
    """Ana's bell has rung for two, and she is told on a telephone too."""
    written = Conversation.objects.get(contact__name=LONG_NAME, workspace=shop.workspace)
    known = {"workspace_id": shop.workspace.pk, "agent": shop.ana}
    Notification.objects.create(**known, conversation=written, kind=Told.MESSAGE, count=3, at=now)
    Notification.objects.create(
        **known, conversation_id=closed, kind=Told.ASSIGNED, actor_id=shop.bruno.pk, at=now, read_at=now
    )
    Device.objects.create(agent=shop.ana, endpoint=f"https://push.example/{shop.ana.pk}", name="Chrome · Android")


def _close(shop: Cast, chat: Conversation, reason: str, at: datetime) -> None:
    lifecycle.close(
        [chat.pk], reason=reason, cause=Cause.AGENT, scope=Scope(shop.workspace.pk), by=Actor.agent(shop.bruno), at=at
    )


def _busy(shop: Cast, world: World, now: datetime) -> int:
    """A thread with everything in it: both sides, a note, a file, what cannot be broken, markers, a running clock."""
    scope, bruno = Scope(shop.workspace.pk), Actor.agent(shop.bruno)
    who, world.visitor_token = visitor.make(shop.chat.external_id)
    ids = (f"{who}:{number}" for number in count())

    def write(text: str, **more: Any) -> Conversation:
        return shop.write(who, text, name="Lía", external_id=next(ids), **more)

    chat = write("Buenas tardes", at=now - timedelta(days=1))
    _close(shop, chat, "Sin respuesta del contacto, se le escribe la próxima semana", now - timedelta(hours=20))
    write(f"Mira {LONG_WORD}", at=now - timedelta(minutes=20))
    lifecycle.reply(
        chat.pk, "Claro que sí, te la aparto. " * 12, scope=scope, by=bruno, at=now - timedelta(minutes=9)
    )
    lifecycle.reply(chat.pk, "Es clienta de siempre", scope=scope, by=bruno, at=now - timedelta(minutes=8), note=True)
    lifecycle.assign([chat.pk], shop.bruno.pk, scope=scope, by=Actor.agent(shop.ana))
    write("", kind=Kind.IMAGE)
    write("X" * 300)
    return chat.pk


def _meta(shop: Cast, world: World, language: str) -> None:
    """An app with a healthy number, one without templates, a page that ails, and a profile that is disconnected."""
    place = world.people["ana"].workspace_id
    app = MetaApp.objects.create(
        workspace=shop.workspace,
        key=f"key-{language}",
        name="Tienda Sol y Montaña de los Andes",
        app_id=f"5550{place}",
        secret="s",
        verify_token="v" * 32,
        verified_at=database_now() - timedelta(days=3),
        refused=2,
        refused_at=database_now() - timedelta(hours=5),
    )
    config = {"waba": f"102{place}", "phone": "+57 300 555 0134", "username": "tienda.sol", "login": "page"}

    def connect(channel: ChannelKey, name: str, waba: str = "") -> Account:
        told = {**config, "waba": waba or config["waba"]}
        known = {"name": name, "external_id": f"17841{place}{name[:1]}", "app": app, "config": told, "token": "t"}
        return accounts.connect(shop.workspace, channel, **known)  # type: ignore[arg-type]  # one set of arguments for several calls

    number = connect(ChannelKey.WHATSAPP, "Tienda Sol y Montaña +57 300 555 0134")
    bare = connect(ChannelKey.WHATSAPP, "Bodega", waba="7")
    page = connect(ChannelKey.MESSENGER, "Tienda Sol y Montaña de los Andes")
    profile = connect(ChannelKey.INSTAGRAM, "@tienda.sol.y.montana")
    now = database_now()
    fine = {"has_valid_token": True, "is_subscribed": True, "quality": "GREEN", "tier": "TIER_2K"}
    Health.objects.filter(account__in=[number, bare]).update(**fine, checked_at=now, last_delivery_at=now)
    broken = {"fault": "token", "code": 190, "subcode": 463, "text": "Session has expired"}
    Health.objects.filter(account=page).update(
        has_valid_token=False, is_subscribed=True, error=broken, error_at=now - timedelta(minutes=40), checked_at=now
    )
    accounts.disconnect(profile)
    _templates(app, config["waba"])
    spare = {"key": f"spare-{language}", "name": "Una prueba de hace un año", "app_id": f"5551{place}"}
    idle = MetaApp.objects.create(workspace=shop.workspace, secret="s", verify_token="v" * 32, **spare)
    world.names |= {"meta": app.pk, "number": number.pk, "bare": bare.pk, "ailing": page.pk, "profile": profile.pk}
    world.names["idle"] = idle.pk


def _templates(app: MetaApp, waba: str) -> None:
    text = "Hola {{1}}, tu pedido {{2}} va en camino."
    body = {"type": "BODY", "text": text, "example": {"body_text": [["Lía", "4417"]]}}
    buttons = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Ver el pedido"}]}
    known = {"app": app, "line": waba, "language": "es_CO", "components": [body, buttons]}
    for name, category, status, more in (
        ("aviso_de_pedido_en_camino_a_la_direccion_del_cliente", "UTILITY", "APPROVED", {"quality": "YELLOW"}),
        ("oferta_de_temporada", "MARKETING", "REJECTED", {"rejected_reason": "TAG_CONTENT_MISMATCH"}),
        ("recordatorio", "UTILITY", "PENDING", {}),
    ):
        Template.objects.create(external_id=name[:9], name=name, category=category, status=status, **known, **more)


def _choosing_numbers(world: World) -> None:
    """Ana has had a WhatsApp token checked, and is about to choose among its numbers."""
    session = SessionStore(world.sessions["ana"])
    number = {"channel": "whatsapp", "config": {"waba": "102"}, "quality": "GREEN", "tier": ""}
    found = [{**number, "external_id": f"10{each}", "name": f"{LONG_NAME} +57 300 {each}"} for each in range(3)]
    session[CHOOSING] = {"app": world.names["meta"], "token": seal("t"), "found": found}
    session.save()


def _parked(shop: Cast) -> None:
    now = database_now()
    item = {"item": {"contact": {"id": ""}, "text": "Hola" * 40}, "reason": reading.NO_TEXT}
    body = json.dumps({"messages": [{"id": "1" * 200}]}).encode()
    kept = {"account_id": shop.chat.pk, "channel": shop.chat.channel, "body": body, "parked_at": now}
    Receipt.objects.create(**kept, error=reading.NOT_JSON)
    Receipt.objects.create(**kept, bad_items=[item], processed_at=now)


def _bulks(shop: Cast) -> None:
    """Bruno closes thousands, and not all that he marked read could be."""
    kept: dict[str, Any] = {"workspace": shop.workspace, "agent": shop.bruno, "confirmed_at": database_now()}
    counts = {"done": 118, "newer": 2, "already": 1, "unavailable": 3}
    ended = database_now() + timedelta(hours=1)
    Bulk.objects.create(**kept, **counts, verb=Verb.READ, total=124, frozen_at=ended, ended_at=ended)
    Bulk.objects.create(**kept, verb=Verb.CLOSE, reason="Limpieza", total=12_480, done=3_120, frozen_at=ended)


def _undoings(shop: Cast, world: World) -> None:
    """What the rule Ventas and Ana closed today; what was taken back with some left, and what is just now."""
    scope, ventas = Scope(shop.workspace.pk), Rule.objects.get(pk=int(str(world.names["rule"])))
    at = database_now() - timedelta(hours=3)
    by_rule: dict[str, Any] = {"reason": ventas.reason, "cause": Cause.RULE, "by": SYSTEM}
    closed = [shop.write(f"Cliente cerrado {number}", text=GREETING, at=at) for number in range(6)]
    ids = [each.pk for each in closed]
    lifecycle.close(ids[:4], scope=scope, at=at + timedelta(hours=1), **by_rule)
    Closure.objects.filter(conversation_id__in=ids[:4]).update(
        rule_id=ventas.pk, rule_name=ventas.name, rule_amount=ventas.amount, rule_unit=ventas.unit
    )
    lifecycle.reply(ids[0], "Ya pagó", scope=scope, by=Actor.agent(shop.ana), note=True)
    lifecycle.assign([ids[1]], shop.bruno.pk, scope=scope, by=Actor.agent(shop.ana))
    chosen = asking.Chosen(ids[4:])
    bulk = asking.begin(shop.ana, Verb.CLOSE, chosen, ways=WAYS, reason="Limpieza de fin de mes en las dos tiendas")
    world.names["closing_bulk"] = bulk.pk
    now = database_now()
    kept: dict[str, Any] = {
        "workspace": shop.workspace, "agent": shop.ana, "verb": Verb.UNDO, "rule_id": ventas.pk, "name": ventas.name,
        "since": at, "until": now, "confirmed_at": now, "frozen_at": now, "read_at": now,
    }  # fmt: skip
    counts = {"done": 118, "newer": 2, "already": 1, "changed": 4, "unavailable": 3}
    world.names["undoing"] = Bulk.objects.create(**kept, **counts, total=128, ended_at=now).pk
    world.names["undoing_now"] = Bulk.objects.create(**kept, total=12_480, done=3_120, newer=18).pk
    Bulk.objects.filter(pk=bulk.pk).update(read_at=now)


def _flows(shop: Cast, world: World) -> None:
    """One that is on, has run and was held back in the thread; and one with something missing."""
    for name, sample in (("flow", "welcome"), ("lacking", "survey")):
        chosen = SAMPLES[sample]
        world.names[name] = flows.make(shop.workspace, str(chosen.name), chosen.draft(), by=shop.ana).pk
    mine = Flow.objects.get(pk=int(str(world.names["flow"])))
    version = flows.publish(mine, by=shop.ana)
    flows.switch(mine, on=True, by=shop.ana)
    thread = Conversation.objects.get(pk=int(str(world.names["thread"])))
    world.names |= {"step": "s1", "place": "main", "kind": "close"}
    for number, state in enumerate(("done", "parked", "waiting")):
        run = Run.objects.create(
            workspace_id=shop.workspace.pk, flow=mine, version=version, conversation=thread, state=state,
            position="s2", why="sends" if state == "parked" else "", event_number=-1 - number,
            due_at=database_now() + timedelta(days=1) if state == "waiting" else None,
            ended_at=database_now() if state == "done" else None,
        )  # fmt: skip
        world.names["run"] = run.pk
        for place, (step, kind, outcome, why) in enumerate(
            [("s1", "send_text", "held", "window"), ("s2", "if_owned", "no", ""), ("s3", "assign", "done", "")]
        ):
            Taken.objects.create(
                run=run, number=place, contact_id=thread.contact_id, step=step, kind=kind, outcome=outcome, why=why
            )


def _webhooks(shop: Cast, world: World) -> None:
    """One that fares well, with a log; one that was disabled by itself; one that fails; and one nobody wants now."""
    made = [
        endpoints.add(shop.workspace, name=name, url=f"https://{host}/{LONG_WORD[-60:]}", events=told, by=shop.ana)[0]
        for name, host, told in (
            ("CRM", "crm.tienda.example", endpoints.EVENTS),
            ("Tablero de ventas de la costa y los Andes", "tablero.example", ["conversation_closed"]),
            ("Bot de bienvenida", "bot.example", ["conversation_opened"]),
            ("Hoja de cálculo", "hoja.example", ["message_received"]),
        )
    ]
    crm, gone, failing, unwanted = (webhook.pk for webhook in made)
    Webhook.objects.filter(pk=gone).update(disabled_at=database_now(), disabled_why="failing")
    Webhook.objects.filter(pk=failing).update(failing_since=database_now() - timedelta(hours=2), failures=3)
    endpoints.disable(unwanted, by=shop.ana)
    log = []
    for _ in range(3):
        message_id = endpoints.test(made[0])
        WebhookMessage.objects.filter(pk=message_id).update(
            kind="conversation_closed", body=json.dumps({"type": "conversation_closed", "data": {"text": LONG_WORD}})
        )
        log.append(message_id)
    fates = (("delivered", 200, ""), ("failed", 500, "refused"), ("waiting", 0, "too_slow"))
    for message_id, (state, status, failure) in zip(log, fates, strict=True):
        delivery = Delivery.objects.filter(webhook=crm, message_id=message_id)
        delivery.update(state=state, status=status, failure=failure, look_at=None, tries=1, ms=184)
        Attempt.objects.create(
            webhook_id=crm, message_id=message_id, ms=184, status=status, failure=failure, body="<p>" + LONG_WORD,
            request_headers={"webhook-id": f"evt_{message_id}"}, headers={"content-type": "text/html"},
        )  # fmt: skip
    endpoints.test(made[0])
    world.names |= {"webhook": crm, "webhook_gone": gone, "webhook_failing": failing, "webhook_unwanted": unwanted}
    world.names |= {"told": log[0], "told_failed": log[1], "told_waiting": log[2] + 1}


def _quick_replies(shop: Cast, world: World) -> None:
    hours = "Hola {{contact.first_name}}, abrimos de lunes a sábado de 9 a 6. Te esperamos en la Calle 10 # 43-21."
    reply = QuickReply.objects.create(workspace=shop.workspace, word="horario", text=hours)
    QuickReply.objects.create(
        workspace=shop.workspace, agent=shop.ana, word="firma", text="Te saluda {{agent.name}}."
    )
    world.names["reply"] = reply.pk


def _links(shop: Cast, world: World, language: str) -> None:
    """The doors of those who are not in yet."""
    invited = links.make_agent(shop.workspace, f"nora@{language}.example", name="Nora")
    key = f"{user_pk_to_url_str(shop.bruno)}-{default_token_generator.make_token(shop.bruno)}"
    world.names |= {"invited": links.link(invited, ""), "reset": key, "person": invited.pk, "first": _first_link()}


def _first_link() -> str:
    """The install's first administrator, one for all worlds."""
    first = Agent.objects.filter(email=links.FIRST_EMAIL).first()
    return links.link(first or links.make_agent(links.make_workspace("Bandeja"), links.FIRST_EMAIL, role="admin"), "")


def _speak(world: World, language: str) -> None:
    ours = [agent.workspace_id for agent in world.people.values()]
    Workspace.objects.filter(pk__in=ours).update(language=language)
    Agent.objects.filter(workspace__in=ours).update(language=language)


def _secure(shop: Cast, world: World) -> None:
    """Ana has a passkey and recovery codes, and confirmed that it is her; in `half` she gave her password only."""
    RecoveryCodes.activate(shop.ana)
    passkey = {"name": "Teléfono", "credential": _credential()}
    world.names["passkey"] = Authenticator.objects.create(user=shop.ana, type="webauthn", data=passkey).pk
    half = Client()
    half.post("/accounts/login/", {"login": shop.ana.email, "password": PASSWORD})
    world.sessions["half"] = half.cookies["bandeja_session"].value
    session = SessionStore(world.sessions["ana"])
    # Tomorrow, so that it is of late however long the looking takes.
    confirmed = {"method": "password", "at": time.time() + 86_400, "reauthenticated": True}
    session["account_authentication_methods"] = [confirmed]
    session["account_authentication_methods_user"] = str(shop.ana.pk)
    session.save()


def _credential() -> dict[str, Any]:
    """What a device would have answered; nobody has the key it speaks of."""
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())  # type: ignore[no-untyped-call]  # fido2 has no types for it
    credential = AttestedCredentialData.create(Aaguid.NONE, b"telefono", key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    told = AttestationObject.create("none", AuthenticatorData.create(b"0" * 32, flags, 0, credential), {})
    client = CollectedClientData.create(CollectedClientData.TYPE.CREATE, b"0" * 32, "http://localhost")
    name = websafe_encode(b"telefono")
    said = {"clientDataJSON": websafe_encode(client), "attestationObject": websafe_encode(told)}
    return {"id": name, "rawId": name, "type": "public-key", "response": said, "clientExtensionResults": {}}


def _session(agent: Agent) -> str:
    """The cookie of somebody who signed in."""
    client = Client()
    client.force_login(agent, backend=BACKEND)
    return client.cookies["bandeja_session"].value
