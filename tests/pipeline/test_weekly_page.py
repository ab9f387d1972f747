"""The printable weekly page: one sheet of A4 in the browser and as PDF, whatever the week holds."""

import io
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Browser

from models.errors import KiemChungError
from pipeline import exports, metrics, report_html, report_pdf, report_weekly
from pipeline.compose import Desk
from pipeline.dictionary import ENTRIES
from pipeline.figures import COULD_NOT, Figure
from pipeline.report_weekly import WeekFacts
from tests.browsing import PATIENCE_MS
from tests.pipeline.weeks import WEEK, audited


@pytest.fixture
def closed(sqlite_desk: Desk) -> Desk:
    later = audited(sqlite_desk, unflagged=200, answered=30, late=1, missed=1)
    assert metrics.close_week(later, WEEK)
    return later


def fullest(facts: WeekFacts) -> WeekFacts:
    """The same week with every figure that a page can show, each with the longest words it can have."""
    long = COULD_NOT.format(n=1234)
    figures = [
        Figure(name, WEEK, 0.8888, 0.7777, 0.9999, 0.95, 123456, "x" * 80, enough=True, state=long)
        for name in ENTRIES
    ]
    return replace(facts, desk="Bàn kiểm chứng tỉnh Vĩnh Long, Trà Vinh và Bến Tre " * 2, figures=figures)


def test_the_printed_page_is_one_page_whatever_the_week(closed: Desk) -> None:
    facts = exports._facts(closed, WEEK)
    for one in (facts, fullest(facts)):
        made = pypdf.PdfReader(io.BytesIO(report_pdf.render(report_weekly.page(one))))
        assert len(made.pages) == 1
        assert made.pages[0].mediabox.width == pytest.approx(595.3, abs=1)
        assert made.pages[0].mediabox.height == pytest.approx(841.9, abs=1)


def test_what_cannot_be_one_page_is_refused(closed: Desk) -> None:
    page = report_weekly.page(exports._facts(closed, WEEK))
    with pytest.raises(KiemChungError, match="does not fit"):
        report_pdf.render(replace(page, blocks=[*page.blocks] * 6))


@pytest.mark.browser
def test_a_browser_prints_one_page(closed: Desk, tmp_path: Path, chromium: Browser) -> None:
    facts = exports._facts(closed, WEEK)
    several = report_html.render(report_weekly.whole(facts))  # positive control: not everything fits
    pages = [report_html.render(report_weekly.page(one)) for one in (facts, fullest(facts))]
    tab = chromium.new_page()
    tab.set_default_timeout(PATIENCE_MS)
    counted = []
    for text in (*pages, several):
        path = tmp_path / "page.html"
        path.write_bytes(text)
        tab.goto(path.as_uri())
        printed = tab.pdf(prefer_css_page_size=True)
        counted.append(len(pypdf.PdfReader(io.BytesIO(printed)).pages))
    tab.set_viewport_size({"width": 360, "height": 800})
    width = tab.evaluate("document.documentElement.scrollWidth")
    tab.close()
    assert counted[:2] == [1, 1]
    assert counted[2] > 1
    assert width <= 360


def test_the_pdf_keeps_every_vietnamese_letter(closed: Desk) -> None:
    page = report_weekly.page(exports._facts(closed, WEEK))
    text = " ".join(pypdf.PdfReader(io.BytesIO(report_pdf.render(page))).pages[0].extract_text().split())
    for words in ("Số liệu tuần", "Tin sai được trả lời đúng hạn", "Mẫu cần để chứng tỏ 90%", "Bỏ ngay vì"):
        assert words in text
    assert "\ufffd" not in text
