"""A rule as somebody types it. What is wrong with it is decided by the verb, and said beside the field."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django import forms
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from bandeja.closing import courtesy_form, including, rules
from bandeja.closing.courtesy_form import CourtesyForm
from bandeja.closing.models import REASON_LENGTH, Inclusion, Rule, Since, Unit, Waiting
from bandeja.closing.options import Options
from bandeja.closing.typed import whole
from bandeja.people.models import Agent


class RuleForm(CourtesyForm):
    """One rule's card. Nothing is required here: the verb tells everything that is wrong at once.

    `version` is the one the card was opened with; `stale` is the rule as it is by now, once a save was refused
    because somebody else had changed it. `asked` is what was asked for with the save: to include what is open
    without a clock. Whoever asks has seen how many they are (closing I2).
    """

    active = forms.BooleanField(label=_("Close the conversation automatically"), required=False, initial=True)
    name = forms.CharField(
        label=_("Name of the rule"),
        help_text=_("Blank: it gets a number."),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    amount = forms.CharField(
        label=_("Inactivity time"),
        required=False,
        initial=24,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    unit = forms.CharField(
        label=_("Unit of time"),
        required=False,
        initial=Unit.HOURS,
        widget=forms.Select(choices=Unit.choices),
    )
    account_ids = forms.Field(label=_("Accounts"), required=False, widget=forms.SelectMultiple)
    reason = forms.CharField(
        label=_("Closing reason"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-most": REASON_LENGTH}),
    )

    since = forms.CharField(
        label=_("The time counts from"),
        required=False,
        initial=Since.CONTACT,
        widget=forms.Select(choices=Since.choices),
    )
    waiting = forms.CharField(
        label=_("If the contact waits for an answer then"),
        required=False,
        initial=Waiting.CLOSE,
        widget=forms.Select(choices=Waiting.choices),
    )
    waiting_to = forms.CharField(label=_("To whom it is given"), required=False, widget=forms.Select)
    exempt_tags = forms.Field(label=_("With one of these tags"), required=False, widget=forms.SelectMultiple)
    exempt_owners = forms.Field(label=_("Of one of these people"), required=False, widget=forms.SelectMultiple)
    exempt_field = forms.CharField(label=_("Whose field"), required=False, widget=forms.Select)
    exempt_value = forms.CharField(
        label=_("says"), required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    unheard_amount = forms.CharField(
        label=_("Close what you began and nobody answered, after"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    unheard_unit = forms.CharField(
        label=_("Unit of time"), required=False, initial=Unit.DAYS, widget=forms.Select(choices=Unit.choices)
    )
    calendar = forms.CharField(label=_("Count"), required=False, widget=forms.Select)
    include = forms.BooleanField(label=_("Include the conversations that are open without a clock"), required=False)

    def __init__(self, data: QueryDict | None = None, *, rule: Rule | None = None, key: str = "") -> None:
        initial = _values(rule) if rule else None
        super().__init__(data, initial=initial, auto_id=f"rule-{key}-%s", label_suffix="")
        self.stale: Rule | None = None
        self.asked: Inclusion | None = None
        self.version = whole(data.get("version", "")) if data is not None else rule.version if rule else 0

    def draft(self) -> rules.Draft:
        """What the card says now, saved or not."""
        return rules.Draft(
            name=self._text("name"),
            amount=whole(self._text("amount")),
            unit=self._text("unit"),
            reason=self._text("reason"),
            account_ids=[whole(key) for key in self["account_ids"].value() or []],
            active=bool(self["active"].value()),
            options=self._options(),
            courtesy=self.courtesy(),
        )

    def _options(self) -> Options:
        to, unheard = self._text("waiting_to"), self._text("unheard_amount").strip()
        return Options(
            since=self._text("since") or Since.CONTACT,
            waiting=self._text("waiting") or Waiting.CLOSE,
            waiting_agent=whole(to) or None,
            waiting_team=whole(to.removeprefix("team-")) or None if to.startswith("team-") else None,
            exempt_tags=tuple(whole(key) for key in self["exempt_tags"].value() or []),
            exempt_owners=tuple(whole(key) for key in self["exempt_owners"].value() or []),
            exempt_field=whole(self._text("exempt_field")) or None,
            exempt_value=self._text("exempt_value"),
            calendar=whole(self._text("calendar")) or None,
            unheard_amount=whole(unheard) if unheard else None,
            unheard_unit=self._text("unheard_unit") if unheard else "",
        )

    def save(self, by: Agent, rule_id: int | None = None) -> Rule | None:
        """Save the rule for `by`; None when it is refused, and the form says why. Raises Rule.DoesNotExist."""
        if not (self.is_valid() and self._may_include()):
            return None
        version = self.version if rule_id else None
        try:
            with transaction.atomic():
                saved = rules.save(by.workspace, self.draft(), by=by, rule_id=rule_id, version=version)
                self._include(saved, by)
            return saved
        except rules.Invalid as refusal:
            for field, message in refusal.errors.items():
                self.add_error(self.place(field), message)
        except rules.NameTaken:
            self.add_error("name", _("Another rule has this name. Choose a different one."))
        except rules.Taken as refusal:
            for account, name in refusal.holders:
                self.add_error("account_ids", held(account.name, name))
        except rules.Stale as refusal:
            # The next save is meant: whoever sees both versions decides which one stays.
            self.stale, self.version = refusal.current, refusal.current.version
        except rules.NotEntitled:
            self.add_error(None, _("Your plan has no closing rules now. Nothing was saved."))
        return None

    def place(self, name: str) -> str:
        """As `CourtesyForm.place`: here a person and a team are one choice."""
        return "waiting_to" if name in {"waiting_agent", "waiting_team"} else super().place(name)

    def _may_include(self) -> bool:
        """Whether what is to be included is known, and has a clock to run."""
        if self.includes and not self["active"].value():
            self.add_error("include", _("Turn the rule on: while it is off, no clock runs."))
        elif self.includes and "counted" not in self.data:
            self.add_error("include", _("Look at how many they are, and save again. Nothing was saved yet."))
        return not self.errors

    def _include(self, saved: Rule, by: Agent) -> None:
        """Within the save: both are done, or none."""
        if self.includes:
            # Under way already, or nothing covered: what is saved is saved, and the card tells how it is.
            with suppress(including.UnderWay, including.NothingCovered):
                self.asked = including.ask(saved.pk, workspace=by.workspace, by=by, with_save=True)

    @property
    def includes(self) -> bool:
        """Whether what is open without a clock is to be included."""
        return bool(self["include"].value())

    def _text(self, field: str) -> str:
        value = self[field].value()
        return "" if value is None else str(value)


def held(account: str, rule: str) -> str:
    """That an account is in another rule, which must let it go first."""
    return str(_("%(account)s is in the rule “%(rule)s”. Take it out there first.")) % {
        "account": account,
        "rule": rule,
    }


def _values(rule: Rule) -> dict[str, Any]:
    return {
        "active": rule.active,
        "name": rule.name,
        "amount": rule.amount,
        "unit": rule.unit,
        "reason": rule.reason,
        "account_ids": [entry.account_id for entry in rule.coverage.all()],
        "since": rule.since,
        "waiting": rule.waiting,
        "waiting_to": f"team-{rule.waiting_team_id}" if rule.waiting_team_id else rule.waiting_agent_id or "",
        "exempt_tags": rule.exempt_tags,
        "exempt_owners": rule.exempt_owners,
        "exempt_field": rule.exempt_field_id or "",
        "exempt_value": rule.exempt_value,
        "calendar": rule.calendar_id or "",
        **({"unheard_amount": rule.unheard_amount, "unheard_unit": rule.unheard_unit} if rule.unheard_amount else {}),
        **courtesy_form.values(rule),
    }
