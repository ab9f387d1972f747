"""Boosted decision trees as plain lists: the log-odds of a pair and what each figure added to it.

What a figure adds is the change of a node's mean along the path that the pair takes (Saabas 2014): the parts
and the bias sum to the log-odds, so that a reviewer sees all of what made a score.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

LEAF = -1


class Node(NamedTuple):
    """One node: the figure it asks (`LEAF` for none), its limit, where to go, and its mean."""

    figure: int
    limit: float
    low: int
    high: int
    mean: float


class Trees(NamedTuple):
    """Trees over named figures."""

    bias: float
    names: Sequence[str]
    trees: Sequence[Sequence[Node]]

    def parts(self, found: Mapping[str, float]) -> dict[str, float]:
        """What each figure adds to the log-odds, the bias left out."""
        row = [found[name] for name in self.names]
        added: dict[int, float] = {}
        for tree in self.trees:
            figure, limit, low, high, mean = tree[0]
            # unpacked at once: this runs hundreds of times a pair, and a field by name costs more
            while figure != LEAF:
                asked, before = figure, mean
                figure, limit, low, high, mean = tree[low if row[figure] <= limit else high]
                added[asked] = added.get(asked, 0.0) + mean - before
        return {self.names[figure]: value for figure, value in added.items()}


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
