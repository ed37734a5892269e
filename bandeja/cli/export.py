"""Writes a whole workspace into one file, to be kept or brought into another Bandeja by `bandeja import`."""

import argparse
import sys
from pathlib import Path

from bandeja.cli import start


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and which."""
    parser.add_argument("file", type=Path, help="a new .zip file")
    parser.add_argument("--workspace", help="its number or name; not needed when there is only one")


def run(chosen: argparse.Namespace) -> int:
    """Writes it; answers 1 with a sentence when it cannot."""
    with start.database():
        start.django()
        from bandeja.cli.admin import NotDoneError, workspace_named
        from bandeja.moving import pack

        try:
            workspace = workspace_named(chosen.workspace)
            manifest = pack.export(workspace, chosen.file)
        except (NotDoneError, pack.Exists, OSError) as error:
            print(f"bandeja: {error}", file=sys.stderr)
            return 1
    rows = sum(part.rows for part in manifest.kinds.values())
    print(f"{workspace}: {rows:,} rows and {len(manifest.files):,} files are in {chosen.file}.")
    if manifest.missing:
        print(f"{manifest.missing:,} files of messages were not found, and come back as lost.")
    print(
        "It has no passwords and no tokens. It has everything people wrote, and the addresses of webhooks and of the "
        "calls of flows, with whatever key stands in them: keep it as you keep a backup."
    )
    return 0
