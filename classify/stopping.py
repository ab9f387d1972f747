"""When reading may stop: "at least 90% of what is there has been found", said with 95% confidence.

For every number R of positives that the pool may hold, a bet against R runs: each row drawn at random from
the unread is a positive with known probability (R - found) / unread if R is true, so the wealth of the bet is
a nonnegative martingale and passes 1/alpha with probability alpha at most (Ville 1939; Waudby-Smith & Ramdas
2020, sampling without replacement). Reading stops when every R that would make the recall too low has been
beaten. That holds however often one looks, and whatever orders the rest of the reading.
"""

import math

import numpy as np

TARGET = 0.9
LEVEL = 0.95

_HOPES = np.array([[0.02], [0.2], [0.5]])
"""Bets: that the unread hold this share of what R says they hold; their mean is the wealth."""


class RecallRule:
    """Keeps the bets of one queue; tell it of every row read, in order."""

    def __init__(
        self, total: int, found: int, read: int, target: float = TARGET, level: float = LEVEL
    ) -> None:
        """``found`` of ``read`` rows of a pool of ``total`` were known before the reading began."""
        self._unread = total - read
        self._found = found
        self._target = target
        self._bar = math.log(1 / (1 - level))
        self._possible = np.arange(found, found + self._unread + 1)
        self._wealth = np.zeros((len(_HOPES), len(self._possible)))
        self._dry = 0

    def ranked(self, hit: bool) -> None:
        """A row was read because it ranked first."""
        self._dry = 0 if hit else self._dry + 1
        self._count(hit)

    def drawn(self, hit: bool) -> None:
        """A row was read because it was drawn at random from all unread ones."""
        chance = np.clip((self._possible - self._found) / self._unread, 0.0, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            if hit:
                self._wealth += np.log(_HOPES)
            else:
                self._wealth += np.log((1 - _HOPES * chance) / (1 - chance))
        self._count(hit)
        self._drop()

    def _count(self, hit: bool) -> None:
        self._found += hit
        self._unread -= 1
        low = int(np.searchsorted(self._possible, self._found))
        high = int(np.searchsorted(self._possible, self._found + self._unread, side="right"))
        self._possible, self._wealth = self._possible[low:high], self._wealth[:, low:high]
        if not len(self._possible):
            # the truth itself was beaten, as happens once in twenty times at most
            self._possible, self._wealth = np.array([self._found]), np.zeros((len(_HOPES), 1))

    def _drop(self) -> None:
        """Forget the numbers that are beaten: a bet once won stays won."""
        won = np.logaddexp.reduce(self._wealth, axis=0) - math.log(len(_HOPES)) >= self._bar
        alive = ~won
        alive[0] = True
        self._possible, self._wealth = self._possible[alive], self._wealth[:, alive]

    @property
    def most(self) -> int:
        """The largest number of positives in the pool that is not ruled out."""
        return int(self._possible[-1])

    @property
    def claimed_low(self) -> float:
        """The recall that has been reached at least, with the level's confidence, 0..1."""
        return self._found / self.most if self.most else 1.0

    @property
    def stops(self) -> bool:
        """Whether the promise holds now."""
        return self._found >= self._target * self.most

    def share(self) -> float:
        """How much of the next reading should be drawn at random.

        None while the ranking still finds; most of it once the ranking has found nothing for half as
        long as random drawing would need for one hit if the recall were too low.
        """
        if not self._unread:
            return 0.0
        missing = max(1.0, self._found * (1 - self._target) / self._target)
        patience = max(10.0, min(0.5 * self._unread / missing, self._unread / 8))
        return 0.9 if self._dry >= patience else 0.0
