"""The banner for administrators: an account or a webhook that needs them, wherever in the inbox or the settings."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bandeja.channels.models import Account
from bandeja.inbox.settings import health
from bandeja.people.models import Agent, Permission
from bandeja.webhooks import endpoints, words

register = template.Library()


@register.inclusion_tag("settings/banner.html", takes_context=True)
def ailing(context: dict[str, Any]) -> dict[str, str]:
    """One sentence and where to go; nothing for who may not do anything about it, or is there already."""
    request = context["request"]
    if not isinstance(request.user, Agent):
        return {}
    here = request.resolver_match.kwargs
    return _accounts(request.user, here.get("account_id")) or _webhooks(request.user, here.get("webhook_id"))


def _accounts(agent: Agent, here: int | None) -> dict[str, str]:
    if not agent.may(Permission.MANAGE_ACCOUNTS):
        return {}
    ours = Account.objects.filter(workspace=agent.workspace_id).values_list("pk", flat=True)
    ill = [each for each in health.ailing(ours) if each.account_id != here]
    if len(ill) == 1:
        href = reverse("settings_account", args=[ill[0].account_id])
        return {"said": health.trouble(ill[0].account, ill[0]), "href": href}
    told = ngettext("%(n)d account needs you.", "%(n)d accounts need you.", len(ill)) % {"n": len(ill)}
    return {"said": told, "href": reverse("settings_accounts")} if ill else {}


def _webhooks(agent: Agent, here: int | None) -> dict[str, str]:
    """Those that were disabled by themselves."""
    if not agent.may(Permission.MANAGE_WEBHOOKS):
        return {}
    ill = [each for each in endpoints.given_up(agent.workspace) if each.pk != here]
    if len(ill) == 1:
        told = _("The webhook “%(name)s” was disabled.") % {"name": ill[0]}
        return {"said": f"{told} {words.disabled(ill[0])}", "href": reverse("settings_webhook", args=[ill[0].pk])}
    told = ngettext("%(n)d webhook needs you.", "%(n)d webhooks need you.", len(ill)) % {"n": len(ill)}
    return {"said": told, "href": reverse("settings_webhooks")} if ill else {}
