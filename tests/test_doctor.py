"""`bandeja doctor`: every answer that is wrong says what to do about it."""

from collections import namedtuple
from pathlib import Path

import pytest

from bandeja import checks, cli

Free = namedtuple("Free", "free")  # noqa: PYI024  stands in for shutil's own


def test_a_good_install_is_well(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "ok    Database: PostgreSQL" in said
    assert said.endswith("All is well.\n")


def test_a_typing_slip_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("BANDEJA_PROT", "8001")
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "WRONG Settings: BANDEJA_PROT sets nothing." in said
    assert "1 to mend." in said


def test_nonsense_in_a_setting_ends_the_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDEJA_PORT", "many")
    python, settings = checks.until_wrong(checks.BEFORE_DJANGO)
    assert python.is_fine
    assert settings.said == "BANDEJA_PORT must be a whole number from 1 to 65535, not 'many'."


def test_a_data_folder_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BANDEJA_HOME", str(tmp_path / "file" / "var"))
    finding = checks.home()
    assert str(tmp_path / "file" / "var") in finding.said
    assert "BANDEJA_HOME" in finding.mend


def test_a_disk_nearly_full_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Free(2**28))
    assert checks.disk().said.startswith("0.2 GB free")
    assert not checks.disk().is_fine


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        ({"BANDEJA_HOST": "0.0.0.0"}, "Set BANDEJA_URL"),
        ({"BANDEJA_URL": "http://inbox.example.com"}, "Put a proxy with TLS"),
    ],
)
def test_an_address_that_serves_nobody_well_is_told(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str], mend: str
) -> None:
    for name, text in said.items():
        monkeypatch.setenv(name, text)
    assert checks.address().mend.startswith(mend)


def test_https_without_a_trusted_proxy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDEJA_URL", "https://inbox.example.com")
    assert "BANDEJA_TRUSTED_PROXIES" in checks.proxies().mend
    monkeypatch.setenv("BANDEJA_TRUSTED_PROXIES", "127.0.0.1")
    assert checks.proxies().is_fine


def test_debug_is_never_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDEJA_DEBUG", "yes")
    assert not checks.debug().is_fine


@pytest.mark.django_db
@pytest.mark.parametrize(("version", "fine"), [(140012, False), (150003, True), (180006, True), (190000, False)])
def test_only_known_versions_of_postgresql_are_well(
    monkeypatch: pytest.MonkeyPatch, version: int, fine: bool
) -> None:
    from django.db import connection

    monkeypatch.setitem(connection.__dict__, "pg_version", version)
    assert checks.database().is_fine is fine


@pytest.mark.django_db
def test_migrations_to_apply_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.migrations().is_fine
    monkeypatch.setattr(
        "django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *_: ["one", "another"]
    )
    assert checks.migrations().said == "2 to apply"


@pytest.mark.django_db
def test_a_server_that_refuses_the_extensions_of_search_is_told_of_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.db import connection

    from bandeja.cli import migrate
    from bandeja.conversations import plain

    with connection.cursor() as cursor:
        cursor.execute("drop index contact_words")
    assert not checks.search().is_fine
    assert "CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE EXTENSION IF NOT EXISTS btree_gin;" in checks.search().mend
    monkeypatch.setattr(plain, "EXTENSIONS", ("no_such_extension",))
    migrate._index_contacts()
    assert "no_such_extension" in capsys.readouterr().err
