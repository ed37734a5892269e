"""Which version of its rule a clock runs by: the rule counts its saves, and the audit log tells who made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from bandeja.closing.changes import BESIDE
from bandeja.closing.models import Rule
from bandeja.closing.spans import span
from bandeja.closing.standing import Standing, Stands
from bandeja.people import audit
from bandeja.people.models import AuditEntry, Subject
from bandeja.web import times


@dataclass(frozen=True, slots=True)
class Version:
    """The rule that covers an account, as it is now, and who saved it last before the clock started.

    `number` is the version that was in force then; None when it was saved since, and so is known no more.
    """

    rule: Rule
    number: int | None
    saved_at: datetime
    saved_by: AuditEntry | None


def version(workspace_id: int, found: Stands) -> Version | None:
    """The rule's version when the clock started, or when cover began where none runs."""
    rule = Rule.objects.filter(pk=found.rule_id or 0).first()
    since = found.armed_at if found.standing in {Standing.RUNS, Standing.PAUSED} else found.begins
    if rule is None or since is None:
        return None
    entries = AuditEntry.objects.filter(workspace_id=workspace_id, subject=Subject.RULE, subject_id=rule.pk)
    saved = entries.filter(at__lte=since).exclude(action__in=BESIDE).order_by("-pk").first()
    if rule.saved_at <= since:
        # A save that the log would tell in the same words before and after is counted, and not in the log.
        return Version(rule, rule.version, rule.saved_at, saved if saved and saved.at == rule.saved_at else None)
    return Version(rule, None, saved.at, saved) if saved else None


def facts(known: Version | None) -> Sequence[tuple[str, str]]:
    """The rule field by field, as it is now, and who saved the version that counts."""
    if known is None:
        return ()
    rule = known.rule
    told = [(_("Rule"), rule.name), (_("Version"), _saved(known))]
    if known.number is None:
        since = {"n": rule.version, "when": times.moment(rule.saved_at)}
        told.append((_("Changed since"), _("%(when)s (version %(n)d)") % since))
    told.append((_("Inactivity time"), span(rule.amount, rule.unit)))
    if rule.unheard_amount:
        unheard = span(rule.unheard_amount, rule.unheard_unit)
        told.append((_("What nobody answered"), _("Closes after %(time)s") % {"time": unheard}))
    if rule.calendar:
        told.append((_("Count"), _("Only in the hours “%(hours)s”") % {"hours": rule.calendar}))
    return [*told, (_("Closing reason"), rule.reason)]


def _saved(known: Version) -> str:
    said = {"n": known.number, "when": times.moment(known.saved_at)}
    if known.saved_by is None:
        return _("%(n)d · %(when)s") % said
    said["name"] = audit.who(known.saved_by)
    return (_("%(n)d · %(name)s, %(when)s") if known.number else _("That of %(name)s, %(when)s")) % said
