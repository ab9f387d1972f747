"""Amounts as people say them, and numbers that are no money."""

import pytest

from classify.money import number
from classify.values import values


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("2 triệu rưỡi", {2_500_000}),
        ("triệu rưỡi", {1_500_000}),
        ("một triệu hai", {1_200_000}),
        ("hai mươi mốt triệu", {21_000_000}),
        ("1 triệu 250 ngàn", {1_250_000}),
        ("1 triệu 25 ngàn", {1_025_000}),
        ("1tr250", {1_250_000}),
        ("1 tỷ 2", {1_200_000_000}),
        ("500 000 đồng", {500_000}),
        ("500,000 VNĐ", {500_000}),
        ("3.500.000.000 đồng", {3_500_000_000}),
        ("50k/người", {50_000}),
        ("3-5 triệu", {3_000_000, 5_000_000}),
        ("1,5-2 triệu", {1_500_000, 2_000_000}),
        ("lương 7tr-10tr", {7_000_000, 10_000_000}),
        ("nửa tỷ", {500_000_000}),
        ("trăm nghìn", {100_000}),
        ("bốn trăm tỉ", {400_000_000_000}),
        ("nhận 2 triệu 5 người", {2_000_000}),
        ("3 triệu 6 tháng đầu", {3_000_000}),
        ("ba triệu hai đứa", {3_000_000}),
        ("500k 1 suất", {500_000}),
        ("500 nghìn 1 tháng", {500_000}),
        ("vài trăm triệu", set()),
        ("2 cụ già tử vong", set()),
        ("năm 2025 triệu tập", set()),
        ("triệu chứng sốt", set()),
        ("ngàn năm có một", set()),
        ("5 đồng chí", set()),
        ("200 ca mắc", set()),
        ("9" * 500 + " đồng", set()),
    ],
)
def test_amounts(text: str, amounts: set[int]) -> None:
    assert values(text).amounts == amounts


def test_a_range_of_money_is_no_date() -> None:
    assert values("phí 3-5 triệu").dates == set()
    assert values("tiêm 2-3 lần").dates == set()
    assert values("ngày 3-5").dates == {"3/5"}


@pytest.mark.parametrize(
    ("written", "value"), [("1.200.000", 1_200_000), ("1,5", 1.5), ("1.5", 1.5), ("12", 12), ("1,200", 1200)]
)
def test_signs_in_numbers(written: str, value: float) -> None:
    assert number(written) == value
