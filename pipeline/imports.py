"""Files that members of the public and fact-checkers hand in: tips, and ClaimReview of others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from models.counters import bump
from models.errors import KiemChungError, UsageError
from models.gathered import Source
from models.vocabulary import Outcome
from models.weeks import local_day
from pipeline.compose import Desk
from pipeline.progress import Progress, silent
from pipeline.sourcing import plan

if TYPE_CHECKING:
    from crawlers.claimreview import JudgedClaim, Rows
    from crawlers.foreign import Format, Publishers, Taken

BATCH = 50
GLANCE = 64 * 1024
"""Bytes by which a file's format is found out."""
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


@dataclass(frozen=True)
class FromWhom:
    """What the caller says of a file of fact-checks: its format, its columns, whose checks it holds."""

    format: str = ""
    columns: str = ""
    publisher: str = ""
    dry_run: bool = False


def claims(desk: Desk, place: str, progress: Progress = silent, told: FromWhom = FromWhom()) -> Imported:
    """Take the fact-checks of a file or of an address, all or none; what is not ours is dropped and counted.

    Every row is read and judged before the first is stored. With `dry_run` the same is done and rolled back.
    """
    from crawlers import claimreview
    from crawlers.foreign import Left

    taken = _taken(desk, place, told)
    batches = [taken.rows[at : at + BATCH] for at in range(0, len(taken.rows), BATCH)]
    judged: list[JudgedClaim] = []
    dropped = taken.left[Left.NOT_OURS]
    for batch in progress(batches, "claims"):
        ours, theirs = claimreview.judge(batch, desk.reader)
        judged += ours
        dropped += theirs
    counts: Counter[str] = Counter({one.value: n for one, n in taken.left.items() if one != Left.NOT_OURS})
    with desk.sessions() as session:
        stored = claimreview.store_judged(session, judged, dropped, desk.clock)
        if unread := counts.total():
            bump(session, claimreview.IMPORT, local_day(desk.clock()), Outcome.EMPTY, unread)
        if _is_address(place):
            # what a publisher's own page or feed says of an address is all that it says; a file may be a part
            counts[GONE] = claimreview.mark_gone(session, judged, desk.clock)
        if told.dry_run:
            session.rollback()
        else:
            session.commit()
    counts[Outcome.KEPT.value] += stored.kept
    counts[CHANGED] += stored.changed
    counts[Outcome.NOT_OURS.value] += stored.not_ours
    counts[Outcome.DUPLICATE.value] += stored.duplicate
    return Imported(taken.total, {name: n for name, n in counts.items() if n}, taken.errors)


def _is_address(place: str) -> bool:
    return place.startswith(("http://", "https://"))


def _taken(desk: Desk, place: str, told: FromWhom) -> "Taken":
    """The rows of a file by its own adapter, told or found out; ClaimReview for everything else."""
    from crawlers import checkexport, cofacts, foreign, mapped

    columns = mapped.mapping(told.columns) if told.columns else None
    kind = _format(told)
    if _is_address(place):
        if kind not in {None, foreign.Format.CLAIM_REVIEW}:
            raise UsageError("import claims: an address is read as ClaimReview; other formats need a FILE")
        return _as_taken(_rows(desk, place))
    path = Path(place)
    if columns is not None:
        return mapped.read(path, columns, _publishers(desk, told))
    if kind == foreign.Format.COFACTS or (kind is None and cofacts.fits(path)):
        return cofacts.read(path, _publishers(desk, told))
    is_file = path.is_file()
    if kind == foreign.Format.CHECK or (kind is None and is_file and checkexport.fits(_start(path))):
        return checkexport.read(path, _publishers(desk, told))
    return _as_taken(_rows(desk, place))


def _format(told: FromWhom) -> "Format | None":
    from crawlers.foreign import Format

    if not told.format:
        return None
    if told.format not in set(Format):
        raise UsageError(f"--format: {told.format!r} is not one of {', '.join(Format)}")
    if told.format == Format.CSV and not told.columns:
        raise UsageError("--format csv: say with --map which column holds what")
    if told.columns and told.format != Format.CSV:
        raise UsageError("--map: is for --format csv")
    return Format(told.format)


def _start(path: Path) -> str:
    from crawlers import charsets

    try:
        with path.open("rb") as file:
            return charsets.decode(file.read(GLANCE))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error


def _publishers(desk: Desk, told: FromWhom) -> "Publishers":
    from crawlers.foreign import Publishers

    with desk.reading() as session:
        registered = {one.domain: one.name for one in session.execute(select(Source.domain, Source.name))}
    return Publishers(told.publisher.strip(), registered)


def _as_taken(rows: "Rows") -> "Taken":
    from crawlers.foreign import Taken

    return Taken(list(rows), errors=list(rows.errors))


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
