"""The command `bandeja`: one file per subcommand, each importing what it needs only when it runs."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from bandeja.environment import BadSettingError

COMMANDS = {
    "up": "run everything on this machine: database, pages, door and loops",
    "web": "run the web process: pages, door and streams",
    "worker": "run the loops: drain, sweep, publish, prune",
    "migrate": "bring the database and the static files up to this version",
    "demo": "make a workspace with a believable past, to try Bandeja with",
    "graph-standin": "run a stand-in for Meta's Graph, to play with its three channels",
    "admin": "links, agents and plans, without a browser",
    "export": "write a whole workspace into one file",
    "import": "make a new workspace out of such a file",
    "conversations": "list, show and close conversations over the API",
    "rules": "show, add, change and switch closing rules, include what is open, over the API",
    "closures": "count closings and take them back, over the API",
    "doctor": "say what is wrong and how to mend it",
}

MODULES = {"import": "bring"}
"""Where a command's name is none that a module may have."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one subcommand and answers its exit status."""
    chosen = _parser().parse_args(arguments)
    module = import_module(f"bandeja.cli.{MODULES.get(chosen.command, chosen.command.replace('-', '_'))}")
    parser = argparse.ArgumentParser(prog=f"bandeja {chosen.command}", description=module.__doc__)
    module.arguments(parser)
    try:
        return int(module.run(parser.parse_args(chosen.rest)))
    except BadSettingError as error:
        print(f"bandeja: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    lines = "\n".join(f"  {name:13} {sentence}" for name, sentence in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="bandeja",
        usage="bandeja COMMAND [options]",
        description=f"A self-hosted shared inbox.\n\ncommands:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, help=argparse.SUPPRESS)
    # Whatever follows is the command's own, --help too.
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser
