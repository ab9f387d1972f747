"""Finding what a site offers, checking what is registered, and saying why a source is silent."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from crawlers.discover import Fetch, check, discover
from crawlers.errors import CrawlError, RegistryError
from crawlers.fetch import Fetched, FetchPlan, fetch_all
from crawlers.health import why_silent
from crawlers.registry import EntrySpec, SourceSpec, load, to_toml
from crawlers.urls import Guard
from models.counters import bump
from models.gathered import EntryPoint, Source
from models.vocabulary import EntryKind, Outcome, SourceKind
from models.weeks import local_day
from tests.crawlers.child import NOW
from tests.crawlers.conftest import Desk
from tests.crawlers.server import Page, Site, feed, page

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


def test_why_a_source_is_silent(desk: Desk, site: Site) -> None:
    desk.add_source(site, "bao")
    day = local_day(NOW)
    with desk.sessions.begin() as session:
        assert why_silent(session, "khac", NOW) == "Không có nguồn này trong danh sách."
        assert why_silent(session, "bao", NOW) == "Nguồn chưa được đọc lần nào."
        entry = session.scalars(select(EntryPoint)).one()
        entry.last_success = NOW
        assert "không có bài mới" in why_silent(session, "bao", NOW)
        bump(session, "bao", day, Outcome.NOT_OURS, 4)
        assert "đã đọc 4 bài" in why_silent(session, "bao", NOW)
        bump(session, "bao", day, Outcome.EMPTY, 2)
        assert "không có liên kết hay nội dung" in why_silent(session, "bao", NOW)
        bump(session, "bao", day, Outcome.KEPT, 3)
        assert "giữ 3 bài" in why_silent(session, "bao", NOW)
        assert "Chưa đọc lại kể từ" in why_silent(session, "bao", NOW + timedelta(days=3))
        entry.failures, entry.last_outcome, entry.next_due = 2, Outcome.ROBOTS, NOW + timedelta(hours=2)
        said = why_silent(session, "bao", NOW)
        assert "robots.txt" in said
        assert "2 lần liền" in said
        assert "12:00 ngày 22/11/2026" in said, "the next try, in the desk's own time"
        session.get_one(Source, "bao").enabled = False
        assert why_silent(session, "bao", NOW) == "Nguồn đang tắt trong danh sách nguồn."


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_words(desk: Desk, site: Site, outcome: Outcome) -> None:
    desk.add_source(site, "bao")
    with desk.sessions.begin() as session:
        entry = session.scalars(select(EntryPoint)).one()
        entry.failures, entry.last_outcome = 1, outcome
        assert why_silent(session, "bao", NOW).startswith("1/1 mục đọc không được 1 lần liền: ")
