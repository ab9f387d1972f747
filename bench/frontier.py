"""Milliseconds to choose the next page of the frontier, at a thousand, a hundred thousand and a million rows.

One choice is one committed transaction that leases one page, as a crawl process does it; half of the rows
are already fetched. `--postgres` measures on PostgreSQL (a URL, or the server of the test wheel).
"""

import argparse
import json
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import cast

from sqlalchemy import Engine, Table, insert, inspect, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from bench.machine import database
from models import frontier
from models.gathered import FrontierPage, Source
from models.migrate import upgrade
from models.session import make_engine, make_sessions
from models.vocabulary import FrontierState

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
SOURCES = [f"source-{at:02}" for at in range(20)]
CHUNK = 20_000
WARM_UP = 60
PAGE = cast("Table", inspect(FrontierPage).local_table)


def fill(sessions: sessionmaker[Session], size: int) -> None:
    """Add the rows, every second one done with, the sources in turn."""
    for start in range(0, size, CHUNK):
        rows = [_row(at) for at in range(start, min(size, start + CHUNK))]
        with sessions.begin() as session:
            session.execute(insert(PAGE), rows)


def _row(at: int) -> dict[str, object]:
    source = SOURCES[at // 2 % len(SOURCES)]
    fetched = at % 2 == 0
    return {
        # as scattered over the unique index as the keyed hashes are
        "url_key": f"{at * 2654435761 % 2**32:08x}{at:056x}",
        "url": None if fetched else f"https://{source}.vn/tin/{at}-mot-bai-bao-dai-vua-phai.html",
        "source_id": source,
        "seen_day": NOW.date(),
        "state": (FrontierState.DONE if fetched else FrontierState.PENDING).value,
        "attempts": 0,
    }


def choose(sessions: sessionmaker[Session], source: str) -> tuple[float, float]:
    """Milliseconds of one choice: the statements alone, and with the commit."""
    start = perf_counter()
    with sessions.begin() as session:
        pages = frontier.lease(session, "bench", NOW, 1, [source], 1800)
        alone = perf_counter() - start
    if len(pages) != 1:
        raise SystemExit("the frontier gave no page")
    return alone * 1000, (perf_counter() - start) * 1000


def make(url: str, size: int) -> Engine:
    """A database whose frontier holds `size` rows."""
    engine = make_engine(url)
    upgrade(engine)
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        session.add_all(_source(one) for one in SOURCES)
    fill(sessions, size)
    if engine.dialect.name == "postgresql":
        # what autovacuum does by itself after so many new rows
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE frontier_page"))
    print(f"{size} rows are in", file=sys.stderr)
    return engine


def measure(urls: Mapping[int, str], times: int) -> dict[str, dict[str, float]]:
    """Figures for each size; the sizes take turns, so that a busy machine is as busy for each of them."""
    engines = {size: make(url, size) for size, url in urls.items()}
    sessions = {size: make_sessions(engine) for size, engine in engines.items()}
    found: dict[int, list[tuple[float, float]]] = {size: [] for size in urls}
    for at in range(-WARM_UP, times):
        for size in urls:
            one = choose(sessions[size], SOURCES[at % len(SOURCES)])
            if at >= 0:
                found[size].append(one)
    for engine in engines.values():
        engine.dispose()
    return {str(size): _figures(rows) for size, rows in found.items()}


def _figures(rows: list[tuple[float, float]]) -> dict[str, float]:
    alone, whole = [row[0] for row in rows], [row[1] for row in rows]
    return {
        "choose_ms": round(median(alone), 3),
        "with_commit_ms": round(median(whole), 3),
        "with_commit_p95_ms": round(quantiles(whole, n=20)[-1], 3),
    }


def _source(one: str) -> Source:
    home = f"https://{one}.vn/"
    return Source(id=one, name=one, kind="newspaper", homepage=home, domain=f"{one}.vn", is_local=True)


@contextmanager
def postgres(url: str, sizes: list[int]) -> Iterator[dict[int, str]]:
    """A database for each size on the given server, or on one that is started from the wheel meanwhile."""
    if url:
        yield _databases(url, sizes)
        return
    with (
        tempfile.TemporaryDirectory(prefix="kc-pg-", ignore_cleanup_errors=True) as folder,
        database(Path(folder), postgres=True) as started,
    ):
        yield _databases(started, sizes)


def _databases(url: str, sizes: list[int]) -> dict[int, str]:
    admin = make_engine(url)
    made = {}
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for size in sizes:
            name = f"frontier_{size}_{secrets.token_hex(4)}"
            connection.execute(text(f'CREATE DATABASE "{name}"'))
            made[size] = make_url(url).set(database=name).render_as_string(hide_password=False)
    admin.dispose()
    return made


def _report(database: str, rows: dict[str, dict[str, float]]) -> dict[str, object]:
    first, last = next(iter(rows.values())), list(rows.values())[-1]
    return {
        "benchmark": "frontier",
        "database": database,
        "rows": rows,
        "target_ms": 5.0,
        "ratio_last_to_first": round(last["choose_ms"] / first["choose_ms"], 2),
        "target_ratio": 1.3,
    }


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--times", type=int, default=400, help="choices measured at each size")
    parser.add_argument("--postgres", nargs="?", const="", default=None, metavar="URL")
    given = parser.parse_args()
    if given.postgres is None:
        with tempfile.TemporaryDirectory() as folder:
            files = {size: f"sqlite:///{folder}/{size}.sqlite" for size in given.sizes}
            report = _report("sqlite", measure(files, given.times))
    else:
        with postgres(given.postgres, given.sizes) as urls:
            report = _report("postgresql", measure(urls, given.times))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
