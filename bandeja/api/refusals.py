"""What is wrong with a field, in the caller's language: pydantic says it in English only, by a type and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SAID: Mapping[str, Any] = {
    "missing": gettext_lazy("It is required."),
    "extra_forbidden": gettext_lazy("There is no such field."),
    "string_type": gettext_lazy("It must be a text."),
    "string_too_long": gettext_lazy("At most %(max_length)s characters."),
    "string_too_short": gettext_lazy("At least %(min_length)s characters."),
    "string_unicode": gettext_lazy("It contains characters that cannot be stored."),
    "string_pattern_mismatch": gettext_lazy("It must match %(pattern)s."),
    "int_type": gettext_lazy("It must be a whole number."),
    "int_parsing": gettext_lazy("It must be a whole number."),
    "int_parsing_size": gettext_lazy("It must be a whole number."),
    "int_from_float": gettext_lazy("It must be a whole number."),
    "bool_type": gettext_lazy("It must be true or false."),
    "bool_parsing": gettext_lazy("It must be true or false."),
    "greater_than_equal": gettext_lazy("At least %(ge)s."),
    "less_than_equal": gettext_lazy("At most %(le)s."),
    "enum": gettext_lazy("It must be one of %(expected)s."),
    "literal_error": gettext_lazy("It must be one of %(expected)s."),
    "list_type": gettext_lazy("It must be a list."),
    "too_long": gettext_lazy("At most %(max_length)s of them."),
    "too_short": gettext_lazy("At least %(min_length)s of them."),
    "dict_type": gettext_lazy("It must be an object."),
    "model_type": gettext_lazy("It must be an object."),
    "model_attributes_type": gettext_lazy("It must be an object."),
    "uuid_type": gettext_lazy("It must be a UUID."),
    "uuid_parsing": gettext_lazy("It must be a UUID."),
    "datetime_type": gettext_lazy("It must be an instant such as 2026-11-23T09:15:00-05:00."),
    "datetime_parsing": gettext_lazy("It must be an instant such as 2026-11-23T09:15:00-05:00."),
    "datetime_from_date_parsing": gettext_lazy("It must be an instant such as 2026-11-23T09:15:00-05:00."),
    "datetime_object_invalid": gettext_lazy("It must be an instant such as 2026-11-23T09:15:00-05:00."),
    "date_parsing": gettext_lazy("It must be a date such as 2026-11-23."),
    "timezone_aware": gettext_lazy("It must be an instant such as 2026-11-23T09:15:00-05:00."),
}


def told(wrong: Mapping[str, Any]) -> tuple[str, str]:
    """The field, and the sentence about it."""
    # What is wrong with the name of a value, and not with the value, pydantic marks so.
    where = [str(part) for part in wrong["loc"] if part != "[key]"]
    # The first part says where it was sent, the next how the view calls the whole body.
    field = ".".join(where[2:] if where[:1] == ["body"] else where[1:])
    said = SAID.get(str(wrong["type"]))
    sentence = str(said) % wrong.get("ctx", {}) if said else str(wrong["msg"] or _("It makes no sense.")) + "."
    return field or (where[0] if where else "body"), sentence
