"""Feeds, sitemaps and listings: repaired, capped, refused."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers import feeds, listing, sitemaps
from crawlers.feeds import FeedRefusedError
from crawlers.sitemaps import SitemapRefusedError
from tests.crawlers.server import bomb, feed

ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>
<entry><title>Bão số 9</title><link rel="alternate" href="https://bao.vn/1"/></entry>
<entry><title>Lũ</title><link href="https://bao.vn/2"/></entry></feed>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="x"><title>t</title></channel><item rdf:about="https://bao.vn/1"><link>https://bao.vn/1</link></item></rdf:RDF>"""


def test_rss_atom_rdf_and_json_feed() -> None:
    assert feeds.links(feed("https://bao.vn/1", "https://bao.vn/2").encode()) == [
        "https://bao.vn/1",
        "https://bao.vn/2",
    ]
    assert feeds.links(ATOM.encode()) == ["https://bao.vn/1", "https://bao.vn/2"]
    assert feeds.links(RDF.encode()) == ["https://bao.vn/1"]
    items = [{"url": "https://bao.vn/1"}, {"id": "2"}, 3]
    assert feeds.links(
        json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()
    ) == ["https://bao.vn/1"]


BROKEN = {
    "lies about its encoding": ATOM.replace('"1.0"', '"1.0" encoding="utf-16"').encode(),
    "declares latin-1": ATOM.replace('"1.0"', '"1.0" encoding="iso-8859-1"').encode(),
    "invalid bytes": ATOM.encode().replace(b"<title>t", b"<title>\xff\xfe\x80\x81t"),
    "control characters": ATOM.replace("<title>t", "<title>\x08\x00t").encode(),
    "leading space and BOM": b"\xef\xbb\xbf\n  " + ATOM.encode(),
    "real utf-16": ATOM.encode("utf-16"),
    "bare ampersand": ATOM.replace("Lũ", "A & B").encode(),
    "html entities": ATOM.replace("Lũ", "&nbsp;&eacute;").encode(),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_feeds_are_repaired(name: str) -> None:
    assert feeds.links(BROKEN[name]) == ["https://bao.vn/1", "https://bao.vn/2"]


def test_a_truncated_feed_gives_what_it_has() -> None:
    assert feeds.links(ATOM[:-60].encode())[0] == "https://bao.vn/1"


LAUGHS = (
    "<!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY lol2 '&lol;&lol;&lol;'>]>"
    "<rss><channel><title>&lol2;</title></channel></rss>"
)


@pytest.mark.parametrize(
    "body",
    [
        LAUGHS.encode(),
        b"<?xml version='1.0'?>\n<!-- c -->\n" + LAUGHS.encode(),
        ("\n" * 5000 + LAUGHS).encode("utf-16"),
        b"<!DOCTYPE html><html><body>x</body></html>",
        b"<html><body>x</body></html>",
        b"",
        b"{}",
        b"{'",
        b"[" * 100_000,
        b'{"items": 3}',
        b"x" * (feeds.LARGEST + 1),
        b"{" + b" " * feeds.LARGEST,
    ],
)
def test_what_is_no_feed_is_refused(body: bytes) -> None:
    with pytest.raises(FeedRefusedError):
        feeds.links(body)


def test_a_huge_feed_is_cut_at_500_items() -> None:
    links = [f"https://bao.vn/{number}" for number in range(20_000)]
    assert feeds.links(feed(*links).encode()) == links[:500]


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_readers(body: bytes) -> None:
    for read, refusal in ((feeds.links, FeedRefusedError), (sitemaps.read, SitemapRefusedError)):
        try:
            read(body)
        except refusal:
            continue


def urlset(*entries: tuple[str, str]) -> str:
    inner = "".join(f"<url><loc>{loc}</loc><lastmod>{day}</lastmod></url>" for loc, day in entries)
    return f"<?xml version='1.0' encoding='utf-8'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{inner}</urlset>"


def test_sitemaps_newest_first_gzipped_or_not() -> None:
    text = urlset(
        ("https://b.vn/old", "2026-01-01"),
        ("https://b.vn/new", "2026-11-01"),
        ("https://b.vn/new", "2026-11-01"),
    )
    for body in (text.encode(), gzip.compress(text.encode()), text.encode("utf-16")):
        assert sitemaps.read(body).pages == ("https://b.vn/new", "https://b.vn/old")


def test_indexes_news_sitemaps_and_text_lists() -> None:
    index = b"<sitemapindex><sitemap><loc> https://b.vn/1.xml </loc></sitemap><sitemap/></sitemapindex>"
    assert sitemaps.read(index).children == ("https://b.vn/1.xml",)
    news = urlset(("https://b.vn/1", "")).replace(
        "<lastmod></lastmod>", "<n:news xmlns:n='x'><n:publication_date>2026</n:publication_date></n:news>"
    )
    assert sitemaps.read(news.encode()).pages == ("https://b.vn/1",)
    assert sitemaps.read(b"https://b.vn/1\nhttps://b.vn/2\n\n#").pages == ("https://b.vn/1", "https://b.vn/2")


def test_sitemap_caps() -> None:
    many = urlset(*((f"https://b.vn/{number}", f"2026-11-{number % 28 + 1:02}") for number in range(3000)))
    assert len(sitemaps.read(many.encode()).pages) == sitemaps.MOST_PAGES
    index = "".join(f"<sitemap><loc>https://b.vn/{number}</loc></sitemap>" for number in range(100))
    assert (
        len(sitemaps.read(f"<sitemapindex>{index}</sitemapindex>".encode()).children)
        == sitemaps.MOST_CHILDREN
    )


@pytest.mark.parametrize(
    "body",
    [
        bomb(64),
        gzip.compress(b"x", mtime=0)[:12],
        b"\x1f\x8b\x08nonsense",
        b"<!DOCTYPE x><urlset/>",
        b"<html/>",
        b"",
        b"no",
    ],
)
def test_what_is_no_sitemap_is_refused(body: bytes) -> None:
    with pytest.raises(SitemapRefusedError):
        sitemaps.read(body)


def test_entities_are_not_read() -> None:
    body = b"<urlset>" + b" " * 200_000 + b"<url><loc>&xxe;https://b.vn/1</loc></url></urlset>"
    assert "root:" not in str(sitemaps.read(body))


def test_listing_links_match_the_pattern_and_stay_on_the_site() -> None:
    html = """<a href="/tin/1.html#binh-luan">1</a><a href="tin/2.html?utm_source=x">2</a>
    <a href="/tin/1.html">again</a>
    <a href="https://khac.vn/tin/3.html">other</a><a href="/lien-he">no</a><a href="javascript:void(0)">no</a>
    <a>no</a>
    <a href="http://[broken/tin/4.html">no</a>"""
    found = listing.links(html.encode(), "text/html", "https://bao.vn/", r"/tin/\d+\.html")
    assert found == ["https://bao.vn/tin/1.html", "https://bao.vn/tin/2.html"]
    assert listing.links(b"", "", "https://bao.vn/", "x") == []


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a*)*", "(.*){9}", r"(x)\1", "[", "a" * 201, ".*.*.*.*.*x", "(ab{2,})+"]
)
def test_dangerous_patterns_are_refused(pattern: str) -> None:
    assert listing.pattern_problem(pattern)


@pytest.mark.parametrize(
    "pattern", [r"/tin/\d+\.html$", r"-\d{4,}\.htm", r"/(tin|bai)-[a-z0-9-]+/?$", r"^/\d{4}/\d{2}/"]
)
def test_usual_patterns_pass(pattern: str) -> None:
    assert listing.pattern_problem(pattern) is None
