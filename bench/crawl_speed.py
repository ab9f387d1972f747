"""Pages fetched, read and stored a second, against bare Scrapy with trafilatura (fast) in its callback.

Both fetch the same pages from the same loopback server, each in processes of its own, in turns; their time
counts from their first import to the end, and making the empty database is not part of it. Politeness towards
that server is off here and only here. With `--cores 1` the whole product shares one core, and so does bare
Scrapy; the server is free. CPU milliseconds a page are those of all processes of a side, ours first: of use
on a busy machine.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter
from typing import Any, TypeAlias

from bench import pages
from bench.machine import peak_mib


@dataclass(frozen=True)
class Side:
    """What one side's process is told."""

    port: int
    cores: int
    n: int = 0
    folder: str = ""
    workers: int = 1
    days_later: int = 0


Answer: TypeAlias = "multiprocessing.Queue[dict[str, object]]"


def ours(side: Side, answer: Answer) -> None:
    """One crawl of the product: fetch, extract, gate, store; gives seconds, outcomes and peak memory."""
    _pin(side.cores)
    start = perf_counter()
    from classify.near import similarity
    from crawlers import registry
    from crawlers.crawl import Budget, CrawlContext, LocalPace, crawl
    from pipeline.compose import build
    from pipeline.settings import load

    loaded = perf_counter() - start
    local = {pages.HOST: ("127.0.0.1", side.port)}
    file = Path(side.folder) / "sources.toml"
    file.write_text(
        pages.SOURCE.format(id="bench", home=f"http://{pages.HOST}:{side.port}/"), encoding="utf-8"
    )
    url = f"sqlite:///{side.folder}/desk.sqlite"
    flags = {"database.url": url, "paths.var": side.folder}
    desk = build(load(environ={}, flags=flags), local_hosts=local)
    with desk.sessions.begin() as session:
        registry.sync(session, registry.load(file, local))
    now = datetime.now(UTC) + timedelta(days=side.days_later)
    context = CrawlContext(
        sessions=desk.sessions,
        reader_factory=desk.reader_factory,
        frontier_key=desk.keys.frontier,
        bot_name="Bench",
        contact_url=f"http://{pages.HOST}:{side.port}/",
        clock=lambda: now,
        local_hosts=local,
        workers=side.workers,
        similarity=similarity,
        local_pace=LocalPace(delay_s=0.0, concurrency=1),
        budget=Budget(pages_per_source=100_000, seconds_per_source=3600),
    )
    report = crawl(context)
    desk.close()
    answer.put(
        {
            "seconds": loaded + report.seconds,
            "pages": report.pages,
            "outcomes": report.outcomes,
            "peak_mib": round(peak_mib(), 1),
        }
    )


def bare(side: Side, answer: Answer) -> None:
    """Scrapy as it comes, with trafilatura's fast mode in its callback; nothing is read or stored."""
    _pin(side.cores)
    start = perf_counter()
    import scrapy
    import trafilatura
    from scrapy.crawler import AsyncCrawlerProcess

    seen = []

    class Bare(scrapy.Spider):
        name = "bare"
        start_urls = [f"http://127.0.0.1:{side.port}/page/{at}.html" for at in range(side.n)]  # noqa: RUF012

        def parse(self, response: "scrapy.http.Response") -> None:
            seen.append(trafilatura.extract(response.text, fast=True, include_comments=False))

    settings = {"LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "CONCURRENT_REQUESTS_PER_DOMAIN": 16}
    process = AsyncCrawlerProcess(settings)
    process.crawl(Bare)
    process.start()
    answer.put({"seconds": perf_counter() - start, "pages": len(seen), "peak_mib": round(peak_mib(), 1)})


def _pin(cores: int) -> None:
    """Keep this process, and all that it starts, on the first `cores` cores."""
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:cores]))


def once(target: Callable[..., object], side: Side) -> dict[str, Any]:
    """Run one side in a fresh process; gives its answer with the CPU seconds of all its processes."""
    before = getrusage(RUSAGE_CHILDREN)
    spawn = multiprocessing.get_context("spawn")
    answer = spawn.Queue()
    child = spawn.Process(target=target, args=(side, answer))
    child.start()
    result: dict[str, Any] = answer.get(timeout=1800)
    child.join()
    after = getrusage(RUSAGE_CHILDREN)
    result["cpu_s"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return result


def _second_share(side: Side, port: int) -> float:
    """Bytes of a crawl two days later of the unchanged source, as a share of the first one's."""
    first = pages.sent(port)
    once(ours, side)
    return (pages.sent(port) - first) / first


def _rate(answer: dict[str, Any]) -> float:
    return float(answer["pages"] / answer["seconds"])


def measure(mix: pages.Mix, cores: int, workers: int, rounds: int) -> dict[str, object]:
    """The figures of one setting."""
    rows: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for at in range(rounds):
        with pages.server(mix) as port, tempfile.TemporaryDirectory() as folder:
            side = Side(port, cores, mix.n, folder, workers)
            product = once(ours, side)
            if at == 0:
                later = Side(port, cores, mix.n, folder, workers, days_later=2)
                second = _second_share(later, port)
            rows.append((product, once(bare, side)))
    return {
        "cores": cores,
        "workers": workers,
        "ours_pages_s": [round(_rate(product), 1) for product, _ in rows],
        "bare_scrapy_trafilatura_pages_s": [round(_rate(reference), 1) for _, reference in rows],
        "ratio_median": round(median(_rate(product) / _rate(reference) for product, reference in rows), 2),
        "target_ratio": 1.0 if cores == 1 else 1.6,
        "cpu_ms_page": [
            [round(one["cpu_s"] / one["pages"] * 1000, 1) for one in (product, reference)]
            for product, reference in rows
        ],
        "peak_mib": max(product["peak_mib"] for product, _ in rows),
        "target_mib": 350,
        "second_crawl_bytes_share": round(second, 5),
        "target_share": 0.02,
        "outcomes": rows[-1][0]["outcomes"],
    }


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    pages.add_arguments(parser)
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2], choices=(1, 2))
    parser.add_argument("--workers", type=int, help="extraction processes; as many as cores if not given")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    mix = pages.mix_of(given)
    report = {
        "benchmark": "crawl_speed",
        "pages": mix.n,
        "in_scope": mix.in_scope if mix.in_scope is not None else "as in the sample",
        "sidebar": mix.sidebar,
        "settings": [measure(mix, cores, given.workers or cores, given.rounds) for cores in given.cores],
    }
    print(json.dumps(report, ensure_ascii=False))


if __name__ == "__main__":
    main()
