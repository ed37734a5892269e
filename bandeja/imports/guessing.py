"""What each column probably is, by what stands above it, in Spanish, Portuguese and English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from bandeja.conversations.models import ContactField
from bandeja.conversations.plain import plain


class Target(StrEnum):
    """What a column may be besides a field of the workspace's own."""

    NAME = "name"
    SURNAME = "surname"
    PHONE = "phone"
    EMAIL = "email"
    TAGS = "tags"


MANY = (Target.TAGS,)
"""What several columns may be at once."""

WORDS: Mapping[Target, str] = {
    Target.NAME: """
        nombre; nombres; nombre completo; nombre y apellido; nombre y apellidos; primer nombre; contacto; cliente;
        razon social; name; names; full name; first name; given name; contact; contact name; customer; display name;
        nome; nome completo; primeiro nome; contato; nome do contato; nombre del contacto
    """,
    Target.SURNAME: """
        apellido; apellidos; surname; last name; family name; sobrenome; ultimo nome; sobrenomes
    """,
    Target.PHONE: """
        telefono; telefonos; telefono movil; telefono celular; telefono 1; numero; numero de telefono; movil; celular;
        numero de celular; cel; tel; whatsapp; numero de whatsapp; phone; phone number; phone 1; phone 1 value;
        mobile; mobile phone; mobile number; cell; cell phone; telephone; telefone; telefone celular; fone;
        telefone movel; telemovel; primary phone
    """,
    Target.EMAIL: """
        email; e mail; emails; mail; correo; correo electronico; email address; e mail address; e mail 1 value;
        email 1 value; direccion de correo; direccion de correo electronico; endereco de email; correio eletronico;
        primary email
    """,
    Target.TAGS: """
        etiqueta; etiquetas; tag; tags; label; labels; marcadores; rotulos; categorias; grupos
    """,
}
KNOWN: Mapping[str, Target] = {
    " ".join(word.split()): target for target, words in WORDS.items() for word in words.split(";")
}


def guess(headers: Sequence[str], fields: Iterable[ContactField]) -> list[str]:
    """What each column is taken for, blank where nothing says it; nothing is guessed twice but tags."""
    own = {_plain(field.name): str(field.pk) for field in fields}
    found: list[str] = []
    for header in headers:
        said = _plain(header)
        target = str(own.get(said) or KNOWN.get(said) or "")
        found.append(target if target in MANY or target not in found else "")
    return found


def _plain(header: str) -> str:
    return " ".join(re.sub(r"[^\w]+|_", " ", plain(header)).split())
