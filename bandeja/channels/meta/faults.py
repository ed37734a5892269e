"""Meta's errors: what each means for us, as data after meta.md A10. What agents are told of them is in `advice`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bandeja.channels.reading import line
from bandeja.channels.sending import Fault, Refused

NO_TOKEN = "no_token"  # noqa: S105  a name, no secret
"""Our own refusals say one of these words as their text; `advice` has the sentence."""
WINDOW_CLOSED = "window_closed"
FILE_TOO_LARGE = "file_too_large"
FILE_TYPE = "file_type"
KIND = "kind"
TEXT_TOO_LONG = "text_too_long"
BUTTONS = "buttons"
NO_ADDRESS = "no_address"
VALUES_MISSING = "values_missing"
TOKEN_ENDS = "token_ends"  # noqa: S105  a name, no secret
NOT_AN_ID = "not_an_id"
OTHER_WABA = "other_waba"
OTHER_APP = "other_app"
NOT_LINKED = "not_linked"
NOT_SUBSCRIBED = "not_subscribed"
BLOCKED = "blocked"
NOT_REACHED = "not_reached"
DISCONNECTED = "disconnected"
LATE = "late"
UNREADABLE = "unreadable"
UNREACHABLE = "unreachable"
FILE_MISSING = "file_missing"
UPLOAD_FAILED = "upload_failed"

TEXT_LIMIT = 500
"""Characters kept of what Meta says: it is shown to people."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means: `wait` is the pause where Meta names none; `pair` that only one recipient is concerned.

    `sure` tells that it was surely not taken, even where the answer's status is 5xx.
    """

    fault: Fault
    wait: timedelta | None = None
    pair: bool = False
    sure: bool = True


SECONDS, MINUTES, HOUR = timedelta(seconds=10), timedelta(minutes=5), timedelta(hours=1)

TOKEN = Meaning(Fault.TOKEN)
WINDOW = Meaning(Fault.WINDOW)
TAG = Meaning(Fault.TAG)
RECIPIENT = Meaning(Fault.RECIPIENT)
CONTENT = Meaning(Fault.CONTENT)
ACCOUNT = Meaning(Fault.ACCOUNT)
BUSY = Meaning(Fault.THROTTLED, SECONDS)
SPENT = Meaning(Fault.THROTTLED, MINUTES)
TRANSIENT = Meaning(Fault.TRANSIENT, timedelta(seconds=30), sure=False)

Code = tuple[int | None, int | None]

MEANINGS: Mapping[Code, Meaning] = {
    # The token, or what it may do
    (190, None): TOKEN,
    (0, None): TOKEN,
    (3, None): TOKEN,
    (10, None): TOKEN,
    (102, None): TOKEN,
    (131005, None): TOKEN,
    # The number, page or profile is unknown, or hidden from this token: both look like this
    (100, 33): TOKEN,
    # Too late to write freely
    (131047, None): WINDOW,
    (10, 2018278): WINDOW,
    (None, 1545041): WINDOW,
    (10, 2534022): WINDOW,
    (100, 2018276): TAG,
    # Too fast
    (4, None): SPENT,
    (17, None): SPENT,
    (32, None): SPENT,
    (613, None): SPENT,
    (80007, None): SPENT,
    (80008, None): SPENT,
    (130429, None): BUSY,
    (131056, None): Meaning(Fault.THROTTLED, timedelta(seconds=6), pair=True),
    (131048, None): Meaning(Fault.THROTTLED, HOUR),
    # Their fault
    (1, None): TRANSIENT,
    (2, None): TRANSIENT,
    (131000, None): TRANSIENT,
    (131016, None): TRANSIENT,
    (131057, None): Meaning(Fault.TRANSIENT, MINUTES),
    (133004, None): TRANSIENT,
    # That person
    (131026, None): RECIPIENT,
    (131030, None): RECIPIENT,
    (131021, None): RECIPIENT,
    (551, None): RECIPIENT,
    (100, 2018001): RECIPIENT,
    (100, 2534014): RECIPIENT,
    (None, 2018108): RECIPIENT,
    (131049, None): RECIPIENT,
    (130472, None): RECIPIENT,
    (131050, None): RECIPIENT,
    # Our side may not send
    (368, None): ACCOUNT,
    (131031, None): ACCOUNT,
    (131042, None): ACCOUNT,
    (131045, None): ACCOUNT,
    (130497, None): ACCOUNT,
    (133010, None): ACCOUNT,
    (10, 1893063): ACCOUNT,
    (100, 2534029): ACCOUNT,
    (131063, None): ACCOUNT,
    (131064, None): ACCOUNT,
    # What was said: also the meaning of any code that is not here
    (100, None): CONTENT,
}


def meaning(code: int | None, subcode: int | None = None, *, status: int = 400, transient: bool = False) -> Meaning:
    """What Meta's error means; `status` is the answer's, `transient` Meta's own word for it."""
    for known in ((code, subcode), (None, subcode), (code, None)):
        if known != (None, None) and known in MEANINGS:
            return MEANINGS[known]
    if code is not None and 200 <= code <= 299:
        return TOKEN
    if status == 429:
        return BUSY
    if transient or status >= 500:
        return TRANSIENT
    return TOKEN if status == 401 else CONTENT


def fault_of(error: Mapping[str, Any]) -> Fault:
    """What is wrong, by the error kept beside a message: ours has its fault, a webhook's only its code."""
    if error.get("fault") in set(Fault):
        return Fault(error["fault"])
    return meaning(whole(error.get("code")), whole(error.get("subcode"))).fault


def refusal(error: Mapping[str, Any], *, status: int, wait: timedelta | None = None) -> Refused:
    """Graph's error envelope as the exception; `wait` is the pause that the answer's headers ask for."""
    code, subcode = whole(error.get("code")), whole(error.get("error_subcode"))
    means = meaning(code, subcode, status=status, transient=error.get("is_transient") is True)
    return Refused(
        means.fault,
        code=code,
        subcode=subcode,
        text=line(error.get("message"), TEXT_LIMIT),
        details=_details(error),
        wait=wait or means.wait,
        pair=means.pair,
    )


def whole(value: object) -> int | None:
    """A code as a number, for Meta writes some as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12 else None


def _details(error: Mapping[str, Any]) -> str:
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, Mapping) else None
    return line(details, TEXT_LIMIT) or line(error.get("error_user_msg"), TEXT_LIMIT)
