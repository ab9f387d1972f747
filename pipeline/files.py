"""Files that are there whole or not at all: written beside their place, synced, then renamed."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from models.errors import KiemChungError, UsageError


def write_all(folder: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write files that belong together: all of them lie beside their places before the first is renamed.

    Whatever happens, a reader sees the old file or the new one. Raises `KiemChungError` naming the file that
    could not be written; then none was changed, unless the disk itself failed between two renames.
    """
    waiting: dict[Path, Path] = {}
    path = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            path = folder / name
            waiting[path] = _beside(path, content)
        for path, temporary in waiting.items():
            temporary.replace(path)
    except OSError as error:
        raise KiemChungError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        for temporary in waiting.values():
            with contextlib.suppress(OSError):
                temporary.unlink()
    return list(waiting)


def _beside(path: Path, content: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def writable(folder: Path) -> Path:
    """Make the folder if it is missing; raises `UsageError` if files cannot be put there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # asking for permission would lie to root and on a read-only disk: a file is tried
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"{folder}: files cannot be written there ({error.strerror})") from error
    return folder
