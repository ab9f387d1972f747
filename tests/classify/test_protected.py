"""The frozen set of speech that no model may admit."""

from pathlib import Path

import pytest

from classify import protected
from classify.corpus import load_scope
from classify.errors import TrainingDataError
from classify.protected import ProtectedText
from classify.scope import ScopeGate


def test_it_is_frozen_and_whole() -> None:
    rows = protected.load()
    assert len(rows) >= 250
    # rule 3: nothing in the product says what kind of speech a text is, or about whom
    assert ProtectedText._fields == ("text",)
    assert "\t" not in protected.PATH.read_text(encoding="utf-8")


def test_it_is_never_trained_on() -> None:
    assert not {row.text for row in protected.load()} & {row.text for row in load_scope()}


def test_the_gate_admits_none_of_it(gate: ScopeGate) -> None:
    admitted = [row.text for row in protected.load() if gate.decide(row.text).in_scope]
    assert admitted == []


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "protected.tsv"
    path.write_bytes(protected.PATH.read_bytes() + b"x\n")
    with pytest.raises(TrainingDataError, match="frozen"):
        protected.load(path)


@pytest.mark.parametrize(("content", "fault"), [("a\tb\n", "line 1"), ("text\nx\ty\n", "line 2")])
def test_a_broken_file_is_named_by_line(tmp_path: Path, content: str, fault: str) -> None:
    import hashlib

    path = tmp_path / "p.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TrainingDataError, match=fault):
        protected.load(path, hashlib.sha256(content.encode()).hexdigest())
