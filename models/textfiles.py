"""Text files that users hand in: UTF-8, of a bounded size, with errors that name the file and the line."""

from pathlib import Path

from models.errors import UsageError


def read(path: Path, largest: int, name: str = "") -> str:
    """The text of a file of at most `largest` bytes; raises `UsageError` naming what is wrong and where.

    `name` is what the file is called in what is said of its content.
    """
    name = name or str(path)
    try:
        if path.stat().st_size > largest:
            raise UsageError(f"{name}: larger than {largest >> 20} MB")
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{name} line {line}: not UTF-8 (save the file as UTF-8 and try again)") from error
