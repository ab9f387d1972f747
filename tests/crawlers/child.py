"""Runs one crawl in a child process, as the product does: Twisted's reactor starts once a process."""

import json
import multiprocessing
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from crawlers.context import Budget, CrawlContext, LocalPace
from crawlers.crawl import crawl
from models.session import make_engine, make_sessions
from tests.crawlers.reader import make_reader, similarity

KEY = b"k" * 32
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
FORK = multiprocessing.get_context("forkserver")
# Scrapy is loaded once and each crawl is a fork of that; the reading processes start as they really do
FORK.set_forkserver_preload(["tests.crawlers.child", "scrapy.crawler", "crawlers.spider", "crawlers.worker"])


@dataclass(frozen=True)
class CrawlPlan:
    """A picklable description of a crawl."""

    database: str
    local_hosts: Mapping[str, tuple[str, int]]
    source_ids: tuple[str, ...] | None = None
    now: datetime = NOW
    budget: Budget = field(default_factory=Budget)
    workers: int = 1
    pace: LocalPace = field(default_factory=lambda: LocalPace(delay_s=0, concurrency=4))
    # called in the child before the crawl, to break something on purpose
    prepare: Callable[[], None] | None = None
    log: Path | None = None


def context(plan: CrawlPlan) -> CrawlContext:
    engine = make_engine(plan.database)
    return CrawlContext(
        sessions=make_sessions(engine),
        reader_factory=make_reader,
        frontier_key=KEY,
        bot_name="KiemChungTest",
        contact_url="https://example.vn/bot",
        clock=lambda: plan.now,
        local_hosts=plan.local_hosts,
        workers=plan.workers,
        similarity=similarity,
        local_pace=plan.pace,
        budget=plan.budget,
    )


def _child(plan: CrawlPlan, pipe: Connection) -> None:
    if plan.log is not None:
        sys.stdout = sys.stderr = plan.log.open("a", encoding="utf-8")
        import logging

        logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
    try:
        if plan.prepare is not None:
            plan.prepare()
        pipe.send(json.dumps(asdict(crawl(context(plan), plan.source_ids))))
    except Exception as error:
        pipe.send(json.dumps({"error": type(error).__name__, "text": str(error)}))


def run_crawl(plan: CrawlPlan, timeout_s: float = 300) -> dict[str, Any]:
    """The crawl's report, or {"error", "text"}."""
    ours, theirs = FORK.Pipe()
    child = FORK.Process(target=_child, args=(plan, theirs))
    child.start()
    theirs.close()
    try:
        assert ours.poll(timeout_s), "the crawl did not end in time"
        report: dict[str, Any] = json.loads(ours.recv())
    finally:
        child.join(60)
        if child.is_alive():
            child.kill()
            child.join()
        child.close()
        ours.close()
    return report
