"""Finding what a site offers, trying what it would give, and checking what is registered."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.discover import Fetch, Found, check, discover
from crawlers.errors import CrawlError, RegistryError
from crawlers.fetch import Fetched, FetchPlan, fetch_all
from crawlers.linkshape import pattern_of
from crawlers.listing import links as listing_links
from crawlers.listing import pattern_problem
from crawlers.registry import EntrySpec, SourceSpec, load, to_toml
from crawlers.sample import MOST, sample
from crawlers.urls import Guard
from models.vocabulary import EntryKind, Outcome, SourceKind
from tests.crawlers.reader import StandInReader
from tests.crawlers.server import GZIP, Page, Site, feed, page

HOST = "bao.localhost"


def plan(site: Site) -> FetchPlan:
    return FetchPlan("KiemChungTest", "https://example.vn/bot", {HOST: (site.address, site.port)})


def fill(site: Site) -> None:
    alternate = "<link rel='alternate' type='application/rss+xml' href='/tin.rss'>"
    site.put(
        HOST, "/", page("Báo mẫu của tỉnh nhà", "Trang nhất.").replace("</title>", f"</title>{alternate}")
    )
    site.put(HOST, "/tin.rss", feed(site.url(HOST, "/1"), site.url(HOST, "/2")))
    site.put(HOST, "/rss", feed(site.url(HOST, "/1"), site.url(HOST, "/2")))
    site.put(HOST, "/map.xml", f"<urlset><url><loc>{site.url(HOST, '/1')}</loc></url></urlset>")
    robots = f"User-agent: *\nDisallow: /kin\nSitemap: {site.url(HOST, '/map.xml')}\n"
    site.put(HOST, "/robots.txt", Page(robots.encode(), headers={"Content-Type": "text/plain"}))


def test_feeds_and_sitemaps_are_discovered_over_http(site: Site) -> None:
    fill(site)
    guard = Guard(plan(site).local_hosts)

    def fetch(addresses: Sequence[str]) -> list[Fetched]:
        return fetch_all(addresses, plan(site))

    found = discover(site.url(HOST), fetch, guard)
    assert [one.entry.kind for one in found.found] == [EntryKind.FEED, EntryKind.SITEMAP]
    assert found.found[0].entry.url == site.url(HOST, "/tin.rss")
    assert found.found[0].sample == (site.url(HOST, "/1"), site.url(HOST, "/2"))
    spec = found.spec("bao", SourceKind.NEWSPAPER)
    assert spec.name == "Báo mẫu của tỉnh nhà | Báo mẫu"
    checked = check(spec, fetch)
    assert [(one.outcome, one.links) for one in checked] == [(Outcome.FEED_READ, 2), (Outcome.FEED_READ, 1)]
    assert all(seen.method == "GET" for seen in site.seen)


def test_fetching_obeys_robots_and_names_every_failure(site: Site) -> None:
    fill(site)
    asked = [site.url(HOST, "/kin"), site.url(HOST, "/none"), "http://127.0.0.1/", site.url(HOST, "/rss")]
    answers = fetch_all(asked, plan(site))
    outcomes = [answer.outcome for answer in answers]
    assert outcomes == [Outcome.ROBOTS, Outcome.HTTP_ERROR, Outcome.REFUSED_ADDRESS, Outcome.KEPT]
    assert "/kin" not in site.paths()


def canned(pages: dict[str, str]) -> Fetch:
    def fetch(addresses: Sequence[str]) -> list[Fetched]:
        return [
            Fetched(url, url, Outcome.KEPT, 200, "text/html", pages[url].encode())
            if url in pages
            else Fetched(url, url, Outcome.HTTP_ERROR, 404)
            for url in addresses
        ]

    return fetch


def test_a_page_without_feeds_becomes_a_listing_with_its_pattern() -> None:
    links = "".join(f"<a href='/tin/bai-so-{number}-1234{number}.html'>x</a>" for number in range(6))
    fetch = canned(
        {"https://bao.vn/": f"<!doctype html><html><title>Báo</title>{links}<a href='/lien-he'>y</a></html>"}
    )
    found = discover("https://bao.vn/", fetch)
    (listing,) = found.found
    assert (listing.entry.kind, listing.links) == (EntryKind.LISTING, 6)
    assert "lien-he" not in "".join(listing.sample)


def test_what_is_discovered_can_be_registered(tmp_path: Path) -> None:
    fetch = canned(
        {
            "https://bao.vn/": "<!doctype html><title>Báo</title>",
            "https://bao.vn/rss": feed("https://bao.vn/1"),
        }
    )
    spec = discover("https://bao.vn/", fetch).spec("bao", SourceKind.NEWSPAPER)
    path = tmp_path / "sources.toml"
    path.write_text(to_toml([spec]), encoding="utf-8")
    assert load(path) == [spec]


@pytest.mark.parametrize(
    "url", ["https://www.facebook.com/x", "http://127.0.0.1/", "https://bao.vn/@minh", "bao.vn"]
)
def test_what_can_never_be_a_source_is_not_even_fetched(url: str) -> None:
    def fetch(addresses: Sequence[str]) -> list[Fetched]:
        raise AssertionError(addresses)

    with pytest.raises(RegistryError):
        discover(url, fetch)


def test_a_dead_site_is_one_line() -> None:
    with pytest.raises(CrawlError, match=r"https://bao.vn/: http_error \(404\)"):
        discover("https://bao.vn/", canned({}))


def test_check_names_what_is_wrong() -> None:
    entries = (
        EntrySpec(EntryKind.FEED, "https://bao.vn/rss"),
        EntrySpec(EntryKind.SITEMAP, "https://bao.vn/map.xml"),
        EntrySpec(EntryKind.LISTING, "https://bao.vn/moi", "/tin/"),
        EntrySpec(EntryKind.CLAIM_REVIEW, "https://bao.vn/claims"),
    )
    spec = SourceSpec("bao", "Báo", SourceKind.NEWSPAPER, "https://bao.vn/", True, True, entries)
    fetch = canned(
        {
            "https://bao.vn/rss": "<html>",
            "https://bao.vn/moi": "<a href='/x'>x</a>",
            "https://bao.vn/claims": "{",
        }
    )
    outcomes = [one.outcome for one in check(spec, fetch)]
    assert outcomes == [Outcome.PARSE_ERROR, Outcome.HTTP_ERROR, Outcome.EMPTY, Outcome.PARSE_ERROR]


def test_nasty_sites_are_found_out(site: Site) -> None:
    """A chain of redirects, relative links, wrong content types, two feeds, and readers' comments."""
    site.put(HOST, "/", Page(b"", 301, {"Location": "/vi"}))
    site.put(HOST, "/vi", Page(b"", 302, {"Location": site.url(HOST, "/trang-chu")}))
    heads = (
        "<link rel='alternate' type='application/rss+xml; charset=utf-8' href='../tin.rss'>"
        "<link rel='alternate' type='application/rss+xml' title='Bình luận' href='/bl.rss'>"
        "<link rel='alternate' type='application/rss+xml' href='/comments/feed/'>"
        "<link rel='alternate' type='application/feed+json' href='/tin.json'>"
    )
    site.put(HOST, "/trang-chu", page("Báo", "Trang nhất.").replace("</title>", f"</title>{heads}"))
    plain, html = {"Content-Type": "text/plain"}, {"Content-Type": "text/html"}
    site.put(HOST, "/tin.rss", Page(feed("/1", "bai/2").encode(), headers=html))
    site.put(HOST, "/tin.json", Page(b'{"items": [{"url": "/3"}]}', headers=plain))
    site.put(HOST, "/bl.rss", feed("/binh-luan/1"))
    site.put(HOST, "/comments/feed/", feed("/binh-luan/2"))
    robots = f"Sitemap: {site.url(HOST, '/chi-muc.xml.gz')}\n"
    site.put(HOST, "/robots.txt", Page(robots.encode(), headers=plain))
    child = site.url(HOST, "/con.xml")
    index = f"<sitemapindex><sitemap><loc>{child}</loc></sitemap></sitemapindex>"
    site.put(HOST, "/chi-muc.xml.gz", Page(GZIP(index.encode()), headers=plain))
    site.put(HOST, "/con.xml", f"<urlset><url><loc>{site.url(HOST, '/4')}</loc></url></urlset>")

    def fetch(addresses: Sequence[str]) -> list[Fetched]:
        return fetch_all(addresses, plan(site))

    found = discover(site.url(HOST), fetch, Guard(plan(site).local_hosts))
    assert found.homepage == site.url(HOST, "/trang-chu")
    assert [(one.entry.kind, one.entry.url, one.sample) for one in found.found] == [
        (EntryKind.FEED, site.url(HOST, "/tin.rss"), (site.url(HOST, "/1"), site.url(HOST, "/bai/2"))),
        (EntryKind.FEED, site.url(HOST, "/tin.json"), (site.url(HOST, "/3"),)),
        (EntryKind.SITEMAP, site.url(HOST, "/chi-muc.xml.gz"), (site.url(HOST, "/4"),)),
    ]
    assert not {"/bl.rss", "/comments/feed/"} & set(site.paths()), "what readers write is not even asked for"


def test_a_page_of_feeds_leads_to_them() -> None:
    links = "".join(f"<a href='/rss/{name}.rss'>x</a>" for name in ("thoi-su", "y-te", "doi-song"))
    fetch = canned(
        {
            "https://bao.vn/": "<!doctype html><title>Báo</title>",
            "https://bao.vn/rss": f"<!doctype html><html>{links}<a href='/rss/binh-luan.rss'>y</a></html>",
            "https://bao.vn/rss/thoi-su.rss": feed("https://bao.vn/1"),
            "https://bao.vn/rss/y-te.rss": feed("https://bao.vn/2"),
        }
    )
    found = discover("https://bao.vn/", fetch)
    assert [one.entry.url for one in found.found] == [
        "https://bao.vn/rss/thoi-su.rss",
        "https://bao.vn/rss/y-te.rss",
    ]


def test_a_login_page_is_a_closed_door_and_a_field_in_a_corner_is_not() -> None:
    door = "<!doctype html><title>Đăng nhập</title><form><input type='password'></form>"
    with pytest.raises(CrawlError, match=r"blocked.*login"):
        discover("https://bao.vn/", canned({"https://bao.vn/": door}))
    links = "".join(f"<a href='/tin/bai-so-{number}-1234{number}.html'>x</a>" for number in range(6))
    found = discover("https://bao.vn/", canned({"https://bao.vn/": door + links}))
    assert found.found[0].entry.kind == EntryKind.LISTING


@pytest.mark.parametrize(
    ("links", "pattern"),
    [
        ("/thoi-su/{n}/tin-gi-do-post12{n}34.html", r"-post\d{4,}\.html$"),
        ("/y-te/bai-ve-y-te-1234{n}/", r"-\d{4,}/?$"),
        ("/2026/11/0{n}/ten-bai", r"/\d{4}/\d{1,2}/"),
        ("/chi-tiet?id=10{n}", r"[?&]id=\d+"),
        ("/nguoi-dan-can-biet-khi-di-kham-benh-{n}", "/[a-z0-9-]{25,}/?$"),
        ("/tin/{n}56", r"^/tin(?=/).*/\d{3,}/?$"),
    ],
)
def test_the_link_pattern_is_that_of_the_page(links: str, pattern: str) -> None:
    made = ["https://bao.vn" + links.format(n=number) for number in range(6)]
    menu = [f"https://bao.vn/{name}" for name in ("", "lien-he", "y-te", "video", "gioi-thieu", "rss", "tim")]
    found = pattern_of(menu + made)
    assert found is not None
    assert pattern in found
    assert pattern_problem(found) is None
    body = "".join(f"<a href='{link}'>x</a>" for link in menu + made).encode()
    assert sorted(listing_links(body, "text/html", "https://bao.vn/", found)) == sorted(made)
    assert pattern_of(menu + made[:4]) is None, "too few to be a list"


@given(st.lists(st.from_regex(r"https://bao\.vn/[a-z0-9/._-]{0,40}(\?[a-z]{1,4}=\d{1,6})?", fullmatch=True)))
def test_any_links_give_a_pattern_that_the_registry_takes_or_none(made: list[str]) -> None:
    found = pattern_of(made)
    if found is not None:
        assert pattern_problem(found) is None


def test_a_sample_tells_titles_and_scope_and_stores_nothing() -> None:
    ours = page("Chuyện lạ ở chợ", "Có tin đồn rằng chợ đóng cửa. " * 10, "Người dân hỏi nhau. " * 20)
    other = page("Bóng đá", "Đội nhà thắng đậm trên sân khách tối qua. " * 20)
    urls = [f"https://bao.vn/{number}" for number in range(8)]
    found = Found(EntrySpec(EntryKind.FEED, "https://bao.vn/rss"), 8, tuple(urls[:5]))
    fetch = canned({urls[0]: ours, urls[1]: other, urls[2]: "%PDF-1.4", urls[3]: "<html><p>x</p></html>"})
    read = sample([found], fetch, StandInReader())
    assert [read[url].outcome for url in urls[:5]] == [
        Outcome.KEPT,
        Outcome.NOT_OURS,
        Outcome.NOT_HTML,
        Outcome.EMPTY,
        Outcome.HTTP_ERROR,
    ]
    assert read[urls[0]].title == "Chuyện lạ ở chợ"


def _numbered(start: str, many: int) -> tuple[str, ...]:
    return tuple(f"{start}/{number}" for number in range(many))


def test_a_sample_takes_turns_and_stays_small() -> None:
    many = [
        Found(
            EntrySpec(EntryKind.FEED, f"https://bao.vn/rss{one}"),
            9,
            tuple(f"https://bao.vn/{one}/{n}" for n in range(9)),
        )
        for one in range(6)
    ]
    asked: list[str] = []

    def fetch(addresses: Sequence[str]) -> list[Fetched]:
        asked.extend(addresses)
        return []

    sample(many, fetch, StandInReader())
    assert len(asked) == MOST
    assert {url.split("/")[3] for url in asked} == {str(one) for one in range(6)}
