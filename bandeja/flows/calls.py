"""Calling an address outside: a POST with what the conversation is, without holding a transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja import guard
from bandeja.flows.known import Known
from bandeja.flows.models import Outcome
from bandeja.flows.moment import Moment
from bandeja.flows.registry import Call, Done, enter
from bandeja.people.models import Permission
from bandeja.webhooks import addresses, outside

Prepared = tuple[str, bytes, Mapping[str, str]]


@enter("call", gettext_lazy("Call a webhook"), icon="webhook", needs=("url",))
@dataclass(frozen=True)
class CallWebhook(Call):
    """At most once: what is not answered is not called again. The id is the same for the same step of a run."""

    url: str = ""

    def prepare(self, moment: Moment) -> Prepared:
        conversation = moment.conversation
        told = {
            "type": "flow_called",
            "at": moment.at.isoformat(),
            "flow": {"id": moment.run.flow_id, "name": moment.run.flow.name, "run": moment.run.pk},
            "conversation": {
                "id": conversation.pk,
                "status": conversation.status,
                "account": conversation.account_id,
                "channel": conversation.account.channel,
                "owner": conversation.owner_id,
                "contact": {
                    "id": moment.contact.pk,
                    "name": moment.contact.name,
                    "email": moment.contact.email,
                    "phone": moment.contact.phone,
                },
            },
        }
        headers = {"Content-Type": "application/json", "webhook-id": f"flow_{moment.key}"}
        return self.url, json.dumps(told).encode(), headers

    def carry_out(self, prepared: Prepared) -> Done:
        answer = outside.post(*prepared)
        return Done() if answer.failure is None else Done(Outcome.FAILED, "call")

    def says(self, known: Known) -> str:
        """Where to, and no more: the rest of such an address is often the secret that opens it."""
        return guard.origin_of(self.url)

    def faults(self, known: Known) -> Mapping[str, str]:
        if known.by and not known.by.may(Permission.MANAGE_WEBHOOKS):
            return {"url": _("Telling an address outside who writes to you takes a role that manages webhooks.")}
        wrong = addresses.fault(self.url)
        return {"url": wrong} if wrong else {}
