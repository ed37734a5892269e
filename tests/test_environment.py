"""What an operator may set: read from the environment or a file, refused in words, and documented."""

import re
from pathlib import Path

import pytest
from django.db import connection

from bandeja import environment
from bandeja.database import connection_settings
from bandeja.embedded.place import Place
from bandeja.environment import SETTINGS, BadSettingError
from bandeja.mail import mail_settings

DOCS = Path(__file__).parent.parent / "docs" / "settings.md"


def test_every_setting_has_a_default_that_is_good() -> None:
    for setting in SETTINGS:
        setting.value({})


def test_a_value_comes_from_the_environment() -> None:
    assert environment.PORT.value({"BANDEJA_PORT": " 9000 "}) == 9000


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "url"
    path.write_text("postgresql://bandeja@db/bandeja\n")
    assert environment.DATABASE_URL.value({"DATABASE_URL_FILE": str(path)}) == "postgresql://bandeja@db/bandeja"


def test_the_variable_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("1")
    assert environment.PORT.value({"BANDEJA_PORT": "2", "BANDEJA_PORT_FILE": str(tmp_path / "port")}) == 2


def test_a_file_that_cannot_be_read_is_named() -> None:
    with pytest.raises(BadSettingError, match="BANDEJA_PORT_FILE names /nowhere, which cannot be read"):
        environment.PORT.value({"BANDEJA_PORT_FILE": "/nowhere"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("BANDEJA_PORT", "0"),
        ("BANDEJA_PORT", "70000"),
        ("BANDEJA_PORT", "eight"),
        ("BANDEJA_URL", "inbox.example.com"),
        ("BANDEJA_URL", "ftp://example.com"),
        ("BANDEJA_LANGUAGE", "fr"),
        ("BANDEJA_TIME_ZONE", "Bogotá"),
        ("BANDEJA_TIME_ZONE", "../etc/passwd"),
        ("BANDEJA_TRUSTED_PROXIES", "proxy.local"),
        ("BANDEJA_RECEIPT_DAYS", "-1"),
        ("BANDEJA_LOG", "xml"),
        ("BANDEJA_DEBUG", "maybe"),
        ("BANDEJA_SMTP_URL", "mail.example.com"),
        ("DATABASE_URL", "mysql://db/bandeja"),
        ("BANDEJA_SECRET_KEY", "short"),
    ],
)
def test_nonsense_is_refused_by_name(name: str, text: str) -> None:
    (setting,) = (setting for setting in SETTINGS if setting.name == name)
    with pytest.raises(BadSettingError, match=f"^{name} must be "):
        setting.value({name: text})


def test_a_secret_is_never_repeated_in_a_refusal() -> None:
    with pytest.raises(BadSettingError) as refusal:
        environment.DATABASE_URL.value({"DATABASE_URL": "mysql://me:hunter2@db/x"})
    assert "hunter2" not in str(refusal.value)


def test_a_secret_key_is_made_once_and_only_we_may_read_it(tmp_path: Path) -> None:
    home = {"BANDEJA_HOME": str(tmp_path / "home")}
    made = environment.secret_key(home)
    assert len(made) >= 48
    assert environment.secret_key(home) == made
    assert (tmp_path / "home" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret_key"]


def test_a_given_secret_key_is_used_and_not_kept(tmp_path: Path) -> None:
    given = {"BANDEJA_HOME": str(tmp_path), "BANDEJA_SECRET_KEY": "k" * 40}
    assert environment.secret_key(given) == "k" * 40
    assert not list(tmp_path.iterdir())


def test_a_name_that_sets_nothing_is_found() -> None:
    given = {"BANDEJA_PROT": "1", "BANDEJA_PORT": "1", "BANDEJA_PORT_FILE": "x", "PATH": "/bin"}
    assert environment.unknown(given) == ["BANDEJA_PROT"]


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    documented = set(re.findall(r"^\| `(\w+)`", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    assert documented == {setting.name for setting in SETTINGS}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_the_documentation_says_what_the_code_says(setting: environment.Setting[object]) -> None:
    (line,) = re.findall(rf"^\| `{setting.name}`.*$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert setting.sentence in line
    assert f"`{setting.default}`" in line if setting.default else "| – |" in line


def test_a_database_address_becomes_djangos_settings() -> None:
    given = {"DATABASE_URL": "postgresql://an%40a:p%2Fw@db.example.com:6432/inbox?sslmode=verify-full"}
    settings = connection_settings(given)
    assert settings["NAME"] == "inbox"
    assert (settings["USER"], settings["PASSWORD"]) == ("an@a", "p/w")
    assert (settings["HOST"], settings["PORT"]) == ("db.example.com", "6432")
    assert settings["OPTIONS"]["sslmode"] == "verify-full"


def test_without_an_address_the_embedded_database_is_used(tmp_path: Path) -> None:
    settings = connection_settings({"BANDEJA_HOME": str(tmp_path)})
    assert settings["HOST"] == str(Place(tmp_path / "postgres").socket)
    assert settings["NAME"] == settings["USER"] == "bandeja"


def test_mail_goes_nowhere_without_a_server() -> None:
    assert "dummy" in mail_settings("", "a@b")["EMAIL_BACKEND"]


@pytest.mark.parametrize(
    ("url", "port", "ssl", "starttls"),
    [
        ("smtp://u:p%40@host", 587, False, True),
        ("smtps://u:p%40@host", 465, True, False),
        ("smtp://u:p%40@host:25", 25, False, False),
    ],
)
def test_mail_is_encrypted_unless_on_the_plain_port(url: str, port: int, *, ssl: bool, starttls: bool) -> None:
    settings = mail_settings(url, "a@b")
    assert (settings["EMAIL_PORT"], settings["EMAIL_USE_SSL"], settings["EMAIL_USE_TLS"]) == (port, ssl, starttls)
    assert settings["EMAIL_HOST_PASSWORD"] == "p@"


@pytest.mark.django_db
def test_a_server_that_compiles_statements_compiles_none_of_ours() -> None:
    other = connection.copy()
    other.settings_dict["OPTIONS"] = {**connection.settings_dict["OPTIONS"], "options": "-c jit=on"}
    try:
        with other.cursor() as cursor:
            cursor.execute("show jit")
            assert cursor.fetchone() == ("off",)
    finally:
        other.close()
