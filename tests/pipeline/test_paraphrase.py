"""Rule 6's six words, however the quotation is dressed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.paraphrase import LONGEST_RUN, shared_run

WORDS = [
    "một",
    "hai",
    "ba",
    "bốn",
    "năm",
    "sáu",
    "bảy",
    "tám",
    "chín",
    "mười",
    "nhà",
    "cửa",
    "ruộng",
    "vườn",
    "sông",
    "nước",
]
word = st.sampled_from(WORDS)


@given(st.lists(word, min_size=7, max_size=20), st.lists(word, max_size=5), st.lists(word, max_size=5))
def test_a_run_of_seven_is_found_wherever_it_stands(
    run: list[str], before: list[str], after: list[str]
) -> None:
    assert shared_run(" ".join([*before, *run, *after]), [" ".join(run)]) is not None


@given(st.integers(1, LONGEST_RUN))
def test_a_run_of_six_or_less_is_fine(length: int) -> None:
    source = [f"chung{at}" for at in range(length)] + [f"tin{at}" for at in range(10)]
    written = [f"báo{at}" for at in range(10)] + [f"chung{at}" for at in range(length)]
    assert shared_run(" ".join(written), [" ".join(source)]) is None


@pytest.mark.parametrize(
    "written",
    [
        "Hộ nghèo nhận 3 triệu đồng nếu đóng phí",
        "ho ngheo nhan 3 trieu dong neu dong phi",
        "HỘ NGHÈO, nhận — 3 triệu đồng (nếu đóng phí)",
        "“Hộ nghèo nhận 3 triệu đồng nếu…”",
    ],
)
def test_case_marks_and_punctuation_hide_nothing(written: str) -> None:
    assert shared_run(written, ["nghe nói hộ nghèo nhận 3 triệu đồng nếu đóng phí hồ sơ"]) is not None


def test_the_run_is_named_as_it_was_written() -> None:
    run = shared_run(
        "Tin rằng Hộ Nghèo nhận 3 triệu đồng nếu đóng", ["hộ nghèo nhận 3 triệu đồng nếu đóng phí"]
    )
    assert str(run) == "hộ nghèo nhận 3 triệu đồng nếu"


def test_short_or_unrelated_texts_share_nothing() -> None:
    assert shared_run("", ["a b c d e f g h"]) is None
    assert shared_run("một hai ba", ["một hai ba"]) is None
    assert shared_run("một hai ba bốn năm sáu bảy tám", []) is None
