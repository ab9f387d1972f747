"""Which page is which article: canonical links, AMP copies, and articles on several pages."""

import io
from dataclasses import replace

import pypdf
import pytest
import typst
from sqlalchemy import select

from crawlers import extract, parts, worker
from crawlers.registry import EntrySpec
from models.gathered import FrontierPage, Item, Mention
from models.vocabulary import EntryKind, FrontierState, SourceKind
from tests.crawlers.child import run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.reader import make_reader
from tests.crawlers.server import Page, Site, page
from tests.crawlers.test_crawl import FILLER, RUMOUR, rss

BASE = "https://bao.vn"
U = f"{BASE}/tin/pha-ngung-chay-123.html"


def tree(html: str = "", head: str = "", mark: str = "") -> object:
    return extract.load(f"<html {mark}><head><title>x</title>{head}</head><body>{html}<p>a</p></body></html>")


@pytest.mark.parametrize(
    ("url", "base", "number"),
    [
        (U, U, 1),
        (f"{U}?page=2", U, 2),
        (f"{U}?x=1&trang=3", f"{U}?x=1", 3),
        (f"{BASE}/tin/pha-ngung-trang-2.html", f"{BASE}/tin/pha-ngung.html", 2),
        (f"{BASE}/tin/pha-ngung/page/2/", f"{BASE}/tin/pha-ngung/", 2),
        (f"{BASE}/tin/pha-ngung/trang-4", f"{BASE}/tin/pha-ngung", 4),
        (f"{BASE}/tin/pha-ngung-p2.htm", f"{BASE}/tin/pha-ngung.htm", 2),
        (f"{BASE}/tin/covid-19.html", f"{BASE}/tin/covid-19.html", 1),
        (f"{BASE}/tin/lop-2", f"{BASE}/tin/lop-2", 1),
        (f"{BASE}/2026/11", f"{BASE}/2026/11", 1),
        (f"{BASE}/?p=12", f"{BASE}/?p=12", 1),
        (f"{U}?page=x", f"{U}?page=x", 1),
        (f"{U}?page=1234", f"{U}?page=1234", 1),
        (f"{U}#page=2", U, 1),
    ],
)
def test_the_number_of_a_part(url: str, base: str, number: int) -> None:
    assert parts.part_of(url) == (base, number)


@pytest.mark.parametrize(
    ("url", "link", "found"),
    [
        (U, "?page=2", f"{U}?page=2"),
        (U, "/tin/pha-ngung-chay-123-trang-2.html", f"{BASE}/tin/pha-ngung-chay-123-trang-2.html"),
        (U, "/tin/pha-ngung-chay-123_2.html", f"{BASE}/tin/pha-ngung-chay-123_2.html"),
        (f"{BASE}/pha-ngung-chay/", "/pha-ngung-chay/2/", f"{BASE}/pha-ngung-chay/2/"),
        (U, "?page=3", ""),
        (U, "/tin/bao-so-chin-124.html", ""),
        (U, "https://khac.vn/tin/pha-ngung-chay-123.html?page=2", ""),
        (U, "javascript:page(2)", ""),
        (f"{BASE}/tin", "/tin/2", ""),
        (f"{BASE}/tin/1", "/tin/2", ""),
        (f"{BASE}/?p=1", "/?p=2", ""),
        (f"{U}?page=2", "?page=3", ""),
        ("", "?page=2", ""),
    ],
)
def test_the_next_part_is_of_the_same_article(url: str, link: str, found: str) -> None:
    for markup in (tree(head=f"<link rel='next' href='{link}'>"), tree(f"<a href='{link}'>2</a>")):
        assert parts.next_part(markup, url) == found


def test_no_more_parts_than_the_cap() -> None:
    links = "".join(f"<a href='?page={at}'>{at}</a>" for at in range(2, 12))
    wanted = [parts.next_part(tree(links), U, number) for number in range(2, 9)]
    assert wanted == [f"{U}?page={at}" for at in range(2, parts.MOST_PARTS + 1)] + [""] * 3


@pytest.mark.parametrize(
    ("markup", "url", "canonical"),
    [
        (tree(head=f"<link rel='canonical' href='{U}'>"), f"{BASE}/amp/tin/pha.html", U),
        (tree(head=f"<link rel='canonical' href='{U}'>" * 2), f"{BASE}/x", U),
        (tree(head=f"<link rel=canonical href='{U}'><link rel=canonical href='/khac'>"), f"{BASE}/tin/x", ""),
        (tree(mark="amp"), f"{BASE}/amp/tin/pha.html", f"{BASE}/tin/pha.html"),
        (tree(mark="⚡"), f"{BASE}/tin/pha/amp/", f"{BASE}/tin/pha"),
        (tree(mark="amp"), f"{BASE}/tin/pha.amp.html", f"{BASE}/tin/pha.html"),
        (tree(mark="amp"), f"{BASE}/tin/pha.html?amp=1&x=2", f"{BASE}/tin/pha.html?x=2"),
        (tree(mark="amp"), "https://amp.bao.vn/tin/pha.html", f"{BASE}/tin/pha.html"),
        (tree(), f"{BASE}/amp/tin/pha.html", ""),
        (tree("<a href='/tin/pha.html'>1</a>"), f"{BASE}/tin/pha-trang-2.html", f"{BASE}/tin/pha.html"),
        (tree("<a href='/tin/khac.html'>1</a>"), f"{BASE}/tin/pha-trang-2.html", ""),
        (tree(head="<link rel='prev' href='?page=1'>"), f"{U}?page=2", U),
        (tree(head=f"<link rel='canonical' href='{U}'>"), "", ""),
    ],
)
def test_the_address_of_a_page(markup: object, url: str, canonical: str) -> None:
    assert parts.canonical(markup, url) == canonical


def test_parts_are_joined_and_what_they_share_stands_once() -> None:
    link = "<p><a href='?page={}'>{}</a></p>"
    bodies = [
        page("Phà ngưng chạy hai giờ", FILLER, f"Phần {at}. {RUMOUR}", extra=link.format(at + 1, at + 1))
        for at in range(1, 4)
    ]
    first = extract.article(bodies[0], U)
    assert first.next_part == f"{U}?page=2"
    joined = extract.joined(first, bodies[1:], U)
    assert joined.next_part == f"{U}?page=4"
    assert [joined.text.count(words) for words in ("Phần 1.", "Phần 2.", "Phần 3.", FILLER)] == [1, 1, 1, 1]
    assert (joined.title, joined.canonical) == (first.title, first.canonical)


def test_the_worker_asks_for_the_next_part_before_it_judges() -> None:
    """What is ours may stand on a later part; without one more to be had the article is judged as it is."""
    link = "<p><a href='?page=2'>2</a></p>"
    plain = [f"{FILLER} Ai cũng vui, {FILLER.lower()} Ngày {at} cũng vậy." for at in range(3)]
    first = page("Phà ngưng chạy hai giờ", *plain, extra=link).encode()
    second = page("Phà ngưng chạy hai giờ", FILLER, RUMOUR).encode()
    task = worker.PageTask(first, "", U)
    assert worker._read_page(task, make_reader()).next_part == f"{U}?page=2"
    joined = worker._read_page(replace(task, parts=(second,)), make_reader())
    assert (joined.next_part, joined.outcome) == ("", "kept")
    alone = worker._read_page(replace(task, complete=True), make_reader())
    assert (alone.next_part, alone.outcome) == ("", "not_ours")


def _notice() -> bytes:
    text = f"#set text(size: 9pt)\n{RUMOUR}\n\n{FILLER}"
    made = typst.compile(text.encode())
    assert isinstance(made, bytes)
    return made


def test_a_crawl_keeps_one_item_an_article(desk: Desk, site: Site) -> None:
    """An AMP copy, three parts and a part listed by itself: two items; a notice in PDF where it is read."""
    host, health = "bao.localhost", "so.localhost"
    canonical = f"<link rel='canonical' href='{site.url(host, '/tin/la-oi.html')}'>"
    amp = (
        page("Lá ổi", RUMOUR, FILLER)
        .replace("<html", "<html amp")
        .replace("</title>", f"</title>{canonical}")
    )
    link = "<p><a href='/tin/dai-ky-trang-{0}.html'>{0}</a> <a href='/tin/dai-ky.html'>1</a></p>"
    long = [
        page("Dài kỳ về thuốc", FILLER, f"Phần {at}: {RUMOUR}", extra=link.format(at + 1)) for at in (1, 2, 3)
    ]
    site.put(host, "/amp/tin/la-oi.html", amp)
    site.put(host, "/tin/la-oi.html", page("Lá ổi", RUMOUR, FILLER))
    site.put(host, "/tin/dai-ky.html", long[0])
    site.put(host, "/tin/dai-ky-trang-2.html", long[1])
    site.put(host, "/tin/dai-ky-trang-3.html", long[2])
    paths = ["/amp/tin/la-oi.html", "/tin/la-oi.html", "/tin/dai-ky.html", "/thong-bao.pdf"]
    notice = Page(_notice(), headers={"Content-Type": "application/pdf"})
    site.put(host, "/rss", rss(site, host, *paths))
    site.put(host, "/thong-bao.pdf", notice)
    site.put(health, "/rss", rss(site, health, "/thong-bao.pdf"))
    site.put(health, "/thong-bao.pdf", notice)
    desk.add_source(site, "bao")
    entry = EntrySpec(EntryKind.FEED, site.url(health, "/rss"))
    desk.add("so", site.url(health), [entry], kind=SourceKind.HEALTH)
    report = run_crawl(desk.plan(site, "bao", "so"))
    assert report["errors"] == 0
    with desk.sessions.begin() as session:
        kept = session.scalars(select(Item.url).where(Item.source_id == "bao").order_by(Item.url)).all()
        assert kept == [site.url(host, "/tin/dai-ky.html"), site.url(host, "/tin/la-oi.html")]
        said = session.scalars(select(Mention.text)).all()
        assert all(any(f"Phần {at}" in text for text in said) for at in (1, 2, 3)), "each part was read"
        states = set(session.scalars(select(FrontierPage.state)))
        assert states == {FrontierState.DONE}
    assert desk.counts("bao")["duplicate"] == 1
    assert desk.counts("bao")["not_html"] == 1, "a newspaper's PDF stays unread"
    assert desk.counts("so")["kept"] == 1
    # a missing fourth part is asked for once and does no harm
    assert site.paths(host).count("/tin/dai-ky-trang-4.html") == 1


def test_a_pdf_made_here_is_one() -> None:
    assert "tin đồn" in pypdf.PdfReader(io.BytesIO(_notice())).pages[0].extract_text()
