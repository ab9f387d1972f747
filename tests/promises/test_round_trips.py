"""What goes out comes in again unchanged: open data, ClaimReview, the figures' table, and files of tips."""

import csv
import io
import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from crawlers import charsets, claimreview
from crawlers.intake import read_tips
from models.vocabulary import Rating
from pipeline import dictionary, feeds, tabular
from pipeline.escape import escape_cell
from pipeline.figures import Figure
from pipeline.public import PublicCorrection, PublicVerdict, PublicVersion

SOME = budget(
    max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
BASE = "https://kiemchung.example.vn"
START = datetime(2026, 1, 1, tzinfo=UTC)
LETTERS = "aăâbcđeêghioôơuưyàáảãạệữỹ ẮỘ0123456789.,;:'\"“”\n\r\t|\\/{}<>=+-@&%"
WORDS = st.text(LETTERS, min_size=1, max_size=60).map(lambda text: f"x{text}y")
RAW = st.text(LETTERS, min_size=1, max_size=60)


@st.composite
def corrections(draw: st.DrawFn) -> list[PublicCorrection]:
    """Some corrections with any words in them."""
    made = []
    for number in range(draw(st.integers(0, 4))):
        at = START + timedelta(minutes=draw(st.integers(0, 500_000)))
        title, said, truth, how, todo = (draw(RAW) for _ in "12345")
        version = PublicVersion("vi", 1, title, said, truth, how, todo, "", "first publication", at)
        verdict = PublicVerdict(1, draw(st.sampled_from(Rating)), at)
        day = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 300)))
        made.append(PublicCorrection(f"tin-{number}", "health", at, day, [verdict], [version], [], [], False))
    return made


def bare(cell: str) -> str:
    """A cell without the sign that keeps spreadsheets from running it."""
    return cell[1:] if cell.startswith("'") and escape_cell(cell[1:]) == cell else cell


@given(corrections())
@SOME
def test_the_open_data_is_read_back_as_it_was(items: list[PublicCorrection]) -> None:
    rows = list(csv.DictReader(io.StringIO(feeds.corrections_csv(items, BASE), newline="")))
    assert len(rows) == len(items)
    for row, item in zip(rows, items, strict=True):
        text = item.text()
        assert [bare(row[name]) for name in ("title", "said", "truth", "how_known", "what_to_do")] == [
            text.title,
            text.said,
            text.truth,
            text.how_known,
            text.what_to_do,
        ]
        assert (row["url"], row["topic"], row["rating"]) == (item.address(BASE), item.topic, item.rating)
        assert date.fromisoformat(row["claim_day"]) == item.claim_day


@given(corrections())
@SOME
def test_what_the_desk_publishes_another_desk_imports(items: list[PublicCorrection]) -> None:
    read = claimreview.read(feeds.claim_reviews(items, BASE, "Bàn kiểm chứng"))
    said = [charsets.clean(item.text().said).strip() for item in items]
    expected = [(words, item) for words, item in zip(said, items, strict=True) if words]
    assert len(read.errors) == len(items) - len(expected)  # words of blanks alone are no claim
    for row, (words, item) in zip(read, expected, strict=True):
        assert (row.claim, row.rating, row.url) == (words, item.rating, item.address(BASE))
        assert row.day == item.published_at.date()
        assert row.publisher == "Bàn kiểm chứng"


NAME = next(name for name, entry in dictionary.ENTRIES.items() if entry.unit == "share")
NUMBERS = st.one_of(st.none(), st.floats(0, 1))


@given(st.lists(st.tuples(WORDS, NUMBERS, NUMBERS, st.integers(0, 10**9), st.booleans()), max_size=6))
@SOME
def test_figures_are_read_back_to_the_last_digit(
    given_: list[tuple[str, float | None, float | None, int, bool]],
) -> None:
    figures = [
        Figure(NAME, "2026-W47", value, low, value, 0.95, n, words, enough)
        for words, value, low, n, enough in given_
    ]
    data = tabular.to_csv(tabular.rows(figures), tabular.COLUMNS)
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert len(rows) == len(figures)
    for row, figure in zip(rows, figures, strict=True):
        for name in ("value", "low"):
            number = getattr(figure, name)
            assert row[name] == "" if number is None else math.isclose(float(row[name]), number, rel_tol=0)
        assert (int(row["n"]), row["enough"] == "true") == (figure.n, figure.enough)
        assert bare(row["method"]) == figure.method


def _comma(texts: list[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["text"], *([text] for text in texts)])
    return out.getvalue()


def _tabbed(texts: list[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter="\t").writerows([["days_ago", "text"], *([3, text] for text in texts)])
    return out.getvalue()


def _lines(texts: list[str]) -> str:
    return "\n".join(json.dumps({"text": text}, ensure_ascii=len(text) % 2 == 0) for text in texts)


@pytest.mark.parametrize(("ending", "write"), [("csv", _comma), ("tsv", _tabbed), ("jsonl", _lines)])
def test_tips_are_read_as_they_were_written(
    tmp_path: Path, ending: str, write: Callable[[list[str]], str]
) -> None:
    path = tmp_path / f"tips.{ending}"

    @given(st.lists(WORDS, min_size=1, max_size=6))
    @SOME
    def check(texts: list[str]) -> None:
        path.write_bytes(write(texts).encode("utf-8"))
        rows = list(read_tips(path))
        assert [row.text for row in rows] == texts
        assert len({row.once for row in rows}) == len(rows)

    check()


def test_control_a_writer_that_does_not_quote_is_seen(tmp_path: Path) -> None:
    from crawlers.errors import IntakeError

    path, texts = tmp_path / "tips.csv", ["một, hai", "ba\nbốn"]
    path.write_text("\n".join(["text", *texts]) + "\n", encoding="utf-8")
    with pytest.raises(IntakeError, match="2 cells under 1 columns"):
        list(read_tips(path))
    plain = [PublicCorrection("a", "health", START, date(2026, 1, 1), [PublicVerdict(1, Rating.FALSE, START)],
             [PublicVersion("vi", 1, "=1+1", "x", "x", "x", "x", "", "", START)], [], [], False)]  # fmt: skip
    assert "'=1+1" in feeds.corrections_csv(plain, BASE)
