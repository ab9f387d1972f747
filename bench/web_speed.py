"""p95 server time of the desk's pages over 100,000 open claims and 1,000,000 mentions, and at ten times that.

In process, through the ASGI app itself: no network and no browser are in the figures; the cost of a request
that reads nothing stands beside them (`overhead_ms`). `--postgres` starts a PostgreSQL of its own.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any
from urllib.parse import quote_plus, urlsplit

from sqlalchemy import text

from bench import crowded
from bench.filled import hire, made
from bench.machine import database
from models.searching import fold
from pipeline.compose import Desk
from review_ui import sessions
from review_ui.app import create_app

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
TARGETS_MS = {"queue": 100, "claim": 80, "search": 150, "correction": 15}
FLAT = 1.5
Paths = dict[str, tuple[str, Callable[[int], str]]]


def paths(claims: int) -> Paths:
    """What is asked for: which target it belongs to, and the address of the n-th request."""
    chance = Random(11)
    some = crowded.Words(12)
    answered = crowded.answered(claims)
    queries = [" ".join(some.sentence().split()[: 1 + place % 4]) for place in range(1_000)]
    topics = crowded.TOPICS
    filters = (
        *(f"chu-de={topic}" for topic in topics),
        "dia-phuong=1",
        "tinh-trang=lan-2",
        "tinh-trang=lan-3",
        "tuoi=3",
        "doi-chieu=co",
        "loai-nguon=newspaper",
        f"chu-de={topics[0]}&dia-phuong=1",
    )

    def search(where: str, name: str, *, marked: bool) -> Callable[[int], str]:
        def address(place: int) -> str:
            query = queries[place % len(queries)]
            return f"{where}?{name}={quote_plus(query if marked else fold(query))}"

        return address

    return {
        "overhead": ("", lambda _: "/robots.txt"),
        "queue": ("queue", lambda _: "/ban-lam-viec"),
        "queue_filtered": ("queue", lambda place: f"/ban-lam-viec?{filters[place % len(filters)]}"),
        "claim": ("claim", lambda _: f"/ban-lam-viec/{chance.randrange(1, claims + 1)}"),
        "search_marked": ("search", search("/tim", "q", marked=True)),
        "search_plain": ("search", search("/tim", "q", marked=False)),
        "search_claims_marked": ("search", search("/ban-lam-viec", "q", marked=True)),
        "search_claims_plain": ("search", search("/ban-lam-viec", "q", marked=False)),
        "correction": (
            "correction",
            lambda _: f"/dinh-chinh/{crowded.slug(chance.randrange(1, answered + 1))}",
        ),
    }


@dataclass(frozen=True)
class Asked:
    """How many seconds one request took, by the clock and of this process, and its status."""

    wall: float
    cpu: float
    status: int


async def ask(app: Any, address: str, cookie: str) -> Asked:  # noqa: ANN401 -- an ASGI application
    """One request."""
    parts = urlsplit(address)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [(b"host", b"desk.test"), (b"cookie", f"{sessions.COOKIE}={cookie}".encode())],
        "server": ("desk.test", 443),
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }
    status = 0

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    start, cpu = perf_counter(), process_time()
    await app(scope, receive, send)
    return Asked(perf_counter() - start, process_time() - cpu, status)


async def timed(app: Any, address: Callable[[int], str], cookie: str, n: int) -> dict[str, float]:  # noqa: ANN401
    """Milliseconds of `n` requests, after a few that warm up; raises `RuntimeError` on any answer but 200.

    `cpu_p95` is this process's own time: on a machine that others share, the clock also counts their turns.
    """
    spent: list[Asked] = []
    for place in range(-5, n):
        asked = await ask(app, address(abs(place)), cookie)
        if asked.status != 200:
            raise RuntimeError(f"{address(abs(place))} answered {asked.status}")
        spent += [asked] if place >= 0 else []
    wall, cpu = sorted(one.wall for one in spent), sorted(one.cpu for one in spent)
    return {"p50": _ms(wall, 0.5), "p95": _ms(wall, 0.95), "cpu_p95": _ms(cpu, 0.95)}


def _ms(values: list[float], share: float) -> float:
    """A quantile of sorted seconds, in milliseconds."""
    return round(values[int(len(values) * share)] * 1_000, 1)


def measure(claims: int, requests: int, *, postgres: bool, folder: Path) -> dict[str, Any]:
    """Fill a desk and ask for each page; gives milliseconds."""
    with database(folder, postgres=postgres) as url:
        desk = made(url, folder, NOW)
        people = hire(desk)
        start = perf_counter()
        crowded.fill(desk, people, claims)
        settle(desk, postgres=postgres)
        filled = perf_counter() - start
        cookie = sessions.begin(desk, people[0], None)
        app = create_app(desk)
        found = {}
        for name, (_, address) in paths(claims).items():
            found[name] = asyncio.run(timed(app, address, cookie, requests))
        desk.close()
    return {"claims": claims, "mentions": claims * crowded.MENTIONS, "fill_s": round(filled), "ms": found}


def settle(desk: Desk, *, postgres: bool) -> None:
    """What both databases do by themselves in time: gather statistics of what stands in the tables."""
    with desk.engine.connect().execution_options(isolation_level="AUTOCOMMIT", read_only=True) as connection:
        connection.execute(text("VACUUM ANALYZE" if postgres else "ANALYZE"))


def judged(claims: int, given: argparse.Namespace) -> dict[str, Any]:
    """The figures at one size in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="kc-web-", ignore_cleanup_errors=True) as folder:
        return measure(claims, given.requests, postgres=given.postgres, folder=Path(folder))


def main() -> None:
    """Print one JSON object; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--times", type=int, default=1, help="measure at this many times the size as well")
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    base = judged(given.claims, given)
    worst = {
        target: max(base["ms"][name]["p95"] for name, (of, _) in paths(given.claims).items() if of == target)
        for target in TARGETS_MS
    }
    holds = {target: worst[target] <= most for target, most in TARGETS_MS.items()}
    answer: dict[str, Any] = {
        "benchmark": "web_speed",
        "database": "postgresql" if given.postgres else "sqlite",
        **base,
        "overhead_ms": base["ms"]["overhead"]["p50"],
        "worst_p95_ms": worst,
        "targets_ms": TARGETS_MS,
    }
    if given.times > 1:
        large = judged(given.claims * given.times, given)
        growth = {
            name: round(large["ms"][name]["p95"] / max(one["p95"], 1.0), 2)
            for name, one in base["ms"].items()
        }
        answer |= {"times": given.times, "large": large, "growth": growth, "target_growth": FLAT}
        holds["flat"] = all(grown <= FLAT for name, grown in growth.items() if name != "overhead")
    print(json.dumps(answer | {"holds": holds}, ensure_ascii=False))


if __name__ == "__main__":
    main()
