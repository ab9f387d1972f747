"""What is kept of a text says what the text says, and an index made of it finds the same."""

import ast
import json
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classify import readings
from classify.match import ClaimIndex
from classify.readings import Readings, digest
from classify.rerank import packed, read, terms, unpacked

OPENINGS = (
    "Mỗi hộ nghèo",
    "Người cao tuổi ở xã Long Đức",
    "Học sinh Trà Vinh",
    "Moi ho ngheo",
    "Nghe nói bà con",
)
MIDDLES = (
    "được nhận {} triệu đồng", "phải đóng {} ngàn", "không được nhận trợ cấp", "bị cắt điện ngày {}/3",
    "uống nước lá đu đủ chữa sốt xuất huyết", "se nhan {} trieu", "qua Hàn Quốc làm {} tháng, lương {}%",
)  # fmt: skip
ENDINGS = (
    "nếu nộp 250.000 đồng trước ngày 22/3", "theo công an tỉnh", "gọi ‹phone·12·0a1b2c3d›", "phải không?",
    "tin giả", "the vaccine makes people sick according to some doctors", "",
)  # fmt: skip
SAID = st.builds(
    lambda a, b, c, n: f"{a} {b} {c}".replace("{}", str(n)),
    st.sampled_from(OPENINGS), st.sampled_from(MIDDLES), st.sampled_from(ENDINGS), st.integers(1, 31),
)  # fmt: skip
TEXTS = SAID | st.text(max_size=60)
STEPS = st.lists(st.tuples(st.integers(1, 12), SAID | st.none()), min_size=3, max_size=25)


def kept_of(text: str) -> bytes:
    made = Readings()
    made.read(1, text)
    return made.kept(1, text)


def same_reading(text: str) -> None:
    """Raises AssertionError if what is kept of a text is not what is read of it."""
    data = kept_of(text)
    there = Readings()
    found = there.take(1, data)
    reading = read(text)
    assert list(found.indexed) == list(terms(text, reading))
    assert found.counted == {*reading.words, *reading.pairs}
    assert there.kept(1, text) == data
    assert there[1] == reading
    assert there.kept(1, text) == data, "the same once it was looked at"


@given(TEXTS)
@example("²")
@example("ngày ² tháng ③, đất rộng 30 m²")
@settings(max_examples=60, deadline=None)
def test_what_is_kept_is_what_is_read(text: str) -> None:
    same_reading(text)


@pytest.mark.release
@given(TEXTS)
@settings(max_examples=3000, deadline=None)
def test_what_is_kept_of_thousands_is_what_is_read(text: str) -> None:
    same_reading(text)


def same_hits(steps: list[tuple[int, str | None]], asked: list[str]) -> None:
    """Claims come, change and go in an index of texts and in one of what is kept; both find the same."""
    eager, lazy = ClaimIndex(), ClaimIndex()
    first = {number: text for number, text in steps[: len(steps) // 2] if text is not None}
    eager.add_all(list(first.items()))
    lazy.add_all(list(first.items()), kept={number: kept_of(text) for number, text in first.items()})
    for number, text in steps[len(steps) // 2 :]:
        if text is None:
            eager.remove(number)
            lazy.remove(number)
        else:
            eager.add(number, text)
            lazy.add_all([(number, text)], kept={number: kept_of(text)})
    assert len(eager) == len(lazy)
    for text in asked:
        assert lazy.search(text, 3) == eager.search(text, 3)
        assert lazy.among(text, range(13), 3) == eager.among(text, range(13), 3)


@given(STEPS, st.lists(SAID, min_size=2, max_size=4))
@settings(max_examples=12, deadline=None)
def test_an_index_of_what_is_kept_finds_the_same(
    steps: list[tuple[int, str | None]], asked: list[str]
) -> None:
    same_hits(steps, asked)


@pytest.mark.release
@given(STEPS, st.lists(SAID, min_size=2, max_size=4))
@settings(max_examples=300, deadline=None)
def test_an_index_of_what_is_kept_finds_the_same_hundreds_of_times(
    steps: list[tuple[int, str | None]], asked: list[str]
) -> None:
    same_hits(steps, asked)


def test_control_a_value_that_is_not_kept_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same checks over a form that leaves out the amounts."""
    write = readings._written

    def without_amounts(text: str, data: bytes) -> bytes:
        line, _, rest = write(text, data).partition(b"\n")
        typed, *others = json.loads(zlib.decompress(rest))
        return line + b"\n" + zlib.compress(json.dumps([[[], *typed[1:]], *others]).encode())

    monkeypatch.setattr(readings, "_written", without_amounts)
    said = "Mỗi hộ nghèo được nhận {} triệu đồng"
    with pytest.raises(AssertionError):
        same_reading(said.format(3))
    with pytest.raises(AssertionError):
        same_hits([(1, said.format(3)), (2, OPENINGS[1])] * 2, [said.format(7)])


@given(TEXTS, TEXTS, st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_a_digest_fits_one_text_and_whole_bytes(text: str, other: str, at: int) -> None:
    data = kept_of(text)
    whole = digest(text, data)
    assert 0 <= whole < 2**63
    assert digest(text, data) == whole
    assert (digest(other, data) == whole) == (other == text)
    at %= len(data)
    assert digest(text, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]) != whole


def test_another_reader_knows_its_own_bytes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest("Cắt điện", b"")
    monkeypatch.setattr(readings, "reader", lambda: b"another")
    assert digest("Cắt điện", b"") != before


def imported(name: str) -> set[str]:
    """The modules of the room that a module imports."""
    tree = ast.parse((Path(readings.__file__).parent / f"{name}.py").read_text(encoding="utf-8"))
    return {
        str(one.module).removeprefix("classify.")
        for one in ast.walk(tree)
        if isinstance(one, ast.ImportFrom) and str(one.module).startswith("classify.")
    }


def test_whatever_decides_how_a_text_is_read_is_in_the_fingerprint() -> None:
    """Modules that `packed` rests on; the others compare what was read, mask, or name files."""
    others = {"align", "trees", "errors", "corpus", "identifiers", "names"}
    rests_on = set().union(*(imported(name) for name in readings.READ_BY))
    assert rests_on - others == set(readings.READ_BY) - {"readings"}


def test_the_packed_form_is_only_made_here() -> None:
    text = "Mỗi hộ nghèo được nhận 3 triệu đồng"
    assert unpacked(readings._opened(kept_of(text))) == unpacked(packed(text))
