"""CPU time of a simulated decision as the queue grows, on texts made up here; linear growth is the limit.

``--vectors`` puts made-up sentence vectors beside the words, as an encoder would. Prints one JSON object;
``growth`` is the exponent between the smallest and the largest queue: 1 is linear in the rows, 0 is none.
"""

import argparse
import json
import math
import time
from collections.abc import Sequence

import numpy as np

from bench.machine import peak_mib
from classify.encoder import Vectors
from classify.simulate import replay

WIDTH = 384
WORDS = 20_000
MARKS = 40


def queue(rows: int, seed: int = 0) -> tuple[list[str], list[bool], Vectors]:
    """Texts of fifteen words by Zipf's law, one in twenty positive: those hold three of forty words more."""
    rng = np.random.default_rng(seed)
    chances = 1 / np.arange(1, WORDS + 1)
    drawn = rng.choice(WORDS, size=(rows, 15), p=chances / chances.sum())
    truth = rng.random(rows) < 0.05
    marks = rng.integers(0, MARKS, size=(rows, 3))
    texts = [
        " ".join([*(f"w{word}" for word in words), *(f"m{mark}" for mark in (own if hit else own[:1]))])
        for words, own, hit in zip(drawn.tolist(), marks.tolist(), truth, strict=True)
    ]
    vectors = rng.normal(size=(rows, WIDTH)).astype(np.float32)
    vectors[truth, :8] += 1
    return texts, truth.tolist(), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def measured(rows: int, *, with_vectors: bool) -> float:
    """CPU milliseconds a decision; making the features is part of it."""
    texts, truth, vectors = queue(rows)
    start = time.process_time()
    replay(texts, truth, 0, vectors=vectors if with_vectors else None)
    return 1000 * (time.process_time() - start) / rows


def growth(sizes: Sequence[int], spent: Sequence[float]) -> float:
    """The power of the number of rows with which the time of a decision grows."""
    return math.log(spent[-1] / spent[0]) / math.log(sizes[-1] / sizes[0])


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 10_000, 50_000])
    parser.add_argument("--vectors", action="store_true", help="with made-up sentence vectors")
    given = parser.parse_args()
    spent = [measured(rows, with_vectors=given.vectors) for rows in given.sizes]
    found = {
        "benchmark": "replay_growth",
        "vectors": given.vectors,
        "rows": given.sizes,
        "cpu_ms_a_decision": [round(one, 3) for one in spent],
        "growth": round(growth(given.sizes, spent), 3),
        "peak_mib": round(peak_mib()),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
