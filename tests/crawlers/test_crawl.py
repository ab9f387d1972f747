"""The whole path over real HTTP: entry point, frontier, page, reading, store."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from crawlers.context import Budget
from crawlers.registry import EntrySpec
from models.claims import KnownClaim
from models.gathered import EntryPoint, FrontierPage, Item, Mention, MentionToken, MinhashBand, Source
from models.vocabulary import EntryKind, FrontierState, SourceKind
from tests.crawlers.child import NOW, run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.server import GZIP, XML, Page, Site, feed, page

FILLER = "Bà con trong vùng đi chợ sớm, ghe xuồng tấp nập, giá trái cây giữ ổn định so với tuần trước đó."
RUMOUR = "Sở Y tế bác bỏ tin đồn uống nước lá ổi chữa khỏi sốt xuất huyết, số 0912345678 là của kẻ bán thuốc."


def rss(site: Site, host: str, *paths: str, **headers: str) -> Page:
    return Page(feed(*(site.url(host, path) for path in paths)).encode(), headers={**XML, **headers})


def test_a_feed_is_fetched_read_and_stored(desk: Desk, site: Site) -> None:
    host = "bao.localhost"
    site.put(host, "/rss", rss(site, host, "/a", "/b"))
    site.put(host, "/a", page("Sở Y tế nói về lá ổi", FILLER, RUMOUR, FILLER))
    site.put(host, "/b", page("Chợ nổi ngày cuối tuần", FILLER, FILLER + " Ai cũng vui."))
    desk.add_source(site, "bao")
    report = run_crawl(desk.plan(site, "bao"))
    assert report["outcomes"] == {"feed_read": 1, "kept": 1, "not_ours": 1}
    with desk.sessions.begin() as session:
        item = session.scalars(select(Item)).one()
        mention = session.scalars(select(Mention)).one()
        token = session.scalars(select(MentionToken)).one()
        assert (item.url, item.source_id, item.is_local) == (site.url(host, "/a"), "bao", True)
        assert mention.item_id == item.id
        assert "‹phone›" in mention.text
        assert (token.kind, token.last_two) == ("phone", "78")
        assert session.scalars(select(MinhashBand)).all()
        pages = session.scalars(select(FrontierPage)).all()
        assert [(one.state, one.url) for one in pages] == [(FrontierState.DONE, None)] * 2
        assert session.get_one(Source, "bao").verified_day is not None
    assert desk.counts("bao") == {"feed_read": 1, "kept": 1, "not_ours": 1}
    assert {seen.method for seen in site.seen} == {"GET"}
    assert {seen.headers["User-Agent"] for seen in site.seen} == {"KiemChungTest (+https://example.vn/bot)"}
    assert not any("Referer" in seen.headers or "Cookie" in seen.headers for seen in site.seen)


def test_a_second_crawl_asks_conditionally_and_fetches_no_page_again(desk: Desk, site: Site) -> None:
    host = "bao.localhost"
    site.put(host, "/rss", rss(site, host, "/a", ETag='"one"'))
    site.put(host, "/a", page("Lá ổi", FILLER, RUMOUR))
    desk.add_source(site, "bao")
    plan = desk.plan(site, "bao")
    run_crawl(plan)
    assert run_crawl(plan)["entries"] == 0, "nothing is due yet"
    site.seen.clear()
    later = replace(plan, now=NOW + timedelta(days=1))
    report = run_crawl(later)
    assert report["outcomes"] == {"unchanged": 1}
    assert site.paths() == ["/robots.txt", "/rss"]
    assert site.seen[1].headers["If-None-Match"] == '"one"'
    with desk.sessions.begin() as session:
        entry = session.scalars(select(EntryPoint)).one()
        # halved when the first poll brought something, then half as long again
        assert (entry.interval_s, entry.failures, entry.last_outcome) == (2700, 0, "unchanged")
        assert entry.next_due == later.now + timedelta(seconds=2700)


def test_sitemap_index_listing_and_several_sources(desk: Desk, site: Site) -> None:
    tin, dai = "tin.localhost", "dai.localhost"
    index = f"<sitemapindex><sitemap><loc>{site.url(tin, '/one.xml.gz')}</loc></sitemap></sitemapindex>"
    child = f"<urlset><url><loc>{site.url(tin, '/x')}</loc><lastmod>2026-11-20</lastmod></url></urlset>"
    site.put(tin, "/sitemap.xml", Page(index.encode(), headers={"Content-Type": "application/xml"}))
    site.put(tin, "/one.xml.gz", Page(GZIP(child.encode()), headers={"Content-Type": "application/gzip"}))
    site.put(tin, "/x", page("Lá ổi", FILLER, RUMOUR))
    links = "<a href='/tin/1.html'>1</a><a href='/gioi-thieu'>no</a><a href='http://other.localhost/tin/2.html'>x</a>"
    site.put(dai, "/moi", f"<html><body>{links}</body></html>")
    site.put(dai, "/tin/1.html", page("Đài nói", RUMOUR, FILLER, "Bến phà vẫn chạy như thường lệ."))
    desk.add_source(site, "tin", EntryKind.SITEMAP, "/sitemap.xml")
    desk.add_source(site, "dai", EntryKind.LISTING, "/moi", r"/tin/\d+\.html$")
    report = run_crawl(desk.plan(site, "tin", "dai"))
    assert report["outcomes"] == {"feed_read": 3, "kept": 2}
    assert set(site.paths(dai)) == {"/robots.txt", "/moi", "/tin/1.html"}
    with desk.sessions.begin() as session:
        first, second = session.scalars(select(Item).order_by(Item.id)).all()
        assert {first.source_id, second.source_id} == {"tin", "dai"}
        assert second.story_id == first.id, "two publishers printed one story"


def test_a_fact_check_becomes_a_known_claim_and_no_item(desk: Desk, site: Site) -> None:
    host = "kiem-tin.localhost"
    review = """<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"ClaimReview",
      "claimReviewed":"Tin đồn uống nước lá ổi chữa khỏi sốt xuất huyết","datePublished":"2026-11-01",
      "author":{"@type":"Organization","name":"Tổ Kiểm tin"},
      "itemReviewed":{"@type":"Claim","author":{"@type":"Person","name":"CANARY Nguyễn Thị Tác Giả"}},
      "reviewRating":{"@type":"Rating","ratingValue":1,"bestRating":5,"alternateName":"Sai sự thật"}}]}
      </script>"""
    other = review.replace("Tin đồn uống", "Uống")
    site.put(host, "/rss", rss(site, host, "/1", "/2"))
    site.put(host, "/1", page("Kiểm tin", RUMOUR, FILLER, extra=review))
    site.put(host, "/2", page("Kiểm tin hai", RUMOUR, FILLER, extra=other))
    entry = EntrySpec(EntryKind.FEED, site.url(host, "/rss"))
    desk.add("kiem-tin", site.url(host), [entry], kind=SourceKind.FACT_CHECKER)
    report = run_crawl(desk.plan(site, "kiem-tin"))
    assert report["outcomes"] == {"feed_read": 1, "kept": 1, "not_ours": 1}
    with desk.sessions.begin() as session:
        known = session.scalars(select(KnownClaim)).one()
        assert (known.rating, known.rating_original, known.publisher) == (
            "false",
            "Sai sự thật",
            "Tổ Kiểm tin",
        )
        assert known.url == site.url(host, "/1")
        assert not session.scalars(select(Item)).all()
    assert b"CANARY" not in (desk.folder / "desk.db").read_bytes()


def test_a_poisonous_page_is_parked_and_the_rest_is_read(desk: Desk, site: Site) -> None:
    host = "bao.localhost"
    good = [f"/{number}" for number in range(6)]
    site.put(host, "/rss", rss(site, host, *good[:3], "/poison", *good[3:]))
    for number, path in enumerate(good):
        site.put(host, path, page(f"Bài số {number}", RUMOUR, f"{FILLER} Bài thứ {number}."))
    site.put(host, "/poison", page("Bài hỏng", "POISON " + FILLER, RUMOUR))
    desk.add_source(site, "bao")
    report = run_crawl(desk.plan(site, "bao"))
    assert report["outcomes"] == {"feed_read": 1, "kept": 6, "quarantined": 1}
    assert report["crashes"] >= 1
    assert desk.counts("bao")["quarantined"] == 1


def test_same_bytes_are_parsed_once_and_canonical_pages_kept_once(desk: Desk, site: Site) -> None:
    host = "bao.localhost"
    canonical = f"<link rel='canonical' href='{site.url(host, '/tin/a')}'>"
    site.put(host, "/rss", rss(site, host, "/a", "/b", "/c"))
    whole = page("Lá ổi", RUMOUR, FILLER).replace("</title>", f"</title>{canonical}")
    site.put(host, "/a", whole)
    site.put(host, "/b", whole)
    site.put(host, "/c", whole.replace("Trang chủ", "Về đầu trang"))
    desk.add_source(site, "bao")
    report = run_crawl(desk.plan(site, "bao"))
    assert report["outcomes"] == {"feed_read": 1, "kept": 1, "duplicate": 2}
    with desk.sessions.begin() as session:
        assert session.scalars(select(Item.url)).all() == [site.url(host, "/tin/a")]


def test_a_budget_ends_a_run_and_the_next_one_goes_on(desk: Desk, site: Site) -> None:
    host = "bao.localhost"
    paths = [f"/{number}" for number in range(8)]
    site.put(host, "/rss", rss(site, host, *paths))
    for path in paths:
        site.put(host, path, page(f"Bài {path}", f"{FILLER} Số {path}.", FILLER))
    desk.add_source(site, "bao")
    plan = desk.plan(site, "bao")
    first = run_crawl(replace(plan, budget=Budget(pages_per_source=5)))
    assert first["pages"] == 5
    second = run_crawl(plan)
    assert (second["entries"], second["pages"]) == (0, 3)
    fetched = [path for path in site.paths() if path in paths]
    assert sorted(fetched) == paths, "every page once, over both runs"


def test_a_long_feed_is_read_to_its_end(desk: Desk, site: Site) -> None:
    # pages are leased in batches; no batch may count as one level deeper in the site (DEPTH_LIMIT is 4)
    host = "bao.localhost"
    paths = [f"/{number}" for number in range(180)]
    site.put(host, "/rss", rss(site, host, *paths))
    for path in paths:
        site.put(host, path, Page(f"trang {path}".encode(), headers={"Content-Type": "text/plain"}))
    desk.add_source(site, "bao")
    report = run_crawl(desk.plan(site, "bao"))
    assert report["outcomes"] == {"feed_read": 1, "not_html": 180}
    assert report["errors"] == 0
    assert sorted(set(site.paths()) & set(paths)) == sorted(paths)


def test_an_unknown_source_is_named(desk: Desk, site: Site) -> None:
    desk.add_source(site, "bao")
    answer = run_crawl(replace(desk.plan(site, "bao"), source_ids=("bao", "nowhere")))
    assert answer == {
        "error": "CrawlError",
        "text": "source nowhere: not in the registry, or switched off",
    }
