"""Four crawl processes against one on the same local hosts, each host with a pace that holds over all.

    python -m bench.crawlers [--hosts 16] [--pages 12] [--processes 4] [--pace 0.2] [--postgres]

One JSON object: pages a second of each run, pages fetched twice (none), and the nearest two requests to one
host: as the downloaders let them go (one clock for all processes), and as they arrived at the server, where a
busy machine moves them. Starting the processes is in the seconds.
"""

import argparse
import json
import multiprocessing
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.machine import database
from bench.pages import SOURCE

SPAWN = multiprocessing.get_context("spawn")
Arrivals = list[tuple[str, str, float]]


@dataclass(frozen=True)
class Plan:
    """Where the desk is, and how many hosts of how many pages there are."""

    url: str
    folder: str
    port: int
    hosts: int
    pages: int
    pace_s: float

    def local(self) -> dict[str, tuple[str, int]]:
        """Every host is this machine."""
        return {f"h{at}.localhost": ("127.0.0.1", self.port) for at in range(self.hosts)}


@contextmanager
def server(pages: int) -> Iterator[tuple[int, Arrivals]]:
    """A server of all hosts; gives its port and what was asked for, and when."""
    seen: Arrivals = []
    links = "".join(f"<p><a href='/page/{at}'>Trang {at} của báo</a></p>" for at in range(pages))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            seen.append((self.headers.get("Host", ""), self.path, time.monotonic()))
            known = self.path == "/" or self.path.startswith("/page/")
            words = links if self.path == "/" else f"<p>Thời tiết hôm nay đẹp, số {self.path}.</p>" * 20
            body = f"<!doctype html><html><body><main>{words}</main></body></html>".encode()
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    threading.Thread(target=made.serve_forever, daemon=True).start()
    try:
        yield made.server_address[1], seen
    finally:
        made.shutdown()
        made.server_close()


def note_requests(notes: Path) -> None:
    """Write down the host of each request of this process and when the downloader let it go."""
    from scrapy.core.downloader import Downloader

    really = Downloader._download  # noqa: SLF001 -- no public place tells the moment

    async def download(this: Any, slot: Any, request: Any) -> Any:  # noqa: ANN401
        with notes.open("a", encoding="utf-8") as file:
            file.write(f"{request.url.split('/')[2].partition(':')[0]} {slot.lastseen}\n")
        return await really(this, slot, request)

    Downloader._download = download  # type: ignore[method-assign, assignment]  # noqa: SLF001


def let_go(notes: Path) -> dict[str, list[float]]:
    """When the requests to each host were let go, by the machine's monotonic clock."""
    found: dict[str, list[float]] = {}
    for line in notes.read_text(encoding="utf-8").splitlines():
        host, _, at = line.partition(" ")
        found.setdefault(host, []).append(float(at))
    return found


def nearest(times: dict[str, list[float]]) -> float:
    """Seconds between the nearest two requests to one host."""
    return min(later - earlier for of in times.values() for earlier, later in pairwise(sorted(of)))


def crawl_all(plan: Plan, *, fill: bool = False) -> None:
    """One crawl process; `fill` registers the sources and fetches nothing."""
    from crawlers import registry
    from crawlers.crawl import Budget, CrawlContext, LocalPace, crawl
    from pipeline.compose import build
    from pipeline.settings import load

    flags = {"database.url": plan.url, "paths.var": plan.folder}
    desk = build(load(environ={}, flags=flags), local_hosts=plan.local())
    if fill:
        file = Path(plan.folder) / "sources.toml"
        made = [
            SOURCE.format(id=f"h{at}", home=f"http://{host}:{plan.port}/")
            for at, host in enumerate(plan.local())
        ]
        file.write_text("".join(made), encoding="utf-8")
        with desk.sessions.begin() as session:
            registry.sync(session, registry.load(file, plan.local()))
    else:
        note_requests(Path(plan.folder) / "notes")
        context = CrawlContext(
            sessions=desk.sessions,
            reader_factory=desk.reader_factory,
            frontier_key=desk.keys.frontier,
            bot_name="Bench",
            contact_url="http://h0.localhost/",
            clock=desk.clock,
            local_hosts=plan.local(),
            local_pace=LocalPace(delay_s=plan.pace_s),
            budget=Budget(pages_per_source=10_000, seconds_per_source=3600),
        )
        crawl(context)
    desk.close()


def timed(plan: Plan, seen: Arrivals, processes: int) -> dict[str, object]:
    """So many processes on a fresh desk, to their end."""
    crawl_all(plan, fill=True)
    seen.clear()
    children = [SPAWN.Process(target=crawl_all, args=(plan,)) for _ in range(processes)]
    start = time.perf_counter()
    for child in children:
        child.start()
    for child in children:
        child.join()
    seconds = time.perf_counter() - start
    pages = Counter((host, path) for host, path, _ in seen if path.startswith("/page/"))
    arrivals: dict[str, list[float]] = {}
    for host, _, at in seen:
        arrivals.setdefault(host, []).append(at)
    return {
        "processes": processes,
        "ended_well": sum(child.exitcode == 0 for child in children),
        "seconds": round(seconds, 1),
        "pages": len(pages),
        "missing": plan.hosts * plan.pages - len(pages),
        "fetched_twice": sum(n - 1 for n in pages.values()),
        "pages_s": round(len(pages) / seconds, 2),
        "nearest_s": round(nearest(let_go(Path(plan.folder) / "notes")), 3),
        "nearest_at_the_server_s": round(nearest(arrivals), 3),
    }


def main() -> None:
    """Read the arguments and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=16)
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--pace", type=float, default=0.2)
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    runs = []
    for processes in (1, given.processes):
        with (
            tempfile.TemporaryDirectory(prefix="kc-c-") as folder,
            database(Path(folder), postgres=given.postgres) as url,
            server(given.pages) as (port, seen),
        ):
            plan = Plan(url, folder, port, given.hosts, given.pages, given.pace)
            runs.append(timed(plan, seen, processes))
    report = {"benchmark": "crawlers", "pace_s": given.pace, "hosts": given.hosts, "runs": runs}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
