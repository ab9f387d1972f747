"""The frozen set of speech that no model may admit."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from classify import protected
from classify.corpus import load_scope
from classify.errors import TrainingDataError
from classify.protected import ProtectedText
from classify.scope import Scoped, ScopeGate
from classify.text import has_marks, strip_marks

SHOWN = 5
"""So many of a thousand may a gate show to a reviewer, as written and without diacritics."""


def shown(rows: Sequence[ProtectedText], decide: Callable[[str], Scoped], *, bare: bool) -> int:
    """How many protected texts a gate would show to a reviewer: a count and never a text."""
    return sum(decide(strip_marks(row.text) if bare else row.text).in_scope for row in rows)


def test_it_is_frozen_and_whole() -> None:
    rows = protected.load()
    # ten kinds of public body by five kinds of speech by twenty
    assert len(rows) == len(set(rows)) == 1000
    first = b"".join(protected.PATH.read_bytes().splitlines(keepends=True)[: protected.FIRST + 1])
    assert hashlib.sha256(first).hexdigest() == protected.FIRST_SHA256
    # rule 3: nothing in the product says what kind of speech a text is, or about whom
    assert ProtectedText._fields == ("text",)
    assert "\t" not in protected.PATH.read_text(encoding="utf-8")


def test_it_is_written_as_people_write() -> None:
    texts = [row.text for row in protected.load()]
    assert 0.15 <= sum(not has_marks(text) for text in texts) / len(texts) <= 0.25
    assert all(5 <= len(text.split()) <= 130 for text in texts)


def test_it_is_never_trained_on() -> None:
    assert not {row.text for row in protected.load()} & {row.text for row in load_scope()}


def test_the_gate_admits_none_of_the_first_texts(gate: ScopeGate) -> None:
    assert shown(protected.load()[: protected.FIRST], gate.decide, bare=False) == 0


@pytest.mark.parametrize("bare", [False, True])
def test_the_gate_shows_at_most_a_few_of_a_thousand(gate: ScopeGate, bare: bool) -> None:
    assert shown(protected.load(), gate.decide, bare=bare) <= SHOWN


def test_control_a_gate_that_drops_nothing_shows_all() -> None:
    assert shown(protected.load(), lambda _: Scoped(True, "health", ()), bare=True) == 1000


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "protected.tsv"
    path.write_bytes(protected.PATH.read_bytes() + b"x\n")
    with pytest.raises(TrainingDataError, match="frozen"):
        protected.load(path)


@pytest.mark.parametrize(("content", "fault"), [("a\tb\n", "line 1"), ("text\nx\ty\n", "line 2")])
def test_a_broken_file_is_named_by_line(tmp_path: Path, content: str, fault: str) -> None:
    path = tmp_path / "p.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TrainingDataError, match=fault):
        protected.load(path, hashlib.sha256(content.encode()).hexdigest())
