"""Pages fetched, read and stored a second, against bare Scrapy with trafilatura (fast) in its callback.

Both fetch the same pages from the same loopback server, each in a process of its own, in turns. Politeness
towards that server is off here and only here. `--pages FOLDER` serves real pages instead of the sample's.
"""

import argparse
import json
import multiprocessing
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from bench import pages
from pipeline.compose import build
from pipeline.settings import load

REGISTRY = """[[source]]
id = "bench"
name = "Bench"
kind = "newspaper"
homepage = "http://{host}:{port}/"
local = true
enabled = true
[[source.entry]]
kind = "listing"
url = "http://{host}:{port}/"
link_pattern = "/page/"
"""


def ours(port: int, folder: str, workers: int, answer: "multiprocessing.Queue[dict[str, object]]") -> None:
    """One crawl of the product: fetch, extract, gate, store; gives seconds and outcomes."""
    from classify.near import similarity
    from crawlers import registry
    from crawlers.crawl import Budget, CrawlContext, LocalPace, crawl

    local = {pages.HOST: ("127.0.0.1", port)}
    file = Path(folder) / "sources.toml"
    file.write_text(REGISTRY.format(host=pages.HOST, port=port), encoding="utf-8")
    url = f"sqlite:///{folder}/desk.sqlite"
    desk = build(load(environ={}, flags={"database.url": url, "paths.var": folder}), local_hosts=local)
    with desk.sessions.begin() as session:
        registry.sync(session, registry.load(file, local))
    context = CrawlContext(
        sessions=desk.sessions,
        reader_factory=desk.reader_factory,
        frontier_key=desk.keys.frontier,
        bot_name="Bench",
        contact_url=f"http://{pages.HOST}:{port}/",
        clock=desk.clock,
        local_hosts=local,
        workers=workers,
        similarity=similarity,
        local_pace=LocalPace(delay_s=0.0, concurrency=16),
        budget=Budget(pages_per_source=100_000, seconds_per_source=3600),
    )
    report = crawl(context)
    answer.put({"seconds": report.seconds, "pages": report.pages, "outcomes": report.outcomes})


def bare(port: int, n: int, answer: "multiprocessing.Queue[dict[str, object]]") -> None:
    """Scrapy as it comes, with trafilatura's fast mode in its callback; nothing is read or stored."""
    import scrapy
    import trafilatura
    from scrapy.crawler import AsyncCrawlerProcess

    seen = []

    class Bare(scrapy.Spider):
        name = "bare"
        start_urls = [f"http://127.0.0.1:{port}/page/{at}.html" for at in range(n)]  # noqa: RUF012

        def parse(self, response: "scrapy.http.Response") -> None:
            seen.append(trafilatura.extract(response.text, fast=True, include_comments=False))

    settings = {"LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "CONCURRENT_REQUESTS_PER_DOMAIN": 16}
    start = perf_counter()
    process = AsyncCrawlerProcess(settings)
    process.crawl(Bare)
    process.start()
    answer.put({"seconds": perf_counter() - start, "pages": len(seen)})


def once(target: Callable[..., object], *args: object) -> dict[str, float]:
    """Run one side in a fresh process and give its answer."""
    spawn = multiprocessing.get_context("spawn")
    answer = spawn.Queue()
    child = spawn.Process(target=target, args=(*args, answer))
    child.start()
    result: dict[str, float] = answer.get(timeout=1800)
    child.join()
    return result


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=400, help="sample pages to serve")
    parser.add_argument("--pages", type=Path, help="folder of real pages, *.html or *.html.gz")
    parser.add_argument("--workers", type=int, default=2, help="extraction processes")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    n = len(pages.folder_pages(given.pages)) if given.pages else given.n
    rows = []
    with pages.server(n, given.pages) as port:
        for _ in range(given.rounds):
            reference = once(bare, port, n)
            with tempfile.TemporaryDirectory() as folder:
                product = once(ours, port, folder, given.workers)
            rows.append((product["pages"] / product["seconds"], reference["pages"] / reference["seconds"]))
    print(
        json.dumps(
            {
                "benchmark": "crawl_speed",
                "pages": n,
                "workers": given.workers,
                "ours_pages_s": [round(row[0], 1) for row in rows],
                "bare_scrapy_trafilatura_pages_s": [round(row[1], 1) for row in rows],
                "ratio_median": round(median(row[0] / row[1] for row in rows), 2),
                "target_ratio": 0.8,
                "outcomes": product["outcomes"],
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
