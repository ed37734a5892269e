"""What a bulk action did, said plainly: how far it is, what was left out and why. Nobody out of reach is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bandeja.bulk.models import UNDO_FOR, Bulk, Halt, Verb
from bandeja.people.clock import now_for
from bandeja.people.models import Agent

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Told:
    """An action as its person sees it: what is said of it, and whether it may be taken back.

    Just after it that is done at once; closings may be for days: then one looks first at what would become of them.
    """

    bulk: Bulk
    sentences: list[str]
    may_be_undone: bool
    is_of_late: bool

    @property
    def is_under_way(self) -> bool:
        return self.bulk.ended_at is None


def shown(agent: Agent) -> list[Told]:
    """This person's actions under way, those that ended with something left out, and those they may still undo."""
    now = now_for(agent)
    partial = Q(done__lt=F("total"))
    lately = Q(ended_at__gt=now - UNDO_FOR)
    unread = agent.bulks.filter(Q(ended_at=None) | partial | lately, read_at=None, undoing=None)
    return [tell(bulk, now) for bulk in unread.select_related("undoes", "undoing").order_by("-pk")[:SHOWN]]


def tell(bulk: Bulk, now: datetime) -> Told:
    """What there is to say of an action."""
    sentences = [_progress(bulk)] if bulk.ended_at is None else [_done(bulk), *_left_out(bulk)]
    return Told(bulk, sentences, bulk.may_be_undone(now), bool(bulk.ended_at and bulk.ended_at > now - UNDO_FOR))


def _progress(bulk: Bulk) -> str:
    if not bulk.frozen_at:
        return _("Finding the conversations…")
    said = {
        Verb.CLOSE: _("Closing: %(n)s of %(total)s"),
        Verb.ASSIGN: _("Changing hands: %(n)s of %(total)s"),
        Verb.TAG: _("Tagging: %(n)s of %(total)s"),
        Verb.UNTAG: _("Taking tags off: %(n)s of %(total)s"),
        Verb.READ: _("Marking as read: %(n)s of %(total)s"),
        Verb.UNREAD: _("Marking as unread: %(n)s of %(total)s"),
        Verb.UNDO: _("Undoing: %(n)s of %(total)s"),
    }[Verb(bulk.verb)]
    return said % {"n": _number(bulk.settled), "total": _number(bulk.total)}


def _done(bulk: Bulk) -> str:
    n = bulk.done
    said = {
        Verb.CLOSE: lambda: ngettext("%(n)s conversation closed.", "%(n)s conversations closed.", n),
        Verb.ASSIGN: lambda: ngettext("%(n)s conversation changed hands.", "%(n)s conversations changed hands.", n),
        Verb.TAG: lambda: ngettext("%(n)s conversation tagged.", "%(n)s conversations tagged.", n),
        Verb.UNTAG: lambda: ngettext("Tags taken off %(n)s conversation.", "Tags taken off %(n)s conversations.", n),
        Verb.READ: lambda: ngettext("%(n)s conversation marked read.", "%(n)s conversations marked read.", n),
        Verb.UNREAD: lambda: ngettext("%(n)s conversation marked unread.", "%(n)s conversations marked unread.", n),
        Verb.UNDO: lambda: _undone(bulk),
    }[Verb(bulk.verb)]()
    return said % {"n": _number(n)}


def _undone(bulk: Bulk) -> str:
    if bulk.undoes_closings:
        return ngettext("%(n)s conversation is open again.", "%(n)s conversations are open again.", bulk.done)
    return ngettext("%(n)s conversation is as it was.", "%(n)s conversations are as they were.", bulk.done)


def _left_out(bulk: Bulk) -> list[str]:
    counted = [
        (bulk.newer, _written if bulk.verb == Verb.UNDO else _newer),
        (bulk.already, _undone_already if bulk.verb == Verb.UNDO else _already),
        (bulk.changed, _touched if bulk.verb == Verb.UNDO else _changed),
        (bulk.ownerless, _ownerless),
        (bulk.unavailable, _unavailable),
        (bulk.failed, _failed),
    ]
    said = [sentence(n) % {"n": _number(n)} for n, sentence in counted if n]
    return [*said, _halted(bulk)] if bulk.halted else said


def _newer(n: int) -> str:
    return ngettext("%(n)s skipped: the contact has just written.", "%(n)s skipped: they have just written.", n)


def _already(n: int) -> str:
    return ngettext("%(n)s was so already.", "%(n)s were so already.", n)


def _changed(n: int) -> str:
    return ngettext(
        "%(n)s skipped: somebody changed it meanwhile.", "%(n)s skipped: somebody changed them meanwhile.", n
    )


def _touched(n: int) -> str:
    return ngettext(
        "%(n)s left as it is: somebody has touched it since.",
        "%(n)s left as they are: somebody has touched them since.",
        n,
    )


def _written(n: int) -> str:
    return ngettext(
        "%(n)s left as it is: somebody has written in it since.",
        "%(n)s left as they are: somebody has written in them since.",
        n,
    )


def _undone_already(n: int) -> str:
    return ngettext("%(n)s was taken back already.", "%(n)s were taken back already.", n)


def _ownerless(n: int) -> str:
    return ngettext(
        "%(n)s skipped: nobody has another conversation with that contact.",
        "%(n)s skipped: nobody has another conversation with those contacts.",
        n,
    )


def _unavailable(n: int) -> str:
    return ngettext("%(n)s is no longer available to you.", "%(n)s are no longer available to you.", n)


def _failed(n: int) -> str:
    return ngettext("%(n)s could not be changed.", "%(n)s could not be changed.", n)


def _halted(bulk: Bulk) -> str:
    left = bulk.left_over
    if bulk.halted == Halt.CANCELLED and not bulk.frozen_at:
        return _("Cancelled before it began.")
    said = {
        Halt.CANCELLED: ngettext("Cancelled: %(n)s left as it was.", "Cancelled: %(n)s left as they were.", left),
        Halt.FAILED: ngettext(
            "Something went wrong: %(n)s left as it was.", "Something went wrong: %(n)s left as they were.", left
        ),
        Halt.LEFT: ngettext("%(n)s left as it was.", "%(n)s left as they were.", left),
        Halt.NOT_ALLOWED: ngettext(
            "%(n)s left as it was: whoever asked for it may not any more.",
            "%(n)s left as they were: whoever asked for it may not any more.",
            left,
        ),
        Halt.NO_OWNER: ngettext(
            "%(n)s left as it was: whoever was to have it is no longer here.",
            "%(n)s left as they were: whoever was to have them is no longer here.",
            left,
        ),
        Halt.NO_TAG: ngettext(
            "%(n)s left as it was: the tag is gone.", "%(n)s left as they were: the tag is gone.", left
        ),
    }[Halt(bulk.halted)]
    return said % {"n": _number(left)}


def _number(n: int) -> str:
    return number_format(n, force_grouping=True)
