"""The clocks of conversations as people see them: of those that close by themselves, as things stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bandeja.closing.deadline import Cover, Run, run
from bandeja.closing.withholding import held
from bandeja.conversations.models import Conversation, Status


def cover_of(conversation: Conversation, covers: Mapping[int, Cover]) -> Cover | None:
    """What covers the clock of this conversation (closing N2). `covers` says what covers each account now."""
    cover = covers.get(conversation.account_id)
    return cover.of(conversation.unheard_at) if cover else None


def clocks(conversations: Iterable[Conversation], covers: Mapping[int, Cover]) -> dict[int, Run]:
    """Those of these conversations, by id (closing R8, G1 to G3). `covers` says what covers each account now."""
    here = [each for each in conversations if each.status == Status.OPEN]
    left = held(here, covers)
    found = {each.pk: run(each.armed_at, cover_of(each, covers), each.answered_at) for each in here}
    return {pk: clock for pk, clock in found.items() if clock is not None and pk not in left}
