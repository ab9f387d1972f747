"""Claim matching at scale: milliseconds a question, memory, and what one more known claim costs.

`--known N` known claims are put together from the written pairs and numbers, with random vectors in place of
an encoder, since encoding is not counted here. All of it runs on one core. One JSON object is printed.
"""

import argparse
import json
import random
import sys
from collections.abc import Sequence
from time import perf_counter, process_time

import numpy as np
from threadpoolctl import threadpool_limits

from bench.machine import peak_mib
from classify.encoder import Vectors
from classify.match import ClaimIndex
from classify.matchfit import load_pairs

WIDTH = 384
BATCH = 2000
SEED = 20261122


class RandomEncoder:
    """A vector of length 1 for each text, always another one."""

    name = "random"

    def __init__(self) -> None:
        self._draw = np.random.default_rng(SEED)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Rows as an encoder would give them, at no cost."""
        rows = self._draw.standard_normal((len(texts), WIDTH), dtype=np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def known(count: int) -> list[str]:
    """Claims made of two halves of written ones and a number, so that words repeat as in real ones."""
    draw = random.Random(SEED)
    texts = [row.text.split() for row in load_pairs() if row.kind in {"claim", "paraphrase", "regional"}]
    made = []
    for number in range(count):
        first, second = draw.choice(texts), draw.choice(texts)
        half = [*first[: len(first) // 2], *second[len(second) // 2 :]]
        made.append(f"{' '.join(half)} {number % 997}k")
    return made


def measured(count: int, questions: int) -> dict[str, object]:
    """Build an index, grow it, ask it."""
    index = ClaimIndex(RandomEncoder())
    texts = known(count + BATCH)
    began = process_time()
    memory = []
    for at in range(0, count, BATCH):
        index.add_all(list(enumerate(texts[at : min(count, at + BATCH)], at)))
        memory.append(round(peak_mib()))
    built = process_time() - began
    asked = texts[:: max(1, count // questions)][:questions]
    index.search(asked[0])
    spent = []
    for text in asked:
        start = process_time()
        index.search(text)
        spent.append((process_time() - start) * 1000)
    start = perf_counter()
    index.add(count + 1, texts[-1])
    index.search(texts[-1])
    one_more = (perf_counter() - start) * 1000
    p50, p95 = np.quantile(spent, (0.5, 0.95))
    return {
        "known": count,
        "ms_cpu_p50": round(float(p50), 2),
        "ms_cpu_p95": round(float(p95), 2),
        "ms_to_add_one_and_find_it": round(one_more, 1),
        "ms_cpu_a_claim_built": round(built * 1000 / count, 3),
        "peak_mib": memory[-1],
        "peak_mib_at_half": memory[len(memory) // 2],
    }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--known", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=200)
    given = parser.parse_args()
    with threadpool_limits(1):
        sys.stdout.write(json.dumps(measured(given.known, given.questions)) + "\n")


if __name__ == "__main__":
    main()
