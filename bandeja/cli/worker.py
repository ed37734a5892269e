"""Runs the loops: drain, sweep, publish, fetch and prune. Any number of workers may run beside each other."""

import argparse
import threading
from collections.abc import Callable
from typing import Any

from bandeja import database
from bandeja.cli import start
from bandeja.listener import listen
from bandeja.loops import Loop

BELL_LOST = 1.0  # seconds; what nothing waits for but its own bell looks by itself this often
PRUNE_EVERY = 60.0
GRACE = 5.0  # seconds for steps under way; what is cut off rolls back and is done again


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose here: the settings say it all."""
    del parser


def run(chosen: argparse.Namespace) -> int:
    """Loops until told to stop."""
    del chosen
    start.django()
    loops = _loops()
    stop = start.on_stop(lambda: _wake(loops.values()))
    threads = [_thread(loop.name, loop.run, stop) for loop in loops.values()]
    # An account that has just been armed is due in a minute at the least: the sweep needs no bell.
    wakes = {
        "bandeja_door": [loops["drain"].wake],
        "bandeja": [loops["publish"].wake],
        "bandeja_media": [loops["fetch"].wake],
    }
    _thread("listener", listen, database.address(), wakes, stop)
    stop.wait()
    for thread in threads:
        thread.join(GRACE)
    return 0


def _loops() -> dict[str, Loop]:
    from bandeja.closing import sweep
    from bandeja.conversations import events
    from bandeja.intake import drain, prune
    from bandeja.media import fetch
    from bandeja.media import prune as files

    loops = [
        Loop("drain", _reconnecting(drain.step)),
        Loop("sweep", _reconnecting(sweep.step)),
        Loop("publish", _reconnecting(events.publish), poll=BELL_LOST),
        Loop("prune", _reconnecting(prune.step), poll=PRUNE_EVERY),
        Loop("fetch", _reconnecting(fetch.Lane().step), poll=BELL_LOST),
        Loop("prune files", _reconnecting(files.step), poll=PRUNE_EVERY),
    ]
    return {loop.name: loop for loop in loops}


def _reconnecting(step: Callable[[], Any]) -> Callable[[], Any]:
    """A step that failed may have lost its connection: the next one begins with a new one."""
    from django.db import connection

    def attempt() -> Any:
        try:
            return step()
        except Exception:
            connection.close()
            raise

    return attempt


def _thread(name: str, run: Callable[..., None], *given: Any) -> threading.Thread:
    thread = threading.Thread(target=run, args=given, name=name, daemon=True)
    thread.start()
    return thread


def _wake(loops: Any) -> None:
    for loop in loops:
        loop.wake()
