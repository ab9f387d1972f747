"""What the models see: words without identity, the same for all ways of writing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.features import gate_terms, prepared, quick_terms, terms, words
from classify.mask import Masker
from classify.text import normalise, strip_marks


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Nộp 500.000đ trước 12/3", ["nop", "#4", "d", "truoc", "xdatex"]),
        ("lúc 7h30 sáng", ["luc", "xtimex", "sang"]),
        ("gọi 0937.218.446", ["goi", "xphonex"]),
        ("vô zalo.me/g/abc coi", ["vao", "xurlx", "xem"]),
        ("tui hông biết", ["toi", "khong", "biet"]),
        ("thư a.b@c.vn", ["thu", "xemailx"]),
        ("thiệt hông?!", ["thiet", "khong", "?", "!"]),
    ],
)
def test_words(text: str, seen: list[str]) -> None:
    assert words(normalise(text)) == seen


def test_text_without_marks_has_no_second_block() -> None:
    plain, accented = terms("ho ngheo nhan 2 trieu")
    assert accented == []
    assert "ho ngheo" in plain


def test_both_blocks_have_pairs() -> None:
    plain, accented = terms("hộ nghèo nhận tiền")
    assert {"ho", "ho ngheo"} <= set(plain)
    assert {"hộ", "hộ nghèo", "nhận tiền"} <= set(accented)


@given(st.text(alphabet="aăâbcdđeêhiklmnoôơ tuưvạảãáà 0123456789.,", max_size=60))
def test_the_first_block_does_not_see_marks(text: str) -> None:
    normal = normalise(text)
    assert terms(normal)[0] == terms(strip_marks(normal))[0]
    assert quick_terms(normal) == quick_terms(strip_marks(normal))


def test_masked_and_unmasked_phones_look_alike() -> None:
    masker = Masker(b"k" * 32)
    text = "gọi 0937.218.446 liền"
    assert prepared(masker.mask(text).text).split() == prepared(text).split()
    assert quick_terms(masker.mask(text).text) == quick_terms(text)


def test_no_digit_survives() -> None:
    seen = "".join(words(normalise("stk 190356789012, 0937218446, 12/3/2025, 3.500 ca, 75 tuổi, 18%")))
    assert not {c for c in seen if c.isdigit()} - set("1234")


def test_the_gate_also_reads_pairs_with_one_word_between() -> None:
    plain, accented = gate_terms("hộ nghèo được nhận 2 triệu")
    assert {"ho", "ho ngheo", "ho_duoc", "ngheo_nhan", "duoc_#1", "nhan_trieu"} <= set(plain)
    assert (plain[: len(terms("hộ nghèo được nhận 2 triệu")[0])], accented) == terms(
        "hộ nghèo được nhận 2 triệu"
    )
    assert gate_terms("") == ([], [])
    assert set(gate_terms("ho")[0]) == {"ho", "^ho", "ho$"}


def test_the_gate_also_reads_how_each_sentence_begins_and_ends() -> None:
    plain, _ = gate_terms("Hộ nghèo được nhận 2 triệu. Có thật không bà con?")
    ends = {term for term in plain if term.startswith("^") or term.endswith("$")}
    assert ends == {
        *("^ho", "^ho ngheo", "^ho ngheo duoc", "trieu$", "#1 trieu$", "nhan #1 trieu$"),
        *("^co", "^co that", "^co that khong", "?$", "con ?$", "ba con ?$"),
    }
