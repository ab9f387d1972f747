"""No cell runs as a formula, and plain text stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.escape import escape_cell

PASSED_OVER = " \u00a0\u3000\ufeff"
STARTS = "=+-@＝＋－＠\t\r\n\0"


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("before", ["", " ", "\ufeff", "\u00a0", " \ufeff \u3000"])
def test_what_could_start_a_formula_is_made_text(start: str, before: str) -> None:
    cell = f"{before}{start}cmd|' /C calc'!A0"
    assert escape_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("text", ["", "Lá đu đủ", "5 triệu = lừa", "a-b", "   ", "https://a.vn/?q=1", "“=1”"])
def test_plain_text_stays(text: str) -> None:
    assert escape_cell(text) == text


@given(st.text())
def test_no_text_starts_a_formula_afterwards(text: str) -> None:
    shown = escape_cell(text)
    assert shown.lstrip(PASSED_OVER)[:1] not in STARTS or not shown.lstrip(PASSED_OVER)
    assert shown.removeprefix("'") in {text, text.removeprefix("'")}


@given(st.text())
def test_escaping_twice_changes_nothing_more(text: str) -> None:
    assert escape_cell(escape_cell(text)) == escape_cell(text)
