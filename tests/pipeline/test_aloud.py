"""Figures are said as they are said in the south: numbers, dates, times, money, telephone numbers, units."""

import re

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from models.vocabulary import Rating
from pipeline.aloud import aloud
from pipeline.numberwords import DIGITS, LARGEST, cardinal, decimal, spelled
from pipeline.publishing import CorrectionInput
from pipeline.spoken import MAX_SYLLABLES, sentences, spoken, syllables_aloud

SAID = {
    0: "không",
    10: "mười",
    15: "mười lăm",
    20: "hai mươi",
    21: "hai mươi mốt",
    24: "hai mươi tư",
    55: "năm mươi lăm",
    100: "một trăm",
    105: "một trăm lẻ năm",
    110: "một trăm mười",
    111: "một trăm mười một",
    999: "chín trăm chín mươi chín",
    1_000: "một ngàn",
    1_001: "một ngàn không trăm lẻ một",
    2_026: "hai ngàn không trăm hai mươi sáu",
    10_500: "mười ngàn năm trăm",
    1_000_005: "một triệu không trăm lẻ năm",
    2_500_000: "hai triệu năm trăm ngàn",
    1_000_000_000: "một tỷ",
    3_000_000_021: "ba tỷ không trăm hai mươi mốt",
}
SENTENCES = [
    ("ngày 10/11/2026", "ngày mùng mười tháng mười một năm hai ngàn không trăm hai mươi sáu"),
    ("Từ 05/04/2026 trở đi", "Từ ngày mùng năm tháng tư năm hai ngàn không trăm hai mươi sáu trở đi"),
    ("ngày 31/12", "ngày ba mươi mốt tháng mười hai"),
    ("tối 24/12", "tối ngày hai mươi tư tháng mười hai"),
    ("ngày 1 tháng 4 năm 2026", "ngày mùng một tháng tư năm hai ngàn không trăm hai mươi sáu"),
    ("tháng 4/2026", "tháng tư năm hai ngàn không trăm hai mươi sáu"),
    (
        "từ ngày 10/11 đến 20/11",
        "từ ngày mùng mười tháng mười một đến ngày hai mươi tháng mười một",
    ),
    ("ngày 32/13", "ngày ba mươi hai trên mười ba"),
    ("7h30", "bảy giờ ba mươi phút"),
    ("lúc 08:05", "lúc tám giờ năm phút"),
    ("19h00", "mười chín giờ"),
    ("500.000 đồng", "năm trăm ngàn đồng"),
    ("1,5 triệu đồng", "một phẩy năm triệu đồng"),
    ("phí 200k", "phí hai trăm ngàn đồng"),
    ("1.234.567đ", "một triệu hai trăm ba mươi tư ngàn năm trăm sáu mươi bảy đồng"),
    ("gọi 115", "gọi một một năm"),
    ("115 người", "một trăm mười lăm người"),
    ("gọi 111 hoặc 113.", "gọi một một một hoặc một một ba."),
    ("0912345678", "không chín một hai, ba bốn năm, sáu bảy tám"),
    ("gọi 0270 3822 333", "gọi không hai bảy không, ba tám hai hai, ba ba ba"),
    ("1900 9095", "một chín không không, chín không chín năm"),
    ("độ mặn 4‰", "độ mặn bốn phần ngàn"),
    ("12,5%", "mười hai phẩy năm phần trăm"),
    ("35 km", "ba mươi lăm ki lô mét"),
    ("38°C", "ba mươi tám độ C"),
    ("0,05 mg", "không phẩy không năm mi li gam"),
    ("5-10 ngày", "năm đến mười ngày"),
    ("Nghị định 168/2024/NĐ-CP", "Nghị định số một trăm sáu mươi tám năm hai ngàn không trăm hai mươi tư"),
    ("UBND TP. Vĩnh Long.", "Ủy ban nhân dân thành phố Vĩnh Long."),
    ("theo UBND. Mai", "theo Ủy ban nhân dân. Mai"),
    ("xem vinhlong.gov.vn/tin/123", "xem vinhlong chấm gov chấm vn"),
    ("Covid-19", "Covid mười chín"),
    ("quốc lộ 1A", "quốc lộ 1A"),
]


@pytest.mark.parametrize(("number", "words"), SAID.items())
def test_numbers_are_said_as_in_the_delta(number: int, words: str) -> None:
    assert cardinal(number) == words


@pytest.mark.parametrize(("written", "said"), SENTENCES)
def test_what_is_written_is_said_right(written: str, said: str) -> None:
    assert aloud(written) == said


# an independent reading back: from words to the number
_UNIT = {**{word: at for at, word in enumerate(DIGITS)}, "mốt": 1, "tư": 4, "lăm": 5, "mười": 10}


def heard(words: str) -> int:
    """The number that somebody who hears these words writes down."""
    if " tỷ" in words:
        front, _, back = words.rpartition(" tỷ")
        return heard(front) * 10**9 + (heard(back.strip()) if back.strip() else 0)
    total = group = 0
    for word in words.split():
        if word in {"triệu", "ngàn"}:
            total += group * (10**6 if word == "triệu" else 10**3)
            group = 0
        elif word == "trăm":
            group *= 100
        elif word == "mươi":
            group += group % 10 * 9
        elif word != "lẻ":
            group += _UNIT[word]
    return total + group


def test_what_is_said_is_heard_as_the_same_number() -> None:
    numbers = [*range(12_000), *range(99_990, 100_020), 10**9, 10**12 + 5, LARGEST]
    assert [number for number in numbers if heard(cardinal(number)) != number] == []


@given(st.integers(0, LARGEST))
@budget(max_examples=400, deadline=None)
def test_every_number_is_heard_right(number: int) -> None:
    assert heard(cardinal(number)) == number


def test_control_a_speaker_who_leaves_out_empty_hundreds_is_misheard() -> None:
    careless = cardinal(1_000_021).replace("không trăm ", "").replace("triệu hai mươi", "triệu hai trăm")
    assert heard(careless) != 1_000_021


def test_no_number_beyond_the_words_is_guessed() -> None:
    with pytest.raises(ValueError, match="not said"):
        cardinal(LARGEST + 1)
    assert aloud("9" * 20) == "9" * 20
    assert decimal(2, "05") == "hai phẩy không năm"
    assert spelled("007") == "không không bảy"


@given(st.text(alphabet="0123456789 .,/-:hđ%kmngàyáthgọi", max_size=60))
@budget(max_examples=300, deadline=None)
def test_nothing_that_is_typed_breaks_it(text: str) -> None:
    once = aloud(text)
    assert aloud(once) == once or re.search(r"\d", once)


TEXT = CorrectionInput(
    title="Không có khoản hỗ trợ 5 triệu đồng",
    said="Có tin nói rằng mỗi hộ được nhận 5 triệu đồng nếu nộp 200.000 đồng trước.",
    truth="Ngân hàng Chính sách xã hội không thu phí. Không có chương trình nào như vậy.",
    how_known="Thông báo ngày 10/11/2026.",
    what_to_do="Đừng chuyển tiền. Hỏi tổ trưởng tổ vay vốn.",
    contact="Tổng đài 1900 9095.",
)


def test_the_text_for_loudspeakers_says_all_that_is_needed_in_half_a_minute() -> None:
    made = spoken(TEXT, Rating.FALSE, "Bàn tin Vĩnh Long")
    assert made.derived
    assert made.syllables <= MAX_SYLLABLES
    assert made.seconds <= 30
    for needed in (
        "sai sự thật",
        "không thu phí",
        "Đừng chuyển tiền",
        "chín không chín năm",
        "năm triệu đồng",
    ):
        assert needed in made.text
    assert not re.search(r"\d", made.text)


def test_a_lead_can_write_another_text() -> None:
    from dataclasses import replace

    own = spoken(replace(TEXT, spoken="Bà con đừng nộp 200.000 đồng."), Rating.FALSE, "Bàn tin")
    assert not own.derived
    assert own.text == "Bà con đừng nộp hai trăm ngàn đồng."


FIELD = st.text(alphabet="aăâ bcdđ eê.,!?\n 0123456789/:%", max_size=1_500)


@given(FIELD, FIELD, FIELD, FIELD, st.sampled_from(list(Rating)))
@budget(max_examples=60, deadline=None)
def test_it_never_takes_longer_than_half_a_minute(
    said: str, truth: str, todo: str, contact: str, rating: Rating
) -> None:
    made = spoken(CorrectionInput("t", said, truth, "h", todo, contact), rating, "Bàn tin Vĩnh Long")
    assert made.syllables <= MAX_SYLLABLES
    assert "Tin này" in made.text


def test_the_longest_texts_are_cut_and_lose_no_part() -> None:
    long = CorrectionInput("t", "đồn " * 1_000, "thật " * 800, "h", "làm " * 1_000, "gọi nơi này " * 300)
    made = spoken(long, Rating.MISLEADING, "Bàn tin")
    assert made.syllables <= MAX_SYLLABLES
    for word in ("đồn", "thật", "làm", "gọi nơi này", "gây hiểu lầm"):
        assert word in made.text


def test_a_point_inside_a_number_ends_no_sentence() -> None:
    assert sentences("Phí là 1.500.000 đồng. Xem a.gov.vn nhé! Hết") == [
        "Phí là 1.500.000 đồng.",
        "Xem a.gov.vn nhé!",
        "Hết",
    ]
    assert syllables_aloud("1.500") == 4  # một ngàn năm trăm
