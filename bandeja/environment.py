"""Everything an operator may set, declared once: BANDEJA_* and DATABASE_URL, or the same name with _FILE.

Imports nothing of Django, so that the supervisor and `bandeja doctor` can read it cheaply.
"""

import base64
import ipaddress
import os
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

T = TypeVar("T")
LANGUAGES = ("es", "en", "pt-br")


class BadSettingError(Exception):
    """A setting that cannot be used; the message is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One thing an operator may set; `read` turns its text into a value or raises ValueError."""

    name: str
    default: str
    kind: str
    sentence: str
    read: Callable[[str], T]
    secret: bool = False

    def value(self, environ: Mapping[str, str] = os.environ) -> T:
        """The value in force; raises BadSettingError naming the setting when its text makes no sense."""
        text = self.text(environ)
        try:
            return self.read(text)
        except ValueError as error:
            shown = "what it was given" if self.secret else repr(text)
            raise BadSettingError(f"{self.name} must be {self.kind}, not {shown}.") from error

    def text(self, environ: Mapping[str, str] = os.environ) -> str:
        """What was written for it: the variable, else the file that <NAME>_FILE names, else the default."""
        if environ.get(self.name):
            return environ[self.name].strip()
        path = environ.get(f"{self.name}_FILE")
        return _file_text(self.name, path) if path else self.default


def _file_text(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSettingError(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from error


def _url(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        parts = urlsplit(text)
        if text and (parts.scheme not in schemes or not (parts.hostname or parts.path)):
            raise ValueError(text)
        return text.rstrip("/")

    return read


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(text)
        return text.lower()

    return read


def _bucket(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme != "s3" or not parts.path.strip("/") or "/" in parts.path.strip("/")):
        raise ValueError(text)
    return text


def _hosts(text: str) -> frozenset[str]:
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if any(urlsplit(f"//{word}").netloc != word or "@" in word for word in words):
        raise ValueError(text)
    return frozenset(words)


def _yes(text: str) -> bool:
    return _one_of("yes", "no", "true", "false", "1", "0", "on", "off")(text) in {"yes", "true", "1", "on"}


def _networks(text: str) -> list[str]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    return [str(ipaddress.ip_network(word, strict=False)) for word in words]


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (OSError, LookupError) as error:
        raise ValueError(text) from error


def _graph_version(text: str) -> str:
    if not re.fullmatch(r"v\d{1,3}\.\d", text):
        raise ValueError(text)
    return text


def _secret_key(text: str) -> str:
    if text and len(text) < 32:
        raise ValueError(text)
    return text


def _vapid_key(text: str) -> str:
    if text and len(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))) != 32:
        raise ValueError(text)
    return text


HOME = Setting(
    "BANDEJA_HOME",
    "./var",
    "a folder",
    "Where Bandeja keeps what it must not lose: the embedded database and the generated secrets.",
    lambda text: Path(text).expanduser().absolute(),
)
DATABASE_URL = Setting(
    "DATABASE_URL",
    "",
    "an address such as postgresql://user:password@host:5432/name",
    "Your own PostgreSQL, 15 to 18; when empty, Bandeja runs the one it brings.",
    _url("postgres", "postgresql"),
    secret=True,
)
HOST = Setting("BANDEJA_HOST", "127.0.0.1", "an address", "The address the web process listens on.", str)
PORT = Setting(
    "BANDEJA_PORT",
    "8000",
    "a whole number from 1 to 65535",
    "The port the web process listens on.",
    _whole(1, 65535),
)
URL = Setting(
    "BANDEJA_URL",
    "",
    "an address such as https://inbox.example.com",
    "The address people open, as they type it; when empty, http://127.0.0.1 with the port.",
    _url("http", "https"),
)
TRUSTED_PROXIES = Setting(
    "BANDEJA_TRUSTED_PROXIES",
    "",
    "addresses or networks separated by commas, such as 10.0.0.0/8,192.0.2.7",
    "The reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; nobody else's are.",
    _networks,
)
SECRET_KEY = Setting(
    "BANDEJA_SECRET_KEY",
    "",
    "at least 32 characters",
    "Signs sessions and links; when empty, one is made at the first run and kept in BANDEJA_HOME.",
    _secret_key,
    secret=True,
)
VAPID_KEY = Setting(
    "BANDEJA_VAPID_KEY",
    "",
    "32 bytes as base64url",
    "Signs pushes to people's devices; when empty, one is made at the first run and kept in BANDEJA_HOME.",
    _vapid_key,
    secret=True,
)
SMTP_URL = Setting(
    "BANDEJA_SMTP_URL",
    "",
    "an address such as smtp://user:password@host:587 or smtps://user:password@host:465",
    "The mail server for invitations, password resets and digests; without one, commands print the links.",
    _url("smtp", "smtps"),
    secret=True,
)
EMAIL_FROM = Setting(
    "BANDEJA_EMAIL_FROM",
    "bandeja@localhost",
    "an e-mail address",
    "The sender of the mail that Bandeja sends.",
    str,
)
OIDC_ISSUER = Setting(
    "BANDEJA_OIDC_ISSUER",
    "",
    "an address such as https://login.example.com/realms/team",
    "The OpenID Connect provider that people may sign in with; when empty, they sign in here only.",
    _url("http", "https"),
)
OIDC_CLIENT_ID = Setting("BANDEJA_OIDC_CLIENT_ID", "", "text", "What that provider knows this installation as.", str)
OIDC_CLIENT_SECRET = Setting(
    "BANDEJA_OIDC_CLIENT_SECRET",
    "",
    "text",
    "What this installation proves itself to that provider with.",
    str,
    secret=True,
)
OIDC_NAME = Setting(
    "BANDEJA_OIDC_NAME", "SSO", "text", "What the button on the sign-in page calls that provider.", str
)
LANGUAGE = Setting(
    "BANDEJA_LANGUAGE",
    "es",
    "one of es, en, pt-br",
    "The language of pages for someone who has not chosen one.",
    _one_of(*LANGUAGES),
)
TIME_ZONE = Setting(
    "BANDEJA_TIME_ZONE",
    "UTC",
    "a time zone such as America/Bogota",
    "The time zone that a new workspace starts with.",
    _zone,
)
RECEIPT_DAYS = Setting(
    "BANDEJA_RECEIPT_DAYS",
    "30",
    "a whole number from 1 to 3650",
    "How many days a processed receipt, the raw delivery of a channel, is kept.",
    _whole(1, 3650),
)
EVENT_DAYS = Setting(
    "BANDEJA_EVENT_DAYS",
    "30",
    "a whole number from 1 to 3650",
    "How many days the events of messages are kept once published; all others are a conversation's story, and stay.",
    _whole(1, 3650),
)
API_RATE = Setting(
    "BANDEJA_API_RATE",
    "3000",
    "a whole number from 1 to 1000000",
    "How many requests a minute an API token may make of each web process.",
    _whole(1, 1_000_000),
)
TOKEN = Setting(
    "BANDEJA_TOKEN",
    "",
    "an API token",
    "The API token that `bandeja conversations`, `rules` and `closures` ask with; never stored.",
    str,
    secret=True,
)
GRAPH_URL = Setting(
    "BANDEJA_GRAPH_URL",
    "https://graph.facebook.com",
    "an address such as https://graph.facebook.com",
    "Where Meta's Graph API answers for WhatsApp, Messenger and Instagram accounts linked to a page.",
    _url("http", "https"),
)
INSTAGRAM_GRAPH_URL = Setting(
    "BANDEJA_INSTAGRAM_GRAPH_URL",
    "https://graph.instagram.com",
    "an address such as https://graph.instagram.com",
    "Where Meta's Graph API answers for accounts connected with Instagram's own login.",
    _url("http", "https"),
)
GRAPH_VERSION = Setting(
    "BANDEJA_GRAPH_VERSION",
    "v26.0",
    "a version such as v26.0",
    "The version of Meta's Graph API that is called.",
    _graph_version,
)
GRAPH_TIMEOUT = Setting(
    "BANDEJA_GRAPH_TIMEOUT",
    "10",
    "a whole number from 1 to 120",
    "Seconds that Meta has to answer a call; a message unanswered for twice as long is of unknown fate.",
    _whole(1, 120),
)
WHATSAPP_LINES = Setting(
    "BANDEJA_WHATSAPP_LINES",
    "10",
    "a whole number from 1 to 10000",
    "How many WhatsApp numbers a workspace may have connected at once.",
    _whole(1, 10_000),
)
GRACE = Setting(
    "BANDEJA_GRACE",
    "5",
    "a whole number from 0 to 1440",
    "How many minutes rules close nothing after Bandeja was down, so that what could not reach it comes first.",
    _whole(0, 1_440),
)
GRACE_AFTER = Setting(
    "BANDEJA_GRACE_AFTER",
    "5",
    "a whole number from 1 to 1440",
    "For how many minutes the sweep must not have run for that.",
    _whole(1, 1_440),
)
FLOW_STEPS = Setting(
    "BANDEJA_FLOW_STEPS",
    "50",
    "a whole number from 1 to 10000",
    "How many steps flows may take with one contact in an hour; what would take more is held back.",
    _whole(1, 10_000),
)
FLOW_SENDS = Setting(
    "BANDEJA_FLOW_SENDS",
    "5",
    "a whole number from 1 to 1000",
    "How many messages flows may send one contact in an hour; what would send more is held back.",
    _whole(1, 1_000),
)
FLOW_CLOSING_SENDS = Setting(
    "BANDEJA_FLOW_CLOSING_SENDS",
    "1",
    "a whole number from 1 to 100",
    "How many messages flows that a closing started may send in one conversation in a day.",
    _whole(1, 100),
)
MEDIA_URL = Setting(
    "BANDEJA_MEDIA_URL",
    "",
    "an address such as s3://key:secret@s3.example.com/bucket?region=us-east-1",
    "The bucket that keeps the files of messages; when empty, they are kept in BANDEJA_HOME.",
    _bucket,
    secret=True,
)
MEDIA_LIMIT = Setting(
    "BANDEJA_MEDIA_LIMIT",
    "100",
    "a whole number from 1 to 2000",
    "The largest file that is fetched from a channel or taken from an agent, in megabytes.",
    _whole(1, 2000),
)
MEDIA_HOSTS = Setting(
    "BANDEJA_MEDIA_HOSTS",
    "",
    "hosts separated by commas, with the port if it is not the usual, such as files.internal,10.0.0.5:9000",
    "Hosts of your own network that files may be fetched from, by http too; all others must be public and https.",
    _hosts,
)
WEBHOOK_HOSTS = Setting(
    "BANDEJA_WEBHOOK_HOSTS",
    "",
    "hosts separated by commas, with the port if it is not the usual, such as crm.internal,10.0.0.5:9000",
    "Hosts of your own network that webhooks may be sent to, by http too; all others must be public and https.",
    _hosts,
)
WEBHOOK_DAYS = Setting(
    "BANDEJA_WEBHOOK_DAYS",
    "30",
    "a whole number from 4 to 3650",
    "How many days what was told to webhooks is kept, with its log.",
    _whole(4, 3650),
)
CONTACT_LINK = Setting(
    "BANDEJA_CONTACT_LINK",
    "",
    "an address such as https://example.com/plans or mailto:sales@example.com",
    "Where a workspace whose plan lacks a feature is told to ask for it.",
    _url("http", "https", "mailto"),
)
STANDIN_PORT = Setting(
    "BANDEJA_STANDIN_PORT",
    "8090",
    "a whole number from 1 to 65535",
    "The port of the stand-in for Meta's Graph, which only the demo uses; it listens on 127.0.0.1.",
    _whole(1, 65535),
)
LOG = Setting("BANDEJA_LOG", "json", "json or text", "How log lines are written.", _one_of("json", "text"))
DEBUG = Setting(
    "BANDEJA_DEBUG", "no", "yes or no", "Shows error details in the browser; never on a public address.", _yes
)

SETTINGS: tuple[Setting[Any], ...] = (
    HOME,
    DATABASE_URL,
    HOST,
    PORT,
    URL,
    TRUSTED_PROXIES,
    SECRET_KEY,
    VAPID_KEY,
    SMTP_URL,
    EMAIL_FROM,
    OIDC_ISSUER,
    OIDC_CLIENT_ID,
    OIDC_CLIENT_SECRET,
    OIDC_NAME,
    LANGUAGE,
    TIME_ZONE,
    RECEIPT_DAYS,
    EVENT_DAYS,
    API_RATE,
    TOKEN,
    GRAPH_URL,
    INSTAGRAM_GRAPH_URL,
    GRAPH_VERSION,
    GRAPH_TIMEOUT,
    WHATSAPP_LINES,
    GRACE,
    GRACE_AFTER,
    FLOW_STEPS,
    FLOW_SENDS,
    FLOW_CLOSING_SENDS,
    MEDIA_URL,
    MEDIA_LIMIT,
    MEDIA_HOSTS,
    WEBHOOK_HOSTS,
    WEBHOOK_DAYS,
    CONTACT_LINK,
    STANDIN_PORT,
    LOG,
    DEBUG,
)


def public_url(environ: Mapping[str, str] = os.environ) -> SplitResult:
    """The address people open, split: BANDEJA_URL, else this machine's own with the port."""
    return urlsplit(URL.value(environ) or f"http://127.0.0.1:{PORT.value(environ)}")


def secret_key(environ: Mapping[str, str] = os.environ) -> str:
    """The signing key: BANDEJA_SECRET_KEY, else the one kept in BANDEJA_HOME, made when there is none."""
    return SECRET_KEY.value(environ) or _kept_secret(HOME.value(environ) / "secret_key")


def vapid_key(environ: Mapping[str, str] = os.environ) -> str:
    """The key that signs pushes: BANDEJA_VAPID_KEY, else the one kept in BANDEJA_HOME, made when there is none."""
    return VAPID_KEY.value(environ) or _kept_secret(HOME.value(environ) / "vapid_key", length=32)


def _kept_secret(path: Path, *, length: int = 48) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _make_secret(path, length)
    return path.read_text(encoding="ascii").strip()


def _make_secret(path: Path, length: int) -> None:
    """Two processes that start together must end with the same key: the first link wins."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(length))
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def unknown(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Names that start with BANDEJA_ and set nothing, most often a typing slip; BANDEJA_TEST_ is for bin/test."""
    known = {name for setting in SETTINGS for name in (setting.name, f"{setting.name}_FILE")}
    ours = (name for name in environ if re.match(r"BANDEJA_(?!TEST_)", name))
    return sorted(name for name in ours if name not in known)
