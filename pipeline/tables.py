"""Plain tables that users hand in: CSV, TSV or JSONL in UTF-8, with errors that name file, row and column."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from models import textfiles
from models.errors import UsageError

LARGEST = 500 * 1024 * 1024
_LARGEST_CELL = 1 << 20


def read(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a table with at least these columns; other columns are there too.

    `.tsv` is unquoted and tab-separated, `.jsonl` one object a line, everything else CSV. Rows count from 1,
    without the header. Raises `UsageError`.
    """
    text = text_of(path)
    if path.suffix.lower() in {".jsonl", ".ndjson"}:
        rows = list(_jsonl(path, text, columns))
    elif path.suffix.lower() == ".tsv":
        rows = list(_tsv(path, text, columns))
    else:
        rows = list(_csv(path, text, columns))
    if not rows:
        raise UsageError(f"{path}: no rows")
    return rows


def text_of(path: Path) -> str:
    """The text of a file in UTF-8; raises `UsageError` naming the line of the first byte that is not."""
    return textfiles.read(path, LARGEST)


def _checked_header(path: Path, header: Sequence[str], columns: Sequence[str]) -> list[str]:
    names = [name.strip() for name in header]
    for column in columns:
        if column not in names:
            found = ", ".join(names[:8])[:200] or "an empty file"
            raise UsageError(f"{path}: no column {column!r} (found: {found})")
    return names


def _tsv(path: Path, text: str, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    lines = text.split("\n")
    header = _checked_header(path, lines[0].rstrip("\r").split("\t"), columns)
    for number, line in enumerate(lines[1:], start=1):
        if not line.strip("\r"):
            continue
        cells = line.rstrip("\r").split("\t")
        if len(cells) != len(header):
            raise UsageError(f"{path} row {number}: {len(cells)} cells under {len(header)} columns")
        yield dict(zip(header, cells, strict=True))


def _csv(path: Path, text: str, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""))
    number = 0
    try:
        header = _checked_header(path, next(reader, []), columns)
        for cells in reader:
            if not cells:
                continue
            number += 1
            if len(cells) != len(header):
                raise UsageError(f"{path} row {number}: {len(cells)} cells under {len(header)} columns")
            yield dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise UsageError(f"{path} row {number + 1}: {error}") from error


def _jsonl(path: Path, text: str, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path} row {number}: not JSON, one object a line") from error
        if not isinstance(row, dict):
            raise UsageError(f"{path} row {number}: not an object")
        for column in columns:
            if not isinstance(row.get(column), str | int | float | bool):
                raise UsageError(f"{path} row {number} column {column}: missing or not a plain value")
        yield {str(name): str(value) for name, value in row.items()}
