"""One lane a source: how many of its pages are under way, what budget is left, whether it rests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from crawlers.context import Budget
from crawlers.ledger import SourceFacts

FAILURES_TO_REST = 3


@dataclass(slots=True)
class Lane:
    """The state of one source in this run."""

    source: SourceFacts
    budget: Budget
    at_once: int
    clock: Callable[[], float] = monotonic
    under_way: int = 0
    taken: int = 0
    failures: int = 0
    resting: bool = False
    drained: bool = False
    leasing: bool = False
    started_at: float | None = field(default=None)

    def room(self) -> int:
        """How many more pages may be leased now."""
        if self.resting or self.drained or self.leasing or self._late():
            return 0
        return max(0, min(self.at_once - self.under_way, self.budget.pages_per_source - self.taken))

    def _late(self) -> bool:
        return self.started_at is not None and self.clock() - self.started_at > self.budget.seconds_per_source

    def take(self, pages: int) -> None:
        """Note that pages were leased."""
        if self.started_at is None:
            self.started_at = self.clock()
        self.taken += pages
        self.under_way += pages

    def answered(self, *, well: bool) -> None:
        """Note an answer; a few failures in a row and the source is left alone for this run."""
        self.under_way -= 1
        self.failures = 0 if well else self.failures + 1
        if self.failures >= FAILURES_TO_REST:
            self.resting = True
