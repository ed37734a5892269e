"""What stands for something in a quick reply, `{{contact.name}}`, until somebody uses it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from bandeja.conversations.models import Contact
from bandeja.people.models import Agent

PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
FILLED = re.compile(r"([^\S\n]*)\{\{\s*([^{}]*?)\s*\}\}")

Read = Callable[[Contact, Agent | None], str]


def _first(name: str) -> str:
    """How one would call them; nothing where the name is a number."""
    first = name.split(maxsplit=1)[0] if name.strip() else ""
    return first if first[:1].isalpha() else ""


VARIABLES: Mapping[str, Read] = {
    "contact.name": lambda contact, _: contact.name,
    "contact.first_name": lambda contact, _: _first(contact.name),
    "contact.email": lambda contact, _: contact.email,
    "contact.phone": lambda contact, _: contact.phone,
    "agent.name": lambda _, agent: str(agent or ""),
    "agent.first_name": lambda _, agent: _first(str(agent or "")),
}


def unknown(text: str) -> Sequence[str]:
    """The names in braces that stand for nothing."""
    return [name for name in dict.fromkeys(PLACE.findall(text)) if name not in VARIABLES]


def fill(text: str, contact: Contact, agent: Agent | None) -> str:
    """The text for this contact, by this agent if any. What is not known goes, and the blanks before: «Hola, …»."""

    def put(found: re.Match[str]) -> str:
        read = VARIABLES.get(found[2])
        if read is None:
            return found[0]
        value = read(contact, agent)
        return f"{found[1]}{value}" if value else ""

    return FILLED.sub(put, text)
