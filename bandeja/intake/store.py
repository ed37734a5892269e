"""Stores receipts: one statement, one commit, for all that came together."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import psycopg

from bandeja.conversations.sql import statement
from bandeja.intake.bodies import Bodies
from bandeja.link import Link

log = logging.getLogger(__name__)

STORE = statement("bandeja.intake", "store")


class Row(NamedTuple):
    """A delivery to store, of an account or else of a Meta app; `headers` is a JSON object, as text."""

    account_id: int | None
    channel: str
    body: bytes
    headers: str
    app_id: int | None = None


class Store:
    """Stores batches of rows on one connection."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def __call__(self, rows: Sequence[Row]) -> list[bool]:
        """Store all of them and say which are durable; raises psycopg.OperationalError when none can be.

        A row may be stored twice (the connection was lost as it committed): the drain makes that a no-op.
        """
        try:
            await self._insert(rows)
        except psycopg.OperationalError:
            raise
        except (psycopg.Error, UnicodeError):
            return [await self._insert_alone(row) for row in rows]
        return [True] * len(rows)

    async def _insert_alone(self, row: Row) -> bool:
        """One bad row must not cost its neighbours theirs."""
        try:
            await self._insert([row])
        except (psycopg.Error, UnicodeError) as error:
            log.warning(
                "receipt not stored", extra={"account_id": row.account_id, "app_id": row.app_id, "error": str(error)}
            )
            return False
        return True

    async def _insert(self, rows: Sequence[Row]) -> None:
        account_ids, channels, bodies, headers, app_ids = zip(*rows, strict=True)
        values = {
            # Numbers and the keys of channels need no quoting; written out here they cost a tenth.
            "account_ids": _numbers(account_ids),
            "app_ids": _numbers(app_ids),
            "channels": f"{{{','.join(channels)}}}",
            "bodies": Bodies(bodies),
            "headers": f"[{','.join(headers)}]",
        }
        await self._link.run(STORE, values)


def _numbers(values: Sequence[int | None]) -> str:
    return f"{{{','.join('null' if value is None else str(value) for value in values)}}}"
