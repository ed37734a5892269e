"""A small client of the control API, for tests and for the phone simulator."""

from __future__ import annotations

import base64
from types import TracebackType
from typing import Any, Self

import httpx

Json = dict[str, Any]


class ControlError(Exception):
    """The stand-in refused; the message is its own sentence."""


class Control:
    """Plays people, phones and time. `url` is the stand-in's address, which is also its Graph's."""

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=self.url, timeout=timeout, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def reset(self) -> None:
        self._post("reset")

    def app(self, **said: Any) -> Json:
        """id, secret and name of an app; see `making.app` for what may be said, as for the others."""
        return self._post("apps", **said)

    def number(self, app: str, **said: Any) -> Json:
        """id, waba, display and token of a WhatsApp number."""
        return self._post("numbers", app=app, **said)

    def page(self, app: str, **said: Any) -> Json:
        """id and token of a Page."""
        return self._post("pages", app=app, **said)

    def profile(self, app: str, **said: Any) -> Json:
        """id and token of an Instagram account."""
        return self._post("profiles", app=app, **said)

    def template(self, waba: str, name: str, **said: Any) -> Json:
        return self._post("templates", waba=waba, name=name, **said)

    def template_status(self, line: str, template: str, event: str, **said: Any) -> None:
        self._post("templates/status", line=line, template=template, event=event, **said)

    def webhook(self, app: str, object_name: str, callback: str, verify_token: str, fields: list[str]) -> None:
        """Type a callback in the App Dashboard. Raises ControlError when it does not answer the handshake."""
        said = {"callback_url": callback, "verify_token": verify_token, "fields": fields}
        self._post("webhooks", app=app, object=object_name, **said)

    def subscribe(self, app: str, line: str, fields: list[str]) -> None:
        self._post("subscribe", app=app, line=line, fields=fields)

    def person(self, **said: Any) -> Json:
        """A person, made or changed, with `known_as`: their ids on each line."""
        return self._post("people", **said)

    def say(self, line: str, person: str, kind: str = "text", *, data: bytes | None = None, **said: Any) -> str:
        """They write or do something; answers the id of the message."""
        return str(self._post("say", line=line, person=person, type=kind, **_with_file(said, data))["id"])

    def echo(self, line: str, person: str, kind: str = "text", *, data: bytes | None = None, **said: Any) -> str:
        """Our side writes in the phone app, or in Meta's own inbox."""
        return str(self._post("echo", line=line, person=person, type=kind, **_with_file(said, data))["id"])

    def read(self, line: str, person: str) -> None:
        self._post("read", line=line, person=person)

    def play(self, line: str, person: str, message: str) -> None:
        self._post("play", line=line, person=person, message=message)

    def window(self, line: str, person: str, opened_at: float) -> None:
        """When they last wrote, for a stand-in that has forgotten; unix seconds."""
        self._post("window", line=line, person=person, opened_at=opened_at)

    def history(self, line: str, chunks: list[Json]) -> None:
        self._post("history", line=line, chunks=chunks)

    def notice(self, line: str, field: str, value: Json) -> None:
        self._post("notice", line=line, field=field, value=value)

    def revoke(self, token: str, subcode: int = 463) -> None:
        self._post("revoke", token=token, subcode=subcode)

    def mishap(self, kind: str, **said: Any) -> None:
        """The next calls go wrong; see `mishaps.Mishap`."""
        self._post("mishaps", kind=kind, **said)

    def weather(self, app: str, **said: Any) -> None:
        """How deliveries go; see `world.Weather`."""
        self._post("weather", app=app, **said)

    def advance(self, seconds: float) -> float:
        """Leap in time, doing what is due on the way; answers the time it is then, in unix seconds."""
        return float(self._post("clock", advance=seconds)["now"])

    def clock(self, **said: float) -> float:
        """`set`, `speed`, `latency`; answers the time it is."""
        return float(self._post("clock", **said)["now"])

    def settle(self) -> int:
        """Wait until all that is due is delivered; answers how many still wait for a later try."""
        return int(self._post("settle")["waiting"])

    def state(self) -> Json:
        return self._get("state")

    def received(self, match: str = "") -> list[Json]:
        """The Graph calls so far."""
        return list(self._get("received", match=match)["calls"])

    def deliveries(self) -> list[Json]:
        """The tries to deliver so far."""
        return list(self._get("deliveries")["deliveries"])

    def thread(self, line: str, person: str) -> list[Json]:
        """What both sides have said."""
        return list(self._get("thread", line=line, person=person)["messages"])

    def file(self, media: str) -> tuple[str, bytes]:
        """The type and bytes of a file in a thread."""
        reply = self._http.get(f"/_standin/files/{media}")
        if reply.status_code != 200:
            raise ControlError(f"There is no file {media}.")
        return reply.headers["content-type"], reply.content

    def _post(self, name: str, /, **body: Any) -> Json:
        return _read(self._http.post(f"/_standin/{name}", json=body))

    def _get(self, name: str, /, **query: str) -> Json:
        return _read(self._http.get(f"/_standin/{name}", params=query))


def _with_file(said: Json, data: bytes | None) -> Json:
    return said if data is None else {**said, "data": base64.b64encode(data).decode()}


def _read(reply: httpx.Response) -> Json:
    told: Json = reply.json()
    if reply.status_code != 200:
        raise ControlError(str(told.get("error")))
    return told
