"""Line numbers of the fields of a registry file: the standard TOML reader gives none."""

import re

_HEADER = re.compile(r"\A\s*\[\[\s*(source(?:\s*\.\s*entry)?)\s*\]\]")
_FIELD = re.compile(r"\A\s*(?:\"([^\"]+)\"|([A-Za-z0-9_-]+))\s*=")


class Lines:
    """Where each table and field stands, by the order of `[[source]]` and `[[source.entry]]` headers."""

    def __init__(self, text: str) -> None:
        self._fields: dict[tuple[int, int | None, str], int] = {}
        self._tables: dict[tuple[int, int | None], int] = {}
        source, entry = -1, None
        for number, line in enumerate(text.splitlines(), start=1):
            header = _HEADER.match(line)
            if header and "." not in header[1]:
                source, entry = source + 1, None
                self._tables[source, entry] = number
            elif header:
                entry = 0 if entry is None else entry + 1
                self._tables[source, entry] = number
            elif field := _FIELD.match(line):
                self._fields.setdefault((source, entry, field[1] or field[2]), number)

    def of(self, source: int, entry: int | None, field: str) -> int:
        """The line of a field, or of its table's header if the field is missing; lines count from 1."""
        return self._fields.get((source, entry, field)) or self._tables.get((source, entry), 1)

    def has(self, source: int, field: str) -> bool:
        """Whether a source's own table holds a field."""
        return (source, None, field) in self._fields

    def top(self, field: str) -> int:
        """The line of a field above the first table."""
        return self._fields.get((-1, None, field), 1)
