"""Forgetting what was told long ago, with its log: after BANDEJA_WEBHOOK_DAYS, and what is left of removed webhooks.

In small batches, the messages last: what remains of one is found by its age, nothing else leads to it.
"""

from __future__ import annotations

import json
from datetime import timedelta

from django.db import transaction

from bandeja import environment
from bandeja.conversations.sql import run, statement
from bandeja.webhooks.lane import PROMOTE
from bandeja.webhooks.models import Webhook

BATCH = 1_000

PRUNE = statement("bandeja.webhooks", "prune")


def step() -> int:
    """Delete one small batch; answers how many deliveries and messages went."""
    kept = timedelta(days=environment.WEBHOOK_DAYS.value())
    with transaction.atomic():
        # As settling does: nothing is put behind one of these without seeing that it is gone.
        list(Webhook.objects.order_by("pk").select_for_update(no_key=True).values_list("pk"))
        with run(PRUNE, {"kept": kept, "limit": BATCH}) as found:
            deliveries, messages, empty, lanes = found.fetchone() or (0, 0, [], "[]")
        if first := json.loads(lanes):
            columns = {"webhooks": [each[0] for each in first], "conversations": [each[1] for each in first]}
            with run(PROMOTE, columns):
                pass
        Webhook.objects.filter(pk__in=empty).delete()
    return int(deliveries) + int(messages)
