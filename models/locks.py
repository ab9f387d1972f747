"""Locks between the processes of one desk that end with their holder, however it ends. Nothing is stored.

On PostgreSQL session-level advisory locks on a connection of their own (PostgreSQL manual, 13.3.5), which the
server also ends when its holder says nothing for a while: it was stopped, or its network is gone. On SQLite
locks of the operating system on empty files beside the database (flock). In memory there is one process.
"""

import fcntl
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol, cast
from zlib import crc32

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from models.errors import StoreError

CLASS = 7_701
"""The first key of every advisory lock of this kind; the second is made of the lock's name."""
SILENT_S = 15
"""After so many seconds without a word of a leader PostgreSQL (version 14 on) lets somebody else lead."""
PREFIX = "kiemchung-lock-"
_LABEL = re.compile(r"[0-9a-z-]{1,40}")
_KEYS = "(:first, CAST(CAST(CAST(:second AS bigint) AS bit(32)) AS int))"
_TRY, _UNLOCK = f"SELECT pg_try_advisory_lock{_KEYS}", f"SELECT pg_advisory_unlock{_KEYS}"
_HOLDER = text(
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = :first AND l.objid = CAST(:second AS oid) "
    "AND l.objsubid = 2 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class Locks(Protocol):
    """Named locks of one holder; none of the functions waits for another holder."""

    def take(self, name: str) -> bool:
        """Take a lock, or find that it is held already by this holder; False if somebody else has it."""

    def free(self, name: str) -> None:
        """Give one back."""

    def holds(self) -> bool:
        """Whether what was taken is still held: asked often enough, it also keeps a session from ending."""

    def close(self) -> None:
        """Give everything back."""


def locks_of(engine: Engine, label: str = "", *, silent_s: int = 0) -> Locks:
    """Locks of a new holder in the desk of this database; `label` names the process, and no person.

    With `silent_s` a PostgreSQL gives them to others after so many seconds without a word from this holder.
    """
    chosen = label if _LABEL.fullmatch(label) else secrets.token_hex(8)
    if engine.dialect.name == "postgresql":
        return ServerLocks(engine, chosen, silent_s)
    folder = _folder(engine)
    return NoLocks() if folder is None else FileLocks(folder, chosen)


def holder(session: Session, name: str) -> str | None:
    """The label of who holds a lock now; None if nobody does."""
    engine = cast("Engine", session.get_bind())
    if engine.dialect.name == "postgresql":
        keys = {"first": CLASS, "second": crc32(name.encode())}
        found = session.execute(_HOLDER, keys).scalar()
        return None if found is None else str(found).removeprefix(PREFIX)
    folder = _folder(engine)
    return None if folder is None else _written(folder / _file(name))


class ServerLocks:
    """Advisory locks of a PostgreSQL server."""

    def __init__(self, engine: Engine, label: str, silent_s: int = 0) -> None:
        self._engine = engine
        self._label = label
        self._silent_s = silent_s
        self._connection: Connection | None = None
        self._taken: set[str] = set()

    def take(self, name: str) -> bool:
        """Take a lock; raises what SQLAlchemy raises when the server is away."""
        if name in self._taken:
            return self.holds()
        try:
            got = bool(self._ask(_TRY, name))
        except SQLAlchemyError:
            self.close()
            raise
        if got:
            self._taken.add(name)
        return got

    def free(self, name: str) -> None:
        """Give one back; a server that is away has given it back already."""
        if name not in self._taken:
            return
        self._taken.discard(name)
        try:
            self._ask(_UNLOCK, name)
        except SQLAlchemyError:
            self.close()

    def holds(self) -> bool:
        """Whether the session that holds the locks is there; it is not asked for a second time once lost."""
        if self._connection is None:
            return False
        try:
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            self.close()
            return False
        return True

    def close(self) -> None:
        """Give every lock back, then end the session."""
        self._taken.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            # the server would free them too, but only once it has seen that the session is gone
            with suppress(SQLAlchemyError):
                connection.execute(text("SELECT pg_advisory_unlock_all()"))
            with suppress(SQLAlchemyError):
                connection.close()

    def _ask(self, statement: str, name: str) -> object:
        if self._connection is None:
            self._connection = self._connect()
        keys = {"first": CLASS, "second": crc32(name.encode())}
        return self._connection.execute(text(statement), keys).scalar()

    def _connect(self) -> Connection:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        # out of the pool: nobody else may get this session, and the pool may open another in its place
        connection.detach()
        version: tuple[int, ...] = cast("Any", connection.dialect).server_version_info or ()
        options = {
            "application_name": PREFIX + self._label,
            # the server's own look at a peer that vanished; over a Unix socket it means nothing
            "tcp_keepalives_idle": "5",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "2",
        }
        if self._silent_s and version >= (14,):
            options["idle_session_timeout"] = f"{self._silent_s}s"
        for name, value in options.items():
            connection.execute(
                text("SELECT set_config(:name, :value, false)"), {"name": name, "value": value}
            )
        return connection


class FileLocks:
    """Locks on files beside a SQLite database; a file holds the label of who had its lock last."""

    def __init__(self, folder: Path, label: str) -> None:
        self._folder = folder
        self._label = label
        self._taken: dict[str, IO[bytes]] = {}

    def take(self, name: str) -> bool:
        """Take a lock; raises `StoreError` if no file can be made there."""
        if name in self._taken:
            return True
        path = self._folder / _file(name)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = path.open("r+b" if path.exists() else "w+b")
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        with suppress(OSError):  # a full disk has no room for a label, and the lock needs none
            file.truncate(0)
            file.write(self._label.encode())
            file.flush()
        self._taken[name] = file
        return True

    def free(self, name: str) -> None:
        """Give one back."""
        file = self._taken.pop(name, None)
        if file is not None:
            file.close()

    def holds(self) -> bool:
        """The system takes no lock away from a process that lives."""
        return True

    def close(self) -> None:
        """Give everything back."""
        for name in list(self._taken):
            self.free(name)


class NoLocks:
    """Of a database in memory: nobody else can reach it."""

    def take(self, name: str) -> bool:  # noqa: ARG002 -- the port's signature
        """It is free."""
        return True

    def free(self, name: str) -> None:
        """Nothing to give back."""

    def holds(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Nothing to give back."""


def _folder(engine: Engine) -> Path | None:
    place = engine.url.database
    return None if not place or place == ":memory:" else Path(f"{place}.locks")


def _file(name: str) -> str:
    # a name may be that of a host; what lies on the disk need not tell
    return f"{crc32(name.encode()):08x}"


def _written(path: Path) -> str | None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.read(descriptor, 80).decode(errors="replace")
    else:
        return None
    finally:
        os.close(descriptor)
