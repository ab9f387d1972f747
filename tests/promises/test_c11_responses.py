"""C11: whatever a server answers, the crawl counts it and goes on; no answer is obeyed as a command."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import pytest
from sqlalchemy import select

from models.gathered import FrontierPage
from models.vocabulary import FrontierState
from tests.crawlers.child import run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.server import Page, Site, page
from tests.crawlers.test_crawl import FILLER, RUMOUR, rss

BODY = page("Lá ổi", RUMOUR, FILLER).encode()
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
TRICKS = (
    *(
        "scrapy.spidermiddlewares.referer.NoReferrerPolicy",
        "os.system",
        "builtins.exec",
        "tests.promises.poison",
    ),
    *("unsafe-url", "\x00", "no-referrer, " * 500, "subprocess.Popen", "pathlib.Path.touch"),
)
Answer = bytes


def length(body: bytes = BODY) -> bytes:
    return b"Content-Length: %d\r\n" % len(body)


def _many(chance: random.Random) -> Answer:
    count = chance.choice((100, 1_000, 10_000)) + chance.randrange(90)
    return OK + b"".join(b"X-%d: %d\r\n" % (at, at) for at in range(count)) + length() + b"\r\n" + BODY


def _long(chance: random.Random) -> Answer:
    return (
        OK
        + b"X-Long: "
        + b"a" * chance.choice((9_000, 70_000, 1_000_000))
        + b"\r\n"
        + length()
        + b"\r\n"
        + BODY
    )


def _crlf(chance: random.Random) -> Answer:
    ends = chance.choice((b"\n", b"\r", b"\r\r\n", b"\r\n \r\n", b"\x0b\r\n", b"\n\r"))
    return (
        OK.replace(b"\r\n", ends) + b"X: a" + ends + b"Set-Cookie: a=b" + ends + length() + ends + ends + BODY
    )


def _chunks(chance: random.Random) -> Answer:
    sizes = (
        b"zz",
        b"-5",
        b"0x10",
        b"FFFFFFFFFFFFFFFFFFFF",
        b"5;ext=" + b"a" * 5_000,
        b"",
        b" 10 ",
        b"7FFFFFFF",
        b"0",
    )
    rows = b"".join(chance.choice(sizes) + b"\r\n" + BODY[:16] + b"\r\n" for _ in range(4))
    return OK + b"Transfer-Encoding: chunked\r\n\r\n" + rows + chance.choice((b"0\r\n\r\n", b"0\r\n", b""))


def _lengths(chance: random.Random) -> Answer:
    values = (
        b"1",
        b"-1",
        b"99999999",
        b"abc",
        b"",
        b"0",
        b"1, 2",
        b"+5",
        b"9" * 400,
        b"0x20",
        b"8388609",
        b"1e3",
    )
    twice = b"Content-Length: 3\r\n" if chance.random() < 0.3 else b""
    return OK + twice + b"Content-Length: " + chance.choice(values) + b"\r\n\r\n" + BODY


def _old(chance: random.Random) -> Answer:
    return chance.choice(
        (BODY, b"", b"\r\n\r\n", b"HTTP/0.9 200\r\n\r\n" + BODY, b"ICY 200 OK\r\n\r\n", b"SSH-2.0-x\r\n")
    )


def _status(chance: random.Random) -> Answer:
    lines = (
        *(
            b"HTTP/1.1 99999 X",
            b"HTTP/1.1 -1 X",
            b"HTTP/1.1 2x0 OK",
            b"HTTP/9.9 200 OK",
            b"HTTP/1.1",
            b"HTTP/1.1  200",
        ),
        *(
            b"HTTP/1.1 200",
            b"HTTP/1.1 100 Continue",
            b"HTTP/1.1 101 Upgrade",
            b"HTTP/1.1 204 No",
            b"HTTP/1.1 206 Part",
        ),
        *(
            b"HTTP/1.1 999 Denied",
            b"HTTP/1.1 000 Nothing",
            b"\x00HTTP/1.1 200 OK",
            b"HTTP/1.1 200 " + b"x" * 70_000,
        ),
    )
    return chance.choice(lines) + b"\r\n" + length() + b"\r\n" + BODY


def _headers(chance: random.Random) -> Answer:
    rows = (
        *(f"Referrer-Policy: {trick}".encode("latin-1") for trick in TRICKS),
        *(
            b"Content-Type: " + kind
            for kind in (b"", b"\xff\xfe", b"text/html;" * 900, b"text/html; charset=\x00", b"x")
        ),
        *(
            b"Content-Encoding: " + kind
            for kind in (b"gzip", b"br", b"zstd", b"deflate", b"gzip, " * 200, b"\x00")
        ),
        *(
            b"Set-Cookie: " + b"a" * 9_000 + b"=1",
            b"Refresh: 0;url=http://127.0.0.1/",
            b"Location: /good",
            b": x",
            b" x: y",
        ),
        *(
            b"ETag: " + b'"' * 3_000,
            b"Last-Modified: never",
            b"Retry-After: \xff",
            b'Alt-Svc: h3=":443"',
            b"no colon",
        ),
        *(
            b"Link: </x>; rel=preload",
            b"Transfer-Encoding: gzip, chunked",
            b"Transfer-Encoding: identity",
            b"Upgrade: h2c",
        ),
        *(b"Connection: " + b"close, " * 900, b"Age: " + b"9" * 5_000, b"\xc3\xa9: \xc3\xa9", b"X\x00Y: 1"),
    )
    picked = b"\r\n".join(chance.sample(rows, chance.randint(1, 4)))
    return b"HTTP/1.1 200 OK\r\n" + picked + b"\r\n" + length() + b"\r\n" + BODY


def _moved(chance: random.Random) -> Answer:
    places = (
        b"",
        b"\x00",
        b"http://",
        b"//",
        b"http://[",
        b"///x",
        b"\xff\xfe",
        b"a" * 60_000,
        b"?",
        b"#",
        b"http://%zz/",
    )
    status = chance.choice((300, 301, 302, 303, 304, 305, 307, 308, 399))
    return b"HTTP/1.1 %d X\r\nLocation: " % status + chance.choice(places) + b"\r\nContent-Length: 0\r\n\r\n"


def _noise(chance: random.Random) -> Answer:
    whole = bytearray(OK + length() + b"\r\n" + BODY)
    for _ in range(chance.randint(1, 30)):
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    return bytes(whole[: chance.randint(1, len(whole))] if chance.random() < 0.4 else whole)


KINDS: tuple[Callable[[random.Random], Answer], ...] = (
    *(_many, _long, _crlf, _chunks, _lengths),
    *(_old, _status, _headers, _moved, _noise),
)


def answers(count: int) -> list[Answer]:
    """The same answers every time, each kind as often as the others."""
    chance = random.Random(11)
    return [KINDS[at % len(KINDS)](chance) for at in range(count)]


def _says(answer: Answer) -> Callable[[BaseHTTPRequestHandler], None]:
    def take(handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(answer)
            handler.wfile.flush()
        except OSError:
            return

    return take


def _short_timeout() -> None:
    from typing import cast

    from crawlers import lanes, policy

    cast("dict[str, object]", policy.FIXED)["DOWNLOAD_TIMEOUT"] = 2
    # so that every answer is asked for, and not only the first three bad ones of a source
    lanes.FAILURES_TO_REST = 10**6


def check(desk: Desk, site: Site, count: int) -> None:
    fuzzed = answers(count)
    each = 20
    names = [f"f{at}" for at in range(0, count, each)]
    for at, name in enumerate(names):
        host = f"{name}.localhost"
        paths = [f"/{number}" for number in range(at * each, min(count, (at + 1) * each))]
        for path in paths:
            site.put(host, path, Page(takeover=_says(fuzzed[int(path[1:])])))
        site.put(host, "/rss", rss(site, host, *paths, "/good"))
        site.put(host, "/good", page(f"Lá ổi {name}", f"{RUMOUR} Nguồn {name}.", FILLER))
        desk.add_source(site, name)
    start = time.process_time()
    report = run_crawl(replace(desk.plan(site, *names), prepare=_short_timeout), timeout_s=300 + count)
    assert time.process_time() - start < 60
    assert (report.get("errors"), report.get("crashes")) == (0, 0), report
    # every answer was asked for, and every source's good page was read after its bad ones
    assert {path for path in site.paths() if path[1:].isdigit()} == {f"/{number}" for number in range(count)}
    assert all(
        desk.counts(name).get("kept", 0) + desk.counts(name).get("duplicate", 0) >= 1 for name in names
    )
    with desk.sessions.begin() as session:
        assert FrontierState.LEASED not in set(session.scalars(select(FrontierPage.state)))
    assert not any("Cookie" in seen.headers or "Referer" in seen.headers for seen in site.seen)


def test_no_answer_stops_the_crawl(desk: Desk, site: Site) -> None:
    check(desk, site, 30)


@pytest.mark.release
def test_no_answer_stops_the_crawl_in_full(desk: Desk, site: Site) -> None:
    check(desk, site, 500)


def test_the_answers_are_as_many_and_as_odd_as_promised() -> None:
    made = answers(500)
    assert len(made) == 500
    assert len(set(made)) > 250
    assert any(answer.count(b"\r\n") > 10_000 for answer in made)
    assert any(len(answer) > 1_000_000 for answer in made)
    assert any(not answer.startswith(b"HTTP/1.1") for answer in made)
    assert any(b"Referrer-Policy: os.system" in answer for answer in made)


def _break_reading() -> None:
    from crawlers import answers as read_off

    def fails(*_: object) -> str:
        raise RuntimeError("broken on purpose")

    read_off.content_type = fails  # type: ignore[assignment]


def test_control_a_crash_is_noticed(desk: Desk, site: Site) -> None:
    site.put("bao.localhost", "/rss", rss(site, "bao.localhost", "/good"))
    site.put("bao.localhost", "/good", BODY)
    desk.add_source(site, "bao")
    report = run_crawl(replace(desk.plan(site, "bao"), prepare=_break_reading))
    assert report["errors"] == 1
