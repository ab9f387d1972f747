"""Figures on labelled files: shingles counted as the benchmark does, tables read or refused by name."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import UsageError
from pipeline import evaluate, simulate, tables

NUMBERS = ("một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười")
WORDS = st.lists(st.sampled_from(NUMBERS), max_size=40).map(" ".join)


def test_the_same_text_is_right() -> None:
    score = evaluate.compare("một hai ba bốn năm sáu", "Một hai, ba bốn năm sáu".lower())
    assert (score.true_positive, score.right) == (1.0, True)


def test_surplus_costs_precision_and_gaps_cost_recall() -> None:
    gold = "một hai ba bốn năm"  # two shingles
    more = evaluate.compare(gold, gold + " sáu bảy")
    assert (more.true_positive, more.false_positive, more.false_negative) == (0.5, 0.5, 0.0)
    less = evaluate.compare(gold, "một hai ba bốn")
    assert (less.true_positive, less.false_positive, less.false_negative) == (0.5, 0.0, 0.5)


def test_a_repeated_run_counts_as_often_as_it_occurs() -> None:
    once, twice = "a b c d", "a b c d a b c d"
    assert evaluate.compare(once, twice).true_positive == 1 / 5


def test_a_text_shorter_than_a_shingle_is_one_shingle() -> None:
    assert evaluate.compare("một hai", "một hai").right
    assert evaluate.compare("", "").right
    assert evaluate.compare("", "một").false_positive == 1.0


@given(WORDS, WORDS)
def test_shares_of_a_page_sum_to_one_and_mirror(gold: str, found: str) -> None:
    score, mirrored = evaluate.compare(gold, found), evaluate.compare(found, gold)
    assert score.true_positive + score.false_positive + score.false_negative == pytest.approx(
        1.0 if gold or found else 0.0
    )
    assert score.true_positive == mirrored.true_positive
    assert score.false_positive == mirrored.false_negative


def test_precision_and_recall_are_means_over_pages() -> None:
    """As the benchmark's own measure: a page half wrong and a page right are three quarters, however long."""
    whole = evaluate.compare("a b c d e", "a b c d e")
    half = evaluate.compare("a b c d", "a b c d x")
    nothing = evaluate.compare("a b c d", "")
    assert evaluate._precision([whole, half]) == pytest.approx(0.75)
    assert evaluate._precision([whole, nothing]) == pytest.approx(1.0)
    assert evaluate._recall([whole, half, nothing]) == pytest.approx(2 / 3)
    assert evaluate._f1([whole, half]) == pytest.approx(2 * 0.75 / 1.75)


PAGE = (
    "<html><head><title>{0}</title></head><body><nav>Trang chủ</nav>"
    "<article><h1>{0}</h1>{1}</article></body></html>"
)
TEXT = (
    "Sáng nay trạm y tế tổ chức tiêm vắc xin sởi cho trẻ em trong xã. "
    "Phụ huynh mang theo sổ tiêm chủng của bé. "
) * 4


def pages(folder: Path, truth: dict[str, str]) -> Path:
    (folder / "html").mkdir()
    for name, text in truth.items():
        body = "".join(f"<p>{part}.</p>" for part in text.split(".") if part.strip())
        (folder / "html" / f"{name}.html.gz").write_bytes(gzip.compress(PAGE.format(name, body).encode()))
    truth_file = {name: {"articleBody": text, "url": "x"} for name, text in truth.items()}
    (folder / "ground-truth.json").write_text(json.dumps(truth_file), encoding="utf-8")
    return folder


def test_extraction_is_measured_page_by_page(tmp_path: Path) -> None:
    found = evaluate.extract(
        pages(tmp_path, {f"trang{at}": TEXT.replace("sởi", f"sởi {at}") for at in range(5)})
    )
    figures = found["figures"]
    assert isinstance(figures, list)
    by_name = {one["name"]: one for one in figures}
    assert by_name["f1"]["value"] > 0.9
    assert all(one["low"] <= one["value"] <= one["high"] and one["n"] == 5 for one in figures)


def test_a_page_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    folder = pages(tmp_path, {"trang": TEXT})
    (folder / "html" / "trang.html.gz").write_bytes(b"not gzip")
    with pytest.raises(UsageError, match=r"trang\.html\.gz"):
        evaluate.extract(folder)
    (folder / "html" / "trang.html.gz").unlink()
    with pytest.raises(UsageError, match=r"trang\.html\.gz: No such file"):
        evaluate.extract(folder)
    (folder / "ground-truth.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(UsageError, match=r"ground-truth\.json"):
        evaluate.extract(folder)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["1", "0", "0"], "1"),
        (["clickbait", "non-clickbait"], "clickbait"),
        (["relevant", "irrelevant"], "relevant"),
        (["in", "out"], "in"),
        (["True", "False"], "True"),
        (["a", "a", "b"], "b"),
    ],
)
def test_the_positive_label_is_the_plain_yes_or_the_rarer(labels: list[str], expected: str) -> None:
    assert simulate.positive_label(labels, "x") == expected
    assert simulate.positive_label(labels[::-1], "x") == expected


def test_a_label_that_is_named_wins() -> None:
    assert simulate.positive_label(["1", "0"], "x", "0") == "0"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "text,label\n", "no rows"),
        ("a.csv", "", "an empty file"),
        ("a.csv", 'text,label\n"một\nhai,1\n', "row 1"),
        ("a.tsv", "text\tlabel\nmột\n", "row 1: 1 cells under 2 columns"),
        ("a.tsv", 'text\tlabel\nmột\t1\n"hai\nba\t0\n', "row 2: 1 cells under 2 columns"),
        ("a.jsonl", '{"text": "a", "label": 1}\n{"text": "b"\n', "row 2: not JSON"),
        ("a.jsonl", '{"text": "a", "label": 1}\n[]\n', "row 2: not an object"),
        ("a.jsonl", '{"text": "a", "label": null}\n', "row 1 column label"),
    ],
)
def test_tables_are_refused_by_file_row_and_column(
    tmp_path: Path, name: str, content: str, words: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=words) as caught:
        tables.read(path, ["text", "label"])
    assert name in str(caught.value)


def test_a_cell_of_a_tsv_goes_on_in_the_next_line_only_within_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text('id\ttext\tlabel\n1\t"một ""hai""\nba"\t0\n2\t"bốn\t1\n', encoding="utf-8")
    assert [row["text"] for row in tables.read(path, ["text"])] == ['một "hai"\nba', '"bốn']
    path.write_text("id\ttext\tlabel\n1\tmột\nba\t0\n", encoding="utf-8")
    with pytest.raises(UsageError, match="row 1: 2 cells under 3 columns"):
        tables.read(path, ["text"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", '\ufefftext,label\r\n"một, hai",1\r\n\r\n"""ba""",0\r\n'),
        ("a.tsv", 'text\tlabel\nmột, hai\t1\n"ba"\t0\n'),
        ("a.jsonl", '{"text": "một, hai", "label": 1}\n\n{"text": "\\"ba\\"", "label": 0}'),
    ],
)
def test_the_same_rows_are_read_from_every_kind_of_table(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode())
    rows = [(row["text"], row["label"]) for row in tables.read(path, ["text", "label"])]
    assert rows == [("một, hai", "1"), ('"ba"', "0")]
