"""Seconds and memory of the figures: a week of 50,000 claims, its draw, its export, and a year of such weeks.

The year holds 52 weeks: the last three open, with all their claims and reviews; the others closed, as a desk
keeps them for ever: frame, outcomes and figures. What is measured runs in a process of its own, so that its
memory is that of a report and not of the filling.
"""

import argparse
import json
import multiprocessing
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

from bench import filled
from bench.machine import database, peak_mib
from models.weeks import iso_week, week_days, weeks_between
from pipeline import exports, metrics
from pipeline.compose import Desk

NOW = datetime(2028, 1, 4, 3, tzinfo=UTC)
WEEKS = weeks_between("2027-W01", "2027-W52")
OPEN = 3
TARGETS = {
    "week_s": 5.0,
    "quarter_end_week_s": 5.0,
    "year_s": 30.0,
    "peak_mib": 500.0,
}

Seconds = dict[str, float]


def fill(desk: Desk, n: int) -> Seconds:
    """A year; gives what it took, and what the draw of one week alone took."""
    start = perf_counter()
    people = filled.hire(desk)
    closed, open_ = WEEKS[:-OPEN], WEEKS[-OPEN:]
    filled.fill(desk, people, closed[0], n)
    filled.judge(desk, people, closed[0])
    filled.close_and_copy(desk, closed[0], closed[1:])
    drawn = []
    for week in open_:
        drawn.append(filled.fill(desk, people, week, n))
        filled.judge(desk, people, week)
    seconds, cpu = max(drawn)
    return {"draw_s": seconds, "draw_cpu_s": cpu, "filling_s": perf_counter() - start}


def measured(url: str, folder: str, answer: "multiprocessing.Queue[Seconds]") -> None:
    """Every report once, in a fresh process; gives seconds, and the peak of its memory."""
    desk = filled.made(url, Path(folder), NOW)
    week, look = WEEKS[-2], WEEKS[-1]
    out = Path(folder) / "out"
    whole = [*WEEKS]
    reports: dict[str, Callable[[], object]] = {
        "week_s": lambda: metrics.weekly(desk, week),
        "quarter_end_week_s": lambda: metrics.weekly(desk, look),
        "year_s": lambda: (metrics.between(desk, whole[0], whole[-1]), metrics.over(desk, whole)),
        "export_weekly_s": lambda: exports.export_weekly(desk, week, out),
        "close_week_s": lambda: metrics.close_week(replace(desk, clock=lambda: _closing(week)), week),
    }
    found: Seconds = {}
    for name, report in reports.items():
        found[name], found[name.removesuffix("_s") + "_cpu_s"] = _timed(report)
    found["peak_mib"] = peak_mib()
    answer.put(found)


def _closing(week: str) -> datetime:
    after = week_days(week)[1] + metrics.LONGEST
    return datetime(after.year, after.month, after.day, 20, tzinfo=UTC)


def _timed(report: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of this process alone, which other work on the machine does not lengthen."""
    start, cpu = perf_counter(), process_time()
    report()
    return perf_counter() - start, process_time() - cpu


def run(n: int, *, postgres: bool) -> dict[str, object]:
    """Fill a store, measure it in another process, and say what was reached."""
    with tempfile.TemporaryDirectory() as name, database(Path(name), postgres=postgres) as url:
        desk = filled.made(url, Path(name), NOW)
        seconds = fill(desk, n)
        desk.close()
        spawn = multiprocessing.get_context("spawn")
        answer = spawn.Queue()
        child = spawn.Process(target=measured, args=(url, name, answer))
        child.start()
        seconds |= answer.get(timeout=1800)
        child.join()
    return {
        "benchmark": "report_speed",
        "database": "postgresql" if postgres else "sqlite",
        "claims_a_week": n,
        "weeks": len(WEEKS),
        "weeks_open": OPEN,
        "present": iso_week(NOW),
        **{key: round(value, 2) for key, value in seconds.items()},
        "targets": TARGETS,
        "holds": all(seconds[key] < most for key, most in TARGETS.items()),
    }


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=50_000, help="claims a week")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    given = parser.parse_args()
    print(json.dumps(run(given.n, postgres=given.postgres)))


if __name__ == "__main__":
    main()
