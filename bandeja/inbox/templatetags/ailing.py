"""The banner for administrators: an account that needs them, wherever in the inbox or the settings they are."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import ngettext

from bandeja.channels.models import Account
from bandeja.inbox.settings import health
from bandeja.people.models import Agent, Permission

register = template.Library()


@register.inclusion_tag("settings/banner.html", takes_context=True)
def ailing(context: dict[str, Any]) -> dict[str, str]:
    """One sentence and where to go; nothing for who may not do anything about it, or is there already."""
    request = context["request"]
    if not isinstance(request.user, Agent) or not request.user.may(Permission.MANAGE_ACCOUNTS):
        return {}
    ours = Account.objects.filter(workspace=request.user.workspace_id).values_list("pk", flat=True)
    ill = [each for each in health.ailing(ours) if each.account_id != request.resolver_match.kwargs.get("account_id")]
    if len(ill) == 1:
        href = reverse("settings_account", args=[ill[0].account_id])
        return {"said": health.trouble(ill[0].account, ill[0]), "href": href}
    told = ngettext("%(n)d account needs you.", "%(n)d accounts need you.", len(ill)) % {"n": len(ill)}
    return {"said": told, "href": reverse("settings_accounts")} if ill else {}
