"""Why an item of a delivery was set aside: the sentences an administrator reads, translated when shown."""

from __future__ import annotations

from django.utils.translation import gettext_noop

NO_ENTRY = gettext_noop("The delivery has no entries.")
UNKNOWN_OBJECT = gettext_noop("The delivery is of a kind that Bandeja does not know.")
NOTHING_KNOWN = gettext_noop("It is of a kind that Bandeja does not know.")
UNKNOWN_LINE = gettext_noop("It is for an account that was not connected when it was received.")
NO_LINE = gettext_noop("It does not say which account it is for.")
NO_ID = gettext_noop("It has no id.")
NO_TARGET = gettext_noop("It does not say which message it concerns.")
NO_PERSON = gettext_noop("It does not say whom it is from or to.")
