"""What a person asks of a rule, before it is one: tidied, and refused field by field (closing R1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from django.db.models import Model
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from bandeja.channels.models import Account
from bandeja.channels.reading import is_visible
from bandeja.closing import by_hours, courtesy_draft
from bandeja.closing.courtesy import SILENT, Courtesy
from bandeja.closing.models import LONGEST, REASON_LENGTH, SECONDS_PER_UNIT, Rule, Since, Unit, Waiting
from bandeja.closing.options import NONE, Options
from bandeja.conversations.models import ContactField, Tag
from bandeja.people.clock import database_now
from bandeja.people.models import Agent, Team, Workspace

NAME_LENGTH = 80
GIVEN = ("waiting", "waiting_agent", "waiting_team")
JUDGED_BY: Mapping[str, Sequence[str]] = {
    "amount": ("amount", "unit"),
    "waiting_agent": GIVEN,
    "waiting_team": GIVEN,
    "exempt_value": ("exempt_field", "exempt_value"),
    "calendar": ("amount", "unit", "calendar"),
    "unheard_amount": ("unheard_amount", "unheard_unit", "calendar"),
    "warnings": ("amount", "unit", "warnings"),
    "warning": ("warnings", "warning"),
}
"""What a field is judged by, where that is not itself alone."""


@dataclass(frozen=True)
class Draft:
    """A rule as somebody would have it. A blank name asks for the next free "Rule N"; no whole number is 0."""

    name: str
    amount: int
    unit: str
    reason: str
    account_ids: Sequence[int]
    active: bool = True
    options: Options = NONE
    courtesy: Courtesy = SILENT

    @classmethod
    def of(cls, rule: Rule) -> Draft:
        """The rule as it is, without the tags that were deleted since: they name nothing."""
        options, accounts = Options.of(rule), [entry.account_id for entry in rule.coverage.all()]
        if options.exempt_tags:
            there = Tag.objects.filter(pk__in=options.exempt_tags).values_list("pk", flat=True)
            options = replace(options, exempt_tags=tuple(there))
        said = (rule.name, rule.amount, rule.unit, rule.reason, accounts, rule.active)
        return _trimmed(cls(*said, options=options, courtesy=Courtesy.of(rule)))

    @property
    def time(self) -> timedelta | None:
        """Its time; None where it is none."""
        if _wrong_time(self.amount, self.unit):
            return None
        return timedelta(seconds=self.amount * SECONDS_PER_UNIT[Unit(self.unit)])


class Invalid(Exception):
    """The draft breaks R1; `errors` says what is wrong with each of its fields, and of those of its options and its
    courtesy: `amount`, `waiting_team`, `warnings.0`, `farewell.pt-br`.
    """

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors.items()))
        self.errors = errors


def tidy(draft: Draft, workspace: Workspace, rule: Rule | None = None) -> Draft:
    """The draft trimmed, each account once. Raises Invalid with everything that is wrong with it at once.

    What the `rule` to be saved is it may stay, though nobody could have it now: teams are deleted, people leave, the
    workspace speaks another language. A save is refused for what it changes.
    """
    was = Draft.of(rule) if rule else None
    draft = _trimmed(draft)
    if rule and was:
        gone = set(rule.exempt_tags) - set(was.options.exempt_tags)
        kept = tuple(pk for pk in draft.options.exempt_tags if pk not in gone)
        draft = replace(draft, options=replace(draft.options, exempt_tags=kept))
    errors = {
        "name": _wrong_name(draft.name),
        "reason": _wrong_reason(draft.reason),
        **unfit(draft, workspace),
        **courtesy_draft.wrong(draft.courtesy, draft.time, workspace.language),
    }
    wrong = {field: message for field, message in errors.items() if message and _is_changed(field, draft, was)}
    if wrong:
        raise Invalid(wrong)
    return draft


def _trimmed(draft: Draft) -> Draft:
    return replace(
        draft,
        name=draft.name.strip(),
        reason=draft.reason.strip(),
        account_ids=sorted(set(draft.account_ids)),
        options=tidied(draft.options),
        courtesy=courtesy_draft.tidied(draft.courtesy),
    )


def _is_changed(field: str, draft: Draft, was: Draft | None) -> bool:
    """Whether the draft says anything else than the rule `was` of what this field is judged by."""
    if was is None:
        return True
    name = field.partition(".")[0]
    said, before = ({**vars(each), **asdict(each.options), **asdict(each.courtesy)} for each in (draft, was))
    return any(said[each] != before[each] for each in JUDGED_BY.get(name, (name,)))


def tidied(options: Options) -> Options:
    """Each tag and owner once; to whom it gives only where it gives, what a field must say only where one is named.

    Whose time counts from our answer waits for one: it never closes on whoever waits (closing G1). A unit only with a
    time for what nobody answered.
    """
    gives = options.waiting == Waiting.GIVE
    waits = options.since == Since.ANSWER and options.waiting == Waiting.CLOSE
    return replace(
        options,
        waiting=Waiting.TELL if waits else options.waiting,
        waiting_agent=options.waiting_agent if gives else None,
        waiting_team=options.waiting_team if gives else None,
        exempt_tags=tuple(sorted(set(options.exempt_tags))),
        exempt_owners=tuple(sorted(set(options.exempt_owners))),
        exempt_value="" if options.exempt_field is None else options.exempt_value.strip(),
        unheard_unit="" if options.unheard_amount is None else options.unheard_unit,
    )


def unfit(draft: Draft, workspace: Workspace) -> dict[str, str]:
    """What is wrong with its time, accounts and options, by field: all that what it would have done hangs on."""
    time, options = _wrong_time(draft.amount, draft.unit), _wrong_options(draft.options, workspace)
    errors = {
        "amount": time,
        "account_ids": _wrong_accounts(sorted(set(draft.account_ids)), workspace),
        **options,
        "calendar": "" if time else _wrong_hours(draft, workspace),
        "unheard_amount": options.get("unheard_amount") or _wrong_unheard_hours(draft.options, workspace),
    }
    return {field: message for field, message in errors.items() if message}


def _wrong_name(name: str) -> str:
    if len(name) > NAME_LENGTH:
        return _("Write at most %(most)d characters; there are %(count)d.") % {
            "most": NAME_LENGTH,
            "count": len(name),
        }
    # A blank name is no name, and gets a default one; one nobody can see would pass for it.
    return _unstorable(name) or ("" if not name or is_visible(name) else _("Write a name that can be seen."))


def _wrong_time(amount: int, unit: str) -> str:
    if unit not in Unit.values:
        return _("Choose minutes, hours or days.")
    most = LONGEST // SECONDS_PER_UNIT[Unit(unit)]
    if 1 <= amount <= most:
        return ""
    return _("Write a whole number from 1 to %(most)s: the longest time is 365 days.") % {
        "most": number_format(most, force_grouping=True)
    }


def _wrong_hours(draft: Draft, workspace: Workspace) -> str:
    return by_hours.wrong(draft.amount, draft.unit, draft.options, workspace, database_now())


def _wrong_unheard_hours(options: Options, workspace: Workspace) -> str:
    if options.unheard_amount is None or by_hours.hours_of(options, workspace) is None:
        return ""
    return by_hours.wrong(options.unheard_amount, options.unheard_unit, options, workspace, database_now())


def _wrong_accounts(account_ids: Sequence[int], workspace: Workspace) -> str:
    if not account_ids:
        return _("Choose at least one account.")
    said = _("One of these accounts is no longer here. Choose again.")
    return "" if _are_here(Account, account_ids, workspace) else said


def _are_here(model: type[Model], ids: Collection[int], workspace: Workspace, **more: object) -> bool:
    """Whether all of these are the workspace's: another's are as if they did not exist."""
    if not ids:
        return True
    found = model._default_manager.filter(workspace=workspace, pk__in=ids, **more)  # noqa: SLF001  Django's own word
    return found.count() == len(ids)


def _wrong_options(options: Options, workspace: Workspace) -> dict[str, str]:
    gone = _("One of these is no longer here. Choose again.")
    wrong = {"since": "" if options.since in Since.values else gone}
    wrong["waiting"] = "" if options.waiting in Waiting.values else gone
    agent, team = options.waiting_agent, options.waiting_team
    if agent is not None and not _are_here(Agent, [agent], workspace, is_active=True):
        wrong["waiting_agent"] = gone
    if team is not None and not _are_here(Team, [team], workspace):
        wrong["waiting_team"] = gone
    if options.waiting == Waiting.GIVE and (agent is None) == (team is None):
        both = ["waiting_agent"] if team is None else ["waiting_agent", "waiting_team"]
        wrong |= dict.fromkeys(both, _("Choose a person or a team."))
    if not _are_here(Tag, options.exempt_tags, workspace):
        wrong["exempt_tags"] = gone
    if not _are_here(Agent, options.exempt_owners, workspace):
        wrong["exempt_owners"] = gone
    field = options.exempt_field
    if field is not None and not _are_here(ContactField, [field], workspace):
        wrong["exempt_field"] = gone
    if field is not None and not is_visible(options.exempt_value):
        wrong["exempt_value"] = _("Write what the field must say.")
    elif len(options.exempt_value) > REASON_LENGTH:
        wrong["exempt_value"] = _("Write at most %(most)d characters; there are %(count)d.") % {
            "most": REASON_LENGTH,
            "count": len(options.exempt_value),
        }
    if options.unheard_amount is not None:
        wrong["unheard_amount"] = _wrong_time(options.unheard_amount, options.unheard_unit)
    return {"exempt_value": _unstorable(options.exempt_value), **wrong}


def _wrong_reason(reason: str) -> str:
    if not is_visible(reason):
        return _("Write the reason: it is kept with every closing.")
    if len(reason) > REASON_LENGTH:
        return _("Write at most %(most)d characters; there are %(count)d.") % {
            "most": REASON_LENGTH,
            "count": len(reason),
        }
    return _unstorable(reason)


def _unstorable(text: str) -> str:
    # PostgreSQL stores no NUL, and UTF-8 has no lone surrogates.
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        return _("It contains characters that cannot be stored.")
    return ""
