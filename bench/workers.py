"""Two stage workers against one, on PostgreSQL: the same waiting mentions by one process and by two.

    python -m bench.workers [--mentions 2000] [--known 300] [--workers 2]

One JSON object: seconds of each, what each worker placed, matched and ranked, the ratio, and what was done
twice or lost (nothing). A process is counted from the moment on which it has loaded what it needs: starting
is measured by `bench.start_speed`.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import create_engine, func, insert, select, text

from bench.crowded import TOPICS, Words
from bench.machine import database
from models import due
from models.claims import Claim, KnownClaim
from models.gathered import Item, Mention, Source
from models.weeks import local_day
from pipeline.compose import Desk, build
from pipeline.run import shared
from pipeline.settings import load

SPAWN = multiprocessing.get_context("spawn")
SOURCES = 20
Done = tuple[int, int, int, int]


@dataclass(frozen=True)
class Plan:
    """Where a desk is and what waits there."""

    url: str
    folder: str
    mentions: int
    known: int

    def desk(self) -> Desk:
        """The desk; the clock is the machine's, as leases need one that goes on."""
        flags = {"database.url": self.url, "paths.var": self.folder}
        return build(load(environ={}, flags=flags))


def fill(plan: Plan) -> None:
    """Put waiting mentions and known claims in."""
    desk = plan.desk()
    words, day = Words(7), local_day(desk.clock())
    texts = [f"{words.sentence()} {at % 900 + 3} triệu" for at in range(plan.mentions)]
    known = [f"{words.sentence()} {at % 900 + 3} triệu" for at in range(plan.known)]
    with desk.sessions.begin() as session:
        for at in range(SOURCES):
            home = f"https://bao{at}.example.vn/"
            session.add(
                Source(
                    id=f"bao{at}",
                    name="Báo",
                    kind="newspaper",
                    homepage=home,
                    domain="example.vn",
                    is_local=True,
                )
            )
        session.flush()
        items = [
            {
                "id": at + 1,
                "key": f"k{at}",
                "kind": "article",
                "source_id": f"bao{at % SOURCES}",
                "day": day,
                "is_local": True,
            }
            for at in range(plan.mentions)
        ]
        session.execute(insert(Item), items)
        rows = [
            {
                "item_id": at + 1,
                "position": 0,
                "key": _key(one),
                "text": one,
                "topic": TOPICS[at % 9],
                "check_score": 0.9,
                "day": day,
            }
            for at, one in enumerate(texts)
        ]
        session.execute(insert(Mention), rows)
        session.execute(
            insert(KnownClaim),
            [
                {
                    "key": _key(one),
                    "text": one,
                    "topic": TOPICS[at % 9],
                    "rating": "false",
                    "url": f"https://kiem.vn/{at}",
                    "publisher": "Tổ Kiểm tin",
                    "imported_day": day,
                }
                for at, one in enumerate(known)
            ],
        )
    desk.close()


def _key(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()


def _left(desk: Desk) -> bool:
    with desk.reading() as session:
        unplaced = select(Mention.id).where(Mention.claim_id.is_(None)).limit(1)
        unmatched = select(Claim.id).where(due.match_due()).limit(1)
        unranked = select(Claim.id).where(Claim.ranked == 0).limit(1)
        return any(session.scalar(one) is not None for one in (unplaced, unmatched, unranked))


def _worker(plan: Plan, ready: Barrier, answers: "Queue[Done]") -> None:
    from pipeline import knownindex

    # one thread each: what is measured is processes, not a library's own threads
    os.environ["OMP_NUM_THREADS"] = "1"
    desk = plan.desk()
    knownindex.of(desk).index.search("Mỗi hộ nghèo được nhận ba triệu đồng", k=3)
    desk.ranker()
    ready.wait()
    done = (0, 0, 0, 0)
    while _left(desk):
        more = shared(desk)
        done = tuple(a + b for a, b in zip(done, more, strict=True))  # type: ignore[assignment]
        if not any(more):
            time.sleep(0.02)
    answers.put(done)
    desk.close()


def timed(plan: Plan, workers: int) -> dict[str, object]:
    """How long so many workers take for all that waits."""
    ready, answers = SPAWN.Barrier(workers + 1), SPAWN.Queue()
    processes = [SPAWN.Process(target=_worker, args=(plan, ready, answers)) for _ in range(workers)]
    for one in processes:
        one.start()
    ready.wait()
    started = time.perf_counter()
    done = [answers.get() for _ in processes]
    seconds = time.perf_counter() - started
    for one in processes:
        one.join()
    placed = sum(one[0] for one in done)
    return {
        "workers": workers,
        "seconds": round(seconds, 2),
        "each": [dict(zip(("placed", "matched", "ranked", "queued"), one, strict=True)) for one in done],
        "placed": placed,
        "doubled_or_lost": _wrong(plan) + abs(placed - plan.mentions),
        "ms_a_mention": round(1000 * seconds / plan.mentions, 2),
    }


def _wrong(plan: Plan) -> int:
    """Mentions without a claim, and claims whose counts are not those of their mentions."""
    desk = plan.desk()
    with desk.reading() as session:
        lost = session.scalar(select(func.count()).where(Mention.claim_id.is_(None))) or 0
        counted = session.scalar(select(func.sum(Claim.n_mentions))) or 0
        placed = session.scalar(select(func.count(Mention.claim_id))) or 0
    desk.close()
    return int(lost + abs(counted - placed))


def measure(mentions: int, known: int, workers: int) -> dict[str, object]:
    """One worker and then several, each on a fresh database of one server."""
    runs: list[dict[str, object]] = []
    with (
        tempfile.TemporaryDirectory(prefix="kc-w-") as folder,
        database(Path(folder), postgres=True) as server,
    ):
        for n in (1, workers):
            name = f"desk{len(runs)}"
            admin = create_engine(
                server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
            )
            with admin.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            admin.dispose()
            url = admin.url.set(database=name).render_as_string(hide_password=False)
            plan = Plan(url, f"{folder}/{name}", mentions, known)
            fill(plan)
            runs.append(timed(plan, n))
    ratio = round(float(str(runs[0]["seconds"])) / float(str(runs[1]["seconds"])), 2)
    return {
        "mentions": mentions,
        "known": known,
        "cores": os.cpu_count(),
        "runs": runs,
        "times_one": ratio,
        "target": 1.7,
    }


def main() -> None:
    """Read the arguments and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=2_000)
    parser.add_argument("--known", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    print(json.dumps(measure(given.mentions, given.known, given.workers)))


if __name__ == "__main__":
    main()
