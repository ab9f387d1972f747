"""One normal form, one form without marks, a natural key."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.text import (
    MAX_CHARS,
    content_key,
    has_marks,
    mostly_bare,
    normalise,
    origins,
    strip_marks,
    syllables,
)

ANY = st.text(max_size=200)
LETTERS = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđbcghklmnpqrstvx ,.\n"
VIETNAMESE = st.text(alphabet=LETTERS, max_size=80)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("hoà thuỷ khoẻ uỷ ban", "hòa thủy khỏe ủy ban"),
        ("Thuỷ HOÀ Hoà", "Thủy HÒA Hòa"),
        ("quý quỳ QUÝ", "quý quỳ QUÝ"),
        ("hoàn thuyền khoẻn", "hoàn thuyền khoẻn"),
        ("Ðà Nẵng", "Đà Nẵng"),
        ("ch\u200bia s\u202eẻ", "chia sẻ"),
        ("ＡＢ１２", "AB12"),
        ("𝐊𝐡𝐚̂̉𝐧", "Khẩn"),
        ("0️⃣9️⃣", "09"),
        ("a\r\nb\u2028c\td\u00a0e", "a\nb\nc d e"),
    ],
)
def test_normal_form(written: str, normal: str) -> None:
    assert normalise(written) == normal


@given(ANY)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(VIETNAMESE)
def test_decomposed_text_is_the_same_text(text: str) -> None:
    assert normalise(unicodedata.normalize("NFD", text)) == normalise(text)


def test_length_is_capped() -> None:
    assert len(normalise("đ" * (MAX_CHARS + 5))) == MAX_CHARS


@given(VIETNAMESE)
def test_stripping_keeps_every_place(text: str) -> None:
    stripped = strip_marks(unicodedata.normalize("NFC", text))
    assert len(stripped) == len(unicodedata.normalize("NFC", text))
    assert stripped.isascii()
    assert not has_marks(stripped)


def test_stripping_folds_the_barred_d() -> None:
    assert strip_marks("Đường đời") == "Duong doi"


def test_syllables_are_lower_case_runs() -> None:
    assert syllables("Ở TP.HCM, 3 ca!") == ["ở", "tp", "hcm", "3", "ca"]


def test_key_ignores_marks_case_and_signs() -> None:
    assert content_key("Hộ nghèo nhận 2 triệu!") == content_key("HO NGHEO, nhan 2 trieu")
    assert content_key("nhận 2 triệu") != content_key("nhận 3 triệu")


@given(ANY)
def test_origins_lead_back_in_order(text: str) -> None:
    places = origins(text)
    assert len(places) == len(normalise(text)) + 1
    assert places == sorted(places)
    assert places[-1] == min(len(text), MAX_CHARS)


def test_origins_skip_what_was_removed() -> None:
    text = unicodedata.normalize("NFD", "\u200bhoà bình")
    at = normalise(text).index("bình")
    assert text[origins(text)[at] :] == unicodedata.normalize("NFD", "bình")


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("ho ngheo nhan 2 trieu o xa", True),
        ("ho ngheo nhan 2 trieu o xa Trà, nop don cho can bo ap truoc", True),
        ("hộ nghèo nhận 2 triệu", False),
        ("hộ nghèo nhan 2 trieu o xa", False),
        ("“ho ngheo” nhan 😂", True),
        ("", False),
    ],
)
def test_a_name_alone_does_not_make_a_text_with_diacritics(text: str, bare: bool) -> None:
    assert mostly_bare(text) is bare
