"""One lane a source: what budget is left, which pages are at hand, whether it rests."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from crawlers.context import Budget
from crawlers.ledger import Leased, SourceFacts

FAILURES_TO_REST = 3


@dataclass(slots=True)
class Lane:
    """The state of one source in this run: `at_once` pages under way, leased `batch` by batch."""

    source: SourceFacts
    budget: Budget
    at_once: int = 1
    batch: int = 8
    clock: Callable[[], float] = monotonic
    taken: int = 0
    failures: int = 0
    resting: bool = False
    drained: bool = False
    started_at: float | None = None
    stock: deque[Leased] = field(default_factory=deque)
    pace_s: float = 0.0
    """Seconds between two requests to one host, at the least."""
    not_before: float = 0.0
    """When the first request of this turn may leave, on the event loop's clock."""
    abandoned: bool = False
    """Whether the process that has the turn at the site was seen to have let its leases run out."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    # the next request waits here and not in the downloader, which would open another connection for it
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    def room(self) -> int:
        """How many more pages are to be leased now: none while there is stock."""
        if self.stock or self.drained or self._over():
            return 0
        return max(0, min(self.batch, self.budget.pages_per_source - self.taken))

    def _over(self) -> bool:
        if self.resting or self.taken >= self.budget.pages_per_source:
            return True
        return self.started_at is not None and self.clock() - self.started_at > self.budget.seconds_per_source

    def add(self, pages: Sequence[Leased], wanted: int) -> None:
        """Put leased pages in stock; fewer than wanted means that no more wait."""
        self.stock.extend(pages)
        self.drained = len(pages) < wanted

    def take(self) -> Leased | None:
        """The next page to fetch; None when the source is through for this run."""
        if not self.stock or self._over():
            return None
        if self.started_at is None:
            self.started_at = self.clock()
        self.taken += 1
        return self.stock.popleft()

    def take_part(self) -> bool:
        """Whether one more page may be fetched as a part of one that was taken."""
        if self._over():
            return False
        self.taken += 1
        return True

    def answered(self, *, well: bool) -> None:
        """Note an answer; a few failures in a row and the source is left alone for this run."""
        self.failures = 0 if well else self.failures + 1
        if self.failures >= FAILURES_TO_REST:
            self.resting = True
