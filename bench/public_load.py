"""p95 and errors of public pages at a steady rate: the product's own server over 100,000 claims, on loopback.

Each request leaves at its own time, whether or not the one before was answered, so that waiting counts. A
bare Starlette route on the same server program is asked in the same way just before: what the machine and the
driver themselves cost stands beside the figures. The driver shares the machine with the server. With
`--busy` a process of its own (`bench.volume.feed`) lets new texts through every stage of the desk meanwhile,
during both. `--busy --seconds 600` is the case of issue 9: 200 requests a second at p95 under 100 ms.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from threading import local
from typing import Any

from bench import crowded
from bench.filled import hire, made
from bench.machine import database
from bench.web_speed import settle
from pipeline.cli.web import free_port

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
TARGET_MS, BUSY_MS, RATE = 300, 100, 200
BARE_S = 30
THREADS = 32
BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
page = HTMLResponse("<p>" + "x" * 8000)
app = Starlette(routes=[Route("/{rest:path}", lambda _: page)])
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
"""


def addresses(claims: int, n: int) -> list[str]:
    """What `n` readers open: mostly corrections, then the front page, search, the feed and the tip form."""
    chance, some = Random(8), crowded.Words(9)
    most = crowded.answered(claims)

    def one() -> str:
        turn = chance.random()
        if turn < 0.6:
            return f"/dinh-chinh/{crowded.slug(chance.randrange(1, most + 1))}"
        if turn < 0.8:
            return "/"
        if turn < 0.9:
            return "/gui-tin"
        return f"/tim?q={some.sentence().split()[0].encode().hex()[:6]}"

    return [one() for _ in range(n)]


@contextmanager
def serving(command: list[str], port: int, path: str) -> Iterator[None]:
    """A server in a process of its own, once it answers."""
    process = subprocess.Popen([sys.executable, *command])
    try:
        until = time.monotonic() + 120
        while not _answers(port, path):
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError(f"no server on port {port}")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int, path: str) -> bool:
    try:
        return _ask(HTTPConnection("127.0.0.1", port, timeout=5), path) == 200
    except (OSError, HTTPException):
        return False


def _ask(connection: HTTPConnection, path: str) -> int:
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def drive(port: int, paths: list[str], rate: float) -> dict[str, float]:
    """Ask at a steady rate; milliseconds from the moment that a request was due, and how many failed."""
    mine = local()
    start = time.perf_counter() + 0.5

    def ask(place: int) -> tuple[float, bool]:
        due = start + place / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        try:
            if not hasattr(mine, "connection"):
                mine.connection = HTTPConnection("127.0.0.1", port, timeout=30)
            fine = _ask(mine.connection, paths[place]) == 200
        except (OSError, HTTPException):
            fine = False
            del mine.connection
        return time.perf_counter() - due, fine

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(ask, range(len(paths))))
    taken = time.perf_counter() - start
    spent = sorted(seconds for seconds, _ in found)
    return {
        "p50_ms": round(spent[len(spent) // 2] * 1000, 1),
        "p95_ms": round(spent[int(len(spent) * 0.95)] * 1000, 1),
        "errors": sum(not fine for _, fine in found),
        "reached_per_s": round(len(found) / taken, 1),
    }


@contextmanager
def stages_at_work(url: str, folder: Path, given: argparse.Namespace) -> Iterator[dict[str, float]]:
    """The desk's stages in a process of their own, once they have run; in the end, what they did."""
    done: dict[str, float] = {}
    if not given.busy:
        yield done
        return
    command = [sys.executable, "-m", "bench.volume.feed", "--database", url, "--folder", str(folder)]
    process = subprocess.Popen(
        [*command, "--a-minute", str(given.items_a_minute)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None  # noqa: S101 -- it was asked for
    try:
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError("the stages did not start")
        yield done
    finally:
        process.terminate()
        rest, _ = process.communicate(timeout=120)
    done |= json.loads(rest)


def measure(given: argparse.Namespace, folder: Path, step: Callable[[str], None]) -> dict[str, Any]:
    """Fill a desk, serve it, and ask."""
    with database(folder, postgres=given.postgres) as url:
        desk = made(url, folder, NOW)
        crowded.fill(desk, hire(desk), given.claims)
        settle(desk, postgres=given.postgres)
        desk.close()
        step("filled")
        with stages_at_work(url, folder, given) as work:
            step("stages at work" if given.busy else "stages at rest")
            bare, ours = _asked(given, url, folder, step)
    found = {"claims": given.claims, "rate": given.rate, "seconds": given.seconds, "workers": given.workers}
    return (
        found
        | {"database": "postgresql" if given.postgres else "sqlite"}
        | {
            "ours": ours,
            "bare": bare,
            "stages": work,
        }
    )


def _asked(
    given: argparse.Namespace, url: str, folder: Path, step: Callable[[str], None]
) -> tuple[dict[str, float], dict[str, float]]:
    """The figures of the bare route and of the product."""
    paths = addresses(given.claims, int(given.rate * given.seconds))
    port = free_port("127.0.0.1", 0)
    with serving(["-c", BARE, str(port)], port, "/"):
        bare = drive(port, paths[: int(given.rate * min(given.seconds, BARE_S))], given.rate)
    step("bare done")
    port = free_port("127.0.0.1", 0)
    place = ["-m", "pipeline.cli.main", "--database", url, "--var", str(folder / "var")]
    serve = ["serve", "--port", str(port), "--no-schedule", "--workers", str(given.workers)]
    with serving([*place, *serve], port, "/gui-tin"):
        drive(port, paths[:100], 20)  # templates and word lists are loaded once
        return bare, drive(port, paths, given.rate)


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--mentions", type=int, default=1, help="mentions a claim; no public page reads them")
    parser.add_argument("--rate", type=float, default=RATE, help="requests a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--busy", action="store_true", help="the stages work meanwhile")
    parser.add_argument("--items-a-minute", type=float, default=20, help="new items, with --busy")
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    crowded.MENTIONS = given.mentions
    with tempfile.TemporaryDirectory(prefix="kc-load-", ignore_cleanup_errors=True) as folder:
        found = measure(given, Path(folder), lambda line: print(line, file=sys.stderr))
    ours, bare = found["ours"], found["bare"]
    target = BUSY_MS if given.busy else TARGET_MS
    answer = {
        "benchmark": "public_load",
        **found,
        "ratio_p95": round(ours["p95_ms"] / max(bare["p95_ms"], 0.1), 1),
        "target_p95_ms": target,
        "holds": ours["p95_ms"] <= target and not ours["errors"],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
