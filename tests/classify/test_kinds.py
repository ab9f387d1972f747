"""Things that exclude one another: read from a text, and compared."""

import re

import pytest

from classify import kinds
from classify.match import ClaimIndex
from classify.rerank import read
from classify.text import normalise


def named(text: str) -> set[str]:
    classes = kinds._table()[0]
    return {classes[number][1][member] for number, member in kinds.kinds(text)}


def test_the_longest_words_are_taken() -> None:
    assert named("Người khuyết tật đặc biệt nặng") == {"đặc biệt nặng"}
    assert named("Hộ cận nghèo trong xã") == {"hộ cận nghèo"}


def test_without_diacritics_only_members_of_several_syllables_are_read() -> None:
    assert "bán trú" in named("hoc sinh ban tru duoc ho tro")
    assert not named("ba me vo chong")


@pytest.mark.parametrize(
    ("asked", "known", "said"),
    [
        ("Học sinh bán trú được hỗ trợ gạo.", "Học sinh nội trú được hỗ trợ gạo.", "nội trú"),
        ("Làm giấy khai tử không mất tiền.", "Làm giấy khai sinh không mất tiền.", "giấy khai sinh"),
        ("Năm nay bỏ tiền gửi xe.", "Năm sau bỏ tiền gửi xe.", "năm sau"),
    ],
)
def test_another_member_is_another_thing(asked: str, known: str, said: str) -> None:
    pairs = kinds.apart(kinds.kinds(asked), kinds.kinds(known))
    assert any(kinds.told(pair).endswith(said) for pair in pairs)
    assert not kinds.apart(kinds.kinds(known), kinds.kinds(known))


def test_what_one_side_leaves_out_it_does_not_contradict() -> None:
    both = kinds.kinds("Học sinh nội trú và bán trú được hỗ trợ gạo.")
    assert not kinds.apart(both, kinds.kinds("Học sinh nội trú được hỗ trợ gạo."))
    assert not kinds.apart(both, kinds.kinds("Được hỗ trợ gạo."))


def test_another_member_lowers_the_score_of_a_match() -> None:
    known = "Làm giấy khai sinh trễ hạn bị phạt hai triệu đồng ở xã Long Hòa."
    index = ClaimIndex()
    index.add(1, known)
    same, other = (index.search(text)[0].score for text in (known, known.replace("khai sinh", "khai tử")))
    assert other < 0.5 < same
    assert read(known).values.kinds


def test_the_table_is_written_as_the_texts_are_read() -> None:
    """NFC, lower case, no word of one class in two of its members, nothing twice."""
    rows = [line.split("\t") for line in kinds.TABLE.read_text(encoding="utf-8").splitlines()]
    seen: dict[tuple[str, str], str] = {}
    for name, member, others in rows:
        for words in filter(None, (member, *others.split("|"))):
            assert words == normalise(words).lower() == " ".join(re.findall(r"[^\W_]+", words)), words
            assert len(words.split()) <= kinds._LONGEST, words
            assert seen.setdefault((name, words), member) == member, words
    assert len({(name, member) for name, member, _ in rows}) == len(rows)
    assert all(sum(row[0] == name for row in rows) > 1 for name in {row[0] for row in rows})
