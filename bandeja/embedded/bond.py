"""Ties a child's life to its parent's, so that a parent ended in whatever way leaves nothing running."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int, number: signal.Signals) -> None:
    """Called between fork and exec: the child gets this signal when its parent ends, kill -9 included.

    Linux only; elsewhere a parent killed by force leaves its children to be ended by hand.
    """
    if sys.platform != "linux":
        return
    LIBC.prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)
