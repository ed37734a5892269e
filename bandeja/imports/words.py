"""Why a row was refused, in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FAULTS: Mapping[str, Promise] = {
    "phone": _("This is no telephone number."),
    "country": _("This number does not say its country. Write it with +, or give the code of the country."),
    "email": _("This is no e-mail address."),
    "number": _("This is no number."),
    "date": _("This is no date. Write it as 31/12/2026 or 2026-12-31."),
    "choice": _("This is none of the choices of the field."),
    "long": _("This is too long."),
    "tags": _("These are too many tags for one contact."),
    "cells": _("The row has more cells than the file has columns. A separator in a text needs quotation marks."),
    "unreachable": _("The row has neither a phone nor an e-mail, so nobody could be found by it again."),
    "twice_phone": _("Row %(said)s of the file has this phone already."),
    "twice_email": _("Row %(said)s of the file has this e-mail already."),
    "no_tag": _("There is no such tag, and your role may not make tags."),
    "many_tags": _("The workspace has as many tags as it may."),
    "several": _("More than one contact has this phone or this e-mail. Merge them: in a conversation, or by API."),
    "other_email": _("The contact with this phone has another e-mail. Change it: in their conversation, or by API."),
    "other_phone": _("The contact with this e-mail has another phone. Change it: in their conversation, or by API."),
    "same_contact": _("Row %(said)s of the file is about the same contact."),
}
NUMBERED = frozenset({"twice_phone", "twice_email", "same_contact"})
"""Where what was said is the number of another row, which the sentence names."""


def reason(fault: str, said: str) -> str:
    """The sentence for a fault."""
    return str(FAULTS[fault]) % {"said": said} if fault in NUMBERED else str(FAULTS[fault])
