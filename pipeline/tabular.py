"""Figures as tables: CSV, XLSX and Parquet, the same rows in each, the same bytes for the same rows.

Text can never run as a formula (C9): it is escaped in CSV and written as strings in XLSX. xlsxwriter and
pyarrow are imported inside functions; only an export waits for them.
"""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from models.weeks import week_days
from pipeline.dictionary import ENTRIES
from pipeline.escape import escape_cell
from pipeline.figures import Figure, shown, state_vi

Cell = str | float | int | bool | None

# the columns of every table of figures, with what they say
COLUMN_MEANINGS: Mapping[str, tuple[str, str]] = {
    "name": ("tên của chỉ số, như trong từ điển dữ liệu", "the figure's name, as in the data dictionary"),
    "week": ("tuần ISO 8601, giờ Việt Nam", "ISO 8601 week in Asia/Ho_Chi_Minh"),
    "value": ("giá trị; trống nếu không đủ dữ liệu", "the value; empty where there is too little data"),
    "low": ("cận dưới; trống nếu là số đếm đủ", "lower limit; empty for a plain count"),
    "high": ("cận trên; trống nếu là số đếm đủ", "upper limit; empty for a plain count"),
    "level": ("mức tin cậy của hai cận", "confidence level of the limits"),
    "n": ("số quan sát", "number of observations"),
    "method": ("tên phương pháp, hoặc lý do không có giá trị", "the method's name, or why there is no value"),
    "enough": ("có đủ dữ liệu để cho giá trị không", "whether there is enough data for a value"),
    "state": ("kết luận từ khoảng tin cậy", "what the interval lets one conclude"),
    "provisional": ("tuần chưa đóng sổ, còn có thể thay đổi", "the week is not closed and may still change"),
    "shown_vi": ("giá trị và khoảng tin cậy, viết cho người đọc", "value and interval as people read them"),
    "state_vi": ("kết luận, tiếng Việt", "the conclusion in Vietnamese"),
}
COLUMNS = tuple(COLUMN_MEANINGS)
DICTIONARY_COLUMNS = ("kind", "name", "unit", "vi", "en")
WIDE = {"method", "vi", "en"}
# what XML cannot hold (XML 1.0, 2.2) and no table should: a workbook with it would open with a warning
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MOST_TEXT = 32_767  # letters that a cell of a workbook can hold


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


def dictionary_rows(figures: Sequence[Figure]) -> list[dict[str, str]]:
    """The data dictionary of the figures that a file holds."""
    names = dict.fromkeys(one.name for one in figures)
    return [
        {"name": name, "unit": ENTRIES[name].unit, "vi": ENTRIES[name].vi, "en": ENTRIES[name].en}
        for name in names
    ]


def column_rows() -> list[dict[str, str]]:
    """What each column of a table of figures says."""
    return [{"name": name, "vi": vi, "en": en} for name, (vi, en) in COLUMN_MEANINGS.items()]


def all_entries(figures: Sequence[Figure]) -> list[dict[str, str]]:
    """Columns and figures in one table, as a file of its own holds them."""
    columns = [{"kind": "column", "unit": "", **row} for row in column_rows()]
    return columns + [{"kind": "figure", **row} for row in dictionary_rows(figures)]


def to_csv(table: Sequence[Mapping[str, Cell]], columns: Sequence[str]) -> bytes:
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
        return escape_cell(_readable(cell))
    return "" if cell is None else repr(cell)


def _readable(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def to_xlsx(figures: Sequence[Figure]) -> bytes:
    """A workbook with the figures and their dictionary; its dates are the first week's Monday."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    # the file says when its week began, not when it was written: otherwise no two would be alike
    book.set_properties({"title": "Kiểm Chứng", "created": _created(figures)})
    bold = book.add_format({"bold": True, "bg_color": "#eeeeee"})
    sheets: tuple[tuple[str, Sequence[str], Sequence[Mapping[str, Cell]]], ...] = (
        ("figures", COLUMNS, rows(figures)),
        ("dictionary", DICTIONARY_COLUMNS, all_entries(figures)),
    )
    for title, columns, table in sheets:
        sheet = book.add_worksheet(title)
        for at, name in enumerate(columns):
            sheet.write_string(0, at, name, bold)
            sheet.set_column(at, at, 60 if name in WIDE else 16)
        for line, row in enumerate(table, 1):
            for at, name in enumerate(columns):
                _write(sheet, line, at, row[name])
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(table), len(columns) - 1)
    book.close()
    return out.getvalue()


def _write(sheet: Any, line: int, at: int, cell: Cell) -> None:  # noqa: ANN401 -- xlsxwriter has no types
    if cell is None:
        return
    # never `write`: it guesses, and what it takes for a formula or a link runs when the file is opened
    if isinstance(cell, bool):
        sheet.write_boolean(line, at, cell)
    elif isinstance(cell, str):
        sheet.write_string(line, at, _readable(cell)[:_MOST_TEXT])
    else:
        sheet.write_number(line, at, cell)


def _created(figures: Sequence[Figure]) -> datetime:
    monday = week_days(figures[0].week)[0]
    return datetime.combine(monday, time())


def to_parquet(figures: Sequence[Figure]) -> bytes:
    """Parquet with a fixed schema, whatever is missing in a week; the dictionary is in its metadata."""
    import pyarrow as pa
    from pyarrow import parquet

    types = {name: pa.float64() for name in ("value", "low", "high", "level")}
    types |= {"n": pa.int64(), "enough": pa.bool_(), "provisional": pa.bool_()}
    fields = [
        pa.field(name, types.get(name, pa.string()), metadata={"vi": vi, "en": en})
        for name, (vi, en) in COLUMN_MEANINGS.items()
    ]
    entries = json.dumps(dictionary_rows(figures), ensure_ascii=False)
    schema = pa.schema(fields, metadata={"dictionary": entries})
    sink = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(rows(figures), schema=schema), sink)
    return sink.getvalue()
