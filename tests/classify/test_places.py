"""Place names of before and after the merger of 2025."""

import pytest

from classify.errors import GazetteerError
from classify.places import Gazetteer

HOME = Gazetteer("86")


@pytest.mark.parametrize(
    "text",
    [
        "xã Càng Long có dịch", "huyện Vũng Liêm", "chợ Trà Ôn đông", "tra vinh mua lon",
        "benh vien ben tre", "TP. Vĩnh Long",
        "Xã Quới Thiện vừa phát thông báo", "Cần Thơ và Vĩnh Long", "tỉnh Bến Tre cũ", "huyen mang thit",
    ],
)  # fmt: skip
def test_local(text: str) -> None:
    assert HOME.is_local(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hà Nội hôm nay", "bà con bình an, minh tân", "Châu Thành", "đường Nguyễn Huệ phường 1",
        "người ở bình minh sớm", "",
        "Sài Gòn kẹt xe", "thu phi gui xe",
    ],
)  # fmt: skip
def test_not_local(text: str) -> None:
    assert not HOME.is_local(text)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("xã Tân Long Hội", ["Xã Tân Long Hội, Vĩnh Long"]),
        ("tỉnh Trà Vinh", ["Vĩnh Long"]),
        ("huyện Càng Long", ["Vĩnh Long"]),
        ("tỉnh Bạc Liêu", ["Cà Mau"]),
        ("không có nơi nào", []),
    ],
)
def test_names_resolve_to_todays_units(text: str, units: list[str]) -> None:
    assert HOME.places(text) == units


def test_each_unit_is_named_once() -> None:
    assert HOME.places("Trà Vinh, tỉnh Bến Tre và Vĩnh Long") == ["Vĩnh Long"]


def test_found_places_stand_where_they_say() -> None:
    text = "ở huyện Vũng Liêm đó"
    (hit,) = HOME.found(text)
    assert text[hit.start : hit.end] == "Vũng Liêm"


def test_another_province_has_other_places() -> None:
    assert Gazetteer("92").is_local("Cần Thơ mưa lớn")
    assert Gazetteer("92").province == "Cần Thơ"


def test_an_unknown_province_is_refused_by_its_code() -> None:
    with pytest.raises(GazetteerError, match="00"):
        Gazetteer("00")
