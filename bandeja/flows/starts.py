"""What starts a flow: each kind listens to one kind of event. `sql/start.sql` says the rest of what is told here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bandeja.closing.spans import span
from bandeja.conversations.models import Cause, EventKind
from bandeja.flows import patterns
from bandeja.flows.known import Known
from bandeja.flows.registry import Start, enter


@dataclass(frozen=True)
class OnAccounts(Start):
    """Of chosen accounts and channels, all where none is chosen."""

    accounts: tuple[int, ...] = ()
    channels: tuple[str, ...] = ()

    def says(self, known: Known) -> str:
        places = [known.names("accounts", self.accounts), known.names("channels", self.channels)]
        return _("on %(places)s") % {"places": " · ".join(filter(None, places))} if any(places) else ""


@enter(
    "conversation_opened", gettext_lazy("Conversation opened by a message received via Inbox"), icon="message-circle"
)
@dataclass(frozen=True)
class Opened(OnAccounts):
    """The message that makes a conversation, or opens it again (closing F1). `opening` is first, reopened or both."""

    event_kind = EventKind.CONVERSATION_OPENED
    opening: str = "both"
    causes: tuple[str, ...] = ()
    reason: str = ""
    overtaken: bool = False

    def says(self, known: Known) -> str:
        first, again = _("the first message"), _("a message that opens it again")
        which = {"first": first, "reopened": again}.get(
            self.opening, _("the first message, or one that opens it again")
        )
        return _listed(which, _closing(self.causes, self.reason), super().says(known))


@enter("conversation_closed", gettext_lazy("Conversation closed"), icon="circle-check")
@dataclass(frozen=True)
class Closed(OnAccounts):
    """A closing, by cause, reason, rule and account (closing F2)."""

    event_kind = EventKind.CONVERSATION_CLOSED
    causes: tuple[str, ...] = ()
    reason: str = ""
    rules: tuple[int, ...] = ()

    def says(self, known: Known) -> str:
        rules = _("by the rule %(rules)s") % {"rules": known.names("rules", self.rules)} if self.rules else ""
        return _listed(_closing(self.causes, self.reason), rules, super().says(known))


@enter("message_received", gettext_lazy("Message received"), icon="mail")
@dataclass(frozen=True)
class Received(OnAccounts):
    """What a contact writes, if it contains one of some words, or a pattern finds something in it."""

    event_kind = EventKind.MESSAGE_RECEIVED
    words: str = ""
    pattern: str = ""

    def says(self, known: Known) -> str:
        return _listed(patterns.told(self.words, self.pattern), super().says(known))

    def faults(self, known: Known) -> Mapping[str, str]:
        return patterns.faults(self.pattern)


@enter("conversation_assigned", gettext_lazy("Conversation assigned"), icon="user-round")
@dataclass(frozen=True)
class Assigned(OnAccounts):
    """Given to somebody, or to one of chosen people."""

    event_kind = EventKind.CONVERSATION_ASSIGNED
    agents: tuple[int, ...] = ()

    def says(self, known: Known) -> str:
        to = _("to %(names)s") % {"names": known.names("agents", self.agents)} if self.agents else ""
        return _listed(to, super().says(known))


@enter("conversation_tagged", gettext_lazy("Tag added"), icon="tag")
@dataclass(frozen=True)
class Tagged(OnAccounts):
    """One of chosen tags was put on it, any where none is chosen."""

    event_kind = EventKind.CONVERSATION_TAGGED
    tags: tuple[int, ...] = ()

    def says(self, known: Known) -> str:
        return _listed(known.names("tags", self.tags), super().says(known))


@enter("waiting_for_us", gettext_lazy("Waiting for us longer than"), icon="hourglass", needs=("amount",))
@dataclass(frozen=True)
class Waiting(OnAccounts):
    """The contact wrote and no person answered for so long: counted from the first message without an answer."""

    event_kind = EventKind.MESSAGE_RECEIVED
    amount: int = 15
    unit: str = "minutes"

    def says(self, known: Known) -> str:
        return _listed(span(self.amount, self.unit), super().says(known))


@enter("contact_created", gettext_lazy("Contact created"), icon="user-round-plus")
@dataclass(frozen=True)
class Created(OnAccounts):
    """Somebody wrote for the first time, on whichever account."""

    event_kind = EventKind.CONVERSATION_OPENED


def _closing(causes: tuple[str, ...], reason: str) -> str:
    labels = dict(Cause.choices)
    told = [str(labels.get(cause, cause)) for cause in causes] + (
        [_("“%(reason)s”") % {"reason": reason}] if reason else []
    )
    return _("after closing: %(told)s") % {"told": ", ".join(told)} if told else ""


def _listed(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
