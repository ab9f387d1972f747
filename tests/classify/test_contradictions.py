"""Two texts that share a figure and contradict in another are two claims; leaving one out is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.values import differs, values
from tests.classify.wild import ENDLESS, wild

quick = settings(deadline=None, max_examples=60)


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (
            "được nhận 3,5 triệu đồng nếu nộp phí 250.000 đồng",
            "được nhận 7 triệu đồng nếu nộp phí 250 nghìn",
            "số tiền: 3.500.000 đồng / 7.000.000 đồng",
        ),
        ("giảm 10% và 20%", "giảm 10% và 30%", "tỷ lệ: 20% / 30%"),
        ("từ 1/12 đến 15/12", "từ 1/12 đến 20/12", "ngày: 15/12 / 20/12"),
        ("3 người chết, 5 người mất tích", "3 người chết, 8 người mất tích", "con số (người): 5 / 8"),
        ("năm 2025 và năm 2026", "năm 2025 và năm 2027", "ngày: năm 2026 / năm 2027"),
    ],
)
def test_one_shared_figure_does_not_hide_another(one: str, other: str, told: str) -> None:
    assert differs(values(one), values(other)) == told


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("nhận 3,5 triệu, phí 250.000 đồng", "nhận 3tr5"),
        ("giảm 10% rồi 20%", "giảm 10%"),
        ("từ 1/12 đến 15/12", "từ ngày 1 tháng 12"),
        ("3 người chết, 5 người mất tích", "3 người chết"),
        ("công an và ngân hàng gọi nộp phạt", "công an và bưu điện gọi nộp phạt"),
        ("ngày 1/12", "thứ hai"),
    ],
)
def test_what_one_side_leaves_out_is_no_contradiction(one: str, other: str) -> None:
    assert differs(values(one), values(other)) is None
    assert differs(values(other), values(one)) is None


@quick
@given(st.sets(st.integers(1, 400), max_size=4), st.sets(st.integers(1, 400), max_size=4))
def test_amounts_differ_when_each_side_has_one_of_its_own(one: set[int], other: set[int]) -> None:
    texts = [", ".join(f"{amount}.000 đồng" for amount in sorted(side)) for side in (one, other)]
    told = differs(*map(values, texts))
    assert (told is not None) == bool(one - other and other - one)


@quick
@given(wild, wild)
def test_whether_two_texts_differ_has_no_direction(one: str, other: str) -> None:
    a, b = values(one), values(other)
    assert (differs(a, b) is None) == (differs(b, a) is None)
    assert differs(a, a) is None


@pytest.mark.parametrize("text", ENDLESS, ids=lambda text: repr(text[:8]))
def test_the_longest_text_has_values(text: str) -> None:
    found = values(text)
    assert differs(found, found) is None
