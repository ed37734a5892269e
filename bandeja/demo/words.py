"""The words of the made-up shop: tags on what they fit, fields of its contacts, quick replies."""

from __future__ import annotations

from random import Random

from bandeja.conversations import fields, tags
from bandeja.conversations.models import Colour, Contact, ContactValue, Conversation, FieldKind, Message
from bandeja.conversations.scope import Scope
from bandeja.people.models import Workspace
from bandeja.quickreplies.models import QuickReply

TAGS = (
    # name, colour, a pattern of what the contact wrote last
    ("Envío", Colour.BLUE, "env[ií]o|llega|reparto"),
    ("Taller", Colour.AMBER, "taller|mantenimiento|freno|cambios|revisi[oó]n"),
    ("Factura", Colour.VIOLET, "factura|empresa"),
    ("Pago", Colour.GREEN, "pag|cuotas|transfer"),
    ("Reclamo", Colour.RED, "falta|no funciona|equivocad|saltan"),
)
SIZES = ("S", "M", "L", "XL")
SIZED = 0.3
"""The share of contacts whose size the shop knows."""
REPLIES = (
    ("horario", "Abrimos de lunes a sábado, de 9 a 18. Domingos y feriados cerramos."),
    ("direccion", "Estamos en la Carrera 7 # 45-12. Hay lugar para autos y bicicletas detrás de la tienda."),
    ("pago", "Hola, {{contact.first_name}}: puedes pagar en tres cuotas sin interés o por transferencia."),
    ("gracias", "¡Gracias por escribirnos! Cualquier cosa, aquí estoy. {{agent.first_name}}"),
)


def write(workspace: Workspace, rng: Random) -> None:
    """Into a workspace that may have some of them already: those stay as they are."""
    _tags(workspace)
    _sizes(workspace, rng)
    known = QuickReply.objects.filter(workspace=workspace, agent=None).values_list("word", flat=True)
    QuickReply.objects.bulk_create(
        QuickReply(workspace=workspace, word=word, text=text) for word, text in REPLIES if word not in known
    )


def _tags(workspace: Workspace) -> None:
    for name, colour, pattern in TAGS:
        try:
            tag = tags.make(workspace.pk, name, colour)
        except (tags.NameTaken, tags.TooMany):
            continue
        told = Message.objects.filter(workspace_id=workspace.pk, text__iregex=pattern)
        fitting = Conversation.objects.filter(last_inbound_id__in=told.values("pk"))
        tags.tag(list(fitting.values_list("pk", flat=True)), [tag.pk], scope=Scope(workspace.pk))


def _sizes(workspace: Workspace, rng: Random) -> None:
    try:
        size = fields.make(workspace.pk, "Talla", FieldKind.CHOICE, SIZES)
        fields.make(workspace.pk, "Cumpleaños", FieldKind.DATE)
    except (fields.NameTaken, fields.TooMany):
        return
    contacts = Contact.objects.filter(workspace=workspace).order_by("pk").values_list("pk", flat=True)
    ContactValue.objects.bulk_create(
        ContactValue(contact_id=pk, field=size, value=rng.choice(SIZES)) for pk in contacts if rng.random() < SIZED
    )
