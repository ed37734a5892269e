"""The folders one embedded PostgreSQL lives in, and the address it answers on."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

SOCKET_LIMIT = 100  # a unix socket's path may have 107 bytes; PostgreSQL adds /.s.PGSQL.5432 and some suffix
DATABASE = "bandeja"


@dataclass(frozen=True, slots=True)
class Place:
    """One embedded PostgreSQL's folder: `data` is the cluster, `socket` the folder of its only door."""

    root: Path

    @property
    def data(self) -> Path:
        """The cluster itself, made by initdb."""
        return self.root / "data"

    @property
    def socket(self) -> Path:
        """The folder of the unix socket; a short one elsewhere when the path is too long."""
        near = self.root / "socket"
        if len(os.fsencode(near / ".s.PGSQL.5432")) < SOCKET_LIMIT:
            return near
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"bandeja-{os.getuid()}-{digest}"

    @property
    def lock(self) -> Path:
        """Held by the process that runs the cluster, for as long as it does."""
        return self.root / "lock"

    @property
    def log(self) -> Path:
        """What PostgreSQL itself has to say."""
        return self.root / "postgresql.log"

    @property
    def url(self) -> str:
        """The address that Django and libpq connect to."""
        return f"postgresql://{DATABASE}@/{DATABASE}?host={quote(str(self.socket))}"
