"""`simulate`: a labelled table replayed as a review queue, for one seed or several side by side."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import UsageError
from pipeline import tables

if TYPE_CHECKING:
    from classify.encoder import Vectors
    from classify.views import Views

YES = frozenset(["1", "1.0", "true", "yes", "y", "positive", "relevant", "included", "in", "check"])
NO = frozenset(["0", "0.0", "false", "no", "n", "negative", "irrelevant", "excluded", "out", "-", "none"])

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Pool:
    """A labelled table: its texts, which are looked for, and their vectors if there is an encoder."""

    texts: list[str]
    truth: list[bool]
    vectors: "Vectors | None"


def load(
    path: Path,
    text_column: str,
    label_column: str,
    positive: str | None = None,
    encoder: str = "bundled",
) -> Pool:
    """Read the table and encode it once; raises `UsageError` for the file, a column or the encoder."""
    rows = tables.read(path, [text_column, label_column])
    labels = [row[label_column].strip() for row in rows]
    chosen = positive_label(labels, f"{path} column {label_column}", positive)
    return encoded([row[text_column] for row in rows], [label == chosen for label in labels], encoder)


def encoded(texts: list[str], truth: list[bool], encoder: str) -> Pool:
    """A pool with its vectors; raises `UsageError` for an encoder that cannot be had."""
    from classify.encoder import open_encoder
    from classify.errors import EncoderError

    try:
        vectors = open_encoder(encoder).encode(texts)
    except EncoderError as error:
        raise UsageError(str(error)) from error
    return Pool(texts, truth, vectors)


def simulate(
    pool: Pool,
    seed: int,
    stop: str | None = None,
    on_progress: OnProgress | None = None,
    made: "Views | None" = None,
) -> dict[str, Any]:
    """Replay the pool and give the design's JSON; raises `UsageError` if it cannot be played.

    `made` are the pool's features, if several seeds share them.
    """
    from classify.errors import EvaluationError
    from classify.simulate import replay

    try:
        done = replay(pool.texts, pool.truth, seed, stop, on_progress, pool.vectors, made)
    except EvaluationError as error:
        raise UsageError(str(error)) from error
    return {
        "n": len(pool.texts),
        "positives": sum(pool.truth),
        "seed": seed,
        "order": done.order,
        "curve": [list(point) for point in done.curve],
        "read_at": done.read_at,
        "wss_at": done.wss_at,
        "stop": done.stop,
    }


def known_rule(stop: str | None) -> None:
    """Raises `UsageError` for a stopping rule that does not exist, before any work is done."""
    from classify.simulate import STOP_RULES

    if stop is not None and stop not in STOP_RULES:
        raise UsageError(f"--stop {stop}: one of {', '.join(STOP_RULES)}")


def several(
    pool: Pool,
    seeds: Sequence[int],
    stop: str | None = None,
    processes: int = 2,
    on_progress: OnProgress | None = None,
) -> list[dict[str, Any]]:
    """One replay a seed, in the order of the seeds, in so many processes; (replays done, all) is told."""
    return list(_told(_runs(pool, seeds, stop, min(processes, len(seeds))), len(seeds), on_progress))


def _runs(pool: Pool, seeds: Sequence[int], stop: str | None, processes: int) -> Iterator[dict[str, Any]]:
    if processes < 2:
        made = _features(pool)
        yield from (simulate(pool, seed, stop, made=made) for seed in seeds)
        return
    # spawned, not forked: a fork would share the threads of numpy in an unknown state
    with ProcessPoolExecutor(processes, get_context("spawn"), _receive, (pool, stop)) as workers:
        yield from workers.map(_one, seeds)


def _features(pool: Pool) -> "Views":
    from classify.simulate import features

    return features(pool.texts, pool.vectors)


_given: "list[tuple[Pool, str | None, Views]]" = []
"""The pool of a worker process and its features: sent and made once, not with every seed."""


def _receive(pool: Pool, stop: str | None) -> None:
    _given[:] = [(pool, stop, _features(pool))]


def _one(seed: int) -> dict[str, Any]:
    pool, stop, made = _given[0]
    return simulate(pool, seed, stop, made=made)


def _told(
    runs: Iterator[dict[str, Any]], total: int, on_progress: OnProgress | None
) -> Iterator[dict[str, Any]]:
    for done, run in enumerate(runs, 1):
        if on_progress is not None:
            on_progress(done, total)
        yield run


def averages(runs: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """The mean over the runs of what was read, and saved, at each level."""
    return {
        name: {
            level: sum(float(run[name][level]) for run in runs) / len(runs) for level in sorted(runs[0][name])
        }
        for name in ("read_at", "wss_at")
    }


def recall_chart(runs: Sequence[dict[str, Any]], language: str = "vi") -> str:
    """Share found over share read, one line a run, with where the first run's rule stopped, as SVG."""
    from pipeline.curves import recall_curves

    lines = [
        [(read / run["n"], found / max(1, run["positives"])) for read, found in run["curve"]] for run in runs
    ]
    stop = runs[0]["stop"]
    return recall_curves(lines, None if stop is None else float(stop["at"]), language)


def positive_label(labels: Sequence[str], where: str, wanted: str | None = None) -> str:
    """The label that is looked for: the one named, the plain yes of two, or the rarer of two."""
    counts = Counter(labels)
    if wanted is not None:
        if wanted not in counts:
            raise UsageError(f"{where}: no row is labelled {wanted!r}")
        return wanted
    if len(counts) != 2:
        found = ", ".join(repr(label) for label in sorted(counts)[:6])
        raise UsageError(
            f"{where}: {len(counts)} different labels ({found}); name the one to find with --positive"
        )
    first, second = sorted(counts)
    for label, other in ((first, second), (second, first)):
        if label.lower() in YES or _is_no(other):
            return label
    return min(counts, key=lambda label: (counts[label], label))


def _is_no(label: str) -> bool:
    return label.lower() in NO or label.lower().startswith(("non", "not"))
