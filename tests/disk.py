"""What lies on the disk of a desk's database: its files, and those in the folder of locks beside it."""

from collections.abc import Iterator
from pathlib import Path


def files_of(database: Path) -> Iterator[Path]:
    """Every file whose name begins with that of the database, and every file in a folder that does."""
    for path in sorted(database.parent.glob(f"{database.name}*")):
        yield from (path,) if path.is_file() else (one for one in path.rglob("*") if one.is_file())


def bytes_of(database: Path) -> bytes:
    """Names and bytes of all of them."""
    return b"\n".join(path.name.encode() + b"\n" + path.read_bytes() for path in files_of(database))
