"""Who is working in a desk's folder: many may share it, a restore must have it alone.

By flock, which the system releases when a process dies.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from models.errors import ConflictError, KiemChungError

FILE_NAME = "desk.lock"


@contextmanager
def sharing(folder: Path) -> Iterator[None]:
    """Be one of those who use the desk; raises `ConflictError` while a restore is under way."""
    with _locked(folder, fcntl.LOCK_SH, "the desk is being restored: wait until it is done"):
        yield


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Have the desk alone; raises `ConflictError` while anybody else uses it."""
    with _locked(folder, fcntl.LOCK_EX, "the desk is in use: stop `kiemchung serve` and every worker first"):
        yield


@contextmanager
def _locked(folder: Path, kind: int, refusal: str) -> Iterator[None]:
    file = _opened(folder / FILE_NAME)
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise ConflictError(f"{folder}: {refusal}") from error
    try:
        yield
    finally:
        file.close()


def _opened(path: Path) -> IO[bytes]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab")
    except OSError as error:
        raise KiemChungError(f"{path}: {error.strerror}") from error
