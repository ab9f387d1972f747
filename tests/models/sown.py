"""Two rows in every table of whatever revision a database is at, and what can be seen of it afterwards."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    insert,
    inspect,
    select,
    text,
)

ROWS = 2
VERSION = "alembic_version"
DAY = date(2026, 11, 18)
# what a CHECK asks of two columns at once
TOGETHER = {("known_claim", "rating"): "false", ("known_claim", "rating_original"): "Sai"}
TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname || ' on ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal",
}
Row = tuple[Any, ...]


def reflected(engine: Engine) -> list[Table]:
    """The tables as the database itself describes them, those that others refer to first."""
    found = MetaData()
    found.reflect(engine)
    tables = [table for table in found.sorted_tables if table.name != VERSION]
    # a verdict needs evidence, which no key says
    evidence = next(table for table in tables if table.name == "evidence")
    tables.remove(evidence)
    tables.insert([table.name for table in tables].index("verdict"), evidence)
    return tables


def sow(engine: Engine) -> list[str]:
    """Put rows into every table that has none; gives the names of all tables."""
    tables = reflected(engine)
    allowed = _allowed(engine)
    with engine.begin() as connection:
        for table in tables:
            if connection.execute(select(table).limit(1)).first() is None:
                rows = [_row(table, number, allowed.get(table.name, {})) for number in range(1, ROWS + 1)]
                connection.execute(insert(table), rows)
    return [table.name for table in tables]


def _allowed(engine: Engine) -> dict[str, dict[str, str]]:
    """The first value of every column that a CHECK holds to a list; both databases word it differently."""
    found: dict[str, dict[str, str]] = {}
    for (_, table), checks in inspect(engine).get_multi_check_constraints().items():
        for check in checks:
            words = check["sqltext"]
            if " IN (" in words or "ANY (" in words:
                column, value = re.findall(r"\w+", words)[0], re.findall(r"'(\w+)'", words)[0]
                found.setdefault(table, {})[column] = value
    return found


def _row(table: Table, number: int, allowed: dict[str, str]) -> dict[str, Any]:
    return {column.name: _value(column, number, allowed) for column in table.columns}


def _value(column: "Column[Any]", number: int, allowed: dict[str, str]) -> Any:  # noqa: ANN401 -- any column
    if (column.table.name, column.name) in TOGETHER:
        return TOGETHER[column.table.name, column.name]
    if column.name == "second_staff_id":
        return number % ROWS + 1
    for key in column.foreign_keys:
        return _value(key.column, number, {})
    if column.name in allowed:
        return allowed[column.name]
    return _plain(column, number)


def _plain(column: "Column[Any]", number: int) -> Any:  # noqa: ANN401 -- any column
    values: tuple[tuple[type, Any], ...] = (
        (DateTime, datetime(2026, 11, 18, 3) + timedelta(hours=number)),  # noqa: DTZ001 -- stored as naive UTC
        (Date, DAY + timedelta(days=number)),
        (Boolean, True),
        (Integer, number),
        (Float, number / 4),
        (LargeBinary, b"\x00\xff" * number),
    )
    fits = (value for kind, value in values if isinstance(column.type, kind))
    return next(fits, f"{column.name} số {number}")


@dataclass(frozen=True)
class Seen:
    """Columns and rows of every table, and the schema around them."""

    rows: dict[str, tuple[tuple[str, ...], list[Row]]]
    schema: dict[str, object]

    def differences(self, later: "Seen") -> list[str]:
        """What of these tables and columns a later look finds changed; what it has besides is no matter."""
        found = []
        for table, (columns, rows) in self.rows.items():
            if table not in later.rows:
                continue
            names, other = later.rows[table]
            kept = [at for at, name in enumerate(columns) if name in names]
            same = [names.index(columns[at]) for at in kept]
            if _cut(rows, kept) != _cut(other, same):
                found.append(f"{table}: {len(rows)} rows became {len(other)}, or their values changed")
        return found

    def only(self, known: "Seen") -> "Seen":
        """The tables and columns that an earlier look knew too."""
        kept = {}
        for table, (columns, rows) in self.rows.items():
            names = known.rows[table][0] if table in known.rows else ()
            places = [at for at, name in enumerate(columns) if name in names]
            if places:
                kept[table] = (
                    tuple(columns[at] for at in places),
                    [tuple(row[at] for at in places) for row in rows],
                )
        return Seen(kept, self.schema)


def _cut(rows: Iterable[Row], places: list[int]) -> list[str]:
    return sorted(repr([row[at] for at in places]) for row in rows)


def look(engine: Engine) -> Seen:
    """Everything in a database."""
    with engine.connect() as connection:
        rows = {table.name: _rows(connection, table) for table in reflected(engine)}
        triggers = sorted(connection.execute(text(TRIGGERS[engine.dialect.name])).scalars())
    return Seen(rows, {"triggers": triggers, **_shapes(engine)})


def _rows(connection: Connection, table: Table) -> tuple[tuple[str, ...], list[Row]]:
    names = tuple(column.name for column in table.columns)
    # as the driver gives them: what is compared is what is stored
    plain = text(f'SELECT {", ".join(names)} FROM "{table.name}"')  # noqa: S608 -- names of our own schema
    return names, [tuple(row) for row in connection.execute(plain)]


def _shapes(engine: Engine) -> dict[str, object]:
    """Columns, indexes, keys and checks of every table, each in one question to the database."""
    look = inspect(engine)
    asked: dict[str, tuple[dict[Any, Any], tuple[str, ...]]] = {
        "columns": (look.get_multi_columns(), ("name", "type", "nullable", "default")),
        "indexes": (look.get_multi_indexes(), ("name", "column_names", "unique")),
        "keys": (look.get_multi_foreign_keys(), ("name", "referred_table", "options")),
        "checks": (look.get_multi_check_constraints(), ("name", "sqltext")),
    }
    return {
        kind: sorted(
            (table, sorted(str([one.get(part) for part in parts]) for one in of_table or ()))
            for (_, table), of_table in answer.items()
            if table != VERSION
        )
        for kind, (answer, parts) in asked.items()
    }
