"""What a flow may decide by: each class says yes or no of the conversation as it is at that moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.conversations.models import Cause, ContactKind, ContactValue, Status, Tagging
from bandeja.conversations.window import is_within, window_of
from bandeja.flows import hours, patterns
from bandeja.flows.known import Known
from bandeja.flows.moment import Moment
from bandeja.flows.registry import Decision, enter
from bandeja.quickreplies.finding import plain


@enter("if_channel", gettext_lazy("Is the channel…?"), needs=("channels",))
@dataclass(frozen=True)
class IfChannel(Decision):
    channels: tuple[str, ...] = ()

    def holds(self, moment: Moment) -> bool:
        return moment.conversation.account.channel in self.channels

    def says(self, known: Known) -> str:
        return known.names("channels", self.channels)


@enter("if_account", gettext_lazy("Is the account…?"), needs=("accounts",))
@dataclass(frozen=True)
class IfAccount(Decision):
    accounts: tuple[int, ...] = ()

    def holds(self, moment: Moment) -> bool:
        return moment.conversation.account_id in self.accounts

    def says(self, known: Known) -> str:
        return known.names("accounts", self.accounts)


@enter("if_open", gettext_lazy("Is the conversation open?"))
@dataclass(frozen=True)
class IfOpen(Decision):
    def holds(self, moment: Moment) -> bool:
        return moment.conversation.status == Status.OPEN


@enter("if_owned", gettext_lazy("Does it have an owner?"))
@dataclass(frozen=True)
class IfOwned(Decision):
    def holds(self, moment: Moment) -> bool:
        return moment.conversation.owner_id is not None


@enter("if_owner", gettext_lazy("Is the owner…?"), needs=("agents",))
@dataclass(frozen=True)
class IfOwner(Decision):
    agents: tuple[int, ...] = ()

    def holds(self, moment: Moment) -> bool:
        return moment.conversation.owner_id in self.agents

    def says(self, known: Known) -> str:
        return known.names("agents", self.agents)


@enter("if_unread", gettext_lazy("Is there something unread?"))
@dataclass(frozen=True)
class IfUnread(Decision):
    def holds(self, moment: Moment) -> bool:
        return moment.conversation.unread > 0


@enter("if_answered", gettext_lazy("Has the contact answered?"))
@dataclass(frozen=True)
class IfAnswered(Decision):
    """Since the flow last sent something, or since it began."""

    def holds(self, moment: Moment) -> bool:
        return moment.is_answered


@enter("if_contact", gettext_lazy("Is it a contact, and not a lead?"))
@dataclass(frozen=True)
class IfContact(Decision):
    def holds(self, moment: Moment) -> bool:
        return moment.contact.kind == ContactKind.CONTACT


@enter("if_tagged", gettext_lazy("Does it have one of these tags?"), needs=("tags",))
@dataclass(frozen=True)
class IfTagged(Decision):
    tags: tuple[int, ...] = ()

    def holds(self, moment: Moment) -> bool:
        return Tagging.objects.filter(conversation=moment.conversation, tag_id__in=self.tags).exists()

    def says(self, known: Known) -> str:
        return known.names("tags", self.tags)


@enter("if_field", gettext_lazy("Does a field of the contact say…?"), needs=("field",))
@dataclass(frozen=True)
class IfField(Decision):
    """A blank value asks whether anything is known at all."""

    field: str = ""
    value: str = ""

    def holds(self, moment: Moment) -> bool:
        said = plain(self.read(moment).strip())
        return said == plain(self.value.strip()) if self.value.strip() else bool(said)

    def read(self, moment: Moment) -> str:
        if not self.field.isdecimal():
            return str(getattr(moment.contact, self.field, ""))
        kept = ContactValue.objects.filter(contact=moment.contact, field_id=int(self.field))
        return kept.values_list("value", flat=True).first() or ""

    def says(self, known: Known) -> str:
        name = known.name("fields", self.field)
        return f"{name} = {self.value}" if self.value else _("%(field)s is known") % {"field": name}


@enter("if_hours", gettext_lazy("Is it within business hours?"), icon="clock")
@dataclass(frozen=True)
class IfHours(Decision):
    """Weekly hours in the workspace's time zone; a blank day is closed."""

    monday: str = "09:00-18:00"
    tuesday: str = "09:00-18:00"
    wednesday: str = "09:00-18:00"
    thursday: str = "09:00-18:00"
    friday: str = "09:00-18:00"
    saturday: str = ""
    sunday: str = ""

    def holds(self, moment: Moment) -> bool:
        return hours.is_open(asdict(self), moment.local)

    def says(self, known: Known) -> str:
        return _("in the time zone %(zone)s") % {"zone": known.workspace.time_zone}

    def faults(self, known: Known) -> Mapping[str, str]:
        found = {}
        for day, told in asdict(self).items():
            try:
                hours.spans(told)
            except hours.Unclear:
                found[day] = _("Write hours like 09:00-13:00, 14:00-18:00.")
        return found


@enter("if_text", gettext_lazy("Does the message say…?"))
@dataclass(frozen=True)
class IfText(Decision):
    """The contact's latest message."""

    words: str = ""
    pattern: str = ""

    def holds(self, moment: Moment) -> bool:
        return patterns.holds(moment.text, self.words, self.pattern)

    def says(self, known: Known) -> str:
        return patterns.told(self.words, self.pattern)

    def faults(self, known: Known) -> Mapping[str, str]:
        if not self.words and not self.pattern:
            return {"words": _("Write what to look for.")}
        return patterns.faults(self.pattern)


@enter("if_cause", gettext_lazy("Was the previous closing…?"), icon="timer", needs=("causes",))
@dataclass(frozen=True)
class IfCause(Decision):
    causes: tuple[str, ...] = ()

    def holds(self, moment: Moment) -> bool:
        return moment.closing[0] in self.causes

    def says(self, known: Known) -> str:
        labels = dict(Cause.choices)
        return ", ".join(str(labels.get(cause, cause)) for cause in self.causes)


@enter("if_reason", gettext_lazy("Was the reason of the previous closing…?"), icon="timer", needs=("reason",))
@dataclass(frozen=True)
class IfReason(Decision):
    reason: str = ""

    def holds(self, moment: Moment) -> bool:
        return plain(moment.closing[1].strip()) == plain(self.reason.strip())

    def says(self, known: Known) -> str:
        return self.reason


@enter("if_window", gettext_lazy("May one write freely now?"), icon="lock-open")
@dataclass(frozen=True)
class IfWindow(Decision):
    """Whether Meta's window is open; it always is where the channel has none."""

    def holds(self, moment: Moment) -> bool:
        window = window_of(moment.conversation)
        return window is None or is_within(window.until, moment.at)
