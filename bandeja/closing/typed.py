"""What people type, as the values it means."""

from __future__ import annotations

import re

WHOLE = re.compile(r"\s*0*([0-9]{1,9})\s*", re.ASCII)


def whole(text: object) -> int:
    """The whole number that was typed; 0, which no field accepts, for anything else."""
    typed = WHOLE.fullmatch(str(text))
    return int(typed[1]) if typed else 0
