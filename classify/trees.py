"""Boosted decision trees as plain lists: the log-odds of a pair and what each figure added to it.

What a figure adds is the change of a node's mean along the path that the pair takes (Saabas 2014): the parts
and the bias sum to the log-odds, so that a reviewer sees all of what made a score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAF = -1


class Node(NamedTuple):
    """One node: the figure it asks (`LEAF` for none), its limit, where to go, and its mean."""

    figure: int
    limit: float
    low: int
    high: int
    mean: float


class _Flat(NamedTuple):
    """All nodes of all trees in columns; a leaf leads to itself, so that every path may be walked on."""

    roots: NDArray[np.intp]
    figure: NDArray[np.intp]
    limit: NDArray[np.float64]
    low: NDArray[np.intp]
    high: NDArray[np.intp]
    mean: NDArray[np.float64]
    depth: int


@dataclass(frozen=True)
class Trees:
    """Trees over named figures."""

    bias: float
    names: Sequence[str]
    trees: Sequence[Sequence[Node]]

    def parts(self, found: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
        """What each figure adds to the log-odds of each pair, the bias left out; of those that add anything.

        All pairs and trees go down together, a level at a time.
        """
        if not found:
            return []
        flat, width = self._flat, len(self.names)
        rows = np.array([[one[name] for name in self.names] for one in found], dtype=np.float64).ravel()
        starts = np.repeat(np.arange(len(found)) * width, len(flat.roots))
        at = np.tile(flat.roots, len(found))
        before, added = flat.mean[at], np.zeros(len(rows))
        for _ in range(flat.depth):
            asked = starts + flat.figure[at]
            at = np.where(rows[asked] <= flat.limit[at], flat.low[at], flat.high[at])
            after = flat.mean[at]
            added += np.bincount(asked, after - before, len(rows))
            before = after
        return [
            {name: value for name, value in zip(self.names, row, strict=True) if value}
            for row in added.reshape(len(found), width).tolist()
        ]

    @cached_property
    def _flat(self) -> _Flat:
        roots = np.cumsum([0, *map(len, self.trees)])[:-1]
        nodes = [
            (0, 0.0, start + at, start + at, node.mean)
            if node.figure == LEAF
            else (node.figure, node.limit, start + node.low, start + node.high, node.mean)
            for start, tree in zip(roots.tolist(), self.trees, strict=True)
            for at, node in enumerate(tree)
        ]
        figure, limit, low, high, mean = zip(*nodes, strict=True) if nodes else ((),) * 5
        return _Flat(
            np.asarray(roots, dtype=np.intp),
            np.asarray(figure, dtype=np.intp),
            np.asarray(limit, dtype=np.float64),
            np.asarray(low, dtype=np.intp),
            np.asarray(high, dtype=np.intp),
            np.asarray(mean, dtype=np.float64),
            max(map(_depth, self.trees), default=0),
        )


def _depth(tree: Sequence[Node]) -> int:
    """Steps from the root to the lowest leaf; every node leads to later ones alone."""
    steps = [0] * len(tree)
    for at in reversed(range(len(tree))):
        if tree[at].figure != LEAF:
            steps[at] = 1 + max(steps[tree[at].low], steps[tree[at].high])
    return steps[0]


def stored(trees: Trees) -> dict[str, object]:
    """As JSON."""
    return {"bias": trees.bias, "names": list(trees.names), "trees": trees.trees}


def opened(kept: Mapping[str, object]) -> Trees:
    """From JSON; raises KeyError, TypeError or ValueError for what are no trees."""
    names, found = kept["names"], kept["trees"]
    if not isinstance(names, list) or not isinstance(found, list):
        raise TypeError("names and trees are lists")
    trees = [[Node(*node) for node in tree] for tree in found]
    for tree in trees:
        if any(not at < min(node.low, node.high) <= max(node.low, node.high) < len(tree)
               or not 0 <= node.figure < len(names)
               for at, node in enumerate(tree) if node.figure != LEAF):  # fmt: skip
            raise ValueError("a node leads nowhere")
    return Trees(float(str(kept["bias"])), names, trees)
