"""The committed list of every table and column with its reason and term (rule 1), and how a database differs.

A list of what may be there, not of what may not: a column that nobody wrote down is a difference, whatever
its name. `allowlist.tsv` is read by the test of rule 1, by `doctor` and by the reference page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, inspect, types

from models.errors import StoreError

FILE = Path(__file__).with_name("allowlist.tsv")
HEADER = ("table", "column", "type", "reason", "retention")

# the first that fits names the type: BIGINT is also an integer, DATETIME is not a DATE in SQLAlchemy
_KINDS: tuple[tuple[type[types.TypeEngine[Any]], str], ...] = (
    (types.Boolean, "boolean"),
    (types.BigInteger, "bigint"),
    (types.Integer, "integer"),
    (types.Float, "real"),
    (types.DateTime, "instant"),
    (types.Date, "day"),
    (types.LargeBinary, "bytes"),
    (types.String, "text"),
)


@dataclass(frozen=True, slots=True)
class AllowedColumn:
    """One row of the list: why the column is there and how long a value stays in it."""

    table: str
    column: str
    type: str
    reason: str
    retention: str


def read(path: Path = FILE) -> tuple[AllowedColumn, ...]:
    """The rows of the list; raises `StoreError` naming file and line of a row that is not whole or new."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if tuple(lines[0].split("\t")) != HEADER:
        raise StoreError(f"{path.name}:1: the columns are {', '.join(HEADER)}")
    rows: dict[tuple[str, str], AllowedColumn] = {}
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(HEADER) or not all(cell.strip() for cell in cells):
            raise StoreError(f"{path.name}:{number}: every column has a type, a reason and a term")
        row = AllowedColumn(*cells)
        if (row.table, row.column) in rows:
            raise StoreError(f"{path.name}:{number}: {row.table}.{row.column} is listed twice")
        rows[row.table, row.column] = row
    return tuple(rows.values())


def kind_of(column_type: types.TypeEngine[Any]) -> str:
    """The list's word for a column type, the same on both databases; anything else keeps its own name."""
    for kind, word in _KINDS:
        if isinstance(column_type, kind):
            return word
    return str(column_type).lower()


def live(engine: Engine) -> dict[tuple[str, str], str]:
    """The type of every column that the database really has, views included."""
    inspector = inspect(engine)
    names = [*inspector.get_table_names(), *inspector.get_view_names()]
    return {
        (name, column["name"]): kind_of(column["type"])
        for name in names
        for column in inspector.get_columns(name)
    }


def differences(engine: Engine, allowed: tuple[AllowedColumn, ...] | None = None) -> list[str]:
    """Every way in which a database is not what the list allows, one line each; empty if it is."""
    rows = read() if allowed is None else allowed
    listed = {(row.table, row.column): row.type for row in rows}
    return sorted(_differences(listed, live(engine)))


def _differences(listed: dict[tuple[str, str], str], found: dict[tuple[str, str], str]) -> Iterator[str]:
    for (table, column), kind in found.items():
        wanted = listed.get((table, column))
        if wanted is None:
            yield f"{table}.{column}: is in the database and not on the list"
        elif wanted != kind:
            yield f"{table}.{column}: is {kind}, the list says {wanted}"
    for table, column in listed.keys() - found.keys():
        yield f"{table}.{column}: is on the list and not in the database"
