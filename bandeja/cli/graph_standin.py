"""Runs the Graph stand-in: WhatsApp, Messenger and Instagram as Meta answers, on this machine only."""

import argparse
import threading

from bandeja import environment
from bandeja.cli import start


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where it listens, and how fast its time runs."""
    parser.add_argument("--port", type=int, help="the port it listens on; without it, BANDEJA_STANDIN_PORT")
    parser.add_argument("--demo", action="store_true", help="tell it of the demo's accounts, from the database")
    parser.add_argument("--speed", type=float, default=1.0, help="how many of its seconds pass in one of ours")


def run(chosen: argparse.Namespace) -> int:
    """Serves until told to stop."""
    from bandeja.standin.app import serve

    if chosen.demo:
        threading.Thread(target=_teach, name="teach", daemon=True).start()
    serve(chosen.port or environment.STANDIN_PORT.value(), speed=chosen.speed)
    return 0


def _teach() -> None:
    """The stand-in itself knows nothing of us: here, beside it, is who does."""
    start.django()
    from bandeja.demo import phones

    phones.keep_taught(threading.Event())
