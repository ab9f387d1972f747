"""Figures as tables: CSV, XLSX and Parquet, the same rows in each, the same bytes for the same rows.

Text can never run as a formula (C9): it is escaped in CSV and written as strings in XLSX. xlsxwriter and
pyarrow are imported inside functions; only an export waits for them.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from models.weeks import week_days
from pipeline.dictionary import ENTRIES
from pipeline.escape import escape_cell
from pipeline.figures import Figure, shown, state_vi

Cell = str | float | int | bool | None

COLUMNS = (
    "name",
    "week",
    "value",
    "low",
    "high",
    "level",
    "n",
    "method",
    "enough",
    "state",
    "provisional",
    "shown_vi",
    "state_vi",
)
DICTIONARY_COLUMNS = ("name", "unit", "vi", "en")


def rows(figures: Sequence[Figure]) -> list[dict[str, Cell]]:
    """One row a figure, in the order of `COLUMNS`."""
    return [
        {
            "name": one.name,
            "week": one.week,
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "level": one.level,
            "n": one.n,
            "method": one.method,
            "enough": one.enough,
            "state": one.state,
            "provisional": one.provisional,
            "shown_vi": shown(one),
            "state_vi": state_vi(one.state),
        }
        for one in figures
    ]


def dictionary_rows(figures: Sequence[Figure]) -> list[dict[str, Cell]]:
    """The data dictionary of the figures that a file holds."""
    names = dict.fromkeys(one.name for one in figures)
    return [
        {"name": name, "unit": ENTRIES[name].unit, "vi": ENTRIES[name].vi, "en": ENTRIES[name].en}
        for name in names
    ]


def to_csv(table: Sequence[dict[str, Cell]], columns: Sequence[str]) -> bytes:
    """CSV (RFC 4180) in UTF-8 with a byte order mark, without which Excel misreads Vietnamese."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in table:
        writer.writerow([_plain(row[name]) for name in columns])
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str):
        return escape_cell(cell)
    return "" if cell is None else repr(cell)


def to_xlsx(figures: Sequence[Figure]) -> bytes:
    """A workbook with the figures and their dictionary; its dates are the first week's Monday."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    # the file says when its week began, not when it was written: otherwise no two would be alike
    book.set_properties({"title": "Kiểm Chứng", "created": _created(figures)})
    bold = book.add_format({"bold": True, "bg_color": "#eeeeee"})
    for title, columns, table in (
        ("figures", COLUMNS, rows(figures)),
        ("dictionary", DICTIONARY_COLUMNS, dictionary_rows(figures)),
    ):
        sheet = book.add_worksheet(title)
        for at, name in enumerate(columns):
            sheet.write_string(0, at, name, bold)
            sheet.set_column(at, at, 60 if name in {"method", "vi", "en"} else 16)
        for line, row in enumerate(table, 1):
            for at, name in enumerate(columns):
                _write(sheet, line, at, row[name])
        sheet.freeze_panes(1, 1)
    book.close()
    return out.getvalue()


def _write(sheet: Any, line: int, at: int, cell: Cell) -> None:  # noqa: ANN401 -- xlsxwriter has no types
    if cell is None:
        return
    # never `write`: it guesses, and what it takes for a formula or a link runs when the file is opened
    if isinstance(cell, bool):
        sheet.write_boolean(line, at, cell)
    elif isinstance(cell, str):
        sheet.write_string(line, at, cell)
    else:
        sheet.write_number(line, at, cell)


def _created(figures: Sequence[Figure]) -> datetime:
    monday = week_days(figures[0].week)[0]
    return datetime.combine(monday, time())


def to_parquet(figures: Sequence[Figure]) -> bytes:
    """Parquet with a fixed schema, whatever is missing in a week."""
    import pyarrow as pa
    from pyarrow import parquet

    types = {name: pa.float64() for name in ("value", "low", "high", "level")}
    types |= {"n": pa.int64(), "enough": pa.bool_(), "provisional": pa.bool_()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])
    sink = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows(figures), schema=schema), sink)
    return sink.getvalue()
