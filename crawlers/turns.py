"""One crawl process of a desk at a time asks a site: named locks that end with their holder, nothing stored.

The pace of a host, what robots.txt wishes and the connection are kept by the process that has the turn, so
that they hold over all processes. Who takes a turn waits for the pace once before asking, because a holder
that was killed may have asked a moment ago; who leaves stays until what it knows beyond that is over.
"""

from collections import Counter
from collections.abc import Collection

from models.locks import Locks

POLL_S = 0.5
"""How often a process looks whether a site that another holds is free."""
PATIENCE_S = 10.0
"""How long a process that has no other site in hand does so: the next run comes anyway."""


class SiteTurns:
    """The sites that this process holds; sources on one site share its turn. For one thread alone."""

    def __init__(self, locks: Locks) -> None:
        self._locks = locks
        self._held: Counter[str] = Counter()
        self._lost = False

    def take(self, sites: Collection[str]) -> bool:
        """Take the turn at every site, or at none; False if another process is at one of them."""
        taken: list[str] = []
        for site in sorted(sites):
            if self._lost or not self._locks.take(_name(site)):
                self.free(taken)
                return False
            self._held[site] += 1
            taken.append(site)
        return True

    def step_in(self, sites: Collection[str]) -> bool:
        """Go on in the place of a holder that was stopped; it keeps its locks until it ends."""
        if not self._lost:
            self._held.update(sites)
        return not self._lost

    def free(self, sites: Collection[str]) -> None:
        """Leave the sites that no other source of this process is at."""
        for site in sites:
            self._held[site] -= 1
            if self._held[site] <= 0:
                del self._held[site]
                self._locks.free(_name(site))

    def keeps(self) -> bool:
        """Whether the turns are still ours; once they were lost, this run gets no other."""
        self._lost = self._lost or not self._locks.holds()
        return not self._lost

    def busy(self) -> bool:
        """Whether this process is at any site."""
        return bool(self._held)

    def close(self) -> None:
        """Leave every site."""
        self._held.clear()
        self._locks.close()


def _name(site: str) -> str:
    return f"host {site}"
