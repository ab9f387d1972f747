"""The queue as a reviewer sees it: order, filters, counts; never how a claim got in.

What one page costs does not grow with the queue: it reads the best `SCAN` claims of the wanted stage from an
index, looks through them for those that meet the other filters, and goes on from there with the next page.
Counts stop at `COUNTED`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, or_, select, text, union_all
from sqlalchemy.orm import Session

from models.claims import Claim, ClaimMatch
from models.decisions import Review
from models.gathered import Item, Mention, Source
from models.vocabulary import ClaimState, Topic
from models.weeks import local_day
from models.workbench import Draft, PendingReview
from pipeline import autoqueue, search, undo
from pipeline.decisions import OPEN_STATES, holder
from pipeline.figures import shown
from pipeline.proposals import SAME
from pipeline.ranking import best_first, is_due
from review_ui.filters import STAGES, TIP, Filters

PER_PAGE = 25
SCAN = 1_000
_FIRST_LOOK = 100
COUNTED = 1_000
_RARE = 5_000
_MINE = 500

_OPEN = tuple(sorted(OPEN_STATES))
_STATES: Mapping[str, tuple[str, ...]] = {
    "cho": _OPEN,
    "lan-1": (ClaimState.QUEUED,),
    "lan-2": (ClaimState.SECOND,),
    "lan-3": (ClaimState.THIRD,),
    "cho-dang": (ClaimState.AGREED,),
    "da-tra-loi": (ClaimState.DECIDED,),
}
# few claims are either: they are found by an index of their own, which needs the words as they stand there
_RARE_STAGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "hoan": ("deferred_until IS NOT NULL", _OPEN),
    "khieu-nai": ("round > 1", (*_OPEN, ClaimState.AGREED)),
}
_CURSOR = re.compile(r"(-|[0-9][0-9.e-]{0,24})_([0-9]{1,10})")


@dataclass(frozen=True)
class Place:
    """A place in the queue's order, behind which the next page begins; an unranked claim has no priority."""

    priority: float | None
    claim_id: int

    @classmethod
    def read(cls, value: str) -> "Place | None":
        """The place of an address, None for one that is none."""
        found = _CURSOR.fullmatch(value)
        if found is None:
            return None
        try:
            return cls(None if found[1] == "-" else float(found[1]), int(found[2]))
        except ValueError:
            return None

    def value(self) -> str:
        """The place as a value of an address."""
        return f"{'-' if self.priority is None else repr(self.priority)}_{self.claim_id}"


@dataclass(frozen=True)
class QueueRow:
    """One claim of the queue; `share` is its priority against the highest one, 0..1."""

    claim: Claim
    share: float
    age_days: int
    mine: bool
    taken: bool
    reviewed: bool
    drafted: bool


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue and the counts beside its filters.

    `total` and the counts stop at `COUNTED`; `total` is None if filters are set that no count knows. `after`
    asks for the next page; `searched` is how many claims were looked through if that is not all of them.
    """

    rows: Sequence[QueueRow]
    total: int | None
    after: str | None
    searched: int | None
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


def queue_page(
    session: Session, filters: Filters, staff_id: int, now: datetime, after: Place | None = None
) -> QueuePage:
    """One page of the queue, best first; on equal priority the older claim first."""
    today = local_day(now)
    claims, looked = _best(session, filters, staff_id, after, _tests(filters, today))
    shown_ones = claims[:PER_PAGE]
    last = _last(session, looked) if len(claims) <= PER_PAGE else None
    following = _after(shown_ones[-1]) if len(claims) > PER_PAGE else last
    stages, topics = _counts(session, filters, today)
    counted = None if _narrows(filters) else stages[filters.stage]
    return QueuePage(
        rows=_rows(session, shown_ones, staff_id, now, _top(session, filters, staff_id)),
        total=counted,
        after=following.value() if following else None,
        searched=SCAN if last is not None else None,
        stages=stages,
        topics=topics,
    )


def next_free(session: Session, filters: Filters, staff_id: int, now: datetime, beside: int) -> int | None:
    """The best claim of the queue that one could review now: not `beside`, not held, not reviewed."""
    held = and_(Claim.lease_staff_id.is_not(None), Claim.lease_staff_id != staff_id, Claim.lease_until > now)
    tests = [*_tests(filters, local_day(now)), ~held, Claim.id != beside]
    claims, _ = _best(session, filters, staff_id, None, tests)
    done = _reviewed(session, claims, staff_id)
    return next((claim.id for claim in claims if claim.id not in done), None)


def _after(claim: Claim) -> Place:
    return Place(claim.priority, claim.id)


def _narrows(filters: Filters) -> bool:
    """Whether filters are set that the counts do not know."""
    return any((filters.kind, filters.local, filters.matched, filters.age, filters.mine, filters.words))


def _best(
    session: Session,
    filters: Filters,
    staff_id: int,
    after: Place | None,
    tests: Sequence[ColumnElement[bool]],
) -> tuple[Sequence[Claim], Subquery]:
    """A page of claims behind a place that pass the tests, one more if there is one; and what was looked at.

    Most pages are full after a short look; only where the tests leave too little is the long one paid for.
    """
    parts = _parts(session, filters, staff_id, after)
    for scan in (min(_FIRST_LOOK, SCAN), SCAN):
        looked = _candidates(parts, scan)
        wanted = select(Claim).join(looked, looked.c.id == Claim.id).where(*tests)
        claims = session.scalars(wanted.order_by(*best_first(session)).limit(PER_PAGE + 1)).all()
        if len(claims) > PER_PAGE:
            break
    return claims, looked


def _candidates(parts: Sequence[Select[int, float | None]], scan: int) -> Subquery:
    """The best `scan` claims of the runs of an index, in order: id and priority."""
    found = [part.limit(scan).subquery() for part in parts]
    together = union_all(*(select(one) for one in found)).subquery() if len(found) > 1 else found[0]
    best = together.c.priority.desc()
    ordered = select(together).order_by(together.c.priority.is_(None), best, together.c.id).limit(scan)
    return ordered.subquery()


def _parts(
    session: Session, filters: Filters, staff_id: int, after: Place | None
) -> list[Select[int, float | None]]:
    """One query for each run of an index: a state's ranked claims, best first, then its unranked ones."""
    chosen = _chosen(session, filters, staff_id)
    columns = select(Claim.id, Claim.priority)
    if chosen is not None or filters.stage in _RARE_STAGES:
        part = columns.where(_few(filters, chosen), *_behind(after))
        return [part.order_by(Claim.priority.is_(None), Claim.priority.desc(), Claim.id)]
    parts = []
    for state in _STATES[filters.stage]:
        one = columns.where(Claim.state == state)
        if filters.topic is not None:
            one = one.where(Claim.topic == filters.topic)
        if after is None or after.priority is not None:
            ranked = one.where(Claim.priority.is_not(None), *_below(after))
            parts.append(ranked.order_by(Claim.priority.desc(), Claim.id))
        past = [Claim.id > after.claim_id] if after and after.priority is None else []
        parts.append(one.where(Claim.priority.is_(None), *past).order_by(Claim.id))
    return parts


def _few(filters: Filters, chosen: Sequence[int] | None) -> ColumnElement[bool]:
    """What a small set is found by: the ids themselves, or an index over the rows that a state marks."""
    if chosen is not None:
        return Claim.id.in_(chosen)
    # a set of its own, so that no database prefers the index of states and sorts a whole queue
    rare = select(Claim.id).where(text(_RARE_STAGES[filters.stage][0])).limit(_RARE).subquery()
    return Claim.id.in_(select(rare.c.id))


def _chosen(session: Session, filters: Filters, staff_id: int) -> Sequence[int] | None:
    """The ids that words or "mine" leave, None if neither is set."""
    found = search.claim_ids(session, filters.words) if filters.words else None
    if not filters.mine:
        return found
    mine = _mine(session, staff_id)
    return sorted(mine if found is None else mine & set(found))


def _mine(session: Session, staff_id: int) -> set[int]:
    """What one holds, has begun to write about, has just decided, or has lately given an opinion on."""
    held = select(Claim.id).where(text("lease_staff_id IS NOT NULL"), Claim.lease_staff_id == staff_id)
    drafted = select(Draft.claim_id).where(Draft.staff_id == staff_id)
    waiting = select(PendingReview.claim_id).where(PendingReview.staff_id == staff_id)
    newest = select(Review.claim_id).where(Review.staff_id == staff_id).order_by(Review.at.desc())
    return {one for query in (held, drafted, waiting, newest) for one in session.scalars(query.limit(_MINE))}


def _behind(after: Place | None) -> list[ColumnElement[bool]]:
    """What stands behind a place, ranked or not."""
    if after is None:
        return []
    if after.priority is None:
        return [Claim.priority.is_(None), Claim.id > after.claim_id]
    return [or_(Claim.priority.is_(None), and_(*_below(after)))]


def _below(after: Place | None) -> list[ColumnElement[bool]]:
    """What is ranked behind a place."""
    if after is None or after.priority is None:
        return []
    equal = and_(Claim.priority == after.priority, Claim.id > after.claim_id)
    # said twice so that an index begins at the place
    return [Claim.priority <= after.priority, or_(Claim.priority < after.priority, equal)]


def _last(session: Session, looked: Subquery) -> Place | None:
    """Where the looking ended, if it ended before the queue did."""
    row = session.execute(select(looked.c.id, looked.c.priority).offset(SCAN - 1).limit(1)).one_or_none()
    return None if row is None else Place(row.priority, row.id)


def _top(session: Session, filters: Filters, staff_id: int) -> float:
    """The highest priority of the stage, which the bars are measured against."""
    parts = _parts(session, filters, staff_id, None)
    best = [select(func.max(part.limit(1).subquery().c.priority)) for part in parts]
    return max((session.scalar(one) or 0.0 for one in best), default=0.0)


def _tests(filters: Filters, today: date) -> list[ColumnElement[bool]]:
    """What each claim that is looked at must meet."""
    tests = [_at_stage(filters.stage, today)]
    if filters.topic is not None:
        tests.append(Claim.topic == filters.topic)
    if filters.local:
        tests.append(Claim.is_local.is_(True))
    if filters.kind:
        tests.append(Claim.n_tips > 0 if filters.kind == TIP else _has_kind(filters.kind))
    if filters.matched:
        same = and_(ClaimMatch.claim_id == Claim.id, ClaimMatch.score >= SAME, ClaimMatch.differs.is_(None))
        found = exists().where(same).correlate(Claim)
        tests.append(found if filters.matched == "co" else ~found)
    if filters.age == "cu":
        tests.append(Claim.first_day < today - timedelta(days=7))
    elif filters.age:
        tests.append(Claim.first_day > today - timedelta(days=int(filters.age)))
    return tests


def _has_kind(kind: str) -> ColumnElement[bool]:
    mentions = (
        select(Mention.id).join(Item, Item.id == Mention.item_id).join(Source, Source.id == Item.source_id)
    )
    return mentions.where(Mention.claim_id == Claim.id, Source.kind == kind).correlate(Claim).exists()


def _at_stage(stage: str, today: date) -> ColumnElement[bool]:
    if stage == "hoan":
        return and_(Claim.state.in_(_OPEN), Claim.deferred_until > today)
    if stage == "khieu-nai":
        return and_(Claim.state.in_((*_OPEN, ClaimState.AGREED)), Claim.round > 1)
    states = Claim.state.in_(_STATES[stage])
    return and_(states, is_due(today)) if stage in {"cho", "lan-1", "lan-2", "lan-3"} else states


def _rows(
    session: Session, claims: Sequence[Claim], staff_id: int, now: datetime, top: float
) -> list[QueueRow]:
    today = local_day(now)
    ids = [claim.id for claim in claims]
    done = _reviewed(session, claims, staff_id)
    mine = select(Draft.claim_id).where(Draft.staff_id == staff_id, Draft.claim_id.in_(ids))
    drafted = set(session.scalars(mine))
    return [
        QueueRow(
            claim=claim,
            share=min(1.0, (claim.priority or 0.0) / top) if top > 0 else 0.0,
            age_days=(today - claim.first_day).days,
            mine=holder(claim, now) == staff_id,
            taken=holder(claim, now) not in {None, staff_id},
            reviewed=claim.id in done,
            drafted=claim.id in drafted,
        )
        for claim in claims
    ]


def _reviewed(session: Session, claims: Sequence[Claim], staff_id: int) -> set[int]:
    """Which of these claims this person has given an opinion on in their present round, or a waiting one."""
    ids = [claim.id for claim in claims]
    # a sum has no index: the few reviews of these claims are read, and not all that this person ever gave
    by_me = Review.staff_id + 0 == staff_id
    mine = (
        select(Review.claim_id)
        .join(Claim, Claim.id == Review.claim_id)
        .where(Review.claim_id.in_(ids), by_me, Review.round == Claim.round)
    )
    return set(session.scalars(mine)) | undo.pending_of(session, staff_id, ids)


def _counts(session: Session, filters: Filters, today: date) -> tuple[dict[str, int], dict[Topic, int]]:
    """How many claims each stage holds of the topic, and each topic at the stage; none beyond `COUNTED`."""
    rare = {name: _rare_counts(session, name, today) for name in _RARE_STAGES}
    off = rare["hoan"]
    topics = [filters.topic] if filters.topic else [None]
    held = _state_counts(session, topics, tuple(dict.fromkeys(s for some in _STATES.values() for s in some)))
    stages: dict[str, int] = {}
    for stage in STAGES:
        if stage in rare:
            few = rare[stage]
            stages[stage] = sum(n for (topic, _), n in few.items() if filters.topic in {None, topic})
        else:
            away = _away(off, stage, filters.topic)
            stages[stage] = _capped(sum(held[filters.topic, state] for state in _STATES[stage]), away)
    return stages, _topic_counts(session, filters.stage, rare)


def _away(off: Mapping[tuple[str, str], int], stage: str, topic: Topic | None) -> int:
    """How many of a waiting stage are put off."""
    return sum(n for (of, state), n in off.items() if topic in {None, of} and state in _STATES[stage])


def _capped(n: int, away: int) -> int:
    return COUNTED + 1 if n > COUNTED else max(0, n - away)


def _topic_counts(
    session: Session, stage: str, rare: Mapping[str, Mapping[tuple[str, str], int]]
) -> dict[Topic, int]:
    if stage in rare:
        few = rare[stage]
        return {topic: sum(n for (of, _), n in few.items() if of == topic) for topic in Topic}
    held = _state_counts(session, tuple(Topic), _STATES[stage])
    return {
        topic: _capped(sum(held[topic, state] for state in _STATES[stage]), _away(rare["hoan"], stage, topic))
        for topic in Topic
    }


def _state_counts(
    session: Session, topics: Sequence[Topic | None], states: Sequence[str]
) -> dict[tuple[Topic | None, str], int]:
    """How many claims of each topic (None: all) are in each state, counted in the index and no further."""
    asked = [(topic, state) for topic in topics for state in states]
    columns = []
    for topic, state in asked:
        some = select(Claim.state).where(Claim.state == state)
        if topic is not None:
            some = some.where(Claim.topic == topic)
        columns.append(select(func.count()).select_from(some.limit(COUNTED + 1).subquery()).scalar_subquery())
    return dict(zip(asked, session.execute(select(*columns)).one(), strict=True))


def _rare_counts(session: Session, stage: str, today: date) -> dict[tuple[str, str], int]:
    """The claims of a rare stage by topic and state."""
    marked = select(Claim.topic, Claim.state, Claim.deferred_until, Claim.round)
    some = marked.where(text(_RARE_STAGES[stage][0])).limit(_RARE).subquery()
    waits = some.c.deferred_until > today if stage == "hoan" else some.c.round > 1
    rows = session.execute(
        select(some.c.topic, some.c.state, func.count())
        .where(waits, some.c.state.in_(_RARE_STAGES[stage][1]))
        .group_by(some.c.topic, some.c.state)
    )
    return {(topic, state): n for topic, state, n in rows}
