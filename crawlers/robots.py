"""robots.txt by RFC 9309, failing closed: what cannot be read forbids, and there is no switch.

Unreachable (429, 5xx, reset, time-out, refused redirect) is complete disallow (section 2.3.1.4); a 4xx is
"unavailable" and allows (2.3.1.3). An HTML page in its place (a login or block page) is not a robots.txt.
"""

import asyncio
from collections.abc import Callable
from time import monotonic

from protego import Protego
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawlers.guards import SITES

READ_BYTES = 500 * 1024
FRESH_S = 24 * 3600.0
LONGEST_DELAY_S = 60.0
_OURS = "kiemchung_robots"
_TOKEN = object()
ALLOW_ALL = "User-agent: *\nDisallow:\n"


class RobotsRefusedError(IgnoreRequest):
    """robots.txt forbids the page, or (`unreachable`) could not be read, which forbids for now."""

    def __init__(self, *, unreachable: bool) -> None:
        super().__init__("robots.txt could not be read" if unreachable else "robots.txt forbids it")
        self.unreachable = unreachable


class RestAskedError(Exception):
    """robots.txt was answered with 429 or 503; `retry_after` is the header of that name."""

    def __init__(self, retry_after: str) -> None:
        super().__init__("robots.txt asked for a rest")
        self.retry_after = retry_after


def rules(status: int, body: bytes, content_type: str = "") -> str | None:
    """The rules that an answer to `/robots.txt` amounts to; None if it is unreachable and so forbids."""
    if status == 429 or status >= 500 or status < 200 or 300 <= status < 400:
        return None
    if status >= 400:
        return ALLOW_ALL
    head = body[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if "html" in content_type.lower() or head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return None
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = body[:READ_BYTES].decode("utf-16", "replace")
    elif b"\x00" in body[:READ_BYTES]:
        return None
    else:
        text = body[:READ_BYTES].decode("utf-8-sig", "replace")
    if len(body) > READ_BYTES:
        text = text.rpartition("\n")[0]
    return text.replace("\r\n", "\n").replace("\r", "\n")


class FailClosedRobots:
    """Scrapy downloader middleware in place of the built-in one, which fetches when robots.txt fails."""

    def __init__(self, crawler: Crawler, agent: str, clock: Callable[[], float] = monotonic) -> None:
        self.crawler = crawler
        self.agent = agent
        self.clock = clock
        self.cache: dict[str, tuple[float, asyncio.Future[Protego | Exception | None]]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "FailClosedRobots":
        """Take the bot's name from the settings; nothing turns this off."""
        return cls(crawler, str(crawler.settings["ROBOTSTXT_USER_AGENT"]))

    async def process_request(self, request: Request) -> None:
        """Raise `RobotsRefusedError` unless robots.txt was read and allows the page."""
        if request.meta.get(_OURS) is _TOKEN:
            return
        parser = await self._parser(request)
        if not isinstance(parser, Protego):
            # with what kept it from being read, so that a source is told apart from its robots.txt
            raise RobotsRefusedError(unreachable=True) from parser
        if not parser.can_fetch(request.url, self.agent):
            raise RobotsRefusedError(unreachable=False)
        self._slow_down(request, parser.crawl_delay(self.agent))

    async def _parser(self, request: Request) -> Protego | Exception | None:
        parts = urlparse_cached(request)
        place = f"{parts.scheme}://{parts.netloc}"
        known = self.cache.get(place)
        if known is None or self.clock() - known[0] > FRESH_S:
            known = (self.clock(), asyncio.get_running_loop().create_future())
            self.cache[place] = known
            known[1].set_result(await self._fetch(place, request))
        return await asyncio.shield(known[1])

    async def _fetch(self, place: str, request: Request) -> Protego | Exception | None:
        wanted = Request(
            f"{place}/robots.txt",
            priority=1000,
            dont_filter=True,
            callback=NO_CALLBACK,
            meta={SITES: request.meta.get(SITES, frozenset()), _OURS: _TOKEN},
        )
        try:
            answer: Response = await self.crawler.engine.download_async(wanted)
            kind = (answer.headers.get("Content-Type") or b"").decode("latin-1")
            text = rules(answer.status, answer.body, kind)
            if answer.status in {429, 503}:
                return RestAskedError((answer.headers.get("Retry-After") or b"").decode("latin-1"))
            return None if text is None else Protego.parse(text)
        except Exception as error:  # whatever went wrong, an unread robots.txt forbids
            return error

    def _slow_down(self, request: Request, wanted_s: float | None) -> None:
        key = urlparse_cached(request).hostname or ""
        slot = self.crawler.engine.downloader.slots.get(key)
        if not wanted_s or slot is None or key in self.crawler.settings.getdict("DOWNLOAD_SLOTS"):
            return
        slot.delay = max(slot.delay, min(float(wanted_s), LONGEST_DELAY_S))
        # AutoThrottle would wear the publisher's wish down, answer by answer
        request.meta["autothrottle_dont_adjust_delay"] = wanted_s >= slot.delay
