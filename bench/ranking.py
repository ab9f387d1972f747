"""Share read to find 80, 90 and 95% against ASReview's ELAS u4: same rows, same prior, same seeds, same run.

``--asreview DIR`` is a folder for ASReview's own environment, made on the first run (it would downgrade this
one's pandas). Prints one JSON object with a ratio for every figure; below 1 is better than ASReview.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from classify import simulate
from classify.encoder import Vectors, open_encoder
from classify.simulate import LEVELS, replay
from pipeline import tables
from pipeline.simulate import positive_label

REPLAY = Path(__file__).with_name("asreview_replay.py")


class Pool(NamedTuple):
    """A labelled set."""

    name: str
    texts: list[str]
    truth: list[bool]


def read(name: str, paths: Sequence[Path]) -> Pool:
    """The files' rows together; the text stands in `title` or `text`, the label in `label`."""
    texts: list[str] = []
    labels: list[str] = []
    for path in paths:
        column = "title" if path.read_text(encoding="utf-8").startswith("title") else "text"
        rows = tables.read(path, [column, "label"])
        texts += [row[column] for row in rows]
        labels += [row["label"] for row in rows]
    positive = positive_label(labels, name)
    return Pool(name, texts, [label == positive for label in labels])


def ready(folder: Path) -> Path:
    """The Python of ASReview's environment, made if it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "uv", "venv", "--quiet", str(folder)], check=True)
        install = ["uv", "pip", "install", "--quiet", "--python", str(python), "asreview>=3,<4"]
        subprocess.run([sys.executable, "-m", *install], check=True)
    return python


def asreview(python: Path, pool: Pool, priors: list[list[int]]) -> dict[str, Any]:
    """The orders in which ASReview reads, and its CPU seconds, one of each a prior."""
    given = {"texts": pool.texts, "labels": [int(label) for label in pool.truth], "priors": priors}
    command = [str(python), "-W", "ignore", str(REPLAY)]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def levels(truth: Sequence[bool], order: Sequence[int]) -> list[float]:
    """Share of the pool read when 80, 90 and 95% are found."""
    return list(simulate.levels(np.array(truth)[list(order)], len(truth))[0].values())


def ours(pool: Pool, seeds: int, vectors: Vectors | None) -> tuple[list[list[int]], list[float]]:
    """Orders and CPU seconds of our replays; the vectors are made beforehand and timed apart."""
    orders, seconds = [], []
    for seed in range(seeds):
        start = time.process_time()
        orders.append(replay(pool.texts, pool.truth, seed, vectors=vectors).order)
        seconds.append(time.process_time() - start)
    return orders, seconds


def compared(pool: Pool, seeds: int, python: Path | None) -> dict[str, Any]:
    """Every figure of one pool."""
    start = time.process_time()
    vectors = open_encoder("bundled").encode(pool.texts)
    encoding = time.process_time() - start
    found: dict[str, Any] = {"n": len(pool.texts), "positives": sum(pool.truth)}
    found["encoding_ms_a_row"] = round(1000 * encoding / len(pool.texts), 1)
    runs = {"ours": ours(pool, seeds, vectors), "ours_without_encoder": ours(pool, seeds, None)}
    if python is not None:
        priors = [order[:2] for order in runs["ours"][0]]
        theirs = asreview(python, pool, priors)
        runs["asreview"] = (theirs["orders"], theirs["seconds"])
    for name, (orders, seconds) in runs.items():
        found[name] = _figures(pool, orders, seconds)
    if python is not None:
        for name in ("ours", "ours_without_encoder"):
            found[f"{name}_to_asreview"] = _ratios(found[name], found["asreview"])
    return found


def _figures(pool: Pool, orders: Sequence[Sequence[int]], seconds: Sequence[float]) -> dict[str, float]:
    reached = np.array([levels(pool.truth, order) for order in orders])
    figures = {
        f"read_at_{level}": round(float(mean), 4) for level, mean in zip(LEVELS, reached.mean(0), strict=True)
    }
    # ASReview stops at the last positive: a decision is a row that was really read
    spent = sum(seconds) / sum(len(order) for order in orders)
    spread = float(reached[:, 1].std(ddof=1)) / math.sqrt(len(orders)) if len(orders) > 1 else 0.0
    return figures | {"se_at_90": round(spread, 4), "cpu_ms_a_decision": round(1000 * spent, 2)}


def _ratios(mine: dict[str, float], theirs: dict[str, float]) -> dict[str, float]:
    return {name: round(mine[name] / theirs[name], 3) for name in mine if name != "se_at_90"}


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asreview", type=Path, help="folder of ASReview's environment; made if missing")
    parser.add_argument("--headlines", type=Path, nargs="*", default=[], help="files put together")
    parser.add_argument("--queues", type=Path, nargs="*", default=[], help="files, each on its own")
    parser.add_argument("--seeds", type=int, default=10)
    given = parser.parse_args()
    pools = [read("headlines", given.headlines)] if given.headlines else []
    pools += [read(path.stem, [path]) for path in given.queues]
    python = None if given.asreview is None else ready(given.asreview)
    figures = {pool.name: compared(pool, given.seeds, python) for pool in pools}
    print(json.dumps({"benchmark": "ranking", "seeds": given.seeds, "pools": figures}))


if __name__ == "__main__":
    main()
