"""HTTP as the stand-in sees it: one request read whole, one answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from bandeja.standin import errors

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in a multipart form."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True)
class Request:
    """One request; `path` has no query, header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def _form(self) -> tuple[Json, dict[str, Upload]]:
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not self.body:
            return {}, {}
        if kind == "application/json":
            return _json_object(self.body), {}
        if kind == "multipart/form-data":
            return _multipart(self.headers["content-type"], self.body)
        if kind == "application/x-www-form-urlencoded":
            return {name: _decoded(value) for name, value in parse_qsl(self.body.decode())}, {}
        raise errors.invalid(f"Unsupported content type {kind or '(none)'} for a request with a body.")

    @property
    def given(self) -> Json:
        """What the body says: JSON, a form, or the fields of a multipart form."""
        return self._form[0]

    @property
    def files(self) -> dict[str, Upload]:
        return self._form[1]

    @property
    def params(self) -> Json:
        """Query and body together, as Graph takes them on most edges."""
        return {**self.query, **self.given}

    @property
    def bearer(self) -> str:
        """The access token, from the header or, as Graph also takes it, from the parameters."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return token.strip()
        if self.query.get("access_token"):
            return self.query["access_token"]
        form = self.headers.get("content-type", "").startswith(("application/x-www", "application/json"))
        return str(self.given.get("access_token", "")) if form else ""


@dataclass(slots=True)
class Answer:
    """One answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in JSON."""
    written = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, written, {"content-type": "application/json; charset=UTF-8", **(headers or {})})


def _json_object(body: bytes) -> Json:
    try:
        said = json.loads(body)
    except ValueError as error:
        raise errors.invalid("The request body is not valid JSON.") from error
    if not isinstance(said, dict):
        raise errors.invalid("The request body must be a JSON object.")
    return said


def _decoded(value: str) -> Any:
    """A field of a form; objects and lists are written in it as JSON."""
    if not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _multipart(content_type: str, body: bytes) -> tuple[Json, dict[str, Upload]]:
    """The fields and files of a multipart form (RFC 7578)."""
    boundary = content_type.partition("boundary=")[2].strip().strip('"').encode()
    if not boundary:
        raise errors.invalid("The multipart form names no boundary.")
    fields: Json = {}
    files: dict[str, Upload] = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        _take_part(_headers(head.decode()), data.removesuffix(b"\r\n"), fields, files)
    return fields, files


def _take_part(headers: dict[str, str], data: bytes, fields: Json, files: dict[str, Upload]) -> None:
    told = headers.get("content-disposition", "")
    name = _quoted(told, " name=")
    if " filename=" in told or " filename*=" in told:
        mime = headers.get("content-type", "application/octet-stream").partition(";")[0].strip()
        files[name] = Upload(_quoted(told, " filename="), mime, data)
    else:
        fields[name] = _decoded(data.decode())


def _headers(head: str) -> dict[str, str]:
    lines = (line.partition(":") for line in head.strip().splitlines())
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def _quoted(told: str, before: str) -> str:
    return told.partition(before)[2].removeprefix('"').partition('"')[0]
