"""The spider: entry points to frontier, frontier to pages, pages to the extraction processes and the store.

Nothing here parses or waits: reading happens in other processes, writing on one thread.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawlers import outcomes, policy, worker
from crawlers.context import CrawlContext, CrawlReport
from crawlers.guards import SITES
from crawlers.lanes import Lane
from crawlers.ledger import DueEntry, Leased, Ledger
from crawlers.pool import PoisonError, ReadingPool
from crawlers.quiet import LOG
from crawlers.robots import RobotsRefusedError
from models.vocabulary import EntryKind, Outcome

DONE = TypeVar("DONE")
DEEPEST_SITEMAP = 2
PUBLIC_AT_ONCE = 4
LOCAL_AT_ONCE = 24


class Run:
    """What one crawl's parts share."""

    def __init__(self, context: CrawlContext, ledger: Ledger, pool: ReadingPool) -> None:
        self.context = context
        self.ledger = ledger
        self.pool = pool
        self.report = CrawlReport()
        self.lanes: dict[str, Lane] = {}
        self.due: list[DueEntry] = []
        self.writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self.bodies: set[bytes] = set()

    async def write(self, work: Callable[[], DONE]) -> DONE:
        """Run one transaction on the writer thread."""
        return await asyncio.get_running_loop().run_in_executor(self.writer, work)


class DeskSpider(Spider):
    """Fetches what is due of the registered sources."""

    name = "desk"

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run
        self.brought_news: set[int] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "DeskSpider":  # noqa: ANN401
        """Check the settings once more, as Scrapy will really use them, before anything is fetched."""
        run: Run = kwargs["run"]
        policy.check(crawler.settings, run.context.local_hosts)
        return super().from_crawler(crawler, *args, **kwargs)

    async def start(self) -> AsyncIterator[Request]:
        """First the entry points that are due, then what waits in the frontier from before."""
        for entry in self.run.due:
            yield self._entry_request(entry, entry.url, depth=0)
        for lane in self.run.lanes.values():
            await self._next_pages(lane)

    # --- entry points

    def _entry_request(self, entry: DueEntry, url: str, depth: int) -> Request:
        headers: dict[str, str] = {}
        if depth == 0:
            if entry.etag:
                headers["If-None-Match"] = entry.etag
            if entry.last_modified:
                headers["If-Modified-Since"] = entry.last_modified
        return Request(
            url,
            headers=headers,
            callback=self.entry_answered,
            errback=self.entry_unanswered,
            dont_filter=True,
            priority=10,
            meta={SITES: self.run.lanes[entry.source_id].source.sites},
            cb_kwargs={"entry": entry, "depth": depth},
        )

    async def entry_answered(self, response: Response, entry: DueEntry, depth: int) -> list[Request]:
        """Read an entry point's answer, ask for its new pages, and give requests for child sitemaps."""
        self.run.report.entries += depth == 0
        try:
            return await self._entry_answer(response, entry, depth)
        except Exception as error:
            self.run.report.errors += 1
            LOG.error("entry_crashed source=%s error=%s", entry.source_id, type(error).__name__)
            return []

    async def _entry_answer(self, response: Response, entry: DueEntry, depth: int) -> list[Request]:
        if response.status == 304:
            await self._entry_good(entry, depth, Outcome.UNCHANGED, 0, ("", ""))
            return []
        if response.status != 200:
            await self._entry_bad(entry, depth, Outcome.HTTP_ERROR, _wait_s(response, self.run))
            return []
        # a child of a sitemap index is a sitemap, whatever the index was named as
        kind = EntryKind.SITEMAP if depth else entry.kind
        task = worker.EntryTask(
            kind, response.body, _content_type(response), response.url, entry.link_pattern
        )
        try:
            result = await self.run.pool.run(worker.read_entry, task)
        except PoisonError:
            result = worker.EntryResult(Outcome.PARSE_ERROR)
        if result.outcome != Outcome.FEED_READ:
            await self._entry_bad(entry, depth, result.outcome, 0.0)
            return []
        return await self._entry_read(entry, depth, response, result)

    async def _entry_read(
        self, entry: DueEntry, depth: int, response: Response, result: worker.EntryResult
    ) -> list[Request]:
        lane = self.run.lanes[entry.source_id]
        ledger = self.run.ledger
        new, _ = await self.run.write(lambda: ledger.add_links(lane.source, result.links))
        self.run.report.new_links += new
        if result.claims or result.dropped_claims:
            await self.run.write(
                lambda: ledger.keep_claims(lane.source, result.claims, result.dropped_claims)
            )
        # an index often stays the same while its children change, so it is never asked for conditionally
        validators = ("", "") if result.children else _validators(response)
        await self._entry_good(entry, depth, Outcome.FEED_READ, new, validators)
        if depth and new and entry.id not in self.brought_news:
            self.brought_news.add(entry.id)
            await self.run.write(lambda: ledger.entry_brought_news(entry))
        lane.drained = False
        children = result.children if depth < DEEPEST_SITEMAP else ()
        await self._next_pages(lane)
        return [self._entry_request(entry, url, depth + 1) for url in children]

    async def entry_unanswered(self, failure: Failure) -> None:
        """Count what kept an entry point from answering."""
        request: Request = failure.request  # type: ignore[attr-defined]
        entry, depth = request.cb_kwargs["entry"], request.cb_kwargs["depth"]
        self.run.report.entries += depth == 0
        await self._entry_bad(entry, depth, outcomes.of_error(failure.value, request.url), 0.0)

    async def _entry_good(
        self, entry: DueEntry, depth: int, outcome: Outcome, new: int, validators: tuple[str, str]
    ) -> None:
        self.run.report.count(outcome)
        if depth == 0:
            await self.run.write(lambda: self.run.ledger.entry_read(entry, outcome, new, validators))
        LOG.info("entry_read source=%s outcome=%s", entry.source_id, outcome.value)

    async def _entry_bad(self, entry: DueEntry, depth: int, outcome: Outcome, wait_s: float) -> None:
        self.run.report.count(outcome)
        if depth == 0:
            await self.run.write(lambda: self.run.ledger.entry_failed(entry, outcome, wait_s))
        if wait_s:
            self.run.lanes[entry.source_id].resting = True
        LOG.warning("entry_failed source=%s outcome=%s", entry.source_id, outcome.value)

    # --- pages

    async def _next_pages(self, lane: Lane) -> None:
        """Lease more pages of a source and hand them to the engine, as far as there is room."""
        room = lane.room()
        # leasing one page at a time would cost a transaction each
        if not room or (lane.under_way and room < lane.at_once // 2):
            return
        lane.leasing = True
        try:
            pages = await self.run.write(lambda: self.run.ledger.lease(lane.source.id, room))
        finally:
            lane.leasing = False
        lane.drained = len(pages) < room
        lane.take(len(pages))
        for page in pages:
            # not as output of a callback: that would count them as ever deeper pages of a site
            self.crawler.engine.crawl(self._page_request(lane, page))

    def _page_request(self, lane: Lane, page: Leased) -> Request:
        return Request(
            page.url,
            callback=self.page_answered,
            errback=self.page_unanswered,
            dont_filter=True,
            meta={SITES: lane.source.sites},
            cb_kwargs={"lane": lane, "page": page},
        )

    async def page_answered(self, response: Response, lane: Lane, page: Leased) -> None:
        """Read one page, keep what is ours, and ask for the source's next pages."""
        self.run.report.pages += 1
        lane.answered(well=response.status < outcomes.GONE_BELOW and response.status not in outcomes.LATER)
        try:
            if response.status == 200:
                await self._read_page(response, lane, page)
            else:
                await self._odd_status(response, lane, page)
        except Exception as error:
            # ours, not the page's: it stays leased, is given back at the end, and the report says so
            self.run.report.errors += 1
            LOG.error("page_crashed source=%s error=%s", lane.source.id, type(error).__name__)
        await self._next_pages(lane)

    async def _odd_status(self, response: Response, lane: Lane, page: Leased) -> None:
        if response.status in outcomes.LATER:
            # the source asked for a rest: everything else of it waits for the next run
            lane.resting = True
        again = response.status in outcomes.LATER or response.status >= outcomes.GONE_BELOW
        await self._page_bad(lane, page, Outcome.HTTP_ERROR, again=again)

    async def _read_page(self, response: Response, lane: Lane, page: Leased) -> None:
        ledger, url = self.run.ledger, response.url
        digest = hashlib.sha256(response.body).digest()
        if digest in self.run.bodies:
            # the same bytes under another address: not parsed again
            result = worker.PageResult(Outcome.DUPLICATE)
        else:
            self.run.bodies.add(digest)
            task = worker.PageTask(response.body, _content_type(response), url)
            try:
                result = await self.run.pool.run(worker.read_page, task)
            except PoisonError:
                await self._page_bad(lane, page, Outcome.QUARANTINED, again=False)
                return
        outcome = await self.run.write(lambda: ledger.page_read(lane.source, page, url, result))
        self.run.report.count(outcome)
        if outcome == Outcome.EMPTY:
            LOG.warning("empty_page source=%s", lane.source.id)

    async def page_unanswered(self, failure: Failure) -> None:
        """Count what kept a page from being fetched; unreachable robots.txt puts the source to rest."""
        request: Request = failure.request  # type: ignore[attr-defined]
        lane, page = request.cb_kwargs["lane"], request.cb_kwargs["page"]
        outcome = outcomes.of_error(failure.value, request.url)
        self.run.report.pages += 1
        passing = outcome in {Outcome.TIMEOUT, Outcome.NETWORK_ERROR}
        lane.answered(well=not passing)
        if isinstance(failure.value, RobotsRefusedError) and failure.value.unreachable:
            lane.resting = True
            self.run.report.count(outcome)
            await self.run.write(lambda: self.run.ledger.release([page.id]))
        else:
            await self._page_bad(lane, page, outcome, again=passing)
        await self._next_pages(lane)

    async def _page_bad(self, lane: Lane, page: Leased, outcome: Outcome, *, again: bool) -> None:
        ledger = self.run.ledger
        self.run.report.count(outcome)
        await self.run.write(lambda: ledger.page_failed(lane.source.id, page, outcome, again=again))
        LOG.info("page_failed source=%s outcome=%s", lane.source.id, outcome.value)


def _content_type(response: Response) -> str:
    return (response.headers.get("Content-Type") or b"").decode("latin-1")


def _validators(response: Response) -> tuple[str, str]:
    values = [
        (response.headers.get(name) or b"").decode("latin-1")[:500] for name in ("ETag", "Last-Modified")
    ]
    return values[0], values[1]


def _wait_s(response: Response, run: Run) -> float:
    if response.status not in outcomes.LATER:
        return 0.0
    asked = (response.headers.get("Retry-After") or b"").decode("latin-1")
    return max(outcomes.retry_after(asked, run.context.clock()), 60.0)
