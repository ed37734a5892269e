"""Says what is wrong with this install, in words, and how to mend it; answers 1 when something is."""

import argparse
from collections.abc import Iterator

from bandeja import checks
from bandeja.cli import start
from bandeja.embedded.errors import EmbeddedError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose here."""
    del parser


def run(chosen: argparse.Namespace) -> int:
    """Asks every question and prints the answers as they come."""
    del chosen
    wrong = 0
    for finding in _findings():
        wrong += not finding.is_fine
        print(f"{'ok   ' if finding.is_fine else 'WRONG'} {finding.subject}: {finding.said}")
        if not finding.is_fine:
            print(f"      {finding.mend}")
    print(f"\n{wrong} to mend." if wrong else "\nAll is well.")
    return 1 if wrong else 0


def _findings() -> Iterator[checks.Finding]:
    first = list(checks.until_wrong(checks.BEFORE_DJANGO))
    yield from first
    if not first[-1].is_fine:
        return
    for check in checks.WITHOUT_DATABASE:
        yield check()
    yield from _database_findings()


def _database_findings() -> Iterator[checks.Finding]:
    try:
        with start.database():
            start.django()
            yield from checks.until_wrong(checks.WITH_DATABASE)
    except EmbeddedError as error:
        yield checks.Finding("Database", "the one Bandeja brings will not run", str(error))
