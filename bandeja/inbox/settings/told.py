"""The audit log in words: what was done, and what it was before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from bandeja.attendance.models import Way
from bandeja.bulk.models import CLOSINGS_FOR
from bandeja.closing import calendar_days, changes
from bandeja.people import audit
from bandeja.people.clock import database_now
from bandeja.people.forms import language_name
from bandeja.people.models import Action, AuditEntry, Role, State, Subject
from bandeja.people.words import duties, reach

SENTENCES: Mapping[tuple[str, str], Any] = {
    (Subject.ACCOUNT, Action.CONNECTED): gettext_lazy("connected the account “%(name)s”"),
    (Subject.ACCOUNT, Action.DISCONNECTED): gettext_lazy("disconnected the account “%(name)s”"),
    (Subject.ACCOUNT, Action.CHANGED): gettext_lazy("changed the account “%(name)s”"),
    (Subject.ACCOUNT, Action.TOKEN_RENEWED): gettext_lazy("gave the account “%(name)s” a new token"),
    (Subject.ACCOUNT, Action.ASSIGNING_CHANGED): gettext_lazy("changed whom the account “%(name)s” assigns to"),
    (Subject.APP, Action.CREATED): gettext_lazy("added the Meta app “%(name)s”"),
    (Subject.APP, Action.TOKEN_RENEWED): gettext_lazy("gave the Meta app “%(name)s” new secrets"),
    (Subject.APP, Action.DELETED): gettext_lazy("removed the Meta app “%(name)s”"),
    (Subject.ROLE, Action.CREATED): gettext_lazy("made the role “%(name)s”"),
    (Subject.ROLE, Action.CHANGED): gettext_lazy("changed the role “%(name)s”"),
    (Subject.ROLE, Action.DELETED): gettext_lazy("deleted the role “%(name)s”"),
    (Subject.PERSON, Action.INVITED): gettext_lazy("invited %(name)s"),
    (Subject.PERSON, Action.CHANGED): gettext_lazy("changed the role of %(name)s"),
    (Subject.PERSON, Action.LINK_GIVEN): gettext_lazy("made an access link for %(name)s"),
    (Subject.PERSON, Action.DEACTIVATED): gettext_lazy("deactivated %(name)s"),
    (Subject.PERSON, Action.REACTIVATED): gettext_lazy("reactivated %(name)s"),
    (Subject.PERSON, Action.PASSWORD_CHANGED): gettext_lazy("chose a new password"),
    (Subject.PERSON, Action.SESSIONS_ENDED): gettext_lazy("ended sessions of %(name)s"),
    (Subject.PERSON, Action.TOTP_ADDED): gettext_lazy("added an authenticator app"),
    (Subject.PERSON, Action.TOTP_REMOVED): gettext_lazy("removed their authenticator app"),
    (Subject.PERSON, Action.PASSKEY_ADDED): gettext_lazy("added a passkey"),
    (Subject.PERSON, Action.PASSKEY_REMOVED): gettext_lazy("removed a passkey"),
    (Subject.PERSON, Action.CODES_MADE): gettext_lazy("made new recovery codes"),
    (Subject.PERSON, Action.SECOND_STEP_REMOVED): gettext_lazy("removed the second step of %(name)s"),
    (Subject.WEBHOOK, Action.CREATED): gettext_lazy("added the webhook “%(name)s”"),
    (Subject.WEBHOOK, Action.CHANGED): gettext_lazy("changed the webhook “%(name)s”"),
    (Subject.WEBHOOK, Action.TOKEN_RENEWED): gettext_lazy("gave the webhook “%(name)s” a new secret"),
    (Subject.WEBHOOK, Action.DEACTIVATED): gettext_lazy("disabled the webhook “%(name)s”"),
    (Subject.WEBHOOK, Action.REACTIVATED): gettext_lazy("enabled the webhook “%(name)s”"),
    (Subject.WEBHOOK, Action.DELETED): gettext_lazy("removed the webhook “%(name)s”"),
    (Subject.PERSON, Action.TIED): gettext_lazy("signed in with the organisation's own sign-in for the first time"),
    (Subject.TEAM, Action.CREATED): gettext_lazy("made the team “%(name)s”"),
    (Subject.TEAM, Action.CHANGED): gettext_lazy("changed the team “%(name)s”"),
    (Subject.TEAM, Action.DELETED): gettext_lazy("deleted the team “%(name)s”"),
    (Subject.CONTACT, Action.ERASED): gettext_lazy("erased a contact"),
    (Subject.CONTACT, Action.IMPORTED): gettext_lazy("imported contacts from “%(name)s”"),
    (Subject.CALENDAR, Action.CREATED): gettext_lazy("made the business hours “%(name)s”"),
    (Subject.CALENDAR, Action.CHANGED): gettext_lazy("changed the business hours “%(name)s”"),
    (Subject.CALENDAR, Action.DELETED): gettext_lazy("deleted the business hours “%(name)s”"),
    (Subject.WORKSPACE, Action.CHANGED): gettext_lazy("changed the workspace"),
    (Subject.WORKSPACE, Action.CLOSING_RETRIED): gettext_lazy("had conversations that could not close tried again"),
    (Subject.WORKSPACE, Action.CLOSINGS_UNDONE): gettext_lazy("took back what a bulk action had closed"),
    (Subject.WORKSPACE, Action.CLOSING_PAUSED): gettext_lazy("paused closing"),
    (Subject.WORKSPACE, Action.CLOSING_RESUMED): gettext_lazy("resumed closing"),
    (Subject.WORKSPACE, Action.CLOSING_INCLUDED): gettext_lazy("included conversations in a closing rule"),
    (Subject.WORKSPACE, Action.INCLUSION_UNDONE): gettext_lazy("took back that conversations were included"),
    (Subject.TOKEN, Action.CREATED): gettext_lazy("made the API token “%(name)s”"),
    (Subject.TOKEN, Action.DELETED): gettext_lazy("revoked the API token “%(name)s”"),
    (Subject.FLOW, Action.CREATED): gettext_lazy("made the flow “%(name)s”"),
    (Subject.FLOW, Action.CHANGED): gettext_lazy("changed the flow “%(name)s”"),
    (Subject.FLOW, Action.PUBLISHED): gettext_lazy("published the flow “%(name)s”"),
    (Subject.FLOW, Action.CLOSINGS_UNDONE): gettext_lazy("took back what the flow “%(name)s” had closed"),
    (Subject.FLOW, Action.DELETED): gettext_lazy("deleted the flow “%(name)s”"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as people read it: `lines` are what differs, or all there is to say of what came or went."""

    entry: AuditEntry
    who: str
    what: str
    lines: list[str]

    @property
    def saved_rule(self) -> str:
        """The instant a rule was saved at, as an address says it, where what it closed since may be taken back."""
        saved = self.entry.subject == Subject.RULE and self.entry.action in {Action.CREATED, Action.CHANGED}
        if not saved or self.entry.at < database_now() - CLOSINGS_FOR:
            return ""
        return f"{timezone.localtime(self.entry.at):%Y-%m-%dT%H:%M:%S}"


def tell(entry: AuditEntry) -> Told:
    before, after = facts(entry, entry.before), facts(entry, entry.after)
    lines = audit.differences(before, after) if before and after else audit.listed(before or after)
    return Told(entry, audit.who(entry), what(entry), list(lines))


def what(entry: AuditEntry) -> str:
    """What was done, as the end of a sentence that begins with who did it."""
    if entry.subject == Subject.RULE:
        return changes.what(entry)
    sentence = SENTENCES.get((entry.subject, entry.action))
    return str(sentence) % {"name": entry.name} if sentence else f"{entry.subject} {entry.action}: {entry.name}"


def facts(entry: AuditEntry, snapshot: Mapping[str, Any] | None) -> audit.Facts:
    """What it was before or after, field by field; nothing where nothing was kept."""
    return FACTS[entry.subject](snapshot) if snapshot and entry.subject in FACTS else []


def _account(account: Mapping[str, Any]) -> audit.Facts:
    if "way" in account:
        return _assigning(account)
    labels = {"greeting": _("Greeting"), "colour": _("Colour"), "language": _("Language")}
    config = account.get("config", {})
    return [(_("Name"), account["name"]), *((labels.get(key, key), str(config[key])) for key in sorted(config))]


def _assigning(chosen: Mapping[str, Any]) -> audit.Facts:
    way = Way(chosen["way"]).label if chosen["way"] else _("Stays without owner")
    whom = chosen["whom"] or (_("Everybody") if chosen["way"] else "")
    return [(_("A conversation that nobody has"), str(way)), (_("To whom"), whom)]


def _role(role: Mapping[str, Any]) -> audit.Facts:
    allowed = role["permissions"]
    also = ", ".join(duties(allowed)) or _("Nothing else")
    return [(_("Name"), role["name"]), (_("Conversations"), reach(allowed)), (_("May also"), also)]


def _person(person: Mapping[str, Any]) -> audit.Facts:
    role = Role(key=person["role"], name=person["role_name"])
    return [(_("Name"), person["name"]), (_("E-mail"), person["email"]), (_("Role"), role.title)]


def _team(team: Mapping[str, Any]) -> audit.Facts:
    members, leaders = (", ".join(team[each]) for each in ("members", "leaders"))
    return [(_("Name"), team["name"]), (_("Members"), members), (_("Leaders"), leaders)]


def _contact(counts: Mapping[str, Any]) -> audit.Facts:
    labels = {
        "conversations": _("Conversations"),
        "messages": _("Messages"),
        "files": _("Files"),
        "added": _("New"),
        "changed": _("Updated"),
        "same": _("Unchanged"),
        "refused": _("Refused"),
    }
    return [(label, str(counts[key])) for key, label in labels.items() if key in counts]


def _workspace(workspace: Mapping[str, Any]) -> audit.Facts:
    known: list[tuple[str, str]] = []
    if "name" in workspace:
        known.append((_("Name"), workspace["name"]))
        known.append((_("Language"), language_name(workspace["language"])))
        known.append((_("Time zone"), workspace["time_zone"]))
    if "idle_state" in workspace:
        minutes = workspace["idle_minutes"]
        known.append((_("Idle after"), _("%(n)s minutes") % {"n": minutes} if minutes else _("Never")))
        known.append((_("Whoever is idle counts as"), str(State(workspace["idle_state"]).label)))
    if "retried" in workspace:
        known.append((_("Conversations"), ", ".join(str(number) for number in workspace["retried"])))
    if "why" in workspace:
        known.append((_("Why"), workspace["why"]))
    if "heeds_faults" in workspace:
        heeded = _("Yes") if workspace["heeds_faults"] else _("No")
        known.append((_("Closing is paused while a fault disconnects an account"), heeded))
    if "rule" in workspace:
        known.append((_("Rule"), workspace["rule"]))
        known += [(_("Included"), str(workspace[key])) for key in ("included",) if key in workspace]
        known += [(_("Taken back"), str(workspace[key])) for key in ("excluded",) if key in workspace]
    if "closed" in workspace:
        known += [(_("Closing reason"), workspace["reason"]), (_("Closed"), str(workspace["closed"]))]
    if "plan" in workspace:
        known.append((_("Plan"), workspace["plan"]))
        known.append((_("Add-ons"), ", ".join(workspace["addons"])))
    return known


def _flow(flow: Mapping[str, Any]) -> audit.Facts:
    known = [(_("Name"), flow["name"])] if "name" in flow else []
    if "active" in flow:
        known.append((_("State"), pgettext("a flow", "On") if flow["active"] else pgettext("a flow", "Off")))
    if "version" in flow:
        known.append((_("Version"), str(flow["version"])))
    return [*known, *changes.closings(flow)]


def _webhook(webhook: Mapping[str, Any]) -> audit.Facts:
    return [
        (_("Name"), webhook["name"]),
        (_("Address"), webhook["url"]),
        (_("Events"), ", ".join(webhook["events"])),
    ]


def _token(token: Mapping[str, Any]) -> audit.Facts:
    return [
        (_("Name"), token["name"]),
        (_("Acts as"), token["person"]),
        (_("What it may be used for"), ", ".join(token["scopes"])),
        (_("Until"), token["expires_at"]),
    ]


FACTS: Mapping[str, Callable[[Mapping[str, Any]], audit.Facts]] = {
    Subject.RULE: changes.facts,
    Subject.CALENDAR: calendar_days.facts,
    Subject.ACCOUNT: _account,
    Subject.ROLE: _role,
    Subject.PERSON: _person,
    Subject.WEBHOOK: _webhook,
    Subject.TEAM: _team,
    Subject.CONTACT: _contact,
    Subject.WORKSPACE: _workspace,
    Subject.TOKEN: _token,
    Subject.FLOW: _flow,
}
