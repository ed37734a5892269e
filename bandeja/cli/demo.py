"""Makes a workspace with a believable past, to try Bandeja with."""

import argparse

from bandeja.cli import start


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose here."""
    del parser


def run(chosen: argparse.Namespace) -> int:
    """Makes it, once; says where to look."""
    del chosen
    with start.database():
        start.django()
        from bandeja.demo.make import make

        print(make())
    return 0
