"""Doing once what is sent more than once: what it answered is kept under its key, with what it did."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from bandeja.api.callers import Caller
from bandeja.api.models import Answered
from bandeja.api.problems import answer

KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT = ("Content-Type", "Location", "ETag")
"""The headers that say something about what was done."""
HOURS = 24
"""How long an answer is kept."""
BATCH = 1_000


def once(request: HttpRequest, caller: Caller, do: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    """Do it, or answer as it was answered before; refused when the key stands for something else.

    What it does and what it answers are one transaction: one that is killed leaves neither. A second request with the
    key waits for the first. What is refused is rolled back and not kept, so that it may be sent again, mended.
    """
    key = request.headers["Idempotency-Key"]
    if not KEY.fullmatch(key):
        return answer(400, _("An Idempotency-Key is 1 to 255 visible characters of ASCII."))
    print_ = _fingerprint(request)
    with transaction.atomic():
        if not _claim(caller.key, key, print_):
            return _again(Answered.objects.get(caller=caller.key, key=key), print_)
        response = do(request)
        if response.status_code >= 400:
            transaction.set_rollback(True)
            return response
        headers = {name: response[name] for name in KEPT if name in response}
        Answered.objects.filter(caller=caller.key, key=key).update(
            status=response.status_code, body=response.content.decode(), headers=headers
        )
    return response


def prune() -> int:
    """Forget a batch of what was answered a day ago; answers how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """delete from api_answered where id = any(array(
                   select id from api_answered where at < bandeja_now() - make_interval(hours => %s)
                   order by at limit %s for update skip locked
               ))""",
            [HOURS, BATCH],
        )
        return int(cursor.rowcount)


def _claim(caller: str, key: str, fingerprint: str) -> bool:
    """Whether the key is new; whoever holds it at this moment is waited for."""
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into api_answered (caller, key, fingerprint) values (%s, %s, %s)
               on conflict (caller, key) do nothing""",
            [caller, key, fingerprint],
        )
        return bool(cursor.rowcount)


def _again(kept: Answered, fingerprint: str) -> HttpResponse:
    if kept.fingerprint != fingerprint:
        return answer(409, _("This Idempotency-Key was used for another request. Use a new one. Nothing was done."))
    response = HttpResponse(kept.body, status=kept.status, headers=dict(kept.headers))
    response["Idempotency-Replayed"] = "true"
    return response


def _fingerprint(request: HttpRequest) -> str:
    asked = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(asked).hexdigest()
