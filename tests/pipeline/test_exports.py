"""The exports: open everywhere, run nothing, and a closed week gives the same bytes for ever."""

import csv
import hashlib
import io
import json
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import TypeVar

import openpyxl
import pandas as pd
import pypdf
import pytest
from sqlalchemy import insert, update

from models.claims import Claim
from models.counters import TIP_LINE, bump
from models.decisions import CorrectionText, Verdict
from models.desk import WeeklyFigure
from models.errors import KiemChungError, UsageError, WeekError
from models.vocabulary import ClaimState, Outcome, Rating, Topic
from pipeline import charts, disclosure, drawing, exports, feeds, files, metrics, public, tabular
from pipeline.compose import Desk, build
from pipeline.dictionary import ENTRIES
from pipeline.figures import Figure
from pipeline.report import words
from pipeline.settings import load
from tests.conftest import NOW
from tests.pipeline.weeks import LONG_AFTER, MONDAY, WEEK, arrive, at, audited

T = TypeVar("T")


@pytest.fixture
def closed(sqlite_desk: Desk) -> Desk:
    later = audited(sqlite_desk, unflagged=200, answered=30, late=1, missed=1)
    assert metrics.close_week(later, WEEK)
    return later


def contents(paths: Sequence[Path]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in paths}


def by_kind(paths: Sequence[Path]) -> dict[str, Path]:
    return {path.name.removeprefix(f"weekly-{WEEK}."): path for path in paths}


def test_a_week_comes_in_every_form(closed: Desk, tmp_path: Path) -> None:
    paths = exports.export_weekly(closed, WEEK, tmp_path / "new" / "folder")
    assert [path.name for path in paths] == [f"weekly-{WEEK}.{kind}" for kind in exports.KINDS]
    made = by_kind(paths)
    figures = {one.name: one for one in metrics.weekly(closed, WEEK)}
    table = pd.read_csv(made["csv"])
    assert list(table["name"]) == list(figures)
    answered = table.set_index("name").loc["answered"]
    assert answered["value"] == pytest.approx(figures["answered"].value)
    assert answered["method"] == figures["answered"].method
    assert table["method"].notna().all()
    parquet = pd.read_parquet(made["parquet"])
    assert list(parquet.columns) == list(tabular.COLUMNS)
    assert parquet["n"].tolist() == [one.n for one in figures.values()]
    document = json.loads(made["json"].read_text(encoding="utf-8"))
    assert document["closed"] is True
    assert document["figures"][0]["state"] == figures["answered"].state
    book = openpyxl.load_workbook(made["xlsx"])
    assert book.sheetnames == ["figures", "dictionary"]
    assert [cell.value for cell in book["figures"]["A"]][1:] == list(figures)


def test_every_form_holds_the_data_dictionary(closed: Desk, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    made = by_kind(exports.export_weekly(closed, WEEK, tmp_path))
    names = {one.name for one in metrics.weekly(closed, WEEK)}
    document = json.loads(made["json"].read_text(encoding="utf-8"))
    assert {row["name"] for row in document["dictionary"]} == names
    assert {row["name"] for row in document["columns"]} == set(tabular.COLUMNS)
    own = pd.read_csv(made["dictionary.csv"])
    assert set(own[own["kind"] == "figure"]["name"]) == names
    assert set(own[own["kind"] == "column"]["name"]) == set(tabular.COLUMNS)
    sheet = openpyxl.load_workbook(made["xlsx"])["dictionary"]
    assert {cell.value for cell in sheet["B"]} == {"name", *names, *tabular.COLUMNS}
    metadata = pq.read_schema(made["parquet"]).metadata
    assert {row["name"] for row in json.loads(metadata[b"dictionary"])} == names
    page = made["html"].read_text(encoding="utf-8")
    assert all(f">{name}<" in page for name in names)


def test_every_form_opens_without_a_warning(closed: Desk, tmp_path: Path) -> None:
    made = by_kind(exports.export_weekly(closed, WEEK, tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tables = [
            pd.read_csv(made["csv"]),
            pd.read_excel(made["xlsx"]),
            pd.read_parquet(made["parquet"]),
            pd.DataFrame(json.loads(made["json"].read_text(encoding="utf-8"))["figures"]),
        ]
        openpyxl.load_workbook(made["xlsx"]).close()
    for table in tables:
        assert table["name"].tolist() == tables[0]["name"].tolist()
        values = [one["value"].astype(float).tolist() for one in (table, tables[0])]
        assert values[0] == pytest.approx(values[1], nan_ok=True, rel=1e-14)


def again_and_again(desk: Desk, folder: Path, turns: int) -> None:
    """Export, change everything that a closed week must not see, and export again."""
    first = contents(exports.export_weekly(desk, WEEK, folder))
    with desk.sessions.begin() as session:
        bump(session, TIP_LINE, MONDAY, Outcome.KEPT, 99)
        session.execute(update(Claim).values(state=ClaimState.QUEUED))
    for turn in range(turns):
        drawing._drawn.clear()
        much_later = at(desk, LONG_AFTER + timedelta(days=37 * turn))
        metrics.close_due(much_later)
        assert exports.render(much_later, WEEK) == first


def test_a_closed_week_gives_the_same_bytes_for_ever(closed: Desk, tmp_path: Path) -> None:
    again_and_again(closed, tmp_path, 3)


@pytest.mark.release
def test_a_closed_week_gives_the_same_bytes_a_hundred_times(closed: Desk, tmp_path: Path) -> None:
    again_and_again(closed, tmp_path, 100)


def test_an_open_week_does_change(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk, unflagged=200, answered=30, late=1, missed=1)
    first = exports.render(later, WEEK)
    with later.sessions.begin() as session:
        bump(session, TIP_LINE, MONDAY, Outcome.KEPT, 99)
    again = exports.render(later, WEEK)
    assert all(again[f"weekly-{WEEK}.{kind}"] != first[f"weekly-{WEEK}.{kind}"] for kind in ("csv", "pdf"))


def test_both_databases_give_the_same_bytes(sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    made = []
    for url in (sqlite_url, postgres_url):
        # one folder for both: the draw depends on the desk's key
        flags = {"database.url": url, "paths.var": str(tmp_path / "var")}
        desk = build(load(environ={}, flags=flags), clock=lambda: NOW)
        later = audited(desk, unflagged=200, answered=30, late=1, missed=1)
        assert metrics.close_week(later, WEEK)
        made.append(exports.render(later, WEEK))
        desk.close()
    assert made[0] == made[1]


def test_an_open_week_says_that_it_is_provisional(sqlite_desk: Desk, tmp_path: Path) -> None:
    later = audited(sqlite_desk, unflagged=100, answered=10, late=0, missed=0)
    made = by_kind(exports.export_weekly(later, WEEK, tmp_path))
    assert "số liệu tạm thời" in made["html"].read_text(encoding="utf-8")
    assert "số liệu tạm thời" in made["print.html"].read_text(encoding="utf-8")
    assert "số liệu tạm thời" in pypdf.PdfReader(made["pdf"]).pages[0].extract_text()
    assert json.loads(made["json"].read_text(encoding="utf-8"))["closed"] is False


@pytest.mark.parametrize(
    ("week", "monday", "sunday"),
    [("2026-W53", "28/12/2026", "03/01/2027"), ("2032-W53", "27/12/2032", "02/01/2033")],
)
def test_the_53rd_week_is_exported_as_such(
    sqlite_desk: Desk, week: str, monday: str, sunday: str, tmp_path: Path
) -> None:
    # half past eleven at night in UTC on the last Sunday is Monday in Việt Nam
    day, month, year = (int(part) for part in sunday.split("/"))
    before = at(sqlite_desk, datetime(year, month, day, 16, 59, tzinfo=UTC))
    arrive(before, 20, day=date(year, month, day))
    paths = exports.export_weekly(before, week, tmp_path)
    page = next(path for path in paths if path.name.endswith(".print.html")).read_text(encoding="utf-8")
    assert f"từ {monday} đến {sunday}" in page
    table = pd.read_csv(paths[0]).set_index("name")
    assert table.loc["claims_in_scope", "value"] == 20
    assert set(table["week"]) == {week}
    following = at(sqlite_desk, datetime(year, month, day, 17, 1, tzinfo=UTC))
    with pytest.raises(UsageError, match="has not begun"):
        exports.export_weekly(before, f"{year}-W01", tmp_path)
    assert exports.export_weekly(following, f"{year}-W01", tmp_path)


@pytest.mark.parametrize("week", ["2025-W53", "2027-W53", "2026-W00", "2026-W54", "2026-47", "W47"])
def test_what_is_no_week_is_refused_before_anything_is_written(
    sqlite_desk: Desk, week: str, tmp_path: Path
) -> None:
    with pytest.raises(WeekError):
        exports.export_weeks(sqlite_desk, [WEEK, week], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_week_that_has_not_begun_is_refused_before_anything_is_written(
    sqlite_desk: Desk, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="2026-W48: has not begun; the present week is 2026-W47"):
        exports.export_weeks(sqlite_desk, [WEEK, "2026-W48"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_several_weeks_show_how_far_they_are(sqlite_desk: Desk, tmp_path: Path) -> None:
    seen: list[tuple[list[object], str]] = []

    def progress(items: Sequence[T], name: str) -> Iterator[T]:
        seen.append((list(items), name))
        yield from items

    weeks = ["2026-W45", WEEK]
    paths = exports.export_weeks(sqlite_desk, weeks, tmp_path, progress)
    assert len(paths) == 2 * len(exports.KINDS)
    assert seen == [(weeks, "weeks")]


def test_a_desk_with_nothing_is_exported_too(sqlite_desk: Desk, tmp_path: Path) -> None:
    assert all(path.stat().st_size > 100 for path in exports.export_weekly(sqlite_desk, WEEK, tmp_path))


def test_anybody_can_check_the_seed_against_its_commitment(closed: Desk) -> None:
    draw = json.loads(exports.render(closed, WEEK)[f"weekly-{WEEK}.json"])["sampling"]
    secret = bytes.fromhex(draw["secret"])
    assert hashlib.sha256(secret).hexdigest() == draw["seed_commitment"]
    assert hashlib.sha256(bytes.fromhex(draw["frame_sha256"]) + secret).hexdigest() == draw["seed"]


class Page(HTMLParser):
    """Collects what a page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "href"} or name.startswith("on"):
                self.addresses.append(f"{name}={value}")


@pytest.mark.parametrize("kind", ["html", "print.html"])
def test_a_page_is_whole_in_itself(closed: Desk, kind: str) -> None:
    text = exports.render(closed, WEEK)[f"weekly-{WEEK}.{kind}"].decode()
    page = Page()
    page.feed(text)
    assert page.addresses == []
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert page.tags.count("svg") == 2
    assert "Tin sai được trả lời đúng hạn, theo tuần" in text


# --- nothing runs (C9) ----------------------------------------------------------------------------------

STARTS = ["", " ", "\ufeff", "\u00a0", "  \ufeff"]
DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠1", "\t=1", "\r=1", "\n=1", "\0=1"]
BAD = [start + text + '&cmd|"/c calc"!A1' for start in STARTS for text in DANGEROUS]
PASSED_OVER = " \u00a0\u3000\u200b\ufeff"


def is_formula(cell: object) -> bool:
    """What a spreadsheet runs, or moves into a cell of its own, when it reads a CSV."""
    bare = str(cell).lstrip(PASSED_OVER)
    if not bare or bare[0] not in "=+-@＝＋－＠\t\r\n\0":
        return False
    try:
        float(bare)
    except ValueError:
        return True
    return False


def csv_formulas(data: bytes) -> int:
    table = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert len({len(row) for row in table}) == 1
    frame = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False)
    assert len(frame) == len(table) - 1
    return sum(is_formula(cell) for row in table for cell in row)


def xlsx_formulas(data: bytes) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        book = openpyxl.load_workbook(io.BytesIO(data))
        assert all(not frame.empty for frame in pd.read_excel(io.BytesIO(data), sheet_name=None).values())
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    return sum(cell.data_type == "f" or cell.hyperlink is not None for cell in cells)


Rows = Callable[[Sequence[Figure]], Sequence[Mapping[str, tabular.Cell]]]


def poisoned(make: Rows) -> Rows:
    """The same rows once for each bad text, which stands in every text column."""

    def made(figures: Sequence[Figure]) -> list[dict[str, tabular.Cell]]:
        row = make(figures)[0]
        return [{name: bad if isinstance(cell, str) else cell for name, cell in row.items()} for bad in BAD]

    return made


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Tables of figures whose every text column holds each bad text in turn."""
    assert len(BAD) >= 40
    monkeypatch.setattr(tabular, "rows", poisoned(tabular.rows))
    monkeypatch.setattr(tabular, "all_entries", poisoned(tabular.all_entries))
    return [Figure("answered", WEEK, -0.5, None, None, 0.95, 3, "count", enough=True, state="x")]


def test_no_text_runs_as_a_formula(poison: list[Figure]) -> None:
    figures = tabular.to_csv(tabular.rows(poison), tabular.COLUMNS)
    entries = tabular.to_csv(tabular.all_entries(poison), tabular.DICTIONARY_COLUMNS)
    assert csv_formulas(figures) == csv_formulas(entries) == 0
    # a number below nought stays a number
    assert set(pd.read_csv(io.BytesIO(figures))["value"]) == {-0.5}
    assert xlsx_formulas(tabular.to_xlsx(poison)) == 0


def test_tables_that_are_not_escaped_are_found_out(
    poison: list[Figure], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabular, "escape_cell", lambda text: text)
    monkeypatch.setattr(tabular, "_write", lambda sheet, line, at, _: sheet.write_formula(line, at, "=1"))
    assert csv_formulas(tabular.to_csv(tabular.rows(poison), tabular.COLUMNS)) > 40
    assert xlsx_formulas(tabular.to_xlsx(poison)) > 40


def test_no_text_of_the_open_data_runs_as_a_formula() -> None:
    day, now = date(2026, 11, 9), datetime(2026, 11, 9, tzinfo=UTC)
    items = [
        public.PublicCorrection(
            slug=bad,
            topic=bad,
            published_at=now,
            claim_day=day,
            verdicts=[public.PublicVerdict(1, Rating.FALSE, now)],
            versions=[public.PublicVersion("vi", 1, bad, bad, bad, bad, bad, bad, bad, now)],
            evidence=[public.PublicEvidence("primary", bad, bad, bad, day, "0" * 64)],
            appeals=[],
            reopened=False,
        )
        for bad in BAD
    ]
    table = list(csv.reader(io.StringIO(feeds.corrections_csv(items, ""), newline="")))
    assert len(table) == len(BAD) + 1
    assert not [cell for row in table for cell in row if is_formula(cell)]


# --- small cells (R11) ----------------------------------------------------------------------------------

SMALL = {Topic.HEALTH: 7, Topic.WOMEN: 3, Topic.DISASTER: 40, Topic.BENEFITS: 60}


def with_small_cells(desk: Desk) -> Desk:
    ids = iter(arrive(desk, sum(SMALL.values())))
    with desk.sessions.begin() as session:
        for topic, n in SMALL.items():
            chosen = [next(ids) for _ in range(n)]
            session.execute(update(Claim).where(Claim.id.in_(chosen)).values(topic=topic.value))
    return at(desk, LONG_AFTER)


def shown_topics(made: Mapping[str, bytes]) -> dict[str, dict[str, float]]:
    """What each form says of each topic's count, as far as it says anything."""
    prefix = "claims_in_scope_"
    tables = {
        "csv": pd.read_csv(io.BytesIO(made["csv"])),
        "xlsx": pd.read_excel(io.BytesIO(made["xlsx"])),
        "parquet": pd.read_parquet(io.BytesIO(made["parquet"])),
        "json": pd.DataFrame(json.loads(made["json"])["figures"]),
    }
    found = {}
    for kind, table in tables.items():
        rows = table[table["name"].str.startswith(prefix) & table["value"].notna()]
        found[kind] = dict(zip(rows["name"].str.removeprefix(prefix), rows["value"], strict=True))
        hidden = table[table["name"].str.startswith(prefix) & table["value"].isna()]
        assert hidden["n"].eq(0).all()
        assert hidden["low"].isna().all()
    page = made["html"].decode()
    found["html"] = {}
    for topic in Topic:
        cells = page.partition(f"<td>{prefix}{topic.value}</td>")[2].partition("</tr>")[0]
        if "được ẩn" not in cells:
            number = cells.partition("<td>")[2].partition("</td>")[0]
            found["html"][topic.value] = float(number)
    return found


def forms(desk: Desk) -> dict[str, bytes]:
    made = exports.render(desk, WEEK)
    return {name.removeprefix(f"weekly-{WEEK}."): data for name, data in made.items()}


def test_no_form_shows_a_small_cell_or_one_to_work_it_out_from(sqlite_desk: Desk) -> None:
    later = with_small_cells(sqlite_desk)
    for kind, cells in shown_topics(forms(later)).items():
        assert all(n >= disclosure.LEAST for n in cells.values()), kind
        missing = set(Topic) - set(cells)
        assert len(missing) >= 2
        # all that subtraction gives is the sum of the hidden ones, which is no small number either
        rest = sum(SMALL.values()) - sum(cells.values())
        assert rest == 0 or rest >= disclosure.LEAST


def test_cells_that_are_not_hidden_are_found_out(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    later = with_small_cells(sqlite_desk)
    monkeypatch.setattr(disclosure, "suppress", lambda cells, *_: dict(cells))
    for cells in shown_topics(forms(later)).values():
        assert cells[Topic.HEALTH.value] == 7


def test_columns_are_those_of_the_list(closed: Desk) -> None:
    """Nothing finer than a week, no place, no source, no person can slip in as a column (R11)."""
    made = forms(closed)
    allowed = {
        "name", "week", "value", "low", "high", "level", "n", "method", "enough", "state", "provisional",
        "shown_vi", "state_vi",
    }  # fmt: skip
    assert set(pd.read_csv(io.BytesIO(made["csv"])).columns) == allowed
    assert set(pd.read_parquet(io.BytesIO(made["parquet"])).columns) == allowed
    document = json.loads(made["json"])
    assert set(document) == {"desk", "week", "closed", "figures", "sampling", "dictionary", "columns"}
    assert {name for row in document["figures"] for name in row} == allowed - {"shown_vi", "state_vi"}


def test_every_figure_is_in_the_dictionary_in_two_languages(closed: Desk) -> None:
    for one in metrics.weekly(closed, WEEK):
        entry = ENTRIES[one.name]
        assert entry.vi
        assert entry.en
        assert entry.vi != entry.en


def test_every_short_label_of_the_page_is_a_figure() -> None:
    labels = [name for name, _ in words("weekly", "vi").tables["labels"]]
    assert len(set(labels)) == len(labels)
    assert set(labels) <= set(ENTRIES)


# --- files ----------------------------------------------------------------------------------------------


def test_files_are_there_all_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write_all(tmp_path, {"a.csv": b"old"})
    write, n = files._beside, []

    def full(path: Path, content: bytes) -> Path:
        n.append(path)
        if len(n) == 2:
            raise OSError(28, "No space left on device", str(path))
        return write(path, content)

    monkeypatch.setattr(files, "_beside", full)
    with pytest.raises(KiemChungError, match=r"b\.csv: cannot be written \(No space left"):
        files.write_all(tmp_path, {"a.csv": b"new", "b.csv": b"new"})
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"a.csv": b"old"}


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        with pytest.raises(KiemChungError, match="cannot be written"):
            files.write_all(tmp_path, {"a": b"x" * 10, "b": b"x" * 5000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "export", [exports.export_weekly, lambda desk, _, out: exports.export_open_data(desk, out)]
)
def test_a_folder_that_cannot_be_used_is_named(
    sqlite_desk: Desk, tmp_path: Path, export: Callable[[Desk, str, Path], object]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match=r"file: files cannot be written there"):
        export(sqlite_desk, WEEK, tmp_path / "file")
    with pytest.raises(UsageError, match=r"below: files cannot be written there"):
        export(sqlite_desk, WEEK, tmp_path / "file" / "below")
    assert (tmp_path / "file").read_bytes() == b""


# --- open data, charts, history -------------------------------------------------------------------------


def test_open_data_holds_every_correction(closed: Desk, tmp_path: Path) -> None:
    with closed.sessions.begin() as session:
        rows = []
        for verdict in session.query(Verdict).all():
            claim = session.get_one(Claim, verdict.claim_id)
            claim.state = ClaimState.DECIDED
            rows.append(
                {
                    "correction_id": verdict.id,
                    "verdict_id": verdict.id,
                    "language": "vi",
                    "version": 1,
                    "title": f"=Tiêu đề {verdict.id}",
                    "said": "Có người nói là phải đóng phí.",
                    "truth": "Không thu phí.",
                    "how_known": "Thông báo của tỉnh.",
                    "what_to_do": "Đừng chuyển tiền.",
                    "contact": "",
                    "reason": "first publication",
                    "at": datetime(2026, 11, 11, tzinfo=UTC),
                }
            )
        session.execute(insert(CorrectionText), rows)
    feed, table, items = exports.export_open_data(closed, tmp_path)
    reviews = json.loads(feed.read_text(encoding="utf-8"))["dataFeedElement"]
    read = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig"))))
    in_feed = json.loads(items.read_text(encoding="utf-8"))["items"]
    assert [len(reviews), len(read), len(in_feed)] == [31, 31, 31]
    assert all(row["title"].startswith("'=") for row in read)
    assert all("author" not in review["item"][0]["itemReviewed"] for review in reviews)


def test_charts_in_the_page_are_valid_xml(closed: Desk) -> None:
    past = metrics.history(closed, WEEK)
    assert {one.week for one in past} == {WEEK}
    ET.fromstring(charts.target_chart(past, "answered"))  # noqa: S314 -- our own drawing


def test_history_of_a_closed_week_leaves_out_what_closed_later(closed: Desk) -> None:
    earlier = replace(metrics.weekly(closed, WEEK)[0], week="2026-W44")
    row = earlier.as_dict()
    with closed.sessions.begin() as session:
        session.execute(insert(WeeklyFigure), [row | {"computed_at": LONG_AFTER}])
        before = datetime(2026, 11, 10, tzinfo=UTC)
        session.execute(insert(WeeklyFigure), [row | {"week": "2026-W45", "computed_at": before}])
    assert {one.week for one in metrics.history(closed, WEEK)} == {"2026-W45", WEEK}
