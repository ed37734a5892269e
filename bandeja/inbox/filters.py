"""What the list shows: which of the conversations one may see, as the address says it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Func, Q, QuerySet, Value
from django.db.models.fields import TextField
from django.db.models.functions import Lower
from django.http import QueryDict

from bandeja.conversations.models import Contact, Conversation, Status
from bandeja.inbox import teams
from bandeja.people.models import Agent

LARGEST = 2**63 - 1
"""The largest id PostgreSQL holds; a larger one in an address names nothing."""


def whole(text: str) -> int | None:
    """The id that `text` spells, or None."""
    if not (text.isascii() and text.isdigit()):
        return None
    number = int(text[:20])
    return number if number <= LARGEST else None


class Plain(Func):
    """A text without its accents and capitals, as people type when they search."""

    template = "regexp_replace(normalize(%(expressions)s, NFD), '[\\u0300-\\u036f]', '', 'g')"
    output_field = TextField()

    def __init__(self, expression: object) -> None:
        super().__init__(Lower(expression))


@dataclass(frozen=True, slots=True)
class Filters:
    """The tab, the filters and the search; the defaults are what the inbox opens with."""

    tab: str = ""
    state: str = ""
    owner: str = ""
    account: str = ""
    q: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> Filters:
        """What an address asks for; whatever it does not spell right counts as not asked."""
        tab, state, owner = query.get("tab", ""), query.get("state", ""), query.get("owner", "")
        return cls(
            tab=tab if tab == "unread" else "",
            state=state if state in {"closed", "all"} else "",
            owner=owner if owner in {"mine", "nobody"} or whole(owner) or teams.spelled(owner) else "",
            account=str(whole(query.get("account", "")) or ""),
            q=query.get("q", "").replace("\x00", "").strip()[:100],
        )

    @property
    def are_default(self) -> bool:
        return self == Filters(tab=self.tab)

    @property
    def team(self) -> int | None:
        """The team whose conversations are asked for."""
        return teams.spelled(self.owner)

    @property
    def mixes_states(self) -> bool:
        """Whether open and closed ones stand beside each other. A search looks in both unless told otherwise."""
        return self.state == "all" or bool(self.q and not self.state)

    @property
    def query(self) -> str:
        """The filters as the end of an address: `?state=all`, or nothing."""
        said = {name: value for name, value in asdict(self).items() if value}
        return f"?{urlencode(said)}" if said else ""

    @property
    def all_query(self) -> str:
        return replace(self, tab="").query

    @property
    def unread_query(self) -> str:
        return replace(self, tab="unread").query

    def apply(self, conversations: QuerySet[Conversation], agent: Agent) -> QuerySet[Conversation]:
        """Only those asked for, of `conversations`."""
        wanted = self._state() & self._owner(agent)
        if self.tab == "unread":
            wanted &= Q(unread__gt=0)
        if self.account:
            wanted &= Q(account_id=int(self.account))
        if self.q:
            wanted &= Q(contact__in=matching(agent.workspace_id, self.q))
        return conversations.filter(wanted)

    def _state(self) -> Q:
        if self.mixes_states:
            return Q()
        return Q(status=Status.CLOSED if self.state == "closed" else Status.OPEN)

    def _owner(self, agent: Agent) -> Q:
        if not self.owner:
            return Q()
        if self.owner == "nobody":
            return Q(owner=None)
        if self.team:
            return teams.conversations(self.team)
        return Q(owner_id=agent.pk if self.owner == "mine" else int(self.owner))


def matching(workspace_id: int, words: str) -> QuerySet[Any, Any]:
    """The contacts of a workspace whose name, e-mail or phone has every one of `words`, accents aside."""
    found = Contact.objects.filter(workspace_id=workspace_id).annotate(
        plain_name=Plain("name"), plain_email=Lower("email")
    )
    for word in words.split():
        plain = Plain(Value(word))
        found = found.filter(
            Q(plain_name__contains=plain) | Q(plain_email__contains=word.lower()) | Q(phone__contains=word)
        )
    return found.values("pk")
