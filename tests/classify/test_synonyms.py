"""South, north, officials and chat: one standard word; the table is well formed."""

import pytest

from classify.synonyms import TABLE, marked_share, standard


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Chích ngừa ở nhà thương", "Tiêm ở bệnh viện"), ("ghe bể", "thuyền vỡ"), ("con nít", "trẻ em"),
        ("thag nay fai nop", "tháng này phải nộp"), ("giay bhyt", "giấy bảo hiểm y tế"),
        ("khỏi trả tiền", "miễn phí"),
    ],
)  # fmt: skip
def test_variants_have_one_standard(one: str, other: str) -> None:
    assert standard(one) == standard(other)


def test_a_word_that_only_looks_alike_without_diacritics_stays() -> None:
    assert standard("ma quỷ") != standard("mẹ quỷ")
    assert standard("má đi chợ") == standard("mẹ đi chợ")


def test_the_table_has_two_columns_no_doubles_and_its_order() -> None:
    rows = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()]
    assert all(len(row) == 2 and all(row) for row in rows)
    variants = [row[0] for row in rows]
    assert len(set(variants)) == len(variants) > 400
    assert variants == sorted(variants)


def test_the_share_of_marked_words() -> None:
    assert marked_share("nguoi gia duoc tien") == 0
    assert marked_share("người già được tiền") == 1
    assert marked_share("") == 0
