"""The open data: typed rows, splits that no family crosses, and nobody's number in them."""

from collections import defaultdict
from collections.abc import Sequence

import pytest

from classify import datasets
from classify.corpus import load_scope
from classify.datasets import Row, load
from classify.errors import DatasetError

NAMES = tuple(datasets.ROWS)


def crossing(rows: Sequence[Row], field: str) -> set[str]:
    """Values of a field that stand in more than one split."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[str(getattr(row, field))].add(row.split)
    return {value for value, splits in found.items() if len(splits) > 1}


@pytest.mark.parametrize("name", NAMES)
def test_no_family_group_or_text_stands_in_two_splits(name: str) -> None:
    rows = load(name)
    group = "document" if name == "claims" else "group"
    for field in ("family", group, "text"):
        assert crossing(rows, field) == set()
    assert {row.split for row in rows} == set(datasets.SPLITS)
    assert len({row.id for row in rows}) == len(rows)
    # the control: rows dealt out one by one cross
    dealt = [row._replace(split=datasets.SPLITS[at % 3]) for at, row in enumerate(rows)]
    assert crossing(dealt, "family")


def test_writers_who_read_each_other_are_one_family() -> None:
    (family,) = datasets._TOGETHER
    assert {datasets.family_of("scope", writer) for writer in family} == {family}
    assert datasets.split_of("scope", "a writer of tomorrow") == "train"


def test_every_text_is_there_once() -> None:
    assert len(load("scope")) == len(load_scope())
    for name in NAMES:
        assert sum(len(load(name, split)) for split in datasets.SPLITS) == len(load(name))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("split", ["test", pytest.param(None, marks=pytest.mark.release)])
def test_no_number_or_account_is_released(name: str, split: str | None) -> None:
    assert [row.id for row in load(name, split) if datasets.identifiers(row.text)] == []


@pytest.mark.parametrize(
    "text",
    ["gọi 0912 345 678 nha", "qua z@lo 0937.218.446", "gửi ten.cua.ai@example.vn", "‹phone·46·022430ab›"],
)
def test_the_search_for_numbers_finds_some(text: str) -> None:
    """The control: what the check looks for is found where it is, and is gone after `public`."""
    assert datasets.identifiers(text)
    assert datasets.identifiers(datasets.public(text)[0]) == []


def test_marked_sentences_stay_in_place() -> None:
    written = {row.text: row for row in load_scope()}
    marked = [row for row in load("scope") if row.claims]
    assert marked
    shown = {row.id: [row.text[start:end] for start, end in row.claims] for row in marked}
    assert all(part == part.strip() and part for parts in shown.values() for part in parts)
    same = [row for row in marked if row.text in written]
    assert all(row.claims == written[row.text].claims for row in same)
    moved = [row for row in marked if "‹" in row.text]
    assert any("‹" in part for row in moved for part in shown[row.id])
    assert all(row.claims[-1][1] <= len(row.text) for row in moved)


def test_a_table_has_the_fields_as_columns() -> None:
    table = datasets.frame("match", "test")
    assert list(table.columns) == list(datasets.MatchText._fields)
    assert len(table) == len(load("match", "test"))
    assert set(table["language"]) == {"vi", "en"}


@pytest.mark.parametrize(("name", "split"), [("protected", None), ("scope", "dev")])
def test_other_names_are_refused(name: str, split: str | None) -> None:
    with pytest.raises(DatasetError, match="one of"):
        load(name, split)
