"""The weekly audit draw: a frozen frame, a seed committed to before, and draws that enter the queue blind.

The figures of the two targets rest on this draw alone, never on the score: whatever the model missed has a
known chance of being seen. The week's secret is derived from the desk's key and its hash goes into the
public log before the week ends, so that nobody can choose a frame or a seed that suits them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from models import audit
from models.claims import Claim, FrameUnit, SampleFrame
from models.decisions import Review
from models.desk import JobRun
from models.session import insert_ignore
from models.vocabulary import ClaimState
from models.weeks import NO_WEEK, iso_week, parse_week
from pipeline import frame
from pipeline.compose import Desk
from pipeline.frame import KNOWN, Row, Unit, sizes_of
from pipeline.outcomes import agreed_false
from pipeline.ranking import enter

DRAW, COMMIT = "audit_draw", "commit_seed"


def draw_due(desk: Desk) -> int:
    """Draw for every week that has ended, holds claims and has no frame yet; gives how many were drawn.

    Also commits to the seeds of the present week and the next one, before either is frozen.
    """
    now = desk.clock()
    present = iso_week(now)
    with desk.sessions.begin() as session:
        for week in (present, iso_week(now + timedelta(days=7))):
            _commit(session, desk, week)
    with desk.reading() as session:
        weeks = [week for week in _ended(session, present) if session.get(SampleFrame, week) is None]
    return sum(draw(desk, week) for week in weeks)


def _ended(session: Session, present: str) -> Iterator[str]:
    """The weeks before the present one that hold claims: one step of an index a week, however many claims."""
    week: str | None = NO_WEEK
    while week is not None:
        later = select(func.min(Claim.week)).where(Claim.week > week, Claim.week < present)
        week = session.scalar(later)
        if week is not None:
            yield week


def draw(desk: Desk, week: str) -> int:
    """Freeze the frame of a week and draw from it, once; gives how many claims were drawn (0 if it was)."""
    parse_week(week)
    with desk.sessions.begin() as session:
        rows = _rows(session, week)
        if not rows or session.get(SampleFrame, week) is not None:
            return 0
        if not insert_ignore(session, JobRun, [_ledger(desk, DRAW, week)], ["job", "period"]):
            return 0
        units, claim_of = frame.freeze(desk.keys.sampling, rows, agreed_false(session, week))
        digest = frame.frame_digest(units)
        secret = frame.week_secret(desk.keys.sampling, week)
        seed = frame.seed_of(digest, secret)
        sizes = frame.allocate(sizes_of(units), desk.settings.number("audit.weekly_draws"))
        taken = frame.select_units(units, sizes, seed)
        kept = SampleFrame(
            week=week,
            frame_sha256=digest,
            seed=seed,
            seed_commitment=frame.commitment(secret),
            n_frame=len(units),
            n_drawn=len(taken),
            drawn_at=desk.clock(),
        )
        session.add(kept)
        session.flush()
        _write_units(session, week, units, sizes, taken)
        _enter(session, desk, [claim_of[ref] for ref in sorted(taken)])
        detail = {"frame": digest, "seed": seed, "n_frame": len(units), "n_drawn": len(taken)}
        audit.append(session, desk.clock, "system", DRAW, f"week:{week}", detail)
        return len(taken)


def verify_draw(session: Session, key: bytes, week: str) -> bool:
    """Whether the kept frame, its hash, the committed secret and the draw still belong together."""
    kept = session.get_one(SampleFrame, week)
    query = select(
        FrameUnit.claim_ref,
        FrameUnit.stratum,
        FrameUnit.detected,
        FrameUnit.n_mentions,
        FrameUnit.drawn,
        FrameUnit.probability,
    )
    rows = session.execute(query.where(FrameUnit.week == week).order_by(FrameUnit.position)).all()
    units = [Unit(*row[:4]) for row in rows]
    totals = sizes_of(units)
    # the size of each draw stands in the probabilities: a draw that somebody added or took away shows
    sizes = {row.stratum: round(row.probability * totals.get(row.stratum, 0)) for row in rows}
    secret = frame.week_secret(key, week)
    return (
        kept.frame_sha256 == frame.frame_digest(units)
        and kept.seed_commitment == frame.commitment(secret)
        and kept.seed == frame.seed_of(kept.frame_sha256, secret)
        and frame.select_units(units, sizes, kept.seed) == {row.claim_ref for row in rows if row.drawn}
    )


def broken_draws(session: Session, key: bytes) -> list[str]:
    """The weeks whose kept frame, seed and draw do not belong together any more."""
    weeks = session.scalars(select(SampleFrame.week).order_by(SampleFrame.week)).all()
    return [week for week in weeks if not verify_draw(session, key, week)]


def committed(session: Session, week: str) -> bool:
    """Whether the seed of a drawn week was committed to in the log before the draw."""
    query = select(JobRun.started_at).where(JobRun.job == COMMIT, JobRun.period == week)
    committed_at = session.scalar(query)
    drawn_at = session.scalar(select(SampleFrame.drawn_at).where(SampleFrame.week == week))
    return committed_at is not None and drawn_at is not None and committed_at <= drawn_at


def _commit(session: Session, desk: Desk, week: str) -> None:
    if insert_ignore(session, JobRun, [_ledger(desk, COMMIT, week)], ["job", "period"]):
        digest = frame.commitment(frame.week_secret(desk.keys.sampling, week))
        audit.append(session, desk.clock, "system", COMMIT, f"week:{week}:{digest}")


def _ledger(desk: Desk, job: str, week: str) -> dict[str, object]:
    now = desk.clock()
    return {"job": job, "period": week, "started_at": now, "finished_at": now, "outcome": "done"}


def _rows(session: Session, week: str) -> list[Row]:
    query = select(Claim.id, Claim.public_id, Claim.state, Claim.score, Claim.n_mentions, Claim.flagged)
    return [Row(*row) for row in session.execute(query.where(Claim.week == week))]


def _write_units(
    session: Session, week: str, units: Sequence[Unit], sizes: Mapping[str, int], taken: set[str]
) -> None:
    totals = sizes_of(units)
    rows = [
        {
            "week": week,
            "position": position,
            "claim_ref": unit.ref,
            "stratum": unit.stratum,
            "probability": 1.0 if unit.stratum == KNOWN else sizes[unit.stratum] / totals[unit.stratum],
            "drawn": unit.ref in taken,
            "detected": unit.detected,
            "answered": False,
            "is_false": None,
            "n_mentions": unit.n_mentions,
            "flagged": unit.flagged,
            "score": unit.score,
        }
        for position, unit in enumerate(units)
    ]
    session.execute(insert(FrameUnit), rows)


def _enter(session: Session, desk: Desk, claim_ids: Sequence[int]) -> None:
    now = desk.clock()
    drawn = Claim.id.in_(claim_ids)
    for claim in session.scalars(select(Claim).where(drawn, Claim.state == ClaimState.NEW)):
        enter(claim, now, flagged=claim.flagged)
    # closed by one person alone: a draw is always read by two
    reviewed = select(Review.claim_id).where(Review.claim_id.in_(claim_ids))
    twice = reviewed.group_by(Review.claim_id).having(func.count() > 1)
    once = select(Claim).where(drawn, Claim.state == ClaimState.CLOSED, Claim.id.not_in(twice))
    for claim in session.scalars(once):
        claim.state = ClaimState.SECOND
