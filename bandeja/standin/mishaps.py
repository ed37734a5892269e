"""What goes wrong with Graph calls, on request: the next so many that match are answered badly, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bandeja.standin import errors, pace
from bandeja.standin.wire import Answer, Request

HTML = b"<!DOCTYPE html><html><head><title>Error</title></head><body>Sorry, something went wrong.</body></html>"


class Kind(StrEnum):
    """`…_after` ones come after the call was done: it was accepted, and the caller cannot know."""

    ERROR = "error"
    TOO_MANY = "429"
    BROKEN = "500"
    BROKEN_AFTER = "500_after"
    HTML = "html"
    HTML_AFTER = "html_after"
    TIMEOUT = "timeout"
    TIMEOUT_AFTER = "timeout_after"
    RESET = "reset"
    RESET_AFTER = "reset_after"

    @property
    def is_after(self) -> bool:
        return self.value.endswith("_after")


class Silence(Exception):
    """Nothing is answered: the connection is kept until the caller gives up, or cut at once."""

    def __init__(self, *, cut: bool) -> None:
        super().__init__("no answer")
        self.cut = cut


@dataclass(slots=True)
class Mishap:
    """What happens to the next `times` calls whose path holds `match`, of one `method` or of any."""

    kind: Kind
    times: int = 1
    match: str = ""
    method: str = ""
    code: int = 130429
    subcode: int | None = None
    status: int = 400
    seconds: int = 1
    minutes: int = 1

    def concerns(self, request: Request) -> bool:
        return self.times > 0 and self.match in request.path and self.method in {"", request.method}

    def happen(self) -> Answer:
        """The bad answer. Raises GraphError or Silence."""
        base = self.kind.value.removesuffix("_after")
        if base in {"timeout", "reset"}:
            raise Silence(cut=base == "reset")
        if base == "html":
            return Answer(502, HTML, {"content-type": "text/html; charset=utf-8"})
        if base == "500":
            raise errors.GraphError(2, "Service temporarily unavailable", status=500, is_transient=True)
        headers = pace.headers("0", "whatsapp", seconds=self.seconds, minutes=self.minutes)
        if base == "429":
            raise errors.GraphError(4, "(#4) Application request limit reached", status=429, headers=headers)
        title = errors.TITLES.get(self.code, "An error occurred")
        raise errors.GraphError(
            self.code, f"(#{self.code}) {title}", status=self.status, subcode=self.subcode, headers=headers
        )
