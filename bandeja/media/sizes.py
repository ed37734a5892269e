"""Sizes of files as people read them."""

from __future__ import annotations

import math

from django.utils.formats import number_format

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE


def shown(size: int, *, up: bool = True) -> str:
    """`16.1 MB`, `100 KB`: to a tenth, rounded up, so that what is too large never reads as just fitting."""
    unit, name = (MEGABYTE, "MB") if size >= MEGABYTE else (KILOBYTE, "KB")
    tenths = (math.ceil if up else math.floor)(size * 10 / unit)
    number = tenths / 10 if tenths % 10 else tenths // 10
    return f"{number_format(number)} {name}"
