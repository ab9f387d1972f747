"""The parts of the gate that stand alone, against their definitions."""

import math

import numpy as np
import pytest

from classify.scope import WINDOW_SYLLABLES, rough_windows, weighted, windows
from classify.sentences import Span


def test_weights_of_terms_have_unit_length_and_dampened_counts() -> None:
    idf = np.array([2.0, 3.0, 5.0], dtype=np.float32)
    at, values = weighted(["a", "b", "a", "x"], {"a": 0, "b": 1, "c": 2}, idf)
    assert at.tolist() == [0, 1]
    raw = [(1 + math.log(2)) * 2, 3.0]
    assert values == pytest.approx([one / math.hypot(*raw) for one in raw], rel=1e-6)
    at, values = weighted(["x"], {"a": 0}, idf)
    assert (len(at), len(values)) == (0, 0)


def spans(*sizes: int) -> list[Span]:
    return [Span(0, 0, " ".join(["từ"] * size)) for size in sizes]


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ((WINDOW_SYLLABLES,), [1]),
        ((60, WINDOW_SYLLABLES - 60), [2]),
        ((60, WINDOW_SYLLABLES - 59), [1, 1]),
        ((60, WINDOW_SYLLABLES - 60, 1, 5), [2, 2]),
        ((WINDOW_SYLLABLES + 40, 1), [1, 1]),
        ((), []),
    ],
)
def test_a_window_holds_as_many_sentences_as_fit(sizes: tuple[int, ...], groups: list[int]) -> None:
    assert [len(group) for group in windows(spans(*sizes))] == groups


def test_a_long_text_is_looked_at_in_windows_and_a_short_one_as_it_is() -> None:
    short = "từ " * (WINDOW_SYLLABLES - 1) + "từ"
    assert rough_windows(short) == [short]
    assert rough_windows(short.replace(" ", "\n")) == [short.replace(" ", "\n")]
    sentence = " ".join(["từ"] * 55) + "."
    assert rough_windows(f"{sentence} {sentence}\n{sentence}") == [f"{sentence} {sentence}", sentence]
