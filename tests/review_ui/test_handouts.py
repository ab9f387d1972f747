"""What is carried elsewhere: share card, notice, spoken text, embedded card, short address, changes."""

import io
import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from pypdf import PdfReader

from models.desk import Staff
from models.vocabulary import Language
from pipeline import publishing
from pipeline.compose import Desk
from pipeline.publishing import CorrectionInput
from review_ui.security import EMBEDDED_HEADERS, HEADERS
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import SITE, TEXT, Browser, MovingClock, add_claim, decide, publish, words

ENGLISH = CorrectionInput(
    "Papaya leaf cures no dengue", "It is said to.", "It does not.", "We asked.", "See a doctor."
)


@pytest.fixture
def slug(desk: Desk, staff: dict[str, Staff]) -> str:
    """A published correction in Vietnamese and English."""
    claim_id = add_claim(desk)
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    made = publish(desk, claim_id, staff["chi"].id)
    publishing.revise(desk, made, staff["chi"].id, {Language.EN: ENGLISH}, "Thêm tiếng Anh")
    return made


def meta(page: str) -> dict[str, str]:
    """The Open Graph values of a page."""
    return {
        name: unescape(value)
        for name, value in re.findall(r'<meta property="([^"]+)" content="([^"]*)">', page)
    }


def test_a_page_names_its_picture_and_the_picture_is_there(browse: OpenBrowser, slug: str) -> None:
    reader = browse()
    page = reader.get(f"/dinh-chinh/{slug}").text
    told = meta(page)
    assert told["og:title"] == f"Sai sự thật: {TEXT.title}"
    assert told["og:url"] == f"{SITE}/dinh-chinh/{slug}"
    assert told["og:image"] == f"{SITE}/dinh-chinh/{slug}/the.png"
    picture = reader.get(told["og:image"].removeprefix(SITE))
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    drawn = reader.get(f"/dinh-chinh/{slug}/the.svg")
    assert drawn.headers["content-type"] == "image/svg+xml; charset=utf-8"
    assert TEXT.title in drawn.text
    assert (
        reader.get(f"/dinh-chinh/{slug}/the.svg", **{"if-none-match": drawn.headers["etag"]}).status_code
        == 304
    )


def test_each_language_has_a_page_and_a_card_of_its_own(browse: OpenBrowser, slug: str) -> None:
    reader = browse()
    english = reader.get(f"/dinh-chinh/{slug}?lang=en").text
    assert meta(english)["og:title"] == f"False: {ENGLISH.title}"
    assert meta(english)["og:image"].endswith("/the.png?lang=en")
    linked = re.findall(r'rel="alternate" hreflang="(\w+)" href="([^"]+)"', english)
    assert dict(linked) == {
        "vi": f"{SITE}/dinh-chinh/{slug}",
        "en": f"{SITE}/dinh-chinh/{slug}?lang=en",
    }
    assert ENGLISH.title in reader.get(f"/dinh-chinh/{slug}/the.svg?lang=en").text
    data = json.loads(reader.get(f"/dinh-chinh/{slug}.json?lang=en").text)
    assert data["inLanguage"] == "en"
    assert data["claimReviewed"] == ENGLISH.said
    assert data["reviewRating"]["alternateName"] == "False"
    assert "claimant" not in json.dumps(data).lower()
    assert "author" not in data["itemReviewed"]


def test_a_language_without_a_text_falls_back_and_says_so(browse: OpenBrowser, slug: str) -> None:
    reader = browse()
    page = reader.get(f"/dinh-chinh/{slug}?lang=km").text
    assert f'<link rel="canonical" href="{SITE}/dinh-chinh/{slug}">' in page
    assert 'hreflang="km" href' not in page.split("</head>")[0]
    assert TEXT.title in page
    assert TEXT.title in reader.get(f"/dinh-chinh/{slug}/the.svg?lang=km").text


def test_a_khmer_text_has_a_card_and_a_sheet_like_any_other(
    browse: OpenBrowser, desk: Desk, slug: str, staff: dict[str, Staff]
) -> None:
    khmer = replace(ENGLISH, title="ស្លឹកល្ហុង")
    publishing.revise(desk, slug, staff["chi"].id, {Language.KM: khmer}, "Thêm tiếng Khmer")
    reader = browse()
    page = reader.get(f"/dinh-chinh/{slug}?lang=km").text
    assert meta(page)["og:image"] == f"{SITE}/dinh-chinh/{slug}/the.png?lang=km"
    assert reader.get(f"/dinh-chinh/{slug}/the.png?lang=km").content.startswith(b"\x89PNG")
    sheet = reader.get(f"/dinh-chinh/{slug}/ban-in?lang=km")
    assert khmer.title in sheet.text
    made = reader.get(f"/dinh-chinh/{slug}/ban-in.pdf?lang=km").content
    resources: Any = PdfReader(io.BytesIO(made)).pages[0]["/Resources"]
    assert any("NotoSansKhmer" in str(one.get_object()) for one in resources["/Font"].values())


def test_the_sheet_for_a_notice_board_is_one_page(browse: OpenBrowser, slug: str) -> None:
    reader = browse()
    sheet = reader.get(f"/dinh-chinh/{slug}/ban-in")
    for text in (TEXT.title, TEXT.said, TEXT.truth, TEXT.what_to_do, TEXT.contact, "Sai sự thật"):
        assert text in words(sheet)
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in sheet.text
    made = reader.get(f"/dinh-chinh/{slug}/ban-in.pdf")
    assert made.headers["content-type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(made.content)).pages
    assert len(pages) == 1
    assert "/d/" in pages[0].extract_text()


def test_the_short_address_leads_to_the_page(browse: OpenBrowser, slug: str) -> None:
    reader = browse()
    found = re.search(r'href="https://desk\.test(/d/[0-9a-f]{10})"', reader.get(f"/dinh-chinh/{slug}").text)
    assert found
    answer = reader.get(found[1])
    assert (answer.status_code, answer.headers["location"]) == (302, f"/dinh-chinh/{slug}")
    assert reader.get(found[1] + "?lang=en").headers["location"] == f"/dinh-chinh/{slug}?lang=en"
    for nowhere in ("/d/0123456789", "/d/xyz", "/d/" + "0" * 11, "/d/%25%25%25%25%25%25%25%25%25%25"):
        assert reader.get(nowhere).status_code == 404


def test_half_a_minute_to_read_out(browse: OpenBrowser, slug: str) -> None:
    reader = browse()
    page = words(reader.get(f"/dinh-chinh/{slug}/doc-loa"))
    assert "hai ngày" in page
    assert "một một năm" in page
    assert re.search(r"\d+ tiếng · khoảng \d+ giây", page)
    plain = reader.get(f"/dinh-chinh/{slug}/doc-loa.txt")
    assert plain.headers["content-type"].startswith("text/plain")
    assert not re.search(r"\d", plain.text)


def test_a_card_may_be_framed_and_runs_nothing(browse: OpenBrowser, slug: str) -> None:
    answer = browse().get(f"/nhung/{slug}")
    assert {name: answer.headers.get(name) for name in HEADERS} == EMBEDDED_HEADERS
    assert "frame-ancestors *" in answer.headers["content-security-policy"]
    assert "script" not in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
    assert "<script" not in answer.text
    assert "<form" not in answer.text
    assert f'href="{SITE}/dinh-chinh/{slug}"' in answer.text
    assert TEXT.title in answer.text


def test_control_no_other_page_may_be_framed(browse: OpenBrowser, slug: str) -> None:
    reader = browse()
    for path in ("/", f"/dinh-chinh/{slug}", f"/dinh-chinh/{slug}/ban-in", "/dang-nhap", "/nhungkhac"):
        assert "frame-ancestors 'none'" in reader.get(path).headers["content-security-policy"]


def test_a_version_shows_the_words_that_changed(
    browse: OpenBrowser, desk: Desk, slug: str, staff: dict[str, Staff]
) -> None:
    changed = replace(TEXT, truth=TEXT.truth.replace("điều trị", "chữa trị"))
    publishing.revise(desk, slug, staff["chi"].id, {Language.VI: changed}, "Dùng chữ dễ hiểu hơn")
    reader = browse()
    page = reader.get(f"/dinh-chinh/{slug}/phien-ban/2/so-sanh")
    assert re.findall(r"<del>(.*?)</del>", page.text)[1:] == ["điều "]  # the first one is the key
    assert re.findall(r"<ins>(.*?)</ins>", page.text)[1:] == ["chữa "]
    assert "Dùng chữ dễ hiểu hơn" in words(page)
    assert f"/dinh-chinh/{slug}/phien-ban/2/so-sanh" in reader.get(f"/dinh-chinh/{slug}").text
    for nowhere in ("1/so-sanh", "3/so-sanh", "2/so-sanh?lang=en"):
        assert reader.get(f"/dinh-chinh/{slug}/phien-ban/{nowhere}").status_code == 404


def test_corrections_of_corrections_are_listed_newest_first(
    desk: Desk, slug: str, staff: dict[str, Staff], moving: MovingClock
) -> None:
    for n in range(5):
        moving.forward(minutes=1)
        changed = replace(TEXT, truth=f"Không có loại lá nào thay được bác sĩ, lần {n}.")
        publishing.revise(desk, slug, staff["chi"].id, {Language.VI: changed}, f"Lần {n}")
    with desk.reading() as session:
        first = publishing.revisions(session, limit=2)
        rest = publishing.revisions(session, before=first[-1].key)
    assert [one.reason for one in (*first, *rest)] == [f"Lần {n}" for n in (4, 3, 2, 1, 0)]
    assert {one.slug for one in first} == {slug}
    assert first[0].rating == first[0].rating_before
    assert [one.version for one in first] == [6, 5]


def test_what_lacks_a_language_is_a_task(browse: OpenBrowser, desk: Desk, slug: str) -> None:
    with desk.reading() as session:
        (task,) = publishing.untranslated(session)
    assert task.missing == [Language.KM]
    assert task.title == TEXT.title
    assert slug
    shown = browse("chi").get("/ban-lam-viec").text
    assert f"/ban-lam-viec/{task.claim_id}/dinh-chinh?tieng=km" in shown
    assert "dinh-chinh?tieng=km" not in browse("an").get("/ban-lam-viec").text


def test_pages_stay_small_and_load_nothing_from_elsewhere(browse: OpenBrowser, slug: str) -> None:
    reader: Browser = browse()
    for path in ("", "/ban-in", "/doc-loa", "/phien-ban/1"):
        page = reader.get(f"/dinh-chinh/{slug}{path}")
        assert len(page.content) < 60_000
        loaded = re.findall(r'<(?:img|script|iframe)[^>]+src="([^"]+)"', page.text)
        assert [one for one in loaded if not one.startswith("/tinh/")] == []
