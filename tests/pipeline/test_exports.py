"""The exports: open everywhere, run nothing, and a closed week gives the same bytes for ever."""

import csv
import hashlib
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from sqlalchemy import insert, update

from models.claims import Claim
from models.counters import TIP_LINE, bump
from models.decisions import CorrectionText, Verdict
from models.desk import WeeklyFigure
from models.errors import KiemChungError, UsageError, WeekError
from models.vocabulary import ClaimState, Outcome
from pipeline import charts, exports, metrics, tabular
from pipeline.compose import Desk
from pipeline.dictionary import ENTRIES
from pipeline.figures import Figure
from pipeline.files import write_whole
from tests.pipeline.weeks import LONG_AFTER, MONDAY, WEEK, at, audited

KINDS = ["csv", "xlsx", "parquet", "json", "html", "dictionary.csv"]


@pytest.fixture
def closed(sqlite_desk: Desk) -> Desk:
    later = audited(sqlite_desk, unflagged=200, answered=30, late=1, missed=1)
    assert metrics.close_week(later, WEEK)
    return later


def contents(files: list[Path]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files}


def test_a_week_comes_in_every_form(closed: Desk, tmp_path: Path) -> None:
    files = exports.export_weekly(closed, WEEK, tmp_path / "new" / "folder")
    assert [path.name for path in files] == [f"weekly-{WEEK}.{kind}" for kind in KINDS]
    figures = {one.name: one for one in metrics.weekly(closed, WEEK)}
    table = pd.read_csv(files[0])
    assert list(table["name"]) == list(figures)
    answered = table.set_index("name").loc["answered"]
    assert answered["value"] == pytest.approx(figures["answered"].value)
    assert answered["method"] == figures["answered"].method
    parquet = pd.read_parquet(files[2])
    assert list(parquet.columns) == list(tabular.COLUMNS)
    assert parquet["n"].tolist() == [one.n for one in figures.values()]
    document = json.loads(files[3].read_text(encoding="utf-8"))
    assert document["closed"] is True
    assert document["figures"][0]["state"] == figures["answered"].state
    assert {row["name"] for row in document["dictionary"]} == set(figures)
    book = openpyxl.load_workbook(files[1])
    assert book.sheetnames == ["figures", "dictionary"]
    assert [cell.value for cell in book["figures"]["A"]][1:] == list(figures)


def test_a_closed_week_gives_the_same_bytes_for_ever(closed: Desk, tmp_path: Path) -> None:
    first = contents(exports.export_weekly(closed, WEEK, tmp_path / "first"))
    with closed.sessions.begin() as session:
        bump(session, TIP_LINE, MONDAY, Outcome.KEPT, 99)
        session.execute(update(Claim).values(state=ClaimState.QUEUED))
    charts._drawn.clear()
    much_later = at(closed, LONG_AFTER + timedelta(days=300))
    metrics.close_due(much_later)
    for turn in range(5):
        again = contents(exports.export_weekly(much_later, WEEK, tmp_path / f"again{turn}"))
        assert again == first


def test_an_open_week_says_that_it_is_provisional(sqlite_desk: Desk, tmp_path: Path) -> None:
    later = audited(sqlite_desk, unflagged=100, answered=10, late=0, missed=0)
    files = exports.export_weekly(later, WEEK, tmp_path)
    assert "số liệu tạm thời" in files[4].read_text(encoding="utf-8")
    assert json.loads(files[3].read_text(encoding="utf-8"))["closed"] is False


def test_a_week_without_anything_is_exported_too(sqlite_desk: Desk, tmp_path: Path) -> None:
    files = exports.export_weekly(sqlite_desk, "2026-W53", tmp_path)
    assert all(path.stat().st_size > 100 for path in files)
    with pytest.raises(WeekError):
        exports.export_weekly(sqlite_desk, "2025-W53", tmp_path)


def test_anybody_can_check_the_seed_against_its_commitment(closed: Desk, tmp_path: Path) -> None:
    files = exports.export_weekly(closed, WEEK, tmp_path)
    draw = json.loads(files[3].read_text(encoding="utf-8"))["sampling"]
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


def test_the_page_is_whole_in_itself(closed: Desk, tmp_path: Path) -> None:
    text = exports.export_weekly(closed, WEEK, tmp_path)[4].read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.addresses == []
    assert "script" not in page.tags
    assert page.tags.count("svg") == 2
    assert "Tin sai được trả lời đúng hạn, theo tuần" in text
    assert "Từ điển dữ liệu" in text


DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "＋1", "－1", "＠1"]


@pytest.mark.parametrize("start", ["", " ", "\ufeff", "\u00a0", "  \ufeff"])
@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_runs_as_a_formula(text: str, start: str) -> None:
    bad = start + text + '&cmd|"/c calc"!A1'
    figure = Figure("answered", WEEK, -0.5, None, None, 0.95, 3, bad, enough=True, state=bad)
    rows = tabular.rows([figure])
    read = list(csv.reader(io.StringIO(tabular.to_csv(rows, tabular.COLUMNS).decode("utf-8-sig"))))
    for cell in (read[1][7], read[1][9]):
        assert cell.lstrip(" \u00a0\ufeff")[0] not in "=+-@＝＋－＠\t\r\n\0"
    assert float(read[1][2]) == -0.5  # a number stays a number
    if "\0" in bad:
        return  # XML cannot hold it; openpyxl refuses to read what xlsxwriter escapes
    book = openpyxl.load_workbook(io.BytesIO(tabular.to_xlsx([figure])))
    for line in book["figures"].iter_rows():
        for cell_ in line:
            assert cell_.data_type != "f"
            assert cell_.hyperlink is None


def test_every_figure_is_in_the_dictionary_in_two_languages(closed: Desk) -> None:
    for one in metrics.weekly(closed, WEEK):
        entry = ENTRIES[one.name]
        assert entry.vi
        assert entry.en
        assert entry.vi != entry.en


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_whole(tmp_path / "a.csv", b"old")

    def full(_: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(KiemChungError, match=r"a\.csv: cannot be written \(No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(KiemChungError, match="cannot be written"):
        write_whole(tmp_path / "file" / "a.csv", b"")


def test_the_annual_report_covers_the_year_to_20_november() -> None:
    weeks = exports.report_weeks(2026)
    assert weeks[0] == "2025-W47"  # it ends on Sunday 23 November 2025
    assert weeks[-1] == "2026-W46"  # it ends on Sunday 15 November 2026
    for year in range(2024, 2034):
        assert exports.report_weeks(year)[-1] < exports.report_weeks(year + 1)[0]
        assert len(exports.report_weeks(year)) in {52, 53}


def test_the_annual_report_is_in_two_languages_with_the_figures(closed: Desk, tmp_path: Path) -> None:
    vietnamese, english, table = exports.export_annual(closed, 2026, tmp_path)
    assert "Báo cáo năm 2026" in vietnamese.read_text(encoding="utf-8")
    assert "Annual report 2026" in english.read_text(encoding="utf-8")
    rows = pd.read_csv(table)
    assert set(rows["week"]) == {WEEK}  # the desk began in this week
    own = rows[(rows["week"] == WEEK) & (rows["name"] == "known_answered")]
    assert own["value"].tolist() == [30.0]
    pooled = {one.name: one for one in metrics.over(closed, exports.report_weeks(2026))}
    assert pooled["answered"].method == "weeks as strata, Fay-Feuer gamma"
    assert pooled["answered"].value == pytest.approx(30 / (31 + 2))


def test_a_year_that_has_not_begun_is_refused(sqlite_desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2028"):
        exports.export_annual(sqlite_desk, 2028, tmp_path)


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
    read = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))
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
