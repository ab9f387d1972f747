"""Training texts are read whole or refused by file and line."""

from pathlib import Path

import pytest

from classify.corpus import TOPICS, fingerprint, load_scope
from classify.errors import TrainingDataError


def folder(tmp_path: Path, *lines: str) -> Path:
    tmp_path.joinpath("a.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_marks_become_places(tmp_path: Path) -> None:
    (row,) = load_scope(folder(tmp_path, "a1\tin\thealth\tTrời ơi. [[Lá này trị ung thư.]] Mừng."))
    assert row.text == "Trời ơi. Lá này trị ung thư. Mừng."
    assert [row.text[start:end] for start, end in row.claims] == ["Lá này trị ung thư."]
    assert (row.group, row.in_scope, row.topic) == ("a1", True, "health")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("a1\tin\thealth", "3 columns"),
        ("a1\tyes\thealth\tx", "label 'yes'"),
        ("a1\tin\tsport\tx", "topic 'sport'"),
        ("a1\tin\t-\tx", "topic '-'"),
        ("a1\tout\thealth\tx", "topic 'health'"),
        ("a1\tin\thealth\t[[x", "brackets"),
        ("a1\tin\thealth\tx]]", "brackets"),
        ("a1\tin\thealth\t[[x [[y]]", "brackets"),
    ],
)
def test_a_broken_row_is_named_by_file_and_line(tmp_path: Path, line: str, fault: str) -> None:
    with pytest.raises(TrainingDataError, match=r"a\.tsv line 2") as caught:
        load_scope(folder(tmp_path, "a0\tout\t-\tđược", line))
    assert fault in str(caught.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="no training texts"):
        load_scope(tmp_path)


def test_the_fingerprint_follows_the_rows_and_not_their_order(tmp_path: Path) -> None:
    rows = load_scope(folder(tmp_path, "a1\tin\thealth\tmột", "a2\tout\t-\thai"))
    assert fingerprint(rows) == fingerprint(rows[::-1])
    assert fingerprint(rows) != fingerprint(rows[:1])


def test_the_shipped_texts_are_as_many_and_as_varied_as_promised() -> None:
    rows = load_scope()
    inside = [row for row in rows if row.in_scope]
    assert len(inside) >= 1500
    assert len(rows) - len(inside) >= 2500
    for topic in TOPICS:
        assert sum(row.topic == topic for row in inside) >= 120
    assert len({row.text for row in rows}) == len(rows)
    bare = sum(row.text.isascii() for row in rows)
    assert bare / len(rows) > 0.15
