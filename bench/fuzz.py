"""Fuzzing the readers of every channel: `value` is how many findings there were, and nought is the aim.

A finding is an exception, an item that we ourselves failed on, something understood that could not be stored or
joined, a second pass that says otherwise, or a body that takes too long. Each is printed with what brings it back.
"""

import os
from random import Random, randrange
from time import perf_counter

from bench.harness import Asked, tell
from bench.result import Percentiles, Result

SECONDS = 180.0
MOST = 20
"""Findings after which it stops: they are the same few mistakes by then."""


def measure(asked: Asked) -> Result:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bandeja.settings")
    from bandeja.channels.meta.tests.fuzz import Fuzz

    seconds, seed = asked.seconds or SECONDS, randrange(2**32)
    tell(f"spoiling deliveries for {seconds:.0f} s, seed {seed}")
    fuzz, told, begun = Fuzz(Random(seed)), 0, perf_counter()
    while perf_counter() - begun < seconds and len(fuzz.findings) < MOST:
        fuzz.one()
        for finding in fuzz.findings[told:]:
            tell(finding)
        told = len(fuzz.findings)
    config = {"bodies": len(fuzz.times), "seconds": seconds, "seed": seed, "readers": sorted(fuzz.readers)}
    return Result("fuzz", "findings", len(fuzz.findings), {}, Percentiles.of(fuzz.times), config)
