"""The stretches that an editor marks are exactly those of more than six shared words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.paraphrase import LONGEST_RUN, SharedSpan, shared_run, shared_spans

TEXT = st.lists(st.sampled_from("abcd"), max_size=14)


def held(written: list[str], sources: list[list[str]], longest: int) -> list[bool]:
    """Word by word: whether some run of more than `longest` words over it stands in one source."""
    marks = [False] * len(written)
    for source in sources:
        runs = [
            source[i:j] for i in range(len(source)) for j in range(i + 1, len(source) + 1) if j - i > longest
        ]
        for run in runs:
            for at in range(len(written)):
                if written[at : at + len(run)] == run:
                    marks[at : at + len(run)] = [True] * len(run)
    return marks


@given(TEXT, st.lists(TEXT, max_size=2), st.integers(1, 3))
def test_every_word_of_a_shared_run_is_marked_and_no_other(
    written: list[str], sources: list[list[str]], longest: int
) -> None:
    text, others = " ".join(written), [" ".join(one) for one in sources]
    spans = shared_spans(text, others, longest)
    marked = [any(span.start <= 2 * at < span.end for span in spans) for at in range(len(written))]
    assert marked == held(written, sources, longest)
    assert [len(text[span.start : span.end].split()) for span in spans] == [span.n_words for span in spans]
    assert (shared_run(text, others, longest) is not None) == bool(spans)


def test_two_stretches_are_two_and_punctuation_is_no_word() -> None:
    written = "Một, hai; ba - bốn năm sáu bảy! khác Một hai ba bốn năm sáu bảy"
    source = "mot hai ba bon nam sau bay"
    assert shared_spans(written, [source]) == [SharedSpan(0, 30, 7), SharedSpan(37, 63, 7)]
    assert written[0:30] == "Một, hai; ba - bốn năm sáu bảy"
    assert shared_spans(written, ["một hai ba bốn năm sáu"]) == []
    assert shared_spans(written, []) == []
    assert shared_spans("", [source]) == []


@pytest.mark.parametrize("n", [LONGEST_RUN, LONGEST_RUN + 1])
def test_the_whole_source_and_the_whole_text_count(n: int) -> None:
    words = ["mot", "hai", "ba", "bon", "nam", "sau", "bay"][:n]
    found = shared_run(" ".join(words), [" ".join(words)])
    assert (found is not None) == (n > LONGEST_RUN)
    assert len(shared_spans(" ".join(words), [" ".join(words)])) == (n > LONGEST_RUN)
    if found:
        assert str(found) == " ".join(words)


def test_six_words_are_the_limit() -> None:
    assert LONGEST_RUN == 6
