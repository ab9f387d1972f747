"""One crawl: what is due of the registered sources, fetched to completion in this process.

Twisted's reactor runs once a process, so callers start a (non-daemonic) child process for each crawl.
"""

import asyncio
import secrets
import threading
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, cast

from crawlers import policy
from crawlers.context import Budget, CrawlContext, CrawlReport, LocalPace
from crawlers.errors import CrawlError
from crawlers.ledger import Ledger, SourceFacts
from crawlers.turns import SiteTurns
from models.locks import locks_of
from models.vocabulary import Outcome

if TYPE_CHECKING:
    from scrapy.settings import Settings
    from sqlalchemy import Engine

    from crawlers.pool import ReadingPool
    from crawlers.spider import Run

PUBLIC = (1, 8)
"""Pages under way at once, and leased at once: a public host has one connection and seconds in between."""
LOCAL = (12, 64)

__all__ = ["Budget", "CrawlContext", "CrawlReport", "LocalPace", "Outcome", "crawl", "crawl_settings"]


def crawl_settings(context: CrawlContext) -> Mapping[str, object]:
    """The complete Scrapy settings of a crawl."""
    pace = context.local_pace
    slot = {"concurrency": pace.concurrency, "delay": pace.delay_s, "jitter": 0}
    made = policy.settings(context.bot_name, context.contact_url, dict.fromkeys(context.local_hosts, slot))
    return {**made, "KIEMCHUNG_LOCAL_HOSTS": dict(context.local_hosts)}


def crawl(context: CrawlContext, source_ids: Sequence[str] | None = None) -> CrawlReport:
    """Fetch what is due and keep what is ours; returns when nothing is left to do within the budgets.

    Raises `PolicyError` before anything is fetched if a safety setting differs, and `CrawlError` for an
    unknown or switched-off source.
    """
    from crawlers.pool import ReadingPool
    from crawlers.quiet import silence_libraries

    started = perf_counter()
    silence_libraries()
    ledger = Ledger(context, owner=f"crawl-{secrets.token_hex(8)}")
    sources = ledger.sources(source_ids)
    missing = sorted(set(source_ids or ()) - set(sources))
    if missing:
        raise CrawlError(f"source {', '.join(missing)}: not in the registry, or switched off")
    pool = ReadingPool(context.reader_factory, context.workers)
    # the readers load in their processes while Scrapy is imported in this one
    pool.warm_up()
    try:
        report = _crawl(context, ledger, pool, sources)
    finally:
        pool.close()
        ledger.release()
    report.crashes = pool.crashes
    report.seconds = perf_counter() - started
    return report


def _crawl(
    context: CrawlContext, ledger: Ledger, pool: "ReadingPool", sources: Mapping[str, SourceFacts]
) -> CrawlReport:
    # Scrapy and Twisted are heavy and belong to the crawl process alone
    from scrapy.settings import Settings

    from crawlers.lanes import Lane
    from crawlers.spider import Run

    settings = Settings(dict(crawl_settings(context)))
    policy.check(settings, context.local_hosts)
    turns = SiteTurns(locks_of(_engine(context), ledger.owner))
    run = Run(context, ledger, pool, turns)
    for source_id, facts in sources.items():
        local = facts.sites <= set(context.local_hosts)
        at_once, batch = LOCAL if local else PUBLIC
        gate = asyncio.Semaphore(context.local_pace.concurrency if local else 1)
        pace_s = context.local_pace.delay_s if local else settings.getfloat("DOWNLOAD_DELAY")
        run.lanes[source_id] = Lane(
            facts, context.budget, at_once, batch, resting=facts.resting, pace_s=pace_s, gate=gate
        )
    try:
        _fetch(settings, run)
    finally:
        try:
            run.writer.close()
        finally:
            turns.close()
    return run.report


def _engine(context: CrawlContext) -> "Engine":
    with context.sessions() as session:
        return cast("Engine", session.get_bind())


def _fetch(settings: "Settings", run: "Run") -> None:
    # imported deep in the running engine, where it walks the whole stack, it costs half a second more
    import scrapy.core.downloader.handlers.http11  # noqa: F401
    from scrapy.crawler import AsyncCrawlerProcess

    from crawlers.quiet import LOG, silence_libraries
    from crawlers.spider import DeskSpider

    process = AsyncCrawlerProcess(settings)
    silence_libraries()
    task = process.crawl(DeskSpider, run=run)
    in_main_thread = threading.current_thread() is threading.main_thread()
    process.start(install_signal_handlers=in_main_thread)
    if task.done() and not task.cancelled() and task.exception() is not None:
        error = task.exception()
        if isinstance(error, CrawlError):
            raise error
        LOG.error("crawl_failed error=%s", type(error).__name__)
        raise CrawlError(f"the crawl stopped: {type(error).__name__}") from error
