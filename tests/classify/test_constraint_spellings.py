"""Every way in which chats and the south write a phrase is met, and no other words are."""

import re

import pytest

from classify.constraints import PHRASES, veto
from classify.text import strip_marks

LINES = PHRASES.read_text(encoding="utf-8").splitlines()
SPOKEN = {
    "không": ["ko", "k", "hông", "hổng", "hong"],
    "được": ["đc", "dc"],
    "tôi": ["tui"],
}


def written_with(word: str) -> list[str]:
    return [line for line in LINES if word in line.removesuffix("!").split()]


@pytest.mark.parametrize(("word", "other"), [(word, other) for word in SPOKEN for other in SPOKEN[word]])
def test_every_spelling_of_a_word_is_met(word: str, other: str) -> None:
    found = written_with(word)
    assert found
    for line in found:
        spoken = re.sub(rf"\b{word}\b", other, line.removesuffix("!"))
        assert veto(f"nghe {spoken}, rồi thôi"), spoken
        assert line.endswith("!") or veto(f"nghe {strip_marks(spoken)}, roi thoi"), spoken


def test_a_phrase_that_ends_in_a_mark_means_something_else_without_its_diacritics() -> None:
    accented = [line.removesuffix("!") for line in LINES if line.endswith("!")]
    assert len(accented) > 3
    bare = [phrase for phrase in accented if strip_marks(phrase) != phrase]
    assert sum(veto(f"nghe {strip_marks(phrase)}, roi thoi") for phrase in bare) < len(bare) / 2


def test_the_beginning_of_a_phrase_is_not_the_phrase() -> None:
    phrases = [line.removesuffix("!").split() for line in LINES]
    longer = [words for words in phrases if len(words) > 2]
    assert longer
    starts = {" ".join(words[:2]) for words in longer}
    assert sum(not veto(f"nghe {start}") for start in starts) > len(starts) / 2
