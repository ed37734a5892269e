"""What is looked for in what contacts write: words, or a regular expression that cannot take long.

PostgreSQL matches the expressions, for three reasons: without back-references its engine is an automaton, so that the
well-known bombs take no more time than other patterns; it can be interrupted, where Python's cannot, and is after
`LONGEST`; and nothing new has to be installed. Words are found whatever their case and accents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from bandeja.quickreplies.finding import plain

LONGEST = "50ms"
"""How long one search may take; what takes longer found nothing."""
TEXT = 4_000
"""So much of a message is searched."""
MOST = 200
BACK_REFERENCE = re.compile(r"\\[1-9]")


def words(told: str) -> Sequence[str]:
    """The words or phrases of a list with commas, as they are compared."""
    return [word for each in told.split(",") if (word := plain(each.strip()))]


def contains(text: str, told: str) -> bool:
    """Whether one of the words stands in the text."""
    said = plain(text[:TEXT])
    return any(word in said for word in words(told))


def finds(pattern: str, text: str) -> bool | None:
    """Whether the pattern finds something, whatever its case; None when it is none, or took too long."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select current_setting('statement_timeout')")
            (before,) = cursor.fetchone()
            cursor.execute("select set_config('statement_timeout', %s, true)", [LONGEST])
            cursor.execute("select %s::text ~* %s::text", [text[:TEXT], pattern])
            (found,) = cursor.fetchone()
            cursor.execute("select set_config('statement_timeout', %s, true)", [before])
    except DatabaseError:
        return None
    return bool(found)


def faults(pattern: str) -> Mapping[str, str]:
    """What is wrong with a pattern that somebody typed."""
    if not pattern:
        return {}
    if len(pattern) > MOST:
        return {"pattern": _("A pattern has up to %(n)d characters.") % {"n": MOST}}
    if BACK_REFERENCE.search(pattern):
        return {"pattern": _("A pattern may not refer back to what it found: \\1 and its like take too long.")}
    if finds(pattern, "") is None:
        return {"pattern": _("This is no regular expression.")}
    return {}


def told(said: str, pattern: str) -> str:
    """Which messages, in words."""
    parts = [_("contains %(words)s") % {"words": said}] if said else []
    parts += [_("matches %(pattern)s") % {"pattern": pattern}] if pattern else []
    return f" {_('or')} ".join(parts) or _("any text")


def holds(text: str, said: str, pattern: str) -> bool:
    """Whether a text is one that is looked for; any is where nothing is."""
    if not said and not pattern:
        return True
    return (bool(said) and contains(text, said)) or (bool(pattern) and finds(pattern, text) is True)
