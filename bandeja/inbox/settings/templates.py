"""The templates of a WhatsApp account: as Meta last described them, and fetched again when asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from bandeja.channels.models import Account, ChannelKey, Credential, Template
from bandeja.channels.whatsapp import templates as kept
from bandeja.inbox.settings.health import quality
from bandeja.inbox.settings.refusals import NotAgreed, sentence
from bandeja.people.access import for_agents
from bandeja.people.clock import now_for
from bandeja.people.models import Agent, Permission

STATUSES: Mapping[str, tuple[Promise, str]] = {
    "APPROVED": (gettext_lazy("Approved"), "ok"),
    "PENDING": (gettext_lazy("In review"), "warn"),
    "IN_APPEAL": (gettext_lazy("In appeal"), "warn"),
    "PAUSED": (gettext_lazy("Paused"), "warn"),
    "REJECTED": (gettext_lazy("Rejected"), "danger"),
    "DISABLED": (gettext_lazy("Disabled by Meta"), "danger"),
    "LIMIT_EXCEEDED": (gettext_lazy("Limit exceeded"), "danger"),
    "ARCHIVED": (gettext_lazy("Archived"), ""),
}
CATEGORIES: Mapping[str, Promise] = {
    "MARKETING": gettext_lazy("Marketing"),
    "UTILITY": gettext_lazy("Utility"),
    "AUTHENTICATION": gettext_lazy("Authentication"),
}
REASONS: Mapping[str, Promise] = {
    "ABUSIVE_CONTENT": gettext_lazy("Meta takes its content for abusive or threatening."),
    "INVALID_FORMAT": gettext_lazy("Its variables or examples are not written as Meta wants them."),
    "PROMOTIONAL": gettext_lazy("It advertises, which its category does not allow."),
    "TAG_CONTENT_MISMATCH": gettext_lazy("Its content does not match its category."),
    "INCORRECT_CATEGORY": gettext_lazy("Its content does not match its category."),
    "SCAM": gettext_lazy("Meta takes it for a scam."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One template as it is read in the list; what Meta says and we have no word for is shown as Meta says it."""

    template: Template
    status: tuple[Promise | str, str]
    category: Promise | str
    quality: tuple[Promise | str, str]
    reason: Promise | str
    preview: str

    @classmethod
    def of(cls, template: Template) -> Shown:
        examples = {each.key: each.example for each in kept.variables(template) if each.example}
        return cls(
            template,
            STATUSES.get(template.status, (template.status, "")),
            CATEGORIES.get(template.category, template.category),
            quality(template.quality) if template.quality not in {"", "UNKNOWN"} else ("", ""),
            REASONS.get(template.rejected_reason, template.rejected_reason),
            kept.preview(template, examples),
        )


@require_http_methods(["GET", "POST"])
@for_agents(Permission.MANAGE_ACCOUNTS)
def templates(request: HttpRequest, agent: Agent, account_id: int) -> HttpResponse:
    """GET: what the account's business account has. POST: fetch it from Meta again."""
    whatsapp = Account.objects.filter(channel=ChannelKey.WHATSAPP, app__isnull=False).select_related("app")
    mine = get_object_or_404(whatsapp, workspace=agent.workspace, pk=account_id)
    if request.method == "POST":
        _sync(request, mine)
        return redirect("settings_templates", mine.pk)
    rows = Template.objects.filter(app=mine.app, line=str(mine.config.get("waba", ""))).order_by("name", "language")
    shown = [Shown.of(each) for each in rows]
    context = {
        "account": mine,
        "templates": shown,
        "synced_at": max((each.template.synced_at for each in shown), default=None),
        "now": now_for(agent),
    }
    return render(request, "settings/templates.html", context)


def _sync(request: HttpRequest, mine: Account) -> None:
    token = Credential.objects.filter(account=mine).values_list("token", flat=True).first() or ""
    if mine.app is None or not token:
        messages.error(request, _("Connect the account again first: it has no token to ask Meta with."))
        return
    try:
        count = kept.sync(mine.app, str(mine.config.get("waba", "")), token)
    except NotAgreed as error:
        messages.error(request, sentence(error, token))
        return
    told = ngettext("%(n)d template was fetched.", "%(n)d templates were fetched.", count)
    messages.success(request, told % {"n": count})
