"""Files that members of the public and fact-checkers hand in: tips, and ClaimReview of others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import KiemChungError
from models.vocabulary import Outcome
from models.weeks import local_day
from pipeline.compose import Desk
from pipeline.progress import Progress, silent
from pipeline.sourcing import plan

if TYPE_CHECKING:
    from crawlers.claimreview import Rows

BATCH = 50


@dataclass(frozen=True)
class Imported:
    """How an import went: rows read, each outcome with its count, and the rows that could not be read."""

    rows: int
    outcomes: Mapping[str, int]
    errors: Sequence[str] = ()

    def as_dict(self) -> dict[str, object]:
        """The report as plain values."""
        return asdict(self)


def tips(desk: Desk, path: Path, column: str = "text", progress: Progress = silent) -> Imported:
    """Take the tips of a file; importing it again changes nothing.

    The whole file is read before the first tip is taken, so that a bad row leaves nothing half done.
    """
    from classify.near import similarity
    from crawlers.intake import read_tips, take_tip

    rows = list(read_tips(path, column))
    today = local_day(desk.clock())
    outcomes: Counter[str] = Counter()
    for row in progress(rows, "tips"):
        taken = take_tip(
            desk.sessions,
            desk.reader,
            row.text,
            desk.clock,
            desk.keys.receipt,
            day=row.day_of(today),
            once=row.once,
            similarity=similarity,
        )
        outcomes[taken.outcome.value] += 1
    return Imported(len(rows), dict(outcomes))


def claims(desk: Desk, place: str, progress: Progress = silent) -> Imported:
    """Take the fact-checks of a file or of an address; those that are not ours are dropped and counted."""
    from crawlers import claimreview

    rows = _rows(desk, place)
    today = local_day(desk.clock())
    batches = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
    kept = dropped = seen = 0
    for batch in progress(batches, "claims"):
        with desk.sessions.begin() as session:
            stored = claimreview.store(session, batch, desk.reader, today)
        kept, dropped, seen = kept + stored.kept, dropped + stored.not_ours, seen + stored.duplicate
    counts = {Outcome.KEPT: kept, Outcome.NOT_OURS: dropped, Outcome.DUPLICATE: seen}
    return Imported(len(rows), {name.value: n for name, n in counts.items() if n}, rows.errors)


def _rows(desk: Desk, place: str) -> "Rows":
    from crawlers import charsets, claimreview
    from crawlers.fetch import fetch_all

    if not place.startswith(("http://", "https://")):
        return claimreview.read(Path(place))
    (answer,) = fetch_all([place], plan(desk))
    if answer.outcome != Outcome.KEPT:
        status = f" (HTTP {answer.status})" if answer.status else ""
        raise KiemChungError(f"{place}: {answer.outcome.value}{status}")
    return claimreview.read(charsets.decode(answer.body, answer.content_type), answer.url)
