"""Who PostgreSQL runs as: it refuses to be root, and initdb wants a name for whoever runs it.

As root (or as a number without a name, in some containers) the child enters a user namespace where it is
`nobody`, while its files stay ours. Where namespaces are refused, it becomes the real `nobody`.
"""

import ctypes
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from bandeja.embedded import binaries
from bandeja.embedded.bond import LIBC, die_with
from bandeja.embedded.errors import CannotRunError, NotOursError
from bandeja.embedded.place import Place

CLONE_NEWUSER = 0x10000000

Become = Callable[[], None]


def prepare(place: Place) -> Become:
    """What a child does between fork and exec so that PostgreSQL accepts it and dies with us."""
    become = _become(place)
    parent = os.getpid()

    def before_exec() -> None:
        os.setsid()  # ^C in the terminal reaches us alone; we decide the order of stopping
        become()
        die_with(parent, signal.SIGINT)  # PostgreSQL's fast shutdown

    return before_exec


def _become(place: Place) -> Become:
    if _named() and os.geteuid() != 0:
        return _stay
    if _namespaces_work():
        return _enter_namespace
    if os.geteuid() == 0:
        return _hand_over(place)
    raise CannotRunError("PostgreSQL needs to run as a user with a name; run Bandeja as an ordinary user.")


def _named() -> bool:
    try:
        return bool(pwd.getpwuid(os.geteuid()))
    except KeyError:
        return False


def _stay() -> None:
    """Already an ordinary user."""


def _enter_namespace() -> None:
    uid, gid, nobody = os.geteuid(), os.getegid(), _nobody()
    if LIBC.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{nobody.pw_uid} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{nobody.pw_gid} {gid} 1", encoding="ascii")


@cache
def _namespaces_work() -> bool:
    if sys.platform != "linux":
        return False
    try:
        subprocess.run([sys.executable, "-c", ""], preexec_fn=_enter_namespace, check=True)
        return True
    except (OSError, subprocess.SubprocessError):
        return False


def _hand_over(place: Place) -> Become:
    """Gives the cluster's folders to nobody, who must be let through to them and to the programs."""
    nobody = _nobody()
    _refuse_closed_doors(place.root)
    _refuse_closed_doors(binaries.folder())
    for folder in (place.root, place.socket):
        if folder.stat().st_uid != nobody.pw_uid:
            _give(folder, nobody)

    def become() -> None:
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)

    return become


def require_ours(folder: Path) -> None:
    """Refuse a folder that others made or may write in; raises NotOursError."""
    found = folder.lstat()
    ours = {os.geteuid(), *({_nobody().pw_uid} if os.geteuid() == 0 else ())}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours or found.st_mode & 0o077:
        raise NotOursError(folder)


def _refuse_closed_doors(folder: Path) -> None:
    for above in folder.absolute().parents:
        if not above.stat().st_mode & 0o001:
            raise CannotRunError(
                f"PostgreSQL must not run as root, and {above} lets nobody else in. "
                "Run Bandeja as an ordinary user, or move it and BANDEJA_HOME where others may pass, such as /srv."
            )


def _give(folder: Path, owner: pwd.struct_passwd) -> None:
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, owner.pw_uid, owner.pw_gid)


@cache
def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")
