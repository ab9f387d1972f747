"""`simulate`: a labelled table replayed as a review queue."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from models.errors import UsageError
from pipeline import tables

YES = frozenset(["1", "1.0", "true", "yes", "y", "positive", "relevant", "included", "in", "check"])
NO = frozenset(["0", "0.0", "false", "no", "n", "negative", "irrelevant", "excluded", "out", "-", "none"])


def simulate(
    path: Path,
    text_column: str,
    label_column: str,
    seed: int,
    stop: str | None = None,
    positive: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """Replay the table and give the design's JSON; raises `UsageError` for the file or a column."""
    from classify.simulate import replay

    rows = tables.read(path, [text_column, label_column])
    labels = [row[label_column].strip() for row in rows]
    chosen = positive_label(labels, f"{path} column {label_column}", positive)
    truth = [label == chosen for label in labels]
    done = replay([row[text_column] for row in rows], truth, seed, stop, on_progress)
    return {
        "n": len(rows),
        "positives": sum(truth),
        "seed": seed,
        "order": done.order,
        "curve": [list(point) for point in done.curve],
        "read_at": done.read_at,
        "wss_at": done.wss_at,
        "stop": done.stop,
    }


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
