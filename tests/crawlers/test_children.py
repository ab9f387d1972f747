"""Child sitemaps: entry points of their own, asked for conditionally, forgotten with their index."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crawlers import children
from crawlers.registry import EntrySpec, SourceSpec, sync
from models.gathered import EntryPoint
from models.vocabulary import EntryKind, SourceKind
from tests.crawlers.child import NOW, run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.server import XML, Page, Site, page
from tests.crawlers.test_crawl import FILLER, RUMOUR

HOST = "bao.localhost"
INDEX = "/sitemap.xml"


def index_of(site: Site, *paths: str) -> Page:
    body = "".join(f"<sitemap><loc>{site.url(HOST, path)}</loc></sitemap>" for path in paths)
    return Page(f"<sitemapindex>{body}</sitemapindex>".encode(), headers={**XML, "ETag": f'"{hash(body)}"'})


def urls_of(site: Site, *paths: str) -> Page:
    body = "".join(f"<url><loc>{site.url(HOST, path)}</loc></url>" for path in paths)
    return Page(f"<urlset>{body}</urlset>".encode(), headers={**XML, "ETag": f'"{hash(body)}"'})


def put_site(desk: Desk, site: Site) -> None:
    """An index of two sitemaps and of another index, which holds a third."""
    site.put(HOST, INDEX, index_of(site, "/a.xml", "/b.xml", "/sub.xml"))
    site.put(HOST, "/sub.xml", index_of(site, "/c.xml"))
    for name in "abc":
        site.put(HOST, f"/{name}.xml", urls_of(site, f"/{name}"))
        site.put(HOST, f"/{name}", page(f"Lá ổi {name}", f"{RUMOUR} Chuyện {name}.", FILLER))
    desk.add_source(site, "bao", EntryKind.SITEMAP, INDEX)


def crawl(desk: Desk, site: Site, days: float = 0) -> dict[str, Any]:
    site.seen.clear()
    return run_crawl(replace(desk.plan(site, "bao"), now=NOW + timedelta(days=days)))


def rows(desk: Desk) -> dict[str, EntryPoint]:
    with desk.sessions.begin() as session:
        found = session.scalars(select(EntryPoint).order_by(EntryPoint.id)).all()
    return {one.url.partition(HOST)[2].partition("/")[2]: one for one in found}


def test_an_unchanged_index_costs_answers_without_a_body(desk: Desk, site: Site) -> None:
    put_site(desk, site)
    first = crawl(desk, site)
    assert first["outcomes"] == {"feed_read": 5, "kept": 3}
    assert list(rows(desk)) == ["sitemap.xml", "a.xml", "b.xml", "sub.xml", "c.xml"]
    second = crawl(desk, site, 1)
    assert second["outcomes"] == {"unchanged": 5}
    asked = [seen for seen in site.seen if seen.path.endswith(".xml")]
    assert len(asked) == 5
    assert all(seen.headers.get("If-None-Match") for seen in asked)
    assert (second["new_links"], second["pages"], second["errors"]) == (0, 0, 0)


def test_control_a_server_without_validators_sends_them_again(desk: Desk, site: Site) -> None:
    put_site(desk, site)
    for made in site.pages.values():
        made.headers.pop("ETag", None)
    crawl(desk, site)
    assert crawl(desk, site, 1)["outcomes"] == {"feed_read": 5}


def test_a_child_that_changes_is_read_though_its_index_does_not(desk: Desk, site: Site) -> None:
    put_site(desk, site)
    crawl(desk, site)
    site.put(HOST, "/c.xml", urls_of(site, "/c", "/d"))
    site.put(HOST, "/d", page("Lá ổi d", f"{RUMOUR} Chuyện mới.", FILLER))
    report = crawl(desk, site, 1)
    assert report["outcomes"] == {"unchanged": 4, "feed_read": 1, "kept": 1}
    seen = rows(desk)
    assert seen["c.xml"].interval_s < seen["a.xml"].interval_s, "what changes is asked for sooner"


def test_what_an_index_names_no_more_is_forgotten(desk: Desk, site: Site) -> None:
    put_site(desk, site)
    crawl(desk, site)
    site.put(HOST, INDEX, index_of(site, "/a.xml", "/new.xml"))
    site.put(HOST, "/new.xml", urls_of(site))
    crawl(desk, site, 1)
    assert list(rows(desk)) == ["sitemap.xml", "a.xml", "new.xml"]


def test_a_failing_child_backs_off_alone(desk: Desk, site: Site) -> None:
    put_site(desk, site)
    site.put(HOST, "/b.xml", Page(b"gone", 404))
    report = crawl(desk, site)
    assert report["outcomes"] == {"feed_read": 4, "http_error": 1, "kept": 2}
    failures = {path: one.failures for path, one in rows(desk).items()}
    assert failures == {"sitemap.xml": 0, "a.xml": 0, "b.xml": 1, "sub.xml": 0, "c.xml": 0}


def test_an_index_killed_before_its_validators_are_noted_is_read_again(desk: Desk, site: Site) -> None:
    put_site(desk, site)

    def crawl_that_dies() -> None:
        run_crawl(replace(desk.plan(site, "bao"), prepare=_die_at_the_first_child))

    crawl_that_dies()
    left = rows(desk)
    assert "a.xml" in left, "what the index names is kept before the index counts as read"
    assert left["sitemap.xml"].etag is None
    assert crawl(desk, site, 1)["outcomes"] == {"feed_read": 5, "kept": 3}


def _die_at_the_first_child() -> None:
    from crawlers.ledger import Ledger

    def refuse(*_: object) -> None:
        raise RuntimeError("killed")

    Ledger.entry_read = refuse  # type: ignore[method-assign,assignment]


def test_children_off_the_site_are_refused_and_counted(desk: Desk, site: Site) -> None:
    body = "<sitemapindex><sitemap><loc>http://khac.localhost/x.xml</loc></sitemap></sitemapindex>"
    site.put(HOST, INDEX, Page(body.encode(), headers=XML))
    desk.add_source(site, "bao", EntryKind.SITEMAP, INDEX)
    crawl(desk, site)
    assert list(rows(desk)) == ["sitemap.xml"]
    assert desk.counts("bao") == {"feed_read": 1, "refused_address": 1}


def spec(*urls: str) -> SourceSpec:
    entries = tuple(EntrySpec(EntryKind.SITEMAP, url) for url in urls)
    return SourceSpec("bao", "Báo", SourceKind.NEWSPAPER, "https://b.vn/", True, True, entries)


def known(desk: Desk) -> Sequence[str]:
    with desk.sessions.begin() as session:
        return list(session.scalars(select(EntryPoint.url).order_by(EntryPoint.url)))


def test_children_stay_with_the_registry_and_go_with_their_index(desk: Desk) -> None:
    top, other = "https://b.vn/0.xml", "https://b.vn/9.xml"
    with desk.sessions.begin() as session:
        sync(session, [spec(top, other)])
        children.renew(session, "bao", top, ["https://b.vn/1.xml", other])
        children.renew(session, "bao", "https://b.vn/1.xml", ["https://b.vn/2.xml"])
        sync(session, [spec(top, other)])
    everything = [top, "https://b.vn/1.xml", "https://b.vn/2.xml", other]
    assert known(desk) == everything
    with desk.sessions.begin() as session:
        above = children.indexes(session, ["bao"])
    assert [children.depth(above, "bao", url) for url in everything] == [0, 1, 2, 0]
    with desk.sessions.begin() as session:
        sync(session, [spec(other)])
    assert known(desk) == [other]


@pytest.mark.parametrize("loop", [["https://b.vn/0.xml"], ["https://b.vn/1.xml", "https://b.vn/0.xml"]])
def test_indexes_that_name_each_other_end(desk: Desk, loop: list[str]) -> None:
    top = "https://b.vn/0.xml"
    with desk.sessions.begin() as session:
        sync(session, [spec(top)])
        for url in (top, *loop, top):
            children.renew(session, "bao", url, loop)
        above = children.indexes(session, ["bao"])
        assert all(children.depth(above, "bao", url) <= children.DEEPEST + 1 for url in loop)
    assert known(desk) == sorted({top, *loop})
