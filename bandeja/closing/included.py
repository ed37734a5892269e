"""What there is to say of including what is open without a clock: how many, how far it is, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bandeja.channels.models import Account
from bandeja.closing.including import count
from bandeja.closing.looking import Busy, TooMuch
from bandeja.closing.models import Halt, Inclusion, Stage
from bandeja.closing.words import counted
from bandeja.people.models import Workspace


@dataclass(frozen=True, slots=True)
class HowMany:
    """How many could be included, by account. `n` is None when they could not be counted, and `problem` says why."""

    n: int | None
    by_account: Sequence[tuple[Account, int]] = ()
    problem: str = ""
    may_go_on: bool = True
    """Whether somebody may have them included on knowing this."""

    @property
    def text(self) -> str:
        """In a sentence."""
        if self.n is None:
            return self.problem
        if not self.n:
            return _("No conversation of these accounts is open without a clock.")
        said = ngettext(
            "%(n)s conversation is open without a clock.", "%(n)s conversations are open without a clock.", self.n
        )
        return said % {"n": counted(self.n)}


def how_many(workspace: Workspace, account_ids: Iterable[int], rule_id: int | None) -> HowMany:
    """What would be included if the rule covers these accounts; None for one that is not saved yet."""
    ids = list(account_ids)
    try:
        found = count(workspace, ids, rule_id)
    except TooMuch:
        return HowMany(None, problem=_("There are more than can be counted here in a moment."))
    except Busy:
        said = _("Somebody of your team is looking through the conversations right now. Try again in a moment.")
        return HowMany(None, problem=said, may_go_on=False)
    named = Account.objects.filter(workspace=workspace, pk__in=found).order_by("channel", "name", "pk")
    return HowMany(sum(found.values()), [(each, found[each.pk]) for each in named])


@dataclass(frozen=True, slots=True)
class Told:
    """An inclusion as people read it, and whether it may be taken back."""

    inclusion: Inclusion
    sentences: Sequence[str]
    may_be_undone: bool

    @property
    def done(self) -> int:
        """How many were decided on, of `total`."""
        return self.inclusion.decided if self.inclusion.stage == Stage.UNDOING else self.inclusion.settled

    @property
    def total(self) -> int:
        return self.inclusion.included if self.inclusion.stage == Stage.UNDOING else self.inclusion.total

    @property
    def by(self) -> str:
        """Who asked for what is told; blank when nobody knows by now."""
        is_back = self.inclusion.stage in {Stage.UNDOING, Stage.UNDONE}
        return str((self.inclusion.undone_by if is_back else self.inclusion.agent) or "")

    @property
    def at(self) -> datetime:
        """When it ended, or when it was asked for while it is under way."""
        return self.inclusion.undone_at or self.inclusion.ended_at or self.inclusion.created_at


def tell(inclusion: Inclusion, now: datetime) -> Told:
    """What there is to say of one."""
    return Told(inclusion, _said(inclusion), inclusion.may_be_undone(now))


def _said(each: Inclusion) -> list[str]:
    if each.stage == Stage.FINDING:
        return [_("Finding the conversations…")]
    progress = {"n": counted(each.settled), "total": counted(each.total)}
    if each.stage == Stage.INCLUDING:
        return [_("Including: %(n)s of %(total)s") % progress]
    if each.stage == Stage.UNDOING:
        progress = {"n": counted(each.decided), "total": counted(each.included)}
        return [_("Taking back: %(n)s of %(total)s") % progress]
    told = [(each.included, _included), (each.uncovered, _uncovered), (each.passed, _passed)]
    left = each.total - each.settled
    if each.stage == Stage.UNDONE:
        told, left = [(each.excluded, _excluded), (each.kept, _kept)], each.included - each.decided
    first, *rest = [(n, sentence(n) % {"n": counted(n)}) for n, sentence in told]
    if each.halted == Halt.CANCELLED and not each.total:
        return [_("Cancelled before it began.")]
    return [first[1], *(said for n, said in rest if n), *_halted(each.halted, left)]


def _included(n: int) -> str:
    return ngettext(
        "%(n)s conversation was included: it has the whole time from then.",
        "%(n)s conversations were included: each has the whole time from then.",
        n,
    )


def _uncovered(n: int) -> str:
    return ngettext(
        "%(n)s left out: the rule no longer covered its account as when this was asked for.",
        "%(n)s left out: the rule no longer covered their accounts as when this was asked for.",
        n,
    )


def _passed(n: int) -> str:
    return ngettext(
        "%(n)s left out: meanwhile it closed, was kept open or got a clock.",
        "%(n)s left out: meanwhile they closed, were kept open or got a clock.",
        n,
    )


def _excluded(n: int) -> str:
    return ngettext(
        "Taken back: %(n)s conversation has no clock by it any more.",
        "Taken back: %(n)s conversations have no clock by it any more.",
        n,
    )


def _kept(n: int) -> str:
    return ngettext(
        "%(n)s left as it is: its contact has written since, or it closed.",
        "%(n)s left as they are: their contacts have written since, or they closed.",
        n,
    )


def _halted(halted: str, left: int) -> list[str]:
    if not halted:
        return []
    said = {
        Halt.CANCELLED: ngettext("Cancelled: %(n)s left as it was.", "Cancelled: %(n)s left as they were.", left),
        Halt.FAILED: ngettext(
            "Something went wrong: %(n)s left as it was.", "Something went wrong: %(n)s left as they were.", left
        ),
        Halt.LEFT: ngettext(
            "Whoever asked for it may not any more: %(n)s left as it was.",
            "Whoever asked for it may not any more: %(n)s left as they were.",
            left,
        ),
        Halt.DELETED: ngettext(
            "The rule was deleted: %(n)s left as it was.", "The rule was deleted: %(n)s left as they were.", left
        ),
        Halt.OFF: ngettext(
            "The rule was turned off: %(n)s left as it was.",
            "The rule was turned off: %(n)s left as they were.",
            left,
        ),
        Halt.NO_PLAN: ngettext(
            "The plan with closing rules ended: %(n)s left as it was.",
            "The plan with closing rules ended: %(n)s left as they were.",
            left,
        ),
    }[Halt(halted)]
    return [said % {"n": counted(left)}]
