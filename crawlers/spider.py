"""The spider: entry points to frontier, frontier to pages, pages to the extraction processes and the store.

Nothing here parses or waits: reading happens in other processes, writing on one thread. The crawl is a few
coroutines that ask Scrapy's downloader directly: every guard is a downloader middleware, while scheduler,
scraper and spider middlewares would cost three times the download and do nothing here.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawlers import answers, hosts, outcomes, policy, worker
from crawlers.context import CrawlContext, CrawlReport
from crawlers.lanes import Lane
from crawlers.ledger import DueEntry, Leased, Ledger, ReadPage
from crawlers.pool import PoisonError, ReadingPool
from crawlers.quiet import LOG
from crawlers.robots import RobotsRefusedError
from crawlers.turns import PATIENCE_S, POLL_S, SiteTurns
from crawlers.writer import Writer
from models.vocabulary import EntryKind, Outcome


class Run:
    """What one crawl's parts share."""

    def __init__(self, context: CrawlContext, ledger: Ledger, pool: ReadingPool, turns: SiteTurns) -> None:
        self.context = context
        self.turns = turns
        self.ledger = ledger
        self.pool = pool
        self.report = CrawlReport()
        self.lanes: dict[str, Lane] = {}
        self.writer = Writer(ledger)
        self.bodies: set[bytes] = set()


class DeskSpider(Spider):
    """Fetches what is due of the registered sources."""

    name = "desk"

    def __init__(self, run: Run, at_once: int) -> None:
        super().__init__()
        self.run = run
        # held from asking for a body until it is read, so that waiting bodies never fill the memory
        self.bodies_at_once = asyncio.Semaphore(at_once)
        # more sites at once than it can ask are left to other processes
        self.sites_at_once = asyncio.Semaphore(at_once)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "DeskSpider":  # noqa: ANN401
        """Check the settings once more, as Scrapy will really use them, before anything is fetched."""
        run: Run = kwargs["run"]
        policy.check(crawler.settings, run.context.local_hosts)
        at_once = crawler.settings.getint("CONCURRENT_REQUESTS")
        return super().from_crawler(crawler, *args, at_once=at_once, **kwargs)

    async def start(self) -> AsyncIterator[Request]:
        """The whole crawl, all sources side by side; nothing is left for Scrapy to schedule."""
        await asyncio.gather(*(self._source(lane) for lane in self.run.lanes.values()))
        await self.run.writer.drain()
        nothing: tuple[Request, ...] = ()
        for request in nothing:
            yield request

    async def _source(self, lane: Lane) -> None:
        """Wait for the turn at the source's sites; while others have it, other sources go on."""
        waited_s = 0.0
        while not lane.resting and waited_s <= PATIENCE_S:
            async with self.sites_at_once:
                if await self.run.writer.run(lambda: self._take(lane)):
                    await self._turn(lane)
                    return
            waited_s = 0.0 if self.run.turns.busy() else waited_s + POLL_S
            await asyncio.sleep(POLL_S)

    def _take(self, lane: Lane) -> bool:
        """Take the turn, or the place of a holder that was stopped: its leases were twice seen to be over."""
        turns, ledger, source = self.run.turns, self.run.ledger, lane.source
        taken = turns.take(source.sites)
        if not taken:
            abandoned = ledger.abandoned(source.id)
            taken = abandoned and lane.abandoned and turns.step_in(source.sites)
            lane.abandoned = abandoned
        if taken:
            # whoever holds the turn takes back what has run out, so that it does not look stopped itself
            ledger.take_back(source.id)
        return taken

    async def _turn(self, lane: Lane) -> None:
        """First the entry points that are due, then what waits in the frontier, from before and from now."""
        ledger, writer, source = self.run.ledger, self.run.writer, lane.source
        lane.not_before = asyncio.get_running_loop().time() + lane.pace_s
        # the process that had the turn before may have been asked for a rest
        lane.resting = await writer.run(lambda: ledger.rests(source.id))
        if not lane.resting:
            for entry in await writer.run(lambda: ledger.claim_due([source.id])):
                await self._entry(lane, entry)
            await asyncio.gather(*(self._pages(lane) for _ in range(lane.at_once)))
            await asyncio.sleep(self._longer_s(lane))
        await writer.run(lambda: self.run.turns.free(source.sites))

    def _longer_s(self, lane: Lane) -> float:
        """Seconds for which a host is to be left alone beyond the pace that the next in turn waits for."""
        engine = self.crawler.engine
        slots = engine.downloader.slots.items() if engine is not None else ()
        mine = [slot for host, slot in slots if hosts.site_of(host) in lane.source.sites]
        over = max((slot.lastseen + slot.delay for slot in mine), default=0.0)
        return max(0.0, over - lane.pace_s - asyncio.get_running_loop().time())

    async def _download(self, lane: Lane, request: Request) -> Response:
        engine = self.crawler.engine
        if engine is None:
            raise RuntimeError("the crawl has not started")
        async with lane.gate:
            await asyncio.sleep(max(0.0, lane.not_before - asyncio.get_running_loop().time()))
            return await engine.download_async(request)

    # --- entry points

    async def _entry(self, lane: Lane, entry: DueEntry) -> None:
        """Ask for an entry point, put its links in the frontier, go on to child sitemaps that are new."""
        if lane.resting:
            # a source that asked for a rest in between gets it: its other entry points are due again soon
            return
        self.run.report.entries += 1
        fresh: list[DueEntry] = []
        try:
            async with self.bodies_at_once:
                fresh = await self._ask_entry(lane, entry)
        except Exception as error:
            self.run.report.errors += 1
            LOG.error("entry_crashed source=%s error=%s", entry.source_id, type(error).__name__)
        for child in fresh:
            await self._entry(lane, child)

    async def _ask_entry(self, lane: Lane, entry: DueEntry) -> list[DueEntry]:
        try:
            request = answers.entry_request(lane, entry)
            response = await self._download(lane, request)
        except Exception as error:
            wait_s = answers.wait_of_error(error, self.run.context.clock())
            await self._entry_bad(entry, outcomes.of_error(error, entry.url), wait_s)
            return []
        if response.status == 304:
            await self._entry_good(entry, Outcome.UNCHANGED, 0, ("", ""))
            return []
        if response.status != 200:
            bad = outcomes.of_status(response.status)
            await self._entry_bad(entry, bad, answers.wait_s(response, self.run.context.clock()))
            return []
        task = worker.EntryTask(
            entry.kind, response.body, answers.content_type(response), response.url, entry.link_pattern
        )
        try:
            result = await self.run.pool.run(worker.read_entry, task)
        except PoisonError:
            result = worker.EntryResult(Outcome.PARSE_ERROR)
        read = result.outcome == Outcome.FEED_READ
        if outcomes.is_login(request.url, response.url, b"" if read else response.body):
            await self._entry_bad(entry, Outcome.BLOCKED, 0.0)
            return []
        if not read:
            await self._entry_bad(entry, result.outcome, 0.0)
            return []
        return await self._entry_read(entry, response, result)

    async def _entry_read(
        self, entry: DueEntry, response: Response, result: worker.EntryResult
    ) -> list[DueEntry]:
        source = self.run.lanes[entry.source_id].source
        ledger, writer = self.run.ledger, self.run.writer
        new, _ = await writer.run(lambda: ledger.add_links(source, result.links))
        self.run.report.new_links += new
        if result.claims or result.dropped_claims:
            await writer.run(lambda: ledger.keep_claims(source, result.claims, result.dropped_claims))
        fresh: list[DueEntry] = []
        if entry.kind == EntryKind.SITEMAP:
            fresh = await writer.run(lambda: ledger.renew_children(entry, source, result.children))
        await self._entry_good(entry, Outcome.FEED_READ, new + len(fresh), answers.validators(response))
        return fresh

    async def _entry_good(
        self, entry: DueEntry, outcome: Outcome, new: int, validators: tuple[str, str]
    ) -> None:
        self.run.report.count(outcome)
        ledger = self.run.ledger
        await self.run.writer.run(lambda: ledger.entry_read(entry, outcome, new, validators))
        LOG.info("entry_read source=%s outcome=%s", entry.source_id, outcome.value)

    async def _entry_bad(self, entry: DueEntry, outcome: Outcome, wait_s: float) -> None:
        self.run.report.count(outcome)
        await self.run.writer.run(lambda: self.run.ledger.entry_failed(entry, outcome, wait_s))
        await self._rest(self.run.lanes[entry.source_id], wait_s)
        LOG.warning("entry_failed source=%s outcome=%s", entry.source_id, outcome.value)

    # --- pages

    async def _pages(self, lane: Lane) -> None:
        """Fetch pages of a source, one after the other, until it is through."""
        while (page := await self._next_page(lane)) is not None:
            self.run.report.pages += 1
            try:
                async with self.bodies_at_once:
                    await self._page(lane, page)
            except Exception as error:
                # ours, not the page's: it stays leased, is given back at the end, and the report says so
                self.run.report.errors += 1
                LOG.error("page_crashed source=%s error=%s", lane.source.id, type(error).__name__)

    async def _next_page(self, lane: Lane) -> Leased | None:
        async with lane.lock:
            room = lane.room()
            if room:
                lane.add(await self.run.writer.run(lambda: self._lease(lane, room)), room)
            return lane.take()

    def _lease(self, lane: Lane, room: int) -> list[Leased]:
        # a lost connection to the database loses the turn with it
        return self.run.ledger.lease(lane.source.id, room) if self.run.turns.keeps() else []

    async def _page(self, lane: Lane, page: Leased) -> None:
        try:
            response = await self._download(lane, answers.page_request(lane, page.url))
        except Exception as error:
            await self._unanswered(lane, page, error)
            return
        lane.answered(well=response.status < outcomes.GONE_BELOW and response.status not in outcomes.LATER)
        if response.status == 200 and outcomes.is_login(page.url, response.url):
            await self._page_bad(lane, page, Outcome.BLOCKED, again=False)
        elif response.status == 200:
            await self._read_page(response, lane, page)
        else:
            await self._odd_status(response, lane, page)

    async def _rest(self, lane: Lane, wait_s: float) -> None:
        """The source asked for a rest: nothing of it is fetched until then, in this run or another."""
        if wait_s:
            lane.resting = True
            await self.run.writer.run(lambda: self.run.ledger.rest(lane.source.id, wait_s))

    async def _odd_status(self, response: Response, lane: Lane, page: Leased) -> None:
        await self._rest(lane, answers.wait_s(response, self.run.context.clock()))
        again = response.status in outcomes.LATER or response.status >= outcomes.GONE_BELOW
        await self._page_bad(lane, page, outcomes.of_status(response.status), again=again)

    async def _read_page(self, response: Response, lane: Lane, page: Leased) -> None:
        url = response.url
        # of one source only: a notice that another publishes byte by byte is another mention of it
        digest = hashlib.sha256(lane.source.id.encode() + b"\0" + response.body).digest()
        if digest in self.run.bodies:
            # the same bytes under another address: not parsed again
            result = worker.PageResult(Outcome.DUPLICATE)
        else:
            self.run.bodies.add(digest)
            try:
                result = await self._reading(response, lane)
            except PoisonError:
                await self._page_bad(lane, page, Outcome.QUARANTINED, again=False)
                return
        written = await self.run.writer.page(ReadPage(lane.source, page, url, result))
        written.add_done_callback(lambda done: self._written(lane, done))

    async def _reading(self, response: Response, lane: Lane) -> worker.PageResult:
        """Read a page, with the later parts of an article on several pages as long as it names one."""
        kind, url = answers.content_type(response), response.url
        task = worker.PageTask(response.body, kind, url, pdf=lane.source.reads_pdf)
        result = await self.run.pool.run(worker.read_page, task)
        while result.next_part:
            part = await self._part(lane, result.next_part)
            task = replace(task, parts=(*task.parts, *part), complete=not part)
            result = await self.run.pool.run(worker.read_page, task)
        return result

    async def _part(self, lane: Lane, url: str) -> tuple[bytes, ...]:
        """The body of a later part; nothing if it cannot be had, or the source's budget is used up."""
        if not lane.take_part():
            return ()
        try:
            response = await self._download(lane, answers.page_request(lane, url))
        except Exception as error:
            LOG.info("part_failed source=%s error=%s", lane.source.id, type(error).__name__)
            return ()
        await self._rest(lane, answers.wait_s(response, self.run.context.clock()))
        return (response.body,) if response.status == 200 else ()

    def _written(self, lane: Lane, written: "asyncio.Future[Outcome]") -> None:
        error = None if written.cancelled() else written.exception()
        if written.cancelled() or error is not None:
            self.run.report.errors += 1
            LOG.error("page_crashed source=%s error=%s", lane.source.id, type(error).__name__)
            return
        outcome = written.result()
        self.run.report.count(outcome)
        if outcome == Outcome.EMPTY:
            LOG.warning("empty_page source=%s", lane.source.id)

    async def _unanswered(self, lane: Lane, page: Leased, error: Exception) -> None:
        """Count what kept a page from being fetched; unreachable robots.txt puts the source to rest."""
        outcome = outcomes.of_error(error, page.url)
        passing = outcome in {Outcome.TIMEOUT, Outcome.NETWORK_ERROR}
        lane.answered(well=not passing)
        if isinstance(error, RobotsRefusedError) and error.unreachable:
            await self._rest(lane, answers.wait_of_error(error, self.run.context.clock()))
            lane.resting = True
            self.run.report.count(outcome)
            await self.run.writer.run(lambda: self.run.ledger.release([page.id]))
        else:
            await self._page_bad(lane, page, outcome, again=passing)

    async def _page_bad(self, lane: Lane, page: Leased, outcome: Outcome, *, again: bool) -> None:
        ledger = self.run.ledger
        self.run.report.count(outcome)
        await self.run.writer.run(lambda: ledger.page_failed(lane.source.id, page, outcome, again=again))
        LOG.info("page_failed source=%s outcome=%s", lane.source.id, outcome.value)
