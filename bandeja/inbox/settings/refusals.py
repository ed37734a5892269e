"""What an administrator is told where Meta does not agree to what they typed: what is wrong, and what to check."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bandeja.channels.meta import faults
from bandeja.channels.meta.advice import BY_WORD, advice
from bandeja.channels.sending import Fault, NotReached, Refused, Unanswered

NotAgreed = (Refused, NotReached, Unanswered)

AWAY = _("Meta could not be asked just now, so nothing was saved. Try again in a moment.")
UNSEEN = _("Meta shows this token nothing with that id. Check the id, and that the token may use it.")
TOKEN = _("Meta does not accept this token. Check that it is whole, still valid, and has the permissions it needs.")
SECRET = _("Meta does not accept this secret for that app. Copy both again from the app's basic settings.")
OTHERWISE = _("Meta did not agree.")

ABOUT_THE_ID = frozenset({faults.NOT_AN_ID, faults.OTHER_WABA})


def sentence(error: Exception, secret: str, wrong: Promise | str = TOKEN) -> str:
    """Why Meta did not agree, with its own words where they help; `wrong` is said of the secret itself."""
    if not isinstance(error, Refused) or error.fault in {Fault.TRANSIENT, Fault.THROTTLED}:
        return str(AWAY)
    if error.text in BY_WORD:
        return advice(error.told())
    if is_about_the_id(error):
        return str(UNSEEN)
    ours = str(wrong if error.fault is Fault.TOKEN else OTHERWISE)
    said = error.details or error.text
    return f"{ours} (Meta: {said})" if said and _may_be_shown(said, secret) else ours


def is_about_the_id(error: Exception) -> bool:
    """Whether the id was wrong rather than the secret: the sentence belongs beside it."""
    if not isinstance(error, Refused):
        return False
    return error.text in ABOUT_THE_ID or (error.code, error.subcode) == (100, 33)


def _may_be_shown(said: str, secret: str) -> bool:
    """Meta repeats a token that it cannot read; that is not to come back on a screen, not even in part."""
    secret = secret.strip()
    return said != faults.NO_TOKEN and (not secret or secret[:8] not in said)
