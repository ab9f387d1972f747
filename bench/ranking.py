"""Share read to find 80, 90 and 95% against ASReview's ELAS u4: same rows, same prior, same seeds, same run.

``--asreview DIR`` is a folder for ASReview's own environment, made on the first run (it would downgrade this
one's pandas). Every replay is kept in ``--keep DIR`` as soon as it has ended, so that a run that was stopped,
or asked for more seeds, goes on where it was; ours are replayed anew when the learner has changed. Says each
ratio on standard error and prints one JSON object; below 1 is better than ASReview.
"""

import argparse
import hashlib
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from classify import encoder, grams, learner, simulate, views
from classify.encoder import Vectors, open_encoder
from classify.simulate import LEVELS, replay
from pipeline import tables
from pipeline.simulate import positive_label

REPLAY = Path(__file__).with_name("asreview_replay.py")
OURS, WORDS_ALONE, THEIRS = "ours", "ours_without_encoder", "asreview"


class Run(NamedTuple):
    """The rows in the order of reading, and the CPU seconds that took."""

    order: list[int]
    seconds: float


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
    python = folder.absolute() / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "uv", "venv", "--quiet", str(folder)], check=True)
        install = ["uv", "pip", "install", "--quiet", "--python", str(python), "asreview>=3,<4"]
        subprocess.run([sys.executable, "-m", *install], check=True)
    return python


def asreview(python: Path, pool: Pool, seed: int) -> Run:
    """The order in which ASReview reads, from the two rows with which ours begins."""
    prior = simulate.start(np.array(pool.truth), seed)
    given = {"texts": pool.texts, "labels": [int(label) for label in pool.truth], "priors": [prior]}
    command = [str(python), "-W", "ignore", str(REPLAY)]
    # it leaves a cache where it is started
    with tempfile.TemporaryDirectory(prefix="kc-asreview-") as folder:
        text = json.dumps(given)
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=folder)
    found = json.loads(done.stdout)
    return Run(found["orders"][0], found["seconds"][0])


def ours(pool: Pool, seed: int, vectors: Vectors | None) -> Run:
    """Our replay; the vectors are made beforehand and timed apart."""
    start = time.process_time()
    return Run(replay(pool.texts, pool.truth, seed, vectors=vectors).order, time.process_time() - start)


def levels(truth: Sequence[bool], order: Sequence[int]) -> list[float]:
    """Share of the pool read when 80, 90 and 95% are found."""
    return list(simulate.levels(np.array(truth)[list(order)], len(truth))[0].values())


class Shelf:
    """Keeps what has been replayed under a hash of the rows, the learner and the seed; None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        sources = [Path(module.__file__ or "") for module in (encoder, grams, learner, simulate, views)]
        self._code = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()

    def run(self, pool: Pool, arm: str, seed: int, make: Callable[[], Run]) -> Run:
        """The replay of an arm with a seed, made if it is not there."""
        code = "elas_u4" if arm == THEIRS else self._code
        name = f"{pool.name}-{arm}-{seed}-{_hash(pool.texts, pool.truth, code)}.json"
        path = None if self._folder is None else self._folder / name
        if path is not None and path.exists():
            return Run(**json.loads(path.read_text(encoding="utf-8")))
        made = make()
        _say(f"{pool.name} {arm} seed {seed}: {made.seconds:.0f} s of CPU")
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_suffix(".part")
            beside.write_text(json.dumps(made._asdict()), encoding="utf-8")
            beside.replace(path)
        return made

    def vectors(self, pool: Pool) -> Vectors | None:
        """The vectors of a pool's texts; None without an encoder."""
        path = None if self._folder is None else self._folder / f"{pool.name}-{_hash(pool.texts)}.npy"
        if path is not None and path.exists():
            kept: Vectors = np.load(path)
            return kept
        start = time.process_time()
        made = open_encoder("bundled").encode(pool.texts)
        spent = time.process_time() - start
        _say(f"{pool.name} vectors: {1000 * spent / len(pool.texts):.1f} ms of CPU a row")
        if path is not None and made is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, made)
        return made


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def compared(pool: Pool, seeds: int, python: Path | None, shelf: Shelf) -> dict[str, Any]:
    """Every figure of one pool."""
    vectors = shelf.vectors(pool)
    arms: dict[str, Callable[[int], Run]] = {WORDS_ALONE: lambda seed: ours(pool, seed, None)}
    if vectors is not None:
        arms = {OURS: lambda seed: ours(pool, seed, vectors), **arms}
    if python is not None:
        arms[THEIRS] = lambda seed: asreview(python, pool, seed)
    found: dict[str, Any] = {"n": len(pool.texts), "positives": sum(pool.truth)}
    for arm, make in arms.items():
        runs = [shelf.run(pool, arm, seed, partial(make, seed)) for seed in range(seeds)]
        found[arm] = _figures(pool, [run.order for run in runs], [run.seconds for run in runs])
    for arm in (OURS, WORDS_ALONE):
        if arm in found and THEIRS in found:
            found[f"{arm}_to_asreview"] = _ratios(found[arm], found[THEIRS])
            _tell(pool.name, arm, found)
    return found


def _tell(name: str, arm: str, found: dict[str, Any]) -> None:
    for level in LEVELS:
        mine, theirs = (found[one][f"read_at_{level}"] for one in (arm, THEIRS))
        ratio = found[f"{arm}_to_asreview"][f"read_at_{level}"]
        _say(f"{name} {arm} at {level}%: {mine:.3f} against {theirs:.3f} = {ratio:.2f} x")


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
    parser.add_argument(
        "--keep", type=Path, default=Path("var/bench-ranking"), help="folder of ended replays"
    )
    given = parser.parse_args()
    pools = [read("headlines", given.headlines)] if given.headlines else []
    pools += [read(path.stem, [path]) for path in given.queues]
    python = None if given.asreview is None else ready(given.asreview)
    shelf = Shelf(given.keep)
    figures = {pool.name: compared(pool, given.seeds, python, shelf) for pool in pools}
    print(json.dumps({"benchmark": "ranking", "seeds": given.seeds, "pools": figures}))


if __name__ == "__main__":
    main()
