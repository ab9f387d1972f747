"""The package of Cà Mau: what it holds, and what a desk there reads."""

from functools import cache
from pathlib import Path

import pytest

from classify.places import Gazetteer
from classify.reader import Reader
from models.vocabulary import Topic
from pipeline import provincecheck, provinces
from pipeline.check import Checker
from pipeline.provinces import Province
from pipeline.readers import make_reader
from pipeline.settings import load

CODE = "96"
FEWEST_TEXTS = 120
CLAIM = "Trung tâm Dịch vụ việc làm {} mở phiên giao dịch việc làm ngày 14/3, người lao động không mất phí."


@cache
def package() -> Province:
    found = provinces.find(CODE)
    assert found is not None
    return found


@cache
def places() -> Gazetteer:
    return Gazetteer(CODE, provinces.local_names(package()))


@cache
def reader(code: str = CODE) -> Reader:
    return make_reader(b"a key of the test alone", code)


def test_the_package_holds_what_it_promises() -> None:
    checked = provincecheck.check(package())
    assert checked.problems == ()
    assert checked.switched_on == 0
    assert checked.gate.protected_admitted == 0
    assert checked.gate.admitted == 0
    assert set(checked.gate.by_topic) == set(Topic)
    assert all(kept for kept, _ in checked.gate.by_topic.values())


def test_there_are_enough_texts_and_none_twice() -> None:
    texts = [one.text for one in provinces.gate_texts(package())] + provinces.protected_texts(package())
    assert len(texts) == len(set(texts)) >= FEWEST_TEXTS


@pytest.mark.parametrize(
    "text",
    [
        "tỉnh Bạc Liêu", "Bạc Liêu mưa lớn", "bac lieu hom nay", "huyện Năm Căn", "huyen Nam Can",
        "Ngọc Hiển", "thị xã Giá Rai", "huyện Hồng Dân", "Đầm Dơi", "Trần Văn Thời", "thị trấn Sông Đốc",
        "Cái Nước", "Gành Hào", "Đất Mũi", "phường Tân Thành và xã Đất Mũi",
        # names of the package alone
        "ngoài Hòn Khoai", "phà Năm Căn ngưng chạy", "pha nam can ngung chay", "ghe đậu ở Vàm Đầm",
        "cửa Bồ Đề cạn nước", "cống Tắc Thủ mở",
    ],
)  # fmt: skip
def test_places_of_before_and_of_today_are_local(text: str) -> None:
    assert places().is_local(text)


@pytest.mark.parametrize(
    "text",
    ["tỉnh Bến Tre", "Trà Vinh", "chợ Vũng Liêm", "Hà Nội", "phường Bồ Đề, Hà Nội", "hòn đá bên vàm rạch"],
)
def test_places_elsewhere_are_not(text: str) -> None:
    assert not places().is_local(text)


def test_names_resolve_to_units_of_today() -> None:
    assert places().places("tỉnh Bạc Liêu") == ["Cà Mau"]
    assert places().places("ra Hòn Đá Bạc chơi") == ["Xã Đá Bạc, Cà Mau"]
    # the control: without the package the island is no place
    assert Gazetteer(CODE).places("ra Hòn Khoai chơi") == []


def test_a_desk_of_the_province_marks_its_own_texts() -> None:
    here, there = (reader().read(CLAIM.format(name)) for name in ("Bạc Liêu", "Bến Tre"))
    assert (here.in_scope, here.is_local) == (True, True)
    assert (there.in_scope, there.is_local) == (True, False)
    # the control: at home in Vĩnh Long it is the other way round
    assert not reader("86").read(CLAIM.format("Bạc Liêu")).is_local
    assert reader("86").read(CLAIM.format("Bến Tre")).is_local


@pytest.mark.parametrize(("place", "is_local"), [("Bạc Liêu", True), ("Bến Tre", False)])
def test_check_answers_for_the_province_of_the_desk(tmp_path: Path, place: str, is_local: bool) -> None:
    file = tmp_path / "kiemchung.toml"
    file.write_text('[desk]\nprovince = "96"\n', encoding="utf-8")
    answer = Checker(load(file, {})).answer(CLAIM.format(place))
    assert (answer["in_scope"], answer["local"]) == (True, is_local)
