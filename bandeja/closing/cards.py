"""What a rule's card shows: its fields, the accounts to choose from, its sentence, and what there is to mind."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from django.forms import BoundField
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bandeja.channels.models import Account
from bandeja.closing import by_hours, courtesy_told, options_told, words
from bandeja.closing.changes import Change, last_change
from bandeja.closing.courtesy import PLACES, SILENT
from bandeja.closing.courtesy_draft import LANGUAGES
from bandeja.closing.courtesy_form import text_field
from bandeja.closing.draft import Draft
from bandeja.closing.forms import RuleForm
from bandeja.closing.hindsight import Hindsight
from bandeja.closing.included import HowMany, Told, how_many, tell
from bandeja.closing.including import is_lately, latest
from bandeja.closing.lately import DAYS, Lately, closed_lately
from bandeja.closing.models import REASON_LENGTH, Coverage, Rule
from bandeja.closing.options import NONE
from bandeja.closing.saying import language_of
from bandeja.closing.spans import span
from bandeja.people.clock import database_now
from bandeja.people.forms import language_name
from bandeja.people.models import Agent, Workspace


@dataclass(frozen=True)
class Choice:
    """An account in a rule's picker; `holder` is the name of the other active rule that has it."""

    account: Account
    chosen: bool
    holder: str

    @property
    def taken(self) -> bool:
        """Whether it may not be chosen. One that is chosen may always be let go."""
        return bool(self.holder) and not self.chosen


class Picker:
    """The accounts of a workspace, the active rules that hold them and what was included in each, read once for all
    its cards.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.names_of = options_told.Names(workspace.pk)
        self.accounts = list(Account.objects.filter(workspace=workspace).order_by("channel", "name", "pk"))
        held = Coverage.objects.filter(workspace_id=workspace.pk, covered_since__isnull=False)
        self.holders = {entry.account_id: entry.rule for entry in held.select_related("rule")}

    @cached_property
    def lately(self) -> Mapping[int, Lately]:
        """What each rule closed of late."""
        return closed_lately(self.workspace.pk, database_now() - DAYS)

    def people(self, chosen: Collection[int]) -> list[Agent]:
        """Those who are here, and who was chosen before they left: what names them is seen, and can be changed."""
        return [each for each in self.names_of.people if each.is_active or each.pk in chosen]

    def choices(self, rule: Rule | None, chosen: Collection[int]) -> list[Choice]:
        """What a rule may choose from: connected accounts, and those of its list that are not (closing R10)."""
        return [
            Choice(account, account.pk in chosen, self._holder(account, rule))
            for account in self.accounts
            if account.is_connected or account.pk in chosen
        ]

    @cached_property
    def languages(self) -> set[str]:
        """Those that the accounts speak which were given one."""
        return {language for each in self.accounts if (language := language_of(each))}

    @cached_property
    def included(self) -> dict[int, Told]:
        """What was included in each rule lately, by its id."""
        if not (found := latest(self.workspace.pk)):
            return {}
        now = database_now()
        return {each.rule_id: tell(each, now) for each in found if is_lately(each, now)}

    def names(self, account_ids: Collection[int]) -> list[str]:
        """The names of these accounts, in the picker's order."""
        return [account.name for account in self.accounts if account.pk in account_ids]

    def _holder(self, account: Account, rule: Rule | None) -> str:
        holder = self.holders.get(account.pk)
        return holder.name if holder and holder != rule else ""


@dataclass(frozen=True)
class Text:
    """A field for what contacts are told; `language` is blank where there is but one."""

    field: BoundField
    language: str


@dataclass(frozen=True)
class Difference:
    """One field of a rule as it is saved and as somebody typed it."""

    label: str
    saved: str
    typed: str

    @property
    def differs(self) -> bool:
        return self.saved != self.typed


def new_key() -> str:
    """What tells a card that is no rule yet from the others: several may be on one page."""
    return f"new-{secrets.token_hex(4)}"


@dataclass
class Card:
    """A rule's card, or a blank one when `rule` is None."""

    form: RuleForm
    rule: Rule | None
    picker: Picker
    hindsight: Hindsight | None = None
    reason_most = REASON_LENGTH

    @classmethod
    def of(cls, rule: Rule, picker: Picker) -> Card:
        return cls(RuleForm(rule=rule, key=str(rule.pk)), rule, picker)

    @classmethod
    def blank(cls, picker: Picker) -> Card:
        form = RuleForm(key=new_key())
        form.fields["amount"].widget.attrs["autofocus"] = True
        return cls(form, None, picker)

    @property
    def key(self) -> str:
        """Its `id` in the page."""
        return str(self.form.auto_id).removesuffix("-%s")

    @cached_property
    def draft(self) -> Draft:
        return self.form.draft()

    @property
    def choices(self) -> list[Choice]:
        return self.picker.choices(self.rule, self.draft.account_ids)

    @cached_property
    def how_many(self) -> HowMany | None:
        """What would be included by a save, where that is asked for."""
        if not self.form.includes:
            return None
        return how_many(self.picker.workspace, self.draft.account_ids, self.rule.pk if self.rule else None)

    @property
    def included(self) -> Told | None:
        """What was included in the rule lately."""
        return self.picker.included.get(self.rule.pk) if self.rule else None

    @property
    def summary(self) -> SafeString:
        return _sentence(self.draft, self.picker)

    @cached_property
    def example(self) -> str:
        """When it would close, had the contact written just now, where its time counts by a calendar."""
        return by_hours.example(self.draft.amount, self.draft.unit, self.draft.options, self.picker.workspace)

    @property
    def lately(self) -> Lately | None:
        """What it closed of late and nobody took back, if anything."""
        return self.picker.lately.get(self.rule.pk) if self.rule else None

    @property
    def reason_length(self) -> int:
        return len(self.draft.reason.strip())

    @property
    def takers(self) -> list[Agent]:
        """Whom what waits may be given to."""
        return self.picker.people({self.draft.options.waiting_agent or 0})

    @property
    def spared_owners(self) -> list[Agent]:
        """Whose conversations it may leave open."""
        return self.picker.people(self.draft.options.exempt_owners)

    @property
    def has_options(self) -> bool:
        """Whether it says more than its time, accounts and reason, or says it wrong: then that part is open."""
        wrong = {"since", "waiting", "waiting_to", "exempt_tags", "exempt_owners", "exempt_field", "exempt_value"}
        wrong |= {"unheard_amount"}
        return replace(self.draft.options, calendar=None) != NONE or bool(
            wrong & set(self.form.errors if self.form.is_bound else ())
        )

    @property
    def has_courtesy(self) -> bool:
        """Whether it says something to contacts, or says it wrong: then that part is open."""
        wrong = self.form.errors if self.form.is_bound else ()
        return self.draft.courtesy != SILENT or any(name.startswith(("warning_", "farewell_")) for name in wrong)

    @property
    def warning_texts(self) -> list[Text]:
        """What a warning says, in each language that contacts are known to read."""
        return self._texts("warning")

    @property
    def farewell_texts(self) -> list[Text]:
        """What contacts are told once it is closed."""
        return self._texts("farewell")

    @property
    def time_place(self) -> str:
        """What stands for the time that is left, as whoever reads the page would write it."""
        return PLACES.get(get_language() or "", PLACES["en"])

    def _texts(self, kind: str) -> list[Text]:
        own = self.picker.workspace.language
        written = getattr(self.draft.courtesy, kind)
        others = sorted(({*self.picker.languages, *written} & set(LANGUAGES)) - {own})
        texts = [Text(self.form[text_field(kind, code)], language_name(code)) for code in (own, *others)]
        return texts if others else [replace(texts[0], language="")]

    @property
    def idle(self) -> str:
        """Why an active rule closes nothing, if it does not (closing R10)."""
        if self.rule is None or not self.rule.active:
            return ""
        ids = {entry.account_id for entry in self.rule.coverage.all()}
        listed = [account for account in self.picker.accounts if account.pk in ids]
        if not listed:
            return _("This rule is on but has no account, so it closes nothing. Choose at least one and save.")
        if not any(account.is_connected for account in listed):
            return _("None of its accounts is connected, so this rule closes nothing for now.")
        return ""

    @property
    def last_change(self) -> Change | None:
        """Who made the rule what it is, told when a stale save was refused."""
        return last_change(self.form.stale) if self.form.stale else None

    @property
    def differences(self) -> list[Difference]:
        """The saved version and the typed one, field by field (closing R4)."""
        if self.form.stale is None:
            return []
        saved, typed = RuleForm(rule=self.form.stale).draft(), self.draft
        return [
            Difference(label, ours, theirs)
            for (label, ours), (_label, theirs) in zip(self._facts(saved), self._facts(typed), strict=True)
        ]

    def _facts(self, draft: Draft) -> list[tuple[str, str]]:
        told = words.facts(
            active=draft.active,
            name=draft.name.strip(),
            time=span(draft.amount, draft.unit) if draft.amount else str(self.form["amount"].value()),
            names=self.picker.names(draft.account_ids),
            reason=draft.reason.strip(),
            options=options_told.named(draft.options, self.picker.names_of),
        )
        return [*told, *courtesy_told.facts(courtesy_told.plain(draft.courtesy))]


def _sentence(draft: Draft, picker: Picker) -> SafeString:
    names, options = picker.names(draft.account_ids), options_told.named(draft.options, picker.names_of)
    reason, language = draft.reason.strip(), picker.workspace.language
    does = words.sentence(draft.amount, draft.unit, reason, names, active=draft.active, options=options)
    if not (draft.amount and reason and names):
        return does
    return format_html_join(
        " ", "{}", [(does,), *((each,) for each in courtesy_told.sentences(draft.courtesy, language))]
    )
