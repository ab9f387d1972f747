"""What the desk read in a week, what that spared people, and how far two readers agree. Aggregates alone."""

from collections.abc import Mapping
from statistics import median

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.decisions import Evidence, Review, Verdict
from models.vocabulary import ClaimState
from models.weeks import NO_WEEK
from pipeline import statistics as limits
from pipeline.figures import HIDDEN, LEVEL, Figure, count, missing
from pipeline.outcomes import FALSE_OPINIONS
from pipeline.shares import COMPLETE, MIN_CASES
from pipeline.span import Span

MIN_PEOPLE = 3
WAITING = (ClaimState.QUEUED, ClaimState.SECOND, ClaimState.THIRD)
EFFORT_METHOD = f"{COMPLETE}: 1 - claims that entered the queue / claims in scope"


def workload_figures(session: Session, span: Span) -> list[Figure]:
    """Open claims, reading effort, reviews, evidence and agreement of a week."""
    return [
        *_claims(session, span),
        *_reviews(session, span),
        _evidence(session, span),
        *_agreement(session, span),
    ]


def _claims(session: Session, span: Span) -> list[Figure]:
    """What waits, and what nobody had to read: a claim has to be read once it is in the queue.

    Claims found not ours are in neither number: they are erased and were not in scope.
    """
    query = select(Claim.state, func.count()).where(Claim.week == span.label).group_by(Claim.state)
    states = dict(session.execute(query).all())
    total = sum(states.values())
    opened = count("open_claims", span.label, sum(states.get(state, 0) for state in WAITING))
    if not total:
        return [opened, missing("effort_saved", span.label, 0, "no claim in scope this week")]
    saved = states.get(ClaimState.NEW, 0) / total
    return [
        opened,
        Figure("effort_saved", span.label, saved, saved, saved, LEVEL, total, EFFORT_METHOD, enough=True),
    ]


def _reviews(session: Session, span: Span) -> list[Figure]:
    """The reviews given within the week; how many each person gave leaves this function as a median alone."""
    query = (
        select(func.count())
        .select_from(Review)
        .join(Claim, Claim.id == Review.claim_id)
        .where(Review.at >= span.start, Review.at < span.end, Claim.week != NO_WEEK)
        .group_by(Review.staff_id)
    )
    loads = session.scalars(query).all()
    done = count("reviews_done", span.label, sum(loads))
    name = "reviews_per_reviewer"
    if len(loads) < MIN_PEOPLE:
        why = f"{HIDDEN}: fewer than {MIN_PEOPLE} people reviewed, so it would tell of one of them"
        return [done, missing(name, span.label, 0, why)]
    method = "median over the people who reviewed"
    value = float(median(loads))
    return [done, Figure(name, span.label, value, None, None, LEVEL, len(loads), method, enough=True)]


def _evidence(session: Session, span: Span) -> Figure:
    """Sources quoted for a verdict; one after an appeal also rests on what was quoted before."""
    name = "evidence_per_verdict"
    verdicts = (
        select(Verdict.id, Verdict.claim_id, Verdict.round)
        .join(Claim, Claim.id == Verdict.claim_id)
        .where(Claim.week == span.label)
        .subquery()
    )
    n = session.scalar(select(func.count()).select_from(verdicts)) or 0
    if not n:
        return missing(name, span.label, 0, "no claim of this week has a verdict")
    before = (Evidence.claim_id == verdicts.c.claim_id) & (Evidence.round <= verdicts.c.round)
    quoted = session.scalar(select(func.count()).select_from(verdicts).join(Evidence, before)) or 0
    method = f"{COMPLETE}: sources quoted / verdicts"
    return Figure(name, span.label, quoted / n, None, None, LEVEL, n, method, enough=True)


def _agreement(session: Session, span: Span) -> list[Figure]:
    pairs = {key: units for key, units in _opinions(session, span).items() if key[0] > 1}
    units = sum(pairs.values())
    alpha = limits.krippendorff_alpha(pairs) if units >= MIN_CASES else None
    if alpha is None:
        why = f"too few data: {units} claims with two opinions, or all opinions alike"
        return [missing("agreement", span.label, units, why)]
    method = "Krippendorff's alpha, nominal, false against not false; a diagnostic, not a gate"
    return [
        Figure("agreement", span.label, alpha, None, None, LEVEL, units, method, enough=True),
        _on_false(span, pairs),
    ]


def _on_false(span: Span, pairs: Mapping[tuple[int, int], int]) -> Figure:
    """2a / (2a + b + c): what two opinions share of "false" (Dice 1945), with limits.

    It grows with J = a / (a + b + c), the share of claims called false at all that both called false, so
    Wilson's limits of J, turned the same way, are its limits.
    """
    both = sum(n for (_, k), n in pairs.items() if k == 2)
    either = sum(n for (_, k), n in pairs.items() if k)
    value, low, high = (2 * j / (1 + j) for j in (both / either, *limits.wilson(both, either)))
    method = "2 x both false / false opinions; Wilson's limits of both false / either false"
    return Figure("agreement_on_false", span.label, value, low, high, LEVEL, either, method, enough=True)


def _opinions(session: Session, span: Span) -> Mapping[tuple[int, int], int]:
    """{(opinions, of these false): claims} over the first two opinions, which were given blind."""
    place = func.row_number().over(partition_by=Review.claim_id, order_by=Review.id).label("place")
    said_false = case((Review.opinion.in_(FALSE_OPINIONS), 1), else_=0).label("said_false")
    reviews = (
        select(Review.claim_id, said_false, place)
        .join(Claim, Claim.id == Review.claim_id)
        .where(Claim.week == span.label, Review.round == 1)
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
