"""Opposite statements are told apart; the same statement in other words is not one's own opposite."""

import pytest

from classify.negation import stance, told
from classify.synonyms import standard


def _told(a: str, b: str) -> str | None:
    return told(stance(standard(a)), stance(standard(b)))


@pytest.mark.parametrize(
    ("a", "b", "name"),
    [
        ("Khám tim miễn phí cho trẻ em", "Khám tim cho trẻ em phải trả tiền", "miễn phí"),
        ("Thẻ cũ vẫn dùng được", "Thẻ cũ hết hạn", "như thường"),
        ("Phà ngừng chạy vì gió", "Phà vẫn chạy bình thường", "đóng, ngừng"),
        ("Lá vối chữa hết tiểu đường", "Lá vối không chữa được tiểu đường", "chữa"),
        ("Ai chưa đổi thẻ sẽ bị phạt", "Chưa đổi thẻ không bị phạt", "bị phạt"),
        ("Công ty tăng lương công nhân", "Công ty giảm lương công nhân", "tăng"),
    ],
)
def test_opposites_are_named(a: str, b: str, name: str) -> None:
    for first, second in ((a, b), (b, a)):
        said = _told(first, second)
        assert said is not None
        assert said.startswith("ý trái ngược: ")
        assert name in said


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Khám tim miễn phí cho trẻ em", "Coi tim cho con nít khỏi trả tiền"),
        ("Phà ngừng chạy vì gió", "Phà tạm ngưng vì gió"),
        ("Uống lá vối hết tiểu đường có thật không?", "Uống lá vối hết tiểu đường"),
    ],
)
def test_the_same_statement_in_other_words_is_no_opposite(a: str, b: str) -> None:
    assert _told(a, b) is None
    assert _told(b, a) is None
