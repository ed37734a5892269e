"""Echoes of what we sent ourselves: they settle our message, and are no message of their own (meta.md E7)."""

from __future__ import annotations

from collections.abc import Sequence

from bandeja.channels.contract import Inbound, State, Status
from bandeja.conversations.handle import handle_of, message_of
from bandeja.conversations.sql import as_json, run, statement

OWN = statement("bandeja.intake", "own")


def recognise(inbound: Sequence[Inbound]) -> tuple[list[Inbound], list[Status]]:
    """Without the echoes of messages of ours, and what these tell of them: that the channel has them.

    One is known by the handle we gave it. Where the channel gives none back, by its text: a message of ours to the
    same contact, of which we do not know yet whether it was taken, handed over within two minutes before.
    """
    echoes = [item for item in inbound if item.echo]
    if not echoes:
        return list(inbound), []
    sent = {_key(echo): echo.handle for echo in echoes if message_of(echo.handle)}
    sent |= _by_text([echo for echo in echoes if not echo.history and not echo.handle])
    rest = [item for item in inbound if _key(item) not in sent]
    ours = [
        Status(echo.account_id, echo.external_id, State.ACCEPTED, sent[_key(echo)], echo.provider_at)
        for echo in echoes
        if _key(echo) in sent
    ]
    return rest, ours


def _key(item: Inbound) -> tuple[int, str]:
    return (item.account_id, item.external_id)


def _by_text(echoes: Sequence[Inbound]) -> dict[tuple[int, str], str]:
    rows = [
        {
            "account_id": echo.account_id,
            "external_id": echo.external_id,
            "kind": echo.identity[0],
            "value": echo.identity[1],
            "text": echo.text,
            "at": echo.provider_at or echo.received_at,
        }
        for echo in echoes
        if echo.text
    ]
    if not rows:
        return {}
    found: dict[tuple[int, str], str] = {}
    taken: set[int] = set()
    with run(OWN, {"items": as_json(rows)}) as cursor:
        for account_id, external_id, pk in cursor.fetchall():
            # One message answers for one echo.
            if (account_id, external_id) not in found and pk not in taken:
                found[account_id, external_id] = handle_of(pk)
                taken.add(pk)
    return found
