"""How far reviewers agree: Krippendorff's alpha with its interval, overall, by person and by topic.

K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011): a unit of m values adds its ordered pairs
with weight 1/(m-1) to the coincidence matrix; alpha is one minus observed over expected disagreement. The
interval is the percentile bootstrap over units. Alpha falls with prevalence, so it is a diagnostic with the
number of pairs and their plain agreement beside it, never a gate (K. Krippendorff names 0.667 and 0.8).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.decisions import Review
from models.desk import Staff
from models.vocabulary import Opinion, Topic
from models.weeks import NO_WEEK, ZONE
from pipeline.decisions import OPEN_STATES
from pipeline.outcomes import week_bounds
from pipeline.shares import MIN_CASES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

WEEKS = 26
DRAWS = 1_000
LEVEL = 0.95
_DEFINED = 0.9
"""The share of bootstrap draws that must have an alpha for an interval to be given."""
RATED = (Opinion.FALSE, Opinion.MISLEADING, Opinion.UNPROVEN, Opinion.TRUE)
"""The ratings in their order, for the ordinal alpha."""
GIVEN = (*RATED, Opinion.NOT_A_CLAIM)
"""What leaves a review: not ours leaves none."""


class Metric(StrEnum):
    """How far apart two values are: alike or not, or by the ranks between them."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"


@dataclass(frozen=True)
class Alpha:
    """Alpha with the limits of its interval, which are None if too few draws of the bootstrap have one."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Row:
    """The agreement of some pairs of opinions; the figures are None where there are under eleven pairs."""

    name: str
    pairs: int
    alike: float | None = None
    nominal: Alpha | None = None
    ordinal: Alpha | None = None


@dataclass(frozen=True)
class Report:
    """Agreement since a day: of all pairs, of each person against the rest, and by topic."""

    since: date
    overall: Row
    people: Sequence[Row]
    topics: Sequence[Row]


def alpha(
    units: Iterable[Sequence[int | None]],
    values: int,
    metric: Metric = Metric.NOMINAL,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Alpha | None:
    """Alpha of units, each holding its values 0..values-1 or None for a missing one.

    None if no unit has two values, or all values are alike: then there is nothing to expect.
    """
    import numpy as np

    patterns = Counter(_counts(unit, values) for unit in units)
    kept = sorted((counts, n) for counts, n in patterns.items() if sum(counts) > 1)
    if not kept:
        return None
    matrices = np.stack([_coincidences(counts) for counts, _ in kept])
    times = np.array([n for _, n in kept], dtype=np.float64)
    value = float(_alphas(np.tensordot(times[None, :], matrices, axes=1), metric)[0])
    if np.isnan(value):
        return None
    n_units = int(times.sum())
    chance = np.random.default_rng(seed)
    drawn = chance.multinomial(n_units, times / n_units, size=draws).astype(np.float64)
    found = _alphas(np.tensordot(drawn, matrices, axes=1), metric)
    found = found[~np.isnan(found)]
    if len(found) < _DEFINED * draws:
        return Alpha(value, None, None)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    return Alpha(value, float(low), float(high))


def _counts(unit: Sequence[int | None], values: int) -> tuple[int, ...]:
    found = Counter(value for value in unit if value is not None)
    return tuple(found.get(value, 0) for value in range(values))


def _coincidences(counts: Sequence[int]) -> "Floats":
    """What one unit adds to the matrix of coincidences."""
    import numpy as np

    n = np.array(counts, dtype=np.float64)
    pairs: Floats = (np.outer(n, n) - np.diag(n)) / (n.sum() - 1)
    return pairs


def _alphas(matrices: "Floats", metric: Metric) -> "Floats":
    """Alpha of each matrix of coincidences; not a number where no disagreement can be expected."""
    import numpy as np

    margins = matrices.sum(axis=2)
    total = margins.sum(axis=1)
    apart = _differences(margins, metric)
    observed = (matrices * apart).sum(axis=(1, 2))
    expected = (margins[:, :, None] * margins[:, None, :] * apart).sum(axis=(1, 2)) / (total - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(expected > 0, 1 - observed / expected, np.nan)
    return found


def _differences(margins: "Floats", metric: Metric) -> "Floats":
    import numpy as np

    size = margins.shape[1]
    if metric is Metric.NOMINAL:
        return np.broadcast_to(1 - np.eye(size), (len(margins), size, size))
    # the values from c to k, the two ends counted half: ranks as the margins give them
    upto = margins.cumsum(axis=1) - margins / 2
    squares: Floats = (upto[:, :, None] - upto[:, None, :]) ** 2
    return squares


def row_of(name: str, pairs: Sequence[tuple[str, str]], seed: int = 0) -> Row:
    """The agreement of pairs of opinions; nothing but their number under eleven."""
    if len(pairs) < MIN_CASES:
        return Row(name, len(pairs))
    places = {opinion.value: at for at, opinion in enumerate(GIVEN)}
    units = [(places[first], places[second]) for first, second in pairs]
    rated = [unit for unit in units if max(unit) < len(RATED)]
    return Row(
        name,
        len(pairs),
        alike=sum(first == second for first, second in units) / len(units),
        nominal=alpha(units, len(GIVEN), seed=seed),
        ordinal=alpha(rated, len(RATED), Metric.ORDINAL, seed=seed) if len(rated) >= MIN_CASES else None,
    )


def report(session: Session, week: str) -> Report:
    """The agreement of the last `WEEKS` weeks up to a week, of claims that are not open any more."""
    end = week_bounds(week)[1]
    start = end - timedelta(weeks=WEEKS)
    found = _pairs(session, start, end)
    seed = int(week[:4] + week[-2:])
    people: dict[int, list[tuple[str, str]]] = {}
    topics: dict[str, list[tuple[str, str]]] = {}
    for topic, (first, said), (second, answered) in found:
        topics.setdefault(topic, []).append((said, answered))
        people.setdefault(first, []).append((said, answered))
        people.setdefault(second, []).append((answered, said))
    names = _names(session, people)
    return Report(
        start.astimezone(ZONE).date(),
        row_of("", [(said, answered) for _, (_, said), (_, answered) in found], seed),
        [row_of(names[who], people[who], seed) for who in sorted(people, key=lambda who: names[who])],
        [row_of(topic.value, topics.get(topic.value, []), seed) for topic in Topic],
    )


def _pairs(
    session: Session, start: datetime, end: datetime
) -> list[tuple[str, tuple[int, str], tuple[int, str]]]:
    """Topic and the first two opinions of each claim and round, both given blind.

    A third is asked for only where these differ, so it would count disagreement twice. Seeds and what is
    still open are left out: nobody reads here what a colleague thinks before they have given an opinion.
    """
    place = func.row_number().over(partition_by=(Review.claim_id, Review.round), order_by=Review.id)
    still_open = Claim.state.in_(OPEN_STATES) & (Claim.round == Review.round)
    ranked = (
        select(
            Review.claim_id, Review.round, Review.staff_id, Review.opinion, Claim.topic, place.label("place")
        )
        .join(Claim, Claim.id == Review.claim_id)
        .where(Review.at >= start, Review.at < end, Claim.week != NO_WEEK, ~still_open)
        .subquery()
    )
    first, second = ranked.alias("one"), ranked.alias("two")
    same = (first.c.claim_id == second.c.claim_id) & (first.c.round == second.c.round)
    query = (
        select(first.c.topic, first.c.staff_id, first.c.opinion, second.c.staff_id, second.c.opinion)
        .join(second, same & (second.c.place == 2))
        .where(first.c.place == 1)
        .order_by(first.c.claim_id, first.c.round)
    )
    return [
        (topic, (one, said), (two, answered)) for topic, one, said, two, answered in session.execute(query)
    ]


def _names(session: Session, people: Mapping[int, object]) -> dict[int, str]:
    query = select(Staff.id, Staff.username).where(Staff.id.in_(list(people)))
    return dict(session.execute(query).all())
