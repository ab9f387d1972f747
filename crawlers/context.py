"""What a crawl is given by the composition root, and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from crawlers.ports import ReaderFactory, Similarity
from models.vocabulary import Outcome


@dataclass(frozen=True, slots=True)
class LocalPace:
    """How fast the hosts of `local_hosts` are fetched; public hosts have the policy's pace, always.

    The benchmark sets its own; there is no setting for it.
    """

    delay_s: float = 0.02
    concurrency: int = 1


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that one run takes from one source, so that an infinite site holds nobody up."""

    pages_per_source: int = 200
    seconds_per_source: float = 300.0


@dataclass(frozen=True, slots=True)
class CrawlContext:
    """Everything a crawl needs.

    `local_hosts` maps exact host names to loopback (address, port): the only hole in the address guard, for
    the sample province and tests. `frontier_key` keys the hashes that the frontier remembers.
    """

    sessions: sessionmaker[Session]
    reader_factory: ReaderFactory
    frontier_key: bytes
    bot_name: str
    contact_url: str
    clock: Callable[[], datetime]
    local_hosts: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    workers: int = 1
    similarity: Similarity | None = None
    local_pace: LocalPace = field(default_factory=LocalPace)
    budget: Budget = field(default_factory=Budget)


@dataclass(slots=True)
class CrawlReport:
    """What a crawl did: entry points, pages by outcome, new addresses, dead processes, failures of ours."""

    entries: int = 0
    pages: int = 0
    new_links: int = 0
    crashes: int = 0
    errors: int = 0
    seconds: float = 0.0
    outcomes: dict[str, int] = field(default_factory=dict)

    def count(self, outcome: Outcome) -> None:
        """Add one to an outcome."""
        self.outcomes[outcome.value] = self.outcomes.get(outcome.value, 0) + 1
