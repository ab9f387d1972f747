"""The guard before every page, without a server: what it asks, remembers, forbids, and how fast it goes."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from protego import Protego
from scrapy.http import Request, Response
from scrapy.settings import Settings

from crawlers import robots
from crawlers.guards import SITES
from crawlers.robots import FRESH_S, LONGEST_DELAY_S, READ_BYTES, FailClosedRobots, RobotsRefusedError, rules
from tests.conftest import in_own_loop

PAGE = "https://bao.vn/tin/1"


def answer(body: str = "", status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response("https://bao.vn/robots.txt", status=status, body=body.encode(), headers=named)


class World:
    """An engine that gives one answer to every robots.txt, and what was asked of it."""

    def __init__(self, given: Response | Exception, slots: dict[str, float] | None = None) -> None:
        self.given = given
        self.now = 10.0
        self.asked: list[Request] = []
        self.slots = {host: SimpleNamespace(delay=delay) for host, delay in (slots or {}).items()}
        engine = SimpleNamespace(download_async=self._download, downloader=SimpleNamespace(slots=self.slots))
        settings = Settings({"ROBOTSTXT_USER_AGENT": "Bot", "DOWNLOAD_SLOTS": {"gan.localhost": {}}})
        crawler: Any = SimpleNamespace(engine=engine, settings=settings)
        self.guard = FailClosedRobots.from_crawler(crawler)
        self.guard.clock = lambda: self.now

    async def _download(self, request: Request) -> Response:
        self.asked.append(request)
        await asyncio.sleep(0)
        await self.guard.process_request(request)  # its own request is let through
        if isinstance(self.given, Exception):
            raise self.given
        return self.given

    def visit(self, *urls: str) -> list[Request]:
        """Ask about pages at the same time; the requests that may go."""
        requests = [Request(url, meta={SITES: frozenset({"bao.vn"})}) for url in urls]

        async def all_of_them() -> None:
            await asyncio.gather(*(self.guard.process_request(one) for one in requests))

        in_own_loop(all_of_them())
        return requests


def test_what_it_asks_for() -> None:
    world = World(answer("User-agent: Bot\nDisallow: /kin\n"))
    world.visit(PAGE, "https://bao.vn/tin/2", "http://bao.vn/", "https://bao.vn:8443/")
    assert sorted(one.url for one in world.asked) == [
        "http://bao.vn/robots.txt",
        "https://bao.vn/robots.txt",
        "https://bao.vn:8443/robots.txt",
    ]
    for one in world.asked:
        assert one.dont_filter
        assert one.priority > Request(PAGE).priority
        assert one.meta[SITES] == {"bao.vn"}


def test_a_page_that_it_forbids_to_us_by_name() -> None:
    world = World(answer("User-agent: Bot\nDisallow: /tin\n\nUser-agent: *\nAllow: /\n"))
    with pytest.raises(RobotsRefusedError, match=r"^robots\.txt forbids it$") as refused:
        world.visit(PAGE)
    assert not refused.value.unreachable


@pytest.mark.parametrize(
    "given", [answer(status=500), answer("<html>"), answer("x", Content_Type="Text/HTML")]
)
def test_what_cannot_be_read_forbids_and_says_so(given: Response) -> None:
    with pytest.raises(RobotsRefusedError, match=r"^robots\.txt could not be read$") as refused:
        World(given).visit(PAGE)
    assert refused.value.unreachable
    assert refused.value.__cause__ is None


def test_what_went_wrong_is_handed_on() -> None:
    broken = OSError("reset")
    with pytest.raises(RobotsRefusedError) as refused:
        World(broken).visit(PAGE)
    assert refused.value.__cause__ is broken


@pytest.mark.parametrize(
    ("status", "header"), [(429, "120"), (503, ""), (503, "Sun, 22 Nov 2026 08:00:00 GMT")]
)
def test_a_wish_for_rest_is_handed_on_with_its_time(status: int, header: str) -> None:
    given = answer(status=status, Retry_After=header) if header else answer(status=status)
    with pytest.raises(RobotsRefusedError) as refused:
        World(given).visit(PAGE)
    rest = refused.value.__cause__
    assert isinstance(rest, robots.RestAskedError)
    assert rest.retry_after == header
    assert str(rest) == "robots.txt asked for a rest"


def test_another_failure_is_no_wish_for_rest() -> None:
    for status in (430, 504):
        world = World(answer(status=status))
        in_own_loop(world.guard._parser(Request(PAGE)))
        kept = world.guard.cache["https://bao.vn"][1].result()
        assert not isinstance(kept, robots.RestAskedError)


def test_it_is_read_again_when_more_than_a_day_has_passed() -> None:
    assert FRESH_S == 86_400
    world = World(answer())
    for moment, times in ((10.0, 1), (10.0 + FRESH_S, 1), (10.1 + FRESH_S, 2), (11.0 + FRESH_S, 2)):
        world.now = moment
        world.visit(PAGE)
        assert len(world.asked) == times, moment


@pytest.mark.parametrize(
    ("wanted", "before", "after", "kept"),
    [
        ("", 5.0, 5.0, None),
        ("Crawl-delay: 20\n", 5.0, 20.0, True),
        ("Crawl-delay: 5\n", 5.0, 5.0, True),
        ("Crawl-delay: 2\n", 5.0, 5.0, False),
        ("Crawl-delay: 900\n", 5.0, LONGEST_DELAY_S, True),
    ],
)
def test_a_wish_to_be_read_slowly(wanted: str, before: float, after: float, kept: bool | None) -> None:
    world = World(answer(f"User-agent: *\n{wanted}Disallow: /kin\n"), {"bao.vn": before})
    (request,) = world.visit(PAGE)
    assert world.slots["bao.vn"].delay == after
    # Scrapy's AutoThrottle leaves the delay alone where this is true
    assert request.meta.get("autothrottle_dont_adjust_delay") is kept


def test_the_longest_wish_that_is_granted_is_a_minute() -> None:
    assert LONGEST_DELAY_S == 60


def test_a_local_host_keeps_its_own_pace_and_a_host_without_a_slot_has_none() -> None:
    slow = answer("User-agent: *\nCrawl-delay: 20\n")
    world = World(slow, {"gan.localhost": 0.02, "bao.vn": 5.0})
    requests = world.visit("http://gan.localhost/a", "http://xa.vn/a")
    assert {host: slot.delay for host, slot in world.slots.items()} == {"gan.localhost": 0.02, "bao.vn": 5.0}
    assert all("autothrottle_dont_adjust_delay" not in one.meta for one in requests)


def test_the_bounds_of_each_class_of_answer() -> None:
    read = b"User-agent: *\nDisallow: /a\n"
    assert {status: rules(status, read) for status in (199, 300, 301, 399, 429, 500)} == dict.fromkeys(
        (199, 300, 301, 399, 429, 500)
    )
    for status in (200, 201, 299):
        assert rules(status, read) == read.decode()
    for status in (400, 401, 428, 430, 499):
        parsed = Protego.parse(rules(status, read) or "Disallow: /")
        assert rules(status, read) == "User-agent: *\nDisallow:\n"
        assert parsed.can_fetch("https://bao.vn/a", "Bot")


def test_a_file_is_read_to_its_500_kib_and_what_follows_is_cut_at_a_line() -> None:
    assert READ_BYTES == 512_000
    whole = b"#" * (READ_BYTES - 14) + b"\nDisallow: /ab"
    assert (rules(200, whole) or "").endswith("\nDisallow: /ab")
    assert (rules(200, whole + b"c") or "").endswith("#")


def test_letters_that_are_none_do_not_keep_it_from_being_read() -> None:
    assert rules(200, b"Disallow: /\xff\n") == "Disallow: /\N{REPLACEMENT CHARACTER}\n"
    odd = "Disallow: /\n".encode("utf-16") + b"x"
    assert (rules(200, odd) or "").startswith("Disallow: /\n")
    assert rules(200, b"a\r\nb\rc\n") == "a\nb\nc\n"


def test_it_looks_at_the_beginning_for_a_page_in_its_place() -> None:
    assert rules(200, b"\n" * 2044 + b"<head>") is not None
    assert rules(200, b"\n" * 2043 + b"<head>") is None
    assert rules(200, b"# no \x00 letters") is None
