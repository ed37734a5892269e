"""Loads the demo into a workspace that has none: colleagues, accounts, a rule, a year of conversations, and words."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from bandeja.channels import accounts
from bandeja.channels.api.channel import EXTERNAL
from bandeja.channels.contract import Inbound
from bandeja.channels.models import Account, ChannelKey
from bandeja.channels.webchat.channel import VISITOR
from bandeja.closing import coverage, rules
from bandeja.closing.models import Rule, Unit
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import Actor
from bandeja.conversations.models import Conversation, Message, Status
from bandeja.conversations.scope import Scope
from bandeja.demo import names, past, phones, words
from bandeja.demo.rhythm import YEAR, Rhythm
from bandeja.people import links
from bandeja.people.clock import database_now
from bandeja.people.models import Agent, Permission, Workspace

SEED = 28
OWN = 6
"""How many of the open conversations a colleague hands to the newcomer."""
ARRIVING = (
    # channel, minutes ago, name, text
    ("api", 9, "Ofelia Carvajal", "Buenas, el pedido CA-4417 llegó pero falta la canasta. ¿Me la pueden enviar?"),
    ("web", 6, "Ulises Bermúdez", "Hola, ¿la Ruta 28 azul en talla M la puedo ver hoy en la tienda?"),
    ("api", 4, "Carmenza Ospina", "¿Me confirman si mi bicicleta ya salió del taller? La dejé el viernes"),
    ("web", 2, "", "Hola, ¿hacen envíos?"),
    ("api", 1, "Efraín Casallas", "Listo, ya pagué. ¿Qué día me llega?"),
)


class Refused(Exception):
    """The demo was not loaded; the message is a sentence for people."""


def make() -> str:
    """Load the demo into the first workspace; answers what was done, or why nothing was."""
    workspace = Workspace.objects.order_by("pk").first()
    if workspace is None:
        return _("There is no workspace yet. Start Bandeja first, then load the sample data.")
    try:
        return load(workspace)
    except Refused as refused:
        return str(refused)


def load(workspace: Workspace) -> str:
    """Load the demo into this workspace, all of it or nothing; answers what was done. Raises Refused."""
    with transaction.atomic():
        # Held, so that of two who ask at once the second finds the first one's conversations.
        workspace = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        _refuse(workspace)
        rng = Random(SEED)  # noqa: S311  made-up conversations, the same every time
        rhythm = Rhythm(database_now(), ZoneInfo(workspace.time_zone), rng)
        team = _team(workspace)
        web, api = _accounts(workspace)
        past.write(past.Shop(web, api, _rule(workspace, api, team[0], rhythm), team, rhythm, rng))
        _hand_over(workspace, team[0], rng)
        _arrive({"web": web, "api": api}, rhythm)
        words.write(workspace, rng)
        phones.connect(workspace)
    return _("Loaded %(conversations)d made-up conversations with %(messages)d messages, and six colleagues.") % {
        "conversations": Conversation.objects.filter(workspace=workspace).count(),
        "messages": Message.objects.filter(workspace_id=workspace.pk).count(),
    }


def _refuse(workspace: Workspace) -> None:
    if Conversation.objects.filter(workspace=workspace).exists():
        raise Refused(_("There are conversations already, so nothing was added: sample data is for an empty inbox."))
    if not coverage.is_entitled(workspace):
        raise Refused(_("The sample data has a closing rule, and this plan has none; nothing was added."))


def _team(workspace: Workspace) -> list[Agent]:
    """Six sellers nobody can sign in as, at addresses that lead nowhere."""
    return [
        links.make_agent(workspace, f"{names.plain(name)}@demo-{workspace.pk}.invalid", name=name)
        for name in names.COLLEAGUES
    ]


def _accounts(workspace: Workspace) -> tuple[Account, Account]:
    """The web chat there is, or a new one, and an API account of the demo's own."""
    web = Account.objects.filter(workspace=workspace, channel=ChannelKey.WEBCHAT, disconnected_at=None).first()
    web = web or accounts.connect(workspace, ChannelKey.WEBCHAT, name="Chat del sitio")
    return web, accounts.connect(workspace, ChannelKey.API, name="App de pedidos")


def _rule(workspace: Workspace, account: Account, by: Agent, rhythm: Rhythm) -> Rule:
    """A day of silence on the API account, since a year ago. The web chat's rule is the newcomer's to make."""
    name = "" if Rule.objects.filter(workspace=workspace).exists() else "Pedidos sin respuesta"
    draft = rules.Draft(name, 24, Unit.HOURS, "Sin respuesta en 24 horas", [account.pk])
    return rules.save(workspace, draft, by=by, at=rhythm.now - YEAR - timedelta(days=1))


def _hand_over(workspace: Workspace, by: Agent, rng: Random) -> None:
    """Some open conversations for the newcomer, so that "Mine" is not empty."""
    newcomer = _newcomer(workspace)
    if newcomer is None:
        return
    latest = Conversation.objects.filter(workspace=workspace, status=Status.OPEN).order_by("-last_message_at")
    ids = rng.sample(list(latest.values_list("pk", flat=True)[: OWN * 3]), OWN)
    lifecycle.assign(ids, newcomer.pk, scope=Scope(workspace.pk), by=Actor.agent(by))


def _newcomer(workspace: Workspace) -> Agent | None:
    managers = Agent.objects.filter(workspace=workspace, is_active=True)
    return managers.filter(role__permissions__contains=[Permission.MANAGE_PEOPLE]).order_by("pk").first()


def _arrive(by_name: dict[str, Account], rhythm: Rhythm) -> None:
    """What is just coming in, by the real verb: on the API account its clocks run, with a whole day to go."""
    batch = [
        Inbound(
            account_id=by_name[channel].pk,
            external_id=f"demo-now-{number}",
            identity=(VISITOR if channel == "web" else EXTERNAL, f"cliente-{2_000 + number}"),
            text=text,
            name=name,
            provider_at=rhythm.now - timedelta(minutes=minutes),
        )
        for number, (channel, minutes, name, text) in enumerate(ARRIVING)
    ]
    lifecycle.receive(batch, clock=coverage.clock)
