"""Runs the loops: drain, sweep, hours, warn, release, send, fetch, name, publish, notify, assign, flow, answer for
the away, bulk, import, include, pause, tell webhooks, prune, check.

Any number run together.
"""

import argparse
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from bandeja import database, environment
from bandeja.cli import start
from bandeja.listener import listen
from bandeja.loops import Loop

RUNG_POLL = 5.0  # what a bell or the step itself tells of every time: looked for only in case a bell was lost
PRUNE_EVERY = 60.0
WITHHELD_EVERY = 2.0  # what may end a withheld closing is much, and tells nobody: it is looked for
CHECK_UP_EVERY = 15.0
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
    # A clock that has just been armed is due in a minute at the least: the sweep needs no bell.
    wakes = {
        "bandeja_door": [loops["drain"].wake],
        "bandeja": [loops[name].wake for name in ("publish", "profiles", "away replies")],
        "bandeja_outbox": [loops["send"].wake],
        "bandeja_media": [loops["fetch"].wake],
        "bandeja_bulk": [loops["bulk"].wake],
        "bandeja_imports": [loops["imports"].wake],
        "bandeja_inclusions": [loops["include"].wake],
        "bandeja_webhooks": [loops["webhooks"].wake],
    }
    _thread("listener", listen, database.address(), wakes, stop)
    stop.wait()
    for thread in threads:
        thread.join(GRACE)
    return 0


def _loops() -> dict[str, Loop]:
    from bandeja.api import once
    from bandeja.attendance import assigning, replies
    from bandeja.bulk import carrying
    from bandeja.channels.meta import health
    from bandeja.closing import coverage, farewells, inclusions, pauses, sweep, warnings, withholding
    from bandeja.conversations import events, lifecycle
    from bandeja.flows import dispatch as starts
    from bandeja.flows import lane as flows_lane
    from bandeja.flows import prune as runs
    from bandeja.hours import writing as hours
    from bandeja.imports import carrying as imports
    from bandeja.inbox.ways import WAYS
    from bandeja.intake import backfill, drain, profiles, prune
    from bandeja.media import fetch
    from bandeja.media import prune as files
    from bandeja.media.links import public_url
    from bandeja.notifications import digest, gather, push
    from bandeja.notifications import prune as told
    from bandeja.outbox.lane import Lane
    from bandeja.people import prune as sessions
    from bandeja.webhooks import dispatch, notices
    from bandeja.webhooks import lane as webhooks
    from bandeja.webhooks import prune as told_outside

    helpers = [
        Loop(f"drain {number}", _reconnecting(drain.step), poll=PRUNE_EVERY) for number in range(2, drain.DRAINS + 1)
    ]
    farewell = Loop("farewells", _reconnecting(farewells.step), poll=RUNG_POLL)
    lane = Lane(link=public_url, patience=2 * timedelta(seconds=environment.GRAPH_TIMEOUT.value()))
    send = Loop("send", _reconnecting(lane.step), poll=RUNG_POLL, finish=lane.close)
    lane.wake = send.wake
    notify = Loop("notify", _reconnecting(gather.step), poll=RUNG_POLL)
    pushes = push.Lane()
    # These read what is published, so whoever publishes wakes them.
    assign = Loop("assign", _reconnecting(assigning.step), poll=RUNG_POLL)
    runs_lane = flows_lane.Lane()
    flows = Loop("flows", _reconnecting(runs_lane.step), poll=RUNG_POLL, finish=runs_lane.close)
    runs_lane.wake = flows.wake
    starting = Loop("start flows", _helped(_reconnecting(starts.step), [flows], 1), poll=RUNG_POLL)
    deliver = Loop("webhooks", _reconnecting(webhooks.Lane().step), poll=RUNG_POLL)
    dispatching = Loop("dispatch", _helped(_reconnecting(dispatch.step), [deliver], 1), poll=RUNG_POLL)
    loops = [
        Loop("drain", _helped(_reconnecting(drain.step), helpers, drain.BATCH)),
        *helpers,
        Loop("sweep", _helped(_reconnecting(sweep.step), [farewell], 1), poll=RUNG_POLL),
        Loop("hours", _reconnecting(hours.step), poll=PRUNE_EVERY),
        Loop("pauses", _reconnecting(pauses.step), poll=RUNG_POLL),
        Loop("warn", _reconnecting(warnings.step), poll=RUNG_POLL),
        Loop("prune warnings", _reconnecting(warnings.prune), poll=PRUNE_EVERY),
        farewell,
        Loop("withheld", _reconnecting(withholding.Rounds().step), poll=WITHHELD_EVERY),
        Loop("release", _reconnecting(partial(lifecycle.release_due, coverage.clock)), poll=RUNG_POLL),
        send,
        Loop(
            "publish",
            _helped(_reconnecting(events.publish), [notify, assign, starting, dispatching], 1),
            poll=RUNG_POLL,
        ),
        notify,
        Loop("push", _reconnecting(pushes.step), poll=RUNG_POLL, finish=pushes.close),
        Loop("digest", _reconnecting(digest.step), poll=PRUNE_EVERY),
        assign,
        starting,
        flows,
        Loop("prune runs", _reconnecting(runs.step), poll=PRUNE_EVERY),
        dispatching,
        deliver,
        Loop("webhook notices", _reconnecting(notices.step), poll=PRUNE_EVERY),
        Loop("prune webhooks", _reconnecting(told_outside.step), poll=PRUNE_EVERY),
        Loop("away replies", _reconnecting(replies.step), poll=RUNG_POLL),
        Loop("bulk", _reconnecting(partial(carrying.step, WAYS)), poll=RUNG_POLL),
        Loop("imports", _reconnecting(imports.step), poll=RUNG_POLL),
        Loop("prune imports", _reconnecting(imports.prune), poll=PRUNE_EVERY),
        Loop("include", _reconnecting(inclusions.step), poll=RUNG_POLL),
        Loop("prune inclusions", _reconnecting(inclusions.prune), poll=PRUNE_EVERY),
        Loop("prune bulks", _reconnecting(carrying.prune), poll=PRUNE_EVERY),
        Loop("prune", _reconnecting(prune.step), poll=PRUNE_EVERY),
        Loop("prune API answers", _reconnecting(once.prune), poll=PRUNE_EVERY),
        Loop("prune notifications", _reconnecting(told.step), poll=PRUNE_EVERY),
        Loop("prune sessions", _reconnecting(sessions.step), poll=PRUNE_EVERY),
        Loop("health", _reconnecting(health.step), poll=CHECK_UP_EVERY),
        Loop("backfill", _reconnecting(backfill.step), poll=CHECK_UP_EVERY),
        Loop("profiles", _reconnecting(profiles.Lane().step), poll=RUNG_POLL),
        Loop("fetch", _reconnecting(fetch.Lane().step), poll=RUNG_POLL),
        Loop("prune files", _reconnecting(files.step), poll=PRUNE_EVERY),
    ]
    return {loop.name: loop for loop in loops}


def _helped(step: Callable[[], Any], helpers: Sequence[Loop], batch: int) -> Callable[[], Any]:
    """A step that wakes its helpers when it did so much: there is more for them then. Idle, they cost nothing."""

    def attempt() -> Any:
        done = step()
        if (done if isinstance(done, int) else done.count) >= batch:
            _wake(helpers)
        return done

    return attempt


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


def _wake(loops: Iterable[Loop]) -> None:
    for loop in loops:
        loop.wake()
