"""Numbers in words and figures, with what they count."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.quantities import Quantity, read
from classify.text import strip_marks

ONES = ["", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("người bảy lăm tuổi", "tuổi", 75), ("4 bữa nữa", "ngày", 4), ("bốn bữa nữa", "ngày", 4),
        ("ngập sáu tấc", "cm", 60), ("ngập 60cm", "cm", 60), ("kéo dài một quý", "tháng", 3),
        ("hai tuần liền", "ngày", 14), ("gió giật cấp mười ba", "cấp", 13), ("cơn bão thứ chín", "số", 9),
        ("bão số 9", "số", 9), ("trước sáu giờ chiều", "giờ", 18), ("18 giờ", "giờ", 18),
        ("chục bận", "lần", 10),
        ("bon dua nho", "người", 4), ("2.000 người", "người", 2000),
    ],
)  # fmt: skip
def test_a_quantity_in_any_words_is_one_number(text: str, unit: str, number: float) -> None:
    assert Quantity(unit, number) in read(text).counted


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("ba trăm rưỡi", 350_000), ("bắt đóng trăm hai", 120_000), ("bốn lăm triệu", 45_000_000),
        ("hai chục triệu", 20_000_000), ("chục triệu", 10_000_000), ("triệu rưỡi", 1_500_000),
        ("một triệu hai trăm rưỡi", 1_250_000), ("một triệu hai trăm ngàn", 1_200_000),
        ("một triệu hai", 1_200_000),
        ("nửa triệu", 500_000), ("năm chục ngàn", 50_000), ("nam tram ngan", 500_000),
    ],
)  # fmt: skip
def test_money_is_read_as_people_say_it(text: str, amount: int) -> None:
    assert read(text).money == {amount}


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("mười hai tháng mười một", "12/11"), ("tháng bảy trở đi", "tháng 7"), ("rằm tháng chín", "15/9"),
        ("mùng một tháng giêng", "1/1"), ("thứ bảy này", "thứ 7"),
    ],
)  # fmt: skip
def test_dates_in_words(text: str, date: str) -> None:
    assert date in read(text).dates


@pytest.mark.parametrize(
    "text", ["từ từ rồi tính", "ba tôi đi chợ", "miền nam mưa", "sau đó", "không có gì", ""]
)
def test_words_that_only_look_like_numbers_count_nothing(text: str) -> None:
    found = read(text)
    assert not found.counted | found.money


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_tens_and_units_are_read_with_and_without_diacritics(tens: int, units: int, bare: bool) -> None:
    text = f"{ONES[tens]} mươi {ONES[units]} triệu" if tens > 1 else f"mười {ONES[units]} triệu"
    assert read(strip_marks(text) if bare else text).money == {(tens * 10 + units) * 1_000_000}
