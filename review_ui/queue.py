"""The queue as a reviewer sees it: order, filters from the address, counts; never how a claim got in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.decisions import Review
from models.vocabulary import ClaimState, Topic
from pipeline import autoqueue
from pipeline.decisions import OPEN_STATES
from pipeline.figures import shown
from pipeline.ranking import best_first, is_due

PER_PAGE = 25

STAGES = {
    "cho": "Tất cả đang chờ",
    "lan-1": "Ý kiến thứ nhất",
    "lan-2": "Ý kiến thứ hai",
    "lan-3": "Hai ý kiến khác nhau",
    "khieu-nai": "Mở lại vì khiếu nại",
    "hoan": "Đang hoãn",
    "cho-dang": "Chờ công bố",
    "da-tra-loi": "Đã trả lời",
}


@dataclass(frozen=True)
class Filters:
    """What the address asks for; everything unknown falls back to all that waits."""

    stage: str = "cho"
    topic: Topic | None = None
    local: bool = False

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Filters":
        """The filters of an address."""
        stage = given.get("tinh-trang", "cho")
        topic = given.get("chu-de", "")
        return cls(
            stage if stage in STAGES else "cho",
            Topic(topic) if topic in set(Topic) else None,
            given.get("dia-phuong") == "1",
        )

    def query(self) -> dict[str, str]:
        """The filters as values of an address, without the ones that change nothing."""
        values = {
            "tinh_trang": self.stage if self.stage != "cho" else "",
            "chu_de": self.topic.value if self.topic else "",
            "dia_phuong": "1" if self.local else "",
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True)
class QueueRow:
    """One claim of the queue; `share` is its priority against the highest one, 0..1."""

    claim: Claim
    share: float
    age_days: int
    mine: bool
    taken: bool
    reviewed: bool


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue and the counts beside its filters."""

    rows: Sequence[QueueRow]
    total: int
    page: int
    pages: int
    stages: Mapping[str, int]
    topics: Mapping[Topic, int]


@dataclass(frozen=True)
class ShownStop:
    """An independent audit over the limit: its share of false flags with the interval, of `n` flagged claims.

    `resumed_at` and `reason` are set if a lead let the score fill the queue anyway.
    """

    week: str
    found: str
    n: int
    resumed_at: datetime | None = None
    reason: str = ""


def stop_of(session: Session, now: datetime) -> ShownStop | None:
    """The newest audit if it lies over the limit, whether or not a lead has lifted the stop."""
    over = autoqueue.over_limit(session, now)
    if over is None:
        return None
    found = shown(autoqueue.false_flags(over))
    row = autoqueue.lifted(session, over, now)
    if row is None:
        return ShownStop(over.week, found, over.judged)
    return ShownStop(over.week, found, over.judged, row.started_at, row.outcome or "")


def _stage(name: str, today: date) -> ColumnElement[bool]:
    back = is_due(today)
    waiting = and_(Claim.state.in_(OPEN_STATES), back)
    return {
        "cho": waiting,
        "lan-1": and_(Claim.state == ClaimState.QUEUED, back),
        "lan-2": and_(Claim.state == ClaimState.SECOND, back),
        "lan-3": and_(Claim.state == ClaimState.THIRD, back),
        "khieu-nai": and_(Claim.state.in_((*OPEN_STATES, ClaimState.AGREED)), Claim.round > 1),
        "hoan": and_(Claim.state.in_(OPEN_STATES), Claim.deferred_until > today),
        "cho-dang": Claim.state == ClaimState.AGREED,
        "da-tra-loi": Claim.state == ClaimState.DECIDED,
    }[name]


def _narrowed(filters: Filters) -> list[ColumnElement[bool]]:
    tests: list[ColumnElement[bool]] = []
    if filters.topic is not None:
        tests.append(Claim.topic == filters.topic)
    if filters.local:
        tests.append(Claim.is_local.is_(True))
    return tests


def queue_page(
    session: Session, filters: Filters, page: int, staff_id: int, now: datetime, today: date
) -> QueuePage:
    """One page of the queue, best first; on equal priority the older claim first."""
    stages = _stage_counts(session, filters, today)
    total = stages[filters.stage]
    pages = max(1, -(-total // PER_PAGE))
    page = min(page, pages)
    tests = [_stage(filters.stage, today), *_narrowed(filters)]
    found = select(Claim).where(*tests).order_by(*best_first(session)).offset((page - 1) * PER_PAGE)
    claims = session.scalars(found.limit(PER_PAGE)).all()
    top = session.scalar(select(func.max(Claim.priority)).where(*tests)) or 0.0
    reviewed = _reviewed(session, claims, staff_id)
    rows = [
        QueueRow(
            claim=claim,
            share=(claim.priority or 0.0) / top if top > 0 else 0.0,
            age_days=(today - claim.first_day).days,
            mine=_leased(claim, now) and claim.lease_staff_id == staff_id,
            taken=_leased(claim, now) and claim.lease_staff_id != staff_id,
            reviewed=claim.id in reviewed,
        )
        for claim in claims
    ]
    return QueuePage(rows, total, page, pages, stages, _topic_counts(session, filters, today))


def _leased(claim: Claim, now: datetime) -> bool:
    return claim.lease_staff_id is not None and claim.lease_until is not None and claim.lease_until > now


def _reviewed(session: Session, claims: Sequence[Claim], staff_id: int) -> set[int]:
    """Which of these claims this person has given an opinion on in their present round."""
    mine = (
        select(Review.claim_id)
        .join(Claim, Claim.id == Review.claim_id)
        .where(
            Review.claim_id.in_([claim.id for claim in claims]),
            Review.staff_id == staff_id,
            Review.round == Claim.round,
        )
    )
    return set(session.scalars(mine))


def _stage_counts(session: Session, filters: Filters, today: date) -> dict[str, int]:
    """How many claims each stage holds under the other filters: one pass over the table's states."""
    columns = [func.sum(case((_stage(name, today), 1), else_=0)) for name in STAGES]
    row = session.execute(
        select(*columns).where(Claim.state.not_in((ClaimState.NEW, ClaimState.CLOSED)), *_narrowed(filters))
    ).one()
    return {name: int(n or 0) for name, n in zip(STAGES, row, strict=True)}


def _topic_counts(session: Session, filters: Filters, today: date) -> dict[Topic, int]:
    tests = [_stage(filters.stage, today)]
    if filters.local:
        tests.append(Claim.is_local.is_(True))
    rows = session.execute(select(Claim.topic, func.count()).where(*tests).group_by(Claim.topic))
    return {Topic(topic): n for topic, n in rows}
