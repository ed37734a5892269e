"""Runs everything on this machine: the database it brings, the web process, the worker, the demo's Graph.

Imports nothing of Django: it stays small and waits. A child that dies is started again.
"""

import argparse
import os
import sys

from bandeja import environment
from bandeja.cli import greeting, start
from bandeja.cli.family import CannotStartError, Child, Family, command
from bandeja.database import address
from bandeja.demo import mark
from bandeja.embedded.errors import EmbeddedError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose here: the settings say it all."""
    del parser


def run(chosen: argparse.Namespace) -> int:
    """Runs until told to stop; answers 1 when something would not start."""
    del chosen
    for setting in environment.SETTINGS:
        setting.value()
    try:
        greeting.refuse_a_taken_port()
        _run(Family(start.embedded(), _said_to_children()))
    except (EmbeddedError, CannotStartError) as error:
        return greeting.complain(error)
    return 0


def _run(family: Family) -> None:
    stop = start.on_stop(lambda: None)
    try:
        family.start_database()
        family.run_once(command("migrate", "--quiet"))
        standin = Child("graph-standin", "--demo", needed=mark.is_there, is_vital=False)
        family.start(Child("web"), Child("worker"), standin)
        greeting.greet(family, stop)
        family.keep(stop)
    finally:
        family.stop()


def _said_to_children() -> dict[str, str]:
    """The children need not know whose PostgreSQL it is; a person at a terminal reads text, not JSON."""
    said = {"DATABASE_URL": address(), "BANDEJA_HOME": str(environment.HOME.value())}
    if sys.stderr.isatty() and not os.environ.keys() & {"BANDEJA_LOG", "BANDEJA_LOG_FILE"}:
        said["BANDEJA_LOG"] = "text"
    return said
