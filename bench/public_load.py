"""p95 and errors of public pages at a steady rate: the product's own server over 100,000 claims, on loopback.

Each request leaves at its own time, whether or not the one before was answered, so that waiting counts. A
bare Starlette route on the same server program is asked in the same way just before: what the machine and the
driver themselves cost stands beside the figures. The driver shares the machine with the server.
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
from bench.web_speed import settle
from pipeline.cli.web import free_port

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
TARGET_MS, RATE = 300, 200
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


def measure(given: argparse.Namespace, folder: Path, step: Callable[[str], None]) -> dict[str, Any]:
    """Fill a desk, serve it, and ask."""
    url = f"sqlite:///{folder}/desk.sqlite"
    desk = made(url, folder, NOW)
    crowded.fill(desk, hire(desk), given.claims)
    settle(desk, postgres=False)
    desk.close()
    step("filled")
    paths = addresses(given.claims, int(given.rate * given.seconds))
    port = free_port("127.0.0.1", 0)
    with serving(["-c", BARE, str(port)], port, "/"):
        bare = drive(port, paths, given.rate)
    step("bare done")
    port = free_port("127.0.0.1", 0)
    place = ["-m", "pipeline.cli.main", "--database", url, "--var", str(folder / "var")]
    serve = ["serve", "--port", str(port), "--no-schedule", "--workers", str(given.workers)]
    with serving([*place, *serve], port, "/gui-tin"):
        drive(port, paths[:100], 20)  # templates and word lists are loaded once
        ours = drive(port, paths, given.rate)
    return {"claims": given.claims, "rate": given.rate, "workers": given.workers, "ours": ours, "bare": bare}


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--mentions", type=int, default=1, help="mentions a claim; no public page reads them")
    parser.add_argument("--rate", type=float, default=RATE, help="requests a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    crowded.MENTIONS = given.mentions
    with tempfile.TemporaryDirectory(prefix="kc-load-", ignore_cleanup_errors=True) as folder:
        found = measure(given, Path(folder), lambda line: print(line, file=sys.stderr))
    ours, bare = found["ours"], found["bare"]
    answer = {
        "benchmark": "public_load",
        **found,
        "ratio_p95": round(ours["p95_ms"] / max(bare["p95_ms"], 0.1), 1),
        "target_p95_ms": TARGET_MS,
        "holds": ours["p95_ms"] <= TARGET_MS and not ours["errors"],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
