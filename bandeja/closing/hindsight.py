"""What a rule's card shows of the past: what the rule would have done as it is typed, and what silences say of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bandeja.channels.models import Account
from bandeja.closing import by_hours, plots, words
from bandeja.closing.coverage import is_entitled
from bandeja.closing.draft import Draft, tidied, unfit
from bandeja.closing.looking import Busy, TooMuch
from bandeja.closing.models import SECONDS_PER_UNIT, Unit
from bandeja.closing.preview import DAYS, Preview, look_back
from bandeja.closing.silences import ACCEPTABLE, ENOUGH, TIMES, Silences, Time, look_at_silences
from bandeja.closing.spans import span
from bandeja.closing.words import counted, in_percent, percent
from bandeja.conversations.scope import Scope
from bandeja.people.models import Agent


@dataclass(frozen=True)
class Fact:
    """What became of some of the closings: what it is, how many, and what part of all."""

    what: str
    count: str
    part: str


@dataclass(frozen=True)
class Seen:
    """A look back with this time on these accounts, and the sentences that tell it."""

    amount: int
    unit: str
    places: str
    preview: Preview
    silences: Silences
    by_hours: bool = False
    """Whether its time counts by a calendar: silences are measured by the clock, and say nothing of it."""

    @property
    def time(self) -> str:
        return span(self.amount, self.unit)

    @property
    def seconds(self) -> int:
        return self.amount * SECONDS_PER_UNIT[Unit(self.unit)]

    @property
    def total(self) -> SafeString:
        """How many conversations it would have closed, and how often."""
        closed, closings = self.preview.conversations, self.preview.closings
        if not closings:
            return _bold(_("In the last {days} days it would have closed no conversation."), days=DAYS)
        told = _bold(
            ngettext(
                "In the last {days} days it would have closed {n} conversation.",
                "In the last {days} days it would have closed {n} conversations.",
                closed,
            ),
            days=DAYS,
            n=counted(closed),
        )
        if closings == closed:
            return told
        again = _bold(_("Some more than once: {n} closings."), n=counted(closings))
        return format_html("{} {}", told, again)

    @property
    def facts(self) -> list[Fact]:
        told = [
            (_("The contact wrote again within the hour"), self.preview.back_in_an_hour),
            (_("The contact wrote again within the day"), self.preview.back_in_a_day),
            (_("Nobody of yours had answered"), self.preview.unanswered),
        ]
        return [Fact(what, counted(count), percent(count / self.preview.closings)) for what, count in told]

    @property
    def forecast(self) -> SafeString:
        """How many closings a day there will be, and how that is worked out."""
        a_day, days = round(self.preview.a_day), self.preview.looked
        average = ngettext(
            "It is the average of one day: the oldest of these conversations began then.",
            "It is the average of the last %(days)d days, and the most on one day were %(most)s.",
            days,
        ) % {"days": days, "most": counted(self.preview.most_in_a_day)}
        if not a_day:
            return format_html("{} {}", _("Expect less than one closing a day."), average)
        expected = ngettext("Expect about {n} closing a day.", "Expect about {n} closings a day.", a_day)
        return format_html("{} {}", _bold(expected, n=counted(a_day)), average)

    @property
    def begins(self) -> str:
        return _("Nothing closes when you save: the first closings come %(time)s later at the earliest.") % {
            "time": self.time
        }

    @property
    def sampled(self) -> str:
        """That not every conversation was looked at, where that is so."""
        if not self.preview.is_sampled:
            return ""
        return _(
            "Contacts wrote in very many conversations, so this is worked out from one in %(every)s of them, taken "
            "evenly."
        ) % {"every": counted(self.preview.every)}

    @property
    def listed(self) -> str:
        """What the list leaves out, if it does."""
        visible, closings, shown = self.preview.visible, self.preview.closings, len(self.preview.lines)
        if not visible:
            return _("You may see none of these conversations, so none is listed.")
        told = []
        if visible < closings:
            sentence = _("You may see %(n)s of these %(all)s closings.")
            told.append(sentence % {"n": counted(visible), "all": counted(closings)})
        if shown < visible:
            sentence = _("These are %(n)s of them.") if self.preview.is_sampled else _("These are the latest %(n)s.")
            told.append(sentence % {"n": counted(shown)})
        return " ".join(told)

    @cached_property
    def days(self) -> list[plots.Day]:
        return plots.days(self.preview)

    @cached_property
    def spans(self) -> list[plots.Span]:
        return plots.spans(self.silences, self.seconds)

    @property
    def ticks(self) -> list[plots.Tick]:
        return plots.ticks()

    @property
    def mark(self) -> plots.Mark:
        return plots.mark(self.seconds)

    @property
    def returns(self) -> SafeString:
        """What part of those who came back would have come too late, with this time and with another."""
        if not self.silences.enough:
            return _bold(
                _(
                    "There is too little history to say: contacts came back {n} times in the last 90 days, "
                    "and {enough} are needed."
                ),
                n=counted(self.silences.total),
                enough=ENOUGH,
            )
        mine = self.silences.time(self.amount, self.unit)
        told = {"time": self.time, "late": in_percent(mine.late), "total": counted(self.silences.total)}
        other = self._other
        if other is None:
            text = _(
                "With {time}, contacts would have found the conversation closed {late} of the {total} times they "
                "came back."
            )
            return _bold(text, **told)
        text = _(
            "With {time}, contacts would have found the conversation closed {late} of the {total} times they came "
            "back; with {other}, {share}."
        )
        return _bold(text, **told, other=span(other.amount, other.unit), share=in_percent(other.late))

    @property
    def suggested(self) -> Time | None:
        """A time to try; None where the rule has it already, or too little is known."""
        if not self.silences.enough or self._is_suggested:
            return None
        return self.silences.suggested

    @property
    def suggestion(self) -> str:
        share = percent(ACCEPTABLE)
        if self._is_suggested:
            return _("No shorter round time keeps that at %(share)s or less.") % {"share": share}
        best = self.silences.suggested
        return _("We suggest %(time)s: no shorter round time keeps that at %(share)s or less.") % {
            "time": span(best.amount, best.unit),
            "share": share,
        }

    @property
    def suggested_time(self) -> str:
        return span(self.silences.suggested.amount, self.silences.suggested.unit)

    @property
    def _is_suggested(self) -> bool:
        return self.silences.suggested.seconds == self.seconds

    @property
    def _other(self) -> Time | None:
        """The suggested time, or else the next longer round one."""
        if not self._is_suggested:
            return self.silences.suggested
        longer = (self.silences.time(*time) for time in TIMES)
        return next((time for time in longer if time.seconds > self.seconds), None)


@dataclass(frozen=True)
class Hindsight:
    """What was seen; or, where nothing could be, why, and the status to answer with. `wrong` is what is wrong with
    the draft, field by field.
    """

    seen: Seen | None = None
    problems: Sequence[str] = ()
    status: int = 200
    wrong: Mapping[str, str] = field(default_factory=dict)


def look(agent: Agent, draft: Draft) -> Hindsight:
    """Look back for a rule as it is typed, saved or not. Raises Account.DoesNotExist for accounts of others."""
    draft = replace(draft, options=tidied(draft.options))
    workspace, ids = agent.workspace, sorted(set(draft.account_ids))
    names = _names(agent, ids)
    if not is_entitled(workspace):
        return Hindsight(problems=[_("Your plan has no closing rules now.")], status=422)
    if wrong := unfit(draft, workspace):
        return Hindsight(problems=list(wrong.values()), status=422, wrong=wrong)
    time = by_hours.stretch(draft.amount, draft.unit, by_hours.hours_of(draft.options, workspace))
    try:
        preview = look_back(workspace, ids, time, scope=Scope.of(agent), options=draft.options)
        silences = look_at_silences(workspace, ids, time.seconds)
    except TooMuch:
        problem = _("There is more history here than can be looked through in a few seconds. Saving works as ever.")
        return Hindsight(problems=[problem], status=503)
    except Busy:
        problem = _("Somebody of your team is looking back at this moment. Try again in a few seconds.")
        return Hindsight(problems=[problem], status=503)
    return Hindsight(Seen(draft.amount, draft.unit, words.places(names), preview, silences, time.hours is not None))


def suggestible(asked: str) -> tuple[int, str] | None:
    """A round time as an address says it, 72-hours; None when it is none of ours."""
    return next(((amount, unit) for amount, unit in TIMES if f"{amount}-{unit}" == asked), None)


def _names(agent: Agent, ids: Collection[int]) -> list[str]:
    found = dict(Account.objects.filter(workspace=agent.workspace, pk__in=ids).values_list("pk", "name"))
    if len(found) < len(ids):
        raise Account.DoesNotExist("One of these accounts is not of this workspace.")
    return [found[pk] for pk in ids]


def _bold(text: str, **parts: object) -> SafeString:
    """A sentence in which what was counted stands out."""
    return format_html(text, **{name: format_html("<b>{}</b>", part) for name, part in parts.items()})
