"""New texts through every stage of a filled desk, and how long each took."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from statistics import median
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import sessionmaker

from bench.machine import peak_mib
from bench.volume.feed import Feed
from bench.volume.fill import DAYS
from models import retention
from models.claims import Claim
from models.desk import Staff
from models.gathered import Item, Mention
from models.weeks import iso_week, local_day
from pipeline import outlook
from pipeline.clustering import cluster
from pipeline.compose import Desk
from pipeline.matching import match
from pipeline.ranking import queue, rank
from pipeline.sampling import draw, draw_due

STAGES: dict[str, Callable[[Desk], object]] = {
    "cluster": cluster,
    "match": match,
    "rank": rank,
    "queue": queue,
}
ONCE = ("draw", "erase", "page")
ALL = ("read", "write", *STAGES, "outlook", *ONCE)
PAGES = 40
Figures = dict[str, float]
CPU = "_cpu"
"""Ends the name of a figure that counts this process's own time, whatever else the machine does."""


@contextmanager
def timed(spent: Figures, name: str) -> Iterator[None]:
    """Milliseconds by the clock and of this process."""
    wall, cpu = perf_counter(), process_time()
    yield
    spent[name] = (perf_counter() - wall) * 1000
    spent[name + CPU] = (process_time() - cpu) * 1000


class Probe:
    """One desk, and the texts that it has not seen yet."""

    def __init__(self, desk: Desk, items: int, stages: Sequence[str]) -> None:
        self.desk, self.items, self.stages = desk, items, stages
        self.day = local_day(desk.clock())
        with desk.reading() as session:
            last = session.scalar(select(Item.key).order_by(Item.id.desc()).limit(1)) or "volume:-1"
        # an item's key ends with its serial: a desk that was measured before goes on after that
        self._feed = Feed(desk, int(last.rpartition(":")[2]) + 1)

    def measure(self, rounds: int) -> dict[str, Any]:
        """Start-up, rounds of new items, empty runs, and what is done once a day or week."""
        start = self._round(1)
        spent = [self._round(self.items) for _ in range(rounds)]
        empty = self._empty(rounds)
        item = {
            stage: median(max(0.0, one[stage] - empty.get(stage, 0.0)) / self.items for one in spent)
            for stage in spent[0]
        }
        whole = {stage: median(one[stage] / self.items for one in spent) for stage in spent[0]}
        once: Figures = {}
        for name in ONCE:
            if name in self.stages:
                once |= getattr(self, f"_{name}")()
        return self._stored() | {
            "start_ms": _rounded(start),
            "empty_ms": _rounded(empty),
            "item_ms": _rounded(item | once),
            "item_with_run_ms": _rounded(whole),
            "peak_mib": round(peak_mib()),
        }

    def _round(self, n: int) -> Figures:
        """Milliseconds of each step for so many new items."""
        spent: Figures = {}
        with timed(spent, "read"):
            gathered = self._feed.take(n)
        with timed(spent, "write"):
            self._feed.keep(gathered)
        return spent | self._run()

    def _run(self) -> Figures:
        """Milliseconds of one run of each stage."""
        spent: Figures = {}
        for name, stage in (*STAGES.items(), ("outlook", outlook.reckon)):
            if name in self.stages:
                with timed(spent, name):
                    stage(self.desk)
        return spent

    def _empty(self, rounds: int) -> Figures:
        """A run with nothing new, and a look for weeks to draw."""
        runs = [self._run() for _ in range(rounds)]
        found = {name: median(one[name] for one in runs) for name in runs[0]}
        with timed(found, "draw_due"):
            draw_due(self.desk)
        return found

    def _draw(self) -> Figures:
        """Milliseconds a claim to freeze the present week's frame and draw from it."""
        week = iso_week(self.desk.clock())
        with self.desk.reading() as session:
            n = session.scalar(select(func.count(Claim.id)).where(Claim.week == week)) or 1
        spent: Figures = {}
        with self._undone() as desk, timed(spent, "draw"):
            draw(desk, week)
        return {name: ms / n for name, ms in spent.items()}

    def _erase(self) -> Figures:
        """Milliseconds an item to erase the oldest day, on the first day that it is over age."""
        oldest = self.day - timedelta(days=DAYS - 1)
        with self.desk.reading() as session:
            n = session.scalar(select(func.count(Item.id)).where(Item.day == oldest)) or 1
        spent: Figures = {}
        with self._undone() as desk, desk.sessions.begin() as session, timed(spent, "erase"):
            retention.erase(session, oldest + timedelta(days=retention.UNFLAGGED_DAYS + 1))
        return {name: ms / n for name, ms in spent.items()}

    def _page(self) -> Figures:
        """Milliseconds of the queue's page, in process."""
        from bench.web_speed import ask
        from review_ui import sessions
        from review_ui.app import create_app

        with self.desk.reading() as session:
            person = session.scalar(select(func.min(Staff.id))) or 0
        cookie, app = sessions.begin(self.desk, person, None), create_app(self.desk)
        asked = [asyncio.run(ask(app, "/ban-lam-viec", cookie)) for _ in range(PAGES + 5)][5:]
        if any(one.status != 200 for one in asked):
            raise RuntimeError("the queue's page did not answer")
        wall, cpu = (median(getattr(one, of) for one in asked) * 1000 for of in ("wall", "cpu"))
        return {"page": wall, "page" + CPU: cpu}

    @contextmanager
    def _undone(self) -> Iterator[Desk]:
        """The desk in a transaction that is rolled back in the end."""
        with self.desk.engine.connect() as connection:
            whole = connection.begin()
            made = sessionmaker(bind=connection, join_transaction_mode="create_savepoint")
            try:
                yield replace(self.desk, sessions=made, reading=made)
            finally:
                whole.rollback()

    def _stored(self) -> dict[str, Any]:
        """How much there is, and the bytes that it takes on disk."""
        with self.desk.reading() as session:
            counts = {
                model.__tablename__: session.scalar(select(func.count(model.id))) or 0
                for model in (Item, Mention, Claim)
            }
            postgres = self.desk.engine.dialect.name == "postgresql"
            size = "SELECT pg_database_size(current_database())"
            if not postgres:
                size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            used = int(session.scalar(text(size)) or 0)
        return {
            "stored": counts,
            "disk_mib": round(used / 2**20),
            "disk_bytes_a_mention": used // counts["mention"],
        }


def _rounded(found: Figures) -> Figures:
    return {name: round(value, 3) for name, value in found.items()}
