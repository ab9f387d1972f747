"""What a hostile or broken site can answer, over real HTTP: each is one counted outcome, none hangs."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from crawlers.registry import EntrySpec
from models.gathered import EntryPoint, FrontierPage, Item
from models.vocabulary import EntryKind, FrontierState
from tests.crawlers.child import NOW, run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.server import Page, Site, bomb, endless, page, reset
from tests.crawlers.test_crawl import FILLER, RUMOUR, rss
from tests.disk import bytes_of

HTML = {"Content-Type": "text/html"}


def robots_cases() -> dict[str, tuple[Page, bool]]:
    """A robots.txt answer, and whether RFC 9309 (failing closed) lets the feed be fetched."""
    plain = {"Content-Type": "text/plain"}
    long = b"# filler\n" * 60_000 + b"User-agent: *\nAllow: /\n"
    return {
        "missing": (Page(b"", 404), True),
        "forbidden": (Page(b"", 403), True),
        "gone": (Page(b"", 410), True),
        "allows": (Page(b"User-agent: *\nDisallow: /secret\n", headers=plain), True),
        "longer-rule": (Page(b"User-agent: *\nDisallow: /\nAllow: /rss\n", headers=plain), True),
        "bom": (Page(b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n", headers=plain), False),
        "disallows": (Page(b"User-agent: *\nDisallow: /\n", headers=plain), False),
        "names-us": (
            Page(b"User-agent: KiemChungTest\nDisallow: /\n\nUser-agent: *\nAllow: /", headers=plain),
            False,
        ),
        "utf16": (Page("User-agent: *\nDisallow: /\n".encode("utf-16"), headers=plain), False),
        "late-rule": (Page(b"User-agent: *\nDisallow: /\n" + long, headers=plain), False),
        "busy": (Page(b"", 429), False),
        "error": (Page(b"", 500), False),
        "unavailable": (Page(b"", 503), False),
        "reset": (Page(takeover=reset), False),
        "login": (Page(b"<html><form>login</form></html>", headers=HTML), False),
        "html-as-text": (Page(b"<!DOCTYPE html><html></html>", headers=plain), False),
        "away": (Page(b"", 302, {"Location": "http://127.0.0.2/robots.txt"}), False),
    }


def test_robots_txt_fails_closed(desk: Desk, site: Site) -> None:
    cases = robots_cases()
    for name, (answer, _) in cases.items():
        host = f"{name}.localhost"
        site.put(host, "/robots.txt", answer)
        site.put(host, "/rss", rss(site, host))
        desk.add_source(site, name)
    run_crawl(desk.plan(site, *cases))
    fetched = {name for name in cases if "/rss" in site.paths(f"{name}.localhost")}
    assert fetched == {name for name, (_, allowed) in cases.items() if allowed}
    refused = next(name for name, (_, allowed) in cases.items() if not allowed)
    assert desk.counts(refused) == {"robots": 1}


def test_a_forbidden_folder_is_never_fetched(desk: Desk, site: Site) -> None:
    host = "bao.localhost"
    site.put(
        host,
        "/robots.txt",
        Page(b"User-agent: *\nDisallow: /noi-bo/\n", headers={"Content-Type": "text/plain"}),
    )
    site.put(host, "/rss", rss(site, host, "/noi-bo/a", "/b", "/c"))
    site.put(host, "/noi-bo/a", page("Nội bộ", RUMOUR, FILLER))
    site.put(host, "/b", page("Lá ổi", RUMOUR, FILLER))
    site.put(host, "/c", Page(b"", 302, {"Location": "/noi-bo/a"}))
    desk.add_source(site, "bao")
    report = run_crawl(desk.plan(site, "bao"))
    assert report["outcomes"] == {"feed_read": 1, "kept": 1, "robots": 2}
    assert "/noi-bo/a" not in site.paths()


def test_ssrf_is_refused_and_the_same_server_answers_when_it_is_local(desk: Desk, site: Site) -> None:
    inside = Site("127.0.0.2")
    with inside.running():
        inside.put("*", "/secret", page("Bí mật", RUMOUR, FILLER))
        host = "bao.localhost"
        targets = [
            f"http://127.0.0.2:{inside.port}/secret",
            f"http://2130706434:{inside.port}/secret",
            f"http://0x7f.2:{inside.port}/secret",
            f"http://inside.localhost:{inside.port}/secret",
            f"http://[::ffff:127.0.0.2]:{inside.port}/secret",
            f"http://a@bao.localhost:{site.port}/secret",
            "http://169.254.169.254/latest/meta-data/",
            "file:///etc/passwd",
            "ftp://bao.localhost/secret",
            f"http://bao.localhost:{inside.port}/secret",
        ]
        hops = [f"/hop{number}" for number in range(len(targets))]
        for path, target in zip(hops, targets, strict=True):
            site.put(host, path, Page(b"", 302, {"Location": target}))
        links = [site.url(host, path) for path in hops] + targets
        items = "".join(f"<item><link>{link}</link></item>" for link in links)
        site.put(host, "/rss", Page(f"<rss version='2.0'><channel>{items}</channel></rss>".encode()))
        site.put(host, "/secret", page("Bí mật", RUMOUR, FILLER))
        desk.add_source(site, "bao")
        plan = desk.plan(site, "bao")
        run_crawl(plan)
        assert inside.seen == [], "the inside server was reached"
        assert "/secret" not in site.paths(host)
        assert desk.counts("bao")["refused_address"] >= len(targets)
        # positive control: the very server, named by the composition root, is fetched
        inner = Site.url(inside, "inside.localhost", "/secret")
        entry = EntrySpec(EntryKind.LISTING, inner, "secret")
        desk.add("inside", inside.url("inside.localhost"), [entry])
        hosts = {**plan.local_hosts, "inside.localhost": ("127.0.0.2", inside.port)}
        run_crawl(replace(plan, local_hosts=hosts))
        assert "/secret" in inside.paths("inside.localhost")


def test_a_registered_name_that_resolves_inward_is_not_connected(desk: Desk, site: Site) -> None:
    # the registry accepted a public-looking name; its address is loopback (rebinding, or a stale record)
    desk.add("doi", "http://doi.example.vn/", [EntrySpec(EntryKind.FEED, "http://doi.example.vn/rss")])
    report = run_crawl(replace(desk.plan(site), prepare=_resolve_inward))
    assert report["outcomes"] in ({"robots": 1}, {"refused_address": 1})
    assert site.seen == []


def _resolve_inward() -> None:
    import socket

    real = socket.getaddrinfo

    def lookup(host: str, port: int, *rest: int) -> object:
        return real("127.0.0.1" if host == "doi.example.vn" else host, port, *rest)

    import crawlers.lookup

    crawlers.lookup.GuardedLookup.__init__.__defaults__ = (lookup,)


@pytest.fixture
def nasty(site: Site) -> dict[str, str]:
    """Paths of one site and the outcome that each must have."""
    host = "bao.localhost"
    packed = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    deep = b"<html><body>" + b"<div>" * 100_000 + RUMOUR.encode() + b"</div>" * 100_000
    site.put(host, "/bomb", Page(bomb(), headers=packed))
    site.put(host, "/endless", Page(takeover=endless))
    site.put(host, "/deep", Page(deep))
    site.put(host, "/blank", Page(b"<html><body><script>" + b"x" * 20_000 + b"</script></body></html>"))
    site.put(host, "/pdf", Page(b"%PDF-1.7 ...", headers={"Content-Type": "application/pdf"}))
    site.put(host, "/liar", Page(b"%PDF-1.4 ...", headers=HTML))
    site.put(host, "/loop", Page(b"", 302, {"Location": "/loop"}))
    site.put(host, "/gone", Page(b"", 410))
    site.put(host, "/reset", Page(takeover=reset))
    wanted = {"/bomb": "too_large", "/endless": "too_large", "/blank": "empty", "/pdf": "not_html"}
    wanted |= {"/liar": "not_html", "/loop": "http_error", "/gone": "http_error", "/reset": "network_error"}
    return wanted


def test_nasty_pages_are_counted_and_harm_nothing(desk: Desk, site: Site, nasty: dict[str, str]) -> None:
    host = "bao.localhost"
    site.put(host, "/rss", rss(site, host, *nasty, "/deep", "/good"))
    site.put(host, "/good", page("Lá ổi", RUMOUR, FILLER))
    desk.add_source(site, "bao")
    run_crawl(desk.plan(site, "bao"))
    counts = desk.counts("bao")
    assert counts["kept"] >= 1
    # the deep page is either read or raises the alarm, but it is never silently nothing
    assert counts["empty"] + counts["kept"] == 3 or counts.get("quarantined")
    for outcome in set(nasty.values()):
        assert counts[outcome] >= list(nasty.values()).count(outcome), outcome
    with desk.sessions.begin() as session:
        states = session.execute(select(FrontierPage.state, FrontierPage.url)).all()
        assert all(url is None for state, url in states if state == FrontierState.DONE)
        assert not any(state == FrontierState.LEASED for state, _ in states)


@pytest.mark.parametrize("status", [429, 503])
def test_a_source_that_asks_for_rest_gets_it(desk: Desk, site: Site, status: int) -> None:
    host = "bao.localhost"
    site.put(host, "/rss", Page(b"", status, {"Retry-After": "7200"}))
    desk.add_source(site, "bao")
    run_crawl(desk.plan(site, "bao"))
    assert site.paths().count("/rss") == 1
    with desk.sessions.begin() as session:
        entry = session.scalars(select(EntryPoint)).one()
        assert (entry.failures, entry.last_outcome) == (1, "http_error")
        assert entry.next_due is not None
        assert entry.next_due >= NOW + timedelta(seconds=7200)


def test_pages_of_a_resting_source_wait_for_the_next_run(desk: Desk, site: Site) -> None:
    host = "bao.localhost"
    paths = [f"/{number}" for number in range(30)]
    site.put(host, "/rss", rss(site, host, *paths))
    for path in paths:
        site.put(host, path, Page(b"", 429))
    desk.add_source(site, "bao")
    run_crawl(desk.plan(site, "bao"))
    with desk.sessions.begin() as session:
        states = session.scalars(select(FrontierPage.state)).all()
        assert states.count(FrontierState.PENDING) == 30


def test_broken_entry_points(desk: Desk, site: Site) -> None:
    cases = {
        "html": (b"<!doctype html><html><body>not a feed</body></html>", "parse_error"),
        "doctype": (
            b"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'b'>]><rss><channel/></rss>",
            "parse_error",
        ),
        "huge": (b"<rss version='2.0'><channel>" + b"<item><link>/a</link></item>" * 220_000, "parse_error"),
        "nothing": (b"", "parse_error"),
        "bare": (b"<rss version='2.0'><channel><title>t</title></channel></rss>", "empty"),
    }
    for name, (body, _) in cases.items():
        site.put(f"{name}.localhost", "/rss", Page(body, headers={"Content-Type": "application/rss+xml"}))
        desk.add_source(site, name)
    run_crawl(desk.plan(site, *cases))
    for name, (_, outcome) in cases.items():
        assert desk.counts(name) == {outcome: 1}, name


def test_legacy_encodings_are_read(desk: Desk, site: Site) -> None:
    import unicodedata

    from crawlers.legacy import _TCVN3

    host = "bao.localhost"
    text = page("Lá ổi", RUMOUR, FILLER).replace("<meta charset='utf-8'>", "")
    back = {letter: chr(code) for code, letter in _TCVN3.items()}
    tcvn3 = "".join(back.get(letter, letter) for letter in text.replace("Sở", "sở")).encode(
        "latin-1", "replace"
    )
    site.put(host, "/tcvn3", Page(tcvn3, headers={"Content-Type": "text/html; charset=iso-8859-1"}))
    nfd = unicodedata.normalize("NFD", text.replace("Bà con", "Bà con xa"))
    site.put(host, "/nfd", Page(nfd.encode(), headers={"Content-Type": "text/html; charset=windows-1258"}))
    site.put(host, "/rss", rss(site, host, "/tcvn3", "/nfd"))
    desk.add_source(site, "bao")
    assert run_crawl(desk.plan(site, "bao"))["outcomes"] == {"feed_read": 1, "kept": 2}


LD_AUTHOR = '{"@type":"NewsArticle","author":{"name":"CANARY Hai"}}'
CANARIES = [
    "<meta name='author' content='CANARY Một'>",
    f"<script type='application/ld+json'>{LD_AUTHOR}</script>",
    "<p class='author'>CANARY Ba tin đồn</p>",
    "<a rel='author' href='/x'>CANARY Bốn tin đồn</a>",
    "<div class='article__byline'>CANARY Năm tin đồn</div>",
    "<a href='/tac-gia/canary-sau'>CANARY Sáu tin đồn</a>",
    "<div id='binh-luan'><p><b>CANARY Bảy</b> tin đồn này đúng đó bà con ơi, tui nghe hoài.</p></div>",
    "<ul class='comment-list'><li>CANARY Tám: tin đồn thật đó, chia sẻ giùm đi mọi người.</li></ul>",
]


def test_no_identity_survives_a_crawl(desk: Desk, site: Site, tmp_path: Path) -> None:
    host = "bao.localhost"
    extra = "".join(CANARIES)
    html = page("Lá ổi", RUMOUR, FILLER).replace("</article>", f"{extra}<p>CANARY Chín</p></article>")
    site.put(host, "/rss", rss(site, host, "/a?utm_source=CANARY", "/b"))
    site.put(host, "/a", html)
    site.put(host, "/b", page("Chuyện chợ", FILLER, "Tâm sự CANARY Mười về chợ và ghe xuồng mùa nước nổi."))
    desk.add_source(site, "bao")
    log = tmp_path / "crawl.log"
    report = run_crawl(replace(desk.plan(site, "bao"), log=log))
    assert report["outcomes"]["kept"] == 1
    kept = bytes_of(desk.folder / "desk.db")
    assert "chữa khỏi sốt xuất huyết".encode() in kept, "positive control: the mention is in these bytes"
    assert b"CANARY" not in kept
    logged = log.read_text(encoding="utf-8")
    assert "entry_read source=bao" in logged, "positive control: this is the log of the run"
    for secret in ("CANARY", "/b", "127.0.0.1", "Chuyện", "lá ổi", str(site.port)):
        assert secret not in logged
    with desk.sessions.begin() as session:
        assert session.scalars(select(Item.url)).all() == [site.url(host, "/a")]
