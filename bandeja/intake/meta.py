"""The door of Meta's apps, at `/hooks/meta/<key>`: the handshake, the signature, and one stored receipt.

What is signed is stored whatever it says: Meta repeats for days what it is refused, so an unknown line or kind of
event is the drain's to park. What is not signed is refused, counted, and never stored.
"""

import logging
from urllib.parse import parse_qsl

import msgspec
import psycopg

from bandeja.channels.meta.delivery import Meta
from bandeja.channels.meta.signature import challenge, signed_by
from bandeja.channels.secret import Unreadable
from bandeja.intake import refusal
from bandeja.intake.answer import answer_stored, answer_text
from bandeja.intake.gather import FullError, Gather
from bandeja.intake.knock import Receive, Scope, Send, read_bytes
from bandeja.intake.sources import AppSource, Sources
from bandeja.intake.store import Row
from bandeja.intake.tally import Tally

log = logging.getLogger(__name__)

META = "meta"
ENCODER = msgspec.json.Encoder()


class MetaDoor:
    """Takes in what Meta delivers to one of its apps; `tally` counts what was verified and what was refused."""

    def __init__(self, apps: Sources[AppSource], gather: Gather, tally: Tally) -> None:
        self._apps, self._gather, self._tally = apps, gather, tally

    async def __call__(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; raises RefusedError or HungUpError."""
        if scope["method"] not in {"GET", "POST"}:
            raise refusal.wrong_method()
        app = await self._app(key)
        if scope["method"] == "GET":
            await answer_text(send, self._verify(app, scope))
            return
        headers = dict(scope["headers"])
        body = await read_bytes(headers, receive, Meta.body_limit)
        signer = self._signer(app, headers.get(b"x-hub-signature-256", b""), body)
        await self._keep(Row(None, META, body, ENCODER.encode({"signer": signer}).decode(), app.app_id))
        await answer_stored(send, to_any_site=False)

    async def _app(self, key: str) -> AppSource:
        try:
            app = await self._apps.find(META, key)
        except psycopg.Error as error:
            log.warning("app not looked up", extra={"error": str(error)})
            raise refusal.not_stored() from error
        except Unreadable as error:
            # Not theirs to mend: a 500 lets Meta deliver it again once the operator has put the key back.
            log.error("a Meta app's secrets cannot be read", extra={"key": key, "error": str(error)})  # noqa: TRY400  the trace would show the key
            raise refusal.not_stored() from error
        if app is None:
            raise refusal.no_app()
        return app

    def _verify(self, app: AppSource, scope: Scope) -> str:
        said = challenge(dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"))), app.verify_token)
        if said is None:
            raise refusal.bad_verification()
        self._tally.verified(app.app_id)
        return said

    def _signer(self, app: AppSource, signature: bytes, body: bytes) -> int:
        """Which of the app's secrets signed the body."""
        signer = signed_by(app.secrets, signature.decode("latin-1"), body)
        if signer is None:
            self._tally.refused(app.app_id)
            raise refusal.bad_signature() if signature else refusal.not_signed()
        return signer

    async def _keep(self, row: Row) -> None:
        try:
            kept = await self._gather.put(row)
        except FullError as error:
            raise refusal.too_busy() from error
        if not kept:
            raise refusal.not_stored()
