"""Typed values: the same amount in any words, and the value that makes another claim."""

import pytest

from classify.values import differs, values


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("500k", {500_000}), ("nửa triệu", {500_000}), ("2tr5", {2_500_000}), ("1,5 triệu", {1_500_000}),
        ("1.5tr", {1_500_000}),
        ("hai triệu rưỡi", {2_500_000}), ("500.000đ", {500_000}), ("năm trăm ngàn", {500_000}), ("12-15tr",
        {12_000_000, 15_000_000}),
        ("300-500k", {300_000, 500_000}), ("mười lăm triệu", {15_000_000}), ("25 củ", {25_000_000}),
        ("0,5 tỷ", {500_000_000}),
        ("từ 60 đến 90 triệu", {60_000_000, 90_000_000}), ("hai trăm năm mươi nghìn", {250_000}),
        ("nhận 1.200.000 liền", {1_200_000}),
        ("2.000 công nhân", set()), ("năm 2025 có ba ca", set()), ("20 tuổi", set()),
    ],
)  # fmt: skip
def test_amounts(text: str, amounts: set[int]) -> None:
    assert values(text).amounts == amounts


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("ngày 12/1/2025", {"12/1"}), ("ngày 5 tháng 11", {"5/11"}), ("mùng 3 Tết", {"mùng 3"}),
        ("tháng 11", {"tháng 11"}),
        ("thứ tư tuần sau", {"thứ 4"}), ("năm 2026", {"năm 2026"}), ("tỷ lệ 3/4 ha 45/99", {"3/4"}),
    ],
)  # fmt: skip
def test_dates(text: str, dates: set[str]) -> None:
    assert values(text).dates == dates


def test_percent_disease_agency_and_token() -> None:
    found = values("Bệnh viện báo ung thư phổi tăng 18%, gọi ‹phone·07·1a2b3c4d›")
    assert found.percents == {18.0}
    assert found.diseases == {"ung thư phổi"}
    assert found.agencies == {"bệnh viện"}
    assert found.tokens == {"1a2b3c4d"}


@pytest.mark.parametrize(
    ("a", "b", "word"),
    [
        ("Hộ nghèo nhận 2 triệu tiền Tết", "Hộ nghèo nhận 500k tiền Tết", "số tiền"),
        ("nghỉ học ngày 16/10", "nghỉ học ngày 17/10", "ngày"),
        ("lá này hết tiểu đường", "lá này hết ung thư", "bệnh"),
        ("bệnh viện Trà Vinh hết máu", "bệnh viện Bến Tre hết máu", "nơi"),
        ("công an gọi nộp phạt", "ngân hàng gọi nộp phạt", "cơ quan"),
        ("giảm 50% tiền điện", "giảm 30% tiền điện", "tỷ lệ"),
        ("từ 75 tuổi được trợ cấp", "từ 80 tuổi được trợ cấp", "con số"),
        ("phà ngừng hoạt động từ mai", "phà mở lại từ mai", "ý trái ngược"),
        ("giá viện phí tăng", "giá viện phí giảm", "ý trái ngược"),
        ("không được rút bảo hiểm một lần", "được rút bảo hiểm một lần", "phủ định"),
    ],
)
def test_one_other_value_makes_another_claim(a: str, b: str, word: str) -> None:
    for first, second in ((a, b), (b, a)):
        told = differs(values(first), values(second))
        assert told is not None
        assert told.startswith(word)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("nhận 500k", "nhận nửa triệu"),
        ("hộ nghèo được 5 triệu có thật không?", "hộ nghèo được 5 triệu"),
        ("bắt cóc ở Càng Long", "bat coc o cang long"),
        ("nhận 2 triệu", "nhận tiền"),
        ("tiêm ngày 5/11", "tiêm ngày 5 tháng 11 năm 2026"),
        ("đái tháo đường", "tiểu đường"),
    ],
)
def test_the_same_value_in_other_words_is_the_same(a: str, b: str) -> None:
    assert differs(values(a), values(b)) is None


def test_the_amounts_are_shown_as_vietnamese_write_them() -> None:
    assert differs(values("2 triệu"), values("500k")) == "số tiền: 2.000.000 đồng / 500.000 đồng"
