"""C1: no page, feed, redirect or name leads the crawl to an address that is not public.

A case is one spelling of an inside address brought by one road (feed, sitemap, redirect, robots.txt, ...);
each has a source of its own. Every connection that the process asks for is noted, wherever it leads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crawlers import urls
from crawlers.fetch import FetchPlan, fetch_all
from crawlers.registry import EntrySpec, SourceSpec, sync
from models import frontier
from models.vocabulary import EntryKind, SourceKind
from models.weeks import local_day
from tests.crawlers.child import KEY, NOW, CrawlPlan, run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.server import XML, Page, Site, feed, page
from tests.crawlers.test_crawl import FILLER, RUMOUR
from tests.promises.internet import Canary, Internet, canaries

PUBLIC_4, PUBLIC_6 = "123.30.1.1", "2402:800::1"
INSIDE_4 = (
    *("127.0.0.1", "127.0.0.2", "0.0.0.0", "10.1.2.3", "172.16.9.9", "192.168.1.1", "100.64.0.1"),  # noqa: S104
    *("169.254.169.254", "198.18.0.1", "192.0.0.8", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
)
INSIDE_6 = (
    *("::1", "::", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::"),
    *(
        "2002:a9fe:a9fe::1",
        "2001::1",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "fec0::1",
        "2001:db8::1",
    ),
)
LITERALS_4 = (
    *(INSIDE_4),
    *("2130706433", "0x7f000001", "0x7F.0.0.1", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1"),
    *("127.0.0.1.", "１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "0", "2852039166", "0xa9fea9fe"),
    *("u:p@127.0.0.1", "c.vn@127.0.0.1", "c.vn%40127.0.0.1", "localhost", "LOCALHOST.", "x.localhost"),
    *("127.0.0.1:22", "c.internal", "printer.local", "intranet"),
)
LITERALS_6 = (
    *(f"[{address}]" for address in INSIDE_6),
    *("[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::ffff:7f00:1]", "[::FFFF:127.0.0.1]", "[::ffff:0:127.0.0.1]"),
    *("[fe80::1%25lo]", "[64:ff9b::169.254.169.254]", "u@[::1]", "[::1]:22", "[::1].", "localhost6"),
)
NAMED_ADDRESSES = {
    "localhost": (("127.0.0.1", "::1"),),
    "localhost6": (("::1",),),
    "x.localhost": (("127.0.0.1",),),
}


@cache
def answers(family: int) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Names of a site by what they resolve to: inside, mixed in both orders, and changing (TTL 0)."""
    inside, public = (INSIDE_4, PUBLIC_4) if family == 4 else (INSIDE_6, PUBLIC_6)
    made: dict[str, tuple[tuple[str, ...], ...]] = {}
    for at, address in enumerate(inside):
        made[f"in{family}-{at}"] = ((address,),)
    for at, address in enumerate(inside[:4]):
        made[f"mixed{family}-{at}"] = ((public, address),)
        made[f"mixed{family}-{at}r"] = ((address, public),)
        # robots.txt is answered by the public address, the page's own question by the inside one
        made[f"ttl0{family}-{at}"] = ((public,), (address,))
    return made


ROADS = (
    *(
        "entry",
        "frontier",
        "feed",
        "sitemap",
        "index",
        "listing",
        "robots",
        "feed moved",
        "meta",
        "canonical",
    ),
    *("hop 1", "hop 2", "hop 3", "hop 4", "hop 5"),
)


@dataclass(frozen=True)
class Case:
    number: int
    family: int
    spelling: str
    road: str

    @property
    def host(self) -> str:
        return f"c{self.number}.vn"

    @property
    def target(self) -> str:
        named = self.spelling in answers(self.family)
        return f"http://{self.spelling}{'.' + self.host if named else ''}/secret"

    def names(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        found = answers(self.family).get(self.spelling)
        own: dict[str, tuple[tuple[str, ...], ...]] = {self.host: ((PUBLIC_4,),)}
        return own if found is None else {**own, f"{self.spelling}.{self.host}": found}


def every_case() -> list[Case]:
    spelled = [(4, one) for one in (*LITERALS_4, *answers(4))] + [
        (6, one) for one in (*LITERALS_6, *answers(6))
    ]
    pairs = [(family, one, road) for family, one in spelled for road in ROADS]
    return [Case(number, *pair) for number, pair in enumerate(pairs)]


def some_cases() -> list[Case]:
    """Each spelling once, the roads in turn."""
    cases = every_case()
    return [cases[at * len(ROADS) + at % len(ROADS)] for at in range(len(cases) // len(ROADS))]


def put(site: Site, case: Case) -> SourceSpec:
    """The pages of a case's site, and the source that they make."""
    host, road, target = case.host, case.road, case.target
    # no connection is left open, so that the second request asks for the name again
    site.put(f"{case.spelling}.{host}", "/robots.txt", Page(b"", 404, {"Connection": "close"}))
    kind, entry, pattern, body = EntryKind.FEED, f"http://{host}/rss", None, feed(target)
    if road == "entry":
        entry = target
    elif road in {"sitemap", "index"}:
        tags = ("urlset", "url") if road == "sitemap" else ("sitemapindex", "sitemap")
        kind = EntryKind.SITEMAP
        body = f"<{tags[0]}><{tags[1]}><loc>{target}</loc></{tags[1]}></{tags[0]}>"
    elif road == "listing":
        kind, pattern, body = (
            EntryKind.LISTING,
            "secret",
            f"<html><body><a href='{target}'>x</a></body></html>",
        )
    elif road == "robots":
        site.put(host, "/robots.txt", Page(b"", 301, {"Location": _header(target)}))
    elif road == "feed moved":
        site.put(host, "/rss", Page(b"", 302, {"Location": _header(target)}))
    elif road in {"meta", "canonical"} or road.startswith("hop"):
        body = feed(f"http://{host}/h1")
        _hops(site, case)
    if road != "feed moved":
        site.put(host, "/rss", Page(body.encode(), headers=XML if kind != EntryKind.LISTING else {}))
    return SourceSpec(
        f"c{case.number}",
        host,
        SourceKind.NEWSPAPER,
        f"http://{host}/",
        True,
        True,
        (EntrySpec(kind, entry, pattern),),
    )


def _header(target: str) -> str:
    # a header travels as latin-1; the bytes are those that a server would send
    return target.encode().decode("latin-1")


def _hops(site: Site, case: Case) -> None:
    host, target = case.host, case.target
    if case.road == "meta":
        lead = f"<meta http-equiv='refresh' content='0;url={target}'>"
        site.put(
            host, "/h1", page("Lá ổi", RUMOUR + host, FILLER, extra=lead).replace("<meta", f"{lead}<meta", 1)
        )
        return
    if case.road == "canonical":
        leads = "".join(f"<link rel='{rel}' href='{target}'>" for rel in ("canonical", "amphtml", "next"))
        leads += f"<base href='{target}'><meta property='og:url' content='{target}'>"
        site.put(host, "/h1", page("Lá ổi", RUMOUR + host, FILLER).replace("<meta", f"{leads}<meta", 1))
        return
    hops = int(case.road[-1])
    for hop in range(1, hops + 1):
        where = target if hop == hops else f"/h{hop + 1}"
        site.put(
            host, f"/h{hop}", Page(b"", (301, 302, 303, 307, 308)[hop - 1], {"Location": _header(where)})
        )


def public_site(site: Site, number: int) -> tuple[SourceSpec, dict[str, tuple[tuple[str, ...], ...]]]:
    """A site that must be fetched: every third by IPv4, by IPv6, by both."""
    host = f"p{number}.vn"
    site.put(host, "/rss", Page(feed(f"http://{host}/h1").encode(), headers=XML))
    site.put(host, "/h1", Page(b"", 301, {"Location": "/good"}))
    site.put(host, "/good", page(f"Lá ổi {number}", RUMOUR, FILLER, f"Chuyện thứ {number}"))
    spec = SourceSpec(
        f"p{number}", host, SourceKind.NEWSPAPER, f"http://{host}/", True, True,
        (EntrySpec(EntryKind.FEED, f"http://{host}/rss"),),
    )  # fmt: skip
    found = ((PUBLIC_4,), (PUBLIC_6,), (PUBLIC_4, PUBLIC_6))[number % 3]
    return spec, {host: (found,)}


def crawl_cases(
    desk: Desk,
    site: Site,
    traps: tuple[Canary, Canary],
    cases: Sequence[Case],
    weak: tuple[str, ...] = (),
    publics: int = 24,
) -> tuple[Internet, dict[str, Any]]:
    """Crawl all cases and some public sites in one run."""
    specs = [put(site, case) for case in cases]
    names: dict[str, tuple[tuple[str, ...], ...]] = dict(NAMED_ADDRESSES)
    for case in cases:
        names |= case.names()
    for number in range(publics):
        spec, found = public_site(site, number)
        specs.append(spec)
        names |= found
    with desk.sessions.begin() as session:
        sync(session, specs)
        for case in cases:
            if case.road == "frontier":
                row = (urls.key(f"http://{case.host}/{case.target}", KEY), case.target)
                frontier.add(session, f"c{case.number}", [row], local_day(NOW))
    watched = desk.folder / "secret"
    watched.write_text("tin đồn", encoding="utf-8")
    place = (site.address, site.port)
    internet = Internet(
        desk.folder / "attempts",
        {trap.listener.family: trap.place for trap in traps},
        names,
        # the site's own server, reached from sockets of either family
        {PUBLIC_4: place, PUBLIC_6: ("::ffff:127.0.0.1", site.port)},
        weak=weak,
        watched=str(watched),
    )
    report = run_crawl(CrawlPlan(desk.url, {}, prepare=internet.enter), timeout_s=400)
    return internet, report


def fetched_public(site: Site) -> set[str]:
    return {seen.host for seen in site.seen if seen.path == "/good"}


def check_cases(desk: Desk, site: Site, cases: Sequence[Case], publics: int = 24) -> None:
    with canaries() as traps:
        internet, report = crawl_cases(desk, site, traps, cases, publics=publics)
        assert "error" not in report, report
        outside = {line for line in internet.attempts() if line.split()[0] not in {PUBLIC_4, PUBLIC_6}}
        assert outside == set(), "the crawl tried to reach an address that is not public"
        assert [trap.hits for trap in traps] == [0, 0]
        # a robots.txt that moves is followed at once: of a name that changes, that is the public address
        changing = {case.host for case in cases if case.spelling.startswith("ttl0") and case.road == "robots"}
        secrets = {seen.host.partition(".")[2] for seen in site.seen if seen.path == "/secret"}
        assert secrets <= changing
        assert len(fetched_public(site)) == publics, "the public sites must still be fetched"
        assert report["errors"] == 0, report


def test_no_road_leads_inside(desk: Desk, site: Site) -> None:
    cases = some_cases()[::4]
    assert min(sum(case.family == family for case in cases) for family in (4, 6)) >= 12
    assert {case.road for case in cases} == set(ROADS)
    check_cases(desk, site, cases, publics=6)


@pytest.mark.release
def test_no_road_leads_inside_in_full(desk: Desk, site: Site) -> None:
    cases = every_case()
    assert min(sum(case.family == family for case in cases) for family in (4, 6)) >= 300
    check_cases(desk, site, cases)


@pytest.mark.release
def test_the_resolver_alone_lets_nothing_inside(desk: Desk, site: Site) -> None:
    """The second defence without the first: only a file needs no name."""
    cases = some_cases()[::4]
    with canaries() as traps:
        internet, _ = crawl_cases(desk, site, traps, cases, weak=("guard",))
        assert [trap.hits for trap in traps] == [0, 0]
        assert {line.split()[0] for line in internet.attempts()} <= {PUBLIC_4, PUBLIC_6}
        assert len(fetched_public(site)) == 24


def test_control_without_both_defences_the_canaries_are_reached(desk: Desk, site: Site) -> None:
    with canaries() as traps:
        internet, _ = crawl_cases(desk, site, traps, some_cases()[::7], weak=("guard", "resolver"), publics=1)
        assert traps[0].hits > 2
        assert traps[1].hits > 1
        assert {line.split()[0] for line in internet.attempts()} - {PUBLIC_4, PUBLIC_6}


def test_the_few_page_fetcher_reaches_nothing_inside(site: Site, tmp_path: Path) -> None:
    """`sources add`, `sources check` and `import claims` fetch in a process of their own."""
    secret = tmp_path / "secret"
    secret.write_text("inside", encoding="utf-8")
    with canaries() as traps:
        wanted = [
            f"{scheme}://{one}{'' if ':' in one.rpartition(']')[2] else f':{port}'}/secret"
            for scheme in ("http", "https")
            for port, spelled in ((traps[0].place[1], LITERALS_4), (traps[1].place[1], LITERALS_6))
            for one in spelled
            if not one.startswith("c.vn")
        ]
        wanted += [secret.as_uri(), "ftp://127.0.0.1/secret", "data:text/plain,secret", "gopher://127.0.0.1/"]
        plan = FetchPlan(
            "KiemChungTest", "https://example.vn/bot", {"bao.localhost": (site.address, site.port)}
        )
        site.put("bao.localhost", "/good", page("Lá ổi", RUMOUR, FILLER))
        site.put(
            "bao.localhost", "/away", Page(b"", 302, {"Location": f"http://127.0.0.1:{traps[0].place[1]}/"})
        )
        own = [site.url("bao.localhost", path) for path in ("/good", "/away")]
        found = {one.asked: one for one in fetch_all([*wanted, *own], plan)}
        assert [trap.hits for trap in traps] == [0, 0]
        assert all(not found[url].body for url in wanted)
        assert (found[own[0]].status, found[own[1]].body) == (200, b"")


def test_a_plain_case_is_what_it_says(site: Site) -> None:
    case = replace(every_case()[0], spelling="ttl04-0")
    assert case.target == "http://ttl04-0.c0.vn/secret"
    assert case.names()["ttl04-0.c0.vn"] == ((PUBLIC_4,), ("127.0.0.1",))
    assert put(site, case).entries[0].url == case.target
