"""The mark that this install's demo has phones to play with: then `bandeja up` also runs the Graph stand-in.

A file beside the secrets, for the supervisor opens no database. Imports nothing of Django.
"""

from pathlib import Path

from bandeja import environment


def is_there() -> bool:
    """Whether the demo was given phones here."""
    return _path().exists()


def put() -> None:
    """From here on it was."""
    _path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _path().touch(mode=0o600)


def _path() -> Path:
    return environment.HOME.value() / "standin"
