"""The public door: corrections, search, feeds, open data."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import text

from models.desk import Staff
from models.searching import fold
from models.vocabulary import Language, Opinion
from pipeline import processes, publishing
from pipeline.compose import Desk
from review_ui.app import create_app
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import (
    EVIDENCE,
    NOW,
    SITE,
    TEXT,
    Browser,
    MovingClock,
    add_claim,
    add_source,
    decide,
    publish,
    words,
)

ENGLISH = replace(
    TEXT,
    title="Papaya leaves do not cure dengue",
    said="A leaf is said to cure a fever.",
    truth="No leaf replaces care at a clinic.",
    how_known="We read the notice of the health department.",
    what_to_do="Go to the clinic after two days of fever.",
)


@pytest.fixture
def slug(desk: Desk, staff: dict[str, Staff]) -> str:
    """A published correction."""
    claim_id = add_claim(desk, source_id=add_source(desk), tip="Bà con ơi uống lá đu đủ là hết bệnh liền nha")
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    return publish(desk, claim_id, staff["chi"].id)


def test_an_empty_desk_says_so_and_what_comes(browse: OpenBrowser) -> None:
    page = words(browse().get("/"))
    assert "Chưa có bản đính chính nào" in page
    assert "Gửi tin cần kiểm chứng" in page


def test_the_front_page_shows_what_is_new(browse: OpenBrowser, slug: str) -> None:
    page = browse().get("/")
    assert f"/dinh-chinh/{slug}" in page.text
    assert "Sai sự thật" in words(page)


def test_sample_data_says_so_on_every_page(desk: Desk, slug: str) -> None:
    with Browser(create_app(desk, "Dữ liệu mẫu.")) as reader:
        for path in ("/", f"/dinh-chinh/{slug}", "/khong-co", "/dang-nhap"):
            assert "Dữ liệu mẫu." in words(reader.get(path)), path


def test_a_correction_says_what_is_said_true_known_and_to_do(browse: OpenBrowser, slug: str) -> None:
    page = words(browse().get(f"/dinh-chinh/{slug}"))
    for part in (TEXT.title, TEXT.said, TEXT.truth, TEXT.how_known, TEXT.what_to_do, TEXT.contact):
        assert part in page
    for part in (EVIDENCE.quote, EVIDENCE.publisher, "10/11/2026", "Nguồn gốc", "Khiếu nại bản này"):
        assert part in page


def test_a_correction_shows_nothing_of_the_desk_or_of_who_asked(browse: OpenBrowser, slug: str) -> None:
    page = browse().get(f"/dinh-chinh/{slug}").text
    for hidden in ("Bà con ơi", "0.7", "0,63", "chữa dứt", ">an<", ">binh<", ">chi<", "staff:"):
        assert hidden not in page


def test_the_data_block_is_claim_review_without_a_claimant(browse: OpenBrowser, slug: str) -> None:
    reader = browse()
    block = re.search(
        r'<script type="application/ld\+json">(.*?)</script>', reader.get(f"/dinh-chinh/{slug}").text
    )
    assert block
    data = json.loads(block[1])
    assert data == reader.get(f"/dinh-chinh/{slug}.json").json()
    assert data["@type"] == "ClaimReview"
    assert data["url"] == f"{SITE}/dinh-chinh/{slug}"
    assert "author" not in data["itemReviewed"]
    assert data["reviewRating"]["alternateName"] == "Sai sự thật"


def test_words_cannot_close_the_data_block(browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]) -> None:
    claim_id = add_claim(desk)
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    text = replace(TEXT, said="Có người nói </script><script>alert(1)</script> như vậy.")
    page = browse().get(f"/dinh-chinh/{publish(desk, claim_id, staff['chi'].id, text)}").text
    assert page.count("</script>") == 1


def test_every_version_stays_readable(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff], slug: str
) -> None:
    changed = replace(TEXT, truth="Lá đu đủ không thay được thuốc và việc theo dõi ở trạm y tế.")
    publishing.revise(desk, slug, staff["chi"].id, {Language.VI: changed}, "Viết cho dễ hiểu hơn")
    reader = browse()
    now, old = reader.get(f"/dinh-chinh/{slug}"), reader.get(f"/dinh-chinh/{slug}/phien-ban/1")
    assert changed.truth in words(now)
    assert "Viết cho dễ hiểu hơn" in words(now)
    assert TEXT.truth in words(old)
    assert "lời văn cũ" in words(old)
    assert reader.get(f"/dinh-chinh/{slug}/phien-ban/3").status_code == 404


def test_a_correction_in_english_and_one_that_is_not_yet(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff], slug: str
) -> None:
    reader = browse()
    assert "Not translated yet" in words(reader.get(f"/dinh-chinh/{slug}?lang=en"))
    publishing.revise(desk, slug, staff["chi"].id, {Language.EN: ENGLISH}, "Thêm tiếng Anh")
    page = reader.get(f"/dinh-chinh/{slug}?lang=en")
    assert '<html lang="en">' in page.text
    for part in ("What is true", ENGLISH.truth, "Primary source", "False"):
        assert part in words(page)
    assert TEXT.truth in words(reader.get(f"/dinh-chinh/{slug}"))


@pytest.mark.parametrize("path", ["/", "/phuong-phap", "/quy-tac", "/so-lieu"])
def test_pages_for_visitors_stand_in_english_too(path: str, browse: OpenBrowser) -> None:
    page = browse().get(f"{path}?lang=en").text
    assert '<html lang="en">' in page
    assert f'href="{path}" lang="vi"' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("lá đu đủ", True),
        ("la du du", True),
        ("LA DU DU sot", True),
        ("đu  đủ", True),
        ("muỗi", True),
        ("bão số 5", False),
        ("", False),
        ("%", False),
        ("la du du xang", False),
    ],
)
def test_search_works_with_and_without_diacritics(
    query: str, found: bool, browse: OpenBrowser, slug: str
) -> None:
    page = browse().client.get("/tim", params={"q": query})
    assert (f"/dinh-chinh/{slug}" in page.text) is found


def test_folding_takes_every_mark_away() -> None:
    assert fold("ĐƯỜNG Đê Điều, Ế Ẩ ỡ") == "duong de dieu, e a o"


def test_a_topic_holds_its_corrections_alone(browse: OpenBrowser, slug: str) -> None:
    reader = browse()
    assert slug in reader.get("/chu-de/health").text
    assert slug not in reader.get("/chu-de/disaster").text
    assert reader.get("/chu-de/child-safety").status_code == 200
    for wrong in ("/chu-de/politics", "/chu-de/child_safety", "/chu-de/"):
        assert reader.get(wrong).status_code == 404


def test_long_topics_are_paged(browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]) -> None:
    for _ in range(22):
        claim_id = add_claim(desk, topic="disaster")
        decide(desk, claim_id, staff["an"].id, staff["binh"].id)
        publish(desk, claim_id, staff["chi"].id)
    reader = browse()
    assert reader.get("/chu-de/disaster").text.count("<article") == 20
    assert reader.get("/chu-de/disaster?trang=2").text.count("<article") == 2
    assert reader.get("/chu-de/disaster?trang=abc").status_code == 200


def test_json_feed_holds_the_answer(browse: OpenBrowser, slug: str) -> None:
    feed = browse().get("/feed.json").json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["items"][0]["url"] == f"{SITE}/dinh-chinh/{slug}"
    assert TEXT.truth in feed["items"][0]["content_text"]


@pytest.mark.parametrize(
    ("path", "entry"), [("/rss.xml", "item"), ("/atom.xml", "{http://www.w3.org/2005/Atom}entry")]
)
def test_xml_feeds_are_well_formed_and_hold_the_answer(
    path: str, entry: str, browse: OpenBrowser, slug: str
) -> None:
    tree = ET.fromstring(browse().get(path).text)  # noqa: S314 -- our own words
    entries = list(tree.iter(entry))
    assert len(entries) == 1
    text = " ".join(entries[0].itertext())
    assert TEXT.title in text
    assert slug in text + str([link.attrib for link in entries[0]])


def test_an_empty_feed_does_not_change_from_call_to_call(browse: OpenBrowser, moving: MovingClock) -> None:
    reader = browse()
    first = reader.get("/atom.xml").headers["etag"]
    moving.forward(minutes=5)
    assert reader.get("/atom.xml").headers["etag"] == first


def test_the_data_feed_holds_every_correction(browse: OpenBrowser, slug: str) -> None:
    feed = browse().get("/claimreview.json").json()
    assert [one["item"][0]["url"] for one in feed["dataFeedElement"]] == [f"{SITE}/dinh-chinh/{slug}"]


def test_no_cell_of_the_open_data_runs_as_a_formula(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]
) -> None:
    claim_id = add_claim(desk)
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    text = replace(TEXT, title="=HYPERLINK(1)", said="  +1 là như vậy đó", what_to_do="@SUM(1)")
    publish(desk, claim_id, staff["chi"].id, text)
    body = browse().get("/open-data/corrections.csv").text
    row = next(csv.DictReader(io.StringIO(body.removeprefix("\ufeff"))))
    assert row["title"] == "'=HYPERLINK(1)"
    assert row["said"].startswith("'")
    assert row["what_to_do"] == "'@SUM(1)"
    assert row["rating"] == "false"


def test_the_sitemap_names_pages_that_open(browse: OpenBrowser, slug: str) -> None:
    reader = browse()
    tree = ET.fromstring(reader.get("/sitemap.xml").text)  # noqa: S314 -- our own words
    named = [str(one.text) for one in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert f"{SITE}/dinh-chinh/{slug}" in named
    assert len(named) > 15
    for address in named:
        assert reader.get(address.removeprefix(SITE)).status_code == 200, address
    assert f"{SITE}/sitemap.xml" in reader.get("/robots.txt").text


def test_every_link_of_the_front_page_opens(browse: OpenBrowser, slug: str) -> None:
    reader = browse()
    links = set(re.findall(r'href="(/[^"#]*)"', reader.get("/").text))
    assert f"/dinh-chinh/{slug}" in links
    for link in links:
        assert reader.get(link.replace("&amp;", "&")).status_code == 200, link


def test_unproven_is_never_shown_as_false(browse: OpenBrowser, desk: Desk, staff: dict[str, Staff]) -> None:
    claim_id = add_claim(desk)
    decide(desk, claim_id, staff["an"].id, staff["binh"].id, Opinion.UNPROVEN)
    page = browse().get(f"/dinh-chinh/{publish(desk, claim_id, staff['chi'].id)}")
    assert "Chưa có bằng chứng" in words(page)
    assert "Sai sự thật" not in words(page)


def test_the_sources_are_named_with_what_they_are(browse: OpenBrowser, desk: Desk) -> None:
    add_source(desk, "benh-vien", "health")
    page = words(browse().get("/nguon"))
    assert "Báo Mẫu benh-vien" in page
    assert "Cơ sở y tế" in page


def test_the_log_can_be_verified_by_anybody(browse: OpenBrowser, slug: str) -> None:
    import hashlib

    reader = browse()
    lines = [json.loads(line) for line in reader.get("/nhat-ky.jsonl").text.splitlines()]
    previous = "0" * 64
    for line in lines:
        names = ("seq", "at", "actor", "action", "subject", "detail_sha256", "previous")
        packed = json.dumps([line[name] for name in names], ensure_ascii=False)
        assert line["previous"] == previous
        assert hashlib.sha256(packed.encode()).hexdigest() == line["digest"]
        previous = line["digest"]
    assert previous in reader.get("/nhat-ky").text
    assert f"correction:{slug}" in [line["subject"] for line in lines]
    later = reader.get(f"/nhat-ky.jsonl?tu={len(lines)}").text.splitlines()
    assert len(later) == 1
    assert reader.get("/nhat-ky.jsonl?tu=-1").status_code == 200


@pytest.mark.usefixtures("slug")
def test_the_figures_page_tells_when_data_are_too_few(browse: OpenBrowser) -> None:
    reader = browse()
    page = reader.get("/so-lieu")
    assert "Chưa đủ dữ liệu" in words(page)
    assert page.text.count("data:image/svg+xml,") == 4  # each wide and narrow
    chart = reader.get("/so-lieu/answered.svg")
    assert chart.headers["content-type"].startswith("image/svg+xml")
    ET.fromstring(chart.text)  # noqa: S314 -- our own drawing
    assert reader.get("/so-lieu/score.svg").status_code == 404


def test_health_says_only_that_it_is_well(browse: OpenBrowser) -> None:
    answer = browse().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_ready_says_what_is_missing(browse: OpenBrowser, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = browse()
    answer = reader.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready\n")
    assert answer.headers["cache-control"] == "no-store"
    monkeypatch.setattr(processes, "ROOM", 1.1)
    answer = reader.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready: disk\n")
    with desk.sessions.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    answer = reader.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready: schema\n")
    assert reader.get("/healthz").status_code == 200


def test_dates_are_written_as_locals_write_them(
    browse: OpenBrowser, desk: Desk, staff: dict[str, Staff], moving: MovingClock
) -> None:
    moving.now = NOW + timedelta(hours=16)  # the next day in Viet Nam already
    claim_id = add_claim(desk)
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    slug = publish(desk, claim_id, staff["chi"].id)
    assert "02:00, 19/11/2026" in words(browse().get(f"/dinh-chinh/{slug}"))
