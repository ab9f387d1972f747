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
    from crawlers.claimreview import JudgedClaim, Rows

BATCH = 50
CHANGED, GONE = "changed", "gone"
"""Of an import: known claims that have another rating now, and those that their address reviews no more."""


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
    counts: Counter[str] = Counter()
    judged: list[JudgedClaim] = []
    batches = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
    for batch in progress(batches, "claims"):
        with desk.sessions.begin() as session:
            stored = claimreview.store(session, batch, desk.reader, desk.clock)
        judged += stored.judged
        counts[Outcome.KEPT.value] += stored.kept
        counts[CHANGED] += stored.changed
        counts[Outcome.NOT_OURS.value] += stored.not_ours
        counts[Outcome.DUPLICATE.value] += stored.duplicate
    if _is_address(place):
        # what a publisher's own page or feed says of an address is all that it says; a file may be a part
        with desk.sessions.begin() as session:
            counts[GONE] += claimreview.mark_gone(session, judged, desk.clock)
    return Imported(len(rows), {name: n for name, n in counts.items() if n}, rows.errors)


def _is_address(place: str) -> bool:
    return place.startswith(("http://", "https://"))


def _rows(desk: Desk, place: str) -> "Rows":
    from crawlers import charsets, claimreview
    from crawlers.fetch import fetch_all

    if not _is_address(place):
        return claimreview.read(Path(place))
    (answer,) = fetch_all([place], plan(desk))
    if answer.outcome != Outcome.KEPT:
        status = f" (HTTP {answer.status})" if answer.status else ""
        raise KiemChungError(f"{place}: {answer.outcome.value}{status}")
    return claimreview.read(charsets.decode(answer.body, answer.content_type), answer.url)
