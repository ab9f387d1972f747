"""The sample province holds what the product promises of it."""

import unicodedata
from collections import Counter
from datetime import date

import pytest

from demo import content, encodings, pages
from demo.server import SampleSites
from demo.sources import ENTRIES

TODAY = date(2026, 11, 18)


def test_there_are_six_publishers_and_at_least_120_pages_and_60_tips() -> None:
    assert len(content.publishers()) == 6
    assert len(content.pages()) >= 120
    assert len(content.tips()) == 60
    assert {page.publisher for page in content.pages()} == set(content.publishers())


def test_every_kind_and_fault_is_there() -> None:
    kinds = Counter(page.kind for page in content.pages())
    assert set(kinds) == {
        *("notice", "rumour_report", "rumour", "correction"),
        *("sport", "opinion", "criticism", "general"),
    }
    quirks = Counter(page.quirk for page in content.pages() if page.quirk)
    assert {"bad_html", "tcvn3", "windows-1258", "nfd", "forbidden", "empty_body"} <= set(quirks)
    assert sum(bool(page.byline) for page in content.pages()) >= 50
    assert sum(bool(page.comments) for page in content.pages()) >= 20


def test_paths_are_unique_and_texts_are_composed() -> None:
    places = [(page.publisher, page.path) for page in content.pages()]
    assert len(places) == len(set(places))
    for page in content.pages():
        for text in (page.title, page.lead, *page.paragraphs):
            assert unicodedata.is_normalized("NFC", text)


def test_every_quotation_of_the_hints_stands_on_its_page() -> None:
    by_place = {(page.publisher, page.path): page for page in content.pages()}
    for hint in content.correction_hints():
        for one in hint["evidence"]:
            page = by_place[(one["publisher"], one["path"])]
            assert one["quote"] in " ".join((page.title, page.lead, *page.paragraphs))


@pytest.mark.parametrize(
    "letters", ["ăâđêôơư", "àảãáạằẳẵắặầẩẫấậ", "èẻẽéẹềểễếệìỉĩíị", "òỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"]
)
def test_windows_1258_reads_back(letters: str) -> None:
    back = encodings.windows_1258(letters).decode("cp1258")
    assert unicodedata.normalize("NFC", back) == letters


def test_tcvn3_is_one_byte_a_letter() -> None:
    text = "Cấm xe tải qua cầu Mỹ Huê trong năm ngày"
    assert len(encodings.tcvn3(text)) == len(text)
    assert encodings.tcvn3("àđĂ") == b"\xb5\xae\xa1"


def test_the_sites_serve_every_page_feed_and_sitemap() -> None:
    sites = SampleSites(8000, TODAY)
    for page in content.pages():
        status, _, body = sites.answer(page.publisher + content.SUFFIX + ":8000", page.path)
        assert (status, bool(body)) == (200, True)
    for publisher, entries in ENTRIES.items():
        for _, path, _ in entries:
            assert sites.answer(publisher + content.SUFFIX, path)[0] == 200
    assert sites.answer("nobody.localhost", "/")[0] == 404
    assert sites.answer("kiem-tin.localhost", "/khong-co")[0] == 404


def test_forbidden_pages_lie_where_robots_forbids() -> None:
    for page in content.pages():
        assert (page.quirk == "forbidden") == page.path.startswith("/noi-bo/")


def test_the_listing_pattern_finds_the_pages_of_the_broadcaster() -> None:
    from crawlers.listing import links

    publisher = content.publishers()["dai-ptth"]
    mine = [page for page in content.pages() if page.publisher == publisher.id]
    body = pages.listing(publisher, mine, TODAY)
    pattern = ENTRIES["dai-ptth"][0][2]
    assert pattern is not None
    found = links(body, "text/html; charset=utf-8", f"http://{publisher.host}:8000/tin-moi", pattern)
    assert len(found) == len(mine)
