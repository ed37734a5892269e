"""To whom an account assigns by itself, in a sentence on its page."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from bandeja.attendance.models import AutoAssignment, Way
from bandeja.channels.models import Account

register = template.Library()


@register.simple_tag
def assigns(account: Account) -> str:
    """The sentence."""
    chosen = AutoAssignment.objects.select_related("agent", "team").filter(account=account).first()
    if chosen is None:
        return _("What contacts open stays without owner until somebody takes it.")
    whom = str(chosen.agent or chosen.team or _("everybody"))
    said = {
        Way.FIXED: _("What contacts open and nobody has goes to %(whom)s."),
        Way.ROUND_ROBIN: _("What contacts open and nobody has goes in turn among: %(whom)s."),
        Way.LEAST_BUSY: _("What contacts open and nobody has goes to whoever has the fewest open among: %(whom)s."),
    }
    return said[Way(chosen.way)] % {"whom": whom}
