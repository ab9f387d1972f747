"""How soon the order of 100,000 open claims follows a verdict.

The process that keeps the order runs as it does beside the web server; a verdict is committed, and the clock
stops when the first places of every list stand as the new order says. Prints one JSON object.
"""

import argparse
import hashlib
import json
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from bench.crowded import OPEN, TOPICS, Words
from bench.filled import hire, made, settle
from bench.machine import database
from bench.web_speed import settle as analyse
from models.claims import Claim
from models.vocabulary import Opinion
from models.weeks import iso_week
from pipeline import liveorder
from pipeline.compose import Desk
from pipeline.livework import Keeper

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
TARGET_S = 2.0
LABELLED = 400
CHUNK = 10_000
LONGEST_S = 300


def fill(desk: Desk, claims: int) -> None:
    """Open claims of invented words, scored, and a few hundred more that will be decided."""
    some, today = Words(7), NOW.date()
    for first in range(0, claims + LABELLED, CHUNK):
        rows = []
        for place in range(first, min(first + CHUNK, claims + LABELLED)):
            name = hashlib.sha256(f"claim {place}".encode()).hexdigest()[:16]
            score, reach = (place * 7919 % 9973) / 9973, 0.3 + (place * 31 % 70) / 100
            rows.append(
                {
                    "public_id": name,
                    "key": name,
                    "text": some.sentence(),
                    "topic": TOPICS[place % len(TOPICS)],
                    "state": OPEN[place % len(OPEN)],
                    "round": 1,
                    "is_local": True,
                    "first_day": today,
                    "last_day": today,
                    "week": iso_week(today),
                    "score": score,
                    "reach": reach,
                    "freshness": 1.0,
                    "priority": score * reach,
                }
            )
        with desk.sessions.begin() as session:
            session.execute(insert(Claim), rows)


def decide(desk: Desk, people: tuple[int, int], claims: list[int], when: datetime) -> None:
    """Half of them false, half no claim."""
    settle(desk, people, claims[::2], Opinion.FALSE, when)
    if claims[1:]:
        settle(desk, people, claims[1::2], Opinion.NOT_A_CLAIM, when)


def followed(desk: Desk, labels: int, child: Any) -> float:  # noqa: ANN401 -- a process of any context
    """The instant at which that many labels had moved the order; raises `RuntimeError` if it never comes."""
    start = time.perf_counter()
    while time.perf_counter() - start < LONGEST_S:
        with desk.reading() as session:
            row = liveorder.newest(session)
        if row is None or row.state != liveorder.ON or not child.is_alive():
            raise RuntimeError(f"the order is not kept: {None if row is None else row.reason}")
        if (row.n_labels or 0) >= labels:
            return time.perf_counter()
        time.sleep(0.02)
    raise RuntimeError("the order did not follow")


def memory_mib(pid: int) -> float:
    """Peak resident memory of a process (VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def spent_s(pid: int) -> float:
    """Processor seconds of a process so far: on a machine that others share, the clock counts their turns."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(desk: Desk, claims: int, verdicts: int) -> dict[str, Any]:
    """Seconds from each verdict's commit to the order that follows it."""
    people = hire(desk)
    fill(desk, claims)
    with desk.reading() as session:
        last = session.scalar(select(func.max(Claim.id))) or 0
    known = list(range(last - LABELLED + 1, last + 1))
    decide(desk, people, known[: -2 * verdicts], NOW - timedelta(days=1))
    analyse(desk, postgres=desk.engine.dialect.name == "postgresql")
    liveorder.switch_on(desk, people[1], "Đo thời gian xếp lại hàng đợi")
    keeper, start = Keeper(desk), time.perf_counter()
    keeper.look()
    child = keeper.child
    pid = (child.pid or 0) if child is not None else 0
    base = LABELLED - 2 * verdicts
    try:
        ready = followed(desk, base - 2, child) - start
        seconds, cpu = [], []
        for at in range(verdicts):
            one = known[base + 2 * at : base + 2 * at + 1]
            with desk.reading() as session:
                row = liveorder.newest(session)
            before = (row.n_labels or 0) if row else 0
            decide(desk, people, one, NOW + timedelta(seconds=at))
            committed, used = time.perf_counter(), spent_s(pid)
            seconds.append(followed(desk, before + 1, child) - committed)
            cpu.append(spent_s(pid) - used)
            time.sleep(2)
        peak = memory_mib(pid)
    finally:
        keeper.stop()
    seconds.sort()
    return {
        "claims": claims,
        "first_order_s": round(ready, 1),
        "verdicts": verdicts,
        "median_s": round(seconds[len(seconds) // 2], 2),
        "worst_s": round(seconds[-1], 2),
        "worst_processor_s": round(max(cpu), 2),
        "process_peak_mib": round(peak),
    }


def main() -> None:
    """Print one JSON object; 1 if the worst verdict took longer than two seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--verdicts", type=int, default=10)
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="kc-order-", ignore_cleanup_errors=True) as folder,
        database(Path(folder), postgres=given.postgres) as url,
    ):
        desk = made(url, Path(folder), NOW)
        found = measure(desk, given.claims, given.verdicts)
        name = desk.engine.dialect.name
        desk.close()
    holds = found["worst_s"] <= TARGET_S
    print(
        json.dumps(
            {"benchmark": "rank_update", "database": name, **found, "target_s": TARGET_S, "holds": holds}
        )
    )


if __name__ == "__main__":
    main()
