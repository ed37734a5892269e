"""Makes a workspace with a believable past, to try Bandeja with."""

import argparse
from importlib import import_module

from bandeja.cli import start


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose here."""
    del parser


def run(chosen: argparse.Namespace) -> int:
    """Makes it, once; says where to look."""
    del chosen
    with start.database():
        start.django()
        print(import_module("bandeja.demo.make").make())
    return 0
