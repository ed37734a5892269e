"""Pushing to people's devices: a step claims what is due, sends it outside any transaction, and writes it down.

A claim is a lease that is committed first: whoever is killed in between lets it be sent once more, and no more.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic, time
from typing import Any

import httpx
from django.db import transaction
from django.utils import translation
from django.utils.translation import ngettext

from bandeja.conversations.scope import Scope
from bandeja.conversations.sql import run
from bandeja.guard import Network, NotPublic
from bandeja.notifications import devices, words
from bandeja.notifications.models import Device, Kind, Notification, Preference
from bandeja.notifications.told import held
from bandeja.notifications.webpush import Browser, encrypt
from bandeja.people.models import Agent

log = logging.getLogger(__name__)

BATCH = 50
AT_ONCE = 8
LEASE = timedelta(minutes=1)
MOST_TRIES = 2
TIMEOUT = 10.0
IN_ALL = 40.0
"""Seconds after which no push of a batch is begun: what waits longer than its lease, another worker sends again."""
KEPT = 4 * 60 * 60
"""Seconds for which a push service keeps what it cannot deliver; after that it is old news."""
SEVERAL = 3
"""More than so many at once are told as one."""
SNIPPET = 160
GONE = frozenset({404, 410})
OUR_FAULT = frozenset({401, 403})
"""What a service says whose browser was told another VAPID key than ours: of another machine, or of before."""

CLAIM = """
    update notification set
        push_tries = push_tries + 1,
        push_at = case when push_tries < %(tries)s then bandeja_now() + %(lease)s end
    where id = any(array(
        select id from notification where push_at <= bandeja_now()
        order by push_at limit %(limit)s for update skip locked
    ))
    returning id, push_at is not null
"""


@dataclass(frozen=True, slots=True)
class Push:
    """What one device is told; `about` are the notifications that it tells of."""

    device: Device
    content: bytes
    topic: str
    about: Sequence[int]


class Lane:
    """Pushes what is due; `client` speaks to push services, which are on the open internet."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client = client or Network().client()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="push")

    def step(self) -> int:
        """Claim, send, write down; answers how many notifications were claimed."""
        claimed = _claim()
        if not claimed:
            return 0
        pushes = list(_pushes(_still_wanted([key for key, again in claimed if again])))
        until = monotonic() + IN_ALL
        answers = list(self._threads.map(lambda push: self._send(push, until), pushes)) if pushes else []
        _write_down([key for key, _again in claimed], pushes, answers)
        return len(claimed)

    def close(self) -> None:
        """Wait for what is under way."""
        self._threads.shutdown()
        self._client.close()

    def _send(self, push: Push, until: float) -> int:
        """What the push service answered; 0 when it did not, or when its turn did not come in time."""
        if monotonic() > until:
            return 0
        try:
            body = encrypt(push.content, Browser.read(push.device.p256dh, push.device.auth))
            headers = {
                "Authorization": devices.signer().authorization(push.device.endpoint, time()),
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
                "TTL": str(KEPT),
                "Urgency": "high",
                "Topic": push.topic,
            }
            status = self._said(push.device.endpoint, body, headers)
        except (NotPublic, httpx.InvalidURL, ValueError):
            return 410  # not an address of the open internet, or of anything: nobody's push service
        except httpx.HTTPError as error:
            log.info("push not delivered", extra={"device": push.device.pk, "error": repr(error)})
            return 0
        if status in OUR_FAULT:
            log.warning("push service takes nothing from us", extra={"device": push.device.pk, "status": status})
        elif status >= 400:
            log.info("push refused", extra={"device": push.device.pk, "status": status})
        return status

    def _said(self, endpoint: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status alone: anybody may name a push service, and what theirs says beyond it may never end."""
        sending = self._client.stream(
            "POST", endpoint, content=body, headers=dict(headers), timeout=TIMEOUT, follow_redirects=False
        )
        with sending as answer:
            return answer.status_code


def _claim() -> list[tuple[int, bool]]:
    with run(CLAIM, {"tries": MOST_TRIES, "lease": LEASE, "limit": BATCH}) as cursor:
        return list(cursor.fetchall())


def _still_wanted(keys: Sequence[int]) -> dict[Agent, list[Notification]]:
    """By person: not what they have read meanwhile, may no longer see, or do not want to be disturbed with."""
    found = Notification.objects.filter(pk__in=keys, read_at=None, agent__is_active=True).order_by("at")
    wanted: dict[Agent, list[Notification]] = defaultdict(list)
    quiet = set(Preference.objects.filter(quiet=True).values_list("agent_id", flat=True))
    for told in found.select_related("agent__role", "agent__workspace", "conversation__contact"):
        is_read = told.kind == Kind.MESSAGE and not told.conversation.unread
        if told.agent_id not in quiet and not is_read and Scope.of(told.agent).holds(told.conversation):
            wanted[told.agent].append(told)
    return wanted


def _pushes(wanted: Mapping[Agent, Sequence[Notification]]) -> Iterable[Push]:
    of_all = Device.objects.filter(agent__in=list(wanted)).order_by("pk")
    says_who = set(
        Preference.objects.filter(agent__in=list(wanted), push_says_who=True).values_list("agent_id", flat=True)
    )
    for agent, told in wanted.items():
        with translation.override(agent.language or agent.workspace.language):
            contents = list(_contents(told, says_who=agent.pk in says_who))
        for device in of_all:
            if device.agent_id == agent.pk:
                yield from (Push(device, *content) for content in contents)


def _contents(told: Sequence[Notification], *, says_who: bool) -> Iterable[tuple[bytes, str, list[int]]]:
    if len(told) > SEVERAL:
        said = ngettext("%(n)d conversation waits for you", "%(n)d conversations wait for you", len(told))
        content = {"title": "Bandeja", "body": said % {"n": len(told)}, "url": "/inbox?owner=mine", "tag": "many"}
        yield _json(content), "many", [each.pk for each in told]
        return
    for each in told:
        tag = f"c{each.conversation_id}"
        content = {"title": "Bandeja", "body": words.anonymous(each), "tag": tag}
        if says_who:
            last = each.conversation.last_message_text if each.kind == Kind.MESSAGE else ""
            body = last[:SNIPPET] or words.anonymous(each)
            content |= {"title": str(each.conversation.contact), "body": body}
        yield _json({**content, "url": f"/inbox/{each.conversation_id}"}), tag, [each.pk]


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _write_down(claimed: Iterable[int], pushes: Sequence[Push], answers: Sequence[int]) -> None:
    """Devices that are gone go; what a service could not take now is left to the end of its lease."""
    gone = {push.device.pk for push, status in zip(pushes, answers, strict=True) if status in GONE}
    Device.objects.filter(pk__in=gone).delete()
    later = {key for push, status in zip(pushes, answers, strict=True) if _is_passing(status) for key in push.about}
    with transaction.atomic():
        over = held(Notification.objects.filter(pk__in=set(claimed) - later))
        Notification.objects.filter(pk__in=over).update(push_at=None)


def _is_passing(status: int) -> bool:
    return status in {0, 429} or status >= 500
