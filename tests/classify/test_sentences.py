"""Sentences as newspapers and phones write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.sentences import has_several, split


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Một. Hai! Ba?", ["Một.", "Hai!", "Ba?"]),
        ("TP. HCM có 3.500 ca. Hết.", ["TP. HCM có 3.500 ca.", "Hết."]),
        ("Ông A. Tư nói vậy. Ừ.", ["Ông A. Tư nói vậy.", "Ừ."]),
        ("Gồm gạo, mì, v.v. và nước. Xong.", ["Gồm gạo, mì, v.v. và nước.", "Xong."]),
        ("dòng một\ndòng hai\n\nba", ["dòng một", "dòng hai", "ba"]),
        ("trời ơi!!!thiệt hả", ["trời ơi!!!", "thiệt hả"]),
        ("khỏi bệnh.Gọi liền đi.", ["khỏi bệnh.", "Gọi liền đi."]),
        ('Chị nói "có thật." Rồi đi.', ['Chị nói "có thật."', "Rồi đi."]),
        ("1. Mang căn cước. 2. Nộp đơn.", ["1. Mang căn cước.", "2. Nộp đơn."]),
        ("😂😂 ... !!", []),
        ("", []),
    ],
)
def test_breaks(text: str, sentences: list[str]) -> None:
    assert [span.text for span in split(text)] == sentences


@given(st.text(max_size=300))
def test_spans_are_stretches_of_the_text_in_order(text: str) -> None:
    end = 0
    for span in split(text):
        assert span.text == text[span.start : span.end]
        assert span.text == span.text.strip()
        assert span.start >= end
        end = span.end


@given(st.text(max_size=300))
def test_no_letter_is_lost(text: str) -> None:
    kept = "".join(span.text for span in split(text))
    assert [c for c in kept if c.isalnum()] == [c for c in text if c.isalnum()]


@given(st.text(alphabet="aA Đ.!?…\n\"') 1", max_size=40))
def test_the_quick_look_overlooks_no_second_sentence(text: str) -> None:
    assert has_several(text) or len(split(text)) < 2


def test_the_quick_look_knows_a_single_sentence() -> None:
    assert not has_several("  Cầu Cổ Chiên thông xe ngày mai.  ")
    assert has_several("Nghe nói mai cấm phà. Ai biết không?")
