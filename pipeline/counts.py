"""The desk's own counts of a week: work, agreement, tips, appeals, corrections. Aggregates, never rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.counters import TIP_LINE
from models.decisions import Appeal, Correction, CorrectionText, Review
from models.gathered import DailyCount, Tip
from models.vocabulary import ClaimState, Language, Outcome, Topic
from models.weeks import local_day, week_days
from pipeline import disclosure
from pipeline import statistics as limits
from pipeline.compose import Desk
from pipeline.figures import HIDDEN, LEVEL, Figure, count, missing
from pipeline.outcomes import FALSE_OPINIONS, settled, week_bounds

MIN_ANSWERED = 6  # the least for which a 95 % order-statistic interval of a median exists
MIN_CASES = 11
WAITING = (ClaimState.QUEUED, ClaimState.SECOND, ClaimState.THIRD)


@dataclass(frozen=True)
class Week:
    """A week and the last day of it that has come."""

    label: str
    monday: date
    until: date


def desk_figures(session: Session, desk: Desk, label: str) -> list[Figure]:
    """Every figure of a week that needs no audit."""
    monday, sunday = week_days(label)
    week = Week(label, monday, min(sunday, max(monday, local_day(desk.clock()))))
    return [
        *_work(session, week),
        *_agreement(session, week),
        *_tips(session, week),
        *_appeals(session, week),
        *_corrections(session, week),
        *_scope(session, week),
    ]


def _work(session: Session, week: Week) -> list[Figure]:
    claims = settled(session, week.label)
    days = [
        float((local_day(one.answered_at) - one.first_day).days)
        for one in claims
        if one.is_false and one.answered_at is not None
    ]
    flagged = [one.is_false for one in claims if one.flagged]
    waiting = select(func.count()).where(Claim.week == week.label, Claim.state.in_(WAITING))
    return [
        _median(week, days),
        count("open_claims", week.label, session.scalar(waiting) or 0),
        share("false_flag_rate", week.label, sum(not false for false in flagged), len(flagged)),
    ]


def _median(week: Week, days: list[float]) -> Figure:
    name = "time_to_answer_days"
    if len(days) < MIN_ANSWERED:
        why = f"too few data: {len(days)} answered, {MIN_ANSWERED} are needed"
        return missing(name, week.label, len(days), why)
    value, low, high = limits.median_limits(days)
    method = "median, order-statistic interval"
    return Figure(name, week.label, value, low, high, LEVEL, len(days), method, enough=True)


def share(name: str, week: str, k: int, n: int) -> Figure:
    """A share with Wilson's interval; under eleven cases it is not given."""
    if n < MIN_CASES:
        return missing(name, week, n, f"too few data: {MIN_CASES} cases are needed")
    low, high = limits.wilson(k, n)
    return Figure(name, week, k / n, low, high, LEVEL, n, "Wilson", enough=True)


def _agreement(session: Session, week: Week) -> list[Figure]:
    groups = _opinions(session, week)
    pairs = {key: units for key, units in groups.items() if key[0] > 1}
    units = sum(pairs.values())
    alpha = limits.krippendorff_alpha(pairs) if units >= MIN_CASES else None
    if alpha is None:
        why = f"too few data: {units} claims with two opinions, or all opinions alike"
        return [missing("agreement", week.label, units, why)]
    both = sum(n for (_, k), n in pairs.items() if k == 2)
    opinions = sum(k * n for (_, k), n in pairs.items())
    method = "Krippendorff's alpha, nominal, false against not false; a diagnostic, not a gate"
    return [
        Figure("agreement", week.label, alpha, None, None, LEVEL, units, method, enough=True),
        Figure(
            "agreement_on_false",
            week.label,
            2 * both / opinions,
            None,
            None,
            LEVEL,
            opinions,
            "2 x both false / false opinions",
            enough=True,
        ),
    ]


def _opinions(session: Session, week: Week) -> Mapping[tuple[int, int], int]:
    """{(opinions, of these false): claims} over the first two opinions, which were given blind."""
    place = func.row_number().over(partition_by=Review.claim_id, order_by=Review.id).label("place")
    said_false = case((Review.opinion.in_(FALSE_OPINIONS), 1), else_=0).label("said_false")
    reviews = (
        select(Review.claim_id, said_false, place)
        .join(Claim, Claim.id == Review.claim_id)
        .where(Claim.week == week.label, Review.round == 1)
        .subquery()
    )
    of_claim = (
        select(func.count().label("m"), func.sum(reviews.c.said_false).label("k"))
        .where(reviews.c.place <= 2)
        .group_by(reviews.c.claim_id)
        .subquery()
    )
    query = select(of_claim.c.m, of_claim.c.k, func.count()).group_by(of_claim.c.m, of_claim.c.k)
    return {(m, k): n for m, k, n in session.execute(query)}


def _tips(session: Session, week: Week) -> list[Figure]:
    received = select(func.sum(DailyCount.n)).where(
        DailyCount.source_id == TIP_LINE, DailyCount.day.between(week.monday, week.until)
    )
    answered = select(func.count()).where(Tip.answered_day.between(week.monday, week.until))
    return [
        count("tips_received", week.label, session.scalar(received) or 0),
        count("tips_answered", week.label, session.scalar(answered) or 0),
    ]


def _appeals(session: Session, week: Week) -> list[Figure]:
    end = week_bounds(week.label)[1]
    waiting = Appeal.decided_at.is_(None) | (Appeal.decided_at >= end)
    opened = select(func.count()).where(waiting, Appeal.received_day <= week.until)
    return [
        count("appeals_open", week.label, session.scalar(opened) or 0),
        count("appeals_overdue", week.label, session.scalar(opened.where(Appeal.due_day < week.until)) or 0),
    ]


def _corrections(session: Session, week: Week) -> list[Figure]:
    start, end = week_bounds(week.label)
    published = select(Correction.id).where(Correction.published_at >= start, Correction.published_at < end)
    n = session.scalar(select(func.count()).select_from(published.subquery())) or 0
    others = select(func.count(CorrectionText.correction_id.distinct())).where(
        CorrectionText.correction_id.in_(published), CorrectionText.language != Language.VI.value
    )
    k = session.scalar(others) or 0
    name = "corrections_other_languages"
    languages = missing(name, week.label, 0, "no correction was published")
    if n:
        languages = Figure(name, week.label, k / n, k / n, k / n, LEVEL, n, "complete count", enough=True)
    return [count("corrections_published", week.label, n), languages]


def _scope(session: Session, week: Week) -> list[Figure]:
    query = select(Claim.topic, func.count()).where(Claim.week == week.label).group_by(Claim.topic)
    by_topic = dict(session.execute(query).all())
    dropped = select(func.sum(DailyCount.n)).where(
        DailyCount.outcome == Outcome.NOT_OURS, DailyCount.day.between(week.monday, week.until)
    )
    cells = disclosure.suppress({topic.value: by_topic.get(topic.value, 0) for topic in Topic})
    return [
        count("claims_in_scope", week.label, sum(by_topic.values())),
        *(_cell(f"claims_in_scope_{topic}", week.label, n) for topic, n in cells.items()),
        count("dropped_not_ours", week.label, session.scalar(dropped) or 0),
    ]


def _cell(name: str, week: str, n: int | None) -> Figure:
    if n is None:
        return missing(name, week, 0, f"{HIDDEN}: cells under 11 are not shown (R11)")
    return count(name, week, n)
