"""Makes a new workspace out of a file that `bandeja export` wrote: all of it, or nothing."""

import argparse
import sys
from pathlib import Path

from bandeja.cli import start


def arguments(parser: argparse.ArgumentParser) -> None:
    """From where."""
    parser.add_argument("file", type=Path, help="a file that `bandeja export` wrote")


def run(chosen: argparse.Namespace) -> int:
    """Brings it in; answers 1 with a sentence when it cannot."""
    with start.database():
        start.django()
        from bandeja.moving import unpack

        try:
            workspace = unpack.bring(chosen.file)
        except (unpack.Unfit, OSError) as error:
            print(f"bandeja: {error}", file=sys.stderr)
            return 1
        print(f"{workspace} is workspace {workspace.pk} now. Its accounts are disconnected, its flows are off, its")
        print("webhooks are disabled, and its people have no password yet. Each gets a link to choose one by")
        print("`bandeja admin link --email …`; administrators here:")
        for agent in workspace.agents.filter(role__key="admin", is_active=True).order_by("email"):
            print(f"  {agent.email}")
    return 0
