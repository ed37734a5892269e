"""What a flow sends: held back where the channel's window is closed, and at most so often to one contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja import environment
from bandeja.channels import registry
from bandeja.channels.models import Template
from bandeja.channels.sending import Refused
from bandeja.channels.whatsapp import templates as whatsapp
from bandeja.conversations import lifecycle
from bandeja.conversations.models import EventKind
from bandeja.conversations.window import is_within, window_of
from bandeja.flows import limits
from bandeja.flows.filling import fill
from bandeja.flows.known import Known
from bandeja.flows.models import Outcome, Taken
from bandeja.flows.moment import Moment
from bandeja.flows.registry import Action, Done, enter
from bandeja.quickreplies import variables
from bandeja.quickreplies.models import QuickReply

DAY = timedelta(days=1)


class Sending(Action):
    """Something that goes to the contact. It opens nothing and arms nothing (closing F3)."""

    def hindrance(self, moment: Moment) -> Done | None:
        if not moment.conversation.account.is_connected:
            return Done(Outcome.HELD, "disconnected")
        if not self.is_free and not _may_write(moment):
            return Done(Outcome.HELD, "window")
        if _sent_of_late(moment):
            return Done(Outcome.HELD, "daily")
        if limits.sends(moment.contact.pk, moment.at) >= environment.FLOW_SENDS.value():
            return Done(Outcome.HELD, "sends", parked=True)
        return None

    @property
    def is_free(self) -> bool:
        """Whether it may be sent at any time: a template may."""
        return False

    def send(self, moment: Moment, text: str, data: Mapping[str, Any] | None = None) -> Done:
        """Once for this step: a second time with the same key writes nothing."""
        if not text.strip() and not data:
            return Done(Outcome.SKIPPED, "blank")
        lifecycle.reply(
            moment.conversation.pk,
            text,
            scope=moment.scope,
            by=moment.by,
            at=moment.at,
            client_id=moment.key,
            data=data,
        )
        return Done(Outcome.SENT)


@enter("send_text", gettext_lazy("Send a text"), icon="message-square", needs=("text",))
@dataclass(frozen=True)
class SendText(Sending):
    text: str = ""

    def act(self, moment: Moment) -> Done:
        return self.send(moment, fill(self.text, moment))

    def says(self, known: Known) -> str:
        return self.text[:140]

    def faults(self, known: Known) -> Mapping[str, str]:
        strange = variables.unknown(self.text)
        told = ", ".join(f"{{{{{name}}}}}" for name in strange)
        return {"text": _("Nothing is known by the name of %(names)s.") % {"names": told}} if strange else {}


@enter("send_reply", gettext_lazy("Send a quick reply"), icon="zap", needs=("reply",))
@dataclass(frozen=True)
class SendReply(Sending):
    """One that the workspace shares, as it is by then."""

    reply: int | None = None

    def act(self, moment: Moment) -> Done:
        kept = QuickReply.objects.filter(workspace=moment.workspace, agent=None, pk=self.reply or 0).first()
        return self.send(moment, fill(kept.text, moment)) if kept else Done(Outcome.SKIPPED, "gone")

    def says(self, known: Known) -> str:
        return known.name("replies", self.reply)


@enter("send_template", gettext_lazy("Send a template"), icon="layout-template", needs=("template",))
@dataclass(frozen=True)
class SendTemplate(Sending):
    """An approved one of the conversation's own number. `values` has a line for each thing it asks for."""

    template: str = ""
    values: str = ""

    @property
    def is_free(self) -> bool:
        return True

    def act(self, moment: Moment) -> Done:
        account = moment.conversation.account
        sender = registry.sender(account.channel)
        if sender is None or not sender.has_templates:
            return Done(Outcome.SKIPPED, "channel")
        name, _slash, language = self.template.rpartition("/")
        chosen = whatsapp.approved(account).filter(name=name, language=language).first()
        if chosen is None:
            return Done(Outcome.SKIPPED, "gone")
        values = {
            each.key: value for each, value in zip(whatsapp.variables(chosen), self._values(moment), strict=False)
        }
        try:
            data = {"template": whatsapp.fill(chosen, values)}
        except Refused:
            return Done(Outcome.SKIPPED, "values")
        return self.send(moment, whatsapp.preview(chosen, values), data)

    def _values(self, moment: Moment) -> list[str]:
        return [fill(line, moment).strip() for line in self._lines]

    @property
    def _lines(self) -> list[str]:
        return [line for line in self.values.splitlines() if line.strip()]

    def says(self, known: Known) -> str:
        return known.name("templates", self.template)

    def faults(self, known: Known) -> Mapping[str, str]:
        name, _slash, language = self.template.rpartition("/")
        found = Template.objects.filter(app__workspace=known.workspace, name=name, language=language).first()
        asked = len(whatsapp.variables(found)) if found else 0
        if asked == len(self._lines):
            return {}
        return {"values": _("The template asks for %(n)d values: write each on a line of its own.") % {"n": asked}}


def _may_write(moment: Moment) -> bool:
    """By the channel's window: a machine has no tag for people."""
    window = window_of(moment.conversation)
    return window is None or is_within(window.until, moment.at)


def _sent_of_late(moment: Moment) -> bool:
    """Whether flows that a closing started have sent here as much as they may in a day (closing F3)."""
    if moment.run.version.event_kind != EventKind.CONVERSATION_CLOSED:
        return False
    sent = Taken.objects.filter(
        run__conversation=moment.conversation,
        run__version__event_kind=EventKind.CONVERSATION_CLOSED,
        contact_id=moment.contact.pk,
        outcome=Outcome.SENT,
        at__gt=moment.at - DAY,
    )
    return sent.count() >= environment.FLOW_CLOSING_SENDS.value()
