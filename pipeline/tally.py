"""The counts of one audited week: what was known and answered, and what the draw saw of everything else.

A false claim is *known* if the desk had it in its queue before the draw and two people found it false before
the promise of its answer ended (or before the draw, if that was later). Everything else is V: unflagged,
rejected, not yet reviewed. Which of the two a queued claim belongs to does not depend on the draw, because
reviewers cannot see who was drawn; a claim that only the draw brought into the queue stays a miss whatever
is published afterwards.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import bindparam, case, func, select, update
from sqlalchemy.orm import Session

from models.claims import FrameUnit, SampleFrame
from models.desk import WeeklyFigure
from pipeline import sampling
from pipeline.compose import Desk
from pipeline.frame import KNOWN, claim_ref
from pipeline.outcomes import Settled, deadline, erased_public_ids, settled
from pipeline.statistics import Counted, WeightedSum

CHUNK = 1_000


@dataclass(frozen=True)
class Outcome:
    """What is settled of one unit; `known` and `answered` as the module says."""

    is_false: bool
    known: bool = False
    answered: bool = False
    is_unproven: bool = False


@dataclass(frozen=True)
class Stratum:
    """One stratum of V: its size, its draws, and the mentions of what was judged."""

    size: int
    drawn: int
    judged: int = 0
    positives: int = 0
    unproven: int = 0
    judged_mentions: int = 0
    hits: tuple[int, ...] = ()
    heaviest: int = 1

    @property
    def counted(self) -> Counted:
        """(positives, judged, size), as the limits take it."""
        return self.positives, self.judged, self.size

    @property
    def missing(self) -> int:
        """Draws that nobody has judged."""
        return self.drawn - self.judged


@dataclass(frozen=True)
class Tally:
    """A (`answered`), D (`late`) and V (`strata`) of one week or of several."""

    week: str
    committed: bool = True
    answered: int = 0
    late: int = 0
    answered_mentions: int = 0
    late_mentions: int = 0
    items: int = 0
    mentions: int = 0
    strata: tuple[Stratum, ...] = field(default_factory=tuple)

    @property
    def counted(self) -> Counted:
        """The strata pooled: (x, n, N_V)."""
        return (
            sum(one.positives for one in self.strata),
            sum(one.judged for one in self.strata),
            sum(one.size for one in self.strata),
        )

    @property
    def drawn(self) -> int:
        """Draws that are in V."""
        return sum(one.drawn for one in self.strata)

    @property
    def missing(self) -> int:
        """Draws that nobody has judged."""
        return sum(one.missing for one in self.strata)

    @property
    def sampled(self) -> bool:
        """Whether every stratum was looked at."""
        return all(one.judged for one in self.strata)

    @property
    def proportional(self) -> bool:
        """Whether the judged are spread like V, within rounding, so that the strata may be pooled."""
        _, judged, size = self.counted
        return all(
            abs(one.judged - judged * one.size / size) <= max(1.0, 0.1 * judged * one.size / size)
            for one in self.strata
        )

    def with_missing(self, *, false: bool) -> "Tally":
        """The same week if everything that nobody judged were false, or none of it."""
        strata = tuple(
            replace(
                one,
                judged=one.drawn,
                positives=one.positives + (one.missing if false else 0),
            )
            for one in self.strata
        )
        return replace(self, strata=strata)

    def with_unproven(self) -> "Tally":
        """The same week if unproven counted as false, for the sensitivity line alone."""
        strata = tuple(replace(one, positives=one.positives + one.unproven) for one in self.strata)
        return replace(self, strata=strata)

    def missed_mentions(self) -> WeightedSum:
        """The share of all mentions that belong to false claims in V."""
        whole = self.mentions
        counted = total = variance = next_weight = next_variance = 0.0
        for one in self.strata:
            seen = sum(one.hits) / whole
            if one.judged == one.size:
                counted += seen
                continue
            factor, left = one.size / one.judged, (one.size - one.judged) / (one.size - 1)
            share = one.positives / one.judged
            total += factor * seen
            variance += factor**2 * sum((m / whole) ** 2 for m in one.hits) * left * (1 - share)
            weight = factor * one.heaviest / whole
            if weight > next_weight:
                next_weight, next_variance = weight, weight * weight * left
        seen_false = sum(sum(one.hits) for one in self.strata)
        seen_other = sum(one.judged_mentions for one in self.strata) - seen_false
        known = self.answered_mentions + self.late_mentions
        least, most = seen_false / whole, 1 - (known + seen_other) / whole
        return WeightedSum(counted, total, variance, next_weight, next_variance, least, most)


def tally(session: Session, desk: Desk, week: str) -> Tally | None:
    """The counts of a week; None while no frame of it is frozen."""
    cells = _cells(session, week)
    if not cells:
        return None
    if is_closed(session, week):
        outcomes, where = _kept(session, week)
    else:
        outcomes = outcomes_of(session, desk, week)
        where = _units(session, week, [ref for ref, one in outcomes.items() if one.known])
    known = {ref: one for ref, one in outcomes.items() if one.known}
    answered = [m for ref, (_, m) in where.items() if known[ref].answered]
    late = [m for ref, (_, m) in where.items() if not known[ref].answered]
    moved = Counter(stratum for stratum, _ in where.values())
    drawn = _drawn(session, week, set(known))
    strata = [
        _stratum(cell, cell.size - moved[cell.stratum], drawn.get(cell.stratum, {}), outcomes)
        for cell in cells
        if cell.stratum != KNOWN and cell.size > moved[cell.stratum]
    ]
    return Tally(
        week=week,
        committed=sampling.committed(session, week),
        answered=len(answered),
        late=len(late),
        answered_mentions=sum(answered),
        late_mentions=sum(late),
        items=sum(cell.size for cell in cells),
        mentions=sum(cell.mentions for cell in cells),
        strata=tuple(strata),
    )


@dataclass(frozen=True)
class _Cell:
    """One stratum as it was frozen."""

    stratum: str
    size: int
    mentions: int
    heaviest: int


def _cells(session: Session, week: str) -> list[_Cell]:
    # the heaviest unit that was not drawn: what the weighted limits must reckon with
    unseen = func.max(case((FrameUnit.drawn.is_(False), FrameUnit.n_mentions), else_=1))
    query = (
        select(FrameUnit.stratum, func.count(), func.sum(FrameUnit.n_mentions), unseen)
        .where(FrameUnit.week == week)
        .group_by(FrameUnit.stratum)
        .order_by(FrameUnit.stratum)
    )
    return [_Cell(*row) for row in session.execute(query)]


def _units(session: Session, week: str, refs: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Stratum and mentions of some units of a frame; those that are not in it are left out."""
    found: dict[str, tuple[str, int]] = {}
    query = select(FrameUnit.claim_ref, FrameUnit.stratum, FrameUnit.n_mentions)
    for at in range(0, len(refs), CHUNK):
        some = query.where(FrameUnit.week == week, FrameUnit.claim_ref.in_(refs[at : at + CHUNK]))
        found |= {ref: (stratum, mentions) for ref, stratum, mentions in session.execute(some)}
    return found


def _kept(session: Session, week: str) -> tuple[dict[str, Outcome], dict[str, tuple[str, int]]]:
    """What was settled when a week closed, and stratum and mentions of the known: one look at its frame."""
    columns = (FrameUnit.claim_ref, FrameUnit.is_false, FrameUnit.detected, FrameUnit.answered)
    query = select(*columns, FrameUnit.stratum, FrameUnit.n_mentions)
    outcomes: dict[str, Outcome] = {}
    where: dict[str, tuple[str, int]] = {}
    rows = session.execute(query.where(FrameUnit.week == week, FrameUnit.is_false.is_not(None)))
    for ref, false, known, answered, stratum, mentions in rows:
        outcomes[ref] = Outcome(bool(false), bool(false and known), answered)
        if outcomes[ref].known:
            where[ref] = stratum, mentions
    return outcomes, where


def _drawn(session: Session, week: str, known: set[str]) -> dict[str, dict[str, int]]:
    """The mentions of every draw that is in V, by stratum and reference."""
    query = select(FrameUnit.stratum, FrameUnit.claim_ref, FrameUnit.n_mentions)
    found: dict[str, dict[str, int]] = {}
    for stratum, ref, mentions in session.execute(query.where(FrameUnit.week == week, FrameUnit.drawn)):
        if ref not in known:
            found.setdefault(stratum, {})[ref] = mentions
    return found


def _stratum(cell: _Cell, size: int, drawn: dict[str, int], outcomes: dict[str, Outcome]) -> Stratum:
    judged = {ref: outcomes[ref] for ref in drawn if ref in outcomes}
    hits = tuple(sorted(drawn[ref] for ref, one in judged.items() if one.is_false))
    unseen = [mentions for ref, mentions in drawn.items() if ref not in judged]
    return Stratum(
        size=size,
        drawn=len(drawn),
        judged=len(judged),
        positives=len(hits),
        unproven=sum(one.is_unproven for one in judged.values()),
        judged_mentions=sum(drawn[ref] for ref in judged),
        hits=hits,
        heaviest=max([cell.heaviest, *unseen]),
    )


def outcomes_of(session: Session, desk: Desk, week: str) -> dict[str, Outcome]:
    """What is settled of a week, by reference; of a closed week, what was settled when it closed."""
    if is_closed(session, week):
        return _kept(session, week)[0]
    kept = session.get(SampleFrame, week)
    if kept is None:
        return {}
    key, hours = desk.keys.sampling, desk.settings.number("answer.hours")
    claims = {claim_ref(key, one.public_id): one for one in settled(session, week)}
    queued = _queued_before(session, week, list(claims))
    outcomes = {ref: _outcome(one, kept.drawn_at, hours, queued=ref in queued) for ref, one in claims.items()}
    # found not ours by a person: judged, not false, and nothing else is left of it
    erased = {claim_ref(key, public_id): Outcome(False) for public_id in erased_public_ids(session, week)}
    return erased | outcomes


def _outcome(one: Settled, drawn_at: datetime, hours: int, *, queued: bool) -> Outcome:
    promised = deadline(one.first_day, hours)
    in_time = one.agreed_at is not None and one.agreed_at <= max(promised, drawn_at)
    known = one.is_false and queued and in_time
    answered = known and one.answered_at is not None and one.answered_at <= promised
    return Outcome(one.is_false, known, answered, one.is_unproven)


def _queued_before(session: Session, week: str, refs: Sequence[str]) -> set[str]:
    """Which of these the desk had in its queue before the draw."""
    found: set[str] = set()
    query = select(FrameUnit.claim_ref).where(FrameUnit.week == week, FrameUnit.detected)
    for at in range(0, len(refs), CHUNK):
        found |= set(session.scalars(query.where(FrameUnit.claim_ref.in_(refs[at : at + CHUNK]))))
    return found


def is_closed(session: Session, week: str) -> bool:
    """Whether the figures of a week are final."""
    return session.scalar(select(WeeklyFigure.week).where(WeeklyFigure.week == week).limit(1)) is not None


def keep_outcomes(session: Session, desk: Desk, week: str) -> None:
    """Write what is settled into the frame, which outlives the claims; `detected` then means known."""
    rows = [
        {"ref": ref, "false": one.is_false, "known": one.known, "done": one.answered}
        for ref, one in sorted(outcomes_of(session, desk, week).items())
    ]
    if not rows:
        return
    statement = (
        update(FrameUnit)
        .where(FrameUnit.week == week, FrameUnit.claim_ref == bindparam("ref"))
        .values(is_false=bindparam("false"), detected=bindparam("known"), answered=bindparam("done"))
        .execution_options(synchronize_session=False)
    )
    session.connection().execute(statement, rows)
