"""`bin/bench <name> [--json] [--rows N] [--seconds S] [--fresh]`; with --json the last line is one JSON object."""

import argparse
import signal
import sys
from importlib import import_module
from pathlib import Path

from bench.harness import Asked
from bench.result import Result

BENCHES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if "\ndef measure(" in path.read_text())


def main() -> int:
    asked = _asked()
    # So that a benchmark that is told to stop takes down what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    result: Result = import_module(f"bench.{asked.bench}").measure(asked)
    if not asked.json:
        print(result.for_people())
    print(result.as_json(), flush=True)
    return 0


def _asked() -> Asked:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("bench", choices=BENCHES)
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument("--rows", type=int, help="how many rows of data, instead of the full measure")
    parser.add_argument("--seconds", type=float, help="how long each run takes, instead of the full measure")
    parser.add_argument("--fresh", action="store_true", help="generate the data again")
    return Asked(**vars(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
