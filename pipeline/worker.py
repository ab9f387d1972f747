"""Processes that run the stages: one cycle, a loop, and workers that share what waits."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from models.session import is_away, is_full, is_postgresql
from pipeline import archivework, ledger, patience
from pipeline.archivecluster import connected
from pipeline.compose import Desk
from pipeline.progress import Progress, silent
from pipeline.run import RunReport, closing, run_once, shared
from pipeline.sourcing import crawl_problem

if TYPE_CHECKING:
    from classify.rank import ClaimFacts, Ranked, Ranker

LOG = logging.getLogger("kiemchung.worker")
T = TypeVar("T")
JOB = "worker-stages"
TURN_S = 60
CHUNK = 100


@dataclass(frozen=True)
class Cycle:
    """What one cycle did, and why nothing was crawled if nothing could be."""

    report: RunReport
    not_crawled: str | None

    def as_dict(self) -> dict[str, object]:
        """The cycle as plain values."""
        return {**self.report.as_dict(), "not_crawled": self.not_crawled}


def cycle(desk: Desk, progress: Progress = silent) -> Cycle:
    """Every stage once; a desk that cannot crawl still works through its tips."""
    problem = crawl_problem(desk)
    return Cycle(run_once(desk, crawl=problem is None, progress=progress), problem)


def every(
    seconds: float, *, once: bool = False, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Turns that start at least `seconds` apart; only one if `once`."""
    while True:
        started = time.monotonic()
        yield
        if once:
            return
        sleep(max(1.0, seconds - (time.monotonic() - started)))


def period_of(now: datetime, seconds: int) -> str:
    """The label of the slot of so many seconds that an instant lies in, the same on every machine."""
    start = int(now.timestamp()) // seconds * seconds
    return datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Turn:
    """What one turn of a worker did; `led` says that the work of one process alone fell to it."""

    clustered: int
    matched: int
    ranked: int
    queued: int
    led: bool
    seconds: float

    @property
    def line(self) -> str:
        """The turn in one line."""
        did = f"{self.clustered} placed, {self.matched} matched, {self.ranked} ranked, {self.queued} queued"
        return f"{did} in {self.seconds:.1f} s" + (", led" if self.led else "")

    def as_dict(self) -> dict[str, object]:
        """The turn as plain values."""
        return asdict(self)


def work(
    desk: Desk,
    dask: str | None = None,
    *,
    once: bool = False,
    progress: Progress = silent,
    tell: Callable[[Turn], None] = lambda turn: None,  # noqa: ARG005 -- says nothing
) -> None:
    """Run the stages for ever, together with all other workers; `dask` is a scheduler's address.

    `tell` hears of every turn.
    """
    at_work = desk if dask is None else spread(desk, dask)
    for _ in every(TURN_S, once=once):
        done = go_on(lambda: turn(at_work, progress), LOG.warning, once=once)
        if done is not None:
            tell(done)


def turn(desk: Desk, progress: Progress = silent) -> Turn | None:
    """Do what waits for the stages; on SQLite None if another worker does so or did in this minute.

    On PostgreSQL any number share what waits; what is one process's work falls to one of them each minute.
    """
    started = time.monotonic()
    now = desk.clock()
    period = period_of(now, TURN_S)
    outcome = ""
    try:
        with desk.sessions.begin() as session:
            alone = not is_postgresql(session)
            led = not ledger.busy(session, JOB, now) and ledger.claim(session, JOB, period, now)
            if alone and not led:
                return None
            # from here on, not from the next line on: a signal to stop can come between
            outcome = ledger.FAILED if led else ""
        clustered, matched, ranked, queued = shared(desk, progress)
        if led:
            closing(desk)
            outcome = ledger.DONE
    finally:
        if outcome:
            patience.surely(lambda: ledger.close(desk.sessions, JOB, period, desk.clock(), outcome))
    return Turn(clustered, matched, ranked, queued, led, round(time.monotonic() - started, 3))


def go_on(step: Callable[[], T], tell: Callable[[str], None], *, once: bool = False) -> T | None:
    """One turn of a loop that outlives a database that is away or a disk that is full: the next turn is soon.

    With `once` there is no next turn, and the error is raised. `tell` is handed a line.
    """
    try:
        return step()
    except (SQLAlchemyError, OSError) as error:
        if once or not (is_away(error) or is_full(error)):
            raise
        tell(f"this turn failed, the next one tries again: {patience.line_of(error)}")
        return None


class SpreadRanker:
    """A ranker whose work is done by a Dask cluster in chunks, answers in order."""

    def __init__(self, client: Any, ranker: "Ranker") -> None:  # noqa: ANN401 -- Dask is untyped
        self._client = client
        self._ranker = ranker

    def score(self, claims: "Sequence[ClaimFacts]") -> "list[Ranked]":
        """One `Ranked` for each claim, in order."""
        chunks = [list(claims[at : at + CHUNK]) for at in range(0, len(claims), CHUNK)]
        futures = self._client.map(archivework.ranked, [self._ranker] * len(chunks), chunks, pure=False)
        return [ranked for answer in self._client.gather(futures) for ranked in answer]


class SpreadDesk(Desk):
    """A desk whose ranker works on a cluster; everything that touches the database stays here."""

    client: Any = None

    def ranker(self) -> "Ranker":
        """The serving ranker, spread over the cluster."""
        return SpreadRanker(self.client, super().ranker())


def spread(desk: Desk, address: str) -> SpreadDesk:
    """The same desk with its scoring on a cluster; raises `KiemChungError` if nobody answers there."""
    made = SpreadDesk(**{one.name: getattr(desk, one.name) for one in fields(desk)})
    made.client = connected(address)
    return made
