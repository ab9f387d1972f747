"""C10: no regular expression of the product can be made slow by the text that it is given."""

import re

import pytest

from tests.promises import patterns
from tests.promises.patterns import (
    LENGTH,
    compiled,
    composed,
    grows_faster,
    is_nested,
    literals,
    slow,
    texts,
    too_slow,
)

# what separates two rounds can be no part of one, so that there is one way to match; measured below as well
READ_AND_FOUND_HARMLESS = {
    "classify.features._NUMBER[0]",
    "pipeline.plainwords._FIGURE[0]",
    "review_ui.differences._WORD[0]",
}


def test_no_pattern_is_slow() -> None:
    assert too_slow(2) == []


@pytest.mark.release
def test_no_pattern_is_slow_in_full() -> None:
    assert too_slow(300) == []


def test_all_patterns_and_texts_are_there() -> None:
    assert len(texts()) >= 200
    assert {len(text) for text in texts()} == {LENGTH}
    assert len(compiled()) >= 100
    assert len(literals()) > composed()


def test_no_pattern_repeats_a_repetition() -> None:
    found = {where for where, pattern in compiled().items() if is_nested(pattern.pattern)}
    assert found <= READ_AND_FOUND_HARMLESS


@pytest.mark.parametrize("bad", [r"(a+)+$", r"(?:\w*)*!", r"([a-z]+){2,}x", r"(?P<x>\d+)*y"])
def test_control_a_repeated_repetition_is_noticed(bad: str) -> None:
    assert is_nested(bad)
    assert not is_nested(r"(?:ab){0,3}[a-z]+\s{0,9}")


def test_control_a_slow_pattern_is_noticed() -> None:
    assert slow(re.compile(r"(a+)+$"), ["a" * LENGTH + "!"])
    assert slow(re.compile(r"[a-z]{1,9}\s"), ["a" * LENGTH]) is None


def test_control_what_grows_with_the_square_is_told_from_what_is_only_dear() -> None:
    """Between the promised time and four times that, a quarter of the text decides."""
    for bad, text, grows in ((r"\s+$", " " * 6_000 + "?", True), (r"a.{0,999}!", "a" * 50_000, False)):
        assert grows_faster(re.compile(bad), text) == grows


def test_the_limit_is_the_promised_one() -> None:
    assert patterns.ALLOWED_S == 0.05
    assert patterns.LENGTH == 50_000
