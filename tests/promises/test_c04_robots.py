"""C4: a page is fetched only where robots.txt was read and RFC 9309 lets it be; all else forbids."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler

import pytest
from protego import Protego

from crawlers import robots
from tests.conftest import in_own_loop
from tests.crawlers.child import run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.server import Page, Site, reset
from tests.crawlers.test_crawl import rss

PLAIN = {"Content-Type": "text/plain"}
ALL_SHUT, ALL_OPEN = "User-agent: *\nDisallow: /\n", "User-agent: *\nAllow: /\n"
US = "KiemChungTest"
PATH = "/rss"


@dataclass(frozen=True)
class Rule:
    """An answer to `/robots.txt`, and whether `/rss` may be fetched."""

    answer: Page
    allowed: bool


def text(body: str, encoding: str = "utf-8") -> Page:
    return Page(body.encode(encoding), headers=PLAIN)


def _early_end(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 900\r\n\r\n" + ALL_OPEN.encode()
    )


def _garbage(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\x01 not http at all\r\n\r\n")


def _silent(_: BaseHTTPRequestHandler) -> None:
    time.sleep(6)


def answers() -> dict[str, Rule]:
    """What can come back in place of robots.txt (RFC 9309, 2.3.1; here failing closed throughout)."""
    shut = {
        status: Rule(Page(ALL_OPEN.encode(), status, PLAIN), False) for status in (429, 500, 502, 503, 504)
    }
    gone = {
        status: Rule(Page(ALL_SHUT.encode(), status, PLAIN), True)
        for status in (400, 401, 403, 404, 410, 451)
    }
    padding = "# filler\n" * 60_000
    html = {"Content-Type": "text/html; charset=utf-8"}
    return {
        **{f"s{status}": rule for status, rule in (shut | gone).items()},
        "reset": Rule(Page(takeover=reset), False),
        "cut": Rule(Page(takeover=_early_end), False),
        "garbage": Rule(Page(takeover=_garbage), False),
        "timeout": Rule(Page(takeover=_silent), False),
        "login": Rule(Page(b"<html><form>login</form></html>", headers=html), False),
        "html-plain": Rule(Page(b"\n <!DOCTYPE html><html></html>", headers=PLAIN), False),
        "html-type": Rule(Page(ALL_OPEN.encode(), headers=html), False),
        "utf16": Rule(text(ALL_SHUT, "utf-16"), False),
        "utf16-open": Rule(text(ALL_OPEN, "utf-16"), True),
        "utf16-bare": Rule(text(ALL_OPEN, "utf-16-le"), False),
        "bom": Rule(text(ALL_SHUT, "utf-8-sig"), False),
        "bom-open": Rule(text(ALL_OPEN, "utf-8-sig"), True),
        "nul": Rule(text("User-agent: *\n\x00Disallow: /\n"), False),
        "empty": Rule(text(""), True),
        "comment": Rule(text("# nothing here\n"), True),
        "cr": Rule(text(ALL_SHUT.replace("\n", "\r")), False),
        "early": Rule(text(ALL_SHUT + padding), False),
        "late": Rule(text("User-agent: *\nAllow: /\n" + padding + "\nUser-agent: *\nDisallow: /\n"), True),
        "moved-shut": Rule(Page(b"", 301, {"Location": "/other.txt"}), False),
        "moved-open": Rule(Page(b"", 302, {"Location": "/open.txt"}), True),
        "moved-gone": Rule(Page(b"", 302, {"Location": "/nowhere.txt"}), True),
        "moved-away": Rule(Page(b"", 301, {"Location": "http://127.0.0.2/robots.txt"}), False),
        "loop": Rule(Page(b"", 302, {"Location": "/robots.txt"}), False),
    }


def rules() -> dict[str, Rule]:
    """Which group and which line counts (RFC 9309, 2.2): re-expressed from the RFC's own sentences."""
    wanted: dict[str, tuple[str, bool]] = {
        "named-shut": (f"User-agent: {US}\nDisallow: /\n\nUser-agent: *\nAllow: /\n", False),
        "named-open": (f"User-agent: {US}\nAllow: /\n\nUser-agent: *\nDisallow: /\n", True),
        "named-case": (f"user-AGENT: {US.upper()}\ndisALLOW: /\n", False),
        "two-groups": (f"User-agent: {US}\nAllow: /x\n\nUser-agent: {US}\nDisallow: /rss\n", False),
        "shared": (f"User-agent: other\nUser-agent: {US}\nDisallow: /rss\n", False),
        "other": ("User-agent: other\nDisallow: /\n", True),
        "longest-open": ("User-agent: *\nDisallow: /r\nAllow: /rss\n", True),
        "longest-shut": ("User-agent: *\nAllow: /r\nDisallow: /rss\n", False),
        "tie": ("User-agent: *\nDisallow: /rss\nAllow: /rss\n", True),
        "star": ("User-agent: *\nDisallow: /*s\n", False),
        "star-miss": ("User-agent: *\nDisallow: /*x\n", True),
        "end": ("User-agent: *\nDisallow: /rss$\n", False),
        "end-miss": ("User-agent: *\nDisallow: /rs$\n", True),
        "prefix": ("User-agent: *\nDisallow: /rs\n", False),
        "case": ("User-agent: *\nDisallow: /RSS\n", True),
        "encoded": ("User-agent: *\nDisallow: /%72%73%73\n", False),
        "nothing": ("User-agent: *\nDisallow:\n", True),
        "unknown": ("User-agent: *\nNoise: x\nDisallow: /rss\nSitemap: /s\n", False),
        "spaces": ("  User-agent :  *  \n\t Disallow :  /rss   # why\n", False),
        "delay": ("User-agent: *\nCrawl-delay: 0\nDisallow: /rss\n", False),
        "no-agent": ("Disallow: /\n", True),
    }
    return {name: Rule(text(body), allowed) for name, (body, allowed) in wanted.items()}


SOME = (
    *(
        "s429",
        "s503",
        "s404",
        "reset",
        "garbage",
        "login",
        "utf16",
        "bom",
        "early",
        "moved-shut",
        "moved-open",
    ),
    *("moved-away", "named-shut", "longest-open", "longest-shut", "star", "end", "encoded"),
)


def fetched(
    desk: Desk, site: Site, cases: dict[str, Rule], prepare: Callable[[], None] | None = None
) -> set[str]:
    """The cases whose feed was fetched."""
    for name, case in cases.items():
        host = f"{name}.localhost"
        site.put(host, "/robots.txt", case.answer)
        site.put(host, "/other.txt", text(ALL_SHUT))
        site.put(host, "/open.txt", text(ALL_OPEN))
        site.put(host, PATH, rss(site, host))
        desk.add_source(site, name)
    run_crawl(replace(desk.plan(site, *cases), prepare=prepare))
    return {name for name in cases if PATH in site.paths(f"{name}.localhost")}


def _short_timeout() -> None:
    from typing import cast

    from crawlers import policy

    # the promise is that a silent robots.txt forbids, however long one waits for it
    cast("dict[str, object]", policy.FIXED)["DOWNLOAD_TIMEOUT"] = 4


def _failing_open() -> None:
    real = robots.rules
    robots.rules = lambda *given: real(*given) or robots.ALLOW_ALL


def allowed(cases: dict[str, Rule]) -> set[str]:
    return {name for name, case in cases.items() if case.allowed}


def test_nothing_is_fetched_where_robots_txt_forbids(desk: Desk, site: Site) -> None:
    every = answers() | rules()
    cases = {name: every[name] for name in SOME}
    assert fetched(desk, site, cases, _short_timeout) == allowed(cases)


@pytest.mark.release
def test_nothing_is_fetched_where_robots_txt_forbids_in_full(desk: Desk, site: Site) -> None:
    cases = answers() | rules()
    assert len(cases) >= 40
    assert fetched(desk, site, cases, _short_timeout) == allowed(cases)


@pytest.mark.release
def test_control_a_robots_txt_that_fails_open_is_seen(desk: Desk, site: Site) -> None:
    seen, asked = {"s500", "s504", "login", "html-type"}, {"s429", "s503"}
    cases = {name: rule for name, rule in answers().items() if name in seen | asked}
    assert set(cases) == seen | asked
    # where a rest is asked for, that is obeyed before the rules are looked at
    assert fetched(desk, site, cases, _failing_open) == seen


@pytest.mark.parametrize("name", rules())
def test_groups_and_lines_as_the_rfc_counts_them(name: str) -> None:
    case = rules()[name]
    made = Protego.parse(robots.rules(200, case.answer.body, "text/plain") or ALL_SHUT)
    assert made.can_fetch(f"http://bao.vn{PATH}", US) == case.allowed


def test_control_the_first_matching_line_is_not_the_rule() -> None:
    """A parser that takes the first line that fits would judge some of these cases otherwise."""

    def first_line(body: str) -> bool:
        for line in body.splitlines():
            key, _, value = line.partition(":")
            if key.strip().lower() in {"allow", "disallow"} and PATH.startswith(value.strip() or "?"):
                return key.strip().lower() == "allow"
        return True

    cases = rules()
    assert any(first_line(cases[name].answer.body.decode()) != cases[name].allowed for name in cases)


def test_a_robots_txt_is_read_again_after_a_day() -> None:
    from types import SimpleNamespace
    from typing import Any

    from scrapy.http import Request, TextResponse

    now, bodies = [0.0], [ALL_OPEN, ALL_SHUT]
    asked: list[float] = []

    async def download(request: Request) -> TextResponse:
        asked.append(now[0])
        body = bodies[min(len(asked), 2) - 1].encode()
        return TextResponse(request.url, body=body, headers={"Content-Type": "text/plain"})

    engine = SimpleNamespace(download_async=download, downloader=SimpleNamespace(slots={}))
    crawler: Any = SimpleNamespace(engine=engine)
    guard = robots.FailClosedRobots(crawler, US, lambda: now[0])

    async def visit(moment: float) -> bool:
        now[0] = moment
        try:
            await guard.process_request(Request("http://bao.vn/rss"))
        except robots.RobotsRefusedError:
            return False
        return True

    async def visits() -> list[bool]:
        return [await visit(moment) for moment in (0.0, 3600.0, 86_399.0, 86_401.0, 90_000.0)]

    assert in_own_loop(visits()) == [True, True, True, False, False]
    assert asked == [0.0, 86_401.0]
