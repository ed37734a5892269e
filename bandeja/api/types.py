"""What single values are, in bodies and in addresses: no more is read into them than what the description says."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from bandeja.channels.reading import KEY_LENGTH

LARGEST_ID = 2**63 - 1
REASON_LENGTH = 200
NO_NUL = r"^[^\x00]*$"
"""PostgreSQL stores no NUL."""

WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def spelled_whole(value: Any) -> Any:
    """pydantic takes 5.0, +5 and 5_0 for numbers too."""
    if isinstance(value, str) and not WHOLE.fullmatch(value):
        raise PydanticCustomError("int_parsing", "It must be a whole number")
    return value


def _spelled_flag(value: Any) -> Any:
    if isinstance(value, str) and value not in {"true", "false"}:
        raise PydanticCustomError("bool_parsing", "It must be true or false")
    return value


def _spelled_instant(value: Any) -> Any:
    """pydantic takes seconds since 1970 too, and days."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        raise PydanticCustomError("datetime_parsing", "It must be an instant")
    return value


def _spelled_day(value: Any) -> Any:
    """pydantic takes instants too, and seconds since 1970."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not DATE.fullmatch(value):
        raise PydanticCustomError("date_parsing", "It must be a date")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("date_parsing", "It must be a date") from None


def _likely(value: datetime) -> datetime:
    """In UTC, for pydantic knows zones that are farther from it than PostgreSQL takes."""
    if not FIRST <= value <= LAST:
        raise PydanticCustomError("datetime_parsing", "It must be an instant")
    return value.astimezone(UTC)


Id = Annotated[int, Field(ge=0, le=LARGEST_ID), BeforeValidator(spelled_whole)]
"""In an address."""
BodyId = Annotated[int, Field(strict=True, ge=0, le=LARGEST_ID)]
Limit = Annotated[int, Field(ge=1, le=100), BeforeValidator(spelled_whole)]
Flag = Annotated[bool, BeforeValidator(_spelled_flag)]
"""In an address: true or false."""
BodyFlag = Annotated[bool, Field(strict=True)]
Days = Annotated[Literal["1", "3", "7", "30", "90"], BeforeValidator(str)]
"""How long ago: what the list offers."""
Key = Annotated[str, Field(max_length=KEY_LENGTH, pattern=NO_NUL)]
Text = Annotated[str, Field(max_length=REASON_LENGTH, pattern=NO_NUL)]
Search = Annotated[str, Field(max_length=100, pattern=NO_NUL)]
Cursor = Annotated[str, Field(pattern=r"^[0-9]{1,19}(_[0-9]{1,19})?$", max_length=39)]
"""What `next` of the page before said."""
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_spelled_instant),
    AfterValidator(_likely),
    Field(json_schema_extra={"format": "date-time"}),
]
Day = Annotated[date, BeforeValidator(_spelled_day)]
"""In a body: 2026-11-23."""


def as_sent(most: int) -> BeforeValidator:
    """So long at the most as it is sent, blanks around it and all: that is what the description says."""

    def fitting(value: Any) -> Any:
        if isinstance(value, str) and len(value) > most:
            raise PydanticCustomError("string_too_long", "At most {max_length} characters", {"max_length": most})
        return value

    return BeforeValidator(fitting)


Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=REASON_LENGTH), as_sent(REASON_LENGTH)
]


class Said(Schema):
    """What is written to a contact or noted: programs may send more about it than we look at."""

    model_config = ConfigDict(extra="ignore")


class Sent(Schema):
    """What is sent to us: names we do not know are refused, for they are mostly slips."""

    model_config = ConfigDict(extra="forbid")


def whole_cursor(cursor: str | None) -> int | None:
    """The id a cursor spells; none that exists for one of another list."""
    if cursor is None:
        return None
    number = int(cursor) if cursor.isdigit() else -1
    return min(number, LARGEST_ID)
