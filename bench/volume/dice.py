"""Chance that is the same on any machine: SplitMix64 (Steele, Lea, Flood 2014) from a seed and a place.

`random.Random` is reproducible as well, but seeding one costs as much as the whole of a headline.
"""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15


def _mixed(state: int) -> int:
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
    return state ^ state >> 31


class Dice:
    """Draws that depend on nothing but the numbers it is made from."""

    __slots__ = ("_state",)

    def __init__(self, *place: int) -> None:
        self._state = 0
        for part in place:
            self._state = _mixed((self._state ^ part * _STEP) + _STEP & _MASK)

    def share(self) -> float:
        """Uniform in [0, 1)."""
        self._state = self._state + _STEP & _MASK
        return (_mixed(self._state) >> 11) / (1 << 53)

    def below(self, n: int) -> int:
        """Uniform among 0..n-1."""
        return int(self.share() * n)

    def chance(self, share: float) -> bool:
        """Heads, with this probability."""
        return self.share() < share

    def pick(self, some: Sequence[T]) -> T:
        """One of them."""
        return some[int(self.share() * len(some))]

    def far(self, most: int) -> int:
        """From 1 to `most`, each order of magnitude alike: log-uniform."""
        return min(most, int((most + 1) ** self.share()))
