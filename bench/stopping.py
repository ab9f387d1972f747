"""The stopping rule over simulated queues: how often it stops below 90% recall, and what it costs.

Scores are binormal: every row has a score, the positives' are shifted so that the ranking has a given AUC.
Prints one JSON object.
"""

import argparse
import json
import math
from statistics import NormalDist, median
from typing import NamedTuple

import numpy as np

from classify.stopping import TARGET, RecallRule

PREVALENCES = (0.01, 0.02, 0.05, 0.1, 0.2)
AUCS = (0.8, 0.9, 0.95, 0.98)
ROWS = (500, 2_000, 5_000)


class Stop(NamedTuple):
    """Where one queue stopped, fractions: read, recall there, and the least that had to be read."""

    read: float
    recall: float
    ideal: float


def one(rows: int, prevalence: float, auc: float, seed: int, level: float = 0.95) -> Stop:
    """Read one simulated queue until the rule stops."""
    rng = np.random.default_rng(seed)
    truth = np.zeros(rows, dtype=bool)
    truth[rng.permutation(rows)[: max(2, round(rows * prevalence))]] = True
    shift = math.sqrt(2) * NormalDist().inv_cdf(auc)
    ranked = np.argsort(-(rng.normal(size=rows) + shift * truth), kind="stable")
    drawn = rng.permutation(rows)
    unread = np.ones(rows, dtype=bool)
    rule = RecallRule(rows, 0, 0, level=level)
    best = chance = read = 0
    while unread.any() and not (read and rule.stops):
        if rng.random() < rule.share():
            while not unread[drawn[chance]]:
                chance += 1
            row = drawn[chance]
            rule.drawn(bool(truth[row]))
        else:
            while not unread[ranked[best]]:
                best += 1
            row = ranked[best]
            rule.ranked(bool(truth[row]))
        unread[row] = False
        read += 1
    needed = math.ceil(TARGET * truth.sum())
    ideal = int(np.searchsorted(np.cumsum(truth[ranked]), needed)) + 1
    return Stop(read / rows, float(truth[~unread].sum() / truth.sum()), ideal / rows)


def stops(queues: int, seed: int, level: float = 0.95) -> list[tuple[float, Stop]]:
    """(prevalence, stop) of so many queues, spread evenly over prevalence, size and AUC."""
    cells = [(n, p, auc) for n in ROWS for p in PREVALENCES for auc in AUCS]
    chosen = [cells[at % len(cells)] for at in range(queues)]
    return [(cell[1], one(*cell, seed=seed + at, level=level)) for at, cell in enumerate(chosen)]


def main() -> None:
    """Print how often the recall was too low, and the reading beyond the ideal point by prevalence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queues", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = stops(given.queues, given.seed)
    low = sum(stop.recall < TARGET for _, stop in found)
    beyond = {
        str(p): round(median(stop.read - stop.ideal for q, stop in found if q == p), 3) for p in PREVALENCES
    }
    figures = {
        "benchmark": "stopping",
        "queues": len(found),
        "recall_below_target": low,
        "share_below": round(low / len(found), 4),
        "share_below_target": 0.05,
        "median_recall": round(median(stop.recall for _, stop in found), 3),
        "median_read_beyond_ideal_by_prevalence": beyond,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
