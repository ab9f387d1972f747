"""Files that are there whole or not at all: written beside their place, synced, then renamed."""

import contextlib
import os
import secrets
from pathlib import Path

from models.errors import KiemChungError


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file; whatever happens, a reader sees the old one or the new one. Raises `KiemChungError`."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise KiemChungError(f"{path}: cannot be written ({error.strerror})") from error
    return path
