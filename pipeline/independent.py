"""The independent audit of a week: its sample, and what auditors say of what the score flags (R13).

Up to 200 flagged and 200 unflagged claims of the week's frozen frame, each half a simple random sample that
anyone with frame and seed can draw again. Auditors, a role that nobody who reviews or runs the desk holds,
label them blind: two different ones each claim, in an order that tells nothing, and a label never changes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, exists, func, insert, select
from sqlalchemy.orm import Session

from models import audit
from models.audits import AuditLabel, AuditTask
from models.claims import Claim, FrameUnit, SampleFrame
from models.decisions import Review
from models.desk import AuditEntry, JobRun, Staff, WeeklyFigure
from models.errors import ConflictError, NotFoundError, UsageError
from models.session import insert_ignore
from models.vocabulary import Opinion, Role
from models.weeks import parse_week
from pipeline.compose import Desk
from pipeline.frame import claim_ref

DRAW, LABEL = "independent_draw", "independent_label"
PER_HALF = 200
LABELS_EACH = 2


@dataclass(frozen=True)
class Sample:
    """The references drawn, in the auditors' order, which of them are flagged, and the size of each half."""

    refs: tuple[str, ...]
    flagged: frozenset[str]
    n_flagged: int
    n_unflagged: int

    def size_of(self, ref: str) -> int:
        """How many claims the half had that this one stands for."""
        return self.n_flagged if ref in self.flagged else self.n_unflagged


@dataclass(frozen=True)
class Task:
    """The next claim that one auditor is to label, and how far they are with its week."""

    week: str
    claim_ref: str
    claim_id: int
    done: int
    total: int


def seed_of(frame_seed: str) -> str:
    """The audit's own seed, made of the week's: it tells nothing of the weekly draw and cannot be chosen."""
    return hashlib.sha256(f"independent:{frame_seed}".encode()).hexdigest()


def choose(halves: Mapping[str, bool], seed: str) -> Sample:
    """Draw from {reference: flagged}: of each half those whose SHA-256(seed, reference) comes first."""

    def key(ref: str) -> bytes:
        return hashlib.sha256(f"{seed}:{ref}".encode()).digest()

    flagged = sorted((ref for ref, is_flagged in halves.items() if is_flagged), key=key)
    others = sorted((ref for ref, is_flagged in halves.items() if not is_flagged), key=key)
    taken = [*flagged[:PER_HALF], *others[:PER_HALF]]
    shuffled = sorted(taken, key=lambda ref: hashlib.sha256(f"{seed}:order:{ref}".encode()).digest())
    return Sample(tuple(shuffled), frozenset(flagged[:PER_HALF]), len(flagged), len(others))


def sample_of(session: Session, week: str) -> Sample | None:
    """The sample of a week, drawn anew from frame and seed; None while there is no frame to draw from."""
    kept = session.get(SampleFrame, week)
    query = select(FrameUnit.claim_ref, FrameUnit.flagged).where(FrameUnit.week == week)
    halves: dict[str, bool | None] = dict(session.execute(query).all())
    # a frame that was frozen before this audit existed does not say what was flagged
    if kept is None or None in halves.values():
        return None
    return choose({ref: bool(flagged) for ref, flagged in halves.items()}, seed_of(kept.seed))


def due(session: Session) -> list[str]:
    """The weeks with a frame that this audit can draw from and has not, oldest first."""
    taken = select(JobRun.period).where(JobRun.job == DRAW)
    halved = exists().where(FrameUnit.week == SampleFrame.week, FrameUnit.flagged.is_not(None))
    weeks = select(SampleFrame.week).where(SampleFrame.week.not_in(taken), halved)
    return list(session.scalars(weeks.order_by(SampleFrame.week)))


def draw_due(desk: Desk) -> int:
    """Draw for every week that is due; gives how many claims were drawn."""
    with desk.reading() as session:
        weeks = due(session)
    return sum(draw(desk, week) for week in weeks)


def draw(desk: Desk, week: str) -> int:
    """Draw the audit of a week whose frame is frozen, once; gives how many claims (0 if it was drawn)."""
    parse_week(week)
    now = desk.clock()
    with desk.sessions.begin() as session:
        sample = sample_of(session, week)
        if sample is None:
            return 0
        run = {"job": DRAW, "period": week, "started_at": now, "finished_at": now, "outcome": "done"}
        if not insert_ignore(session, JobRun, [run], ["job", "period"]):
            return 0
        claims = select(Claim.public_id, Claim.id).where(Claim.week == week)
        ids = {claim_ref(desk.keys.sampling, name): number for name, number in session.execute(claims)}
        session.execute(insert(AuditTask), _rows(week, sample, ids))
        audit.append(session, desk.clock, "system", DRAW, f"week:{week}", _detail(sample))
        return len(sample.refs)


def _rows(week: str, sample: Sample, claim_ids: Mapping[str, int]) -> list[dict[str, object]]:
    return [
        {
            "week": week,
            "claim_ref": ref,
            "claim_id": claim_ids.get(ref),
            "position": position,
            "flagged": ref in sample.flagged,
            "n_stratum": sample.size_of(ref),
        }
        for position, ref in enumerate(sample.refs)
    ]


def _detail(sample: Sample) -> dict[str, object]:
    return {
        "refs": sample.refs,
        "flagged": sorted(sample.flagged),
        "of": [sample.n_flagged, sample.n_unflagged],
    }


def verify(session: Session, week: str) -> bool:
    """Whether frame, seed, the kept sample and what the log says of it belong together."""
    sample = sample_of(session, week)
    if sample is None:
        return False
    columns = (AuditTask.claim_ref, AuditTask.position, AuditTask.flagged, AuditTask.n_stratum)
    tasks = select(*columns).where(AuditTask.week == week).order_by(AuditTask.position)
    kept = [tuple(row) for row in session.execute(tasks)]
    logged = select(AuditEntry.detail_sha256).where(
        AuditEntry.action == DRAW, AuditEntry.subject == f"week:{week}"
    )
    wanted = [(ref, at, ref in sample.flagged, sample.size_of(ref)) for at, ref in enumerate(sample.refs)]
    return kept == wanted and list(session.scalars(logged)) == [audit.detail_digest(_detail(sample))]


def is_drawn(session: Session, week: str) -> bool:
    """Whether the audit of a week is drawn."""
    query = select(JobRun.id).where(JobRun.job == DRAW, JobRun.period == week)
    return session.scalar(query) is not None


def broken(session: Session) -> list[str]:
    """The drawn weeks whose sample does not follow from frame and seed any more."""
    weeks = session.scalars(select(JobRun.period).where(JobRun.job == DRAW).order_by(JobRun.period)).all()
    return [week for week in weeks if not verify(session, week)]


def open_weeks(session: Session) -> list[str]:
    """Drawn weeks whose figures are not final, oldest first: a later label would count nowhere."""
    final = exists().where(WeeklyFigure.week == JobRun.period)
    query = select(JobRun.period).where(JobRun.job == DRAW, ~final)
    return list(session.scalars(query.order_by(JobRun.period)))


def next_task(session: Session, staff_id: int) -> Task | None:
    """The next claim for one auditor, oldest week first; None if there is nothing left for them."""
    for week in open_weeks(session):
        mine = select(func.count()).where(AuditLabel.week == week, AuditLabel.staff_id == staff_id)
        waiting = _for(week, staff_id)
        first = select(AuditTask.claim_ref, AuditTask.claim_id).where(*waiting).order_by(AuditTask.position)
        found = session.execute(first.limit(1)).one_or_none()
        if found is not None:
            done = session.scalar(mine) or 0
            left = session.scalar(select(func.count()).select_from(AuditTask).where(*waiting)) or 0
            return Task(week, found.claim_ref, found.claim_id, done, done + left)
    return None


def hides(session: Session, claim_id: int, staff_id: int) -> bool:
    """Whether this auditor has still to label a claim: until then its score and reviews are not for them."""
    return any(
        session.scalar(select(AuditTask.week).where(AuditTask.claim_id == claim_id, *_for(week, staff_id)))
        for week in open_weeks(session)
    )


def waits(session: Session, week: str) -> bool:
    """Whether a week's audit can still be labelled: claims are left, and two auditors to label them."""
    auditors = select(func.count()).where(Staff.role == Role.AUDITOR, Staff.disabled.is_(False))
    if (session.scalar(auditors) or 0) < LABELS_EACH:
        return False
    left = select(AuditTask.week).where(_unfinished(week))
    return session.scalar(left.limit(1)) is not None


def _labels() -> ScalarSelect[int]:
    of_task = (AuditLabel.week == AuditTask.week, AuditLabel.claim_ref == AuditTask.claim_ref)
    return select(func.count()).select_from(AuditLabel).where(*of_task).correlate(AuditTask).scalar_subquery()


def _unfinished(week: str) -> ColumnElement[bool]:
    return (AuditTask.week == week) & AuditTask.claim_id.is_not(None) & (_labels() < LABELS_EACH)


def _for(week: str, staff_id: int) -> list[ColumnElement[bool]]:
    """What one auditor may label: not theirs already, not two others', and never a claim they reviewed."""
    labelled = exists().where(
        AuditLabel.week == AuditTask.week,
        AuditLabel.claim_ref == AuditTask.claim_ref,
        AuditLabel.staff_id == staff_id,
    )
    reviewed = exists().where(Review.claim_id == AuditTask.claim_id, Review.staff_id == staff_id)
    return [_unfinished(week), ~labelled, ~reviewed]


def record_label(desk: Desk, staff_id: int, week: str, ref: str, label: str) -> None:
    """Keep what one auditor says of one claim, for good.

    Raises `UsageError`, `NotFoundError` or `ConflictError`, and keeps nothing then.
    """
    if label not in set(Opinion):
        raise UsageError("label: choose one")
    with desk.sessions.begin() as session:
        staff = session.get(Staff, staff_id)
        if staff is None or staff.disabled or staff.role != Role.AUDITOR:
            raise ConflictError("only an auditor labels the independent audit")
        # locked, so that a third label cannot slip in between the count and the insert
        task = session.get(AuditTask, (week, ref), with_for_update=True)
        if task is None or task.claim_id is None:
            raise NotFoundError("this claim was erased or never existed")
        _check_open(session, task, staff_id)
        session.add(AuditLabel(week=week, claim_ref=ref, staff_id=staff_id, label=label, at=desk.clock()))
        audit.append(session, desk.clock, f"staff:{staff_id}", LABEL, f"audit:{week}:{ref}", {"label": label})


def _check_open(session: Session, task: AuditTask, staff_id: int) -> None:
    mine = select(AuditLabel.staff_id).where(
        AuditLabel.week == task.week, AuditLabel.claim_ref == task.claim_ref
    )
    people: Sequence[int] = session.scalars(mine).all()
    if staff_id in people:
        raise ConflictError("you have labelled this claim; a label does not change")
    if len(people) >= LABELS_EACH:
        raise ConflictError("two auditors have labelled this claim")
    if task.week not in open_weeks(session):
        raise ConflictError("the figures of this week are final; no label is taken any more")
    reviewed = select(Review.id).where(Review.claim_id == task.claim_id, Review.staff_id == staff_id)
    if session.scalar(reviewed.limit(1)) is not None:
        raise ConflictError("you reviewed this claim; its audit is for others")
