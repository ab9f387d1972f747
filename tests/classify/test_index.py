"""Candidates by words and by vectors: what is added is found, what is removed is not, in any number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify import index as index_module
from classify.index import VectorTable, WordIndex


def _unit(count: int, width: int = 128, seed: int = 7) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    rows = np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def test_words_find_what_is_added_and_not_what_is_removed() -> None:
    words = WordIndex()
    words.add(1, ["lu", "ve"])
    words.add(2, ["lu", "rut"])
    assert [number for number, _ in words.search(["lu", "ve"], 5)] == [1, 2]
    words.remove(1)
    assert [number for number, _ in words.search(["lu", "ve"], 5)] == [2]
    assert words.search([], 5) == []


@pytest.mark.parametrize("exact_below", [20_000, 0])
def test_the_nearest_vector_is_itself_with_and_without_the_coarse_step(
    monkeypatch: pytest.MonkeyPatch, exact_below: int
) -> None:
    monkeypatch.setattr(index_module, "_EXACT_BELOW", exact_below)
    rows = _unit(3000)
    table = VectorTable()
    for number, row in enumerate(rows):
        table.add(number, row)
    for number in (0, 1500, 2999):
        best, cosine = table.search(rows[number], 3)[0]
        assert best == number
        assert cosine == pytest.approx(1, abs=0.01)
    table.remove(1500)
    assert table.search(rows[1500], 1)[0][0] != 1500
    assert table.cosines([1500, 2], rows[2]) == {2: pytest.approx(1, abs=0.01)}


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=60))
def test_rows_are_used_again(steps: list[tuple[int, bool]]) -> None:
    rows = _unit(21, 16)
    table, kept = VectorTable(), set[int]()
    for number, is_added in steps:
        if is_added:
            table.add(number, rows[number])
            kept.add(number)
        else:
            table.remove(number)
            kept.discard(number)
    assert len(table) == len(kept)
    assert {number for number, _ in table.search(rows[0], 50)} == kept
