"""What holds for every page and every model, whoever wrote it."""

import json
import logging
import logging.config
import os
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from bandeja.logs import logging_settings


@pytest.mark.django_db
def test_no_model_lacks_its_migration() -> None:
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())


def test_django_finds_nothing_to_warn_about() -> None:
    call_command("check", "--fail-level", "WARNING", stdout=StringIO())


@pytest.mark.django_db
def test_health_says_ok_while_the_database_answers(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_health_says_no_when_it_does_not(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", refuse)
    assert client.get("/healthz").status_code == 503


@pytest.mark.django_db
def test_every_page_says_what_browsers_may_not_do(client: Client) -> None:
    headers = client.get("/healthz").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
def test_a_name_that_is_not_ours_is_refused(client: Client) -> None:
    assert client.get("/accounts/login/", headers={"host": "evil.example.com"}).status_code == 400


@pytest.mark.parametrize(("url", "safe"), [("https://inbox.example.com", True), ("http://127.0.0.1:8000", False)])
def test_cookies_and_origins_follow_the_address(url: str, safe: bool) -> None:
    ask = (
        "from bandeja import settings as s, environment; import json;"
        "print(json.dumps([s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0,"
        "s.CSRF_TRUSTED_ORIGINS, s.ALLOWED_HOSTS]))"
    )
    said = subprocess.run(
        [sys.executable, "-c", ask], env=os.environ | {"BANDEJA_URL": url}, capture_output=True, check=True
    )
    *flags, origins, hosts = json.loads(said.stdout)
    assert flags == [safe] * 3
    assert origins == [url]
    assert ("inbox.example.com" in hosts) is safe
    assert "" not in hosts


def test_a_log_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    line = logged("json", capsys)
    told = json.loads(line)
    assert told["event"] == "step failed"
    assert told["loop"] == "sweep"
    assert told["level"] == "error"
    assert "ZeroDivisionError" in told["exception"]


def test_a_person_reads_text(capsys: pytest.CaptureFixture[str]) -> None:
    line = logged("text", capsys)
    assert "step failed" in line
    assert "\x1b" not in line


@pytest.mark.parametrize("form", ["json", "text"])
def test_whoever_reads_the_log_comes_in_by_no_link_in_it(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Django tells the address of what it refuses, twice."""
    line = logged(form, capsys, "/welcome/MQ/c9-0123456789abcdef")
    assert line.count("/welcome/MQ/…") == 2
    assert "c9-0123" not in line


def logged(form: str, capsys: pytest.CaptureFixture[str], address: str = "") -> str:
    """How one failure looks in the log; or a page at `address` that was refused."""
    handler = logging_settings(form)
    handler["root"]["level"] = "CRITICAL"
    handler["loggers"]["a.test"] = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
    logging.config.dictConfig(handler)
    if address:
        request = RequestFactory().post(address)
        logging.getLogger("a.test").warning("%s: %s", "Unprocessable Entity", address, extra={"request": request})
        return capsys.readouterr().err.strip()
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logging.getLogger("a.test").exception("step failed", extra={"loop": "sweep"})
    return capsys.readouterr().err.strip()
