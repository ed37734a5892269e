"""Saying something to a contact in a rule's name: what warnings and closing messages share (closing W1, W2, W5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bandeja.channels.models import Account, ChannelKey
from bandeja.channels.webchat.appearance import Appearance
from bandeja.closing.courtesy import text_in
from bandeja.closing.courtesy_told import filled
from bandeja.closing.marks import marks
from bandeja.closing.models import Rule
from bandeja.conversations import lifecycle
from bandeja.conversations.actor import SYSTEM
from bandeja.conversations.bell import ring
from bandeja.conversations.models import Conversation, Event, EventKind
from bandeja.conversations.scope import Scope

WARNING, FAREWELL = "warning", "farewell"
"""What a message of a rule is: its `data` says so, under `closing`, and `until` when it may be sent."""
WINDOW = "window"
"""Why one is withheld: the channel lets nobody write freely any more."""
UNREAD_FOR = timedelta(seconds=10)
"""How long after a word falls due whatever is received must have been read first (closing W3)."""


def lock(conversation_id: int) -> Conversation | None:
    """The conversation with all that saying something asks for, its row locked; None while somebody else holds it."""
    known = Conversation.objects.select_related("account", "contact", "workspace")
    return known.select_for_update(skip_locked=True, of=("self",)).filter(pk=conversation_id).first()


def hears(conversation: Conversation) -> bool:
    """Whether anything may be said in it by itself: its account is connected and its contact not blocked."""
    return conversation.account.disconnected_at is None and conversation.contact.blocked_at is None


def is_read_until(account_id: int, due_at: datetime, at: datetime) -> bool:
    """Whether no delivery that could be its contact's own word waits, of what was received until `at`.

    On an account that is never idle something always does: what was received more than `UNREAD_FOR` after the word
    fell due does not hold it back, nor, where it comes late, what was received in the last `UNREAD_FOR`.
    """
    mark = marks([account_id]).get(account_id)
    return mark is None or mark > min(at, max(due_at, at - 2 * UNREAD_FOR) + UNREAD_FOR)


def language_of(account: Account) -> str:
    """The language its contacts are known to read, '' where none is: that of a web chat that was given one."""
    return Appearance.of(account).language if account.channel == ChannelKey.WEBCHAT else ""


def say(
    conversation: Conversation,
    texts: Mapping[str, str],
    what: str,
    *,
    rule: Rule,
    at: datetime,
    until: datetime,
    left: timedelta | None = None,
) -> bool:
    """Write the text in its contact's language, or the workspace's, as the system; answers whether it was written.

    Where the channel's window is closed a note in the thread says so instead. A text that is gone says nothing. It is
    not sent after `until`; `left` is the time that a warning tells. Inside the caller's transaction, that holds the
    conversation's row.
    """
    known = language_of(conversation.account)
    text, language = text_in(texts, known, conversation.workspace.language, *texts)
    if not text:
        return False
    scope, data = Scope(conversation.workspace_id), {"closing": what, "until": until.isoformat()}
    try:
        said = filled(text, language, left)
        lifecycle.reply(conversation.pk, said, scope=scope, by=SYSTEM, at=at, data=data)
    except lifecycle.WindowClosed:
        _note(conversation, what, rule, at)
        return False
    return True


def _note(conversation: Conversation, what: str, rule: Rule, at: datetime) -> None:
    Event.objects.create(
        workspace_id=conversation.workspace_id,
        conversation=conversation,
        kind=EventKind.MESSAGE_WITHHELD,
        at=at,
        actor_kind=SYSTEM.kind,
        data={"what": what, "why": WINDOW, "rule": rule.pk, "rule_name": rule.name},
    )
    ring([conversation.workspace_id], [conversation.pk])
