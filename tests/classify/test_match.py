"""Claim matching: the same claim in other words, and not the next one to it."""

from collections.abc import Sequence

import numpy as np
import pytest

from classify.encoder import Vectors
from classify.match import ClaimIndex, Hit

KNOWN = {
    1: "Hộ nghèo được nhận 5 triệu đồng ăn Tết, gửi hình căn cước và số tài khoản để nhận",
    2: "Uống nước lá mãng cầu xiêm chữa khỏi ung thư phổi",
    3: "Có nhóm người bắt cóc trẻ em trước cổng trường ở Càng Long",
    4: "Từ 1/12 ai chưa cập nhật sinh trắc học sẽ bị khóa tài khoản ngân hàng",
    5: "Học sinh nghỉ học hai tuần vì dịch tay chân miệng",
    6: "Gọi ‹phone·07·1a2b3c4d› để nộp phạt nguội, không nộp sẽ bị bắt",
}


@pytest.fixture
def index() -> ClaimIndex:
    built = ClaimIndex()
    for number, claim in KNOWN.items():
        built.add(number, claim)
    return built


@pytest.mark.parametrize(
    ("query", "known"),
    [
        ("nghe nói hộ nghèo được 5tr ăn tết phải gửi hình cccd với stk có thật k", 1),
        ("la mang cau xiem tri ung thu phoi", 2),
        ("bat coc con nit truoc truong o cang long", 3),
        ("Tài khoản ngân hàng bị khóa từ 1/12 nếu chưa cập nhật sinh trắc học", 4),
        ("hs dc nghi hoc 2 tuan vi tay chan mieng", 5),
        ("có số ‹phone·07·1a2b3c4d› gọi kêu nộp phạt nguội", 6),
    ],
)
def test_the_same_claim_is_found_and_matched(index: ClaimIndex, query: str, known: int) -> None:
    best = index.search(query)[0]
    assert best.id == known
    assert best.is_match


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("ho ngheo duoc 2 trieu an tet, gui hinh can cuoc va so tai khoan", "số tiền"),
        ("bắt cóc trẻ em trước cổng trường ở Mỏ Cày", "nơi"),
        ("nước lá mãng cầu xiêm chữa khỏi tiểu đường", "bệnh"),
    ],
)
def test_another_value_is_another_claim_and_is_named(index: ClaimIndex, query: str, value: str) -> None:
    best = index.search(query)[0]
    assert not best.is_match
    assert best.differs is not None
    assert best.differs.startswith(value)


def test_nothing_in_common_finds_nothing(index: ClaimIndex) -> None:
    assert not any(hit.is_match for hit in index.search("trời hôm nay đẹp quá, đi chơi thôi"))


def test_scores_are_probabilities_with_reasons(index: ClaimIndex) -> None:
    hits = index.search("tài khoản ngân hàng bị khóa", k=5)
    assert hits[0].id == 4
    assert all(0 <= hit.score <= 1 for hit in hits)
    assert all(hit.reasons and all(isinstance(weight, float) for _, weight in hit.reasons) for hit in hits)


def test_the_claim_with_another_value_stays_in_front_of_claims_about_other_things(index: ClaimIndex) -> None:
    index.add(8, "Hộ nghèo được nhận 9 triệu đồng ăn Tết, gửi hình căn cước và số tài khoản để nhận")
    hits = index.search("Hộ nghèo được nhận 9 triệu ăn Tết, gửi hình căn cước và số tài khoản", k=2)
    assert [hit.id for hit in hits] == [8, 1]
    assert hits[1].differs is not None
    assert hits[0].score > 0.5 > hits[1].score


class Counting:
    """Vectors by one word, and how many texts were encoded."""

    name = "counting"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return np.array([[1.0, 0.1] if "ngập" in text else [0.1, 1.0] for text in texts], dtype=np.float32)


def test_each_known_text_is_encoded_once_and_bare_questions_not_at_all() -> None:
    encoder = Counting()
    built = ClaimIndex(encoder)
    built.add_all([(1, "Vĩnh Long ngập sâu vì triều cường"), (2, "Cầu Cổ Chiên cấm xe tải")])
    built.search("đường phố ngập hết rồi")
    built.search("duong pho ngap het roi")
    assert len(encoder.texts) == 3


def test_meaning_finds_what_shares_no_word() -> None:
    texts = [(1, "Vĩnh Long ngập sâu vì triều cường"), (2, "Cầu Cổ Chiên cấm xe tải")]
    with_meaning, by_words = ClaimIndex(Counting()), ClaimIndex()
    with_meaning.add_all(texts)
    by_words.add_all(texts)
    assert by_words.search("phố xá ngập lút mắt cá") != with_meaning.search("phố xá ngập lút mắt cá")
    assert [hit.id for hit in with_meaning.search("nhà cửa toàn nước ngập", 1)] == [1]


def test_adding_and_removing_show_in_the_next_search(index: ClaimIndex) -> None:
    index.add(7, "Cầu Mỹ Thuận đóng cửa vì nứt trụ")
    assert index.search("cầu mỹ thuận nứt trụ đóng cửa")[0].id == 7
    index.remove(7)
    index.remove(7)
    assert all(hit.id != 7 for hit in index.search("cầu mỹ thuận nứt trụ đóng cửa"))
    assert len(index) == len(KNOWN)


def test_adding_the_same_id_again_replaces_it(index: ClaimIndex) -> None:
    index.add(2, "Ăn tỏi sống phòng được bạch hầu")
    assert len(index) == len(KNOWN)
    assert index.search("ăn tỏi sống phòng bạch hầu")[0].id == 2
    assert all(hit.id != 2 for hit in index.search("lá mãng cầu xiêm"))


def test_an_empty_index_and_an_empty_text() -> None:
    assert ClaimIndex().search("gì cũng được") == []
    built = ClaimIndex()
    built.add(1, "một tin lạ")
    assert built.search("") == []
    assert built.search("một tin lạ", k=0) == []


def test_a_differing_value_is_never_a_match() -> None:
    assert Hit(1, 0.9, None).is_match
    assert not Hit(1, 0.9, "số tiền: a / b").is_match
    assert not Hit(1, 0.4, None).is_match


def test_copies_with_other_figures_do_not_crowd_out_the_claim_with_the_same_ones() -> None:
    """Twenty claims of one wording and other amounts; the one with the asked amount is worded otherwise."""
    index = ClaimIndex()
    crowd = "Mỗi hộ bị ngập triều cường được nhận {} triệu đồng nếu nộp phí hồ sơ 250.000 đồng"
    worded = "Hộ bị ngập triều cường được nhận {} triệu đồng, phải nộp phí hồ sơ 250 nghìn đồng"
    index.add_all([(amount, (worded if amount == 12 else crowd).format(amount)) for amount in range(3, 23)])
    found = index.search(crowd.format(12), k=3)
    assert [hit.id for hit in found if hit.is_match] == [12] == [found[0].id]
    assert index.among(crowd.format(12), range(3, 23), 1)[0].id == 12
    assert not any(hit.is_match for hit in index.search(crowd.format(40), k=3)), "control: nobody says this"
