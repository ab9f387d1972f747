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

    `.tsv` is tab-separated and unquoted, except that a cell with line breaks is quoted as in CSV; `.jsonl` is
    one object a line, everything else CSV. Rows count from 1, without the header. Raises `UsageError`.
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
    lines = iter(text.split("\n"))
    header = _checked_header(path, next(lines).rstrip("\r").split("\t"), columns)
    number = 0
    for line in lines:
        number += 1
        if not line.strip("\r"):
            continue
        cells = line.rstrip("\r").split("\t")
        if len(cells) < len(header) and _is_open(cells[-1]):
            cells = _continued(cells, lines, len(header))
        if len(cells) != len(header):
            raise UsageError(
                f"{path} row {number}: {len(cells)} cells under {len(header)} columns"
                " (line breaks and tabs are allowed only in a cell in double quotes)"
            )
        yield dict(zip(header, cells, strict=True))


def _is_open(cell: str) -> bool:
    """Whether a cell starts with a double quote and has no second one that would end it."""
    return cell.startswith('"') and cell.count('"') % 2 == 1


def _continued(cells: list[str], lines: Iterator[str], width: int) -> list[str]:
    """The cells of a row whose last cell goes on in the next lines; as they are where no quote ends it."""
    found = cells
    while len(found) < width and _is_open(found[-1]):
        more = next(lines, None)
        if more is None or len(found[-1]) > _LARGEST_CELL:
            return cells
        rest, *others = more.rstrip("\r").split("\t")
        whole = f"{found[-1]}\n{rest}"
        if _is_open(whole) and others:
            return cells
        if not _is_open(whole):
            whole = whole[1:].rstrip().removesuffix('"').replace('""', '"')
        found = [*found[:-1], whole, *others]
    return found


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
